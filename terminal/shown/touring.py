"""What somebody is told whose tour is open."""

from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from terminal.shown.frames import SECOND, facts

if TYPE_CHECKING:
    from terminal.touring import Tour


def tour_is_open(address: str, tour: "Tour", now: datetime) -> RenderableType:
    """Return where the console is and whom to sign in as. `now`: what time it is in the zone."""
    seats = [
        ("  sign in as" if not at else "", f"{seat.user:<12} {seat.what}")
        for at, seat in enumerate(tour.seats)
    ]
    return Group(
        Text.assemble(("✓ ", "green"), ("The tour is open", "bold"), (f"  {address}", SECOND)),
        facts(
            (
                ("  zone", f"{tour.zone}, where it is {now:%Y-%m-%d %H:%M}"),
                ("  matters", f"at least one of each kind, {address}/{tour.zone}/matters"),
                *seats,
                ("  password", f"{tour.password.get_secret_value()} for all of them"),
                ("  stop", "Ctrl-C; nothing is kept"),
            )
        ),
    )
