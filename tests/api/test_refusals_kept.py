"""What the face refuses to callers whom it knows is kept, for auditors and for nobody else."""

import json

import builders as b
import pytest
from desks import StandingClock
from faces import PLAIN, Face

from desk.principals import NewUser, add_user
from domain.access import Principal, Standing
from domain.model import to_millisecond
from face.identity import FaceIdentity
from face.refused import COUNTED, KEPT_PER_MINUTE, MINUTE_S, Refused
from face.sessions import COOKIE, sign_ins_for
from ledger.memory import MemoryLedger
from ledger.port import LedgerUnavailableError, Refusal

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"
NOTE = {"command": {"kind": "note", "text": "Called the mill."}}
REPORT = {
    "enterprise": "bakery",
    "category": "road-access",
    "title": "The gate is blocked",
    "text": "Lorries cannot reach the gate.",
    "origin": "enterprise",
}
SHOWN = {"type", "title", "status", "code", "detail", "instance", "field", "value"}
NEIGHBOUR = Principal(id="user:n", name="n", person=b.NEIGHBOUR.person)


@pytest.fixture
def yard(face: Face) -> Face:
    """A face with a neighbour, who sees nothing of the issue."""
    face.house.identity.people["neighbour"] = NEIGHBOUR  # type: ignore[attr-defined]  # a test's
    return face


async def kept(face: Face, stream: str) -> list[tuple[str, str, str, str]]:
    """Return the refusals of a stream: under which id, of what, whose, which code."""
    return [
        (each.command_id, each.kind, json.loads(each.actor).get("name"), each.code)
        for each in await face.counter.ledger.refusals(stream)
    ]


async def test_an_issue_out_of_sight_is_kept_under_its_name(yard: Face) -> None:
    await yard.counter.accepted()

    async with yard.asked_as("neighbour") as client:
        read = await client.get(ONE, headers={"X-Request-Id": "look-1"})
        await client.post(f"{ONE}/commands", json=NOTE, headers={"Idempotency-Key": '"n-1"'})
        await client.get(f"/v1/issues/{b.ZONE}/nothing")
        await client.get("/v1/numbers/HARBOUR-2026-000001", headers={"X-Request-Id": "look-2"})
        await client.get(
            "/v1/issues/similar",
            params={"zone": b.ZONE, "key": b.KEY},
            headers={"X-Request-Id": "look-3"},
        )

    assert await kept(yard, f"{b.ZONE}/{b.KEY}") == [
        ("request:look-1", "read_issues", "user:n", "unknown_issue"),
        ("n-1", "command", "user:n", "unknown_issue"),
        ("request:look-2", "read_issues", "user:n", "unknown_issue"),
        ("request:look-3", "read_issues", "user:n", "unknown_issue"),
    ]
    assert await kept(yard, f"{b.ZONE}/nothing") == []
    assert read.json().keys() <= SHOWN


async def test_who_acts_as_another_or_in_no_post_of_theirs_is_kept(yard: Face) -> None:
    await yard.counter.accepted()

    async with yard.asked_as("officer") as client:
        await client.post(f"{ONE}/commands", json=NOTE | {"id": "x", "post": b.HEAD.post})
    async with yard.asked_as("service") as client:
        actor = b.OFFICER.model_dump(mode="json")
        await client.post(f"{ONE}/commands", json=NOTE | {"actor": actor, "id": "y"})

    found = await yard.counter.ledger.refusals(f"{b.ZONE}/{b.KEY}")
    assert [(each.kind, each.code) for each in found] == [("command", "not_permitted")] * 2
    assert "You do not hold this post today." in found[0].message


async def test_what_is_of_no_issue_is_kept_by_the_act(yard: Face) -> None:
    async with yard.asked_as("officer") as client:
        for path in ("/v1/keys", f"/v1/exports/csv?zone={b.ZONE}", "/v1/subscriptions"):
            assert (await client.get(path)).status_code == 403
        decoded = await client.post("/codec/decode", json={"payloads": []})

    assert decoded.status_code == 403
    for act in ("administer", "export", "subscribe", "decode"):
        (found,) = await kept(yard, f"face//{act}")
        assert found[1:] == (act, "user:officer", "not_permitted")


