"""Subscriptions over HTTP: whose they are, what they are sent, secrets and dead letters."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders as b
import pytest
from desks import Counter, StandingClock
from faces import Face, face_of
from receivers import Receiver, receiving
from standardwebhooks.webhooks import Webhook

from domain.access import ACCESS, Act, Principal, Standing
from domain.webhooks import Lane
from ledger.memory import MemoryLedger
from runtime.seals import FileKeys
from runtime.settings import Settings

ALL = "/v1/subscriptions"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def face(clock: StandingClock, tmp_path: Path) -> Face:
    """The face with a folder for keys, that may send to loopback."""
    settings = Settings(keys_dir=tmp_path, webhook_allow="127.0.0.0/8")
    made = face_of(Counter(MemoryLedger(), clock), settings=settings)
    people = made.house.identity.people  # type: ignore[attr-defined]  # the tests' own
    people["other"] = Principal(
        id="key:other", name="other", standings=(Standing.SERVICE,), zones=(b.ZONE,)
    )
    return made


async def made(face: Face, receiver: Receiver, name: str = "service", **asked: Any) -> Any:
    async with face.asked_as(name) as client:
        answer = await client.post(ALL, json={"url": receiver.url, "name": "hotline"} | asked)
        assert answer.status_code == 201, answer.text
        assert answer.headers["Location"] == f"{ALL}/{answer.json()['id']}"
        assert answer.headers["Cache-Control"] == "no-store"
        return answer.json()


async def test_what_is_recorded_is_sent_signed_by_a_secret_that_is_shown_once(
    face: Face, receiver: Receiver
) -> None:
    subscription = await made(face, receiver)
    one = f"{ALL}/{subscription['id']}"
    await face.counter.accepted()
    courier = face.app.state.courier

    assert (await courier.carry(subscription["id"])).sent == 2
    body, headers = receiver.bodies[0], receiver.heads[0]
    signed = {name: headers[name] for name in headers if name.startswith("webhook-")}
    # The clock of the test stands in March: only the signature is held, not its age.
    said = Webhook(subscription["secret"]).sign(
        signed["webhook-id"], face.counter.clock.at, body.decode()
    )
    assert signed["webhook-signature"] == said
    async with face.asked_as("service") as client:
        shown = (await client.get(one)).json()
        whole = await client.get(ALL)
    assert (shown["position"], shown["pending"], shown["standing"]) == (2, 0, "active")
    assert subscription["secret"] not in str(shown) + whole.text
    rows = await face.counter.ledger.webhook_rows()
    assert subscription["secret"] not in str(rows)


async def test_a_subscription_that_is_asked_for_again_under_its_key_is_the_same_without_its_secret(
    face: Face, receiver: Receiver
) -> None:
    asked, named = {"url": receiver.url, "name": "hotline"}, {"Idempotency-Key": '"k-1"'}
    async with face.asked_as("service") as client:
        first = await client.post(ALL, json=asked, headers=named)
        again = await client.post(ALL, json=asked, headers={"Idempotency-Key": "k-1"})
        other = await client.post(ALL, json=asked | {"after": 0}, headers=named)
        nameless = await client.post(ALL, json=asked, headers={"Idempotency-Key": "no key"})
    assert (first.status_code, again.status_code, other.status_code) == (201, 200, 409)
    assert (other.json()["field"], nameless.status_code) == ("Idempotency-Key", 422)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert again.json() == first.json() | {"secret": None}
    assert first.json()["secret"].startswith("whsec_")
    assert len(await face.counter.ledger.webhook_rows()) == 1

    people = face.house.identity.people  # type: ignore[attr-defined]  # as above
    people["third"] = Principal(id="key:third", name="third", standings=(Standing.SERVICE,))
    async with face.asked_as("third") as client:
        own = await client.post(ALL, json=asked, headers=named)
    assert own.status_code == 201
    assert own.json()["id"] != first.json()["id"]


async def test_one_of_several_who_subscribe_at_once_under_a_key_is_shown_the_secret(
    face: Face, receiver: Receiver
) -> None:
    async with face.asked_as("service") as client:
        asked, named = {"url": receiver.url, "name": "hotline"}, {"Idempotency-Key": "k-1"}
        answers = await asyncio.gather(
            *(client.post(ALL, json=asked, headers=named) for _ in range(5))
        )
        shown = [each.json()["secret"] for each in answers if each.json()["secret"] is not None]
        (secret,) = shown
        removed = await client.delete(answers[0].headers["Location"])
        after = await client.post(ALL, json=asked, headers=named)
    assert sorted(each.status_code for each in answers) == [200, 200, 200, 200, 201]
    assert len({each.json()["id"] for each in answers}) == 1
    assert secret.startswith("whsec_")
    assert removed.status_code == 200
    assert (after.status_code, after.json()["standing"]) == (200, "removed")


async def test_during_an_overlap_both_secrets_sign_and_then_the_new_one_alone(
    face: Face, receiver: Receiver
) -> None:
    subscription = await made(face, receiver)
    async with face.asked_as("service") as client:
        answer = await client.post(f"{ALL}/{subscription['id']}/rotate", json={"overlap_hours": 2})
    courier = face.app.state.courier
    old, new = subscription["secret"], answer.json()["secret"]
    found = await courier.subscriptions.find(subscription["id"])
    assert courier.subscriptions.opened(found) == [new, old]
    face.counter.clock.at = b.MON_9.replace(hour=b.MON_9.hour + 3)
    assert courier.subscriptions.opened(found) == [new]


async def test_another_keeps_out_of_it_and_an_operator_does_not(
    face: Face, receiver: Receiver
) -> None:
    subscription = await made(face, receiver)
    one = f"{ALL}/{subscription['id']}"
    for name, status in (("other", 404), ("officer", 403), (None, 403), ("operator", 200)):
        async with face.asked_as(name) as client:
            assert (await client.get(one)).status_code == status
            assert (await client.get(f"{one}/dead-letters")).status_code == status
            assert (await client.post(f"{one}/pause", json={"reason": "x"})).status_code == status
    async with face.asked_as("other") as client:
        assert (await client.get(ALL)).json() == {"items": []}
        assert (await client.post(ALL, json={"url": receiver.url, "name": "x"})).status_code == 403
    assert (await made(face, receiver, "other", zones=[b.ZONE]))["owner"] == "key:other"
    async with face.asked_as("operator") as client:
        assert len((await client.get(ALL)).json()["items"]) == 2


async def test_an_operator_keeps_order_and_has_no_event_sent_anywhere(
    face: Face, receiver: Receiver
) -> None:
    subscription = await made(face, receiver)
    one = f"{ALL}/{subscription['id']}"
    async with face.asked_as("operator") as client:
        for zones in ([], [b.ZONE]):
            wanted = {"url": receiver.url, "name": "x", "zones": zones}
            assert (await client.post(ALL, json=wanted)).status_code == 403
        assert (await client.post(f"{one}/rotate", json={})).status_code == 403
        assert (await client.post(f"{one}/renew")).status_code == 403
        assert (await client.post(f"{one}/resume")).status_code == 200
        assert (await client.get(f"{one}/dead-letters")).status_code == 200
        for _ in range(2):
            assert (await client.delete(one)).json()["standing"] == "removed"


async def test_a_subscription_of_who_came_by_a_token_ends_unless_they_renew_it(
    face: Face, receiver: Receiver
) -> None:
    people = face.house.identity.people  # type: ignore[attr-defined]  # as above
    people["bus"] = Principal(
        id="oidc:bus", name="bus", standings=(Standing.SERVICE,), zones=(b.ZONE,)
    )
    subscription = await made(face, receiver, "bus", zones=[b.ZONE])
    one, courier = f"{ALL}/{subscription['id']}", face.app.state.courier
    clock, day = face.counter.clock, timedelta(days=1)
    assert subscription["ends_at"].startswith((clock.at + 90 * day).date().isoformat())
    clock.at += 80 * day
    async with face.asked_as("bus") as client:
        renewed = (await client.post(f"{one}/renew")).json()
    assert renewed["ends_at"].startswith((clock.at + 90 * day).date().isoformat())
    clock.at += 89 * day
    assert (await courier.carry(subscription["id"])).standing == "active"
    clock.at += day
    assert (await courier.carry(subscription["id"])).standing == "paused"
    async with face.asked_as("operator") as client:
        assert (await client.post(f"{one}/resume")).json()["standing"] == "active"
    assert (await courier.carry(subscription["id"])).standing == "paused"
    async with face.asked_as("bus") as client:
        again = (await client.post(f"{one}/resume")).json()
        assert again["ends_at"] > renewed["ends_at"]
        assert (await courier.carry(subscription["id"])).standing == "active"
        people["bus"] = people["bus"].model_copy(update={"zones": ("upriver",)})
        assert (await client.post(f"{one}/renew")).status_code == 403
    assert (await made(face, receiver))["ends_at"] is None


async def test_what_the_owner_may_is_judged_whenever_something_is_sent(
    face: Face, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooks = []
    async with face.asked_as("operator") as client:
        for name, days in (("brief", 1), ("lasting", 30)):
            key = {"name": name, "standings": ["service"], "zones": [b.ZONE], "days": days}
            let = (await client.post("/v1/keys", json=key)).json()
            people = face.house.identity.people  # type: ignore[attr-defined]  # as above
            people[name] = Principal(
                id=let["id"], name=name, standings=(Standing.SERVICE,), zones=(b.ZONE,)
            )
            hooks.append((await made(face, receiver, name, zones=[b.ZONE]))["id"])
    await face.counter.reported()
    face.counter.clock.at += timedelta(days=2)
    courier = face.app.state.courier
    assert [(await courier.carry(hook)).sent for hook in hooks] == [0, 1]
    expired = await courier.subscriptions.find(hooks[0])
    assert expired.reason is not None
    assert expired.reason.endswith("has expired")
    await face.counter.do(b.report(), b.ENTERPRISE, key="later")
    monkeypatch.setitem(ACCESS, Act.SUBSCRIBE, {})  # as if a release did
    assert (await courier.carry(hooks[1])).standing == "paused"
    refused = await courier.subscriptions.find(hooks[1])
    assert refused.reason is not None
    assert refused.reason.endswith(f"may not have events of {b.ZONE} sent")
    assert len(receiver.taken) == 1


async def test_a_removal_that_was_stopped_half_way_is_finished_by_the_next(
    face: Face, receiver: Receiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed = RuntimeError("the process is killed")

    def dies(*_: object) -> None:
        raise killed

    hooks = [(await made(face, receiver))["id"] for _ in range(2)]
    courier, keys = face.app.state.courier, FileKeys(tmp_path / "webhooks")
    with monkeypatch.context() as patch:
        patch.setattr(FileKeys, "destroy", dies)
        for hook in hooks:
            with pytest.raises(RuntimeError):
                await courier.subscriptions.remove(hook, by={}, reason="over")
    assert {*keys.subjects()} == {*hooks}
    async with face.asked_as("service") as client:
        assert (await client.delete(f"{ALL}/{hooks[0]}")).json()["standing"] == "removed"
    assert {*keys.subjects()} == {hooks[1]}
    assert (await courier.carry(hooks[1])).standing == "removed"
    assert not [*keys.subjects()]


async def test_when_too_much_waits_the_issue_that_failed_longest_makes_room(
    face: Face, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.courier.WAITING_MAX", 3)
    monkeypatch.setattr("desk.courier.PAGE", 2)
    subscription = await made(face, receiver)
    hook, courier = subscription["id"], face.app.state.courier
    for key in ("bad", "worse", "good"):
        await face.counter.do(b.report(), b.ENTERPRISE, key=key)
        await face.counter.do(b.ACCEPT, key=key)
    receiver.answer = lambda told: 204 if told["key"] == "good" else 500
    held: set[str] = set()
    for _ in range(6):
        carried = await courier.carry(hook, held=sorted(held))
        held |= {failure.stream for failure in carried.failed}
    assert receiver.versions() == {f"{b.ZONE}/good": [1, 2]}
    dead = await courier.subscriptions.dead_letters(hook)
    assert [row.stream for row in dead] == [f"{b.ZONE}/bad"] * 2
    assert "failed longest" in dead[0].reason


async def test_what_cannot_be_subscribed_to_is_refused(face: Face, receiver: Receiver) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"url": "http://10.0.0.1/"}, "url"),
        ({"url": "https://169.254.169.254/latest"}, "url"),
        ({"url": "https://user:pw@example.org/"}, "url"),
        ({"url": "file:///etc/passwd"}, "url"),
        ({"zones": ["nowhere"]}, "zones"),
        ({"kinds": ["no_such_kind"]}, "kinds"),
        ({"zones": [b.ZONE], "issue": "other/A01"}, "issue"),
        ({"issue": "no slash"}, "issue"),
        ({"after": 10**6}, "after"),
        ({"after": -1}, "after"),
        ({"name": ""}, "name"),
        ({"nonsense": 1}, "nonsense"),
    ]
    async with face.asked_as("service") as client:
        for asked, field in wrong:
            answer = await client.post(ALL, json={"url": receiver.url, "name": "x"} | asked)
            assert answer.status_code == 422, asked
            assert answer.json()["field"].startswith(field), asked
        assert (await client.get(f"{ALL}/wh_0000000000000000")).status_code == 404
        assert (await client.get(f"{ALL}/nonsense")).status_code == 422
    assert await face.counter.ledger.webhook_rows() == []


async def test_dead_letters_are_listed_and_replayed(face: Face, receiver: Receiver) -> None:
    subscription = await made(face, receiver)
    hook = subscription["id"]
    courier = face.app.state.courier
    await face.counter.accepted()
    receiver.answer = lambda _: 500
    (failure,) = (await courier.carry(hook)).failed
    lane = Lane(
        stream=failure.stream,
        position=failure.position,
        reason=failure.reason,
        attempts=9,
        due_at=face.counter.clock.at,
    )
    assert await courier.bury(hook, lane) == 2
    receiver.answer = lambda _: 204
    async with face.asked_as("service") as client:
        letters = (await client.get(f"{ALL}/{hook}/dead-letters", params={"limit": 1})).json()
        assert [each["position"] for each in letters["items"]] == [1]
        assert letters["items"][0]["reason"] == "HTTP 500 (9 tries)"
        assert letters["next"] == 1
        assert (await client.post(f"{ALL}/{hook}/replay")).json() == {"events": 2, "more": False}
    assert (await courier.carry(hook)).sent == 2
    assert receiver.versions() == {f"{b.ZONE}/{b.KEY}": [1, 2]}


async def test_a_test_is_told_what_the_receiver_said(face: Face, receiver: Receiver) -> None:
    subscription = await made(face, receiver)
    test = f"{ALL}/{subscription['id']}/test"
    async with face.asked_as("service") as client:
        assert (await client.post(test)).json() == {"status": 204, "problem": None}
        receiver.answer = lambda _: 418
        assert (await client.post(test)).json()["status"] == 418
        gone = await client.delete(f"{ALL}/{subscription['id']}")
        assert gone.json()["standing"] == "removed"
        assert (await client.post(test)).status_code == 409
        assert (await client.post(f"{ALL}/{subscription['id']}/replay")).status_code == 409
    assert [each["type"] for each in receiver.taken] == ["closeout.webhook_tested"]


async def test_no_text_about_a_person_and_no_person_leaves_the_house(
    face: Face, receiver: Receiver
) -> None:
    subscription = await made(face, receiver)
    await face.counter.closed_out()
    await face.app.state.courier.carry(subscription["id"])
    assert len(receiver.taken) >= 5
    said = str(receiver.taken)
    for person in (b.OFFICER.person, b.HEAD.person, b.ENTERPRISE.person):
        assert f"'{person}'" not in said


async def test_nothing_is_sent_any_more_for_a_key_that_was_revoked(
    face: Face, receiver: Receiver
) -> None:
    async with face.asked_as("operator") as client:
        key = {"name": "hotline", "standings": ["service"], "zones": [b.ZONE]}
        let = (await client.post("/v1/keys", json=key)).json()
    people = face.house.identity.people  # type: ignore[attr-defined]  # as above
    people["let"] = Principal(
        id=let["id"], name="hotline", standings=(Standing.SERVICE,), zones=(b.ZONE,)
    )
    subscription = await made(face, receiver, "let", zones=[b.ZONE])
    courier = face.app.state.courier
    await face.counter.reported()
    assert (await courier.carry(subscription["id"])).sent == 1

    async with face.asked_as("operator") as client:
        revoked = await client.delete(f"/v1/keys/{let['id'].removeprefix('key:')}")
        assert revoked.status_code == 200, revoked.text
        await face.counter.do(b.ACCEPT)
        assert (await courier.carry(subscription["id"])).standing == "paused"
        shown = (await client.get(f"{ALL}/{subscription['id']}")).json()
    assert shown["reason"] == f"{let['id']} was turned out"
    assert len(receiver.taken) == 1


async def test_nothing_is_sent_any_more_for_a_key_that_has_expired(
    face: Face, receiver: Receiver
) -> None:
    async with face.asked_as("operator") as client:
        key = {"name": "hotline", "standings": ["service"], "zones": [b.ZONE], "days": 1}
        let = (await client.post("/v1/keys", json=key)).json()
    people = face.house.identity.people  # type: ignore[attr-defined]  # as above
    people["let"] = Principal(
        id=let["id"], name="hotline", standings=(Standing.SERVICE,), zones=(b.ZONE,)
    )
    hook = (await made(face, receiver, "let", zones=[b.ZONE]))["id"]
    courier = face.app.state.courier
    await face.counter.reported()
    assert (await courier.carry(hook)).sent == 1

    face.counter.clock.at += timedelta(days=1)
    await face.counter.reported("later")

    assert (await courier.carry(hook)).standing == "paused"
    assert (await courier.subscriptions.find(hook)).reason == f"{let['id']} has expired"
    assert len(receiver.taken) == 1
