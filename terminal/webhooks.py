"""`closeout webhook …`: events sent to addresses, by whoever runs the engine."""

import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from pydantic import JsonValue

    from desk.courier import Courier
    from desk.subscribed import Subscription

    Change = Callable[[Courier], Awaitable[Subscription]]

OWNER = "terminal"
HOURS_MAX = 168
LIST_MAX = 1000
AGAIN = " There may be more: say it again."

Hook = Annotated[str, typer.Argument(metavar="ID", help="The subscription, as `list` names it.")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="Why; it stays on record.")]
OfIssue = Annotated[str | None, typer.Option(metavar="ZONE/KEY", help="Only events of this issue.")]
OfSubject = Annotated[
    str | None,
    typer.Option(
        "--issue",
        metavar="SUBJECT",
        help="Only events of this issue, as ZONE/KEY; or order/ZONE/KEY, matter/ZONE/KEY.",
    ),
]


async def webhook_add(
    session: Session,
    url: Annotated[
        str, typer.Argument(metavar="URL", help="https://…, on the open network unless allowed.")
    ],
    name: Annotated[str, typer.Option(metavar="NAME", help="What it is for.")],
    zone: Annotated[
        list[str] | None,
        typer.Option(metavar="ZONE", help="Only events of this zone; may be repeated."),
    ] = None,
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="Only events of this kind; may be repeated."),
    ] = None,
    issue: OfIssue = None,
    of: Annotated[
        list[str] | None,
        typer.Option(
            metavar="issue|order|matter",
            help="Events of this; may be repeated. Else of issues alone.",
        ),
    ] = None,
    after: Annotated[
        int | None,
        typer.Option(min=0, metavar="POSITION", help="Begin behind this position; else from now."),
    ] = None,
) -> None:
    """Have events sent to an address. The secret that signs them is shown this once.

    CLOSEOUT_WEBHOOK_ALLOW says which networks and hosts may be private, use http or other ports.
    """
    from pydantic import ValidationError

    from desk.subscribed import read_asked
    from domain.errors import from_validation
    from domain.events_out import require_kinds, require_of_issues
    from terminal.shown.webhooks import made_plain, made_shown

    said = {"url": url, "name": name, "zones": zone or (), "kinds": kind or (), "issue": issue}
    said["of"] = of or ()
    try:
        asked = read_asked(said)
    except ValidationError as error:
        raise from_validation(error) from error
    require_kinds(asked.kinds, asked.told_of, field="--kind")
    require_of_issues(asked.issue, asked.of, field="--of")
    async with _courier(session) as courier:
        await _require_zones(courier, asked.zones)
        found, secret = await courier.subscriptions.create(
            asked, owner=OWNER, by=_by(), after=after
        )
    session.out.answer(made_plain(found, secret), lambda: made_shown(found, secret))


async def webhook_list(session: Session) -> None:
    """List subscriptions: where, which events, how far, what still waits."""
    from terminal.shown.webhooks import listed_plain, listed_shown

    async with _courier(session) as courier:
        found = await courier.subscriptions.all()
        rows = {row.webhook: row for row in await courier.subscriptions.ledger.deliveries()}
    session.out.answer(listed_plain(found, rows), lambda: listed_shown(found, rows))


async def webhook_rotate(
    session: Session,
    hook: Hook,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=HOURS_MAX, help="For so long the one before signs as well.")
    ] = 24,
) -> None:
    """Give a subscription another secret, shown this once."""
    from terminal.shown.webhooks import made_plain, made_shown

    async with _courier(session) as courier:
        found, secret = await courier.subscriptions.rotate(
            hook, by=_by(), overlap=timedelta(hours=overlap_hours)
        )
    session.out.answer(made_plain(found, secret), lambda: made_shown(found, secret))


async def webhook_pause(session: Session, hook: Hook, reason: Why) -> None:
    """Send nothing until it is resumed. Nothing is lost."""
    await _changed(session, hook, lambda c: c.subscriptions.pause(hook, by=_by(), reason=reason))


async def webhook_resume(session: Session, hook: Hook) -> None:
    """Send again, first what has waited."""
    await _changed(session, hook, lambda c: c.subscriptions.resume(hook, by=_by()))


async def webhook_remove(session: Session, hook: Hook, reason: Why) -> None:
    """End a subscription for good, and destroy the key of its secrets."""
    await _changed(session, hook, lambda c: c.subscriptions.remove(hook, by=_by(), reason=reason))


async def webhook_dead(
    session: Session,
    hook: Hook,
    issue: OfSubject = None,
    limit: Annotated[int, typer.Option(min=1, max=LIST_MAX, help="How many.")] = 100,
) -> None:
    """List events that could not be sent, and those of the same issues that lie behind them."""
    from terminal.shown.webhooks import dead_plain, dead_shown

    async with _courier(session) as courier:
        rows = await courier.subscriptions.dead_letters(hook, limit=limit, issue=issue)
    session.out.answer(dead_plain(rows), lambda: dead_shown(rows))


async def webhook_replay(session: Session, hook: Hook, issue: OfSubject = None) -> None:
    """Send dead letters again, each issue's in order, before what comes later: the first 1,000."""
    from ledger.subscriptions import REPLAYED_MAX

    async with _courier(session) as courier:
        events = await courier.subscriptions.replay(hook, by=_by(), issue=issue)
    session.out.answer(
        {"subscription": hook, "events": events, "more": events == REPLAYED_MAX},
        lambda: f"{events} events are sent again.{AGAIN if events == REPLAYED_MAX else ''}",
    )


async def webhook_test(session: Session, hook: Hook) -> int:
    """Send one event that never happened, signed, and tell what the receiver said to it."""
    from desk.courier import OK
    from runtime.outgoing import RefusedAddressError, UnreachableError

    problem, status = None, None
    async with _courier(session) as courier:
        try:
            status = (await courier.test(hook)).status
        except (RefusedAddressError, UnreachableError) as error:
            problem = str(error)
    took = status in OK
    said = f"HTTP {status}" if problem is None else problem
    session.out.answer(
        {"subscription": hook, "status": status, "problem": problem},
        lambda: f"{'Taken' if took else 'Not taken'}: {said}.",
    )
    return 0 if took else 1


async def _changed(session: Session, hook: str, change: "Change") -> None:
    from terminal.shown.webhooks import listed_plain, listed_shown

    async with _courier(session) as courier:
        found = await change(courier)
        rows = {row.webhook: row for row in await courier.subscriptions.ledger.deliveries(hook)}
    session.out.answer(listed_plain([found], rows), lambda: listed_shown([found], rows))


async def _require_zones(courier: "Courier", wanted: tuple[str, ...]) -> None:
    from domain.errors import InvalidRequestError

    zones = await courier.zones()
    for each in sorted(set(wanted) - set(zones)):
        raise InvalidRequestError(
            "No handbook is published for this zone.", field="--zone", value=each, allowed=zones
        )


@asynccontextmanager
async def _courier(session: Session) -> "AsyncIterator[Courier]":
    from desk.courier import Courier
    from runtime.outgoing import outgoing_of
    from runtime.webhook_signing import webhook_keys

    settings = session.settings
    outgoing = outgoing_of(settings)
    try:
        async with session.desk() as desk:
            yield Courier(desk, webhook_keys(session.place.settings), outgoing)
    finally:
        await outgoing.close()


def _by() -> "dict[str, JsonValue]":
    try:
        return {"kind": "account", "name": getpass.getuser()}
    except (OSError, KeyError):
        return {"kind": "account", "name": "?"}
