"""Whether every rung that was promised is accounted for, and what a tampered ledger shows."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import builders as b
import pytest
from builders import Step
from deep import IN_CHECK
from played_ledger import LIFE, PlayedLedger, played
from record_corpus import played as demonstration

from audit.clocks import (
    TimerAudit,
    audit_clocks,
    audit_stream,
    lateness_of,
)
from audit.promises import Fate
from domain.canonical import canonical
from domain.chain import Record
from domain.people import ENGINE
from ledger.memory import MemoryLedger

STREAM = f"{b.ZONE}/{b.KEY}"
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
END = b.NEXT_FRI_9 + timedelta(days=30)
FOREVER = timedelta(days=3650)


async def _audited(ledger: PlayedLedger, now: datetime = END, **given: Any) -> TimerAudit:
    return await audit_clocks(ledger, now=now, tell_within=FOREVER, **given)


async def _kinds(ledger: PlayedLedger, now: datetime = END) -> list[tuple[str, str | None]]:
    return [(each.kind, each.rung) for each in (await _audited(ledger, now)).found]


def _place(ledger: PlayedLedger, kind: str, **body: object) -> int:
    """Return where the first event of a kind with these fields stands."""
    for place, record in enumerate(ledger.events):
        plain = json.loads(record.text)["body"]
        if record.kind == kind and all(plain[name] == value for name, value in body.items()):
            return place
    raise LookupError(kind)


def _rewrite(ledger: PlayedLedger, place: int, change: Callable[[dict[str, Any]], None]) -> None:
    """Write over an event's text; the audit of the timers is not that of the chain."""
    plain = json.loads(ledger.events[place].text)
    change(plain)
    ledger.alter_event(place, text=canonical(plain))


def _without_firing(ledger: PlayedLedger, rung: str) -> Record:
    return ledger.events.pop(_place(ledger, "rung_fired", rung=rung))


async def test_every_rung_of_a_whole_life_is_accounted_for_once() -> None:
    ledger = played()

    audited = await _audited(ledger)
    timers = await audit_stream(ledger, STREAM, now=END, tell_within=FOREVER)

    assert audited.found == ()
    assert audited.promised == sum(audited.fates.values()) == len(timers.accounts)
    named = {(each.clock, each.cycle, each.rung) for each in timers.accounts}
    assert len(named) == len(timers.accounts)
    assert {
        (each.clock, each.cycle, each.rung, each.version)
        for each in timers.accounts
        if each.fate is Fate.FIRED
    } == {(row.clock, row.cycle, row.rung, row.version) for row in ledger.fired}
    assert audited.fates["withdrawn"] > 0
    assert audited.fates["unaccounted"] == audited.fates["to_come"] == 0


async def test_a_firing_that_was_removed_from_the_events_is_missed_and_its_row_is_left_over() -> (
    None
):
    ledger = played()

    _without_firing(ledger, "at-50")

    assert await _kinds(ledger) == [("passed_over", "at-50"), ("row", "at-50")]


async def test_a_firing_that_was_removed_with_its_row_is_missed_all_the_same() -> None:
    ledger = played()

    _without_firing(ledger, "at-50")
    ledger.fired = [row for row in ledger.fired if row.rung != "at-50"]

    assert await _kinds(ledger) == [("passed_over", "at-50")]


async def test_a_removed_firing_whose_effect_is_still_there_is_missed() -> None:
    ledger = played()
    due = next(row for row in ledger.fired if row.rung == "due")

    ledger.events = [record for record in ledger.events if record.version != due.version]
    ledger.fired.remove(due)

    assert ("passed_over", "due") in await _kinds(ledger)


