"""Zone `xinghe` at work, with the verbs for teams, rounds, sign-off, links and forms.

`procedures(database, client, start)` runs the shipped zone; `zone_with` changes its handbook for a
story that its tables do not allow. Until July 2026 the grid officer of West 1 is `xinghe-p05`.
"""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from databases import Database
from ladder_world import BEIJING, World, at_work, beijing
from temporalio.client import Client

from demo.virtual import VirtualClock, skipping
from desk.desk import Desk
from desk.shelf import Shelf
from domain import commands as cmd
from domain import commands_of_rounds as rd
from domain.ballots import Round
from domain.commands import Command
from domain.days import zone_of
from domain.errors import IssueError
from domain.issue import Resolution
from domain.organization import chain_posts, holders, post
from domain.people import Actor, Officer
from domain.permissions import verifying_tier
from domain.phases import Choice, Origin, PartStanding, PauseReason, ResultClass
from domain.retold import retold, terms_named
from domain.team import Part, Team
from domain.team_times import PartTimes, part_times
from domain.terms import Terms
from handbooks.shelf import SHIPPED, read_terms

ZONE = "xinghe"
FIRM = "xinghe-precision"
"""In grid East 1: owned by xinghe-grid-east-1, xinghe-area-east, xinghe-director."""

MONDAY = "2026-03-02 09:00"
"""Offices are open from 09:00 to 12:00 and from 13:30 to 17:30 in this plain week and the next."""

WAIT = {"reason": PauseReason.WAITING_OUTSIDE, "party": "power-company", "note": "等供电方案。"}
"""For `pause` and `ask_pause`."""


class ProcedureWorld(World):
    """The verbs of a life beyond the ladder. `name` is what a story calls its issue."""

    # --- people ---

    def there(self, post_id: str, *without: str | None) -> Officer:
        """Return the first of those who are in a post today, but for those named."""
        held = post(self.handbook, post_id)
        assert held is not None, post_id
        today = self.clock.now().astimezone(zone_of(self.terms.calendar.time_zone)).date()
        there = [each for each in holders(held, today) if each not in without]
        assert there, f"nobody else in {post_id} on {today}"
        return Officer(person=there[0], post=post_id)

    async def owner(self, name: str) -> Officer:
        """Return somebody in the accountable post."""
        return self.there((await self.issue(name)).owner)

    async def handler(self, name: str) -> Officer:
        """Return somebody in the post that has the work."""
        handler = (await self.issue(name)).handler
        assert handler is not None
        return self.there(handler)

    async def verifier(self, name: str) -> Officer:
        """Return somebody who stands high enough to strike the number off, and is no party."""
        issue = await self.issue(name)
        found = issue.sign_off
        assert found is not None, f"{name} is not at sign-off"
        party = (found.proposed_by, found.answered_by, *found.proposers, *found.answerers)
        tier = verifying_tier(issue, self.handbook)
        above = chain_posts(self.handbook, issue.enterprise, tier)
        return self.there(above[0].id, *party)

    # --- a plain life ---

    async def reported(
        self,
        name: str,
        enterprise: str = FIRM,
        category: str = "COS-1",
        *,
        by: Actor | None = None,
        at: str | None = None,
        **fields: Any,
    ) -> None:
        """Have the enterprise, or `by`, report an issue."""
        told = {
            "enterprise": enterprise,
            "category": category,
            "title": f"诉求 {name}",
            "text": "请协调解决。",
            "origin": Origin.ENTERPRISE if by is None else Origin.INSPECTION,
        }
        command = cmd.Report.model_validate(told | fields)
        await self.do(name, by or self.firm(enterprise), command, at=at)

    async def accepted(
        self, name: str, enterprise: str = FIRM, category: str = "COS-1", **fields: Any
    ) -> None:
        """Report an issue and accept it at the same instant."""
        await self.reported(name, enterprise, category, **fields)
        await self.do(name, await self.owner(name), cmd.Accept())

    async def raised(self, name: str, tier: int) -> None:
        """Have whoever owns the issue raise it, tier by tier."""
        while (await self.issue(name)).tier < tier:
            await self.do(name, await self.owner(name), cmd.Escalate(reason="需上级协调。"))

    async def proposed(
        self,
        name: str,
        result: ResultClass = ResultClass.SOLVED,
        *,
        by: Actor | None = None,
        at: str | None = None,
        **resolution: Any,
    ) -> None:
        """Have the owner, or `by`, propose a result."""
        told = {"result": result, "summary": "已办结。"} | resolution
        command = cmd.ProposeResolution(resolution=Resolution.model_validate(told))
        await self.do(name, by or await self.owner(name), command, at=at)

    async def answered(self, name: str, command: Command, *, at: str | None = None) -> None:
        """Have the enterprise answer for itself."""
        await self.do(name, self.firm((await self.issue(name)).enterprise), command, at=at)

    async def verified(self, name: str, *, at: str | None = None) -> None:
        """Have the number struck off."""
        await self.do(name, await self.verifier(name), cmd.Verify(), at=at)

    async def closed(self, name: str, *, at: str | None = None) -> None:
        """Propose, confirm and strike off at one instant: out of handling, solved."""
        await self.proposed(name, at=at)
        await self.answered(name, cmd.Confirm())
        await self.verified(name)

    # --- what must not be ---

    async def refused(
        self,
        name: str,
        actor: Actor,
        command: Command,
        error: type[IssueError],
        match: str,
        *,
        at: str | None = None,
    ) -> IssueError:
        """Send what is refused, see that the issue has no trace of it, and return what was said."""
        if at is not None:
            await self.until(at)
        before = await self.records(name)
        with pytest.raises(error, match=match) as caught:
            await self.do(name, actor, command)
        assert await self.records(name) == before
        return caught.value

    # --- teams and rounds ---

    async def team(self, name: str) -> Team:
        """Return the issue's joint team."""
        found = (await self.issue(name)).team
        assert found is not None
        return found

    async def part(self, name: str, id_: str) -> Part:
        """Return one part of the team."""
        found = (await self.team(name)).part(id_)
        assert found is not None, id_
        return found

    async def standings(self, name: str) -> dict[str, PartStanding]:
        """Return where each part stands."""
        return {part.id: part.standing for part in (await self.team(name)).parts}

    async def part_times(self, name: str) -> dict[str, PartTimes]:
        """Return whose the time of each part was, until now."""
        records = await self.records(name)
        terms = {hash_: await self.desk.shelf.version(hash_) for hash_ in terms_named(records)}
        life = [(told.event, told.after) for told in retold(records, terms)]
        found = part_times(life, self.terms, self.clock.now())
        return {each.part: each for each in found}

    async def round(self, name: str) -> Round:
        """Return the issue's present or last round."""
        found = (await self.issue(name)).round
        assert found is not None
        return found

    async def waited_out(self, name: str) -> None:
        """Have the issue wait as often as its owner may let it: another wait is voted upon."""
        owner = await self.owner(name)
        for _ in range(self.handbook.pauses.times_max):
            await self.do(name, owner, cmd.Pause.model_validate(WAIT))
            await self.do(name, owner, cmd.Resume(note="暂告一段。"))

    async def voted(
        self,
        name: str,
        actor: Officer,
        choice: Choice,
        *,
        reason: str | None = None,
        at: str | None = None,
    ) -> None:
        """Vote in the issue's present or last round."""
        vote = rd.Vote(round=(await self.round(name)).number, choice=choice, reason=reason)
        await self.do(name, actor, vote, at=at)


