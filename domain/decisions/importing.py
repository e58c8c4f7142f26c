"""Taking an issue over from another ledger: its number, its standing and its open clocks."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from domain import events as ev
from domain.canonical import sha256
from domain.clocks import Clock, ClockTransition, Standing
from domain.commands_of_import import ImportIssue, StatedClock
from domain.decisions.draft import OCCURRED_AGE_MAX, Context, Draft
from domain.decisions.intake import require_category, require_place
from domain.durations import MINUTES_MAX
from domain.errors import InvalidRequestError
from domain.events_of_import import PROPOSERS_MAX, IssueImported
from domain.events_of_ladder import PEOPLE_MAX
from domain.handbook import Post, Role
from domain.issue import Issue, Resolution
from domain.ladder import is_resolved
from domain.model import KEY_PATTERN
from domain.organization import chain_posts, holders, on_duty, post, roster_name
from domain.people import Officer, identities_of
from domain.permissions import Capacity, officer_post, require
from domain.phases import Outcome, Phase, Priority, ResultClass
from domain.stated_clocks import begun_here, counted_on

KEY_PREFIX = "old-"
DIGITS_KEPT = 32
OUTCOMES = (Outcome.CLOSED_OUT, Outcome.TURNED_AWAY, Outcome.WITHDRAWN)
LONGEST = timedelta(minutes=MINUTES_MAX)
ORDER = ("reported_at", "accepted_at", "proposed_at", "closed_at")
"""The instants of a life, in the order in which they come."""
GOES_WITH: Mapping[Phase, tuple[frozenset[str], frozenset[str]]] = {
    Phase.INTAKE: (frozenset(), frozenset()),
    Phase.HANDLING: (frozenset({"accepted_at"}), frozenset({"accepted_at"})),
    Phase.SIGN_OFF: (
        frozenset({"accepted_at", "resolution"}),
        frozenset({"accepted_at", "proposed_at", "resolution"}),
    ),
    Phase.CLOSED: (
        frozenset({"closed_at", "outcome"}),
        frozenset({"accepted_at", "proposed_at", "closed_at", "outcome", "resolution"}),
    ),
}
"""The phases in which an issue can be imported: what is said of it there, and what may be."""
SAID = ("accepted_at", "proposed_at", "closed_at", "outcome", "resolution")


def imported_key(number: str) -> str:
    """Return what an issue is called here that was kept under `number` elsewhere. Of one number
    there is one issue: the same one again comes to the same stream."""
    plain = f"{KEY_PREFIX}{number}"
    if re.fullmatch(KEY_PATTERN, plain):
        return plain
    return f"{KEY_PREFIX}{sha256(number)[:DIGITS_KEPT]}"


def is_ours(number: str, zone: str) -> bool:
    """Return whether a number is of the form that Closeout gives itself in a zone."""
    return re.fullmatch(rf"{re.escape(zone.upper())}-\d{{4}}-\d{{6,}}", number) is not None


def import_issue(draft: Draft, command: ImportIssue) -> None:
    """Begin the issue where the other ledger has it, with its clocks."""
    _require_importer(draft, command)
    _require_number(draft, command)
    require_place(draft.handbook, command.enterprise)
    require_category(draft.handbook, command.category)
    _require_phase(command)
    _require_times(draft, command)
    if command.priority is Priority.EMERGENCY and draft.handbook.emergency is not None:
        raise InvalidRequestError(
            "An emergency is declared, not imported.",
            field="priority",
            value=command.priority,
            allowed="another priority, and then declare_emergency",
        )
    owner = _owner(draft, command)
    event = _event(draft, command, owner, _handler(draft, command, owner))
    clocks = tuple(_clocks(draft, command, event))
    ends = {each.clock for each in command.clocks if each.due_at is not None}
    limits = tuple(each.clock for each in clocks if each.rule in ends)
    draft.begin(event.model_copy(update={"limits": limits}), clocks)


def _event(draft: Draft, command: ImportIssue, owner: Post, handler: Post) -> IssueImported:
    there = on_duty(draft.handbook, owner, draft.local)
    resolved = is_resolved(draft.handbook, owner, command.tier)
    said = command.model_dump(exclude={"kind", "owner", "handler", "clocks", "source"})
    return IssueImported.model_validate(
        said
        | {
            "at": draft.at,
            "by": draft.actor,
            "source": command.source,
            "owner": owner.id,
            "owner_person": there[0] if there else None,
            "handler": handler.id,
            "unit": handler.unit if handler is not owner else None,
            "people": there[:PEOPLE_MAX] if resolved else (),
            "roster": roster_name(draft.handbook, owner),
            "proposers": _proposers(draft, command, owner, handler),
        }
    )


def _proposers(draft: Draft, command: ImportIssue, owner: Post, handler: Post) -> tuple[str, ...]:
    """Who proposed it, the other ledger does not prove: all who may have are kept apart from the
    answer and from the verifying, and so is whoever imports it."""
    if command.phase is not Phase.SIGN_OFF:
        return ()
    day = draft.local.date()
    hands = (*holders(owner, day), *holders(handler, day))
    return tuple(dict.fromkeys((*identities_of(draft.actor), *hands)))[:PROPOSERS_MAX]


def _require_importer(draft: Draft, command: ImportIssue) -> None:
    actor, held = draft.actor, None
    if isinstance(actor, Officer):
        held = officer_post(actor, draft.setting(command.kind))
    coordinates = held is not None and Role.COORDINATOR in held.roles
    require(command, frozenset({Capacity.COORDINATOR} if coordinates else ()), actor)


def _require_number(draft: Draft, command: ImportIssue) -> None:
    key = imported_key(command.number)
    if draft.key != key:
        raise InvalidRequestError(
            "An imported issue is called by its number.", field="key", value=draft.key, allowed=key
        )
    if is_ours(command.number, draft.zone):
        raise InvalidRequestError(
            "Numbers of this form are given here.",
            field="number",
            value=command.number,
            allowed="a number of another form",
        )


def _require_phase(command: ImportIssue) -> None:
    known = GOES_WITH.get(command.phase)
    if known is None:
        raise InvalidRequestError(
            "In this phase no issue is imported.",
            field="phase",
            value=command.phase,
            allowed=list(GOES_WITH),
        )
    needed, taken = known
    for field in SAID:
        value = getattr(command, field)
        if value is None and field in needed:
            raise InvalidRequestError("In this phase this is needed.", field=field)
        if value is not None and field not in taken:
            raise InvalidRequestError(
                "This does not go with the phase.", field=field, allowed=sorted(taken) or "none"
            )
    if command.outcome is not None and command.outcome not in OUTCOMES:
        raise InvalidRequestError(
            "No issue is imported with this outcome.",
            field="outcome",
            value=command.outcome,
            allowed=OUTCOMES,
        )


def _require_times(draft: Draft, command: ImportIssue) -> None:
    """Refuse what lies ahead, too far back, or before what must have come first."""
    earliest = draft.at - OCCURRED_AGE_MAX
    for field in ORDER:
        at: datetime | None = getattr(command, field)
        if at is None:
            continue
        if not earliest <= at <= draft.at:
            raise InvalidRequestError(
                "This is not yet, too long ago, or before what must have come first.",
                field=field,
                value=at.isoformat(),
                allowed=f"{earliest.isoformat()} to {draft.at.isoformat()}",
            )
        earliest = at


def _owner(draft: Draft, command: ImportIssue) -> Post:
    posts = chain_posts(draft.handbook, command.enterprise, command.tier)
    if not posts:
        raise InvalidRequestError(
            "The zone has no such tier.",
            field="tier",
            value=command.tier,
            allowed=f"1 to {draft.handbook.top_tier}",
        )
    found = next((each for each in posts if command.owner in (None, each.id)), None)
    if found is None:
        raise InvalidRequestError(
            "This post is not accountable for the enterprise at this tier.",
            field="owner",
            value=command.owner,
            allowed=[each.id for each in posts],
        )
    if not holders(found, draft.local.date()):
        raise InvalidRequestError("Nobody holds this post today.", field="owner", value=found.id)
    return found


def _handler(draft: Draft, command: ImportIssue, owner: Post) -> Post:
    if command.handler is None:
        return owner
    found = post(draft.handbook, command.handler)
    if found is None:
        raise InvalidRequestError(
            "No such post in this zone.", field="handler", value=command.handler
        )
    return found


def _clocks(draft: Draft, command: ImportIssue, event: IssueImported) -> Iterator[ClockTransition]:
    """Yield the start of each clock that an issue of this phase has; what was stated of it goes
    before what the handbook says."""
    ghost = _lived(draft, event)
    live = {clock.rule: clock for clock in ghost.clocks if clock.is_live}
    stated = {each.clock: each for each in command.clocks}
    if len(stated) < len(command.clocks):
        raise InvalidRequestError("A clock is stated once.", field="clocks")
    for each in command.clocks:
        if each.clock not in live or live[each.clock].standing is not Standing.RUNNING:
            raise InvalidRequestError(
                "No such clock runs in this phase.",
                field=f"clocks.{each.clock}",
                value=each.clock,
                allowed=[id_ for id_, clock in live.items() if clock.standing is Standing.RUNNING],
            )
    for rule, clock in live.items():
        said = stated.get(rule)
        if said is None:
            yield begun_here(clock, ghost, draft.terms, draft.at, draft.rules)
        else:
            yield _stated(draft, command, ghost, clock, said)


def _stated(
    draft: Draft, command: ImportIssue, ghost: Issue, clock: Clock, said: StatedClock
) -> ClockTransition:
    field = f"clocks.{said.clock}"
    usual = command.proposed_at or command.accepted_at or command.reported_at
    since_at = said.since_at or usual.replace(second=0, microsecond=0)
    if not draft.at - OCCURRED_AGE_MAX <= since_at <= draft.at:
        raise InvalidRequestError(
            "A clock that runs has begun by now.",
            field=f"{field}.since_at",
            value=since_at.isoformat(),
            allowed=f"{(draft.at - OCCURRED_AGE_MAX).isoformat()} to {draft.at.isoformat()}",
        )
    if said.due_at is not None and not since_at < said.due_at <= since_at + LONGEST:
        raise InvalidRequestError(
            "A clock ends after it begins, within five years.",
            field=f"{field}.due_at",
            value=said.due_at.isoformat(),
            allowed=f"after {since_at.isoformat()}",
        )
    return counted_on(
        clock,
        ghost,
        draft.terms,
        draft.at,
        draft.rules,
        since_at=since_at,
        ends_at=said.due_at,
    )


def _lived(draft: Draft, event: IssueImported) -> Issue:
    """Return an issue that came to the same phase here, all at this instant, by the acts that lead
    there: where its clocks stand, the imported one's do. So nothing that is proved of the handbook
    has to be proved of imports again."""
    context = Context(at=draft.at, terms=draft.terms, rules=draft.rules)
    ghost = Draft(None, draft.zone, draft.key, draft.actor, context)
    for each in _acts(event):
        ghost.record(each)
    return ghost.issue


def _acts(event: IssueImported) -> Iterator[ev.Event]:
    at, by = event.at, event.by
    own = set(ev.IssueReported.model_fields) - {"kind", "by", "clocks"}
    yield ev.IssueReported.model_validate({**event.model_dump(include=own), "by": by})
    if event.phase is Phase.CLOSED:
        yield ev.IssueWithdrawn(at=at, by=by, reason=event.title, closes=True)
    if event.phase in (Phase.HANDLING, Phase.SIGN_OFF):
        number, category = event.number, event.category
        yield ev.IssueAccepted(
            at=at, by=by, number=number, category=category, handler=event.handler
        )
    if event.phase is Phase.SIGN_OFF and event.resolution is not None:
        solved = Resolution(result=ResultClass.SOLVED, summary=event.resolution)
        yield ev.ResolutionProposed(at=at, by=by, round=1, resolution=solved)
