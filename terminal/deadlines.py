"""`closeout why`: how a deadline came to be what it is, and why a warning did not come."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.looking import Named
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from audit.why import Evidence
    from desk.desk import Desk
    from domain.absence import Absence
    from domain.derivation import Derivation
    from domain.reasons import EventJudged
    from ledger.port import IssueRow
    from terminal.shown.derivation import Setting
    from terminal.shown.names import Names

Second = Annotated[
    str | None,
    typer.Argument(metavar="KEY", help="After a ZONE, its key.", show_default=False),
]
Third = Annotated[
    str | None,
    typer.Argument(metavar="CLOCK", help="Every cycle of this clock.", show_default=False),
]


async def why(
    session: Session,
    issue: Named,
    key: Second = None,
    clock: Third = None,
    clock_option: Annotated[
        str | None, typer.Option("--clock", metavar="CLOCK", help="The same as CLOCK.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Clocks that have ended as well.")] = False,
    events: Annotated[
        bool,
        typer.Option(
            "--events", help="For each event: which of CLOCK's conditions held or failed."
        ),
    ] = False,
    rung: Annotated[
        str | None,
        typer.Option("--not", metavar="RUNG", help="Why this rung of CLOCK did not fire."),
    ] = None,
) -> None:
    """Derive an issue's deadlines: budget, calendar, every stretch that counted, and the sum.

    ISSUE is a ledger number, ZONE KEY or ZONE/KEY; the word after it is the CLOCK.
    """
    from audit.why import evidence
    from terminal.shown.names import Names

    if events and rung is not None:
        raise typer.BadParameter("one at a time", param_hint="'--events' / '--not'")
    async with session.desk(reading=True) as desk:
        row, clock = await _named(desk, issue, key, clock, clock_option)
        stream = row.issue.stream
        found = await evidence(desk.ledger, stream)
        names = Names(await desk.shelf.version(row.issue.terms))
        now = desk.clock.now()
        seer = desk.seer
    if clock is None and (events or rung is not None):
        raise _no_clock(found)
    if clock is not None and rung is not None:
        _answer_why_not(session, found.why_not(clock, rung, now), names)
    elif clock is not None and events:
        _answer_events(session, clock, found.judgements(clock), names)
    else:
        from terminal.shown.derivation import Setting

        setting = Setting(names, now, lambda due_at: seer.wake_at(stream, due_at))
        _answer_why(session, found.derivations(clock), setting, every=every or clock is not None)


async def _named(
    desk: "Desk", issue: str, second: str | None, third: str | None, option: str | None
) -> "tuple[IssueRow, str | None]":
    """Return the issue and the clock that the words name.

    Of two words without a slash the first is a ledger number if there is an issue of that number,
    and a zone if not.
    """
    clock = third
    if third is None and second is not None and ("/" in issue or await _is_number(desk, issue)):
        second, clock = None, second
    if "/" in issue and second is not None:
        raise typer.BadParameter("after ZONE/KEY comes a CLOCK and nothing else")
    if clock is not None and option not in (None, clock):
        raise typer.BadParameter("two clocks are named", param_hint="'--clock'")
    return await find_issue(desk, issue, second), clock or option


async def _is_number(desk: "Desk", word: str) -> bool:
    return bool(await desk.ledger.find(number=word, limit=1))


def _no_clock(found: "Evidence") -> Exception:
    from domain.errors import InvalidRequestError

    had = {each.clock for each in found.derivations()}
    return InvalidRequestError("Which clock is meant?", field="clock", allowed=had)


def _answer_why(
    session: Session, derived: Sequence["Derivation"], setting: "Setting", *, every: bool
) -> None:
    from domain.clocks import Standing
    from terminal.shown.derivation import derivations

    live = [d for d in derived if d.standing in (Standing.RUNNING, Standing.PAUSED)]
    chosen = derived if every or not live else live
    session.out.answer(
        [_plain(each) for each in chosen],
        lambda: derivations(chosen, len(derived) - len(chosen), setting),
    )


def _answer_events(
    session: Session, clock: str, judged: Sequence["EventJudged"], names: "Names"
) -> None:
    from terminal.shown.reasons import events

    session.out.answer(
        {"clock": clock, "events": [_plain_event(each) for each in judged]},
        lambda: events(judged, clock, names),
    )


def _answer_why_not(session: Session, found: Sequence["Absence"], names: "Names") -> None:
    from terminal.shown.reasons import absences, sentence

    plain = [
        {
            **asdict(each),
            "events": [_plain_event(event) for event in each.events],
            "told": sentence(each, names),
        }
        for each in found
    ]
    session.out.answer(plain, lambda: absences(found, names))


def _plain(derivation: "Derivation") -> dict[str, object]:
    """Return a derivation with its sums; those at the top are the present target's."""
    present = derivation.present
    return {
        **asdict(derivation),
        "budget_ms": present.budget_ms,
        "counted_ms": present.counted_ms,
        "unspent_ms": present.unspent_ms,
        "adds_up": derivation.adds_up,
        "targets": [
            {
                **asdict(target),
                "counted_ms": target.counted_ms,
                "unspent_ms": target.unspent_ms,
                "adds_up": target.adds_up,
            }
            for target in derivation.targets
        ],
    }


def _plain_event(judged: "EventJudged") -> dict[str, object]:
    return {**asdict(judged), "agrees": judged.agrees}
