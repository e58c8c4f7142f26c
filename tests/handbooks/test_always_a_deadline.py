"""No issue without a deadline (I8): lives by chance under the shipped handbooks, rung on time."""

from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any, get_args

import pytest
from chance_lives import Life, Zone, shipped, zone_of
from deep import deep

from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_kin import KinCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.events_of_callbacks import CallbackEvent
from domain.events_of_exclusions import ExclusionEvent
from domain.events_of_forms import FormEvent
from domain.events_of_kin import KinEvent
from domain.events_of_rounds import RoundEvent
from domain.events_of_team import TeamEvent
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.facts_possible import BEGUN_ELSEWHERE, EVENT_CLASSES
from domain.handbook import Handbook
from domain.permissions import PERMITTED
from handbooks.shelf import read_terms, zones

LIVES = deep("lives that never lack a deadline", 3000, light=6)
ROSTER_SHARES = 5
NEVER_BY_HAND = {"report", "import_issue", "ring_rung", "adopt_calendar", "adopt_handbook"}


def kinds(*unions: Any) -> set[str]:
    return {each.model_fields["kind"].default for union in unions for each in get_args(union)}


OF_PROCEDURES = kinds(TeamCommand, RoundCommand, KinCommand, FormCommand, ExclusionCommand) | kinds(
    TeamEvent, RoundEvent, KinEvent, FormEvent, CallbackEvent, ExclusionEvent
)
OF_PROCEDURES |= {"record_callback", "record_kin", "record_draw"}
"""What few zones have rules for, and what takes a longer course than most of these lives: whoever
plays single courses (tests/domain) comes by each."""
PROCEDURES_MIN = 30
BY_SEVERAL = {"pause_granted"}
"""What several decide in the zone whose rosters make for the most lives."""
SELDOM = {"extension_granted"} if LIVES < 300 else set[str]()
"""What so few lives as those of an ordinary run do not always come by."""


@dataclass
class Found:
    """What a search came by: the lives that lack a deadline, all acts and all events."""

    lacking: list[list[str]] = field(default_factory=list)
    acts: set[str] = field(default_factory=set)
    events: set[str] = field(default_factory=set)


def search(zone: Zone, seeds: range) -> Found:
    """Live one life by each seed."""
    found = Found()
    for seed in seeds:
        life = Life(zone, Random(seed))  # noqa: S311  # lives by chance, not secrets
        if any(life.live()):
            found.lacking.append(life.told)
        found.acts |= life.acts
        found.events |= life.events
    return found


@lru_cache
def searched(name: str) -> Found:
    """Where rosters say who is there, more can happen, and more lives are lived."""
    share = LIVES // len(zones()) + 1
    zone = shipped(name)
    return search(zone, range(share * ROSTER_SHARES if zone.handbook.rosters else share))


@pytest.mark.parametrize("name", zones())
def test_at_no_moment_does_an_open_issue_lack_a_deadline(name: str) -> None:
    shortest = min(searched(name).lacking, key=len, default=[])

    assert shortest == []


def test_the_lives_try_every_command_and_come_by_every_event() -> None:
    found = [searched(name) for name in zones()]

    acts = set().union(*(each.acts for each in found))
    assert acts >= set(PERMITTED) - NEVER_BY_HAND - OF_PROCEDURES
    by_adoption = {kind.model_fields["kind"].default for kind in (TermsAdopted, ClockMigrated)}
    # Nobody at all at a level that holds: of no shipped zone (see test_default_ladder.py).
    never = {"level_held"} | by_adoption | BEGUN_ELSEWHERE
    events = set().union(*(each.events for each in found))
    assert events >= set(EVENT_CLASSES) - never - BY_SEVERAL - SELDOM - OF_PROCEDURES
    assert events <= set(EVENT_CLASSES) - never
    assert len((acts | events) & OF_PROCEDURES) > PROCEDURES_MIN


# --- what the search is able to find: two faults of an earlier revision of the defaults ---


def earlier(id_: str, **changes: Any) -> Zone:
    """Return the zone of Bishan with one of the default clocks changed."""
    terms = read_terms("bishan")
    data = terms.handbook.model_dump(mode="json")
    data["clocks"] = [rule | changes if rule["id"] == id_ else rule for rule in data["clocks"]]
    return zone_of(terms.model_copy(update={"handbook": Handbook.model_validate(data)}))


@pytest.mark.parametrize(
    ("id_", "changes", "first"),
    [
        ("review", {"pause": [{"paused": True}]}, 210),
        ("verification", {"reset": []}, 0),
    ],
)
def test_the_search_finds_the_lives_that_once_lacked_one(
    id_: str, changes: dict[str, Any], first: int
) -> None:
    """`first`: a seed shortly before one that finds it, to save the time of those before."""
    zone = earlier(id_, **changes)

    assert any(search(zone, range(seed, seed + 1)).lacking for seed in range(first, first + 400))
