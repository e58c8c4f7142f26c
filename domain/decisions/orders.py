"""What a command to a supervision order comes to: events, or a refusal that says why (R11).

Nobody answers, accepts or rules on an act that is their own: duties are kept apart by person.
"""

from datetime import datetime
from typing import assert_never

from pydantic import ValidationError

from domain import order_commands as cmd
from domain import order_events as ev
from domain.calendar import CalendarError
from domain.decisions.draft import OCCURRED_AGE_MAX, RULES, Context
from domain.decisions.order_adoption import adopt_terms
from domain.decisions.order_draft import OrderDecision, OrderDraft, let_limit_pass, raise_to
from domain.durations import budget_of, due_at
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    UnknownOrderError,
    WrongPhaseError,
    from_validation,
)
from domain.model import written
from domain.order_permissions import acting_post, may_use, require_capacity
from domain.order_words import OrderStanding
from domain.orders import Issuer, OrderFact, RuleGround, SupervisionOrder
from domain.organization import posts_of_unit
from domain.people import Actor, Engine, Officer, identities_of, named
from domain.supervision_rules import Instrument, WarningRule

__all__ = ["OrderDecision", "decide_order"]

REPLIES_MAX = 50


def decide_order(
    order: SupervisionOrder | None, submission: cmd.OrderSubmission, context: Context
) -> OrderDecision:
    """Return the events that `submission` causes at `context.at`, or raise the IssueError that says
    why it is refused. Whatever had fallen due by then fires first."""
    if not 1 <= context.rules <= RULES:
        msg = f"rules revision {context.rules} is not known; this code decides by 1 to {RULES}"
        raise ValueError(msg)
    _require_past(submission.occurred_at, context.at)
    try:
        return _decided(order, submission, context)
    except CalendarError as error:
        raise InvalidRequestError(
            f"The working calendar gives no deadline: {error}",
            field="calendar",
            value=context.terms.calendar.id,
        ) from error
    except ValidationError as error:
        raise from_validation(error) from error


def _decided(
    order: SupervisionOrder | None, submission: cmd.OrderSubmission, context: Context
) -> OrderDecision:
    draft = OrderDraft(order, submission.zone, submission.key, submission.actor, context)
    command = submission.command
    if isinstance(command, cmd.IssueOrder):
        if order is not None:
            raise ConflictError(
                "An order was issued under this key before.",
                field="key",
                value=submission.key,
                allowed="a key of its own for each order",
            )
        _require_seen(submission, None)
        _issue(draft, command)
        return draft.decision()
    if order is None:
        raise UnknownOrderError(
            "No order was issued under this key.", field="key", value=submission.key
        )
    let_limit_pass(draft)
    _require_seen(submission, draft.order)
    if isinstance(command, cmd.OrderEngineCommand):
        _require_engine(submission.actor)
        if isinstance(command, cmd.AdoptOrderTerms):
            adopt_terms(draft, command)
    else:
        _act(draft, command)
    return draft.decision()


def _require_past(occurred_at: datetime | None, at: datetime) -> None:
    if occurred_at is not None and not at - OCCURRED_AGE_MAX <= occurred_at <= at:
        raise InvalidRequestError(
            "What is told must have happened already.",
            field="occurred_at",
            value=occurred_at.isoformat(),
            allowed=f"{(at - OCCURRED_AGE_MAX).isoformat()} to {at.isoformat()}",
        )


def _require_seen(submission: cmd.OrderSubmission, order: SupervisionOrder | None) -> None:
    expected, version = submission.expected_version, 0 if order is None else order.version
    unseen = expected != version if order is None else not order.is_seen_at(expected or 0)
    if expected is not None and unseen:
        raise ConflictError(
            "The order has moved on.",
            field="expected_version",
            value=expected,
            allowed=f"{version}, its present version",
            current=None if order is None else _standing(order),
        )


def _standing(order: SupervisionOrder) -> dict[str, str]:
    """Return how the order stands, for whoever acted on an older view of it."""
    said = {
        "version": str(order.version),
        "standing": order.standing.value,
        "instrument": order.instrument,
    }
    return said if order.run is None else said | {"due_at": written(order.run.due_at)}


def _require_engine(actor: Actor) -> None:
    if not isinstance(actor, Engine):
        raise NotPermittedError(
            "Only closeout itself may do this.",
            field="actor",
            value=named(actor),
            allowed="engine",
        )


def _act(draft: OrderDraft, command: cmd.OrderAct) -> None:
    match command:
        case cmd.ReplyToOrder():
            _reply(draft, command)
        case cmd.AcceptReply():
            _accept(draft, command)
        case cmd.RefuseReply():
            _refuse(draft, command)
        case cmd.LiftOrder():
            _lift(draft, command)
        case cmd.RaiseOrder():
            _raise(draft, command)
        case cmd.AppealOrder():
            _appeal(draft, command)
        case cmd.RuleAppeal():
            _rule(draft, command)
        case _:
            assert_never(command)


