"""What of matters is in somebody's sight: all of one, or an enterprise's own lines of it alone."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, assert_never

from pydantic import JsonValue

from domain.access import Horizon, Principal
from domain.elsewhere import ELSEWHERE
from domain.errors import (
    IssueError,
    NotPermittedError,
    UnknownMatterError,
    UnknownProcedureError,
)
from domain.handbook import Handbook
from domain.matters.campaign.state import Campaign
from domain.matters.grant.state import Grant
from domain.matters.match.state import Answer, Match, Proposal
from domain.matters.matter import Due, matter_stream
from domain.matters.pipeline.state import Meeting, Pipeline
from domain.matters.register.state import Register, Subject
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.matters.who import Who
from domain.matters.words import Aggregate
from domain.model import Frozen
from face.elsewhere import Issues, enterprise_of, hidden_from
from face.masking import told as masked_json
from face.procedures import begun_by_enterprises
from ledger.matters import MatterRow, Matters, MatterSight

_OF_EVERY: Final = frozenset({"totals", "cycles", "moved"})
LEFT_OUT: Final[Mapping[Aggregate, frozenset[str]]] = MappingProxyType(
    {
        Aggregate.CAMPAIGN: _OF_EVERY | {"rounds", "before", "left_out"},
        Aggregate.PIPELINE: _OF_EVERY,
        Aggregate.MATCH: _OF_EVERY,
        Aggregate.REGISTER: _OF_EVERY | {"links", "list_reason"},
        Aggregate.GRANT: _OF_EVERY
        | {"on_hand", "level", "sources", "over"}
        | {"found_more", "found_less", "renewed", "used", "ended", "monitored", "missed"}
        | {"checked_at"},
    }
)
"""What an enterprise is told nothing of: sums over everybody, and what only the office needs."""
_COUNTS_OTHERS: Final = frozenset(
    {"proposal", "holding", "places", "quantity", "cost", "amount"}
    | {"quantity.thousandths", "cost.hundredths", "amount.hundredths"}
)
"""Fields of commands whose bounds depend on what others asked for or were given."""
_OPEN_TO_ALL: Final = (Aggregate.GRANT, Aggregate.MATCH)
"""Whom such a matter will concern is not settled while it is open: posts of a tier that may act in
it see it before it concerns an enterprise of theirs."""


def matter_sight(within: Horizon, handbook: Handbook, own: str | None = None) -> MatterSight:
    """Return which matters lie within somebody's sight: those that concern an enterprise in it,
    those that a post of theirs is accountable for, and those of procedures whose rows name them.
    Who acts for an enterprise (`own`) also sees open matters in which its first act may come."""
    if within.whole:
        return MatterSight(within.zone, whole=True)
    begun: frozenset[str] = frozenset()
    if own in within.enterprises:
        begun = frozenset(r.id for r in handbook.matter_procedures if begun_by_enterprises(r))
    named = {rule.id for rule in handbook.matter_procedures if is_named(rule, within, handbook)}
    return MatterSight(
        within.zone,
        enterprises=within.enterprises,
        posts=within.posts,
        procedures=frozenset(named),
        while_open=begun,
    )


def sight_by_stage(sight: MatterSight) -> MatterSight:
    """Return a sight for a list of matters that stand in some way: how one stands that does not
    concern an enterprise would tell it what others did in it."""
    return replace(sight, while_open=frozenset())


def require_may_begin(
    sight: MatterSight, matter: Matter, rule: AnyProcedure | None, caller: Principal, command: str
) -> None:
    """Refuse an enterprise whatever is not its first act in a matter that does not concern it yet:
    it learns nothing there of what others did. Raises NotPermittedError."""
    own = enterprise_of(caller)
    if own is None or sight.concerns(matter):
        return
    begins = () if rule is None else begun_by_enterprises(rule)
    if command not in begins:
        raise NotPermittedError(
            "The matter does not concern the enterprise yet.",
            field="command.kind",
            value=command,
            allowed=begins,
        )


def matter_refusal_told(refusal: IssueError, caller: Principal) -> IssueError:
    """Return a refusal of an act in a matter as it is told: to an enterprise without what is left
    of something limited, or which lines of others there are."""
    if enterprise_of(caller) is None or refusal.field not in _COUNTS_OTHERS:
        return refusal
    told = type(refusal)(refusal.message, field=refusal.field, current=refusal.current)
    told.stream = refusal.stream
    return told


def is_named(rule: AnyProcedure, within: Horizon, handbook: Handbook) -> bool:
    """Return whether any row of a procedure means somebody, whatever enterprise is concerned."""
    tiers = {handbook.posts_by_id[id_].tier for id_ in within.posts} - {None}
    counts_tiers = aggregate_of(rule) in _OPEN_TO_ALL
    return any(
        row.post in within.posts or row.unit in within.units or (counts_tiers and row.tier in tiers)
        for row in rows_in(rule)
    )


def rows_in(value: object) -> Iterator[Who]:
    """Return every row of a procedure that says who may do something or is told, however deep."""
    if isinstance(value, Who):
        yield value
    elif isinstance(value, Frozen):
        for name in type(value).model_fields:
            yield from rows_in(getattr(value, name))
    elif isinstance(value, tuple):
        for entry in value:
            yield from rows_in(entry)


def procedure_named(handbook: Handbook, id_: str) -> AnyProcedure:
    """Return a procedure of a handbook. Raises UnknownProcedureError."""
    found = handbook.procedure(id_)
    if found is None:
        raise UnknownProcedureError(
            "The handbook in force has no such procedure.",
            field="procedure",
            value=id_,
            allowed=[each.id for each in handbook.matter_procedures] or "none: it has none",
        )
    return found


async def seen_matter(ledger: Matters, sight: MatterSight, key: str) -> MatterRow:
    """Return a matter in sight. Of any other they learn nothing. Raises UnknownMatterError."""
    row = await ledger.matter(matter_stream(sight.zone, key))
    if row is None or not sight.sees(row.matter):
        hidden = None if row is None else row.matter.stream
        raise UnknownMatterError(
            "No matter was opened under this key.", field="key", value=key, stream=hidden
        )
    return row


async def matter_told(issues: Issues, caller: Principal, matter: Matter) -> Matter:
    """Return a matter as far as a caller who sees it is told of it: an enterprise its own lines."""
    enterprise = enterprise_of(caller)
    if enterprise is None:
        return matter
    hidden = await hidden_from(issues, enterprise, matter.zone, issues_in(matter))
    return shown_to_enterprise(matter, enterprise, hidden)


def plain_told(matter: Matter, enterprise: str | None) -> dict[str, JsonValue]:
    """Return a matter that `matter_told` gave as plain values; None: to whom all is told."""
    plain = masked_json(matter)
    left_out = LEFT_OUT[matter.aggregate] if enterprise is not None else frozenset[str]()
    return {name: value for name, value in plain.items() if name not in left_out}


def stage_told(whole: Matter, told: Matter) -> str | None:
    """Return how a matter stands in its procedure's words, where `told` is told of it: a grant by
    all that is held, everything else by the lines that are told."""
    return whole.stage if isinstance(whole, Grant) else told.stage


def next_due_told(whole: Matter, told: Matter) -> datetime | None:
    """Return what is due first, where `told` is told of a matter: of an enterprise's own lines."""
    due = told.next_due
    if due is not None or told is whole or not told.is_open:
        return None if due is None else due.due_at
    match told:
        case Campaign():
            own = [each.due_at for target in told.targets for each in target.waits]
        case Register():
            own = [each.check.due_at for each in told.subjects if each.check is not None]
        case Grant():
            own = [held.ends_at for held in told.holdings if held.ends_at is not None]
        case _:
            own = []
    return min(own, default=None)


