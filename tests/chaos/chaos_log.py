"""A client's log: what it sent, and every answer it was given."""

from dataclasses import dataclass, field

from chaos_plan import Manner

from domain.commands import Submission
from domain.view import CommandResult


@dataclass(slots=True)
class Line:
    """One command in a client's log. `told`: every acknowledgement it was given; `versions`: those
    of a report, whose answer is the issue. `odd`: answers that no client should be given."""

    submission: Submission
    manner: Manner
    told: list[CommandResult] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    tries: int = 0
    refused: int = 0
    unanswered: int = 0
    odd: list[str] = field(default_factory=list)
    last_refusal: str = ""
    is_refused_by_update: bool = False
    """A run of the workflow gives the same Update the refusal that it gave first (door 2)."""

    @property
    def stream(self) -> str:
        """The issue's stream."""
        return f"{self.submission.zone}/{self.submission.key}"

    @property
    def is_acknowledged(self) -> bool:
        """Whether any try was told that it is done."""
        return bool(self.told or self.versions)
