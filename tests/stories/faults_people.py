"""The people around one issue: they act at random, and send again what was not answered."""

import asyncio
from typing import TYPE_CHECKING

import builders as b
from builders_zone import ZONE
from faults_handbook import LIVE_SECONDS

from domain import commands as cmd
from domain.commands import Command, Submission
from domain.errors import IssueError
from domain.people import Actor
from domain.phases import Phase
from ledger.port import LedgerError

if TYPE_CHECKING:
    from faults_world import World

BETWEEN_ACTS_SECONDS = 420.0
OWNERS: tuple[Actor, ...] = (b.OFFICER, b.HEAD, b.DIRECTOR)
EVERYBODY: tuple[Actor, ...] = tuple(b.ACTORS[name] for name in b.ACTORS if name != "engine")
ACTS: dict[Phase, tuple[tuple[str, Command], ...]] = {
    Phase.INTAKE: (("owner", b.ACCEPT), ("owner", b.ACCEPT), ("owner", b.ESCALATE)),
    Phase.HANDLING: (
        ("owner", b.PAUSE),
        ("owner", b.RESUME),
        ("owner", b.RESUME),
        ("owner", b.NOTE),
        ("owner", b.ASSIGN),
        ("owner", b.HAND_OVER),
        ("owner", b.ESCALATE),
        ("owner", b.DEESCALATE),
        ("owner", b.CONVENE),
        ("section", cmd.AcceptPart(part="survey")),
        ("section", cmd.FinishPart(part="survey", summary="Surveyed.")),
        ("power section", cmd.RefusePart(part="cable", reason="No cable is there.")),
        ("owner", b.PROPOSE),
        ("owner", b.PROPOSE),
    ),
    Phase.SIGN_OFF: (
        ("enterprise", b.CONFIRM),
        ("enterprise", b.REJECT),
        ("owner", b.UNREACHABLE),
        ("director", b.VERIFY),
        ("head", b.SEND_BACK),
        ("owner", b.NOTE),
    ),
    Phase.CLOSED: (("director", b.REOPEN), ("enterprise", b.REOPEN)),
}


class Person:
    """Whoever acts on one issue: mostly who may, now and then who may not."""

    def __init__(self, world: "World", key: str) -> None:
        self._world = world
        self._key = key
        self._sent = 0

    async def live(self) -> None:
        """Report the issue some time, then act as long as the others live."""
        dice = self._world.dice
        await asyncio.sleep(dice.uniform(0, 1800))
        await self._send(b.report(), b.ENTERPRISE)
        while True:
            await asyncio.sleep(dice.expovariate(1 / BETWEEN_ACTS_SECONDS))
            if self._world.loop.time() > LIVE_SECONDS:
                return
            row = await self._world.ledger.issue(f"{ZONE}/{self._key}")
            if row is None:
                raise AssertionError("a report that was answered is not there")
            who, command = dice.choice(ACTS[row.issue.phase])
            actor = OWNERS[row.issue.tier - 1] if who == "owner" else b.ACTORS[who]
            if dice.random() < 0.1:
                actor = dice.choice(EVERYBODY)
            await self._send(command, actor)

    async def _send(self, command: Command, actor: Actor) -> None:
        """Send under one id until there is an answer; now and then once more after it."""
        self._sent += 1
        id_ = f"{self._key}:{self._sent}:{command.kind}"
        sent = b.submission(command, actor, key=self._key, id_=id_)
        while True:
            if await self._is_answered(sent):
                break
            await asyncio.sleep(self._world.dice.uniform(0.5, 10))
        if self._world.dice.random() < 0.05:
            await self._is_answered(sent)

    async def _is_answered(self, sent: Submission) -> bool:
        world = self._world
        alive = [host for host in world.hosts if host.alive]
        if not alive:
            return False
        host = world.dice.choice(alive)
        task = host.start(host.desk.carry_out(sent))
        await asyncio.wait({task})
        if task.cancelled():
            return False
        error = task.exception()
        if isinstance(error, IssueError):
            world.counts["command: refused"] += 1
        elif isinstance(error, LedgerError):
            return False
        elif error is not None:
            raise error
        else:
            world.counts["command: carried out"] += not task.result().repeated
        return True
