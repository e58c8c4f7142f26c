"""What every ledger keeps of routines: reports by version, attestations, runs; once each."""

from dataclasses import replace

from contract import LedgerContract
from lives import Life, accepted, at, closed_out, note, reported, write

from ledger.port import Ledger
from ledger.reports import AttestationRow, ReportRow, RunRow, report_id


def report(number: str, to_on: str, version: int = 1, *, kind: str = "weekly") -> ReportRow:
    return ReportRow(
        id=report_id(number, version),
        number=number,
        version=version,
        kind=kind,
        zone=number.partition("-")[0],
        from_at=at(0),
        to_at=at(24),
        from_on="2026-03-02",
        to_on=to_on,
        position=7,
        terms="t" * 64,
        body=f'{{"version":{version}}}',
        sha256="0" * 64,
        at=at(25 + version),
        author="closeout",
        reason="" if version == 1 else "A late word.",
    )


def attested(post: str, version: int = 1, *, day: str = "2026-03-02") -> AttestationRow:
    id_ = f"z1/{day}/{post}/{version}"
    return AttestationRow(id_, "z1", day, post, version, True, "", at(9), at(8 + version), "{}")


def run(routine: str, period: str, hours: float = 1) -> RunRow:
    return RunRow(f"z1/{routine}/{period}", "z1", routine, period, at(0), at(hours), "{}")


class ReportsContract(LedgerContract):
    """Reports, attestations, runs, and what was recorded in a period."""

    async def test_a_version_of_a_report_is_kept_once(self, ledger: Ledger) -> None:
        first, second = report("z1-W-1", "2026-03-08"), report("z1-W-1", "2026-03-08", 2)
        assert await ledger.put_report(first)
        assert not await ledger.put_report(replace(first, body="{}"))
        assert not await ledger.put_report(replace(first, id="other/1", number="other"))
        assert await ledger.put_report(second)

        assert await ledger.report("z1-W-1") == second
        assert await ledger.report("z1-W-1", 1) == first
        assert await ledger.report("z1-W-1", 3) is None
        assert await ledger.report("none") is None
        assert await ledger.report_versions("z1-W-1") == [first, second]

    async def test_the_newest_versions_are_listed_page_by_page(self, ledger: Ledger) -> None:
        older, newer = report("z1-W-1", "2026-03-08"), report("z1-W-2", "2026-03-15")
        corrected = report("z1-W-1", "2026-03-08", 2)
        daily = report("z1-D-1", "2026-03-15", kind="daily")
        for row in (older, newer, corrected, daily, report("z2-W-1", "2026-03-08")):
            assert await ledger.put_report(row)

        assert await ledger.reports("z1") == [newer, daily, corrected]
        assert await ledger.reports("z1", kind="weekly") == [newer, corrected]
        assert await ledger.reports("z1", limit=1) == [newer]
        assert await ledger.reports("z1", before=(newer.to_on, newer.id), limit=1) == [daily]
        assert await ledger.reports("z1", before=(daily.to_on, daily.id)) == [corrected]
        assert await ledger.reports("z3") == []

    async def test_every_version_of_every_zone_comes_in_order_of_id(self, ledger: Ledger) -> None:
        first, second = report("z1-W-1", "2026-03-08"), report("z1-W-1", "2026-03-08", 2)
        other = report("z2-W-1", "2026-03-08")
        assert await ledger.reports_after("", 9) == []
        for row in (other, second, first):
            assert await ledger.put_report(row)

        assert await ledger.reports_after("", 9) == [first, second, other]
        assert await ledger.reports_after("", 2) == [first, second]
        assert await ledger.reports_after(second.id, 2) == [other]
        assert await ledger.reports_after(other.id, 2) == []
        # None of them is under the log yet: all came after whatever size it has.
        assert await ledger.reports_after("", 9, since_size=1) == [first, second, other]

    async def test_attestations_of_a_day_stay_beside_each_other(self, ledger: Ledger) -> None:
        rows = [attested("b"), attested("a"), attested("a", 2), attested("a", day="2026-03-03")]
        for row in rows:
            assert await ledger.put_attestation(row)
        assert not await ledger.put_attestation(replace(rows[0], text="otherwise"))

        assert await ledger.attestations("z1", "2026-03-02") == [rows[1], rows[2], rows[0]]
        assert [row.late for row in (rows[1], rows[2])] == [False, True]
        assert await ledger.attestations("z2", "2026-03-02") == []

    async def test_a_routine_is_noted_once_for_each_period(self, ledger: Ledger) -> None:
        rows = [run("daily", "2026-03-02", 9), run("daily", "2026-03-03", 3), run("weekly", "x", 5)]
        for row in rows:
            assert await ledger.put_run(row)
        assert not await ledger.put_run(replace(rows[0], result='{"again":true}'))

        assert await ledger.routine_runs("z1") == [rows[0], rows[2], rows[1]]
        assert await ledger.routine_runs("z1", routine="daily") == [rows[1], rows[0]]
        assert await ledger.routine_runs("z1", routine="daily", limit=1) == [rows[1]]
        assert await ledger.routine_runs("z2") == []

    async def test_what_was_recorded_in_a_period_is_told_by_kind(self, ledger: Ledger) -> None:
        first, other = Life("a"), Life("b", zone="z2")
        await write(ledger, first.step(reported()))
        await write(ledger, other.step(reported(1)))
        await write(ledger, first.step(accepted("No-1")))
        await write(ledger, first.step(note(3)))
        then = await ledger.safe_position()
        await write(ledger, first.step(closed_out(5)))

        kinds = ["issue_reported", "issue_accepted", "issue_closed_out"]
        whole = await ledger.recorded("z1", at(0), at(99), position=then + 9, kinds=kinds)
        assert [record.kind for _, record in whole] == kinds
        assert [place for place, _ in whole] == sorted(place for place, _ in whole)
        told = await ledger.recorded("z1", at(0), at(99), position=then, kinds=kinds)
        assert told == whole[:2]
        after = await ledger.recorded(
            "z1", at(0), at(99), position=then, kinds=kinds, after=whole[0][0], limit=1
        )
        assert after == whole[1:2]
        ends = whole[0][1].at
        assert await ledger.recorded("z1", at(0), ends, position=then, kinds=kinds) == []
