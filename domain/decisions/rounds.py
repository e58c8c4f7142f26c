"""Questions that several decide (R6): who may vote on them, whether they are still asked."""

from collections import Counter
from collections.abc import Iterable, Iterator

from domain.ballots import ELECTORS_MAX, ROUNDS_MAX, Elector, Round, Tally, tally
from domain.clocks import Clock
from domain.decisions.draft import Draft
from domain.errors import WrongPhaseError
from domain.events_of_rounds import RoundClosed, RoundOpened
from domain.events_of_time import RequestRefused
from domain.handbook import Post
from domain.issue import Issue, Request
from domain.organization import chain_posts, holders, post, posts_of_role
from domain.people import ENGINE, Actor, identities_of
from domain.permissions import verifies
from domain.phases import Choice, Phase, Priority, RoundOutcome, Subject
from domain.procedures import ElectorRow, RoundRule

AT_SIGN_OFF = frozenset({Subject.VERIFICATION, Subject.CLOSING_REVIEW})
"""Questions that the course of the issue asks: no person opens these rounds."""

KEPT_FOR_SIGN_OFF = 20
"""Of an issue's rounds, so many are not for what people ask: its sign-off can still be decided."""

APPROVING = frozenset(
    {RoundOutcome.APPROVED, RoundOutcome.EXPIRED_APPROVED, RoundOutcome.SETTLED_APPROVED}
)


def may_open(draft: Draft, subject: Subject) -> bool:
    """Return whether several decide `subject`, the issue has not had all the rounds it may, and
    whoever would settle it may verify, if it is about that."""
    rule = draft.handbook.round_for(subject)
    if rule is None or draft.issue.rounds >= _most(subject):
        return False
    return _is_lawful(draft, rule, post(draft.handbook, rule.fallback))


def _is_lawful(draft: Draft, rule: RoundRule, held: Post | None) -> bool:
    """Several verify what each of them might verify alone: nobody the work of a superior (Q11)."""
    if rule.subject is not Subject.VERIFICATION:
        return True
    return held is not None and verifies(held, draft.issue, draft.handbook)


def _most(subject: Subject) -> int:
    return ROUNDS_MAX if subject in AT_SIGN_OFF else ROUNDS_MAX - KEPT_FOR_SIGN_OFF


def ask(draft: Draft, subject: Subject, reason: str) -> bool:
    """Open a round if the handbook has several decide `subject`; return whether one on it is open.

    The electorate is fixed now. What people ask for is refused while another round is open; a
    question of the sign-off is asked once, and beyond ROUNDS_MAX, or where the fallback may not
    verify, not by a round.
    """
    rule = draft.handbook.round_for(subject)
    if rule is None:
        return False
    drop_unneeded(draft)
    present = draft.issue.round
    if present is not None and present.is_open:
        if subject in AT_SIGN_OFF and present.subject is subject:
            return True
        _refuse_another(present)
    if not may_open(draft, subject):
        if subject in AT_SIGN_OFF:
            return False
        _refuse_more(draft, subject)
    opened_by = ENGINE if subject in AT_SIGN_OFF else draft.actor
    _open(draft, rule, opened_by, reason)
    return True


def _refuse_another(present: Round) -> None:
    raise WrongPhaseError(
        "Several are deciding on something else already.",
        field="round",
        value=f"{present.number}, on {present.subject}",
        allowed="wait until it is decided",
    )


def _refuse_more(draft: Draft, subject: Subject) -> None:
    raise WrongPhaseError(
        "As many rounds have been held on this issue as may be.",
        field="round",
        value=draft.issue.rounds,
        allowed=f"at most {_most(subject)}",
    )


def _open(draft: Draft, rule: RoundRule, by: Actor, reason: str) -> None:
    out = excluded(draft, rule, identities_of(by))
    electors = tuple(_electors(draft, rule, out))
    unfillable = tally(rule.passes, electors, ()) is Tally.UNFILLABLE
    sign_off = draft.issue.sign_off if rule.subject in AT_SIGN_OFF else None
    draft.record(
        RoundOpened(
            at=draft.at,
            by=by,
            number=draft.issue.rounds + 1,
            subject=rule.subject,
            rule=rule.id,
            passes=rule.passes,
            electors=electors,
            reason=reason,
            decider=rule.fallback if unfillable else None,
            sign_off=None if sign_off is None else sign_off.round,
        )
    )


