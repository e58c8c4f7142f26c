"""Who must be told what happened in a matter: whom the event itself names."""

from domain.matters.events import MatterEvent
from domain.matters.state import Matter
from domain.notices import Notice


def matter_notices_of(event: MatterEvent, matter: Matter) -> tuple[Notice, ...]:
    """Return what to tell about `event`; `matter` is the matter after it, so at its version."""
    where, version = matter.stream, matter.version
    return tuple(
        Notice(f"{where}/{version}/{name}", where, version, event.kind, name)
        for name in dict.fromkeys(event.tells)
    )
