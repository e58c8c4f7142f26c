"""A city whose zone keeps matters: the verbs for them, on the city's virtual clock."""

import asyncio
from datetime import datetime
from typing import Any

import builders as b
import builders_matters as m
import builders_zone as z
from cities import ANSWER_SECONDS, City
from temporalio.client import WorkflowHandle

from desk.matters import MatterDesk
from domain.matters.commands import MatterCommand
from domain.matters.matter import matter_stream
from domain.matters.state import Matter
from domain.matters.view import MatterGlimpse, matter_workflow_id
from domain.people import Actor
from domain.view import CommandResult

DAY_MINUTES = 1440


def _wall(minutes: int) -> dict[str, Any]:
    return {"kind": "wall", "minutes": minutes}


NOTICES: dict[str, Any] = {
    "id": "notices",
    "name": m.name("notices"),
    "steps": [
        {"id": "told", "name": m.name("told"), "once": False, "tells": [{"tier": 2}]},
        {"id": "delivered", "name": m.name("delivered"), "tells": [{"tier": 1}]},
        {
            "id": "read",
            "name": m.name("read"),
            "needs": ["delivered"],
            "by": [{"enterprise": True}],
            "from_step": "delivered",
            "due": {
                "within": _wall(2 * DAY_MINUTES),
                "levels": [{"tier": 1}, {"tier": 2}, {"tier": 3}],
                "then": _wall(DAY_MINUTES),
            },
        },
    ],
}
TERMS = m.terms_with(campaigns=[NOTICES])
OPEN = m.asked(kind="open_campaign", procedure="notices", title="Policy no. 4", targets=["mill"])
DELIVERED = m.asked(kind="record_step", enterprise="mill", step="delivered")
TOLD = m.asked(kind="record_step", enterprise="mill", step="told")
READ = m.asked(kind="record_step", enterprise="mill", step="read")
QUESTION = m.asked(
    kind="record_step",
    enterprise="mill",
    step="read",
    problems=[
        {
            "category": z.HANDBOOK.categories[0].id,
            "title": "Does it count for us?",
            "text": "We were founded last year.",
        }
    ],
)
CLOSE = m.asked(kind="close_matter", ending="All have read it.")


class MatterOffice:
    """One matter of a city."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.matters = MatterDesk(city.desk)
        self.key = f"{city.key}-m"

    @property
    def stream(self) -> str:
        """Return the name of the matter's stream."""
        return matter_stream(z.ZONE, self.key)

    async def do(
        self, command: MatterCommand, actor: Actor = b.COORDINATOR, **sent: Any
    ) -> CommandResult:
        """Carry out a command, and let everybody hear of it."""
        result = await self.matters.carry_out(m.sent(command, actor, key=self.key, **sent))
        await self.city.lapse.settle()
        return result

    async def at(
        self, at: datetime, command: MatterCommand, actor: Actor = b.COORDINATOR
    ) -> CommandResult:
        """Let time pass until `at`, then do."""
        await self.city.lapse.advance_to(at)
        return await self.do(command, actor)

    async def delivered(self) -> None:
        """Deliver a notice to the mill."""
        await self.do(OPEN)
        await self.do(DELIVERED)

    def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the handle of the matter's workflow."""
        return self.city.client.get_workflow_handle(matter_workflow_id(z.ZONE, self.key))

    async def matter(self) -> Matter:
        """Return the matter as the ledger has it."""
        return (await self.matters.row(z.ZONE, self.key)).matter

    async def kinds(self) -> list[str]:
        """Return the kinds of the matter's events."""
        return [record.kind for record in await self.city.ledger.records(self.stream)]

    async def told(self, kind: str) -> list[str]:
        """Return who was told of events of a kind; nothing may be left to tell."""
        notices = await self.city.ledger.notices(self.stream)
        assert all(notice.delivered_at is not None for notice in notices)
        return [notice.addressee for notice in notices if notice.kind == kind]

    async def glimpse(self) -> MatterGlimpse:
        """Ask the workflow what it has seen."""
        seen: MatterGlimpse = await self.handle().query("matter", result_type=MatterGlimpse)
        return seen

    async def untold(self) -> list[str]:
        """Return the notices that nobody was told yet."""
        notices = await self.city.ledger.notices(self.stream)
        return [notice.id for notice in notices if notice.delivered_at is None]

    async def ended(self) -> dict[str, Any]:
        """Wait until the workflow has ended, and return its closing."""
        closing: dict[str, Any] = await asyncio.wait_for(self.handle().result(), ANSWER_SECONDS)
        return closing
