"""What each event did to a clock and why, and why a rung did not ring, in words."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import assert_never

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from domain.absence import Absence, Cited, Why
from domain.clocks import ClockTransition, Move
from domain.conditions import Asked
from domain.reasons import (
    ORDER,
    Answer,
    Bearing,
    EventJudged,
    Judgement,
    MoveJudged,
    Tried,
)
from terminal.shown.derivation import head
from terminal.shown.durations import rung_text
from terminal.shown.frames import SECOND, facts
from terminal.shown.moves import event_title, move, question, way
from terminal.shown.names import Names
from terminal.shown.times import away, exact, length, local
from terminal.shown.words import both, word

Line = tuple[str, Text]

_LEADS = {
    Why.FIRED: "已响 It has fired:",
    Why.NOT_YET_DUE: "未到时 It is not due yet:",
    Why.UNFIRED: "已到时未响 It is due and has not fired:",
    Why.PAUSED: "计时暂停 The clock stands:",
    Why.ENDED: "计时已结束 The clock ended before it was due:",
    Why.SUPERSEDED: "已被取代 Another limit has passed it over:",
    Why.STOOD_FOR: "已合并 Another repeat stands for it:",
    Why.NEVER_STARTED: "未起算 The clock has never started:",
    Why.NO_SUCH_RUNG: "无此提醒 There is no such rung:",
}
_BEARINGS = {
    Bearing.NO_SUCH_PART: "no joint team with this part then",
    Bearing.NO_SUCH_RULE: "the handbook of the time has no such clock",
    Bearing.LEFT_BEHIND: "its joint team has made way for another",
    Bearing.ANOTHER_LEVEL: "the issue is at another level",
    Bearing.ORPHANED: "the handbook adopted has no such clock",
    Bearing.NOT_OF_THIS_ISSUE: "an issue of this kind has no such limit",
}


def events(judged: Sequence[EventJudged], clock: str, names: Names) -> RenderableType:
    """Return every event of an issue with what it did to one clock."""
    order = " > ".join(each.value for each in ORDER)
    end = f"{len(judged)} events; of several moves that hold the first is made: {order}"
    return Group(
        head(clock, None, _rule(judged, clock), names),
        _event_grid(judged, names),
        Text(f"{end}; times in {names.time_zone}", SECOND),
    )


def _rule(judged: Sequence[EventJudged], clock: str) -> str:
    recorded = (each.recorded.rule for each in judged if each.recorded is not None)
    return next(recorded, clock)


def absences(found: Sequence[Absence], names: Names) -> RenderableType:
    """Return why a rung has fired or not, for each cycle of its clock."""
    parts: list[RenderableType] = []
    for each in found:
        says = "" if each.says is None else f"  {rung_text(each.says)}"
        title = head(each.clock, each.cycle, each.rule, names)
        lead = Text.assemble((_LEADS[each.why], "bold"), f" {sentence(each, names)}")
        parts += [title, Text.assemble("  ", (each.rung, "bold"), says), Text(""), lead]
        if each.earlier:
            parts.append(Text(f"Fired before: {', '.join(each.earlier)}.", SECOND))
        if each.events:
            parts += [Text(""), _event_grid(each.events, names)]
        parts.append(Text(""))
    return Group(*parts, Text(f"times in {names.time_zone}", SECOND))


def lead(absence: Absence) -> str:
    """Return the reason in a word or two."""
    return _LEADS[absence.why]


def sentence(absence: Absence, names: Names) -> str:  # noqa: PLR0911  # one return a reason
    """Return why the rung has fired or not, with the event and the times that show it."""
    zone = names.time_zone
    match absence.why:
        case Why.FIRED:
            return _fired(absence, zone)
        case Why.NOT_YET_DUE if absence.due_at is None:
            return "it repeats, and comes after repeats that are still to come."
        case Why.NOT_YET_DUE:
            due = _when(absence.due_at, zone)
            return f"it falls due {due}, {_away(absence.due_at, absence.now)}."
        case Why.UNFIRED:
            due = f"{_when(absence.due_at, zone)}, {_away(absence.due_at, absence.now)}"
            return f"{due}. Its ring is on its way, or was lost: `closeout clocks audit` tells."
        case Why.PAUSED:
            return _paused(absence, zone)
        case Why.ENDED:
            return _ended(absence, zone)
        case Why.SUPERSEDED:
            how = both(way(absence.by or ""))
            return f"{_cited(absence.event, zone)} set it, {how}. The rung rings no more."
        case Why.STOOD_FOR:
            return f"{_cited(absence.event, zone)} fired {absence.by} when both were due."
        case Why.NEVER_STARTED:
            return "no event met the conditions of its start."
        case Why.NO_SUCH_RUNG:
            return f"the handbook gives this clock {', '.join(absence.rungs) or 'none'}."
        case _:
            assert_never(absence.why)


def _fired(absence: Absence, zone: str) -> str:
    late = absence.late_ms or 0
    when = f"{length(late)} after it was due" if late else "as it was due"
    told = f"{_cited(absence.event, zone)} rang, {when} ({_when(absence.due_at, zone)})."
    return f"{told} The delay is the platform's." if absence.late_by_us else told


def _paused(absence: Absence, zone: str) -> str:
    told = f"since {_cited(absence.event, zone)}"
    if absence.wait is not None:
        party = "" if absence.wait.party is None else f" ({absence.wait.party})"
        told += f", {both(word(absence.wait.reason))}{party}"
    if absence.left_ms is None:
        return f"{told}."
    left = f"It has {exact(absence.left_ms)} left to count until this rung"
    if not absence.left_ms:
        left = "Nothing is left to count until this rung"
    return f"{told}. {left}: resumed now, it would be due {_when(absence.due_at, zone)}."


def _ended(absence: Absence, zone: str) -> str:
    how = "" if absence.move is None else f", {both(move(absence.move))}"
    told = f"{_cited(absence.event, zone)} ended it{how}"
    if absence.due_at is None or absence.event is None:
        return f"{told}."
    due = _when(absence.due_at, zone)
    if absence.due_at <= absence.event.at:
        return (
            f"{told}. This rung's own instant, {due}, had passed as well: the earlier came first."
        )
    left = exact(absence.left_ms or 0)
    return f"{told}. It had {left} left to count until this rung, due {due}."


def _cited(event: Cited | None, zone: str) -> str:
    if event is None:
        return "nothing"
    return f"event {event.version} ({both(event_title(event.kind))}, {_when(event.at, zone)})"


def _when(at: datetime | None, zone: str) -> str:
    return local(at, zone, seconds=at is not None and bool(at.second or at.microsecond))


def _away(at: datetime | None, now: datetime) -> str:
    return "at no instant" if at is None else away(at, now)


def _event_grid(judged: Iterable[EventJudged], names: Names) -> Table:
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style=SECOND, no_wrap=True)
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold", ratio=1)
    grid.expand = True
    for each in judged:
        title = event_title(each.kind)
        what = Text.assemble((title.zh, "bold"), f" {title.en}")
        grid.add_row(
            str(each.version),
            local(each.at, names.time_zone),
            Group(what, facts(_lines(each, names.time_zone))),
        )
    return grid


def _lines(judged: EventJudged, zone: str) -> Iterator[Line]:
    judgement, recorded = judged.judgement, judged.recorded
    if recorded is not None and recorded.retarget is not None:
        yield _label(Move.RETARGET, made=True), _retargeted(recorded, zone)
    elif judgement.won is not None:
        yield _label(judgement.won, made=True), _won(judgement)
    elif judgement.bearing is not Bearing.JUDGED:
        yield "·", Text(_BEARINGS[judgement.bearing], SECOND)
    else:
        for each in judgement.moves:
            if each.obstacle is None:
                yield _label(each.move, made=False), Text(_not_made(each, judgement), SECOND)
    if not judged.agrees:
        made = "nothing" if recorded is None else recorded.move
        yield "!", Text(f"recorded: {made}; that is not what the rules say", "red")


def _label(each: Move, *, made: bool) -> str:
    return f"{'→' if made else '·'} {both(move(each))}"


def _retargeted(recorded: ClockTransition, zone: str) -> Text:
    aim = recorded.retarget
    if aim is None:
        return Text("")
    text = Text(both(way(aim.rule)), "green")
    due = f"{_when(aim.from_due_at, zone)} → {_when(aim.to_due_at, zone)}"
    return text if aim.from_due_at is None else text.append(f"; due {due}", SECOND)


def _won(judgement: Judgement) -> Text:
    if judgement.bearing is not Bearing.JUDGED or judgement.winner is None:
        return Text(_BEARINGS[judgement.bearing], "green")
    winner = judgement.winner
    held = next((tried for tried in winner.tried if tried.holds), None)
    text = Text("no pause holds any more" if held is None else _held(held), "green")
    if judgement.lost:
        lost = ", ".join(both(move(each)) for each in judgement.lost)
        text.append(f"; won over {lost}", SECOND)
    return text


def _held(tried: Tried) -> str:
    return ", ".join(
        f"{question(each.asked)} {_called(each, each.found)}" for each in tried.answers
    )


def _not_made(judged: MoveJudged, judgement: Judgement) -> str:
    if judged.move is Move.RESUME:
        holding = [_held(tried) for tried in judged.tried if tried.holds]
        return f"the pause still holds: {'; '.join(holding)}"
    if judged.holds and judged.barred_by:
        ends = (each for each in judgement.moves if each.move in judged.barred_by)
        holding = [_held(tried) for each in ends for tried in each.tried if tried.holds]
        barred = ", ".join(both(move(each)) for each in judged.barred_by)
        return f"holds, but so does {barred}: {'; '.join(holding)}"
    if not judged.tried:
        return "the handbook has no condition for it"
    return "; ".join(_failed(each.failure) for each in judged.tried if each.failure is not None)


def _failed(answer: Answer) -> str:
    wanted = " or ".join(_called(answer, each) for each in answer.wanted)
    return f"{question(answer.asked)} {_called(answer, answer.found)}, not {wanted}"


def _called(answer: Answer, value: str) -> str:
    if answer.asked is Asked.EVENTS:
        return both(event_title(value))
    return both(word(value))
