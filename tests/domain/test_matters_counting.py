"""Matters are counted one after the other, and none of them is kept."""

import gc
import weakref

import builders_grants as g
import builders_matches as t
import builders_matters as m
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c
import pytest

from domain.matters.counting import Counting, figures_of
from domain.matters.state import MATTER, Matter
from domain.matters.words import Aggregate

STORIES = {
    Aggregate.CAMPAIGN: c.opened("visits"),
    Aggregate.PIPELINE: p.loan(),
    Aggregate.MATCH: t.posted(),
    Aggregate.REGISTER: r.opened(),
    Aggregate.GRANT: g.opened("passes"),
}


def read_again(story: m.MatterStory) -> Matter:
    """Return the matter of a story as a ledger gives it: its own object each time."""
    return MATTER.validate_json(story.matter.model_dump_json())


def counting_of(story: m.MatterStory) -> Counting:
    """Return a count of the matters of a story's procedure that begins."""
    rule = story.terms.handbook.procedure(story.matter.procedure)
    assert rule is not None
    return Counting(rule)


@pytest.mark.parametrize("aggregate", Aggregate)
def test_no_matter_is_held_once_it_was_counted(aggregate: Aggregate) -> None:
    story = STORIES[aggregate]
    counting, seen = counting_of(story), []
    for _ in range(3):
        matter = read_again(story)
        counting.take(matter)
        seen.append(weakref.ref(matter))
        del matter
    gc.collect()
    assert [each() for each in seen] == [None] * 3
    assert counting.matters == 3
    assert counting.figures()


@pytest.mark.parametrize("aggregate", Aggregate)
def test_what_was_kept_under_the_name_by_another_handbook_is_in_no_figure(
    aggregate: Aggregate,
) -> None:
    story = STORIES[aggregate]
    others = [each.matter for of, each in STORIES.items() if of is not aggregate]
    rule = story.terms.handbook.procedure(story.matter.procedure)
    assert rule is not None
    assert figures_of(rule, [story.matter, *others]) == figures_of(rule, [story.matter])
