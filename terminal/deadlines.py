"""`closeout why`: how a deadline came to be what it is."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.looking import Named, NamedKey
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from audit.why import Derivation


async def why(
    session: Session,
    issue: Named,
    key: NamedKey = None,
    clock: Annotated[
        str | None, typer.Option(metavar="CLOCK", help="Every cycle of this clock.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Clocks that have ended as well.")] = False,
) -> None:
    """Derive an issue's deadlines: budget, calendar, every stretch that counted, and the sum."""
    from audit.why import why as derive
    from domain.clocks import Standing
    from terminal.shown.derivation import Setting, derivations
    from terminal.shown.names import Names

    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        stream = row.issue.stream
        derived = await derive(desk.ledger, stream, clock)
        names = Names(await desk.shelf.version(row.issue.terms))
        now = desk.clock.now()
        seer = desk.seer
    live = tuple(d for d in derived if d.standing in (Standing.RUNNING, Standing.PAUSED))
    chosen = derived if every or clock is not None or not live else live
    setting = Setting(names, now, lambda due_at: seer.wake_at(stream, due_at))
    session.out.answer(
        [_plain(each) for each in chosen],
        lambda: derivations(chosen, len(derived) - len(chosen), setting),
    )


def _plain(derivation: "Derivation") -> dict[str, object]:
    return {
        **asdict(derivation),
        "counted_ms": derivation.counted_ms,
        "unspent_ms": derivation.unspent_ms,
        "adds_up": derivation.adds_up,
    }
