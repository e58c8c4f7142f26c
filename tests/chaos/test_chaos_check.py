"""The checker finds what it is there to find: a ledger that was spoilt in each way is told of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import chaos_zone as zone
import pytest
from chaos_check import Kept, Outage, check
from chaos_log import Line
from chaos_plan import Manner

from desk.desk import Desk
from desk.shelf import Shelf
from domain.chain import Record, link
from domain.commands import Submission
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger
from ledger.port import CommandRow

BEGAN_AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
KEY = "one"
STREAM = f"{zone.ZONE}/{KEY}"


class Clock:
    """A clock that stands until it is moved."""

    offset = timedelta(0)

    def __init__(self) -> None:
        self.at = BEGAN_AT

    def now(self) -> datetime:
        """Return the present instant."""
        return self.at


class Life:
    """A sound life of one issue: what is kept of it, and what its clients wrote down."""

    def __init__(self, kept: Kept, log: list[Line], now: datetime) -> None:
        self.kept = kept
        self.log = log
        self.now = now

    def found(
        self,
        records: Sequence[Record] | None = None,
        *,
        outages: Sequence[Outage] = (),
        log: Sequence[Line] | None = None,
        commands: Sequence[CommandRow] | None = None,
    ) -> list[str]:
        """Return what the checker finds in it, some of it replaced."""
        spoilt = replace(self.kept, records=records or self.kept.records)
        spoilt.commands = commands or self.kept.commands
        return check({STREAM: spoilt}, log or self.log, outages, self.now).findings


@pytest.fixture(scope="module")
async def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Reported, noted in the middle and after 1.3 s, so that two rungs of `pulse` have fired."""
    shelf: Path = zone.write_handbook(tmp_path_factory.mktemp("chaos") / "handbooks")
    terms = read_terms(zone.ZONE, shelf)
    clock, ledger, log = Clock(), MemoryLedger(), list[Line]()
    desk = Desk(ledger, Shelf(ledger, {zone.ZONE: terms}), clock)

    async def sent(after_ms: int, submission: Submission) -> None:
        clock.at = BEGAN_AT + timedelta(milliseconds=after_ms)
        told = await desk.carry_out(submission)
        log.append(Line(submission, Manner.ONCE, told=[told]))

    await sent(0, zone.report(KEY))
    await sent(300, zone.note(KEY, 1))
    await sent(700, zone.note(KEY, 2))
    await sent(1300, zone.note(KEY, 3))
    kept = Kept(
        await ledger.records(STREAM), await ledger.commands(STREAM), await ledger.firings(STREAM)
    )
    return Life(kept, log, clock.at)


def rung(life: Life) -> int:
    """Return where the first rung fired."""
    return next(n for n, each in enumerate(life.kept.records) if each.kind == "rung_fired")


def at(records: Sequence[Record], index: int, by: timedelta) -> list[Record]:
    """Return a stream, well chained, in which one event has another instant."""
    moved = records[index].at + by
    text = records[index].text.replace(written(records[index].at), written(moved))
    return chained(
        [*records[:index], replace(records[index], at=moved, text=text), *records[index + 1 :]]
    )


