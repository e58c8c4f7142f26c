"""`closeout simulate`: a year of a zone, made up by a scenario and played in virtual time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import FOUND, JOBS_MAX
from terminal.progress import bars
from terminal.session import Session

if TYPE_CHECKING:
    from audit.handling_times import HandlingTime

File = Annotated[Path, typer.Argument(metavar="SCENARIO", help="A TOML file.", show_default=False)]
Seed = Annotated[int | None, typer.Option(metavar="N", min=0, show_default="that of the scenario")]
Issues = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="So many reports.", show_default="as the scenario says"),
]
Zones = Annotated[
    int | None,
    typer.Option(
        metavar="N", min=1, help="So many zones alike.", show_default="as the scenario says"
    ),
]
Factor = Annotated[
    float | None,
    typer.Option(
        "--roster",
        metavar="FACTOR",
        help="So many times the rosters: 0.5 is half of them.",
        show_default="that of the scenario",
    ),
]
Jobs = Annotated[
    int, typer.Option(metavar="N", min=1, max=JOBS_MAX, help="So many processes, for zones alike.")
]
Out = Annotated[
    Path | None, typer.Option(metavar="FOLDER", help="Write the whole ledger there, as files.")
]
Like = Annotated[
    str | None,
    typer.Option(metavar="ZONE", help="What the scenario does not say takes as long as there."),
]
Figures = Annotated[bool, typer.Option("--figures", help="Count the published figures of it too.")]
Check = Annotated[bool, typer.Option("--check", help="Decide again all that is in FOLDER.")]


@dataclass(frozen=True, slots=True)
class YearAsked:
    """A year as somebody asks for it: the scenario's file, what is to be otherwise than it says,
    handling times for what it says nothing of, and what is wanted beside the sums."""

    file: Path
    changes: dict[str, object]
    known: "tuple[HandlingTime, ...]"
    jobs: int
    folder: Path | None
    figures: bool
    check: bool
    progress: Callable[[int], None]


async def simulate(
    session: Session,
    scenario: File,
    seed: Seed = None,
    issues: Issues = None,
    zones: Zones = None,
    roster: Factor = None,
    like: Like = None,
    jobs: Jobs = 1,
    out: Out = None,
    figures: Figures = False,
    check: Check = False,
) -> int:
    """Play a year of a zone in virtual time: reports, rosters, queues, deadlines, by its handbook.

    Each command is decided as in production; the same scenario and seed give the same hash. Needs
    no stack, and writes to no ledger; --like reads one. Exit code 6 if --check finds anything.
    """
    from terminal.shown.simulated import simulated

    if check and out is None:
        raise typer.BadParameter("nothing is written without --out", param_hint="--check")
    given = {"seed": seed, "issues": issues, "zones": zones, "roster_factor": roster}
    known = () if like is None else await _measured(session, like)
    with bars(session) as shown:
        asked = YearAsked(
            file=scenario,
            changes={name: value for name, value in given.items() if value is not None},
            known=known,
            jobs=jobs,
            folder=out,
            figures=figures,
            check=check,
            progress=lambda told: shown.move("issues told", advance=told),
        )
        year = await session.wiring.simulate(asked)
    session.out.answer(year.plain(), lambda: simulated(year))
    return 0 if year.checked is None or year.checked.is_identical else FOUND


async def _measured(session: Session, zone: str) -> "tuple[HandlingTime, ...]":
    """Return how long things took in a zone, as the ledger has it."""
    from audit.handling_times import measured

    async with session.desk(reading=True) as desk:
        await desk.shelf.current(zone, desk.clock.now())  # a zone that nobody knows is refused
        return await measured(desk.ledger, zone)
