"""How an event changes a pipeline."""

from typing import assert_never

from domain.matters.matter import MatterTie
from domain.matters.pipeline.events import (
    CheckMissed,
    HardDateNear,
    HardDatePassed,
    HardDateSet,
    MeetingRecorded,
    PartyRecorded,
    PipelineEvent,
    PipelineOpened,
    StageMoved,
    StageOverdue,
)
from domain.matters.pipeline.state import HardDate, Meeting, Party, Pipeline, Reached
from domain.matters.words import Tying


def opened_pipeline(event: PipelineOpened, zone: str, key: str, terms: str) -> Pipeline:
    """Return the pipeline that an event begins."""
    first = Reached(
        stage=event.stage,
        first_at=event.at,
        last_at=event.at,
        amount=event.amount,
        values=event.values,
    )
    return Pipeline(
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
        enterprise=event.enterprise,
        at_stage=event.stage,
        amount=event.amount,
        reached=(first,),
        parties=event.parties,
        dates=event.dates,
    )


def evolve_pipeline(state: Pipeline, event: PipelineEvent) -> dict[str, object]:
    """Return the fields of the pipeline that `event` changes, beside those every event may."""
    changes: dict[str, object] = {}
    match event:
        case StageMoved():
            changes = _moved(state, event)
        case StageOverdue():
            late = (_late(each) if each.stage == event.stage else each for each in state.reached)
            changes = {"overdue": True, "reached": tuple(late)}
        case PartyRecorded():
            changes["parties"] = _with_party(state, event.party)
        case CheckMissed():
            missed = (
                _missed(each) if each.party == event.party else each for each in state.parties
            )
            changes["parties"] = tuple(missed)
        case HardDateSet():
            changes["dates"] = _with_date(state, event.hard_date)
        case HardDatePassed():
            dates = (_behind(each) if each.id == event.id else each for each in state.dates)
            changes["dates"] = tuple(dates)
        case MeetingRecorded():
            changes = _met(state, event)
        case PipelineOpened() | HardDateNear():
            pass
        case _:
            assert_never(event)
    return changes


def _moved(state: Pipeline, event: StageMoved) -> dict[str, object]:
    before = state.reached_stage(event.to)
    here = Reached(
        stage=event.to,
        times=1 if before is None else before.times + 1,
        first_at=event.at if before is None else before.first_at,
        last_at=event.at,
        amount=event.amount,
        values=event.values,
        overdue=before is not None and before.overdue,
    )
    others = (each for each in state.reached if each.stage != event.to)
    return {
        "at_stage": event.to,
        "ended": event.ended,
        "overdue": False,
        "exemption": event.exemption,
        "amount": event.amount,
        "reached": (*others, here),
    }


def _late(reached: Reached) -> Reached:
    return reached.model_copy(update={"overdue": True})


def _missed(party: Party) -> Party:
    return party.model_copy(update={"missed": True})


def _behind(hard: HardDate) -> HardDate:
    return hard.model_copy(update={"passed": True})


def _with_party(state: Pipeline, new: Party) -> tuple[Party, ...]:
    if state.party(new.party) is None:
        return (*state.parties, new)
    return tuple(new if each.party == new.party else each for each in state.parties)


def _with_date(state: Pipeline, new: HardDate) -> tuple[HardDate, ...]:
    if state.hard_date(new.id) is None:
        return (*state.dates, new)
    return tuple(new if each.id == new.id else each for each in state.dates)


def _met(state: Pipeline, event: MeetingRecorded) -> dict[str, object]:
    meeting = Meeting(
        number=event.number,
        on=event.on,
        parties=event.parties,
        outcomes=tuple(each.model_copy(update={"note": None}) for each in event.outcomes),
    )
    answered = {each.issue for each in event.ties}
    kept = (each for each in state.ties if each.issue not in answered)
    found = (MatterTie(issue=each.issue, tying=Tying.OPENED, at=event.at) for each in event.found)
    return {"meetings": (*state.meetings, meeting), "ties": (*kept, *found, *event.ties)}
