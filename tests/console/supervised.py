"""The zone of `builders` with supervision, lists, segments and callbacks, and a console over it."""

from typing import Any

import builders as b
import builders_orders as o
from consoles import Console, console_over, require_well_formed
from desks import StandingClock
from httpx2 import Response

from desk.supervising import SupervisionDesk
from domain.handbook import Handbook
from domain.order_commands import OrderCommand
from domain.people import Officer
from domain.terms import Terms
from ledger.memory import MemoryLedger

ROOT = f"/console/{b.ZONE}"
NASTY = "<script>alert(1)</script> \"'{{7*7}} 🚚"
NASTY_SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39;{{7*7}} 🚚"


def terms(**changes: Any) -> Terms:
    """Return the zone's terms, whole entries replaced by `changes`."""
    data = o.TERMS.handbook.model_dump(mode="json") | {
        "callbacks": {"percent": 50, "at_least": 1},
        "segments": [{"id": "leading", "name": {"zh": "龙头企业", "en": "Leading"}}],
        "lists": [
            {"id": "exporters", "name": {"zh": "外贸", "en": "Exporters"}, "members": ["mill"]}
        ],
    }
    for each in data["enterprises"]:
        if each["id"] == "mill":
            each |= {"segment": "leading", "supplies": ["bakery"]}
    handbook = Handbook.model_validate(data | changes)
    return Terms(handbook=handbook, calendar=o.TERMS.calendar)


def console_of(clock: StandingClock | None = None, **changes: Any) -> Console:
    """Return a console over that zone, in memory."""
    return console_over(MemoryLedger(), clock, terms(**changes))


async def ordered(
    console: Console, command: OrderCommand, actor: Officer = o.SUPERVISOR, key: str = "order-1"
) -> None:
    """Carry a command to an order out."""
    sent = o.submission(command, actor, key=key)
    await SupervisionDesk(console.counter.desk).carry_out(sent)


async def sent(console: Console, name: str, path: str, data: dict[str, Any]) -> Response:
    """Return what a form of somebody's is answered with."""
    async with console.opened_as(name) as browser:
        answer = await browser.post(f"{ROOT}{path}", data=data)
    if answer.status_code != 303:
        require_well_formed(answer.text)
    return answer


async def status(console: Console, name: str, path: str) -> int:
    """Return with which status somebody is shown a page."""
    async with console.opened_as(name) as browser:
        return (await browser.get(f"{ROOT}{path}")).status_code


async def part_of(console: Console, name: str, path: str) -> str:
    """Return what htmx is shown of a page."""
    async with console.opened_as(name) as browser:
        answer = await browser.get(f"{ROOT}{path}", headers={"HX-Request": "true"})
    assert answer.status_code == 200, answer.text[-800:]
    assert "<html" not in answer.text
    require_well_formed(answer.text)
    return answer.text
