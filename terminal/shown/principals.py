"""Users and keys as they stand, and what of them is shown once."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from desk.principals import Admitted, Shown
from domain.model import written
from terminal.shown.frames import SECOND, Sheet, facts, kept, wrapped
from terminal.shown.times import local

EVERYTHING = "all"


def principal_plain(admitted: Admitted) -> dict[str, object]:
    """Return a user or a key for a machine."""
    entry = admitted.entry
    return {
        **entry.principal.model_dump(mode="json"),
        "is_closed": entry.is_closed,
        "expires_at": None if entry.expires_at is None else written(entry.expires_at),
        "changed_at": written(admitted.at),
        "changed_by": admitted.by,
        "used_at": None if admitted.used_at is None else written(admitted.used_at),
    }


def shown_once_plain(made: Shown, label: str | None) -> dict[str, object]:
    """Return who was let in for a machine, with the secret under its label, if it is to be told."""
    secret = {} if label is None else {label: made.secret.get_secret_value()}
    return principal_plain(made.admitted) | secret


def shown_once(made: Shown, label: str | None) -> RenderableType:
    """Return who was let in for people."""
    said = made.admitted.entry.principal
    rows = [("id", said.id), ("may", _may(made.admitted)), ("zones", _listed(said.zones))]
    if made.admitted.entry.expires_at is not None:
        rows.append(("until", written(made.admitted.entry.expires_at)))
    told: list[RenderableType] = [
        Text.assemble(("✓ ", "green"), (said.name, "bold"), " is let in"),
        facts(rows),
    ]
    if label is not None:
        told.append(Text(f"{label}: {made.secret.get_secret_value()}", "bold"))
        told.append(Text(f"This {label} is not kept and cannot be shown again.", SECOND))
    return Group(*told)


def turned_out(admitted: Admitted) -> RenderableType:
    """Return that somebody is let in no more."""
    said = admitted.entry.principal
    return Text.assemble(("✓ ", "green"), (said.id, "bold"), f" is let in no more: {admitted.kind}")


def principals_shown(
    found: Sequence[Admitted], following: str | None, now: datetime
) -> RenderableType:
    """Return a line for each; times in UTC, as no zone's."""
    if not found:
        return "Nobody."
    sheet = Sheet(
        [kept("id"), kept("name"), wrapped("may"), wrapped("zones"), kept("used (UTC)"), kept("")]
    )
    for each in found:
        said = each.entry.principal
        used = "never" if each.used_at is None else local(each.used_at, "UTC")
        is_open = each.entry.is_open(now)
        standing = "" if is_open else each.kind if each.entry.is_closed else "expired"
        style = None if is_open else SECOND
        sheet.add(said.id, said.name, _may(each), _listed(said.zones), used, standing, style=style)
    if following is None:
        return sheet
    return Group(sheet, Text(f"More: --after {following}", SECOND))


def _may(admitted: Admitted) -> str:
    return ", ".join(_standings(admitted))


def _standings(admitted: Admitted) -> Iterator[str]:
    said = admitted.entry.principal
    yield from said.standings
    if said.person is not None and said.enterprise is not None:
        yield f"{said.person} for {said.enterprise}"
    elif said.person is not None:
        yield f"posts of {said.person}"
    yield from (f"for {acting}" for acting in said.acting)
    if said.acts is not None:
        yield f"only {', '.join(said.acts)}"


def _listed(zones: tuple[str, ...] | None) -> str:
    return EVERYTHING if zones is None else ", ".join(zones)
