"""What `closeout doctor` asks of the transparency log: is it signed, carried on, given away."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ledger.postgres import PostgresLedger
from runtime.settings import Settings
from terminal.checks import Check, Grade

if TYPE_CHECKING:
    from desk.desk import Desk

STEP_LATE = timedelta(minutes=5)
"""The worker takes a step of the log every minute."""


async def log_checks(desk: "Desk", settings: Settings) -> list[Check]:
    """Look whether what is written comes under a checkpoint, and checkpoints leave the house."""
    ledger = desk.ledger
    if not isinstance(ledger, PostgresLedger):
        return []
    at = datetime.now(UTC)
    newest = await ledger.checkpoint()
    waiting = await ledger.log_waiting() + await ledger.log_events_waiting()
    beyond = await ledger.log_size() - (0 if newest is None else newest.size)
    return [
        signed(settings, None if newest is None else newest.at, waiting + beyond, at),
        anchored(settings, await ledger.last_anchored(), at),
    ]


def signed(settings: Settings, newest_at: datetime | None, uncovered: int, at: datetime) -> Check:
    """Return whether what is written comes under a checkpoint in time."""
    if settings.log_key is None:
        return Check(
            "log",
            Grade.WARN,
            "nothing is signed: no key is named",
            "Set CLOSEOUT_LOG_KEY to a file that the database's administrator cannot read.",
        )
    if newest_at is None:
        said = "nothing was signed yet"
        return Check(
            "log", Grade.WARN, said, "The worker does within a minute, or: closeout anchor"
        )
    age = at - newest_at
    if uncovered and age > STEP_LATE:
        return Check(
            "log",
            Grade.FAIL,
            f"{uncovered} facts are under no checkpoint, the newest is {_minutes(age)} old",
            "`closeout anchor` says why it is not carried on.",
        )
    return Check("log", Grade.OK, f"signed {_minutes(age)} ago; {uncovered} facts since")


def anchored(settings: Settings, last: dict[tuple[str, str], datetime], at: datetime) -> Check:
    """Return whether checkpoints are given away as often as they are to be."""
    if not last:
        return Check(
            "anchors",
            Grade.WARN,
            "no checkpoint was given to anybody outside the database",
            "Set CLOSEOUT_ANCHOR_DIR, _WEBHOOK, _MAIL or _TIMESTAMP; `closeout anchor` tries them.",
        )
    (kind, target), newest_at = max(last.items(), key=lambda each: each[1])
    age = at - newest_at
    if age > 2 * timedelta(minutes=settings.anchor_every_minutes):
        said = f"the last was given {_minutes(age)} ago: {kind} {target}"
        return Check("anchors", Grade.WARN, said, "`closeout anchor` says who does not take it.")
    return Check("anchors", Grade.OK, f"{kind} {target}, {_minutes(age)} ago")


def _minutes(length: timedelta) -> str:
    return f"{max(0, int(length.total_seconds() // 60)):,} min"
