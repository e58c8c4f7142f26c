"""How an event changes a campaign."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import assert_never

from domain.evolve import StreamError
from domain.matters.campaign.events import (
    CampaignEnded,
    CampaignEvent,
    CampaignOpened,
    Overdue,
    ReportsClosed,
    ReportsMissing,
    StepCorrected,
    StepOverdue,
    StepRecorded,
    StepStruck,
    TargetAdded,
    TargetExcluded,
)
from domain.matters.campaign.state import ROUNDS_KEPT, Campaign, Done, Round, Target, Wait
from domain.matters.figures import in_sum
from domain.matters.values import Amount, Count, Quantity, Value


def opened_campaign(event: CampaignOpened, zone: str, key: str, terms: str) -> Campaign:
    """Return the campaign that an event begins."""
    return Campaign(
        zone=zone,
        key=key,
        version=1,
        terms=terms,
        procedure=event.procedure,
        title=event.title,
        details=event.details,
        post=event.post,
        opened_at=event.at,
        changed_at=event.at,
        from_on=event.from_on,
        to_on=event.to_on,
        from_list=event.from_list,
        list_revision=event.list_revision,
        left_out=len(event.left_out),
        targets=tuple(Target(enterprise=each, waits=event.waits) for each in event.targets),
    )


def evolve_campaign(state: Campaign, event: CampaignEvent) -> dict[str, object]:
    """Return the fields of the campaign that `event` changes, beside those every event may."""
    changes: dict[str, object] = {}
    match event:
        case StepRecorded():
            changes = _recorded(state, event)
        case StepCorrected():
            changes = _corrected(state, event)
        case StepStruck():
            changes["targets"] = _for(state, (event.enterprise,), lambda each: _struck(each, event))
        case TargetAdded():
            changes["targets"] = _added(state, event)
        case TargetExcluded():
            changes["targets"] = _for(state, (event.enterprise,), lambda each: _out(each, event))
        case StepOverdue():
            changes["targets"] = _overdue(state, event)
        case ReportsClosed():
            changes = _closed(state, event)
        case ReportsMissing():
            changes["rounds"] = _with(state, _round(state, event.on, missing=event.missing))
        case CampaignEnded():
            changes["ended_on"] = event.on
            changes["targets"] = tuple(_changed(each, waits=()) for each in state.targets)
        case CampaignOpened():
            pass
        case _:
            assert_never(event)
    return changes


def _for(
    state: Campaign, enterprises: Iterable[str], change: Callable[[Target], Target]
) -> tuple[Target, ...]:
    meant = frozenset(enterprises)
    return tuple(change(each) if each.enterprise in meant else each for each in state.targets)


def _changed(target: Target, **update: object) -> Target:
    return target.model_copy(update=update)


def _recorded(state: Campaign, event: StepRecorded) -> dict[str, object]:
    late, finished = frozenset(event.late), frozenset(event.finished)

    def taken(target: Target) -> Target:
        done = _done(target.has_done(event.step), event, late=target.enterprise in late)
        others = (each for each in target.done if each.step != event.step)
        is_over = target.enterprise in finished
        return _changed(
            target,
            done=(*others, done),
            finished=target.finished or is_over,
            waits=() if is_over else _waits(target, event),
            overdue=() if is_over else tuple(each for each in target.overdue if each != event.step),
            silent=False,
        )

    changes: dict[str, object] = {"targets": _for(state, event.enterprises, taken)}
    if event.report_on is not None:
        changes["rounds"] = _reported(state, event, event.report_on)
    return changes


def _waits(target: Target, event: StepRecorded) -> tuple[Wait, ...]:
    """Return what is waited for after a step: no longer for it, nor for any sign at all; and for
    what it sets off, once."""
    kept = tuple(each for each in target.waits if each.step not in (event.step, None))
    known: set[str | None] = {event.step, *target.overdue}
    known |= {each.step for each in target.done} | {each.step for each in kept}
    return (*kept, *(each for each in event.waits if each.step not in known))


def _done(before: Done | None, event: StepRecorded, *, late: bool) -> Done:
    if before is None:
        return Done(
            step=event.step,
            at=event.at,
            on=event.on,
            values=event.values,
            no_abnormality=event.no_abnormality,
            late=late,
        )
    update: dict[str, object] = {"times": before.times + 1, "late": before.late or late}
    if event.report_on is None:
        update["earlier"] = _summed(before)
    elif event.report_on < before.on:
        return before.model_copy(update=update)  # a later report says more
    return before.model_copy(
        update=update
        | {
            "at": event.at,
            "on": event.on,
            "values": event.values,
            "no_abnormality": event.no_abnormality,
        }
    )


def _summed(done: Done) -> dict[str, Value]:
    """Return the sums of what was counted so far, by field. A unit never changes: see `fits`."""
    sums: dict[str, Value] = dict(done.earlier)
    for id_, value in done.values.items():
        if isinstance(value, Amount | Count | Quantity):
            before = sums.get(id_)
            counted = (before,) if isinstance(before, Amount | Count | Quantity) else ()
            sums[id_] = in_sum((*counted, value))[0]
    return dict(sorted(sums.items()))  # as they are read back from what is kept


def _corrected(state: Campaign, event: StepCorrected) -> dict[str, object]:
    target = state.target(event.enterprise)
    done = None if target is None else target.has_done(event.step)
    if target is None or done is None:
        msg = f"{state.stream}: {event.enterprise} has no {event.step} to be corrected"
        raise StreamError(msg)
    new = done.model_copy(
        update={"on": event.on, "values": event.values, "no_abnormality": event.no_abnormality}
    )
    every = tuple(new if each is done else each for each in target.done)
    changes: dict[str, object] = {
        "targets": _for(state, (event.enterprise,), lambda each: _changed(each, done=every))
    }
    flips = int(new.no_abnormality) - int(done.no_abnormality)
    there = None if event.report_on is None else state.round_of(event.report_on)
    if there is not None and flips:
        counted = there.model_copy(update={"no_abnormality": there.no_abnormality + flips})
        changes["rounds"] = _with(state, counted)
    return changes


def _struck(target: Target, event: StepStruck) -> Target:
    left = tuple(
        each.model_copy(update={"times": event.times, "values": {}})
        if each.step == event.step
        else each
        for each in target.done
        if each.step != event.step or event.times
    )
    kept = (each for each in target.waits if each.step not in event.drops)
    return _changed(
        target,
        done=left,
        finished=event.finished,
        waits=(*kept, *event.waits),
        overdue=tuple(each for each in target.overdue if each not in event.drops),
    )


def _added(state: Campaign, event: TargetAdded) -> tuple[Target, ...]:
    before = state.target(event.enterprise)
    if before is None:
        return (*state.targets, Target(enterprise=event.enterprise, waits=event.waits))
    known = {each.step for each in before.done}
    back = _changed(
        before,
        excluded=False,
        ground=None,
        finished=event.finished,
        waits=tuple(each for each in event.waits if each.step not in known),
    )
    return tuple(back if each is before else each for each in state.targets)


def _out(target: Target, event: TargetExcluded) -> Target:
    return _changed(target, excluded=True, ground=event.code, waits=(), overdue=(), silent=False)


def _overdue(state: Campaign, event: StepOverdue) -> tuple[Target, ...]:
    meant: dict[str, Overdue] = {each.enterprise: each for each in event.overdue}

    def passed(target: Target) -> Target:
        late = meant[target.enterprise]
        waits = tuple(each for each in target.waits if each.step != event.step)
        if late.next_at is not None:
            further = Wait(
                step=event.step,
                due_at=late.next_at,
                level=event.level + 1,
                provisional=late.provisional,
            )
            waits = (*waits, further)
        if event.step is None:
            return _changed(target, waits=waits, silent=True)
        overdue = tuple(dict.fromkeys((*target.overdue, event.step)))
        return _changed(target, waits=waits, overdue=overdue)

    return _for(state, meant, passed)


def _round(state: Campaign, on: date, **update: object) -> Round:
    return (state.round_of(on) or Round(on=on)).model_copy(update=update)


def _with(state: Campaign, new: Round) -> tuple[Round, ...]:
    others = (each for each in state.rounds if each.on != new.on)
    return tuple(sorted((*others, new), key=lambda each: each.on))


def _reported(state: Campaign, event: StepRecorded, on: date) -> tuple[Round, ...]:
    there = _round(state, on)
    number = len(event.enterprises)
    update: dict[str, object] = {}
    if event.no_abnormality:
        update["no_abnormality"] = there.no_abnormality + number
    if there.closed:
        came = frozenset(event.enterprises)
        update["late"] = there.late + number
        update["missing"] = tuple(each for each in there.missing if each not in came)
    else:
        update["reporters"] = (*there.reporters, *event.enterprises)
    return _with(state, there.model_copy(update=update))


def _closed(state: Campaign, event: ReportsClosed) -> dict[str, object]:
    closed = _round(
        state,
        event.on,
        closed=True,
        expected=event.expected,
        reported=event.reported,
        reporters=(),
    )
    every = tuple(
        each.model_copy(update={"missing": ()})
        if each.on < event.late_from and each.missing
        else each
        for each in _with(state, closed)
    )
    return {"rounds": every[-ROUNDS_KEPT:], "before": _older(state.before, every[:-ROUNDS_KEPT])}


def _older(before: Round | None, rounds: Iterable[Round]) -> Round | None:
    for each in rounds:
        before = (
            each
            if before is None
            else each.model_copy(
                update={
                    "days": before.days + each.days,
                    "expected": before.expected + each.expected,
                    "reported": before.reported + each.reported,
                    "late": before.late + each.late,
                    "no_abnormality": before.no_abnormality + each.no_abnormality,
                }
            )
        )
    return before
