"""Two hundred clients of two applications at the same issues at once: every acknowledged command
once, every loser told 409, and what the face tells afterwards is what the ledger holds."""

import asyncio
from collections import Counter as Tally
from dataclasses import dataclass
from typing import Any, Final

import builders as b
import httpx2
from databases import Database
from deep import FOUND, IN_CHECK
from desks import StandingClock, counter
from sampling import face_of_its_own

from domain.chain import breaks

pytestmark = IN_CHECK

CLIENTS: Final = 200
ISSUES: Final = 4
TRIES_MAX: Final = 20
BUSY: Final = 503


@dataclass(frozen=True)
class Sent:
    """What one client sent, and what it was answered at last."""

    issue: str
    id: str
    text: str
    status: int
    told: dict[str, Any]


REPORT: Final = {
    "enterprise": "mill",
    "category": "road-access",
    "title": "The gate is blocked",
    "text": "Lorries cannot reach the gate.",
    "origin": "enterprise",
}


async def answered(
    client: httpx2.AsyncClient, path: str, body: dict[str, Any], id_: str
) -> httpx2.Response:
    """Send a body under an id, again while others stand in the way."""
    for _ in range(TRIES_MAX):
        answer = await client.post(path, json=body, headers={"Idempotency-Key": id_})
        if answer.status_code != BUSY:
            break
        await asyncio.sleep(0.01)
    return answer


def at(issue: str) -> str:
    """Return where an issue is read."""
    return f"/v1/issues/{b.ZONE}/{issue}"


async def send(client: httpx2.AsyncClient, number: int, versions: dict[str, int]) -> Sent:
    """Send what the client of this number sends: a command of its own, one that five send alike,
    one of five that bear one id and differ, or one of many that go by the same version."""
    issue = f"issue-{number % ISSUES}"
    kind, group = number // ISSUES % 4, number // (ISSUES * 4) // 5
    body: dict[str, Any] = {"command": {"kind": "note", "text": f"of client {number}"}}
    id_ = f"own-{number}"
    match kind:
        case 1:
            id_ = f"alike-{issue}-{group}"
            body["command"]["text"] = f"alike in group {group}"
        case 2:
            id_ = f"apart-{issue}-{group}"
        case 3:
            body["expected_version"] = versions[issue]
    answer = await answered(client, f"{at(issue)}/commands", body, id_)
    return Sent(issue, id_, body["command"]["text"], answer.status_code, answer.json())


async def test_two_hundred_clients_at_once_lose_nothing_and_do_nothing_twice(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office, counter(database, clock) as other:
        issues = [f"issue-{number}" for number in range(ISSUES)]
        versions = {issue: (await office.accepted(issue)).version for issue in issues}
        faces = [face_of_its_own(each) for each in (office, other)]
        async with faces[0].asked_as("officer") as client, faces[1].asked_as("officer") as second:
            doors = client, second
            sent = await asyncio.gather(
                *(send(doors[number // 16 % 2], number, versions) for number in range(CLIENTS))
            )
            acknowledged = [each for each in sent if each.status == 200]
            lost = [each for each in sent if each.status != 200]
            for issue in issues:
                records = await office.ledger.records(f"{b.ZONE}/{issue}")
                commands = await office.ledger.commands(f"{b.ZONE}/{issue}")
                told = await client.get(f"{at(issue)}/timeline", params={"limit": 200})
                shown = (await client.get(at(issue))).json()
                of_issue = {each.id for each in acknowledged if each.issue == issue}
                held = Tally(row.id for row in commands)
                assert of_issue == held.keys() - {row.id for row in commands[:2]}
                assert set(held.values()) == {1}
                assert not list(breaks(records))
                assert [each["version"] for each in told.json()["events"]] == [
                    record.version for record in records
                ]
                assert shown["version"] == len(records) == versions[issue] + len(of_issue)

    by_id = {(each.issue, each.id): each for each in acknowledged}
    assert {each.status for each in lost} == {409}
    assert {each.told["code"] for each in lost} == {"conflict"}
    for each in acknowledged:
        first = by_id[each.issue, each.id]
        assert (each.text, each.told["version"]) == (first.text, first.told["version"])
    alike = [each for each in sent if each.id.startswith("alike")]
    assert {each.status for each in alike} == {200}
    assert len({each.id for each in alike}) == sum(not each.told["repeated"] for each in alike)
    FOUND.append(
        f"{CLIENTS} clients at once: {len(acknowledged)} acknowledged as {len(by_id)} commands, "
        f"{len(lost)} told 409"
    )


async def test_one_report_sent_fifty_times_at_once_is_one_issue(
    database: Database, clock: StandingClock
) -> None:
    async with counter(database, clock) as office, counter(database, clock) as other:
        faces = [face_of_its_own(each) for each in (office, other)]
        async with (
            faces[0].asked_as("enterprise") as client,
            faces[1].asked_as("enterprise") as second,
        ):

            async def post(number: int, title: str) -> httpx2.Response:
                matter = {**REPORT, "title": title}
                asked = {"zone": b.ZONE, "report": matter}
                return await answered((client, second)[number % 2], "/v1/issues", asked, "once")

            titles = ["The gate is blocked"] * 40 + ["Another matter"] * 10
            answers = await asyncio.gather(*(post(*each) for each in enumerate(titles)))

    statuses = Tally(answer.status_code for answer in answers)
    assert statuses[201] == 1
    assert statuses.keys() == {200, 201, 409}
    assert len({answer.json()["key"] for answer in answers if answer.status_code < 300}) == 1
    assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {
        "conflict"
    }