def local(at: datetime) -> str:
    """Return an instant as the stories write it, in the zone's own time: `03-02 10:00`."""
    return f"{at.astimezone(BEIJING):%m-%d %H:%M}"


def zone_with(folder: Path, changes: Mapping[str, str], more: str = "") -> Terms:
    """Return the zone's terms with lines of its files replaced, and with `more` of them.

    `folder` is an empty one of the test's own. What is replaced must occur once in all files.
    """
    shelf = folder / "shelf"
    shutil.copytree(SHIPPED / ZONE, shelf / ZONE)
    for old, new in changes.items():
        files = [file for file in (shelf / ZONE).glob("*.toml") if old in file.read_text("utf-8")]
        assert len(files) == 1, f"in {len(files)} files: {old}"
        text = files[0].read_text("utf-8")
        assert text.count(old) == 1, f"{text.count(old)} times: {old}"
        files[0].write_text(text.replace(old, new), "utf-8")
    (shelf / ZONE / "story.toml").write_text(more, "utf-8")
    return read_terms(ZONE, shelf)


@asynccontextmanager
async def procedures(
    database: Database,
    client: Client,
    start: str = MONDAY,
    *,
    terms: Terms | None = None,
    clock: VirtualClock | None = None,
    worker: bool = True,
) -> AsyncIterator[ProcedureWorld]:
    """Run the zone from a local time on, by the shipped handbook or by `terms`."""
    clock = clock or VirtualClock(beijing(start))
    terms = terms or read_terms(ZONE)
    async with database.ledger(size=8) as ledger:
        desk = Desk(ledger, Shelf(ledger, {ZONE: terms}), clock)
        world = ProcedureWorld(terms, desk, skipping(client), clock)
        async with at_work(world, worker=worker) as running:
            yield running
