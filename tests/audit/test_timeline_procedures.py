"""The history of teams, rounds, links, forms and callbacks, as lines that a person can read."""

import pytest
from procedure_events import TOLD

from audit.timeline import summary
from domain.events import Event


@pytest.mark.parametrize(("event", "line"), TOLD)
def test_an_event_says_its_own_values(event: Event, line: str) -> None:
    assert summary(event) == line
