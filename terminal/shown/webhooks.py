"""Subscriptions, their secrets, and what could not be sent."""

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from desk.subscribed import Subscription
from domain.model import written
from domain.streams import ISSUES_ALONE
from ledger.subscriptions import DeadRow, DeliveryRow
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped
from terminal.shown.times import local


def made_plain(found: Subscription, secret: str) -> dict[str, object]:
    """Return a subscription and its secret for a machine."""
    return {**_plain(found, None), "secret": secret}


def made_shown(found: Subscription, secret: str) -> RenderableType:
    """Return a subscription and its secret for people."""
    return Group(
        Text.assemble(("✓ ", "green"), (found.id, "bold"), f" {found.asked.url}"),
        facts([("secret", secret), ("events", _wanted(found))]),
        Text("The secret is not shown again: give it to the receiver now.", SECOND),
    )


def listed_plain(
    found: Sequence[Subscription], rows: Mapping[str, DeliveryRow]
) -> list[dict[str, object]]:
    """Return subscriptions for a machine."""
    return [_plain(each, rows.get(each.id)) for each in found]


def listed_shown(found: Sequence[Subscription], rows: Mapping[str, DeliveryRow]) -> RenderableType:
    """Return a line for each subscription."""
    if not found:
        return Text("Nothing is sent anywhere. `closeout webhook add URL` has events sent.", SECOND)
    sheet = Sheet(
        [kept("subscription"), wrapped("where"), wrapped("events"), wrapped("stands"), kept("left")]
    )
    for each in found:
        row = rows.get(each.id)
        why = "" if each.reason is None else f": {each.reason}"
        if each.ends_at is not None:
            why += f" (ends {each.ends_at:%Y-%m-%d})"
        sheet.add(
            each.id,
            f"{each.asked.name} {each.asked.url}",
            _wanted(each),
            f"{each.standing}{why}",
            "" if row is None else str(row.pending),
        )
    return sheet


def dead_plain(rows: Sequence[DeadRow]) -> list[dict[str, object]]:
    """Return dead letters for a machine."""
    return [
        {
            "position": row.position,
            "issue": row.stream,
            "reason": row.reason,
            "at": written(row.at),
        }
        for row in rows
    ]


def dead_shown(rows: Sequence[DeadRow]) -> RenderableType:
    """Return a line for each dead letter; times in UTC, as no zone's."""
    if not rows:
        return Text("There are no dead letters.", SECOND)
    sheet = Sheet([kept("position"), kept("issue"), kept("when (UTC)"), wrapped("why")])
    for row in rows:
        sheet.add(str(row.position), row.stream, local(row.at, "UTC", seconds=True), row.reason)
    return sheet


def _plain(found: Subscription, row: DeliveryRow | None) -> dict[str, object]:
    return {
        "id": found.id,
        "owner": found.owner,
        "name": found.asked.name,
        "url": found.asked.url,
        "zones": list(found.asked.zones),
        "issue": found.asked.issue,
        "kinds": list(found.asked.kinds),
        "of": sorted(found.asked.told_of),
        "standing": found.standing.value,
        "reason": found.reason,
        "created_at": written(found.created_at),
        "ends_at": None if found.ends_at is None else written(found.ends_at),
        "position": None if row is None else row.position,
        "pending": None if row is None else row.pending,
    }


def _wanted(found: Subscription) -> str:
    asked = found.asked
    where = asked.issue or ", ".join(asked.zones) or "every zone"
    of = "" if asked.told_of == ISSUES_ALONE else f" of {', '.join(sorted(asked.told_of))}"
    return f"{where}: {', '.join(asked.kinds) or 'all'}{of}"
