"""What every ledger does with links between issues, and with what these have to tell each other."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from contract import LedgerContract
from lives import Life, at, closed_out, note, reported, write

from domain.canonical import canonical
from domain.kin import LINEAGE_MAX
from domain.phases import LinkType
from ledger.kin import ErrandRow, KinRow, LinkChange, LinkRow
from ledger.port import Changes, Ledger, LedgerError

ZONE = "z1"
CAUSE, PART, DUP = LinkType.CAUSED_BY, LinkType.PART_OF, LinkType.DUPLICATES
SECOND = timedelta(seconds=1)


def link(from_key: str, type_: LinkType, to_key: str, zone: str = ZONE) -> LinkRow:
    return LinkRow(zone, type_.value, from_key, to_key)


def errand(number: int, to: str = "b", from_key: str = "a", hours: float = 2) -> ErrandRow:
    return ErrandRow(
        id=f"kin:{ZONE}/{from_key}/2/{number}",
        stream=f"{ZONE}/{to}",
        text=canonical({"number": number}),
        from_stream=f"{ZONE}/{from_key}",
        from_version=2,
        created_at=at(hours),
        attempts=0,
        last_error=None,
        not_before=at(hours),
    )


async def lives(ledger: Ledger, *keys: str, zone: str = ZONE) -> dict[str, Life]:
    """Write issues that are only reported."""
    made = {key: Life(key, zone=zone) for key in keys}
    for life in made.values():
        await write(ledger, life.step(reported()))
    return made


def with_kin(
    life: Life,
    *made: LinkRow,
    undone: Sequence[LinkRow] = (),
    errands: Sequence[ErrandRow] = (),
) -> Changes:
    """Return the changes of a note that also makes and undoes links, and causes errands."""
    links = (*(LinkChange(row, True) for row in made), *(LinkChange(row, False) for row in undone))
    return replace(life.step(note()), links=links, errands=tuple(errands))


async def kin(
    ledger: Ledger, key: str, target: str, type_: LinkType = CAUSE, zone: str = ZONE
) -> KinRow | None:
    async with ledger.transaction() as tx:
        return await tx.kin(zone, key, target, type_)


class KinContract(LedgerContract):
    """Links, lineages, errands."""

    async def test_a_link_is_listed_with_the_stream_that_wrote_it(self, ledger: Ledger) -> None:
        life = (await lives(ledger, "a", "b", "c"))["a"]
        cause, part = link("a", CAUSE, "b"), link("c", PART, "a")
        await write(ledger, with_kin(life, cause, part))
        assert await ledger.links(ZONE, "a") == [cause, part]
        assert await ledger.links(ZONE, "b") == []
        assert await ledger.links(ZONE, "c") == []
        assert await ledger.links("z2", "a") == []
        await write(ledger, with_kin(life, cause, undone=[part]))
        assert await ledger.links(ZONE, "a") == [cause]

    async def test_what_a_link_names_is_told_as_it_stands(self, ledger: Ledger) -> None:
        await lives(ledger, "a")
        other = Life("b")
        await write(ledger, other.step(reported()))
        known = KinRow(
            *("b", 1, "E001"),
            open=True,
            outcome=None,
            lineage=(),
            has_parent=False,
            phase="intake",
            ties=0,
        )
        assert await kin(ledger, "a", "b") == known
        await write(ledger, other.step(closed_out(3)))
        assert await kin(ledger, "a", "b") == replace(
            known, version=2, open=False, outcome="closed_out", phase="closed"
        )
        life = (await lives(ledger, "d"))["d"]
        await write(ledger, with_kin(life, link("d", DUP, "b"), link("b", PART, "d")))
        await write(ledger, with_kin(life, link("d", DUP, "a")))
        linked = await kin(ledger, "a", "b")
        assert linked is not None
        assert linked.ties == 2
        assert await kin(ledger, "a", "nobody") is None
        assert await kin(ledger, "a", "b", zone="z2") is None

    async def test_a_lineage_has_what_links_of_one_type_lead_to_nearest_first(
        self, ledger: Ledger
    ) -> None:
        made = await lives(ledger, *"abcdef")
        await write(ledger, with_kin(made["b"], link("b", CAUSE, "d"), link("b", CAUSE, "c")))
        await write(ledger, with_kin(made["c"], link("c", CAUSE, "e"), link("c", DUP, "f")))
        await write(ledger, with_kin(made["d"], link("d", CAUSE, "e")))
        found = await kin(ledger, "a", "b")
        assert found is not None
        assert found.lineage == ("c", "d", "e")
        related = await kin(ledger, "a", "b", LinkType.RELATES)
        assert related is not None
        assert related.lineage == ()

    async def test_a_part_is_told_of_with_what_its_parent_is_part_of(self, ledger: Ledger) -> None:
        made = await lives(ledger, "top", "middle", "low")
        await write(ledger, with_kin(made["top"], link("middle", PART, "top")))
        found = await kin(ledger, "middle", "low", PART)
        assert found is not None
        assert (found.key, found.lineage, found.has_parent) == ("low", ("top",), False)
        await write(ledger, with_kin(made["middle"], link("low", PART, "middle")))
        again = await kin(ledger, "top", "low", PART)
        assert again is not None
        assert (again.lineage, again.has_parent) == ((), True)

    async def test_a_circle_that_somebody_wrote_does_not_hold_up_the_look(
        self, ledger: Ledger
    ) -> None:
        made = await lives(ledger, "a", "b", "c")
        await write(ledger, with_kin(made["b"], link("b", CAUSE, "c"), link("c", CAUSE, "b")))
        found = await kin(ledger, "a", "b")
        assert found is not None
        assert found.lineage == ("c", "b")

    async def test_a_long_lineage_is_followed_no_further_than_may_be(self, ledger: Ledger) -> None:
        life = (await lives(ledger, "k0"))["k0"]
        chain = [link(f"k{n}", CAUSE, f"k{n + 1}") for n in range(LINEAGE_MAX + 5)]
        await write(ledger, with_kin(life, *chain))
        found = await kin(ledger, "a", "k0")
        assert found is not None
        assert found.lineage == tuple(f"k{n}" for n in range(1, LINEAGE_MAX + 1))

    async def test_a_second_link_waits_for_the_first_of_its_zone_and_sees_it(
        self, ledger: Ledger
    ) -> None:
        made = await lives(ledger, "a", "b")
        await lives(ledger, "b", zone="z2")
        looked, passed = asyncio.Event(), asyncio.Event()

        async def first() -> None:
            changes = with_kin(made["a"], link("a", CAUSE, "b"))
            async with ledger.transaction() as tx:
                head, _ = await tx.lock("z1/a", changes.command.id)
                await tx.kin(ZONE, "a", "b", CAUSE)
                looked.set()
                async with asyncio.timeout(5):
                    await passed.wait()
                await asyncio.sleep(0.05)
                await tx.append(head, changes)

        async def second() -> KinRow | None:
            await looked.wait()
            async with ledger.transaction() as tx:
                await tx.lock("z1/b", "later")
                return await tx.kin(ZONE, "b", "a", CAUSE)

        async def elsewhere() -> None:
            await looked.wait()
            await kin(ledger, "a", "b", zone="z2")
            passed.set()

        _, found, _ = await asyncio.gather(first(), second(), elsewhere())
        assert found is not None
        assert found.lineage == ("b",)

    async def test_links_and_errands_of_a_block_that_fails_leave_no_trace(
        self, ledger: Ledger
    ) -> None:
        life = (await lives(ledger, "a", "b"))["a"]
        changes = with_kin(life, link("a", CAUSE, "b"), errands=[errand(1)])

        async def failing() -> None:
            async with ledger.transaction() as tx:
                head, _ = await tx.lock(changes.command.stream, changes.command.id)
                await tx.append(head, changes)
                raise RuntimeError("on purpose")

        with pytest.raises(RuntimeError, match="on purpose"):
            await failing()
        assert await ledger.links(ZONE, "a") == []
        assert await ledger.due_errands(at(99), 10) == []

    async def test_what_one_statement_writes_has_neither_links_nor_errands(
        self, ledger: Ledger
    ) -> None:
        life = (await lives(ledger, "a", "b"))["a"]
        async with ledger.transaction() as tx:
            head, _ = await tx.lock("z1/a", "looks")
        assert head is not None
        for changes in (
            with_kin(life, link("a", CAUSE, "b")),
            with_kin(life, errands=[errand(1)]),
        ):
            with pytest.raises(LedgerError, match="links or errands"):
                await ledger.append_at_once(head, changes)

    async def test_errands_are_due_in_their_order_and_gone_once_dropped(
        self, ledger: Ledger
    ) -> None:
        life = (await lives(ledger, "a"))["a"]
        early, late = errand(1, to="c", hours=3), errand(2, to="b", hours=2)
        await write(ledger, with_kin(life, errands=[early, late]))
        assert await ledger.due_errands(at(2) - SECOND, 10) == []
        assert await ledger.due_errands(at(2), 10) == [late]
        assert await ledger.due_errands(at(3), 10) == [late, early]
        assert await ledger.due_errands(at(3), 1) == [late]
        await ledger.drop_errand(late.id)
        await ledger.drop_errand(late.id)
        assert await ledger.due_errands(at(3), 10) == [early]

    async def test_what_one_issue_tells_another_keeps_its_order_and_holds_up_nothing_else(
        self, ledger: Ledger
    ) -> None:
        life = (await lives(ledger, "a"))["a"]
        first, second, aside = errand(1), errand(2), errand(3, to="c")
        await write(ledger, with_kin(life, errands=[first, second, aside]))
        assert await ledger.due_errands(at(2), 10) == [first, aside]
        await ledger.put_off_errand(first.id, "It is\x00 closed.", at(5))
        assert await ledger.due_errands(at(4), 10) == [aside]
        failed = replace(first, attempts=1, last_error="It is closed.", not_before=at(5))
        assert await ledger.due_errands(at(5), 10) == [aside, failed]
        await ledger.drop_errand(first.id)
        assert await ledger.due_errands(at(5), 10) == [second, aside]

    async def test_errands_that_fail_are_counted(self, ledger: Ledger) -> None:
        life = (await lives(ledger, "a"))["a"]
        await write(ledger, with_kin(life, errands=[errand(1), errand(2)]))
        assert await ledger.failed_errands(0) == 0
        for _ in range(3):
            await ledger.put_off_errand(errand(1).id, "x" * 900, at(5))
        await ledger.put_off_errand("kin:z1/unknown/1/1", "x", at(5))
        assert [await ledger.failed_errands(n) for n in (0, 2, 3)] == [1, 1, 0]

    async def test_errands_that_wait_are_listed_and_the_oldest_that_fails_is_told(
        self, ledger: Ledger
    ) -> None:
        life = (await lives(ledger, "a"))["a"]
        older, newer, aside = errand(2), errand(1), errand(3, to="c")
        await write(ledger, with_kin(life, errands=[older, newer, aside]))
        assert await ledger.errand_count() == 3
        assert await ledger.waiting_errands("", 2) == [newer, older]
        assert await ledger.waiting_errands(older.id, 2) == [aside]
        assert await ledger.failing_errand(0) is None
        for row in (newer, older, older):
            await ledger.put_off_errand(row.id, "It is taken.", at(5))
        found = await ledger.failing_errand(0)
        assert found == replace(older, attempts=2, last_error="It is taken.", not_before=at(5))
        assert await ledger.failing_errand(2) is None

    async def test_links_that_no_issue_wrote_are_listed(self, ledger: Ledger) -> None:
        life = (await lives(ledger, "a", "b"))["a"]
        own, part = link("a", CAUSE, "ghost"), link("ghost", PART, "a")
        stray, lost = link("ghost", CAUSE, "a"), link("a", PART, "ghost")
        await write(ledger, with_kin(life, own, part, stray, lost))
        assert await ledger.stray_links(9) == [lost, stray]
        assert await ledger.stray_links(1) == [lost]

    async def test_the_text_of_an_errand_is_found_while_it_waits_and_when_it_is_done(
        self, ledger: Ledger
    ) -> None:
        made = await lives(ledger, "a", "b")
        waiting = errand(1)
        await write(ledger, with_kin(made["a"], errands=[waiting]))
        done = made["b"].step(note(), command_id=errand(2).id)
        await write(ledger, done)
        await write(ledger, with_kin(made["a"], errands=[replace(errand(2), text="other")]))
        ids = [errand(number).id for number in (1, 2, 3)]
        assert await ledger.errand_texts(ids) == {ids[0]: waiting.text, ids[1]: "{}"}
        assert await ledger.errand_texts([]) == {}

    async def test_the_issues_of_one_report_are_found_by_its_id(self, ledger: Ledger) -> None:
        several = reported().model_copy(update={"report_id": "msg-7"})
        faking = reported(title='"report_id":"msg-7"')
        for key, event in (("a", several), ("b", faking), ("c", several), ("d", reported())):
            await write(ledger, Life(key).step(event))
        assert [row.issue.key for row in await ledger.find(report_id="msg-7")] == ["a", "c"]
        assert await ledger.find(report_id="msg") == []
