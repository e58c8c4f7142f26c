"""Outcomes as text: each with its sums, its rates, and what is not stated."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from terminal.shown.frames import SECOND, facts

if TYPE_CHECKING:
    from terminal.outcomes import Outcome

NOT_STATED = "not stated 未说明"
NO_RATE = "no denominator 无分母"


def outcomes_told(found: Sequence["Outcome"]) -> RenderableType:
    """Return every outcome, one below the other."""
    parts: list[RenderableType] = []
    for each in found:
        parts += [*([Text("")] if parts else []), *_outcome(each)]
    return Group(*parts)


def _outcome(told: "Outcome") -> tuple[RenderableType, ...]:
    zh, en = told.what
    head = Text.assemble((told.id, "bold"), f"  {zh}  ", (en, SECOND))
    rows: list[tuple[str, str]] = [("  source", f"{told.zone}, {told.source}")]
    for label, sums in told.sums:
        stated = [f"{name} {value}" for name, value in sums.items() if value is not None]
        if stated:
            rows.append((f"  {label}", ", ".join(stated)))
    missing = [name for _, sums in told.sums for name, value in sums.items() if value is None]
    for rate, value, derived in told.rates:
        rows.append((f"  {rate}", f"{value or NO_RATE}{' (derived 推算)' if derived else ''}"))
    if missing:
        rows.append((f"  {NOT_STATED}", ", ".join(dict.fromkeys(missing))))
    if told.note is not None:
        rows.append(("  note", told.note))
    return head, facts(tuple(rows))
