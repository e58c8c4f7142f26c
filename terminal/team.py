"""`closeout team`: the joint teams of an issue, and whose each part's time was."""

from terminal.looking import Named, NamedKey, heading
from terminal.session import Session, find_issue


async def team(session: Session, issue: Named, key: NamedKey = None) -> None:
    """Show the joint teams of an issue: each part's units, waits, disputes, own time, lateness."""
    from domain.evolve import evolve
    from domain.team_times import part_times
    from terminal.shown.names import Names
    from terminal.shown.team import parts_in_time, parts_plain

    async with session.desk() as desk:
        row = await find_issue(desk, issue, key)
        records = await desk.ledger.records(row.issue.stream)
        terms = await desk.shelf.version(row.issue.terms)
        now = max(desk.clock.now(), row.issue.changed_at)
    life, after = [], None
    for record in records:
        event = record.event
        after = evolve(after, event, zone=row.issue.zone, key=row.issue.key, terms=record.terms)
        life.append((event, after))
    found = part_times(life, terms, now)
    names = Names(terms)
    session.out.answer(parts_plain(found), lambda: parts_in_time(heading(row), found, names))