def issues_in(matter: Matter) -> frozenset[str]:
    """Return the keys of all issues that a matter names."""
    named = {tie.issue for tie in matter.ties}
    if isinstance(matter, Pipeline):
        named |= {each.issue for met in matter.meetings for each in met.outcomes if each.issue}
    if isinstance(matter, Register):
        named |= {issue for subject in matter.subjects for issue in subject.issues}
    return frozenset(named)


def shown_to_enterprise(
    matter: Matter, enterprise: str, hidden: frozenset[str] = frozenset()
) -> Matter:
    """Return a matter with an enterprise's own lines alone. `hidden` are issues of others. In a
    match it is told who the other side is once both have consented; until then, and wherever else
    a line of its own names another, ELSEWHERE stands there."""
    ties = tuple(tie for tie in matter.ties if tie.issue not in hidden)
    shared: dict[str, object] = {"ties": ties, "totals": ()}
    match matter:
        case Campaign():
            own = tuple(each for each in matter.targets if each.enterprise == enterprise)
            shared |= {"targets": own, "rounds": (), "before": None, "left_out": 0, "dues": ()}
        case Pipeline():
            shared |= _of_pipeline(matter, enterprise, hidden)
        case Match():
            shared |= _of_match(matter, enterprise)
        case Register():
            subjects = (_subject(each, enterprise, hidden) for each in matter.subjects)
            own_subjects = tuple(each for each in subjects if each is not None)
            shared |= {"subjects": own_subjects, "links": (), "list_reason": None, "dues": ()}
        case Grant():
            shared |= _of_grant(matter, enterprise)
        case _:
            assert_never(matter)
    return matter.model_copy(update=shared)


