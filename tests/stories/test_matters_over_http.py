"""A notice over HTTP: sent, read by one, asked about, unread by the other; time goes on beside."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from databases import Database
from deep import IN_CHECK
from faces import PLAIN, NamedIdentity
from matters_world import MattersWorld, keeping_matters, problem
from procedure_world import FIRM
from temporalio.client import Client

from api.app import make_app
from domain.access import Principal, Standing
from face.house import House

pytestmark = IN_CHECK
OTHER = "xinghe-medical"
ZONE = "/v1/zones/xinghe"


def _seated(world: MattersWorld, post: str) -> Principal:
    return Principal(id=f"user:{post}", name=post, person=world.officer(post).person)


def _firm(name: str) -> Principal:
    return Principal(id=f"user:{name}", name=name, person=f"{name}-r01", enterprise=name)


class Callers:
    """Everybody of the story, each of whom asks the one application."""

    def __init__(self, world: MattersWorld) -> None:
        seats = ("xinghe-service", "xinghe-grid-east-1", "xinghe-director")
        people = {post: _seated(world, post) for post in seats}
        people |= {firm: _firm(firm) for firm in (FIRM, OTHER)}
        people["auditor"] = Principal(
            id="user:auditor", name="auditor", standings=(Standing.AUDITOR,)
        )
        self.world = world
        self.app = make_app(House(world.desk, PLAIN, NamedIdentity(people)))

    async def asks(self, name: str, method: str, path: str, **sent: Any) -> httpx2.Response:
        """Ask as somebody."""
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        headers = {"Authorization": f"Test {name}", **sent.pop("headers", {})}
        async with httpx2.AsyncClient(transport=transport, base_url="http://closeout.test") as one:
            return await one.request(method, f"{ZONE}{path}", headers=headers, **sent)

    async def reads(self, name: str, path: str) -> Any:
        """Return what is answered to a read."""
        answer = await self.asks(name, "GET", path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def acts(self, name: str, id_: str, kind: str, **fields: Any) -> httpx2.Response:
        """Send a command to the notice, and let all hear of it."""
        path = f"/matters/{self.world.key('notice')}/commands"
        body = {"command": {"kind": kind, **fields}}
        answer = await self.asks(name, "POST", path, json=body, headers={"Idempotency-Key": id_})
        await self.world.lapse.settle()
        return answer


@pytest.fixture
async def callers(database: Database, skipper: Client) -> AsyncIterator[Callers]:
    """The zone on a plain Monday, with its HTTP face."""
    async with keeping_matters(database, skipper) as world:
        yield Callers(world)


async def test_a_notice_sent_over_http_is_asked_about_and_climbs_where_nobody_reads_it(
    callers: Callers,
) -> None:
    world, sender = callers.world, "xinghe-service"
    opening = {"procedure": "notices-down", "title": "稳岗补贴通知", "targets": [FIRM, OTHER]}
    opened = await callers.acts(sender, "c-1", "open_campaign", **opening)
    assert opened.status_code == 201, opened.text
    both = {"enterprises": [FIRM, OTHER], "step": "delivered"}
    assert (await callers.acts(sender, "c-2", "record_step_for_many", **both)).status_code == 200
    again = await callers.acts(sender, "c-2", "record_step_for_many", **both)
    assert again.headers["Idempotency-Replayed"] == "true"

    # An enterprise reads for itself, not for another, and what it asks is an issue of its own.
    read = {"enterprise": FIRM, "step": "read"}
    assert (await callers.acts(OTHER, "c-3", "record_step", **read)).status_code == 403
    assert (await callers.acts(FIRM, "c-4", "record_step", **read)).status_code == 200
    asked = {"enterprise": FIRM, "step": "asked", "problems": [problem("POL-2", "能否申报")]}
    outcome = await callers.acts(FIRM, "c-5", "record_step", **asked)
    assert outcome.status_code == 200, outcome.text
    # The issue is opened right after the act: its key is read once all have heard of it.
    (tie,) = (await callers.reads(FIRM, f"/matters/{world.key('notice')}"))["issues"]
    assert tie["tying"] == "opened"
    issue = await world.issue(tie["issue"])
    assert (issue.enterprise, issue.matter) == (FIRM, world.key("notice"))

    await world.until("2026-03-09 09:00")
    key = world.key("notice")
    for reader in ("auditor", "xinghe-director"):
        facts = (await callers.reads(reader, f"/matters/{key}/timeline"))["facts"]
        kinds = [fact["kind"] for fact in facts]
        assert kinds.count("step_overdue") == 3
    own = (await callers.reads(OTHER, f"/matters/{key}"))["matter"]
    assert [each["enterprise"] for each in own["targets"]] == [OTHER]
    figures = await callers.reads("auditor", "/procedures/notices-down/figures")
    told = {each["id"]: (each["part"], each["whole"]) for each in figures["figures"]}
    assert told["read.done"] == ({"kind": "count", "n": 1}, {"kind": "count", "n": 2})
    assert told["read.overdue"][0] == {"kind": "count", "n": 1}
    (named,) = (await callers.reads("auditor", f"/matters?issue={issue.key}"))["matters"]
    assert named["key"] == key

    await world.to_close_out(await world.issue(issue.key))
    ending = {"ending": "送达完毕"}
    assert (await callers.acts(sender, "c-6", "close_matter", **ending)).status_code == 200
    late = await callers.acts(OTHER, "c-7", "record_step", enterprise=OTHER, step="read")
    assert late.status_code == 409
    await world.sound()
