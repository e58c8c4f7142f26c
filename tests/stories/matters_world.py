"""Zone `xinghe` at work on its matters, with eighty-eight firms of a story's own on one list."""

import itertools
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from databases import Database
from ladder_world import at_work, beijing
from procedure_world import MONDAY, ZONE, ProcedureWorld, local, zone_with
from pydantic import TypeAdapter
from temporalio.client import Client

from audit.across import Depth
from audit.clocks import audit_clocks
from audit.verify import verify_all
from demo.virtual import VirtualClock, skipping
from desk.desk import Desk
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain import commands as cmd
from domain.errors import IssueError
from domain.issue import Issue
from domain.matters.commands import MATTER_SUBMISSION, MatterCommand, MatterSubmission
from domain.matters.events import MatterEvent
from domain.matters.figures import Figure
from domain.matters.matter import matter_stream
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.matters.values import Value
from domain.people import Actor
from domain.phases import Phase
from domain.terms import Terms
from domain.view import CommandResult

COMMAND: TypeAdapter[MatterCommand] = TypeAdapter(MatterCommand)
FIRMS = tuple(f"firm-{number:02}" for number in range(1, 89))
LISTED = "all-firms"
ODD_ONE = FIRMS[-1]
"""On the list, in no segment: no policy that asks for one fits it."""
SUPPLIERS = FIRMS[:22]
"""They supply Xinghe Optics; the last of them supplies Tianxuan Medical too."""
ADDED = """
[campaigns.safety-rounds]
name = { zh = "安全巡查", en = "Safety rounds" }
runs = [{ unit = "emergency-bureau" }]
source = "default, not from source"

[[campaigns.safety-rounds.steps]]
id = "walked"
name = { zh = "巡查", en = "Round" }
once = false
times_max = 100
origin = "inspection"
fields = [
  { id = "mended", name = { zh = "已整改", en = "Mended" }, type = "count", required = false },
  { id = "hazards", name = { zh = "隐患", en = "Hazards" }, type = "count", required = false },
]

[pipelines.shipments]
name = { zh = "出口货运", en = "Shipments abroad" }
runs = [{ unit = "economy-bureau" }]
source = "default, not from source"
stages = [
  { id = "booked", name = { zh = "已订舱", en = "Booked" } },
  { id = "delivered", name = { zh = "已交货", en = "Delivered" }, end = "done" },
]
dates = [
  { id = "sails", name = { zh = "开航日", en = "Day of sailing" }, tells = [{ tier = 1 }] },
  { id = "lands", name = { zh = "到港日", en = "Day of arrival" }, tells = [{ tier = 1 }] },
]
"""
"""Procedures that stories add by data alone."""
FOLLOWED_MAX = 100
GRIDS = ("xinghe-east-1", "xinghe-east-2", "xinghe-west-1", "xinghe-west-2")


def problem(category: str, title: str, **more: Any) -> dict[str, Any]:
    """Return a problem as an act tells of it."""
    return {"category": category, "title": title, "text": "请协调解决。", **more}


def yuan(amount: int) -> dict[str, Any]:
    """Return money of so many yuan."""
    return {"kind": "amount", "hundredths": amount * 100, "currency": "CNY"}


def _of_firm(number: int, firm: str) -> str:
    supplies = ["xinghe-optics"] if firm in SUPPLIERS else []
    supplies += ["xinghe-medical"] if firm == SUPPLIERS[-1] else []
    lines = [
        f"[enterprises.{firm}]",
        f'name = {{ zh = "样本企业{number}", en = "Sample firm {number}" }}',
        f'grid = "{GRIDS[number % len(GRIDS)]}"',
        f"supplies = {supplies}".replace("'", '"'),
        'source = "default, not from source"',
    ]
    return "\n".join([*lines, *([] if firm == ODD_ONE else ['segment = "growing"'])])


@cache
def terms_with_firms(*changes: tuple[str, str]) -> Terms:
    """Return the zone's terms with the story's firms, lines of its files replaced: read once."""
    members = ", ".join(f'"{firm}"' for firm in FIRMS)
    more = [
        *(_of_firm(number, firm) for number, firm in enumerate(FIRMS)),
        f"[lists.{LISTED}]",
        'name = { zh = "样本企业", en = "Sample firms" }',
        f"members = [{members}]",
        'source = "default, not from source"',
        ADDED,
    ]
    with TemporaryDirectory(prefix="closeout-matters-") as folder:
        grown = {"enterprises = 8\n": f"enterprises = {8 + len(FIRMS)}\n"}
        return zone_with(Path(folder), grown | dict(changes), "\n".join(more))


