"""Why a log or its mapping cannot be used, and what of a log was not taken over."""

from dataclasses import dataclass


class UnusableFileError(Exception):
    """A file of an import cannot be used: `where` is the file and the place in it."""

    def __init__(self, message: str, *, where: str, allowed: str | None = None) -> None:
        super().__init__(message)
        self.where = where
        self.allowed = allowed

    def __str__(self) -> str:
        """Return everything on one line."""
        said = f"{self.where}: {super().__str__()}"
        return said if self.allowed is None else f"{said} Allowed: {self.allowed}."


class UnusableLogError(UnusableFileError):
    """A log cannot be read."""


class UnusableMappingError(UnusableFileError):
    """A mapping cannot be used."""


@dataclass(frozen=True, slots=True)
class NotTaken:
    """A row of the log, or one act of it, that is not in the ledger.

    `row` counts the log's events from 1; None: the line is not an event. `act` is the command that
    the engine refused; None: it never came to one. `case` is the issue's key.
    """

    line: int
    row: int | None
    case: str | None
    act: str | None
    code: str
    reason: str
