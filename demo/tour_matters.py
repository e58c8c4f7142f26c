"""The matters of the tour: made up, one at least of each kind, kept as data beside this file."""

import tomllib
from datetime import UTC
from pathlib import Path
from typing import Annotated

from pydantic import Field, NaiveDatetime

from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.days import zone_of
from domain.matters.commands import MatterAct, MatterSubmission
from domain.matters.matter import MatterKey
from domain.model import Frozen
from domain.people import Actor
from domain.terms import Terms
from ledger.memory import MemoryLedger

FILE = Path(__file__).with_suffix(".toml")


class TourAct(Frozen):
    """One act in a matter, at an instant of the zone's local time."""

    at: NaiveDatetime
    key: MatterKey
    by: Actor
    command: Annotated[MatterAct, Field(discriminator="kind")]


class TourActs(Frozen):
    """All of them, in any order."""

    acts: Annotated[tuple[TourAct, ...], Field(min_length=1)]


def tour_acts() -> list[TourAct]:
    """Return the acts in the order of time."""
    found = TourActs.model_validate(tomllib.loads(FILE.read_text(encoding="utf-8")))
    return sorted(found.acts, key=lambda act: act.at)


async def keep_matters(ledger: MemoryLedger, zone: str, terms: Terms) -> None:
    """Carry out the tour's acts, each at its instant, and open the issues that come of them."""
    local = zone_of(terms.calendar.time_zone)
    acts = [(act.at.replace(tzinfo=local).astimezone(UTC), act) for act in tour_acts()]
    clock = VirtualClock(acts[0][0])
    desk = Desk(ledger, Shelf(ledger, {zone: terms}), clock)
    matters, errands = MatterDesk(desk), ErrandRunner(desk)
    for number, (at, act) in enumerate(acts, start=1):
        clock.at = at
        await matters.carry_out(
            MatterSubmission(
                id=f"tour-{number:02d}", zone=zone, key=act.key, actor=act.by, command=act.command
            )
        )
        await errands.once()
