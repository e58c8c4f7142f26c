"""`closeout list`, `show` and `history`: what there is, where it stands, how it came there."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domain.phases import Phase
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.chain import Record
    from domain.terms import Terms
    from ledger.port import IssueRow
    from terminal.shown.issues import Seen, SeenInFull

LIST_MAX = 1000

Named = Annotated[
    str, typer.Argument(metavar="ISSUE", help="A ledger number, ZONE KEY, or ZONE/KEY.")
]
NamedKey = Annotated[str | None, typer.Argument(metavar="KEY", help="After a ZONE, its key.")]


async def list_(
    session: Session,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    phase: Annotated[
        Phase | None, typer.Option(metavar="WORD", help=f"In this phase: {', '.join(Phase)}.")
    ] = None,
    owner: Annotated[str | None, typer.Option(metavar="POST", help="Owned by this post.")] = None,
    category: Annotated[str | None, typer.Option(metavar="ID", help="Of this kind.")] = None,
    report: Annotated[
        str | None, typer.Option(metavar="ID", help="Told of in this message, with others.")
    ] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Past their deadline only.")] = False,
    open_only: Annotated[bool, typer.Option("--open", help="Not closed only.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="Issues on a page.")] = 20,
    after: Annotated[
        str, typer.Option(metavar="ZONE/KEY", help="Go on after this issue.", show_default=False)
    ] = "",
) -> None:
    """List issues, by zone and key, a page at a time."""
    async with session.desk() as desk:
        rows = await desk.ledger.find(
            zone=zone,
            phase=phase,
            owner=owner,
            category=category,
            report_id=report,
            overdue_at=desk.clock.now() if overdue else None,
            open_only=open_only,
            after=after,
            limit=min(limit + 1, LIST_MAX),
        )
        page, more = rows[:limit], len(rows) > limit
        issues = [await seen(desk, row) for row in page]
    following = page[-1].issue.stream if more else None
    filters = {
        "--zone": zone,
        "--phase": phase,
        "--owner": owner,
        "--category": category,
        "--report": report,
    }
    words = [word for name, value in filters.items() if value for word in (name, str(value))]
    words += [name for name, on in (("--overdue", overdue), ("--open", open_only)) if on]
    from terminal.shown.issues import issue_list

    session.out.answer(
        {"issues": [_brief(each) for each in issues], "after": following},
        lambda: issue_list(
            issues,
            following
            and shlex.join(
                ["closeout", "list", *words, "--limit", str(limit), "--after", following]
            ),
        ),
    )


async def show(
    session: Session,
    issue: Named,
    key: NamedKey = None,
    time: Annotated[
        bool, typer.Option("--time", help="Instead: who held it, from when until when.")
    ] = False,
    known_now: Annotated[
        bool,
        typer.Option(
            "--known-now", help="Instead: its clocks as known then and as known now, side by side."
        ),
    ] = False,
) -> None:
    """Show where an issue stands: phase, owner, clocks, joint team, sign-off."""
    if time and known_now:
        raise typer.BadParameter("one at a time", param_hint="'--time' / '--known-now'")
    if time or known_now:
        await _show_told(session, issue, key, by_holder=time)
        return
    async with session.desk() as desk:
        found = await in_full(desk, await find_issue(desk, issue, key))
    from terminal.shown.issues import issue_in_full, issue_plain

    session.out.answer(issue_plain(found), lambda: issue_in_full(found))


async def _show_told(session: Session, issue: str, key: str | None, *, by_holder: bool) -> None:
    """Show what an issue's events come to when they are told again."""
    from terminal.shown.known import known, known_plain
    from terminal.shown.names import Names
    from terminal.shown.responsibility import time_held, time_held_plain

    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        records = await desk.ledger.records(row.issue.stream)
        terms = await _terms_of(desk, records)
        now = max(desk.clock.now(), row.issue.changed_at)
    names = Names(terms[row.issue.terms])
    head = heading(row)
    if by_holder:
        from domain.responsibility import partition

        held = partition(records, terms, now)
        session.out.answer(time_held_plain(held), lambda: time_held(head, held, names))
    else:
        from domain.known import known_now

        clocks = known_now(records, terms, now)
        session.out.answer(known_plain(clocks), lambda: known(head, clocks, names))


async def history(session: Session, issue: Named, key: NamedKey = None) -> None:
    """Tell what has happened to an issue, event by event."""
    from audit.timeline import timeline
    from terminal.shown.history import history as shown
    from terminal.shown.names import Names

    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        records = await desk.ledger.records(row.issue.stream)
        terms = await _terms_of(desk, records)
    names = Names(terms[row.issue.terms])
    rows = timeline(records, terms)
    plain = {
        "zone": row.issue.zone,
        "key": row.issue.key,
        "number": row.issue.number,
        "events": [
            {
                "version": line.version,
                "at": record.at,
                "occurred_at": record.occurred_at,
                "recorded_late_ms": line.recorded_late_ms,
                "kind": line.kind,
                "title": line.title,
                "actor": record.event.by,
                "summary": line.summary,
                "command_id": record.command_id,
                "hash": record.hash,
                "event": record.event,
            }
            for line, record in zip(rows, records, strict=True)
        ],
    }
    session.out.answer(plain, lambda: shown(heading(row), records, rows, names))


def heading(row: "IssueRow") -> str:
    """Return what stands above what is told of an issue."""
    number = row.issue.number
    return f"{'' if number is None else f'{number}  '}{row.issue.stream}  {row.issue.title}"


async def _terms_of(desk: "Desk", records: "Sequence[Record]") -> dict[str, "Terms"]:
    """Return the terms that the records of a stream are judged by, by their hash."""
    from domain.retold import terms_named

    return {hash_: await desk.shelf.version(hash_) for hash_ in terms_named(records)}


async def seen(desk: "Desk", row: "IssueRow") -> "Seen":
    """Return an issue as it is shown, with the names of the terms it is judged by."""
    from terminal.shown.issues import Seen
    from terminal.shown.names import Names

    return Seen(desk.seer.view(row), Names(await desk.shelf.version(row.issue.terms)))


async def in_full(desk: "Desk", row: "IssueRow") -> "SeenInFull":
    """Return an issue with what each of its clocks shows now (R1.2)."""
    from domain.reading import read
    from terminal.shown.issues import SeenInFull

    found = await seen(desk, row)
    terms = await desk.shelf.version(row.issue.terms)
    at = max(found.view.at, row.issue.changed_at)
    calendars = {rule.id: terms.calendar_of(rule) for rule in terms.handbook.clocks}
    return SeenInFull(
        found.view,
        found.names,
        readings=tuple(
            read(clock, calendars.get(clock.rule, terms.calendar), at) for clock in row.issue.clocks
        ),
        request=row.issue.request,
        reply_wanted=row.issue.reply_wanted,
    )


def _brief(issue: "Seen") -> dict[str, object]:
    """Return what a list says of an issue; `show` says the rest."""
    left_out = {"clocks", "parts", "resolution"}
    return issue.view.model_dump(mode="json", exclude=left_out)
