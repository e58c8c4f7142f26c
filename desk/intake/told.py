"""What became of a table: the answer, row by row."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Frozen

SHOWN_CHARACTERS_MAX = 120


class RowOutcome(StrEnum):
    """What became of a row, or would."""

    WOULD_REPORT = "would_report"
    REPORTED = "reported"
    REPEATED = "repeated"
    """It was reported before, and is the same report."""
    DUPLICATE = "duplicate"
    """The very same row stands above it in the file."""
    REFUSED = "refused"
    NOT_REACHED = "not_reached"
    """The time for one request was over: the same file sent again goes on there."""


class Finding(Frozen):
    """One thing that is wrong with a row: which field and column, what stands there, and what would
    be accepted."""

    field: Annotated[str, Field(examples=["enterprise"])]
    column: Annotated[str | None, Field(examples=["企业名称"])] = None
    value: str | None = None
    allowed: str | None = None
    message: str
    suggestions: tuple[str, ...] = ()
    """The nearest names that there are."""


class LikeIssue(Frozen):
    """An open issue that may be the same matter, or a row above."""

    key: Annotated[str | None, Field(examples=["A01"])] = None
    row: int | None = None
    score: Annotated[int, Field(ge=0, le=100)]
    title: str


class RowAnswer(Frozen):
    """What became of one row. `key` is what the issue is called."""

    row: Annotated[int, Field(examples=[2])]
    outcome: RowOutcome
    key: str | None = None
    same_as_row: int | None = None
    findings: tuple[Finding, ...] = ()
    like: tuple[LikeIssue, ...] = ()


class IntakeAnswer(Frozen):
    """What became of a file. `columns` names the column that each field was read from, by its
    head; `compared` is how many rows were held against open issues."""

    zone: str
    sha256: str
    encoding: Annotated[str, Field(examples=["utf-8", "gb18030", "xlsx"])]
    sheet: str | None
    dry_run: bool
    columns: dict[str, str]
    passed_over: tuple[str, ...]
    counts: dict[RowOutcome, int]
    compared: int
    rows: tuple[RowAnswer, ...]

    @property
    def is_clean(self) -> bool:
        """Return whether no row is refused."""
        return not self.counts.get(RowOutcome.REFUSED)


def shown(text: str | None) -> str | None:
    """Return a text as it is repeated to whoever sent it: shortened."""
    return None if text is None else text[:SHOWN_CHARACTERS_MAX]