def both_consented(proposal: Proposal) -> bool:
    """Return whether the sides of a proposal know each other."""
    return proposal.posting is proposal.counterpart is Answer.CONSENTED


def proposals_of(matter: Match, enterprise: str) -> tuple[Proposal, ...]:
    """Return the proposals that are an enterprise's own: to its posting, or of it."""
    if matter.enterprise == enterprise:
        return matter.proposals
    return tuple(each for each in matter.proposals if each.enterprise == enterprise)


def known_to(matter: Matter, enterprise: str) -> frozenset[str]:
    """Return the other enterprises that an enterprise is told of: with which it agreed."""
    if not isinstance(matter, Match):
        return frozenset()
    agreed = [each for each in proposals_of(matter, enterprise) if both_consented(each)]
    sides = {matter.enterprise, *(each.enterprise for each in agreed)} if agreed else set()
    return frozenset(side for side in sides if side not in (None, enterprise))


def other_told(other: str | None, enterprise: str, known: frozenset[str]) -> str | None:
    """Return how an enterprise that a line names is told of to another."""
    return other if other is None or other == enterprise or other in known else ELSEWHERE


def _of_pipeline(matter: Pipeline, enterprise: str, hidden: frozenset[str]) -> dict[str, object]:
    meetings = [_meeting(each, enterprise, hidden) for each in matter.meetings]
    told: dict[str, object] = {"meetings": tuple(each for each in meetings if each is not None)}
    if matter.enterprise in (None, enterprise):
        return told
    nothing = ("reached", "parties", "dates", "dues")
    gone: dict[str, object] = {"enterprise": ELSEWHERE, "amount": None, "details": {}}
    return told | gone | dict.fromkeys(nothing, ())


def _meeting(meeting: Meeting, enterprise: str, hidden: frozenset[str]) -> Meeting | None:
    own = tuple(
        each if each.issue not in hidden else each.model_copy(update={"issue": None})
        for each in meeting.outcomes
        if each.enterprise == enterprise
    )
    return meeting.model_copy(update={"outcomes": own}) if own else None


def _of_match(matter: Match, enterprise: str) -> dict[str, object]:
    known, own = known_to(matter, enterprise), proposals_of(matter, enterprise)
    is_own = matter.enterprise == enterprise
    told = tuple(
        each.model_copy(
            update={
                "enterprise": each.enterprise
                if both_consented(each)
                else other_told(each.enterprise, enterprise, frozenset())
            }
        )
        for each in own
    )
    return {
        "enterprise": other_told(matter.enterprise, enterprise, known),
        "proposals": told,
        "steps": matter.steps if is_own else (),
        "dues": _dues_about(matter.dues, (each.id for each in own)),
    }


def _subject(subject: Subject, enterprise: str, hidden: frozenset[str]) -> Subject | None:
    if enterprise not in (subject.enterprise, subject.builder):
        return None
    return subject.model_copy(
        update={
            "enterprise": other_told(subject.enterprise, enterprise, frozenset()),
            "builder": other_told(subject.builder, enterprise, frozenset()),
            "issues": tuple(key for key in subject.issues if key not in hidden),
        }
    )


def _of_grant(matter: Grant, enterprise: str) -> dict[str, object]:
    held = tuple(each for each in matter.holdings if each.enterprise == enterprise)
    return {
        "tallies": tuple(each for each in matter.tallies if each.enterprise == enterprise),
        "holdings": held,
        "sources": (),
        "over": (),
        "dues": _dues_about(matter.dues, (each.id for each in held)),
    }


def _dues_about(dues: Sequence[Due], own: Iterable[str]) -> tuple[Due, ...]:
    about = frozenset(own)
    return tuple(due for due in dues if due.about in about)
