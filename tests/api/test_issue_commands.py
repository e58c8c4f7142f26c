"""Acting on an issue over HTTP."""

import asyncio
from typing import Any

import builders as b
import pytest
from faces import PEOPLE, Face, NamedIdentity
from seats import face_over, hand_over

from domain.access import Principal

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
COMMANDS = f"{ONE}/commands"
ACCEPT = {"command": {"kind": "accept"}}
NOTE = {"command": {"kind": "note", "text": "Called the mill."}}


async def test_a_command_changes_the_issue_and_says_what_it_came_to(face: Face) -> None:
    await face.counter.reported()

    async with face.asked_as("officer") as client:
        done = await client.post(COMMANDS, json=ACCEPT | {"id": "c-1"}, headers={"If-Match": '"1"'})
        read = await client.get(ONE, params={"wait_for": done.headers["Closeout-Position"]})

    assert done.status_code == 200
    assert done.json()["number"] == read.json()["number"]
    assert done.json()["command_id"] == "c-1"
    assert done.headers["ETag"] == read.headers["ETag"] == f'"{done.json()["version"]}"'


async def test_a_command_sent_again_happens_once(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("officer") as client:
        first = await client.post(COMMANDS, json=NOTE, headers={"Idempotency-Key": "n-1"})
        again = await client.post(COMMANDS, json=NOTE | {"id": "n-1"})
        other = {"command": {"kind": "note", "text": "Another."}}
        conflict = await client.post(COMMANDS, json=other, headers={"Idempotency-Key": "n-1"})

    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert "Idempotency-Replayed" not in first.headers
    assert again.json() == first.json() | {"repeated": True}
    assert (conflict.status_code, conflict.json()["code"]) == (409, "conflict")
    assert conflict.json()["current"]["version"] == str(first.json()["version"])


@pytest.mark.parametrize(
    "sent",
    [
        {"headers": {"If-Match": '"1"'}, "json": NOTE},
        {"headers": {}, "json": NOTE | {"expected_version": 1}},
    ],
)
async def test_a_command_for_an_older_version_is_told_how_the_issue_stands(
    face: Face, sent: dict[str, Any]
) -> None:
    await face.counter.accepted()
    sent["headers"]["Idempotency-Key"] = "n-1"

    async with face.asked_as("officer") as client:
        answer = await client.post(COMMANDS, **sent)

    now = (await face.counter.desk.row(b.ZONE, b.KEY)).issue
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    current = answer.json()["current"]
    assert current["version"] == str(now.version)
    assert (current["phase"], current["owner"]) == (now.phase.value, now.owner)


async def test_of_commands_for_one_version_at_once_one_wins(face: Face) -> None:
    await face.counter.accepted()
    version = (await face.counter.desk.row(b.ZONE, b.KEY)).issue.version

    async with face.asked_as("officer") as client:
        answers = await asyncio.gather(
            *(
                client.post(COMMANDS, json=NOTE | {"id": f"n-{n}", "expected_version": version})
                for n in range(8)
            )
        )

    assert sorted(each.status_code for each in answers) == [200] + [409] * 7
    now = (await face.counter.desk.row(b.ZONE, b.KEY)).issue
    assert now.version == version + 1


async def test_what_does_not_fit_the_phase_is_told_the_phase(face: Face) -> None:
    await face.counter.reported()

    async with face.asked_as("officer") as client:
        propose = {"kind": "resume", "note": "The papers are here."}
        answer = await client.post(COMMANDS, json={"command": propose, "id": "v"})

    assert (answer.status_code, answer.json()["code"]) == (409, "wrong_phase")
    assert answer.json()["current"]["phase"] == "intake"


WRONG: list[tuple[dict[str, Any], dict[str, str], str]] = [
    (NOTE | {"id": "a"}, {"Idempotency-Key": "b"}, "Idempotency-Key"),
    (NOTE | {"id": "a"}, {"If-Match": "1"}, "If-Match"),
    (NOTE | {"id": "a"}, {"If-Match": '"99999999999"'}, "If-Match"),
    (NOTE | {"id": "a", "expected_version": 1}, {"If-Match": '"2"'}, "expected_version"),
    ({"id": "a", "command": {"kind": "nothing"}}, {}, "command"),
    ({"id": "a", "command": {"kind": "accept", "more": 1}}, {}, "command.accept.more"),
    (NOTE | {"id": "a", "expected_version": -1}, {}, "expected_version"),
    (NOTE | {"id": "a", "post": "x y"}, {}, "post"),
]


async def test_what_is_wrong_with_a_command_is_named(face: Face) -> None:
    await face.counter.accepted()
    before = await face.counter.ledger.safe_position()

    async with face.asked_as("officer") as client:
        for body, headers, field in WRONG:
            answer = await client.post(COMMANDS, json=body, headers=headers)

            assert (answer.status_code, answer.json()["field"]) == (422, field), answer.text
    assert await face.counter.ledger.safe_position() == before


ENGINES_OWN = [
    {"kind": "ring_rung", "clock": "handling", "cycle": 1, "rung": "due"},
    {
        "kind": "record_history_lost",
        "run": "r",
        "from_at": "2026-03-02T01:00:00Z",
        "to_at": "2026-03-02T02:00:00Z",
    },
    {"kind": "record_draw", "draw": "d"},
    {"kind": "record_kin"},
    {"kind": "record_handover"},
    {"kind": "adopt_calendar"},
    {"kind": "adopt_handbook"},
    {"kind": "report", **b.report().model_dump(mode="json", exclude={"kind"})},
]


async def test_the_engines_own_commands_are_no_part_of_this_door(face: Face) -> None:
    await face.counter.accepted()
    described = face.app.openapi()["components"]["schemas"]["CommandAsked"]["properties"]["command"]

    async with face.asked_as("hotline") as client:
        for command in ENGINES_OWN:
            answer = await client.post(COMMANDS, json={"id": "x", "command": command})

            assert answer.status_code == 422
            assert command["kind"] not in described["discriminator"]["mapping"]
    assert "accept" in described["discriminator"]["mapping"]


async def test_a_command_without_an_id_is_asked_for_one(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("officer") as client:
        answer = await client.post(COMMANDS, json=NOTE)

    assert answer.status_code == 428


async def test_an_issue_of_another_territory_is_unknown(face: Face) -> None:
    await face.counter.accepted()
    neighbour = Principal(id="user:n", name="n", person=b.NEIGHBOUR.person)
    face.house.identity = NamedIdentity({**PEOPLE, "neighbour": neighbour})

    async with face.asked_as("neighbour") as client:
        acted = await client.post(COMMANDS, json=NOTE | {"id": "n"})
        missing = await client.post(COMMANDS.replace(b.KEY, "nothing"), json=NOTE | {"id": "n"})

    assert (acted.status_code, missing.status_code) == (404, 404)
    strip = ("instance", "value", "detail")
    assert {k: v for k, v in acted.json().items() if k not in strip} == {
        k: v for k, v in missing.json().items() if k not in strip
    }


async def test_those_who_only_look_send_nothing(face: Face) -> None:
    await face.counter.accepted()

    for name in (None, "auditor", "operator"):
        async with face.asked_as(name) as client:
            answer = await client.post(COMMANDS, json=NOTE | {"id": "n"})

        assert answer.status_code == 403


async def test_whoever_may_not_do_it_is_told_so_and_it_is_kept(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("enterprise") as client:
        answer = await client.post(
            COMMANDS, json={"id": "e", "command": {"kind": "assign", "handler": "roads-desk"}}
        )

    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
    refusals = await face.counter.ledger.refusals(f"{b.ZONE}/{b.KEY}")
    assert [each.command_id for each in refusals] == ["e"]


@pytest.mark.parametrize(
    ("command", "field"),
    [
        ({"kind": "link", "type": "duplicates", "target": "OTHER"}, "target"),
        ({"kind": "merge", "target": "OTHER", "reason": "the same gate"}, "target"),
        ({"kind": "add_child", "child": "OTHER"}, "child"),
        (
            {"kind": "judge_suggestion", "suggested": "OTHER"}
            | {"same": True, "score": 90, "method": "bigrams-1"},
            "suggested",
        ),
    ],
)
async def test_an_issue_is_tied_to_none_that_its_owner_may_not_see(
    command: dict[str, Any], field: str
) -> None:
    face = face_over()
    await face.counter.accepted()
    other = b.OTHER_ENTERPRISE.enterprise
    report = b.submission(b.report(enterprise=other), actor=b.OTHER_ENTERPRISE, key="OTHER")
    await face.counter.desk.carry_out(report)

    async with face.asked_as("officer") as client:
        unseen = (await client.get(f"/v1/issues/{b.ZONE}/OTHER")).status_code
        told = await client.post(COMMANDS, json={"command": command, "id": "k-1"})
        named = next(name for name, value in command.items() if value == "OTHER")
        nothing = {"command": command | {named: "NOTHING"}, "id": "k-2"}
        missing = await client.post(COMMANDS, json=nothing)

    assert (unseen, told.status_code, told.json()["field"]) == (404, 404, field)
    assert told.json() == missing.json() | {"value": "OTHER"} | {"detail": told.json()["detail"]}
    assert (await face.counter.desk.row(b.ZONE, "OTHER")).issue.version == 1


async def test_a_command_that_took_the_issue_away_is_answered_again(face: Face) -> None:
    await face.counter.accepted()
    people = dict(PEOPLE)
    face.house.identity = identity = NamedIdentity(people)
    note = NOTE | {"id": "n-1"}

    async with face.asked_as("officer") as client:
        first = await client.post(COMMANDS, json=note)
        identity.people["officer"] = PEOPLE["officer"].model_copy(update={"person": "p.moved"})
        stranger = await client.post(COMMANDS, json=note)
        identity.people["officer"] = PEOPLE["officer"]
        hand_over(face, b.OFFICER.post)
        gone = await client.get(ONE)
        again = await client.post(COMMANDS, json=note)
        other = await client.post(
            COMMANDS, json={"id": "n-1", "command": {"kind": "note", "text": "Another."}}
        )
        new = await client.post(COMMANDS, json=NOTE | {"id": "n-2"})

    assert stranger.status_code == 403
    assert gone.status_code == 403
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert again.json() == first.json() | {"repeated": True}
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert "current" not in other.json()
    assert new.status_code == 403
