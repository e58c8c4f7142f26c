"""Places that people are in: let in through a gate, looked after, let out. Never more than fit."""

import re
from typing import assert_never

from domain.errors import ConflictError, InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.grant.commands import (
    EnterPlace,
    LeavePlace,
    PlaceCommand,
    RecordMonitoring,
)
from domain.matters.grant.events import MonitoringRecorded, PlaceEntered, PlaceLeft
from domain.matters.grant.guards import require_actor
from domain.matters.grant.holding import begun, ended_by_act, held_now, waits_without
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.waiting import WATCH, in_turn, last_day, local_day, next_watch
from domain.matters.grant.words import Over
from domain.matters.values import require_fields
from domain.phases import Origin

_KNOWN_TO_OTHERS = re.compile(r"[0-9]{17}[0-9Xx]|[0-9]{15}|1[3-9][0-9]{9}")
"""An identity card of 18 or 15 characters, a mobile telephone."""


def act_on_place(
    draft: MatterDraft, state: Grant, command: PlaceCommand, rule: GrantProcedure
) -> None:
    """Carry out a command to a place."""
    match command:
        case EnterPlace():
            _enter(draft, state, command, rule)
        case LeavePlace():
            _leave(draft, state, command, rule)
        case RecordMonitoring():
            _monitor(draft, state, command, rule)
        case _:
            assert_never(command)


def _enter(draft: MatterDraft, state: Grant, command: EnterPlace, rule: GrantProcedure) -> None:
    _require_reference(command.person)
    today = local_day(draft)
    days = (today, last_day(draft, rule, today))
    new = begun(draft, state, command, rule, days, command.person)
    person = command.person.casefold()
    if any(held.subject.casefold() == person for held in state.holdings):
        raise ConflictError("This person is in already.", field="person", value=command.person)
    sets, meets = new.waits
    watch = next_watch(draft, rule, draft.at) if state.due(WATCH) is None else ()
    draft.record(
        PlaceEntered(
            at=draft.at,
            by=draft.actor,
            holding=command.holding,
            enterprise=command.enterprise,
            person=command.person,
            period=new.period,
            gate=new.gate,
            values=command.values,
            note=command.note,
            sets=in_turn(sets, watch),
            meets=meets,
            found=draft.found(command.problems, Origin.SERVICE, command.enterprise),
        )
    )


def _leave(draft: MatterDraft, state: Grant, command: LeavePlace, rule: GrantProcedure) -> None:
    held = held_now(state, command.holding)
    require_actor(draft, rule.uses_by, held.enterprise)
    sets, meets = waits_without(draft, state, held)
    draft.record(
        PlaceLeft(
            at=draft.at,
            by=draft.actor,
            ended=ended_by_act(draft, held, Over.LEFT),
            note=command.note,
            sets=in_turn(sets),
            meets=meets,
            found=draft.found(command.problems, Origin.SERVICE, held.enterprise),
        )
    )


def _monitor(
    draft: MatterDraft, state: Grant, command: RecordMonitoring, rule: GrantProcedure
) -> None:
    held = held_now(state, command.holding)
    require_actor(draft, rule.uses_by, held.enterprise)
    require_fields(rule.monitoring, command.values, "values")
    draft.record(
        MonitoringRecorded(
            at=draft.at,
            by=draft.actor,
            holding=held.id,
            enterprise=held.enterprise,
            values=command.values,
            note=command.note,
            found=draft.found(command.problems, Origin.FOLLOW_UP, held.enterprise),
        )
    )


def _require_reference(person: str) -> None:
    """Refuse what tells others who somebody is. It is not repeated in the refusal."""
    if _KNOWN_TO_OTHERS.fullmatch(person):
        raise InvalidRequestError(
            "A person is given by a reference, not by a number that others know.",
            field="person",
            allowed="the code of a file that is kept elsewhere",
        )
