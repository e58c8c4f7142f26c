"""`closeout supervise issue`, `reply` and so on: supervision orders, from issue to their end."""

import json
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from domain.order_words import OrderStanding, Ruling
from terminal.actors import read_actor
from terminal.asking import Actor, Expect, Id, OccurredAt, Zone
from terminal.session import Session

if TYPE_CHECKING:
    from desk.supervising import SupervisionDesk
    from ledger.orders import OrderRow
    from terminal.shown.orders import SeenOrder

LIST_MAX = 1000

Key = Annotated[
    str,
    typer.Argument(metavar="KEY", help="Your own name for the order: letters, digits, . _ - (64)."),
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why.")]
Fact = Annotated[
    int | None,
    typer.Option("--fact", metavar="VERSION", help="The version of what happened; `show` has it."),
]


async def supervise_issue(
    session: Session,
    zone: Zone,
    key: Key,
    instrument: Annotated[str, typer.Option(metavar="ID", help="By which instrument.")],
    unit: Annotated[str, typer.Option(metavar="ID", help="The unit that must answer.")],
    issue: Annotated[
        list[str],
        typer.Option("--issue", metavar="KEY", help="An issue it covers; again for more."),
    ],
    question: Annotated[str, typer.Option(metavar="TEXT", help="What is asked of the unit.")],
    rule: Annotated[
        str | None, typer.Option(metavar="ID", help="Its ground: a rule of the handbook …")
    ] = None,
    words: Annotated[
        str | None, typer.Option(metavar="TEXT", help="… or your own words. One of the two.")
    ] = None,
    actor: Actor = None,
    id_: Id = None,
    occurred_at: OccurredAt = None,
) -> None:
    """Put a question about issues to a unit, which owes a reply within the instrument's limit."""
    if (rule is None) is (words is None):
        raise typer.BadParameter("give one of them", param_hint="'--rule' / '--words'")
    ground = {"kind": "rule", "rule": rule} if words is None else {"kind": "person", "words": words}
    command = {
        "kind": "issue_order",
        "instrument": instrument,
        "unit": unit,
        "ground": ground,
        "issues": issue,
        "question": question,
    }
    await _send(session, zone, key, command, actor, id_, occurred_at, None)


async def supervise_reply(
    session: Session,
    zone: Zone,
    key: Key,
    text: Annotated[str, typer.Option(metavar="TEXT", help="The unit's answer.")],
    actor: Actor = None,
    id_: Id = None,
    occurred_at: OccurredAt = None,
    expect: Expect = None,
) -> None:
    """Answer an order, for the unit that it was put to."""
    command = {"kind": "reply_to_order", "text": text}
    await _send(session, zone, key, command, actor, id_, occurred_at, expect)


async def supervise_accept(
    session: Session,
    zone: Zone,
    key: Key,
    note: Annotated[str | None, typer.Option(metavar="TEXT", help="What is to be said.")] = None,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Be content with the reply: the order is settled."""
    await _send(
        session, zone, key, {"kind": "accept_reply", "note": note}, actor, id_, None, expect
    )


async def supervise_refuse(
    session: Session,
    zone: Zone,
    key: Key,
    reason: Reason,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Ask for another reply, within a fresh limit."""
    command = {"kind": "refuse_reply", "reason": reason}
    await _send(session, zone, key, command, actor, id_, None, expect)


async def supervise_lift(
    session: Session,
    zone: Zone,
    key: Key,
    reason: Reason,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Take an order back."""
    command = {"kind": "lift_order", "reason": reason}
    await _send(session, zone, key, command, actor, id_, None, expect)


async def supervise_raise(
    session: Session,
    zone: Zone,
    key: Key,
    to: Annotated[str, typer.Option(metavar="ID", help="The stronger instrument.")],
    reason: Reason,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Go on with a stronger instrument before the limit of this one has passed."""
    command = {"kind": "raise_order", "to": to, "reason": reason}
    await _send(session, zone, key, command, actor, id_, None, expect)


async def supervise_appeal(
    session: Session,
    zone: Zone,
    key: Key,
    reason: Reason,
    fact: Fact = None,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Object, for the unit, to what counts against it: without --fact, to the newest of it."""
    command = {"kind": "appeal_order", "version": fact, "reason": reason}
    await _send(session, zone, key, command, actor, id_, None, expect)


async def supervise_rule(
    session: Session,
    zone: Zone,
    key: Key,
    ruling: Annotated[
        Ruling, typer.Option(metavar="WORD", help="uphold: it counts; annul: it does not.")
    ],
    reason: Reason,
    fact: Fact = None,
    actor: Actor = None,
    id_: Id = None,
    expect: Expect = None,
) -> None:
    """Rule on an appeal, from the tier up that the handbook names."""
    command = {"kind": "rule_appeal", "ruling": ruling, "version": fact, "reason": reason}
    await _send(session, zone, key, command, actor, id_, None, expect)


async def supervise_show(
    session: Session,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="ZONE KEY, or ZONE/KEY.")],
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="After a ZONE, its key.")] = None,
) -> None:
    """Show where an order stands: limit, replies, steps up, appeals."""
    from desk.supervising import SupervisionDesk
    from terminal.shown.orders import order_in_full, order_plain

    zone, key = _named(order, key)
    async with session.desk() as desk:
        supervision = SupervisionDesk(desk)
        found = await _seen(supervision, await supervision.row(zone, key))
    session.out.answer(order_plain(found), lambda: order_in_full(found))


async def supervise_list(
    session: Session,
    zone: Annotated[str | None, typer.Option(metavar="ZONE", help="Of this zone.")] = None,
    unit: Annotated[str | None, typer.Option(metavar="ID", help="Put to this unit.")] = None,
    standing: Annotated[
        OrderStanding | None,
        typer.Option(metavar="WORD", help=f"That stand so: {', '.join(OrderStanding)}."),
    ] = None,
    issue: Annotated[
        str | None, typer.Option(metavar="KEY", help="That cover the issue of this key.")
    ] = None,
    open_only: Annotated[bool, typer.Option("--open", help="Not settled or lifted only.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="Orders on a page.")] = 20,
    after: Annotated[
        str, typer.Option(metavar="ZONE/KEY", help="Go on after this order.", show_default=False)
    ] = "",
) -> None:
    """List supervision orders, by zone and key, a page at a time."""
    from desk.supervising import SupervisionDesk
    from domain.orders import order_stream
    from terminal.shown.orders import order_list, order_plain

    async with session.desk() as desk:
        supervision = SupervisionDesk(desk)
        rows = await supervision.find(
            zone=zone,
            unit=unit,
            standing=standing,
            issue=issue,
            open_only=open_only,
            after=order_stream(*after.split("/", 1)) if "/" in after else after,
            limit=min(limit + 1, LIST_MAX),
        )
        found = [await _seen(supervision, row) for row in rows[:limit]]
    last = found[-1].order if len(rows) > limit else None
    following = None if last is None else f"{last.zone}/{last.key}"
    session.out.answer(
        {"orders": [order_plain(each) for each in found], "after": following},
        lambda: order_list(found, following),
    )


def _named(order: str, key: str | None) -> tuple[str, str]:
    """Return the zone and the key that the command line names."""
    if key is not None:
        return order, key
    zone, slash, named = order.removeprefix("order/").partition("/")
    if not slash:
        raise typer.BadParameter("name it by ZONE KEY, or ZONE/KEY", param_hint="'ORDER'")
    return zone, named


async def _send(
    session: Session,
    zone: str,
    key: str,
    command: dict[str, Any],
    actor: str | None,
    id_: str | None,
    occurred_at: str | None,
    expected_version: int | None,
) -> None:
    from desk.supervising import SupervisionDesk
    from domain.order_commands import read_order_submission
    from terminal.shown.orders import order_result

    document = {
        "id": id_ or f"cli-{uuid4()}",
        "zone": zone,
        "key": key,
        "actor": read_actor(actor),
        "command": command,
        "expected_version": expected_version,
        "occurred_at": occurred_at,
    }
    submission = read_order_submission(json.dumps(document))
    async with session.desk() as desk:
        supervision = SupervisionDesk(desk)
        result = await supervision.carry_out(submission)
        seen = await _seen(supervision, await supervision.row(zone, key))
    session.out.answer(result, lambda: order_result(result, seen))


async def _seen(supervision: "SupervisionDesk", row: "OrderRow") -> "SeenOrder":
    from terminal.shown.names import Names
    from terminal.shown.orders import SeenOrder

    terms = await supervision.desk.shelf.version(row.order.terms)
    return SeenOrder(row.order, supervision.glimpse(row), Names(terms))