class MattersWorld(ProcedureWorld):
    """The verbs of a matter. `name` is what a story calls it."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.matters = MatterDesk(self.desk)
        self.sends = itertools.count(1)

    def key(self, name: str) -> str:
        """Return the key of what this story calls so; a key is returned as it is."""
        is_key = name.startswith("m.") or name.endswith(f"-{self.number}")
        return name if is_key else super().key(name)

    # --- acts ---

    async def act(
        self, name: str, actor: Actor, kind: str, /, *, at: str | None = None, **fields: Any
    ) -> CommandResult:
        """Send a command to a matter, at a local time if one is given; let all hear of it."""
        if at is not None:
            await self.until(at)
        result = await self.matters.carry_out(self.sent(name, actor, kind, **fields))
        await self.lapse.settle()
        return result

    def sent(self, name: str, actor: Actor, kind: str, /, **fields: Any) -> MatterSubmission:
        """Return a command to a matter as it is sent."""
        command = COMMAND.validate_python({"kind": kind, **fields})
        key = self.key(name)
        return MATTER_SUBMISSION.validate_python(
            {
                "id": f"{key}-{next(self.sends)}",
                "zone": self.zone,
                "key": key,
                "actor": actor,
                "command": command,
            }
        )

    async def balked(
        self,
        name: str,
        actor: Actor,
        kind: str,
        error: type[IssueError],
        match: str,
        /,
        *,
        at: str | None = None,
        **fields: Any,
    ) -> IssueError:
        """Send what is refused, and see that the matter has no trace of it."""
        if at is not None:
            await self.until(at)
        before = await self.ledger.records(self.stream(name))
        with pytest.raises(error, match=match) as caught:
            await self.act(name, actor, kind, **fields)
        assert await self.ledger.records(self.stream(name)) == before
        return caught.value

    async def judged_by(self, later: Terms) -> None:
        """Put other terms in force, and have open matters follow."""
        self.desk.shelf = Shelf(self.ledger, {ZONE: later})
        self.terms, self.handbook = later, later.handbook
        await self.matters.catch_up(FOLLOWED_MAX)

    # --- what there is to see ---

    def stream(self, name: str) -> str:
        """Return the stream of a matter."""
        return matter_stream(self.zone, self.key(name))

    async def matter(self, name: str) -> Matter:
        """Return the matter as the ledger has it."""
        return (await self.matters.row(self.zone, self.key(name))).matter

    async def facts(self, name: str, *kinds: str) -> list[MatterEvent]:
        """Return the events of a matter, of some kinds only if any are named."""
        found = await self.ledger.records(self.stream(name))
        return [each.matter_event for each in found if not kinds or each.kind in kinds]

    async def rang(self, name: str) -> list[tuple[str, str, str]]:
        """Return what fell due in a matter, in order: clock, rung, local time."""
        rows = await self.ledger.firings(self.stream(name))
        rows.sort(key=lambda row: row.version)
        return [(row.clock, row.rung, local(row.fired_at)) for row in rows]

    async def heard(self, name: str, kind: str) -> list[str]:
        """Return who was told of events of a kind, in order of name."""
        rows = await self.ledger.notices(self.stream(name))
        return sorted(row.addressee for row in rows if row.kind == kind)

    async def issues(self, name: str) -> list[Issue]:
        """Return the issues that hang together with a matter, in the order in which they came to.

        Each of them names the matter, and the matter is found by each of them.
        """
        found = []
        for tie in (await self.matter(name)).ties:
            issue = await self.issue(tie.issue)
            (row,) = await self.matters.find(zone=self.zone, issue=issue.key)
            assert row.matter.key == self.key(name)
            found.append(issue)
        return found

    def rule(self, procedure: str) -> AnyProcedure:
        """Return a procedure of the zone's handbook."""
        found = self.handbook.procedure(procedure)
        assert found is not None, procedure
        return found

    # --- a plain life of an issue that a matter opened ---

    async def to_close_out(self, issue: Issue) -> None:
        """Have an issue of the first tier accepted, resolved, confirmed and struck off."""
        await self.accepted_as_found(issue)
        await self.closed(issue.key)
        assert (await self.issue(issue.key)).phase is Phase.CLOSED

    async def accepted_as_found(self, issue: Issue) -> None:
        """Have its owner accept it."""
        await self.do(issue.key, await self.owner(issue.key), cmd.Accept())

    # --- what must hold in the end ---

    async def sound(self) -> None:
        """Everything verifies and comes out again; what was due rang once, at its instant, was no
        act's doing, and all that was to be told is told."""
        await self.lapse.settle()
        now = self.clock.now()
        findings = await verify_all(self.ledger, depth=Depth(decisions=True, now=now))
        assert findings.is_sound, findings.found[:5]
        assert findings.commands
        assert await self.ledger.undelivered() == 0
        rungs = await self.ledger.firings()
        assert len(rungs) == len({(row.stream, row.clock, row.cycle, row.rung) for row in rungs})
        assert all(row.ring and row.fired_at == row.due_at for row in rungs)
        assert all(row.effect_done_at is not None for row in rungs)
        audit = await audit_clocks(self.ledger, now=now, zone=self.zone)
        assert not audit.found, audit.found[:5]


def figure(figures: Iterable[Figure], id_: str) -> tuple[Value | None, Value | None]:
    """Return one of a procedure's figures: its part, and of what."""
    found: Mapping[str, Figure] = {each.id: each for each in figures}
    return found[id_].part, found[id_].whole


@asynccontextmanager
async def keeping_matters(
    database: Database,
    client: Client,
    start: str = MONDAY,
    *,
    clock: VirtualClock | None = None,
    worker: bool = True,
) -> AsyncIterator[MattersWorld]:
    """Run the zone from a local time on."""
    clock = clock or VirtualClock(beijing(start))
    terms = terms_with_firms()
    async with database.ledger(size=8) as ledger:
        desk = Desk(ledger, Shelf(ledger, {ZONE: terms}), clock)
        world = MattersWorld(terms, desk, skipping(client), clock)
        async with at_work(world, worker=worker) as running:
            yield running
