"""No two facts, and no two commands, of issues, orders and matters are called the same."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, get_args

import pytest

from domain.commands import Command
from domain.events import Event
from domain.matters.commands import MatterCommand
from domain.matters.events import MatterEvent
from domain.order_commands import OrderCommand
from domain.order_events import OrderEvent


@pytest.mark.parametrize(
    "unions", [(Event, OrderEvent, MatterEvent), (Command, OrderCommand, MatterCommand)]
)
def test_a_kind_is_of_one_union_only(unions: tuple[Any, ...]) -> None:
    counted = Counter(kind for union in unions for kind in set(_kinds(union)))
    assert len(counted) > 100
    assert [kind for kind, times in counted.items() if times > 1] == []


def _kinds(union: Any) -> Iterator[str]:
    fields = getattr(union, "model_fields", None)
    if fields is not None:
        yield str(fields["kind"].default)
        return
    for part in get_args(union):
        yield from _kinds(part)
