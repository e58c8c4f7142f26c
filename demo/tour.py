"""A zone to look around in: half a generated year and a few matters on a ledger in memory, and a
user in each role.

No worker runs: what falls due after the last recorded act is shown as late, and nobody is told.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from pydantic import SecretStr

from demo.tour_matters import keep_matters
from demo.year import Year, generate_year
from desk.desk import Desk
from desk.principals import NewUser, add_user
from desk.shelf import Shelf
from domain.access import Standing
from domain.handbook import Handbook, Role
from ledger.memory import MemoryLedger

FROM: Final = date(2026, 1, 1)
UNTIL: Final = date(2026, 6, 18)
"""In the midst of things: on a working day, with issues open, late and at risk."""
MORNING: Final = timedelta(hours=9, minutes=30)
PASSWORD_BYTES: Final = 9


@dataclass(frozen=True, slots=True)
class Seat:
    """Whom one may look around as."""

    user: str
    what: str


SEATS: Final = (
    Seat("supervisor", "sees the whole zone, reminds, orders"),
    Seat("coordinator", "assigns, dispatches, draws callbacks"),
    Seat("grid", "the first tier: the enterprises of one grid"),
    Seat("unit", "a department: the parts that are its own"),
    Seat("enterprise", "reports, follows, confirms or rejects"),
    Seat("auditor", "reads everything; each read is recorded"),
    Seat("operator", "lets users in; reads no issue"),
)


@dataclass(frozen=True, slots=True)
class Tour:
    """A desk over the generated zone, and the password of all its seats."""

    desk: Desk
    year: Year
    password: SecretStr
    seats: tuple[Seat, ...] = SEATS

    @property
    def zone(self) -> str:
        """Return the zone that was made up."""
        return self.year.zone


class RunningFrom:
    """A clock that began at an instant of the story, and runs on as time does."""

    def __init__(self, at: datetime) -> None:
        self._ahead = at - datetime.now(UTC)

    @property
    def offset(self) -> timedelta:
        """Return how far the story is from the machine's time."""
        return self._ahead

    def now(self) -> datetime:
        """Return the present instant of the story."""
        return datetime.now(UTC) + self._ahead


async def open_tour(issues: int, seed: int) -> Tour:
    """Return a zone with so many issues reported in half a year; the same seed gives the same."""
    year = generate_year(issues, seed=seed, year=FROM.year, from_on=FROM, until_on=UNTIL)
    ledger = MemoryLedger()
    await year.lay(ledger)
    await keep_matters(ledger, year.zone, year.terms)
    last = max(record.at for record in year.records)
    clock = RunningFrom(max(last, year.until_at + MORNING))
    desk = Desk(ledger, Shelf(ledger, {year.zone: year.terms}), clock)
    password = SecretStr(secrets.token_urlsafe(PASSWORD_BYTES))
    for name, given in _users(year.terms.handbook).items():
        await add_user(desk, NewUser.model_validate({"name": name, **given}), None, password)
    return Tour(desk, year, password)


def _users(handbook: Handbook) -> Mapping[str, dict[str, object]]:
    """Return who sits on each seat: the first holder of a fitting post."""

    def holder(role: Role | None = None, tier: int | None = None, *, unit: bool = False) -> str:
        return next(
            post.people[0]
            for post in handbook.posts
            if post.people
            and (role is None or role in post.roles)
            and (tier is None or post.tier == tier)
            and (not unit or post.unit is not None)
        )

    return {
        "supervisor": {"person": holder(Role.SUPERVISOR)},
        "coordinator": {"person": holder(Role.COORDINATOR)},
        "grid": {"person": holder(tier=1)},
        "unit": {"person": holder(unit=True)},
        "enterprise": {
            "person": f"{handbook.enterprises[0].id}-contact",
            "enterprise": handbook.enterprises[0].id,
        },
        "auditor": {"standings": (Standing.AUDITOR,)},
        "operator": {"standings": (Standing.OPERATOR,)},
    }
