"""`closeout tour`: the console over a generated zone, to look around in."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from pydantic import SecretStr

    from desk.desk import Desk

ISSUES_MAX = 3000


class Seat(Protocol):
    """Whom one may look around as."""

    @property
    def user(self) -> str:
        """Return the name to sign in by."""
        ...

    @property
    def what(self) -> str:
        """Return what is seen from there."""
        ...


class Tour(Protocol):
    """A zone that was made up, on a desk of its own; all seats have one password."""

    @property
    def desk(self) -> "Desk":
        """Return the desk."""
        ...

    @property
    def zone(self) -> str:
        """Return the zone."""
        ...

    @property
    def password(self) -> "SecretStr":
        """Return the password."""
        ...

    @property
    def seats(self) -> Sequence[Seat]:
        """Return the seats."""
        ...


async def tour(
    session: Session,
    issues: Annotated[
        int, typer.Option(min=1, max=ISSUES_MAX, help="How many were reported.")
    ] = 200,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same zone.")] = 8,
) -> None:
    """Open the console over half a generated year of a zone, in memory, until Ctrl-C.

    Needs neither PostgreSQL nor Temporal; nothing is kept. No worker runs: nothing falls due by
    itself.
    """
    from domain.days import zone_of
    from face.house import House
    from face.identity import open_identity
    from runtime.settings import host_and_port
    from terminal.operating import served_on
    from terminal.shown.touring import tour_is_open

    session.prepare_log(session.settings.log_level)
    settings = served_on(session.settings)
    if not session.as_json:
        session.out.aside.print(f"Making up {issues} issues …", style="dim")
    opened = await session.wiring.open_tour(issues, seed)
    host, port = host_and_port(settings.api_address)
    address = f"http://{'127.0.0.1' if host == 'localhost' else host}:{port}/console"
    plain = {
        "console": address,
        "password": opened.password.get_secret_value(),
        "users": [seat.user for seat in opened.seats],
        "zone": opened.zone,
        "now": opened.desk.clock.now().isoformat(),
    }
    terms = await opened.desk.shelf.current(opened.zone, opened.desk.clock.now())
    now = opened.desk.clock.now().astimezone(zone_of(terms.calendar.time_zone))
    session.out.answer(plain, lambda: tour_is_open(address, opened, now))
    identity = await open_identity(settings, opened.desk)
    try:
        await session.wiring.serve_house(House(opened.desk, settings, identity))
    finally:
        await identity.close()
