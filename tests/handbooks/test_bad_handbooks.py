"""The corpus of bad handbooks: each is refused for its reason, and its counter-example is real."""

from functools import lru_cache

import pytest
from deep import A_TENTH, IN_CHECK, IN_FULL
from overlays import Overlay, faults, good, overlaid, overlays
from replays import Replay, entered, lacks, who_may_answer

from domain.phases import Phase
from domain.problem import Problem
from domain.proof import proof_problems
from domain.proof_of_deadlines import DEADLINE, LAPSE
from domain.terms import Terms
from handbooks.shelf import zones

pytestmark = pytest.mark.attack

CORPUS = overlays()
CORPUS_MIN = 25
PLAYED = CORPUS if IN_FULL or A_TENTH else CORPUS[:: len(CORPUS) // 7]
"""Those that are proved: to prove all takes half a minute, in make check."""
A_YEAR_OF_REVIEWS = 60


def named(overlay: Overlay) -> str:
    return overlay.name


@lru_cache
def read(name: str) -> tuple[Terms, tuple[tuple[str, str, Problem], ...]]:
    """Return the terms that an overlay makes, and what is found against them."""
    overlay = next(each for each in CORPUS if each.name == name)
    terms, draft = overlaid(overlay.over, overlay.data)
    return terms, tuple(faults(terms, draft))


def first_lines() -> dict[str, str]:
    """Return what each file says of itself in its first line."""
    return {each.name: each.why for each in CORPUS}


def test_the_corpus_is_as_large_as_promised_and_every_file_says_what_is_wrong() -> None:
    assert len(CORPUS) >= CORPUS_MIN
    assert all(why.endswith(".") and len(why) > 20 for why in first_lines().values())


@pytest.mark.parametrize("overlay", PLAYED, ids=named)
def test_a_bad_handbook_is_refused_for_its_reason(overlay: Overlay) -> None:
    _, found = read(overlay.name)

    assert {(key, rule) for key, rule, _ in found} == set(overlay.finds)
    assert overlay.shows in found[0][2].counter_example


@pytest.mark.parametrize("overlay", PLAYED, ids=named)
def test_what_is_shown_against_a_bad_handbook_is_real(overlay: Overlay) -> None:
    """Paths of events are played, levels entered, askers left without an answer, by the engine."""
    terms, found = read(overlay.name)

    for each in lacks(terms):
        replay = Replay(terms)
        replay.play(each.path)
        check_lacking(each.what, replay)
    for _, _, problem in found:
        check_entry(terms, problem)
        answering = who_may_answer(terms, problem.counter_example)
        assert answering in (None, [])


def check_lacking(what: str, replay: Replay) -> None:
    if what == DEADLINE:
        issue = replay.run_out()
        assert issue.is_open
        assert issue.next_rung is None
    elif what == LAPSE:
        issue = replay.run_out(A_YEAR_OF_REVIEWS)
        assert issue.phase is Phase.SIGN_OFF
        assert issue.sign_off is not None
        assert issue.sign_off.outcome is None
    else:
        assert replay.run_out(A_YEAR_OF_REVIEWS).phase is Phase.PARKED


def check_entry(terms: Terms, problem: Problem) -> None:
    entry = entered(terms, problem.counter_example)
    if entry is not None:
        assert entry.held or not entry.people


@IN_CHECK
def test_the_corpus_shows_ways_levels_and_askers() -> None:
    """Each kind of counter-example that can be played is among them."""
    every = [read(each.name) for each in CORPUS]
    shown = [(terms, each.counter_example) for terms, found in every for _, _, each in found]

    assert sum(len(lacks(terms)) for terms, _ in every) >= 10  # of 46 files
    assert sum(entered(of, told) is not None for of, told in shown) >= 4
    assert sum(who_may_answer(of, told) is not None for of, told in shown) >= 10


@pytest.mark.parametrize("zone", zones())
def test_the_good_ones_pass(zone: str) -> None:
    assert proof_problems(good(zone)) == ()
