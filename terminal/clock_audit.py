"""`closeout clocks audit`: whether every rung that was promised fired, or is accounted for."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import FOUND, counting
from terminal.session import Session

if TYPE_CHECKING:
    from audit.clocks import TimerAudit
    from desk.desk import Desk

MINUTES_MAX = 7 * 24 * 60
FIRST_INSTANT = datetime(2000, 1, 1, tzinfo=UTC)
NO_INSTANT = "is no instant with a zone: write 2026-11-22T09:00+08:00, or end it with Z"


async def clocks_audit(
    session: Session,
    zone: Annotated[
        str | None, typer.Option(metavar="ZONE", help="The issues of one zone only.")
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(
            metavar="INSTANT",
            help="Judge as of this past instant, such as 2026-11-22T09:00+08:00; what was recorded "
            "later is left out.",
            show_default="this moment",
        ),
    ] = None,
    grace_minutes: Annotated[
        int,
        typer.Option(
            "--grace",
            metavar="MINUTES",
            min=0,
            max=MINUTES_MAX,
            help="A due rung may be on its way for so long.",
        ),
    ] = 2,
    tell_minutes: Annotated[
        int,
        typer.Option(
            "--told-within",
            metavar="MINUTES",
            min=0,
            max=MINUTES_MAX,
            help="Everybody must have been told of a fired rung within so long.",
        ),
    ] = 10,
) -> int:
    """Prove that no due rung is unaccounted for. Exit code 6 if anything is found.

    Names each deadline that passed without its holder having been told in time, too: that is
    marked, and is no finding.
    """
    from audit.clocks import audit_clocks
    from audit.notified import audit_notified
    from terminal.shown.clock_audit import plain, timer_audit

    async with session.desk(reading=True) as desk:
        at = _instant(now, desk)
        with counting(session, "accounting for rungs") as progress:
            audited = await audit_clocks(
                desk.ledger,
                now=at,
                zone=zone,
                grace=timedelta(minutes=grace_minutes),
                tell_within=timedelta(minutes=tell_minutes),
                progress=progress,
            )
        with counting(session, "looking for notices") as progress:
            notified = await audit_notified(desk.ledger, now=at, zone=zone, progress=progress)
        published = await desk.shelf.handbook_publications() if zone is not None else {}
    if zone is not None:
        _require_known(zone, audited, session, published)
    session.out.answer(plain(audited, notified), lambda: timer_audit(audited, notified))
    return 0 if audited.is_sound else FOUND


def _instant(text: str | None, desk: "Desk") -> datetime:
    """Return the instant to judge as of: nothing can be said of one that is still to come."""
    present = desk.clock.now()
    if text is None:
        return present
    try:
        told = datetime.fromisoformat(text)
        at = told.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(f"{text!r} {NO_INSTANT}", param_hint="--now") from error
    if told.tzinfo is None:
        raise typer.BadParameter(f"{text!r} {NO_INSTANT}", param_hint="--now")
    if at < FIRST_INSTANT:
        raise typer.BadParameter(
            f"{text} is before {FIRST_INSTANT:%Y-%m-%d}: no issue is so old", param_hint="--now"
        )
    if at > present:
        raise typer.BadParameter(f"{text} is still to come", param_hint="--now")
    return at


def _require_known(
    zone: str, audited: "TimerAudit", session: Session, published: Iterable[str]
) -> None:
    """A misspelt zone has no issues, hence no findings: it must not pass for a sound one."""
    from domain.errors import UnknownZoneError
    from handbooks import shelf

    known = sorted({*shelf.zones(session.settings.handbook_dir), *published})
    if not audited.streams and zone not in known:
        raise UnknownZoneError(
            "This zone has no handbook and no issues.", field="zone", value=zone, allowed=known
        )