async def test_a_rung_that_nobody_rang_is_unaccounted_for_once_the_grace_is_over() -> None:
    ledger = played(*LIFE[:3])
    timers = await audit_stream(ledger, STREAM, now=b.MON_11)
    first = min(each.due_at or END for each in timers.accounts if each.fate is Fate.TO_COME)

    before = await _audited(ledger, first - SECOND)
    at_once = await _audited(ledger, first)
    in_time = await _audited(ledger, first + MINUTE)
    too_late = await _audited(ledger, first + 2 * MINUTE)
    no_grace = await _audited(ledger, first, grace=timedelta())

    assert [a.fates["in_flight"] for a in (before, at_once, in_time, too_late)] == [0, 1, 1, 0]
    assert [a.is_sound for a in (before, at_once, in_time, too_late)] == [True, True, True, False]
    assert [(f.kind, f.rung) for f in too_late.found] == [("unaccounted", "at-50")]
    assert not no_grace.is_sound


async def test_an_audit_of_a_past_instant_leaves_out_what_came_later() -> None:
    whole, part = played(), played(*LIFE[:4])
    now = LIFE[3].at + MINUTE

    assert await _audited(whole, now) == await _audited(part, now)
    assert (await _audited(whole, now)).fates["to_come"] > 0


async def test_a_firing_that_is_there_twice_is_named() -> None:
    ledger = played()
    again = ledger.events[_place(ledger, "rung_fired", rung="at-50")]

    ledger.events.insert(ledger.events.index(again) + 1, again)

    assert await _kinds(ledger) == [("doubled", "at-50")]


async def test_a_rung_that_fired_before_it_was_due_is_named() -> None:
    ledger = played()
    place = _place(ledger, "rung_fired", rung="at-50")
    early = b.TUE_9 + timedelta(minutes=59, seconds=59)

    _rewrite(ledger, place, lambda plain: plain.update(at=early.isoformat()))
    ledger.fired = [
        replace(row, fired_at=early, effect_done_at=early) if row.rung == "at-50" else row
        for row in ledger.fired
    ]

    assert await _kinds(ledger) == [("early", "at-50")]


async def test_a_firing_with_another_due_instant_than_was_promised_is_named() -> None:
    ledger = played()
    place = _place(ledger, "rung_fired", rung="at-50")

    moved = b.TUE_9.isoformat()
    _rewrite(ledger, place, lambda plain: plain["body"].update(due_at=moved))

    assert await _kinds(ledger) == [("due", "at-50")]


async def test_a_firing_that_nobody_promised_is_named() -> None:
    ledger = played()
    place = _place(ledger, "rung_fired", rung="at-50")

    _rewrite(ledger, place, lambda plain: plain["body"].update(rung="at-60"))

    assert sorted(await _kinds(ledger)) == [
        ("passed_over", "at-50"),
        ("row", "at-50"),
        ("row", "at-60"),
        ("unpromised", "at-60"),
    ]


async def test_a_rung_that_fires_after_its_clock_has_ended_is_named() -> None:
    ledger = played()
    fired = ledger.events.pop(_place(ledger, "rung_fired", rung="at-50"))
    last = ledger.events[-1]

    late = json.loads(fired.text) | {"at": json.loads(last.text)["at"]}
    ledger.events.append(replace(fired, text=canonical(late), at=last.at, version=99))

    assert ("after_end", "at-50") in await _kinds(ledger)


async def test_a_rung_that_fires_while_its_clock_is_paused_is_named() -> None:
    ledger = played()
    paused = _place(ledger, "issue_paused")
    place = _place(ledger, "rung_fired", rung="due")
    fired = ledger.events.pop(place)

    text = canonical(json.loads(fired.text) | {"at": json.loads(ledger.events[paused].text)["at"]})
    at = ledger.events[paused].at
    ledger.events.insert(paused + 1, replace(fired, text=text, at=at))

    assert ("while_paused", "due") in await _kinds(ledger)