def _electors(draft: Draft, rule: RoundRule, out: frozenset[str]) -> Iterator[Elector]:
    """Yield each person once, by the first row that names them; in the handbook's order, and no
    more than a round may have."""
    seen: set[str] = set()
    for row in rule.electors:
        for held in (each for each in _posts(draft, row) if _is_lawful(draft, rule, each)):
            for person in holders(held, draft.local.date()):
                if person in out or person in seen or len(seen) == ELECTORS_MAX:
                    continue
                seen.add(person)
                yield Elector(
                    person=person,
                    post=held.id,
                    unit=held.unit,
                    weight=row.weight,
                    veto=row.veto,
                )


def _posts(draft: Draft, row: ElectorRow) -> tuple[Post, ...]:
    handbook = draft.handbook
    if row.role is not None:
        return posts_of_role(handbook, row.role)
    if row.tier is not None:
        return chain_posts(handbook, draft.issue.enterprise, row.tier)
    found = None if row.post is None else post(handbook, row.post)
    return () if found is None else (found,)


def excluded(draft: Draft, rule: RoundRule, asked: Iterable[str | None]) -> frozenset[str]:
    """Return everybody who may not decide on the issue as it stands (R6.3): who reported it, asked,
    proposed or answered, who is in the owner's or the handler's post or a deputy in it today, and
    with `own_unit_out` everybody of the units that are judged."""
    issue = draft.issue
    people = {*asked, *issue.reported_by, *_party(issue, rule.subject)}
    for id_ in (issue.owner, issue.handler):
        people.update(_in_post(draft, id_))
    if rule.own_unit_out:
        people.update(_of_units(draft))
    return frozenset(person for person in people if person is not None)


def _party(issue: Issue, subject: Subject) -> tuple[str | None, ...]:
    sign_off, request = issue.sign_off, issue.request
    if subject in AT_SIGN_OFF and sign_off is not None:
        proposed = (sign_off.proposed_by, sign_off.proposed_for, *sign_off.proposers)
        return (*proposed, sign_off.answered_by, *sign_off.answerers)
    if request is not None and Subject(request.asked) is subject:
        return (request.asked_by, request.asked_for)
    return ()


def _in_post(draft: Draft, id_: str) -> Iterator[str]:
    day, held = draft.local.date(), post(draft.handbook, id_)
    yield from () if held is None else holders(held, day)
    for each in draft.handbook.delegations:
        if each.post == id_ and each.from_on <= day <= each.to_on:
            yield each.deputy


def _of_units(draft: Draft) -> Iterator[str]:
    issue, day = draft.issue, draft.local.date()
    held = (post(draft.handbook, id_) for id_ in (issue.owner, issue.handler))
    judged = {issue.unit, *(each.unit for each in held if each is not None)}
    judged.add(None if issue.team is None else issue.team.lead)
    for each in draft.handbook.posts:
        if each.unit is not None and each.unit in judged:
            yield from holders(each, day)


def require_none_open(draft: Draft, *subjects: Subject) -> None:
    """Refuse while several decide one of `subjects`: nobody does it alone then."""
    present = draft.issue.round
    if present is not None and present.is_open and present.subject in subjects:
        raise WrongPhaseError(
            "Several decide this: vote.",
            field="round",
            value=present.number,
            allowed="vote" if present.decider is None else f"settle_round, by {present.decider}",
        )


def require_unasked(draft: Draft, request: Request) -> None:
    """Refuse whoever would answer alone what several were asked, and decided or not. One person
    may where no round was opened on it: the handbook had none when it was asked for."""
    subject = Subject(request.asked)
    require_none_open(draft, subject)
    asked = draft.issue.round
    if asked is None or draft.handbook.round_for(subject) is None:
        return
    if asked.subject is subject and asked.opened_at >= request.asked_at:
        raise WrongPhaseError(
            "Several were asked this; nobody answers it alone.",
            field="round",
            value=asked.number,
            allowed="ask again",
        )


