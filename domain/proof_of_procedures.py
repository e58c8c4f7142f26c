"""Whether teams, rounds, forms and callbacks come to an end, and to people (R6, R7, R8)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from domain.ballots import ELECTORS_MAX, Elector, Tally, tally
from domain.clock_life import live_through, told
from domain.clock_rules import ClockRule, RungEffect
from domain.clocks import Standing
from domain.handbook import Handbook, Post, Role
from domain.organization import chain_posts, holders, post, posts_of_role
from domain.phases import Phase, RejectionStep, Subject
from domain.problem import Problem
from domain.procedures import ApplicationRule, ElectorRow, RoundRule
from domain.proof_of_people import alike
from domain.proof_of_rectification import rectification_problems
from domain.proof_of_teams import team_problems
from domain.proof_times import days_of
from domain.soundness import space_of
from domain.terms import Terms

NEEDED_BY = {
    Subject.EXTENSION: "extensions",
    Subject.PARKING: "parking",
    Subject.GREEN_CHANNEL: "green_channel",
}
"""The setting without which nobody can ask for what a round decides."""
_AND_VERIFIES = ", or none of them is above a tier that proposes, over an enterprise"
ROUND_EVENTS = frozenset({"round_opened", "round_closed"})
DRAWING = (Role.COORDINATOR, Role.SUPERVISOR)


def procedure_problems(terms: Terms, period: tuple[date, date]) -> Iterator[Problem]:
    """Name what keeps a procedure from its people, its end, or from ever coming to bear."""
    handbook = terms.handbook
    days = days_of(handbook, handbook.posts, period)
    yield from team_problems(terms, days)
    for rule in handbook.rounds:
        yield from _of_round(handbook, rule, days)
    yield from _of_sign_off(handbook)
    yield from rectification_problems(terms, days)
    for form in handbook.applications:
        yield from _of_signers(handbook, form, days)
        yield from _of_batches(form)
    if handbook.callbacks is not None and not any(
        holders(held, day)
        for role in DRAWING
        for held in posts_of_role(handbook, role)
        for day in days
    ):
        yield Problem(
            key="callbacks",
            rule="R8.5",
            message="nobody may draw: no post of a coordinator or supervisor has a person",
            counter_example=f"from {days[0]} on nobody is in such a post",
        )


# --- rounds ---


def _of_round(handbook: Handbook, rule: RoundRule, days: Sequence[date]) -> Iterator[Problem]:
    key = f"rounds.{rule.id}"
    yield from _of_its_clock(handbook, rule)
    yield from _of_its_people(handbook, rule, days)
    if rule.subject is Subject.CLOSING_REVIEW and not rule.own_unit_out:
        yield Problem(
            key=f"{key}.own_unit_out",
            rule="R8.3",
            message="a closing review is by people from outside the unit; allowed: true",
            counter_example="a unit's result is refused again and again → colleagues of whoever "
            "proposed it vote on it",
        )
    needed = NEEDED_BY.get(rule.subject)
    idle = needed is not None and getattr(handbook, needed) is None
    if rule.subject is Subject.CLOSING_REVIEW and handbook.sign_off.rejections_max is None:
        idle, needed = True, "sign_off.rejections_max"
    if idle:
        yield Problem(
            key=f"{key}.subject",
            rule="R6.1",
            message=f"never held: without {needed} nothing asks for {rule.subject}",
            counter_example=f"no event of any issue opens a round on {rule.subject}",
        )


def _of_its_clock(handbook: Handbook, rule: RoundRule) -> Iterator[Problem]:
    clock = next(each for each in handbook.clocks if each.id == rule.clock)
    if not ends_by(clock, RungEffect.EXPIRE):
        yield Problem(
            key=f"clocks.{clock.id}.rungs",
            rule="R6.5",
            message=f"round {rule.id} never expires: no rung at the end has the effect expire",
            counter_example=f"round_opened → nobody votes → {clock.id} runs out → the round stays "
            "open",
        )
    space = space_of(clock, handbook)
    # A clock that does not name the opening would be judged as if no round were ever opened.
    space = replace(space, absent=space.absent - ROUND_EVENTS)
    life = live_through(clock, space)
    for step in life.steps:
        opened = step.moment.event == "round_opened"
        runs = step.after.standing is Standing.RUNNING
        ended = (
            step.was is Standing.RUNNING
            and not runs
            and step.after.facts.phase is not (Phase.CLOSED)
        )
        if (opened and not runs) or (ended and step.moment.event != "round_closed"):
            yield Problem(
                key=f"rounds.{rule.id}.clock",
                rule="R6.1",
                message="a round is open and its time does not run",
                counter_example=f"{told(life.path(step), space)}: {clock.id} "
                + (f"makes the move {step.move}" if step.move else "does not move"),
            )
            return


def ends_by(rule: ClockRule, effect: RungEffect) -> bool:
    """Return whether the deadline of a clock has this effect."""
    return any(rung.is_due_itself and rung.effect is effect for rung in rule.rungs)


def _of_its_people(handbook: Handbook, rule: RoundRule, days: Sequence[date]) -> Iterator[Problem]:
    """A round that too few may vote in is settled by the fallback, who must be there every day; and
    some day it must be one that votes decide."""
    key = f"rounds.{rule.id}"
    last = post(handbook, rule.fallback)
    absent = next((day for day in days if last is None or not holders(last, day)), None)
    if absent is not None:
        yield Problem(
            key=f"{key}.fallback",
            rule="R6.3",
            message=f"nobody is in {rule.fallback}, which settles what too few may vote on",
            counter_example=f"on {absent} all electors but too few are a party → a round on "
            f"{rule.subject} waits for {rule.fallback}: nobody",
        )
    firms = [each.id for each in alike(handbook)]
    for place, row in enumerate(rule.electors):
        if not any(_named(handbook, rule, row, firm, day) for firm in firms for day in days):
            yield Problem(
                key=f"{key}.electors.{place}",
                rule="R6.1",
                message="it names nobody who could ever vote",
                counter_example=f"from {days[0]} to {days[-1]} nobody is in the posts it names"
                + (_AND_VERIFIES if rule.subject is Subject.VERIFICATION else ""),
            )
    yield from _of_its_verifier(handbook, rule, firms)
    if not any(_fills(handbook, rule, firm, day) for firm in firms for day in days):
        yield Problem(
            key=f"{key}.passes",
            rule="R6.3",
            message="it can never pass: if everybody named approves, that is not enough",
            counter_example=f"on {days[0]} every elector approves → {rule.fallback} settles it",
        )


def _of_its_verifier(
    handbook: Handbook, rule: RoundRule, firms: Sequence[str]
) -> Iterator[Problem]:
    """Whoever settles a verification may verify every issue, or not all would be voted on."""
    if rule.subject is not Subject.VERIFICATION:
        return
    last, top = post(handbook, rule.fallback), handbook.top_tier
    missing = next((firm for firm in firms if last not in chain_posts(handbook, firm, top)), None)
    if missing is not None:
        yield Problem(
            key=f"rounds.{rule.id}.fallback",
            rule="R6.3",
            message=f"{rule.fallback} cannot verify every issue; allowed: a post of tier {top} "
            "over every enterprise",
            counter_example=f"tier {top} proposes for {missing} → too few may vote → "
            f"{rule.fallback} may not settle it",
        )


def _may_vote(handbook: Handbook, rule: RoundRule, firm: str, held: Post) -> bool:
    """Nobody below the second tier ever verifies, nobody outside the enterprise's chain."""
    if rule.subject is not Subject.VERIFICATION:
        return True
    lowest = min(2, handbook.top_tier)
    return (held.tier or 0) >= lowest and held in chain_posts(handbook, firm, held.tier or 0)