async def test_a_rung_that_is_forgotten_when_its_clock_resumes_is_named() -> None:
    ledger = played()
    place = _place(ledger, "issue_resumed")

    def forget(plain: dict[str, Any]) -> None:
        for change in plain["body"]["clocks"]:
            if change["clock"] == "resolution":
                change["run"]["rungs"] = change["run"]["rungs"][1:]

    forgotten = next(
        change["run"]["rungs"][0]["id"]
        for change in json.loads(ledger.events[place].text)["body"]["clocks"]
        if change["clock"] == "resolution"
    )
    _rewrite(ledger, place, forget)

    assert await _kinds(ledger) == [("lost", forgotten)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("due_at", b.TUE_9),
        ("fired_at", b.TUE_9),
        ("version", 7),
        ("effect_done_at", b.MON_9),
        ("clock", "tide"),
        ("cycle", 9),
        ("rung", "at-49"),
    ],
)
async def test_a_row_of_the_table_that_differs_from_its_event_is_named(
    column: str, value: object
) -> None:
    ledger = played()

    altered: dict[str, Any] = {column: value}
    ledger.fired[0] = replace(ledger.fired[0], **altered)

    assert "row" in {kind for kind, _ in await _kinds(ledger)}


async def test_a_row_that_is_missing_or_there_twice_is_named() -> None:
    missing, doubled = played(), played()

    first = missing.fired.pop(0)
    doubled.fired.append(doubled.fired[0])

    assert await _kinds(missing) == [("row", first.rung)]
    assert await _kinds(doubled) == [("row", first.rung)]


async def test_a_rung_of_which_nobody_was_told_is_named_after_the_time_for_telling() -> None:
    ledger = played()
    row = next(row for row in ledger.fired if row.rung == "at-50")
    ledger.fired[ledger.fired.index(row)] = replace(row, effect_done_at=None)

    async def untold(now: datetime) -> list[str]:
        audited = await audit_clocks(ledger, now=now, tell_within=10 * MINUTE)
        return [each.kind for each in audited.found]

    assert await untold(row.fired_at + 10 * MINUTE) == []
    assert await untold(row.fired_at + 10 * MINUTE + SECOND) == ["untold"]


async def test_an_event_that_cannot_be_read_is_a_finding_and_no_error() -> None:
    ledger = played()

    ledger.alter_event(4, text='{"kind":"rung_fired"}')

    assert ("unreadable", None) in await _kinds(ledger)


async def test_rungs_that_one_outage_held_up_withdraw_each_other_without_a_finding() -> None:
    ledger = played(*LIFE[:3], Step(ENGINE, b.ring("handling", 1, "at-50"), b.NEXT_FRI_9))

    audited = await _audited(ledger, b.NEXT_FRI_9 + MINUTE)

    assert audited.found == ()
    assert audited.fates["fired"] > 2


async def test_only_the_issues_of_the_zone_are_read() -> None:
    ledger = played()

    assert (await _audited(ledger, zone=b.ZONE)).streams == 1
    assert (await _audited(ledger, zone=b.ZONE[:-1])).streams == 0


async def test_progress_hears_of_each_batch() -> None:
    ledger = PlayedLedger()
    heard: list[int] = []
    for number in range(11):
        ledger.play(LIFE[:2], key=f"i{number}")

    await _audited(ledger, b.MON_10, progress=heard.append)

    assert heard == [8, 11]


@IN_CHECK
async def test_the_stories_of_the_demonstration_leave_no_rung_unaccounted() -> None:
    ledger = await demonstration()
    end = max([record.at async for record in _all_records(ledger)])

    audited = await audit_clocks(ledger, now=end, grace=timedelta(), tell_within=FOREVER)

    assert audited.found == ()
    assert audited.streams > 20
    assert min(audited.fates["fired"], audited.fates["withdrawn"]) > 20
    assert audited.fired.count == audited.fates["fired"] == len(await ledger.firings())


async def _all_records(ledger: MemoryLedger) -> AsyncIterator[Record]:
    async for stream in ledger.streams():
        for record in await ledger.records(stream):
            yield record


def test_lateness_is_counted_in_buckets_and_ranked_by_what_was_measured() -> None:
    measured = [0, 1_000, 1_001, 30_000, 61_000, 3_600_001, 90_000_000]

    lateness = lateness_of(measured)

    assert lateness.buckets == (2, 1, 1, 0, 1, 0, 1, 1)
    assert (lateness.p50_ms, lateness.p99_ms, lateness.max_ms) == (30_000, 90_000_000, 90_000_000)
    assert lateness_of(range(1, 101)).p99_ms == 99
    assert lateness_of([]).p50_ms is None
