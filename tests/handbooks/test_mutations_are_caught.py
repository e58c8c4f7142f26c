"""Mutations of the good handbooks: each is refused, or does no harm that a search by chance finds.

Harmless is a mutant under which no life by chance, rung on time, comes to an open issue without a
deadline, or to an owner's post with nobody in it that no alarm was given for. A mutant that passes
the proof and does harm is missed, and fails the test.
"""

from collections import Counter
from random import Random

import pytest
from chance_lives import Life, zone_of
from deep import FOUND, IN_CHECK, deep
from mutants import Mutant, mutants
from overlays import good, with_handbook
from pydantic import ValidationError

from domain.days import zone_of as zone_tz
from domain.evolve import evolve
from domain.facts_possible import Answer, Facts, Moment, Space, all_moments
from domain.handbook import Handbook
from domain.issue import Issue
from domain.organization import holders, post
from domain.phases import Outcome, Phase, Priority, SignOffOutcome
from domain.terms import Terms
from handbooks.shelf import judged

ZONES = ("xinghe", "bishan", "cedz", "chongqing_city")
"""The fictional zone with everything, and three that differ in tiers and bodies."""
COUNT = deep("mutants of good handbooks", 400, share=16)
LIVES = deep("lives under each mutant that is not refused", 30)
ENOUGH = 60
"""Lives by which a handbook that lacks much comes to harm."""
KINDS_MIN = 20
"""Sections of a handbook, and fields of clocks and of supervision, that some mutant changes."""
ANSWERS = {
    SignOffOutcome.DEEMED_ACCEPTED: Answer.SILENCE,
    SignOffOutcome.UNREACHABLE: Answer.SILENCE,
    SignOffOutcome.ACCEPTED: Answer.GIVEN,
    SignOffOutcome.ACCEPTED_BY_PROXY: Answer.GIVEN,
    SignOffOutcome.WITHDRAWN: Answer.WITHDRAWAL,
    SignOffOutcome.REJECTED: Answer.REVIEW,
    SignOffOutcome.INSPECTED: Answer.DECLARED,
}
ENTERS = ("issue_reported", "issue_escalated", "issue_deescalated", "issue_reopened")


def every_mutant() -> list[Mutant]:
    return [mutant for zone in ZONES for mutant in mutants(good(zone).handbook)]


def chosen() -> list[Mutant]:
    """Return as many of all mutants as are asked for, the same on each run: one of each kind, and
    the rest of all alike."""
    every = every_mutant()
    if len(every) <= COUNT:
        return every
    mixed = Random(7).sample(every, len(every))  # noqa: S311  # a sample, no secret
    first = list({mutant.kind: mutant for mutant in mixed}.values())
    taken = set(map(id, first))
    return [*first, *(each for each in mixed if id(each) not in taken)][: max(COUNT, len(first))]


def made(mutant: Mutant) -> Terms | None:
    """Return the mutant's terms; None if it is no handbook by its form."""
    try:
        data = mutant.of(good(mutant.zone).handbook)
        return with_handbook(good(mutant.zone), Handbook.model_validate(data))
    except ValidationError:
        return None


def harm(terms: Terms, lives: int = LIVES) -> str | None:
    """Return the first life by chance that comes to harm, None if none does."""
    zone = zone_of(terms)
    for seed in range(lives):
        life = Life(zone, Random(seed))  # noqa: S311  # lives by chance, no secrets
        for lacking in life.live():
            if lacking:
                return f"no deadline: {'; '.join(life.told)}"
            if unowned(life):
                return f"nobody owns it: {'; '.join(life.told)}"
    return None


def unowned(life: Life) -> bool:
    """Return whether the last act brought the issue to a post with nobody in it and no alarm."""
    act, issue = life.log[-1], life.issue
    kinds = {event.kind for event in act.events}
    if issue is None or not issue.is_open or kinds.isdisjoint(ENTERS):
        return False
    held = post(life.zone.handbook, issue.owner)
    local = act.at.astimezone(zone_tz(life.zone.terms.calendar.time_zone))
    return "level_held" not in kinds and (held is None or not holders(held, local.date()))


@IN_CHECK
def test_every_mutant_is_refused_or_harmless() -> None:
    came_to: Counter[str] = Counter()
    missed: list[str] = []
    for mutant in chosen():
        terms = made(mutant)
        if terms is None:
            came_to["refused by form"] += 1
        elif judged(terms):
            came_to["refused by proof"] += 1
        elif (shown := harm(terms)) is None:
            came_to["harmless"] += 1
        else:
            missed.append(f"{mutant.zone}: {mutant.change}: {shown}")
    told = ", ".join(f"{count} {what}" for what, count in sorted(came_to.items()))
    FOUND.append(f"{len(chosen())} mutants of {len(every_mutant())}: {told}, {len(missed)} missed")

    assert missed == []
    assert came_to["refused by proof"] > 0


def test_no_kind_of_mutant_is_left_out() -> None:
    kinds = {mutant.kind for mutant in every_mutant()}

    assert {mutant.kind for mutant in chosen()} == kinds
    assert len(kinds) >= KINDS_MIN


def test_what_does_harm_is_told_from_what_does_not() -> None:
    """The criterion can fail: without its proof, a handbook without a review would be missed."""
    data = good("bishan").handbook.model_dump(mode="json")
    clocks = [rule for rule in data["clocks"] if rule["id"] != "review"]
    bare = with_handbook(good("bishan"), Handbook.model_validate(data | {"clocks": clocks}))

    assert judged(bare)
    assert harm(bare, lives=ENOUGH) is not None


@pytest.mark.parametrize("zone", ZONES)
def test_lives_by_chance_come_to_no_moment_outside_the_table(zone: str) -> None:
    """The proof searches a table of facts: whatever the engine does must be in it."""
    terms = good(zone)
    tiers = tuple(range(1, terms.handbook.top_tier + 1))
    table = all_moments(Space(tiers=tiers, priorities=tuple(Priority)))
    outside = {moment for seed in range(LIVES) for moment in moments(terms, seed)} - table

    assert outside == set()


def moments(terms: Terms, seed: int) -> set[Moment]:
    """Return every moment of a life by chance."""
    life = Life(zone_of(terms), Random(seed))  # noqa: S311  # lives by chance, no secrets
    assert not any(life.live())
    found: set[Moment] = set()
    issue: Issue | None = None
    for event in (event for act in life.log for event in act.events):
        issue = evolve(issue, event, zone=terms.handbook.zone, key="one", terms=terms.hash)
        found.add(Moment(event.kind, facts_of(issue)))
    return found


def facts_of(issue: Issue) -> Facts:
    return Facts(
        phase=issue.phase,
        answer=answer_of(issue),
        waiting=None if issue.pause is None else issue.pause.reason,
        tier=issue.tier,
        priority=issue.priority,
    )


def answer_of(issue: Issue) -> Answer:
    if issue.outcome is Outcome.MERGED:
        at_intake = issue.merged_from is Phase.INTAKE
        return Answer.MERGED_AT_INTAKE if at_intake else Answer.MERGED_AT_WORK
    if issue.sign_off is None or issue.phase not in (Phase.SIGN_OFF, Phase.CLOSED):
        return Answer.NONE
    outcome = issue.sign_off.outcome
    if outcome is None:
        return Answer.NONE if issue.rectification is None else Answer.DECLARED
    return ANSWERS[outcome]
