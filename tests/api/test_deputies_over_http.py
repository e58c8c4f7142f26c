"""Deputies at the HTTP face: they see what the other sees, and are told what the other is told."""

from datetime import timedelta

import builders as b
import pytest
from desks import StandingClock
from faces import Face
from seats import face_over

from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from domain.access import Principal
from domain.handbook import Handbook

DEPUTY = Principal(id="user:deputy", name="deputy", person="stand-in")
AWAY = {"deputy": "stand-in", "from_on": "2026-03-01", "to_on": "2026-03-10"}


@pytest.fixture
async def face(clock: StandingClock) -> Face:
    """A face over a zone in which somebody stands in for an officer and for a head of section."""
    absences = [
        AWAY | {"id": who.person, "post": who.post, "principal": who.person}
        for who in (b.OFFICER, b.SECTION)
    ]
    book = Handbook.model_validate(b.HANDBOOK_DATA | {"delegations": absences})
    face = face_over(b.TERMS.model_copy(update={"handbook": book}), clock=clock)
    face.house.identity.people["deputy"] = DEPUTY  # type: ignore[attr-defined]  # tests have them
    return face


async def test_a_deputy_reads_what_the_other_was_told_until_the_delegation_ends(
    face: Face, clock: StandingClock
) -> None:
    await face.counter.accepted("one")
    notifier = Notifier(face.counter.desk, JournalChannel())
    for notice in await face.counter.ledger.notices(f"{b.ZONE}/one"):
        await notifier.tell(notice.id)

    async with face.asked_as("officer") as client:
        own = (await client.get("/v1/inbox")).json()["items"]
    async with face.asked_as("deputy") as client:
        stood_in = (await client.get("/v1/inbox")).json()["items"]
        read = await client.post(f"/v1/inbox/{own[0]['id']}/read")
        clock.at += timedelta(days=20)
        later = await client.get("/v1/inbox")

    assert own
    assert {each["id"] for each in own} <= {each["id"] for each in stood_in}
    assert read.status_code == 200
    assert later.status_code == 403


async def test_a_deputy_is_told_in_whose_place_they_act_and_what_its_unit_has(face: Face) -> None:
    async with face.asked_as("deputy") as client:
        place = (await client.get("/v1/me")).json()["places"][0]
        parts = await client.get("/v1/parts", params={"zone": b.ZONE})

    assert place["posts"] == []
    assert {"post": b.OFFICER.post, "on_behalf_of": b.OFFICER.person} in place["deputy_in"]
    assert len(place["deputy_in"]) == 2
    assert parts.status_code == 200
