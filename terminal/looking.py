"""`closeout list`, `show` and `history`: what there is, where it stands, how it came there."""

import shlex
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from domain.phases import Phase
from terminal.asking import Actor
from terminal.erasing import show_personal
from terminal.session import Session, find_issue
from terminal.travel import AsOf, KnownAt, Looked, WaitFor, arrived, looked

if TYPE_CHECKING:
    from datetime import datetime

    from desk.desk import Desk
    from domain.chain import Record
    from domain.terms import Terms
    from ledger.asof import Filters
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
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """List issues, by zone and key, a page at a time; as they stand, or as they stood."""
    from ledger.asof import Filters

    fitting = Filters(zone, phase, owner, category, report, overdue=overdue, open_only=open_only)
    async with session.desk(reading=True) as desk:
        position = await arrived(desk, wait_for)
        then = await looked(desk, as_of, known_at, zone)
        if then is None:
            rows, more = await _present(desk, fitting, after, limit)
        else:
            position = then.sight.position
            rows, more = await _past(session, desk, then, fitting, after, limit)
        at = None if then is None else then.sight.at
        issues = [await seen(desk, row, at) for row in rows]
    following = rows[-1].issue.stream if more else None
    words = [*_filter_words(fitting), *_sight_words(then, as_of, known_at)]
    from terminal.shown.issues import issue_list
    from terminal.shown.sights import stated, stated_plain

    time_zone = issues[0].names.time_zone if issues else "UTC"
    session.out.answer(
        {"issues": [_brief(each) for each in issues], "after": following}
        | stated_plain(position, then),
        lambda: stated(
            issue_list(
                issues,
                following
                and shlex.join(
                    ["closeout", "list", *words, "--limit", str(limit), "--after", following]
                ),
            ),
            position,
            then,
            time_zone,
        ),
    )


async def _present(
    desk: "Desk", fitting: "Filters", after: str, limit: int
) -> "tuple[Sequence[IssueRow], bool]":
    """Return a page of the issues as they stand, and whether more follow."""
    rows = await desk.ledger.find(
        zone=fitting.zone,
        phase=fitting.phase,
        owner=fitting.owner,
        category=fitting.category,
        report_id=fitting.report_id,
        overdue_at=desk.clock.now() if fitting.overdue else None,
        open_only=fitting.open_only,
        after=after,
        limit=min(limit + 1, LIST_MAX),
    )
    return rows[:limit], len(rows) > limit


async def _past(
    session: Session, desk: "Desk", then: Looked, fitting: "Filters", after: str, limit: int
) -> "tuple[Sequence[IssueRow], bool]":
    """Return a page of the issues as they stood, and whether more follow."""
    from desk.travelling import rows_then
    from terminal.auditing import counting

    with counting(session, "looking back") as progress:
        page = await rows_then(
            desk, then.sight, fitting, after=after, limit=limit, progress=progress
        )
    return page.rows, page.more


def _filter_words(fitting: "Filters") -> list[str]:
    filters = {
        "--zone": fitting.zone,
        "--phase": fitting.phase,
        "--owner": fitting.owner,
        "--category": fitting.category,
        "--report": fitting.report_id,
    }
    words = [word for name, value in filters.items() if value for word in (name, str(value))]
    flags = {"--overdue": fitting.overdue, "--open": fitting.open_only}
    return words + [name for name, on in flags.items() if on]


