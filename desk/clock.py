"""The clock port: what time it is for the desk."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class DeskClock(Protocol):
    """Tells the desk's time."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        ...

    @property
    def offset(self) -> timedelta:
        """Return desk time minus the engine's time: zero but where the past is played."""
        ...


class SystemClock:
    """The machine's clock, in UTC."""

    offset = timedelta(0)

    def now(self) -> datetime:
        """Return the present instant."""
        return datetime.now(UTC)
