"""Whether facts tell times that fit the checkpoints around them: a moved clock is named."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit.checks import Finding
from domain.model import written
from ledger.misplaced import BY_COMMAND, WRITTEN_AT

CLOCK_SLACK = timedelta(minutes=5)
"""What a fact may be written before a checkpoint that its leaf comes after, or after one that it
comes before: clocks of two machines, and the time from deciding to writing."""
FROM_LOG = "row/"
"""How the commands begin that are played from another system's log, at that log's times. Anybody
can call a command so: only whoever verifies can say that such a log was brought in."""
BESIDE_LOG: Final = frozenset({"terms", "administrative_task"})
"""Facts that name no command and are written at a log's times while it is played."""
EVENT: Final = "event"


@dataclass(frozen=True, slots=True)
class Told:
    """When a fact says that it was written, and what it is called. `by`: its command, if any."""

    kind: str
    stream: str
    version: int | None
    field: str
    at: datetime
    by: str | None

    @property
    def may_be_played(self) -> bool:
        """Return whether it can have come from another system's log."""
        if self.by is not None:
            return self.by.startswith(FROM_LOG)
        return self.kind in BESIDE_LOG


def told_by(kind: str, key: str, row: Mapping[str, object]) -> Told | None:
    """Return when a row of a table of facts was written; None if it holds no moment."""
    column = WRITTEN_AT[kind]
    at = moment(row[column])
    by = str(row[BY_COMMAND[kind]]) if kind in BY_COMMAND else None
    return None if at is None else Told(kind, f"{kind} {key}", None, column, at, by)


def moment(value: object) -> datetime | None:
    """Return a moment; None for what PostgreSQL calls infinity, which is none."""
    return value if isinstance(value, datetime) and value.tzinfo is not None else None


class Clocks:
    """Holds times against checkpoints. `played`: facts at another log's times, since last taken."""

    def __init__(self, *, is_played: bool) -> None:
        self._is_played = is_played
        self.played = 0

    def findings(
        self, told: Told, after: datetime | None, until: datetime | None
    ) -> Iterator[Finding]:
        """Hold a fact against `after`, when the last checkpoint before its leaf was signed, and
        `until`, when the first one over it was."""
        if after is not None and told.at < after - CLOCK_SLACK:
            said = f"written at {written(told.at)}, after a checkpoint of {written(after)} was "
            yield from self._unless_played(told, f"{said}signed: a clock was put back")
        if told.kind == EVENT and until is not None and told.at > until + CLOCK_SLACK:
            said = f"written at {written(told.at)}, and a checkpoint of {written(until)} holds it: "
            yield _finding(told, f"{said}a clock was put forward")

    def late(self, told: Told, signed_at: datetime) -> Iterator[Finding]:
        """Name a fact that had to be a leaf when the newest checkpoint was signed."""
        said = f"written at {written(told.at)}, and has no leaf under the checkpoint of "
        yield from self._unless_played(told, f"{said}{written(signed_at)} nor after it")

    def _unless_played(self, told: Told, said: str) -> Iterator[Finding]:
        if self._is_played and told.may_be_played:
            self.played += 1
            return
        if told.by is not None and told.by.startswith(FROM_LOG):
            said += " (if another system's log was imported then: --played)"
        yield _finding(told, said)


def _finding(told: Told, said: str) -> Finding:
    return Finding("time", told.stream, told.version, said, told.field)
