"""Lives of the zone that uses every rule, played through a desk: whatever an issue has come to, its
page opens, and so does the form of whatever it offers."""

import re
from random import Random

import pytest
from consoles import Console, console_over
from deep import IN_CHECK, deep
from desks import StandingClock
from issue_offers import BEGINS_AT, KEY, WAITS, ZONE, actors, offers, reports, terms

from desk.desk import Desk
from desk.shelf import Shelf
from domain.access import Principal
from domain.commands import Command, EngineCommand, Submission
from domain.errors import IssueError
from domain.issue import Issue
from domain.people import Actor, Engine, Officer, Representative, Service
from ledger.memory import MemoryLedger

pytestmark = IN_CHECK

LIVES, STEPS = deep("lives on their pages", 60), 12
ONE = f"/console/{ZONE}/issues/{KEY}"


def principal_of(actor: Actor) -> Principal | None:
    """Return who stands before the face when this actor acts."""
    match actor:
        case Officer():
            return Principal(id=f"user:{actor.person}", name=actor.person, person=actor.person)
        case Representative():
            return Principal(
                id=f"user:{actor.person}",
                name=actor.person,
                person=actor.person,
                enterprise=actor.enterprise,
            )
        case Service() | Engine():
            return None


def console_of_all() -> Console:
    """Return a console over that zone, with everybody of it."""
    console = console_over(MemoryLedger(), StandingClock(BEGINS_AT))
    counter = console.counter
    counter.desk = Desk(counter.ledger, Shelf(counter.ledger, {ZONE: terms()}), counter.clock)
    console.house.desk = counter.desk
    people = {each.name: each for actor in actors() if (each := principal_of(actor)) is not None}
    console.house.identity.people |= people  # type: ignore[attr-defined]  # the identity of tests has them
    return console


async def done(desk: Desk, command: Command, chance: Random, number: int) -> bool:
    """Have somebody carry out a command who may; return whether anybody may."""
    if isinstance(command, EngineCommand):
        return False
    for actor in chance.sample(actors(), len(actors())):
        submission = Submission(id=f"s{number}", zone=ZONE, key=KEY, actor=actor, command=command)
        try:
            await desk.carry_out(submission)
        except IssueError:
            continue
        return True
    return False


async def lived(console: Console, seed: int) -> Issue:
    """Let an issue go its way at random."""
    chance = Random(seed)  # noqa: S311  # a story, no secret
    desk, clock = console.counter.desk, console.counter.clock
    assert await done(desk, chance.choice(reports()[:3]), chance, 0)
    for step in range(1, STEPS):
        issue = (await desk.row(ZONE, KEY)).issue
        onward, *rest = [family for family in offers(issue) if family]
        tried = [*onward, *chance.choice(rest)]
        chance.shuffle(tried)
        clock.at += chance.choice(WAITS)
        for command in tried:
            if await done(desk, command, chance, step):
                break
    return (await desk.row(ZONE, KEY)).issue


@pytest.mark.parametrize("seed", range(LIVES))
async def test_whatever_an_issue_has_come_to_its_page_and_its_forms_open(seed: int) -> None:
    console = console_of_all()
    issue = await lived(console, seed)
    language = ("zh", "en")[seed % 2]
    names = {"xinghe-p22", "xinghe-p41", "xinghe-p43"} | {
        each.name
        for actor in actors()
        if (each := principal_of(actor)) is not None
        and (
            getattr(actor, "post", None) in (issue.owner, issue.handler)
            or getattr(actor, "enterprise", None) == issue.enterprise
        )
    }
    opened: set[str] = set()
    for name in sorted(names):
        page = await console.page(name, ONE, language=language)
        assert f'id="fact-{issue.version}"' in page
        for kind in sorted(set(re.findall(r"/do/([a-z_]+)", page)) - opened):
            opened.add(kind)
            if kind != "issue_answer_link":
                form = await console.page(name, f"{ONE}/do/{kind}", language=language)
                assert 'name="expected_version"' in form, kind
    then = await console.page("xinghe-p41", f"{ONE}?as_of=1", language=language)
    assert re.findall(r'id="fact-(\d+)"', then) == ["1"]
