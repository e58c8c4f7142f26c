"""`closeout backtest`: what another handbook would have come to on the recorded past."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from terminal.auditing import FOUND, JOBS_MAX
from terminal.handbook_files import VERSION, Zone
from terminal.local_days import read_days
from terminal.printing import (
    PDF,
    Force,
    InLanguage,
    Language,
    Printing,
    ending_of,
    folders,
    put_paper,
)
from terminal.progress import bars
from terminal.session import Session

if TYPE_CHECKING:
    from audit.backtest_run import Backtest, Scope, UnderHandbook
    from audit.life_pages import Pages

FIRST, LAST = datetime(1970, 1, 1, tzinfo=UTC), datetime(2201, 1, 1, tzinfo=UTC)

Handbook = Annotated[
    str | None,
    typer.Option(
        "--handbook",
        metavar="VERSION",
        help=VERSION,
        show_default="what each issue stood under: nothing may differ",
    ),
]
From = Annotated[
    str | None, typer.Option("--from", metavar="DAY", help="Reported on this local day or later.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="DAY", help="Reported on this local day or earlier.")
]
Printed = Annotated[
    Path | None,
    typer.Option(
        "--print", metavar="FILE", help="Write it to a workbook (.xlsx) or a PDF (.pdf) as well."
    ),
]
Jobs = Annotated[int, typer.Option(metavar="N", min=1, max=JOBS_MAX, help="So many processes.")]


async def backtest(
    session: Session,
    zone: Zone,
    handbook: Handbook = None,
    from_: From = None,
    to: To = None,
    jobs: Jobs = 1,
    print_: Printed = None,
    language: InLanguage = Language.ZH,
    force: Force = False,
) -> int:
    """Try a handbook on every recorded issue of a zone: deadlines, breaches, escalations, load.

    Acts stay as and when they were recorded; what a rule would have forbidden is left out and
    named. What people would have done instead nobody knows. Nothing is written. Without a handbook
    every issue is tried under what it stood under: exit code 6 if anything differs then.
    """
    from audit.backtest_run import Scope, UnderHandbook
    from audit.printed.backtests import ROWS_MAX, Tried, backtest_paper
    from audit.printed.ledger import PDF_ROWS_MAX
    from terminal.handbook_files import shown_version
    from terminal.reads import note_read
    from terminal.shown.backtests import backtested, backtested_plain

    from_on, to_on = read_days(from_, to)
    printing = None
    if print_ is not None:
        ending = ending_of(print_, field="--print")
        printing = Printing(print_, ending, folders(session, None), replace=force)
    async with session.desk(reading=True) as desk:
        present = await desk.shelf.current(zone, desk.clock.now())
        time_zone = present.calendar.time_zone
        policy, name = UnderHandbook(None), None
        if handbook is not None:
            found = await shown_version(session, desk, zone, handbook)
            known = await desk.shelf.known_calendars(zone) | present.calendars_by_id
            known[found.version.calendar.id] = found.version.calendar
            policy = UnderHandbook(found.version.handbook, tuple(known.values()))
            name = found.name
        position = await desk.ledger.safe_position()
        scope = Scope(
            zone=zone,
            position=position,
            from_at=FIRST if from_on is None else _midnight(from_on, time_zone),
            to_at=LAST if to_on is None else _midnight(to_on + timedelta(days=1), time_zone),
            until_at=desk.clock.now(),
        )
        told = {"zone": zone, "handbook": name, "from": from_, "to": to}
        await note_read(session, desk, "backtest", told, position=position)
        tried = await _tried(session, desk.ledger, policy, scope, jobs)
        handbook_shown = policy.handbook or present.handbook
        until = scope.until_at
        asked = Tried(handbook_shown, name, from_, to, position, until, time_zone)
    if printing is not None:
        rows_max = PDF_ROWS_MAX if printing.ending == PDF else ROWS_MAX
        paper = backtest_paper(tried, asked, language.value, rows_max=rows_max)
        written = await put_paper(paper, printing)
        told |= {"printed": str(written.path), "sha256": written.sha256}
    session.out.answer(
        {**told, "position": position, **backtested_plain(tried)},
        lambda: backtested(tried, name, time_zone),
    )
    unsound = tried.totals.unreadable or (handbook is None and tried.totals.differing)
    return FOUND if unsound else 0


async def _tried(
    session: Session, ledger: "Pages", policy: "UnderHandbook", scope: "Scope", jobs: int
) -> "Backtest":
    from audit.backtest_run import backtest as try_all

    settings = session.place.settings
    url = settings.reader_database_url or settings.database_url
    with bars(session) as shown:
        return await try_all(
            ledger,
            policy,
            scope,
            jobs=jobs,
            url=None if url is None else url.get_secret_value(),
            progress=lambda done: shown.move("issues tried", completed=done),
        )


def _midnight(day: date, time_zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone)).astimezone(UTC)
