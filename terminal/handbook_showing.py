"""`closeout handbook list`, `show` and `diff`: what there is, what it says, in what two differ."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from terminal.handbook_files import (
    NO_LEDGER,
    VERSION,
    Zone,
    compared,
    desk_if_any,
    read_shipped,
    shown_version,
)
from terminal.session import Session

Named = Annotated[str, typer.Argument(metavar="VERSION", help=VERSION)]


async def handbook_list(
    session: Session,
    zone: Annotated[
        str | None, typer.Argument(metavar="ZONE", help="One zone.", show_default="all")
    ] = None,
) -> None:
    """List the handbooks: shipped, published, and which is in force.

    A shipped revision never takes the place of a published one: where it is later, that is said.
    """
    from desk.handbook_versions import Versions, ZoneVersions
    from handbooks import shelf
    from terminal.shown.handbook_publications import version_list, version_list_plain

    found: list[tuple[ZoneVersions, dict[str, int] | None]]
    async with desk_if_any(session) as desk:
        if desk is None:
            named = shelf.zones(session.settings.handbook_dir) if zone is None else [zone]
            found = [(ZoneVersions(each, read_shipped(session, each)), None) for each in named]
        else:
            versions = Versions(desk)
            named = await versions.zones() if zone is None else [zone]
            found = [
                (await versions.of_zone(each), await versions.open_issues(each)) for each in named
            ]
    note = NO_LEDGER if desk is None else None
    session.out.answer(version_list_plain(found, note), lambda: version_list(found, note))


async def handbook_show(
    session: Session,
    zone: Zone,
    of: Annotated[str, typer.Option("--of", metavar="VERSION", help=VERSION)] = "in-force",
) -> None:
    """Show a handbook: tiers, posts and who is in them today, units, categories, clocks, sources.

    Without a ledger it shows the shipped one, and says so.
    """
    from terminal.shown.handbook_in_full import handbook_in_full, handbook_plain

    async with desk_if_any(session) as desk:
        shown = await shown_version(session, desk, zone, of)
        at = datetime.now(UTC) if desk is None else desk.clock.now()
    session.out.answer(handbook_plain(shown, at), lambda: handbook_in_full(shown, at))


async def handbook_diff(session: Session, zone: Zone, first: Named, second: Named) -> None:
    """Say in what two versions of a handbook differ: table by table, entry by entry."""
    from domain.handbook_diff import differences
    from terminal.shown.handbook_differences import handbook_differences, handbook_differences_plain

    async with desk_if_any(session) as desk:
        old = await compared(session, desk, zone, first)
        new = await compared(session, desk, zone, second)
    found = differences(old, new)
    session.out.answer(
        handbook_differences_plain(old, new, found),
        lambda: handbook_differences((first, old), (second, new), found),
    )
