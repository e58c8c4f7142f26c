"""Laws of campaigns, over any life: time makes progress, counts add up, nothing is done twice."""

from collections import Counter
from datetime import datetime, timedelta
from typing import Any

import builders as b
import builders_matters as m
import campaigns_told as c
from deep import deep
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IssueError
from domain.matters.acts import DuePassed
from domain.matters.campaign.events import StepOverdue, StepRecorded, StepStruck, TargetAdded
from domain.matters.campaign.state import Campaign, clock_of
from domain.matters.state import MATTER

LIVES = deep("lives of campaigns", 1200)

HALF = {"staff": {"kind": "ratio", "part": 1, "whole": 2}}
ACTS: list[Any] = [
    *[c.taken(firm, id_) for firm in ("mill", "bakery") for id_ in ("delivered", "read")] * 4,
    *(c.taken(firm, id_) for firm in c.THREE for id_ in ("delivered", "read", "acknowledged")),
    c.of_many(c.THREE, "delivered"),
    c.of_many(("mill", "bakery"), "read"),
    *(
        c.taken(firm, "report", values=HALF, **more)
        for firm in c.THREE
        for more in (
            {"no_abnormality": True},
            {"note": "Odd."},
            {"on": "2026-03-03", "note": "Odd."},
        )
    ),
    *(m.asked(kind="exclude_target", enterprise=firm, reason="Out.") for firm in c.THREE),
    *(m.asked(kind="add_target", enterprise=firm) for firm in (*c.THREE, "firm-01")),
    *(m.asked(kind="correct_step", enterprise=firm, step="read", reason="?") for firm in c.THREE),
    *(
        m.asked(kind="strike_step", enterprise=firm, step=id_, reason="?")
        for firm in c.THREE
        for id_ in ("delivered", "read", "met")
    ),
    m.asked(kind="end_campaign", reason="Enough."),
    m.asked(kind="note_matter", text="Nothing."),
]
BOTH = c.NOTICES | {
    "id": "both",
    "steps": [
        *c.NOTICES["steps"],
        *c.DAILY["steps"],
        c.step("met", due={"within": c.wall(30), "levels": [c.COORDINATION]}),
    ],
    "cadence": c.DAILY["cadence"],
    "unanswered": c.SURVEY["unanswered"],
}
TERMS = c.terms([BOTH])
STEPS = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=20 * 60),
        st.sampled_from(ACTS),
        st.sampled_from([b.COORDINATOR, b.COORDINATOR, b.COORDINATOR, b.ENTERPRISE, b.OFFICER]),
    ),
    max_size=20,
)
ENDS = st.sampled_from([None, "2026-03-03", "2026-03-06"])


def lived(steps: list[Any], to_on: str | None, *, rings: bool) -> m.MatterStory:
    """Play acts, so many minutes after one another; what is refused leaves no trace."""
    story = c.opened("both", judged_by=TERMS, to_on=to_on)
    at: datetime = b.MON_9
    for minutes, command, actor in steps:
        at += timedelta(minutes=minutes)
        if rings:
            c.until(story, at)
        try:
            story.then(at, command, actor)
        except IssueError:
            continue
    return c.until(story, at) if rings else story


def holds(campaign: Campaign) -> None:
    """Hold a campaign against what is true of every one."""
    wanted: dict[str, datetime] = {}
    for target in campaign.targets:
        for wait in target.waits:
            clock = clock_of(wait.step)
            wanted[clock] = min(wait.due_at, wanted.get(clock, wait.due_at))
            assert wait.step is None or target.has_done(wait.step) is None
        assert not (target.excluded and (target.waits or target.overdue))
        assert all(target.has_done(id_) is None for id_ in target.overdue)
    shared = {due.clock: due.due_at for due in campaign.dues if due.about is None}
    shared.pop("end", None)
    assert shared == wanted
    assert len({due.cycle for due in campaign.dues}) == len(campaign.dues)
    for each in campaign.rounds:
        assert each.absent >= 0 or not each.closed
        assert len(each.missing) in (0, each.absent)
        assert each.no_abnormality <= each.reported + each.late + len(each.reporters)


@settings(max_examples=LIVES, deadline=None)
@given(STEPS, ENDS)
def test_clocks_stand_where_targets_are_due_first_and_reports_add_up(
    steps: list[Any], to_on: str | None
) -> None:
    story = lived(steps, to_on, rings=True)
    holds(c.campaign(story))
    again = MATTER.validate_json(MATTER.dump_json(story.matter))
    assert again == story.matter
    cycles = Counter(
        (each.clock, each.cycle) for each in story.events if isinstance(each, DuePassed)
    )
    assert not cycles or max(cycles.values()) == 1


@settings(max_examples=LIVES, deadline=None)
@given(STEPS, ENDS)
def test_steps_are_taken_once_and_levels_climb_one_by_one(
    steps: list[Any], to_on: str | None
) -> None:
    story = lived(steps, to_on, rings=False)
    holds(c.campaign(story))
    once = Counter(
        (firm, each.step)
        for each in story.events
        if isinstance(each, StepRecorded) and each.step != "report"
        for firm in each.enterprises
    )
    once.subtract(
        (each.enterprise, each.step) for each in story.events if isinstance(each, StepStruck)
    )
    assert {*once.values()} <= {0, 1}
    numbers = c.figures(story)
    done = Counter(step for _, step in once.elements())
    for id_ in ("delivered", "read", "acknowledged"):
        part = numbers[f"{id_}.acts"].part
        assert part is not None
        assert part.model_dump()["n"] == done[id_]
    climbed: dict[str, list[int]] = {}
    for each in story.events:
        if isinstance(each, StepStruck | TargetAdded):
            climbed.pop(each.enterprise, None)  # its time begins again
        if isinstance(each, StepOverdue) and each.step == "read":
            for late in each.overdue:
                climbed.setdefault(late.enterprise, []).append(each.level)
    assert all(levels == [*range(1, len(levels) + 1)] for levels in climbed.values())