def approvers(draft: Draft) -> tuple[str, ...]:
    """Return who voted for what this decision has approved, in person or by a deputy; nobody where
    no round has."""
    present = draft.issue.round
    approved = any(
        isinstance(each, RoundClosed) and each.outcome is RoundOutcome.APPROVED
        for each in draft.events
    )
    if present is None or not approved:
        return ()
    voted = (each for each in present.votes if each.choice is Choice.APPROVE)
    people = (who for each in voted for who in (each.voted_by, each.person) if who is not None)
    return tuple(dict.fromkeys(people))


def close(
    draft: Draft,
    present: Round,
    outcome: RoundOutcome,
    by: Actor,
    *,
    clock: Clock | None = None,
    reason: str | None = None,
) -> None:
    """Record how the round that is `present` ended."""
    said = Counter(each.choice for each in present.votes)
    draft.record(
        RoundClosed(
            at=draft.at,
            by=by,
            number=present.number,
            subject=present.subject,
            outcome=outcome,
            approve=said[Choice.APPROVE],
            reject=said[Choice.REJECT],
            abstain=said[Choice.ABSTAIN],
            recuse=said[Choice.RECUSE],
            unasked=len(present.electors) - said.total(),
            clock=None if clock is None else clock.id,
            reason=reason,
        )
    )


def drop_unneeded(draft: Draft) -> None:
    """Close an open round whose question has gone, as what came between left the issue."""
    present = draft.issue.round
    if present is None or not present.is_open:
        return
    gone = _gone(draft.issue, present) or _unlimited(draft, present)
    if gone is not None:
        drop(draft, present, gone)


def drop(draft: Draft, asked: Round, reason: str, *, clock: Clock | None = None) -> None:
    """Close a round without a decision. A request that it was about ends with it: else one person
    would give what several were asked."""
    close(draft, asked, RoundOutcome.NOT_NEEDED, ENGINE, clock=clock, reason=reason)
    request = draft.issue.request
    if request is not None and Subject(request.asked) is asked.subject:
        draft.record(RequestRefused(at=draft.at, by=ENGINE, asked=request.asked, reason=reason))


def rule_of(draft: Draft, asked: Round) -> RoundRule | None:
    """Return the rule that a round was opened by; None: the handbook adopted since has it not."""
    rules = draft.handbook.rounds
    return next((e for e in rules if (e.id, e.subject) == (asked.rule, asked.subject)), None)


def _unlimited(draft: Draft, asked: Round) -> str | None:
    """No round goes on without an end: other terms may have taken it."""
    rule = rule_of(draft, asked)
    if rule is None:
        return "The handbook has several decide this no more."
    clock = draft.issue.clock(rule.clock)
    if clock is None or not clock.is_live:
        return "Nothing limits the time to vote any more."
    return None


def _gone(issue: Issue, asked: Round) -> str | None:
    """Return why nobody needs the round any more; None while it is needed."""
    if not issue.is_open:
        return "The issue is closed."
    if asked.subject in AT_SIGN_OFF:
        return None if _is_at_sign_off(issue, asked) else "The sign-off has moved on."
    if asked.subject is Subject.GREEN_CHANNEL:
        stands = issue.phase in (Phase.INTAKE, Phase.HANDLING)
        if stands and issue.priority is Priority.ORDINARY:
            return None
        return "The issue does not wait for the green channel any more."
    request = issue.request
    if request is None or Subject(request.asked) is not asked.subject:
        return "The request is not open any more."
    if request.asked == "extension" and not _can_be_extended(issue, request):
        return "The clock that was to be extended has ended or run out."
    return None


def _is_at_sign_off(issue: Issue, asked: Round) -> bool:
    sign_off = issue.sign_off
    if issue.phase is not Phase.SIGN_OFF or sign_off is None or sign_off.round != asked.sign_off:
        return False
    return sign_off.reviewed == (asked.subject is Subject.CLOSING_REVIEW)


def _can_be_extended(issue: Issue, request: Request) -> bool:
    clock = None if request.clock is None else issue.clock(request.clock)
    if clock is None or not clock.is_live:
        return False
    return clock.cycle == request.cycle and clock.breached_at is None