def _sight_words(then: Looked | None, as_of: str | None, known_at: str | None) -> list[str]:
    """Return the words that let the next page look from where this one did."""
    if then is None:
        return []
    words = [] if as_of is None else ["--as-of", as_of]
    if isinstance(then.as_of, int):
        return words
    return [*words, "--known-at", known_at or str(then.sight.position)]


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
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="Instead: what it says of persons. It is recorded.")
    ] = False,
    actor: Actor = None,
) -> None:
    """Show where an issue stands, or stood: phase, owner, clocks, joint team, sign-off."""
    if personal:
        if time or known_now or as_of or known_at or wait_for:
            raise typer.BadParameter("goes with --as alone", param_hint="'--personal'")
        await show_personal(session, issue, key, actor)
        return
    if time and known_now:
        raise typer.BadParameter("one at a time", param_hint="'--time' / '--known-now'")
    if time or known_now:
        if as_of or known_at:
            raise typer.BadParameter("goes without --time and --known-now", param_hint="'--as-of'")
        await _show_told(session, issue, key, by_holder=time)
        return
    from desk.travelling import position_of, row_then
    from terminal.shown.issues import issue_in_full, issue_plain
    from terminal.shown.sights import stated, stated_plain

    async with session.desk(reading=True) as desk:
        reached = await arrived(desk, wait_for)
        row = await find_issue(desk, issue, key)
        then = await looked(desk, as_of, known_at, row.issue.zone)
        if then is None:
            found = await in_full(desk, row)
            position = await position_of(desk.ledger, row, reached)
        else:
            row = await row_then(desk, row.issue.zone, row.issue.key, then.sight)
            found = await in_full(desk, row, then.sight.at)
            position = then.sight.position
    session.out.answer(
        issue_plain(found) | stated_plain(position, then),
        lambda: stated(issue_in_full(found), position, then, found.names.time_zone),
    )


async def _show_told(session: Session, issue: str, key: str | None, *, by_holder: bool) -> None:
    """Show what an issue's events come to when they are told again."""
    from terminal.shown.known import known, known_plain
    from terminal.shown.names import Names
    from terminal.shown.responsibility import time_held, time_held_plain

    async with session.desk(reading=True) as desk:
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


async def history(
    session: Session,
    issue: Named,
    key: NamedKey = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """Tell what has happened to an issue, event by event; or what had, by a past instant."""
    from audit.timeline import timeline
    from desk.travelling import row_then
    from terminal.shown.history import history as shown
    from terminal.shown.names import Names
    from terminal.shown.sights import stated, stated_plain

    async with session.desk(reading=True) as desk:
        reached = await arrived(desk, wait_for)
        row = await find_issue(desk, issue, key)
        then = await looked(desk, as_of, known_at, row.issue.zone)
        records = await desk.ledger.records(row.issue.stream)
        if then is not None:
            row = await row_then(desk, row.issue.zone, row.issue.key, then.sight)
            records = records[: row.issue.version]
        positions = (await desk.ledger.positions(row.issue.stream))[: len(records)]
        terms = await _terms_of(desk, records)
    position = max([reached, *positions]) if then is None else then.sight.position
    names = Names(terms[row.issue.terms])
    rows = timeline(records, terms)
    plain = {
        "zone": row.issue.zone,
        "key": row.issue.key,
        "number": row.issue.number,
        **stated_plain(position, then),
        "events": [
            {
                "version": line.version,
                "position": placed,
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
            for line, record, placed in zip(rows, records, positions, strict=True)
        ],
    }
    session.out.answer(
        plain,
        lambda: stated(shown(heading(row), records, rows, names), position, then, names.time_zone),
    )


def heading(row: "IssueRow") -> str:
    """Return what stands above what is told of an issue."""
    number = row.issue.number
    return f"{'' if number is None else f'{number}  '}{row.issue.stream}  {row.issue.title}"


async def _terms_of(desk: "Desk", records: "Sequence[Record]") -> dict[str, "Terms"]:
    """Return the terms that the records of a stream are judged by, by their hash."""
    from domain.retold import terms_named

    return {hash_: await desk.shelf.version(hash_) for hash_ in terms_named(records)}


async def seen(desk: "Desk", row: "IssueRow", at: "datetime | None" = None) -> "Seen":
    """Return an issue as it is shown, now or `at` a past instant, with the names of the terms it
    is judged by."""
    from terminal.shown.issues import Seen
    from terminal.shown.names import Names

    return Seen(desk.seer.view(row, at), Names(await desk.shelf.version(row.issue.terms)))


async def in_full(desk: "Desk", row: "IssueRow", at: "datetime | None" = None) -> "SeenInFull":
    """Return an issue with what each of its clocks shows now, or `at` a past instant (R1.2)."""
    from domain.reading import read
    from terminal.shown.issues import SeenInFull

    found = await seen(desk, row, at)
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
