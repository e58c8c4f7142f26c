"""What `closeout doctor` says of subscriptions: what lies unsent, and what is sent no more."""

from collections.abc import Iterable, Sequence

from desk.desk import Desk
from desk.principals import read_admission
from desk.subscribed import Subscription, kept
from domain.webhooks import WebhookStanding
from terminal.checks import Check, Grade

NAME = "webhooks"
NAMED_MAX = 5


async def webhooks(desk: Desk) -> list[Check]:
    """Look for dead letters, for what is paused, and for whom nothing will be sent any more."""
    found = await kept(desk.ledger)
    active = [each for each in found if each.standing is WebhookStanding.ACTIVE]
    paused = [f"{each.id} ({each.reason})" for each in found if each not in active]
    dead = await desk.ledger.dead_letter_counts()
    over = await _shut_out(desk, active)
    ended = [f"{each.id} of {each.owner}" for each in active if each.owner in over]
    ended += [f"{each.id}, not renewed" for each in active if _is_over(each, desk)]
    checks = []
    if dead:
        told = _named(f"{count} of {name}" for name, count in dead.items())
        todo = "Mend the receiver, then `closeout webhook replay ID` sends them again."
        lie = f"{sum(dead.values())} dead letters: {told}"
        checks.append(Check(NAME, Grade.WARN, lie, todo))
    if paused:
        todo = "`closeout webhook resume ID` sends again what has waited; `remove` ends it."
        checks.append(Check(NAME, Grade.WARN, f"paused: {_named(paused)}", todo))
    if ended:
        todo = "The next event pauses it: let whoever needs it subscribe under a key that is valid."
        checks.append(Check(NAME, Grade.WARN, f"nobody's any more: {_named(ended)}", todo))
    return checks or [Check(NAME, Grade.OK, f"{len(found)} subscriptions, no dead letters")]


async def _shut_out(desk: Desk, found: Sequence[Subscription]) -> set[str]:
    """Return whose subscriptions are sent nothing any more: keys that were revoked or have expired,
    users that were turned out."""
    owners = sorted({each.owner for each in found})
    rows = await desk.ledger.newest_admissions(owners)
    now = desk.clock.now()
    return {row.principal for row in rows if not read_admission(row).entry.is_open(now)}


def _is_over(found: Subscription, desk: Desk) -> bool:
    return found.ends_at is not None and found.ends_at <= desk.clock.now()


def _named(names: Iterable[str]) -> str:
    every = list(names)
    more = len(every) - NAMED_MAX
    return ", ".join(every[:NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