def _named(
    handbook: Handbook, rule: RoundRule, row: ElectorRow, firm: str, day: date
) -> list[tuple[str, Post]]:
    if row.role is not None:
        posts = posts_of_role(handbook, row.role)
    elif row.tier is not None:
        posts = chain_posts(handbook, firm, row.tier)
    else:
        posts = tuple(held for held in handbook.posts if held.id == row.post)
    able = (held for held in posts if _may_vote(handbook, rule, firm, held))
    return [(person, held) for held in able for person in holders(held, day)]


def _fills(handbook: Handbook, rule: RoundRule, firm: str, day: date) -> bool:
    electors: dict[str, Elector] = {}
    for row in rule.electors:
        for person, held in _named(handbook, rule, row, firm, day):
            elector = Elector(person=person, post=held.id, weight=row.weight, veto=row.veto)
            electors.setdefault(person, elector)
    whole = tuple(electors.values())[:ELECTORS_MAX]
    return tally(rule.passes, whole, ()) is not Tally.UNFILLABLE


# --- sign-off ---


def _of_sign_off(handbook: Handbook) -> Iterator[Problem]:
    rule = handbook.sign_off
    most = rule.rejections_max
    for place in range(len(rule.rejected)):
        if most is not None and place + 1 >= most:
            yield Problem(
                key=f"sign_off.rejected.{place}",
                rule="R8.3",
                message=f"never taken: refusal {most} calls the closing review",
                counter_example=f"refused {place} times → refusal {place + 1} calls the review"
                if place + 1 == most
                else f"after refusal {most} no further one comes before the review",
            )
    if rule.team is not None and RejectionStep.JOINT_TEAM not in rule.rejected:
        yield Problem(
            key="sign_off.team",
            rule="R8.3",
            message="never convened: no entry of `rejected` is joint_team",
            counter_example=f"a result is refused any number of times → {rule.team} is never asked",
        )
    if rule.promise is not None and not rule.follow_up:
        yield Problem(
            key="sign_off.promise",
            rule="R8.1",
            message="nothing is ever counted: without follow_up no issue follows what was promised",
            counter_example="a resolution with a promise is struck off → nobody owes it any more",
        )


