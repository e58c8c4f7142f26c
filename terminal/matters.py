"""`closeout matters procedures`, `list`, `show`, `do`, `figures`, `timeline`: what a zone keeps."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, get_args
from uuid import uuid4

import typer

from terminal.actors import read_actor
from terminal.asking import Actor, Expect, Id, OccurredAt, Zone
from terminal.session import Session
from terminal.travel import AsOf, KnownAt, Looked, WaitFor, arrived, looked

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.terms import Terms
    from ledger.matters import MatterRow
    from terminal.shown.matters import SeenMatter

LIST_MAX = 999
FACTS_MAX = 5_000

MatterKey = Annotated[
    str,
    typer.Argument(
        metavar="KEY", help="Your own name for the matter: letters, digits, . _ - (48)."
    ),
]


async def matters_procedures(session: Session, zone: Zone) -> None:
    """Tell by which procedures a zone keeps matters, who runs each, its parts, its limits."""
    from terminal.shown.handbook_matters import matter_sheet
    from terminal.shown.matters import procedure_plain

    async with session.desk(reading=True) as desk:
        handbook = (await _in_force(desk, zone)).handbook
    plain = [procedure_plain(rule) for rule in handbook.matter_procedures]
    session.out.answer(
        {"zone": zone, "revision": handbook.revision, "procedures": plain},
        lambda: matter_sheet(handbook),
    )


async def matters_list(
    session: Session,
    zone: Zone,
    procedure: Annotated[str | None, typer.Option(metavar="ID", help="Of this procedure.")] = None,
    stage: Annotated[str | None, typer.Option(metavar="ID", help="That stand so.")] = None,
    post: Annotated[
        str | None, typer.Option(metavar="POST", help="This post is accountable.")
    ] = None,
    enterprise: Annotated[
        str | None, typer.Option(metavar="ID", help="That concern this enterprise.")
    ] = None,
    issue: Annotated[
        str | None, typer.Option(metavar="KEY", help="That hang together with this issue.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Not closed only.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="Matters on a page.")] = 20,
    after: Annotated[
        str, typer.Option(metavar="KEY", help="Go on after this matter.", show_default=False)
    ] = "",
) -> None:
    """List the matters of a zone, by key, a page at a time."""
    from domain.matters.matter import matter_stream
    from terminal.shown.matters import matter_list, named_plain

    async with session.desk(reading=True) as desk:
        rows = await desk.ledger.find_matters(
            zone=zone,
            procedure=procedure,
            stage=stage,
            post=post,
            enterprise=enterprise,
            issue=issue,
            open_only=open_only,
            after=matter_stream(zone, after) if after else "",
            limit=limit + 1,
        )
        found = [await _seen(desk, row) for row in rows[:limit]]
    following = found[-1].matter.key if len(rows) > limit else None
    session.out.answer(
        {"matters": [named_plain(each) for each in found], "after": following},
        lambda: matter_list(found, following),
    )


async def matters_show(
    session: Session,
    zone: Zone,
    key: MatterKey,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """Show where a matter stands, or stood: its lines, what it waits for, its issues."""
    from terminal.shown.matters import matter_in_full, matter_plain
    from terminal.shown.sights import stated, stated_plain

    async with session.desk(reading=True) as desk:
        looked_at = await _look(desk, zone, key, (as_of, known_at), wait_for)
        found = await _seen(desk, looked_at.row)
    position, then = looked_at.position, looked_at.then
    session.out.answer(
        matter_plain(found) | stated_plain(position, then),
        lambda: stated(matter_in_full(found), position, then, found.names.time_zone),
    )


async def matters_do(
    session: Session,
    zone: Zone,
    key: MatterKey,
    command: Annotated[
        str, typer.Argument(metavar="COMMAND", help="What is asked, such as record-step.")
    ],
    fields: Annotated[
        list[str] | None,
        typer.Argument(metavar="FIELD", help="key=text, key:=JSON, a.b=text, or one object."),
    ] = None,
    actor: Actor = None,
    id_: Id = None,
    occurred_at: OccurredAt = None,
    expect: Expect = None,
) -> None:
    """Open a matter or act in one, by any command that its procedure knows.

    closeout matters do xinghe visits-1 record-step enterprise=xinghe-optics step=visited
    """
    from desk.matters import MatterDesk
    from domain.matters.commands import read_matter_submission
    from terminal.fields import read_fields
    from terminal.shown.matters import matter_result

    document: dict[str, Any] = {
        "id": id_ or f"cli-{uuid4()}",
        "zone": zone,
        "key": key,
        "actor": read_actor(actor),
        "command": {**read_fields(fields or ()), "kind": _read_kind(command)},
        "expected_version": expect,
        "occurred_at": occurred_at,
    }
    submission = read_matter_submission(json.dumps(document))
    async with session.desk() as desk:
        matters = MatterDesk(desk)
        result = await matters.carry_out(submission)
        found = await _seen(desk, await matters.row(zone, key))
    session.out.answer(result, lambda: matter_result(result, found))


async def matters_figures(
    session: Session,
    zone: Zone,
    procedure: Annotated[str, typer.Argument(metavar="PROCEDURE", help="Whose matters count.")],
) -> None:
    """Count the matters of a procedure as they stand: each rate with its denominator."""
    from desk.matter_counting import counted
    from face.matters import procedure_named
    from terminal.shown.matters import Counted, figures_plain, figures_shown

    async with session.desk(reading=True) as desk:
        terms = await _in_force(desk, zone)
        rule = procedure_named(terms.handbook, procedure)
        position = await desk.ledger.safe_position()
        at = desk.clock.now()
        counting = await counted(desk.ledger, zone, rule, position)
    told = Counted(rule, terms, at, position, counting.matters, counting.figures())
    session.out.answer(figures_plain(told), lambda: figures_shown(told))


async def matters_timeline(
    session: Session,
    zone: Zone,
    key: MatterKey,
    after: Annotated[int, typer.Option(min=0, metavar="VERSION", help="Go on after this.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=FACTS_MAX, help="Facts at most.")] = 100,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    wait_for: WaitFor = None,
) -> None:
    """Tell what happened in a matter, fact by fact; or what had, by a past instant."""
    from face.matter_facts import facts_told
    from terminal.shown.matters import facts_plain, facts_shown
    from terminal.shown.sights import stated, stated_plain

    async with session.desk(reading=True) as desk:
        looked_at = await _look(desk, zone, key, (as_of, known_at), wait_for)
        matter = looked_at.row.matter
        found = await _seen(desk, looked_at.row)
        records = (await desk.ledger.records(matter.stream))[: matter.version]
    position, then = looked_at.position, looked_at.then
    rest = records[after : after + limit + 1]
    facts = facts_told(rest[:limit])
    following = facts[-1].version if len(rest) > limit else None
    session.out.answer(
        facts_plain(found, facts, following) | stated_plain(position, then),
        lambda: stated(facts_shown(found, facts, following), position, then, found.names.time_zone),
    )


def _read_kind(word: str) -> str:
    """Return the kind of command that the word names, with hyphens or underscores."""
    from domain.errors import InvalidRequestError

    kind, known = word.replace("-", "_"), sorted(_kinds())
    if kind not in known:
        raise InvalidRequestError(
            "There is no such command.",
            field="command",
            value=word,
            allowed=[each.replace("_", "-") for each in known],
        )
    return kind


def _kinds() -> Iterator[str]:
    from domain.matters.commands import MatterAct

    for command in get_args(MatterAct):
        yield command.model_fields["kind"].default


@dataclass(frozen=True, slots=True)
class _Look:
    """A matter as it stands or stood, and how far the ledger went."""

    row: "MatterRow"
    position: int
    then: Looked | None


async def _look(
    desk: "Desk", zone: str, key: str, asked: tuple[str | None, str | None], wait_for: int | None
) -> _Look:
    from desk.matter_travelling import matter_row_then
    from desk.matters import MatterDesk

    reached = await arrived(desk, wait_for)
    row = await MatterDesk(desk).row(zone, key)
    then = await looked(desk, *asked, zone)
    if then is not None:
        return _Look(await matter_row_then(desk, zone, key, then.sight), then.sight.position, then)
    own = await desk.ledger.positions(row.matter.stream, from_version=row.matter.version)
    return _Look(row, max([reached, *own[:1]]), None)


async def _in_force(desk: "Desk", zone: str) -> "Terms":
    return await desk.shelf.current(zone, desk.clock.now())


async def _seen(desk: "Desk", row: "MatterRow") -> "SeenMatter":
    from terminal.shown.matters import SeenMatter
    from terminal.shown.names import Names

    return SeenMatter(row.matter, Names(await desk.shelf.version(row.matter.terms)))
