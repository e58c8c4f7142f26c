"""Who may read what is said of a person."""

from domain.errors import NotPermittedError
from domain.issue import Issue
from domain.people import Actor, named
from domain.permissions import Capacity, Setting, capacities_of

READ_PERSONAL = "read_personal"
"""What a delegation has to name for a deputy to read."""

READERS = frozenset(
    {
        Capacity.OWNER,
        Capacity.HANDLER,
        Capacity.LEAD,
        Capacity.COORDINATOR,
        Capacity.SUPERVISOR,
    }
)


def require_reader(actor: Actor, issue: Issue, setting: Setting) -> None:
    """Refuse unless the actor works on the issue, coordinates or supervises."""
    if not capacities_of(actor, issue, setting) & READERS:
        raise NotPermittedError(
            "This actor may not read personal texts of the issue.",
            field="actor",
            value=named(actor),
            allowed=sorted(READERS),
        )
