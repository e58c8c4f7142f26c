"""A city whose zone supervises: the verbs for orders, on the city's virtual clock."""

import asyncio
from datetime import datetime
from typing import Any

import builders as b
import builders_orders as o
from cities import ANSWER_SECONDS, City
from temporalio.client import WorkflowHandle

from desk.supervising import SupervisionDesk
from domain.order_commands import OrderCommand
from domain.order_view import OrderGlimpse, order_workflow_id
from domain.orders import SupervisionOrder, order_stream
from domain.people import Actor
from domain.view import CommandResult


class Bureau:
    """Orders of one city. `key` is the order's and, without a suffix, its issue's."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.supervision = SupervisionDesk(city.desk)
        self.key = f"{city.key}-order"

    @property
    def stream(self) -> str:
        """Return the name of the order's stream."""
        return order_stream(b.ZONE, self.key)

    async def do(
        self, command: OrderCommand, actor: Actor = o.SUPERVISOR, **sent: Any
    ) -> CommandResult:
        """Carry out a command, and let everybody hear of it."""
        result = await self.supervision.carry_out(
            o.submission(command, actor, key=self.key, **sent)
        )
        await self.city.lapse.settle()
        return result

    async def at(
        self, at: datetime, command: OrderCommand, actor: Actor = o.SUPERVISOR
    ) -> CommandResult:
        """Let time pass until `at`, then do."""
        await self.city.lapse.advance_to(at)
        return await self.do(command, actor)

    async def issued(self, **changes: Any) -> CommandResult:
        """Report an issue, and issue an order about it."""
        await self.city.do(b.report(), b.ENTERPRISE)
        return await self.do(o.issue(issues=(self.city.key,), **changes))

    def handle(self) -> WorkflowHandle[Any, Any]:
        """Return the handle of the order's workflow."""
        return self.city.client.get_workflow_handle(order_workflow_id(b.ZONE, self.key))

    async def order(self) -> SupervisionOrder:
        """Return the order as the ledger has it."""
        return (await self.supervision.row(b.ZONE, self.key)).order

    async def kinds(self) -> list[str]:
        """Return the kinds of the order's events."""
        return [record.kind for record in await self.city.ledger.records(self.stream)]

    async def glimpse(self) -> OrderGlimpse:
        """Ask the workflow what it has seen."""
        seen: OrderGlimpse = await self.handle().query("order", result_type=OrderGlimpse)
        return seen

    async def ended(self) -> dict[str, Any]:
        """Wait until the workflow has ended, and return its closing."""
        closing: dict[str, Any] = await asyncio.wait_for(self.handle().result(), ANSWER_SECONDS)
        return closing
