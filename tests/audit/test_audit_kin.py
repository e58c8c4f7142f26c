"""Links and errands of a ledger that was written over, and linking decisions made again."""

from collections.abc import AsyncIterator
from dataclasses import replace

import builders as b
import builders_kin as k
import pytest

from audit.reexecute import reexecute_all
from audit.verify import Finding, verify_all
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.shelf import Shelf
from domain.canonical import canonical
from domain.commands import Command
from domain.commands_of_kin import JudgeSuggestion, RecordKin
from domain.kin import KinNews
from domain.people import ENGINE, Actor
from domain.phases import LinkType, Outcome
from ledger.kin import ErrandRow, LinkRow
from ledger.memory import MemoryLedger

CAUSE = LinkType.CAUSED_BY


class Linked:
    """Issues that are linked in every way, and what they have to tell each other."""

    def __init__(self) -> None:
        self.ledger = MemoryLedger()
        self.clock = VirtualClock(b.MON_9)
        self.desk = Desk(self.ledger, Shelf(self.ledger, {b.ZONE: k.KIN}), self.clock)

    async def do(self, key: str, command: Command, actor: Actor = b.OFFICER) -> None:
        await self.desk.carry_out(b.submission(command, actor, key=key))

    async def live(self) -> None:
        """Link, unlink, merge, unmerge, close a part, and leave the last errands to be run."""
        for key in ("a", "c", "d", "whole", "part"):
            await self.do(key, b.report(), b.ENTERPRISE)
            await self.do(key, b.ACCEPT)
        for key, command in (
            ("a", k.link("c", CAUSE)),
            ("c", k.link("d", CAUSE)),
            ("a", k.link("d")),
            ("a", k.unlink("d")),
            ("a", JudgeSuggestion(suggested="c", same=False, score=70, method="by-hand")),
            ("whole", k.add_child("part")),
            ("whole", k.add_child("c")),
            ("whole", k.release("c")),
            ("d", k.merge("c")),
            ("d", k.UNMERGE),
            ("d", k.merge("c")),
        ):
            await self.do(key, command, k.usual(command))
        await ErrandRunner(self.desk).once()
        await self.do("part", b.PROPOSE)
        await self.do("part", b.CONFIRM, b.ENTERPRISE)
        await self.do("part", b.VERIFY, b.HEAD)

    async def found(self) -> tuple[Finding, ...]:
        return (await verify_all(self.ledger)).found


@pytest.fixture
async def linked() -> Linked:
    """A ledger in which some errands have run and some wait."""
    made = Linked()
    await made.live()
    return made


async def test_links_and_errands_as_they_were_written_are_sound(linked: Linked) -> None:
    assert await linked.ledger.due_errands(b.MON_9, 100) != []
    assert await linked.found() == ()
    while await ErrandRunner(linked.desk).once():
        pass
    assert await linked.ledger.due_errands(b.MON_9, 100) == []
    assert await linked.found() == ()


async def test_linking_decisions_come_out_again_to_the_byte(linked: Linked) -> None:
    while await ErrandRunner(linked.desk).once():
        pass
    again = await reexecute_all(linked.ledger)
    assert again.differences == ()
    assert again.decisions == again.identical > 30


async def test_an_errand_that_was_taken_away_is_named(linked: Linked) -> None:
    (row, *_) = await linked.ledger.due_errands(b.MON_9, 100)
    await linked.ledger.drop_errand(row.id)
    (found,) = await linked.found()
    assert (found.kind, found.stream, found.version) == (
        *("errand", row.from_stream),
        row.from_version,
    )
    assert "not told, and not waiting" in found.message


async def test_an_errand_that_was_reworded_is_named(linked: Linked) -> None:
    (row, *_) = await linked.ledger.due_errands(b.MON_9, 100)
    linked.ledger._tables.errands[row.id] = replace(row, text="{}")  # from outside
    (found,) = await linked.found()
    assert (found.kind, found.stream) == ("errand", row.from_stream)
    assert "not what the events say" in found.message


async def test_links_that_were_taken_away_or_made_up_are_named(linked: Linked) -> None:
    links = linked.ledger._tables.links  # written over from outside
    gone = LinkRow(b.ZONE, "part_of", "part", "whole")
    made_up = LinkRow(b.ZONE, "caused_by", "d", "a")
    links.remove(gone)
    links.add(made_up)
    found = [(each.kind, each.stream, each.message) for each in await linked.found()]
    assert found == [
        ("link", f"{b.ZONE}/d", "the link d caused_by a is in the list and was never made"),
        ("link", f"{b.ZONE}/whole", "the link part part_of whole is not in the list"),
    ]


