"""What a restatement of a published figure would state, before anybody states it."""

import json
from dataclasses import dataclass
from typing import Final

from audit.figures import Difference, FigureFacts, Progress, counted_again
from domain import figure_definitions
from domain.figures import Plain, differing
from ledger.figures import FigureRow

DIFFERENCES_MAX: Final = 200
OF_ISSUES: Final = ("moved", "issues")
"""Parts of digits that name issues one by one, or how they are told: not what a figure says."""


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a restatement would state: by which revision, up to which position; `differs`: whether
    it would be kept; `differences` are the first places at which the digits differ."""

    before: FigureRow
    revision: int
    position: int
    digits: str
    differs: bool
    moved: int
    issues: tuple[Plain, ...]
    differences: tuple[Difference, ...]


async def foresee_restatement(
    ledger: FigureFacts,
    sequence: int,
    *,
    revision: int | None = None,
    progress: Progress = lambda _: None,
) -> Foreseen:
    """Count a figure as a restatement would. Keeps nothing. Raises IssueError."""
    counted = await counted_again(
        ledger, sequence, revision, figure_definitions.definition, progress
    )
    return Foreseen(
        before=counted.before,
        revision=counted.edition.definition.revision,
        position=counted.edition.horizon,
        digits=counted.digits,
        differs=counted.differs,
        moved=counted.moved.count,
        issues=tuple(counted.moved.kept),
        differences=differences(counted.before.digits, counted.digits),
    )


def differences(before: str, after: str) -> tuple[Difference, ...]:
    """Return in what two texts of digits differ, issues one by one left out."""
    found = differing(_said(before), _said(after))
    told = [Difference(*each) for each, _ in zip(found, range(DIFFERENCES_MAX), strict=False)]
    return tuple(told)


def _said(digits: str) -> Plain:
    return {name: each for name, each in json.loads(digits).items() if name not in OF_ISSUES}
