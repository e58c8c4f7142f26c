"""Incidents over HTTP: the issues of one emergency, and their next stage."""

import builders as b
import builders_ladder as bl
import httpx2
import pytest
from faces import Face
from seats import face_over

from domain.phases import Priority

FLOOD = f"/v1/incidents/{b.ZONE}/flood-1"
NEXT = {"stage": "recovery", "reason": "The water has gone."}
ENTERPRISES = ("bakery", "foundry", "mill")


@pytest.fixture
async def flooded() -> Face:
    """Three enterprises under one incident, and one issue that has nothing to do with it."""
    face = face_over(bl.LADDER)
    for enterprise in ENTERPRISES:
        report = b.report(enterprise=enterprise, priority=Priority.EMERGENCY, incident="flood-1")
        await face.counter.do(report, b.HOTLINE, key=enterprise)
    await face.counter.do(b.report(), b.HOTLINE, key="dry")
    return face


async def entered(face: Face, name: str | None, **changes: object) -> httpx2.Response:
    async with face.asked_as(name) as client:
        headers = {"Idempotency-Key": "next-1"}
        return await client.post(f"{FLOOD}/stages", json=NEXT | changes, headers=headers)


async def test_an_incident_lists_the_issues_that_one_may_see(flooded: Face) -> None:
    seen = {}
    for name in ("coordinator", "auditor", "officer", "enterprise", "bakery"):
        async with flooded.asked_as(name) as client:
            told = (await client.get(FLOOD)).json()
            seen[name] = sorted(each["key"] for each in told["issues"])
            assert {each["stage"] for each in told["issues"]} == {"rescue"}

    assert seen["coordinator"] == seen["auditor"] == list(ENTERPRISES)
    assert seen["officer"] == ["foundry", "mill"]
    assert (seen["enterprise"], seen["bakery"]) == (["mill"], ["bakery"])


async def test_the_next_stage_is_told_issue_by_issue_and_once(flooded: Face) -> None:
    told = (await entered(flooded, "coordinator")).json()
    again = (await entered(flooded, "coordinator")).json()

    outcomes = {each["key"]: each["result"] or each["refusal"]["code"] for each in told["sent"]}
    assert sorted(outcomes) == list(ENTERPRISES)
    assert all(isinstance(each, dict) for each in outcomes.values()), outcomes
    assert {each["stage"] for each in told["issues"]} == {"recovery"}
    assert all(each["result"]["repeated"] for each in again["sent"])


async def test_what_is_refused_is_told_and_changes_nothing(flooded: Face) -> None:
    told = (await entered(flooded, "officer", stage="nowhere")).json()

    assert {each["key"] for each in told["sent"]} == {"foundry", "mill"}
    assert all(each["refusal"]["code"] and each["result"] is None for each in told["sent"])
    assert {each["stage"] for each in told["issues"]} == {"rescue"}


async def test_who_may_not_is_refused_and_of_others_incidents_nobody_hears(flooded: Face) -> None:
    for name in ("auditor", "operator", "elsewhere", None):
        assert (await entered(flooded, name)).status_code == 403
    async with flooded.asked_as("officer") as client:
        nothing = await client.get(f"/v1/incidents/{b.ZONE}/fire-1")
        nameless = await client.post(f"{FLOOD}/stages", json=NEXT)
        long = await client.post(f"{FLOOD}/stages", json=NEXT | {"id": "x" * 400})
    async with flooded.asked_as("neighbour") as client:
        theirs = [each["key"] for each in (await client.get(FLOOD)).json()["issues"]]

    assert (nothing.status_code, nothing.json()["code"]) == (404, "unknown_issue")
    assert nameless.status_code == 428
    assert long.status_code == 422
    assert theirs == ["bakery"]