def _issue(draft: OrderDraft, command: cmd.IssueOrder) -> None:
    instrument = _named_instrument(draft, command.instrument, "instrument", after=None)
    held = acting_post(draft.actor, command.kind, draft.terms, draft.at)
    if not may_use(held, instrument) or held.unit == command.unit:
        raise NotPermittedError(
            f"This actor may not put {instrument.id} to {command.unit}.",
            field="actor",
            value=named(draft.actor),
            allowed=_users(draft, instrument, command.unit),
        )
    _require_target(draft, command)
    _require_ground(draft, command)
    run = draft.limit(instrument)
    draft.record(
        ev.OrderIssued(
            at=draft.at,
            by=draft.actor,
            instrument=instrument.id,
            issuer=Issuer(person=_person(draft.actor), post=held.id, tier=held.tier),
            unit=command.unit,
            ground=command.ground,
            issues=command.issues,
            question=command.question,
            limit_of=None if run is None else instrument.id,
            run=run,
        )
    )


def _person(actor: Actor) -> str:
    if not isinstance(actor, Officer):
        msg = f"{named(actor)} is no officer"
        raise TypeError(msg)
    return actor.person


def _users(draft: OrderDraft, instrument: Instrument, unit: str) -> list[str]:
    posts = draft.terms.handbook.posts
    return [held.id for held in posts if may_use(held, instrument) and held.unit != unit]


def _named_instrument(draft: OrderDraft, id_: str, field: str, *, after: str | None) -> Instrument:
    """Return the instrument that a command names, further down the list than `after`."""
    ladder = draft.supervision.instruments
    ids = [instrument.id for instrument in ladder]
    further = ladder if after is None else ladder[ids.index(after) + 1 :]
    found = next((instrument for instrument in further if instrument.id == id_), None)
    if found is None:
        known = "The order stands at this instrument or beyond it."
        raise InvalidRequestError(
            known if id_ in ids else "No such instrument in this zone.",
            field=field,
            value=id_,
            allowed=[instrument.id for instrument in further] or "none",
        )
    return found


def _require_target(draft: OrderDraft, command: cmd.IssueOrder) -> None:
    handbook = draft.terms.handbook
    able = {unit.id for unit in handbook.units if posts_of_unit(handbook, unit.id)}
    if command.unit not in able:
        raise InvalidRequestError(
            "No post of this zone could answer for this unit.",
            field="unit",
            value=command.unit,
            allowed=able,
        )
    repeated = sorted({key for key in command.issues if command.issues.count(key) > 1})
    if repeated:
        raise InvalidRequestError("An issue is named twice.", field="issues", value=repeated[0])


def _require_ground(draft: OrderDraft, command: cmd.IssueOrder) -> None:
    if not isinstance(command.ground, RuleGround):
        return
    warnings = draft.supervision.warnings
    rules = {ground.id for ground in warnings.grounds} if warnings is not None else set()
    known = rules | {rule.id for rule in draft.terms.handbook.clocks}
    if command.ground.rule not in known:
        raise InvalidRequestError(
            "The handbook has no such rule.",
            field="ground.rule",
            value=command.ground.rule,
            allowed=known,
        )


def _reply(draft: OrderDraft, command: cmd.ReplyToOrder) -> None:
    _require_capacity(draft, command.kind)
    draft.require_standing(OrderStanding.OPEN)
    order = draft.order
    _require_other(draft, order.pressed_by, "Who issued an order or raised it cannot answer it.")
    draft.record(
        ev.OrderReplied(
            at=draft.at,
            by=draft.actor,
            cycle=order.cycle,
            text=command.text,
            evidence=command.evidence,
            late=order.breached_at is not None,
        )
    )


def _accept(draft: OrderDraft, command: cmd.AcceptReply) -> None:
    _require_issuers_side(draft, command.kind)
    draft.require_standing(OrderStanding.ANSWERED)
    draft.record(ev.ReplyAccepted(at=draft.at, by=draft.actor, note=command.note))


def _refuse(draft: OrderDraft, command: cmd.RefuseReply) -> None:
    _require_issuers_side(draft, command.kind)
    draft.require_standing(OrderStanding.ANSWERED)
    if len(draft.order.replies) >= REPLIES_MAX:
        raise WrongPhaseError(
            "As many replies as there may be were refused.",
            field="replies",
            value=len(draft.order.replies),
            allowed="accept this one, or lift the order",
        )
    limit_of, run = draft.next_limit(draft.instrument(draft.order.instrument))
    draft.record(
        ev.ReplyRefused(
            at=draft.at, by=draft.actor, reason=command.reason, limit_of=limit_of, run=run
        )
    )


