"""A handbook is laid out over HTTP by one person, and in force once another approves it."""

from datetime import timedelta

import httpx2
import pytest
from desks import StandingClock
from faces import Face
from seats import face_over

from desk.shelf import Shelf
from domain.access import Principal
from face import stating
from handbooks.shelf import SHIPPED, read_terms

BOOKS = "/v1/handbooks/nanan"
TABLES = (SHIPPED / "nanan" / "organisation.toml").read_text(encoding="utf-8")
NEXT = TABLES.replace("revision = 1 ", "revision = 2 ").replace("冷暖机零部件企业", "冷暖设备企业")
PEOPLE = {
    name: Principal(id=f"user:{name}", name=name, person=person)
    for name, person in {
        "author": "nanan-p21",
        "lead": "nanan-p11",
        "other-lead": "nanan-p12",
        "contact": "nanan-p01",
        "watcher": "nanan-p22",
    }.items()
}


@pytest.fixture
def nanan() -> Face:
    """A face over a shipped zone: its coordinator, two of its top tier, one below, its auditor."""
    face = face_over(clock=StandingClock())
    desk = face.counter.desk
    desk.shelf = Shelf(desk.ledger, {"nanan": read_terms("nanan")})
    face.house.identity.people |= PEOPLE  # type: ignore[attr-defined]  # a test's own
    return face


async def laid(face: Face, name: str = "author", text: str = NEXT) -> httpx2.Response:
    async with face.asked_as(name) as client:
        body = {"text": text, "reason": "名称更正"}
        return await client.post(f"{BOOKS}/proposals", json=body)


async def approved(face: Face, name: str, told: dict[str, str], **body: str) -> httpx2.Response:
    async with face.asked_as(name) as client:
        sent = {"handbook": told["handbook"]} | body
        return await client.post(f"{BOOKS}/proposals/{told['proposal']}/approval", json=sent)


async def in_force(face: Face) -> int:
    terms = await face.counter.desk.shelf.current("nanan", face.counter.clock.now())
    return terms.handbook.revision


async def test_one_lays_it_out_and_another_brings_it_into_force(nanan: Face) -> None:
    first, again = await laid(nanan), await laid(nanan)
    told = first.json()
    assert (first.status_code, again.json()["proposal"]) == (201, told["proposal"])
    assert await in_force(nanan) == 1
    async with nanan.asked_as("lead") as client:
        seen = (await client.get(f"{BOOKS}/proposals/{told['proposal']}")).json()
        box = (await client.get("/v1/inbox", params={"zone": "nanan"})).json()["items"]
    fields = {(each["table"], each["new"]) for each in seen["differences"]}
    assert seen["stage"] == "open"
    assert ("revision", 2) in fields
    assert [each["addressee"] for each in box] == ["nanan-lead"]
    assert told["handbook"] in box[0]["text"]

    own = await approved(nanan, "author", told)
    other = await approved(nanan, "lead", told, handbook="0" * 64)
    done = await approved(nanan, "lead", told)

    assert (own.status_code, other.status_code, done.status_code) == (403, 409, 201)
    assert await in_force(nanan) == 2
    (row,) = await nanan.counter.ledger.handbook_publications("nanan")
    assert (row.author, row.approver) == (
        "nanan-coordinator (nanan-p21)",
        "nanan-lead (nanan-p11)",
    )
    assert row.reason == "名称更正"
    assert (await approved(nanan, "other-lead", told)).status_code == 409
    async with nanan.asked_as("lead") as client:
        (listed,) = (await client.get(f"{BOOKS}/proposals")).json()["proposals"]
    assert listed["stage"] == "published"


async def test_only_who_may_publish_lays_out_and_approves(nanan: Face) -> None:
    told = (await laid(nanan)).json()
    for name in ("contact", "watcher", "service", "operator", "auditor"):
        assert (await laid(nanan, name)).status_code == 403, name
        assert (await approved(nanan, name, told)).status_code == 403, name
    assert await in_force(nanan) == 1
    async with nanan.asked_as("watcher") as client:
        assert (await client.get(f"{BOOKS}/proposals")).status_code == 403


async def test_what_is_laid_over_another_handbook_is_overtaken(nanan: Face) -> None:
    first = (await laid(nanan)).json()
    second = (await laid(nanan, text=NEXT.replace("revision = 2 ", "revision = 3 "))).json()
    nanan.counter.clock.at += timedelta(minutes=1)
    assert (await approved(nanan, "lead", first)).status_code == 201

    refused = await approved(nanan, "lead", second)
    async with nanan.asked_as("lead") as client:
        shown = (await client.get(f"{BOOKS}/proposals/{second['proposal']}")).json()

    assert refused.status_code == 409
    assert (shown["stage"], shown["differences"]) == ("overtaken", [])
    assert await in_force(nanan) == 2


async def test_what_could_not_be_published_is_not_laid_out(nanan: Face) -> None:
    for text, code in (
        (TABLES, "invalid"),
        ("revision = [", "invalid_handbook"),
        (NEXT + "\n[no_such_table]\nfield = 1\n", "invalid_handbook"),
    ):
        answer = await laid(nanan, text=text)
        assert (answer.status_code, answer.json()["code"]) == (422, code)
    async with nanan.asked_as("lead") as client:
        assert (await client.get(f"{BOOKS}/proposals")).json() == {"proposals": []}
        assert (await client.get(f"{BOOKS}/proposals/none")).status_code == 422


async def test_one_thing_that_takes_long_is_done_at_a_time(
    nanan: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stating.one_at_a_time("closeout"):
        busy = await laid(nanan)
    monkeypatch.setattr(stating, "WORKS_S_MAX", 0.0)
    slow = await laid(nanan)

    assert (busy.status_code, slow.status_code) == (429, 422)
    assert "command line" in slow.json()["detail"]
    assert await in_force(nanan) == 1