def written(moment: datetime) -> str:
    """Return an instant as the canonical text has it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def chained(records: Sequence[Record]) -> list[Record]:
    """Return records bound to each other anew, as somebody would who hides what he did."""
    whole: list[Record] = []
    previous = records[0].previous
    for version, each in enumerate(records, start=1):
        hash_ = link(previous, each.text)
        whole.append(replace(each, version=version, previous=previous, hash=hash_))
        previous = hash_
    return whole


def test_a_sound_life_has_no_finding(life: Life) -> None:
    assert life.found() == []
    assert check({STREAM: life.kept}, life.log, (), life.now).fired == 2


def test_an_acknowledged_command_that_is_lost_is_found(life: Life) -> None:
    gone = life.log[-1].submission.id
    kept = [each for each in life.kept.records if each.command_id != gone]
    rows = [each for each in life.kept.commands if each.id != gone]
    found = life.found(chained(kept), commands=rows)
    assert any(each.startswith(f"lost: {gone} was acknowledged") for each in found)


def test_an_effect_under_two_ids_is_found(life: Life) -> None:
    row, record = life.kept.commands[1], life.kept.records[1]
    again = replace(record, command_id="other")
    records = chained([*life.kept.records, again])
    rows = [*life.kept.commands, replace(row, id="other")]
    found = life.found(records, commands=rows)
    assert any("doubled: the note" in each for each in found)
    assert any("nobody sent other" in each for each in found)


def test_an_abandoned_command_may_be_there_once_or_not_at_all_but_never_twice(life: Life) -> None:
    sent = life.log[1].submission
    unknown = Line(zone.note(KEY, 9), Manner.ABANDONED, unanswered=1)
    done = Line(sent, Manner.ABANDONED, unanswered=1)
    others = [line for line in life.log if line.submission.id != sent.id]
    assert life.found(log=[*others, done, unknown]) == []
    twice = chained([*life.kept.records, life.kept.records[1]])
    assert any("doubled" in each for each in life.found(twice, log=[*others, done]))


def test_a_command_that_is_never_acknowledged_is_found(life: Life) -> None:
    waits = Line(zone.note(KEY, 9), Manner.ONCE, tries=100)
    assert any("never acknowledged" in each for each in life.found(log=[*life.log, waits]))


def test_a_rung_that_fired_twice_is_found(life: Life) -> None:
    records = life.kept.records
    found = life.found(chained([*records, records[rung(life)]]))
    assert any("doubled: ('pulse', 1, 'r01') fired 2 times" in each for each in found)


def test_a_rung_that_never_fired_is_found(life: Life) -> None:
    where = rung(life)
    records = chained([*life.kept.records[:where], *life.kept.records[where + 1 :]])
    late = Life(life.kept, life.log, life.now + timedelta(seconds=11))
    assert any("never fired" in each and "r01" in each for each in late.found(records))
    assert any("table of firings differ" in each for each in life.found(records))


def test_a_late_rung_is_found_and_an_outage_excuses_it_only_until_ten_seconds_after_its_end(
    life: Life,
) -> None:
    late = at(life.kept.records, rung(life), timedelta(seconds=14))

    def outage(from_s: float, to_s: float, jump_s: float = 0.0) -> Outage:
        began, ended = (BEGAN_AT + timedelta(seconds=each) for each in (from_s, to_s))
        return Outage(began, ended, "an outage", jump_s)

    def is_late(*outages: Outage) -> bool:
        return any(
            "late: ('pulse', 1, 'r01')" in each for each in life.found(late, outages=outages)
        )

    assert is_late()
    assert is_late(outage(0, 3))
    assert not is_late(outage(0, 5))
    assert is_late(outage(11, 14)), "it began when the rung was late already"
    assert not is_late(outage(0, 3, jump_s=3))


def test_a_rung_that_fired_early_is_found(life: Life) -> None:
    early = at(life.kept.records, rung(life), timedelta(milliseconds=-500))
    assert any("early" in each for each in life.found(early))


def test_a_fork_is_found(life: Life) -> None:
    records = list(life.kept.records)
    note = next(n for n, each in enumerate(records) if each.kind == "note_added")
    other = replace(records[note], text=records[note].text.replace("Looked into", "Looked at"))
    forked = [*records[:note], other, *records[note + 1 :]]
    assert any("changed" in each for each in life.found(forked))
    second = replace(other, hash=link(other.previous, other.text))
    beside = [*records[: note + 1], second, *records[note + 1 :]]
    assert any("forked" in each for each in life.found(beside))


def test_an_answer_that_is_not_what_is_stored_is_found(life: Life) -> None:
    first = life.log[1]
    told = first.told[0].model_copy(update={"version": 77})
    log = [life.log[0], replace(first, told=[told]), *life.log[2:]]
    assert any("forked" in each and "was answered" in each for each in life.found(log=log))
