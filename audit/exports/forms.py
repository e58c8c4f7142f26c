"""What every form of an export is: how it begins, takes a life, and ends."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from audit.exports.choosing import Choice
from audit.exports.files import Outlet
from audit.exports.told import Told
from domain.model import written
from domain.streams import StreamKind

VERSION = 1


@dataclass(frozen=True, slots=True)
class Statement:
    """What a file says of itself. `read` is the id of the record that it was made."""

    form: str
    position: int
    at: datetime
    read: str
    choice: Choice

    @property
    def plain(self) -> dict[str, object]:
        """Return it as it is written."""
        return {
            "form": self.form,
            "version": VERSION,
            "position": self.position,
            "at": written(self.at),
            "filters": self.choice.plain,
            "read": self.read,
        }


@dataclass(slots=True)
class Counts:
    """How much of each is in a file."""

    issues: int = 0
    orders: int = 0
    matters: int = 0
    events: int = 0
    commands: int = 0
    terms: int = 0

    def take_in(self, told: Told) -> None:
        """Count a life that was written."""
        kind = told.kind
        self.issues += kind is StreamKind.ISSUE
        self.orders += kind is StreamKind.ORDER
        self.matters += kind is StreamKind.MATTER
        self.events += len(told.events)
        self.commands += len(told.commands)

    @property
    def plain(self) -> dict[str, int]:
        """Return it as it is written."""
        return asdict(self)


class Form(Protocol):
    """A form of export, in the making: one object for one file."""

    name: ClassVar[str]
    is_whole: ClassVar[bool]
    """Commands and terms are in as well."""
    has_others: ClassVar[bool]
    """Supervision orders and matters are in as well."""
    looks_back: ClassVar[bool]
    """What it writes first hangs on what comes last."""

    def begin(self, file: Outlet, statement: Statement) -> None:
        """Write what comes first."""
        ...

    def terms(self, file: Outlet, hash_: str, text: str | None) -> None:
        """Write terms that a life names, before the first that does."""
        ...

    def add(self, file: Outlet, told: Told) -> None:
        """Write one life."""
        ...

    def end(self, file: Outlet, counts: Counts) -> None:
        """Write what comes last."""
        ...
