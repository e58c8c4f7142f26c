"""An issue put to any commands by anybody at any time: what is promised of it holds at each step.

In full (`make deep`) 5,000 lives of 50 steps; a tenth in `make check`, a hundredth in `make test`.
"""

from typing import Any

import pytest
from deep import deep
from hypothesis import HealthCheck, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from issue_machine import Course, check, check_whole
from issue_offers import FAR, WAITS, actors, offers, reports

from domain.errors import IssueError, NotPermittedError
from domain.people import named

STEPS = 50
LIVES = deep("lives of an issue of 50 steps", 5000, light=10)
NUMBERS = st.integers(min_value=0, max_value=2**16)


def around(first: int) -> list[Any]:
    """Return everybody, beginning anywhere."""
    start = first % len(actors())
    return [*actors()[start:], *actors()[:start]]


class AnyLife(RuleBasedStateMachine):
    """Any commands, by anybody, at any time."""

    def __init__(self) -> None:
        super().__init__()
        self.course: Course | None = None

    @initialize(which=st.sampled_from(range(len(reports()))))
    def report(self, which: int) -> None:
        """Somebody who may reports an issue of one of the kinds."""
        found = (Course.begun(reports()[which], actor) for actor in actors())
        self.course = next((course for course in found if course is not None), None)
        assert self.course is not None, "somebody may report"

    @rule(family=NUMBERS, pick=NUMBERS, who=NUMBERS, wait=st.sampled_from(WAITS))
    def anybody(self, family: int, pick: int, who: int, wait: Any) -> None:
        """Anybody asks for anything."""
        self._ask(family, pick, [actors()[who % len(actors())]], wait)

    @rule(family=NUMBERS, pick=NUMBERS, first=NUMBERS, wait=st.sampled_from(WAITS))
    def whoever_may(self, family: int, pick: int, first: int, wait: Any) -> None:
        """Something is asked for by somebody who may, if there is such a person."""
        self._ask(family, pick, around(first), wait)

    @rule(pick=NUMBERS, first=NUMBERS, wait=st.sampled_from(WAITS))
    def onward(self, pick: int, first: int, wait: Any) -> None:
        """The issue is brought on by somebody who may."""
        self._ask(0, pick, around(first), wait)

    @rule()
    def the_next_rung(self) -> None:
        """Time passes to the next rung, and it fires."""
        course = self.course
        assert course is not None
        before, due = course.issue, course.issue.next_rung
        if due is not None and due[1].due_at < course.at + FAR:
            events = course.ring()
            note(f"{course.at}  time: {[event.kind for event in events]}")
            check(course, before, events)

    def _ask(self, family: int, pick: int, people: list[Any], wait: Any) -> None:
        course = self.course
        assert course is not None
        before = course.issue
        course.at += wait
        families = offers(before)
        asked = families[family % len(families)]
        if not asked:
            return
        command = asked[pick % len(asked)]
        outcome: Any = None
        for actor in course.who_may(command, people)[:3] or people[:1]:
            outcome = course.ask(command, actor)
            if not isinstance(outcome, NotPermittedError):
                break
        if isinstance(outcome, IssueError):
            note(f"{course.at}  {command.kind}: refused, {outcome}")
            assert course.issue == before, "a refusal leaves no trace"
            return
        kinds = [event.kind for event in outcome]
        note(f"{course.at}  {named(actor)} {command.kind}: {kinds}")
        check(course, before, outcome)

    def teardown(self) -> None:
        """At the end the whole life is read again."""
        if self.course is not None:
            check_whole(self.course)


AnyLife.TestCase.settings = settings(
    max_examples=LIVES,
    stateful_step_count=STEPS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestAnyLife = pytest.mark.timeout(1800)(AnyLife.TestCase)