def _lift(draft: OrderDraft, command: cmd.LiftOrder) -> None:
    _require_issuers_side(draft, command.kind)
    draft.require_standing(OrderStanding.OPEN, OrderStanding.ANSWERED)
    draft.record(ev.OrderLifted(at=draft.at, by=draft.actor, reason=command.reason))


def _raise(draft: OrderDraft, command: cmd.RaiseOrder) -> None:
    """By act, only while a reply is owed: a reply is judged before anything stronger is used."""
    to = _named_instrument(draft, command.to, "to", after=draft.order.instrument)
    _require_issuers_side(draft, command.kind, to, by_post=False)
    draft.require_standing(OrderStanding.OPEN)
    raise_to(draft, to.id, draft.actor, reason=command.reason)


def _appeal(draft: OrderDraft, command: cmd.AppealOrder) -> None:
    _require_capacity(draft, command.kind)
    rule, order = _warnings(draft), draft.order
    _require_other(draft, order.pressed_by, "Who issued an order or raised it cannot appeal it.")
    fact = _appealable(draft, command.version)
    budget = budget_of(rule.appeal, draft.terms.calendar, fact.at)
    until_at = due_at(budget.basis, draft.terms.calendar, fact.at, budget.ms)
    if draft.at > until_at:
        raise WrongPhaseError(
            "The time for an appeal is over.",
            field="version",
            value=fact.version,
            allowed=f"until {until_at.isoformat()}",
        )
    draft.record(
        ev.OrderAppealed(at=draft.at, by=draft.actor, version=fact.version, reason=command.reason)
    )


def _appealable(draft: OrderDraft, version: int | None) -> OrderFact:
    left = {fact.version: fact for fact in draft.order.facts}
    left = {number: fact for number, fact in left.items() if draft.order.appeal(number) is None}
    wanted = max(left, default=0) if version is None else version
    if wanted not in left:
        raise InvalidRequestError(
            "There is no such fact, or it was appealed before.",
            field="version",
            value=version,
            allowed=[str(number) for number in left] or "none",
        )
    return left[wanted]


def _rule(draft: OrderDraft, command: cmd.RuleAppeal) -> None:
    rule, order = _warnings(draft), draft.order
    _require_capacity(draft, command.kind, judge_tier=rule.appeal_to_tier)
    waiting = {appeal.version: appeal for appeal in order.appeals if appeal.ruling is None}
    wanted = min(waiting, default=0) if command.version is None else command.version
    if wanted not in waiting or (command.version is None and len(waiting) > 1):
        raise InvalidRequestError(
            "Say which appeal." if len(waiting) > 1 else "No such appeal waits for a ruling.",
            field="version",
            value=command.version,
            allowed=[str(number) for number in waiting] or "none",
        )
    _require_other(draft, order.pressed_by, "Who issued an order or raised it cannot rule on it.")
    _require_other(draft, waiting[wanted].people, "Who appealed cannot rule on the appeal.")
    draft.record(
        ev.AppealRuled(
            at=draft.at,
            by=draft.actor,
            version=wanted,
            ruling=command.ruling,
            reason=command.reason,
        )
    )


def _warnings(draft: OrderDraft) -> WarningRule:
    rule = draft.supervision.warnings
    if rule is None:
        raise WrongPhaseError(
            "The zone counts no warnings, so there is nothing to appeal.",
            field="supervision.warnings",
        )
    return rule


def _require_capacity(
    draft: OrderDraft,
    kind: str,
    instrument: Instrument | None = None,
    judge_tier: int | None = None,
) -> None:
    held = acting_post(draft.actor, kind, draft.terms, draft.at)
    require_capacity(draft.actor, kind, held, draft.order, instrument, judge_tier)


def _require_issuers_side(
    draft: OrderDraft, kind: str, to: Instrument | None = None, *, by_post: bool = True
) -> None:
    """A step up takes the right to the new instrument; all else the issuer's own post may do."""
    instrument = to or draft.instrument(draft.order.instrument)
    _require_capacity(draft, kind, instrument)
    held = acting_post(draft.actor, kind, draft.terms, draft.at)
    if not by_post and not may_use(held, instrument):
        raise NotPermittedError(
            f"This actor may not use {instrument.id}.",
            field="actor",
            value=named(draft.actor),
            allowed=_users(draft, instrument, draft.order.unit),
        )
    answered = {person for reply in draft.order.replies for person in reply.people}
    _require_other(draft, answered, "Who answered for the unit cannot judge its answer.")


def _require_other(draft: OrderDraft, people: "set[str] | tuple[str, ...]", message: str) -> None:
    own = [person for person in identities_of(draft.actor) if person in people]
    if own:
        raise NotPermittedError(message, field="actor.person", value=own[0])
