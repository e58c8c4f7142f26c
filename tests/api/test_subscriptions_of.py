"""Subscriptions to events of matters and of orders: for who asks, of what they may read."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import builders as b
import builders_grants as g
import builders_matters as m
import pytest
from desks import Counter, StandingClock
from faces import Face, face_of
from matters_bureau import MatterBureau
from receivers import Receiver, receiving
from test_subscriptions import ALL, made

from domain.access import Principal, Standing
from domain.matters.matter import matter_stream
from ledger.memory import MemoryLedger
from runtime.settings import Settings

MASKS = m.asked(kind="open_grant", procedure="supplies", title="Masks", unit="mask")


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    async with receiving() as receiver:
        yield receiver


@pytest.fixture
def face(clock: StandingClock, tmp_path: Path) -> Face:
    """The face with a folder for keys, that may send to loopback."""
    settings = Settings(keys_dir=tmp_path, webhook_allow="127.0.0.0/8")
    return face_of(Counter(MemoryLedger(), clock), settings=settings)


async def test_matters_are_sent_to_whoever_asks_for_them_and_to_nobody_else(
    face: Face, receiver: Receiver
) -> None:
    old = await made(face, receiver)
    both = await made(face, receiver, of=["matter", "issue"])
    assert (old["of"], both["of"]) == (["issue"], ["issue", "matter"])
    await face.counter.accepted()
    ledger = face.counter.ledger
    await MatterBureau(ledger, face.counter.clock, g.TERMS).do(MASKS)
    courier = face.app.state.courier

    assert (await courier.carry(old["id"])).sent == 2
    assert (await courier.carry(both["id"])).sent == 3
    told = [json.loads(body) for body in receiver.bodies]
    (matter,) = [each for each in told if each["of"] == "matter"]
    assert (matter["subject"], matter["version"]) == (matter_stream(b.ZONE, m.KEY), 1)
    assert matter["type"] == "closeout.grant_opened"
    assert matter["actor"] == {"kind": "officer", "post": b.COORDINATOR.post}
    rows = {row.webhook: row for row in await ledger.deliveries()}
    assert rows[old["id"]].position == rows[both["id"]].position == 3


async def test_what_may_not_be_read_is_not_sent(face: Face, receiver: Receiver) -> None:
    wrong: list[tuple[dict[str, Any], int, str]] = [
        ({"of": ["order"]}, 403, "act"),
        ({"of": ["notes"]}, 422, "of.0"),
        ({"kinds": ["grant_opened"]}, 422, "kinds"),
        ({"of": ["matter"], "kinds": ["issue_accepted"]}, 422, "kinds"),
        ({"of": ["matter"], "issue": f"{b.ZONE}/{b.KEY}"}, 422, "of"),
    ]
    async with face.asked_as("service") as client:
        for asked, status, field in wrong:
            answer = await client.post(ALL, json={"url": receiver.url, "name": "x"} | asked)
            assert (answer.status_code, answer.json()["field"]) == (status, field), answer.text
    people = face.house.identity.people  # type: ignore[attr-defined]  # the tests' own
    standings = (Standing.SERVICE, Standing.AUDITOR)
    people["both"] = Principal(id="key:both", name="both", standings=standings)
    assert (await made(face, receiver, "both", of=["order"]))["of"] == ["order"]