async def test_a_link_whose_event_is_another_does_not_come_out_again(linked: Linked) -> None:
    tables = linked.ledger._tables  # written over from outside
    records = tables.records[f"{b.ZONE}/a"]
    place = next(n for n, record in enumerate(records) if record.kind == "issue_linked")
    note = b.told(*b.IN_HANDLING, b.Step(b.OFFICER, b.NOTE, b.MON_9)).records[-1]
    records[place] = replace(records[place], kind=note.kind, text=note.text)
    again = await reexecute_all(linked.ledger)
    assert any("refused" in each.message for each in again.differences)


async def forged(linked: Linked) -> ErrandRow:
    """Return an errand, written by hand, that tells a parent of an end that never came."""
    news = KinNews(what="ended", type=LinkType.PART_OF, version=99, outcome=Outcome.CLOSED_OUT)
    told = RecordKin(other="part", news=news)
    id_ = f"kin:{b.ZONE}/part/99/1"
    row = ErrandRow(
        id=id_,
        stream=f"{b.ZONE}/whole",
        text=canonical(b.submission(told, ENGINE, key="whole", id_=id_)),
        from_stream=f"{b.ZONE}/part",
        from_version=99,
        created_at=b.MON_9,
        attempts=0,
        last_error=None,
        not_before=b.MON_9,
    )
    linked.ledger._tables.errands[id_] = row  # written from outside
    return row


async def test_an_errand_that_no_event_calls_for_is_named_while_it_waits(linked: Linked) -> None:
    row = await forged(linked)
    assert await linked.found() == (
        Finding(
            *("errand", row.stream, None),
            f"errand {row.id} waits to be told, and no event calls for it",
        ),
    )


async def test_an_errand_that_no_event_calls_for_is_named_once_it_was_told(
    linked: Linked,
) -> None:
    row = await forged(linked)
    while await ErrandRunner(linked.desk).once():
        pass
    (record,) = [
        each for each in await linked.ledger.records(row.stream) if each.command_id == row.id
    ]
    assert await linked.found() == (
        Finding(
            *("errand", row.stream, record.version),
            f"errand {row.id} was told, and no event calls for it",
        ),
    )


async def test_news_under_an_id_that_names_no_issue_is_named(linked: Linked) -> None:
    row = await forged(linked)
    for id_ in ("kin:", "kin:x/1", "kin:harbour/ghost/1/1"):
        linked.ledger._tables.errands[id_] = replace(row, id=id_)  # from outside
    found = await linked.found()
    assert [each.kind for each in found] == ["errand"] * 4
    assert all("no event calls for it" in each.message for each in found)


async def test_an_errand_that_waits_again_in_other_words_is_named(linked: Linked) -> None:
    (row, *_) = await linked.ledger.due_errands(b.MON_9, 1)
    while await ErrandRunner(linked.desk).once():
        pass
    linked.ledger._tables.errands[row.id] = row  # dead before it was dropped
    assert await linked.found() == ()
    linked.ledger._tables.errands[row.id] = replace(row, text="{}")  # from outside
    (found,) = await linked.found()
    assert (found.kind, found.stream) == ("errand", row.stream)
    assert "the events say otherwise" in found.message


async def test_links_of_issues_that_do_not_exist_are_named(linked: Linked) -> None:
    links = linked.ledger._tables.links  # written over from outside
    links.add(LinkRow(b.ZONE, "caused_by", "ghost", "a"))
    links.add(LinkRow(b.ZONE, "part_of", "a", "ghost"))
    assert [(each.kind, each.stream, each.message) for each in await linked.found()] == [
        ("link", f"{b.ZONE}/ghost", "the link a part_of ghost is of no issue with events"),
        ("link", f"{b.ZONE}/ghost", "the link ghost caused_by a is of no issue with events"),
    ]


class Busy(MemoryLedger):
    """One issue is told something after its stream was read, and hears of it before the end."""

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        async for stream in super().streams(batch=batch):
            yield stream
            if stream == f"{b.ZONE}/a":
                await self.meanwhile()

    async def meanwhile(self) -> None: ...


async def test_what_is_told_while_the_ledger_is_verified_is_no_finding() -> None:
    linked = Linked()
    busy = linked.ledger = Busy()
    linked.desk = Desk(busy, Shelf(busy, {b.ZONE: k.KIN}), linked.clock)
    for key in ("a", "c"):
        await linked.do(key, b.report(), b.ENTERPRISE)
        await linked.do(key, b.ACCEPT)

    async def meanwhile() -> None:
        await linked.do("a", k.link("c", CAUSE))
        assert await ErrandRunner(linked.desk).once() == 1

    busy.meanwhile = meanwhile  # type: ignore[method-assign]  # the one thing this ledger is for
    assert await linked.found() == ()
