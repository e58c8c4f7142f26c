"""What every ledger gives an export, and keeps of who looked and of what was verified."""

from contract import LedgerContract
from lives import Life, accepted, at, closed_out, note, reported, write

from ledger.exports import FIRST, LAST, ranges
from ledger.port import Ledger
from ledger.reads import AuditReadRow
from ledger.verifications import VerificationRow


def read(id_: str, hours: float, kind: str = "export") -> AuditReadRow:
    return AuditReadRow(id_, kind, '{"form":"csv"}', 7, '{"kind":"engine"}', at(hours))


def verified(
    id_: str, hours: float, scope: str = "ledger", *, since: int = 0, found: int = 0
) -> VerificationRow:
    times = (at(hours), at(hours + 1))
    return VerificationRow(
        id_, scope, since, 7, 5, *times, not found, found, '{"findings":[]}', '{"kind":"engine"}'
    )


class ExportsContract(LedgerContract):
    """Streams, events and commands at a position, and audit reads."""

    async def test_streams_are_told_as_they_stood_at_a_position(self, ledger: Ledger) -> None:
        first, second = Life("a"), Life("b", zone="z2")
        await write(ledger, first.step(reported()))
        await write(ledger, first.step(accepted("No-1")))
        then = await ledger.safe_position()
        await write(ledger, first.step(closed_out(5)))
        await write(ledger, second.step(reported(6)))

        one, other = await ledger.streams_between(then, FIRST, LAST, 10)
        assert (one.stream, one.version, one.row_version) == ("z1/a", 2, 3)
        assert (one.category, one.open, one.reported_at) == ("lifts", False, at(0))
        assert (other.stream, other.version, other.row_version) == ("z2/b", 0, 1)
        assert await ledger.streams_between(then, *ranges("z1")[0], 10) == [one]
        assert await ledger.streams_between(then, one.stream, LAST, 1) == [other]
        assert await ledger.streams_named(then, ["z2/b", "z1/none", "z1/a"]) == [one, other]
        assert await ledger.stream_count() == 2
        assert await ledger.stream_count("z2") == 1

    async def test_events_and_commands_come_stream_by_stream(self, ledger: Ledger) -> None:
        first, second = Life("b"), Life("a")
        for life in (first, second):
            await write(ledger, life.step(reported()))
        await write(ledger, first.step())
        await write(ledger, first.step(note(), note(3)))
        then = await ledger.safe_position()
        await write(ledger, second.step(note(4)))

        events = await ledger.events_up_to({"z1/b": 3, "z1/a": 1})
        assert [(e.stream, e.version) for _, e in events] == [
            ("z1/a", 1),
            ("z1/b", 1),
            ("z1/b", 2),
            ("z1/b", 3),
        ]
        whole = await ledger.streams_named(then, ["z1/b"])
        in_two = await ledger.streams_named(then - 1, ["z1/b"])
        assert [row.version for row in (*whole, *in_two)] == [3, 1]
        positions = [position for position, _ in events]
        assert positions[1:] == sorted(positions[1:])
        assert max(positions) == then
        assert [e for _, e in events if e.stream == "z1/b"] == await ledger.records("z1/b")
        commands = await ledger.commands_of(["z1/b", "z1/a"])
        assert [row.id for row in commands] == ["z1/a#1", "z1/a#2", "z1/b#1", "z1/b#2", "z1/b#3"]

    async def test_who_looked_is_kept_once_and_listed_newest_first(self, ledger: Ledger) -> None:
        for row in (read("one", 1), read("two", 2), read("one", 3), read("three", 3, "verify")):
            await ledger.put_audit_read(row)

        newest = await ledger.audit_reads()
        assert newest == [read("three", 3, "verify"), read("two", 2), read("one", 1)]
        assert await ledger.audit_reads(kind="export", limit=1) == [read("two", 2)]

    async def test_the_newest_verification_of_all_of_a_scope_is_told(self, ledger: Ledger) -> None:
        assert await ledger.last_verification() is None
        whole, of_one = verified("a", 1, found=3), verified("b", 2, "z1/a")
        for row in (whole, of_one, verified("c", 3, since=4), verified("d", 0)):
            await ledger.put_verification(row)
        await ledger.put_verification(verified("a", 9))

        assert await ledger.last_verification() == whole
        assert await ledger.last_verification("z1/a") == of_one
        assert await ledger.last_verification("z1/b") is None