# --- applications ---


def _of_signers(
    handbook: Handbook, form: ApplicationRule, days: Sequence[date]
) -> Iterator[Problem]:
    """Every accountable role is signed in by a person of its own, on any day."""
    for day in days:
        able = {
            signer.id: {
                person
                for held in handbook.posts
                if held.id in signer.posts
                for person in holders(held, day)
            }
            for signer in form.signers
            if signer.posts
        }
        lacking = _without_a_person(able)
        if lacking is not None:
            yield Problem(
                key=f"applications.{form.id}.signers",
                rule="Q44",
                message=f"no approval is possible: for {lacking} nobody is left who may sign",
                counter_example=f"on {day} may sign: "
                + "; ".join(
                    f"{role}: {', '.join(sorted(who)) or 'nobody'}" for role, who in able.items()
                ),
            )
            return


def _without_a_person(able: dict[str, set[str]]) -> str | None:
    """Return a role for which no person is left once every other has one of its own."""
    taken: dict[str, str] = {}

    def finds(role: str, tried: set[str]) -> bool:
        for person in sorted(able[role] - tried):
            tried.add(person)
            if person not in taken or finds(taken[person], tried):
                taken[person] = role
                return True
        return False

    return next((role for role in able if not finds(role, set())), None)


def _of_batches(form: ApplicationRule) -> Iterator[Problem]:
    for place, batch in enumerate(form.batches):
        earlier = next((e for e in form.batches[:place] if {*e.claims} <= {*batch.claims}), None)
        if earlier is not None:
            yield Problem(
                key=f"applications.{form.id}.batches.{place}",
                rule="Q44",
                message=f"never hit: whatever fits {batch.id} fits {earlier.id} before it",
                counter_example=f"an application claims {', '.join(batch.claims) or 'nothing'} → "
                f"{earlier.id}",
            )