async def test_auditors_of_every_zone_alone_read_what_is_of_no_issue(yard: Face) -> None:
    people = yard.house.identity.people  # type: ignore[attr-defined]  # a test's
    people["of-one"] = Principal(
        id="user:a1", name="a1", standings=(Standing.AUDITOR,), zones=(b.ZONE,)
    )
    asked = {"stream": "face//administer", "limit": 2}
    async with yard.asked_as("officer") as client:
        for _ in range(3):
            await client.get("/v1/keys")
        refused = await client.get("/v1/refusals", params=asked)
    async with yard.asked_as("of-one") as client:
        of_one = await client.get("/v1/refusals", params=asked)
    async with yard.asked_as("operator") as client:
        by_operator = await client.get("/v1/refusals", params=asked)
    async with yard.asked_as("auditor") as client:
        page = (await client.get("/v1/refusals", params=asked)).json()
        rest = (await client.get("/v1/refusals", params=asked | {"after": page["next"]})).json()
        own = (await client.get("/v1/refusals", params={"stream": "face//read_refusals"})).json()

    assert {refused.status_code, of_one.status_code, by_operator.status_code} == {403}
    assert [each["number"] for each in page["refusals"] + rest["refusals"]] == [1, 2, 3]
    assert (page["next"], rest["next"]) == (2, None)
    assert [each["actor"]["name"] for each in own["refusals"]] == [
        "user:officer",
        "user:a1",
        "user:operator",
    ]
    reads = await yard.counter.ledger.audit_reads(kind="refusals")
    assert {json.loads(each.scope)["stream"] for each in reads} == {
        "face//administer",
        "face//read_refusals",
    }


async def test_what_the_desk_keeps_is_not_kept_twice(yard: Face) -> None:
    await yard.counter.accepted()

    async with yard.asked_as("enterprise") as client:
        body = {"id": "e", "command": {"kind": "assign", "handler": "roads-desk"}}
        assert (await client.post(f"{ONE}/commands", json=body)).status_code == 403

    assert [each[0] for each in await kept(yard, f"{b.ZONE}/{b.KEY}")] == ["e"]


async def test_of_callers_nobody_knows_nothing_is_kept(yard: Face) -> None:
    ledger = yard.counter.ledger
    assert isinstance(ledger, MemoryLedger)
    await yard.counter.accepted()

    for name in (None, "nobody-of-that-name"):
        async with yard.asked_as(name) as client:
            assert (await client.get(ONE)).status_code in (401, 403)
            assert (await client.get("/v1/keys")).status_code in (401, 403)

    assert ledger._tables.refusals == []


async def test_an_officer_reports_for_no_enterprise_of_another_territory(yard: Face) -> None:
    async with yard.asked_as("officer") as client:
        asked = {"zone": b.ZONE, "key": "b-1", "report": REPORT}
        far = await client.post("/v1/issues", json=asked, headers={"Idempotency-Key": "r-1"})
        asked["report"] = REPORT | {"enterprise": "no-such"}
        missing = await client.post("/v1/issues", json=asked, headers={"Idempotency-Key": "r-2"})

    assert (far.status_code, far.json()["field"]) == (403, "report.enterprise")
    assert missing.status_code == 422
    assert (await kept(yard, f"{b.ZONE}/b-1"))[0][:2] == ("r-1", "report")
    assert await yard.counter.ledger.safe_position() == 0


async def test_a_request_of_a_session_without_its_token_is_kept(yard: Face) -> None:
    desk = yard.house.desk
    asked = NewUser(name="clerk", standings=(Standing.OPERATOR,))
    shown = await add_user(desk, asked, None)
    sign_ins = sign_ins_for(desk, PLAIN)
    yard.house.identity = FaceIdentity(sign_ins)
    session = await sign_ins.opened(shown.admitted)

    async with yard.asked_as(None) as client:
        answer = await client.post(
            "/v1/keys", json={}, headers={"Cookie": f"{COOKIE}={session.id}"}
        )

    assert (answer.status_code, answer.json()["field"]) == (403, "X-CSRF-Token")
    ((_, kind, name, _),) = await kept(yard, "face//administer")
    assert (kind, name) == ("administer", "user:clerk")


async def test_a_flood_fills_no_table_and_its_count_is_kept() -> None:
    ledger, now = MemoryLedger(), 0.0
    refused = Refused(lambda: now)

    def refusal(name: str, number: int) -> Refusal:
        at = to_millisecond(StandingClock().now())
        return Refusal(f"request:{number}", "face//export", "export", at, name, "x", "No.")

    for number in range(KEPT_PER_MINUTE + 300):
        await refused.keep(ledger, refusal("one", number))
    await refused.keep(ledger, refusal("other", 0))
    assert len(await ledger.refusals("face//export")) == KEPT_PER_MINUTE + 1
    assert await ledger.refusals(COUNTED) == []

    now = MINUTE_S + 1
    await refused.keep(ledger, refusal("other", 1))
    (counted,) = await ledger.refusals(COUNTED)
    assert counted.actor == "one"
    assert counted.message.startswith("300 more refusals")

    for number in range(KEPT_PER_MINUTE + 7):
        await refused.keep(ledger, refusal("one", number))
    await refused.close(ledger)
    assert (await ledger.refusals(COUNTED))[1].message.startswith("7 more refusals")


async def test_a_ledger_that_is_away_changes_no_answer(
    yard: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(self: MemoryLedger, refusal: Refusal) -> None:
        raise LedgerUnavailableError("away")

    monkeypatch.setattr(MemoryLedger, "put_refusal", away)
    async with yard.asked_as("officer") as client:
        assert (await client.get("/v1/keys")).status_code == 403
