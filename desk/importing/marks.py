"""How a row is marked that the engine refuses and the log's authority imports."""

import re
from dataclasses import dataclass
from typing import Self

from domain.events import Event, NoteAdded
from domain.people import Service

AUTHORITY = Service(name="importer")
"""Who notes what the log says and the engine refuses."""
BY_AUTHORITY = "imported by the log's authority"
_SAID = re.compile(rf"{BY_AUTHORITY}: (\w+) refused: (\w+)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Mark:
    """Why a row stands in the ledger by the log's authority: the command that it comes to was
    refused here. In the ledger it is the evidence of the row's note."""

    act: str
    code: str

    def __str__(self) -> str:
        """Return what the note's evidence refers to."""
        return f"{BY_AUTHORITY}: {self.act} refused: {self.code}"

    @classmethod
    def on(cls, event: Event) -> Self | None:
        """Return the mark that an event bears."""
        if not isinstance(event, NoteAdded) or event.by != AUTHORITY or not event.evidence:
            return None
        said = _SAID.fullmatch(event.evidence[0].reference)
        return None if said is None else cls(said[1], said[2])
