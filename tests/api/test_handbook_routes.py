"""Handbooks over HTTP: versions, one whole, differences, a check before publication."""

import builders as b
import httpx2
import pytest
from faces import Face
from seats import face_over

from desk.handbook_versions import Versions
from desk.shelf import Shelf
from domain.handbook import Handbook
from handbooks.shelf import SHIPPED, read_terms

BOOKS = "/v1/handbooks"
TOML = {"Content-Type": "application/toml"}


@pytest.fixture
def read() -> Face:
    """A face over the zone of `builders`."""
    return face_over()


async def test_every_zone_that_one_was_let_into_is_listed(read: Face) -> None:
    async with read.asked_as("service") as client:
        every = (await client.get(BOOKS)).json()
        one = (await client.get(f"{BOOKS}/{b.ZONE}")).json()

    assert every["zones"] == [one]
    assert (one["in_force"], one["shipped"]["handbook"]) == ("shipped", b.HANDBOOK.hash)
    assert one["shipped"]["open_issues"] is None


async def test_how_many_issues_a_handbook_judges_is_told_to_those_who_see_all(read: Face) -> None:
    await read.counter.accepted()
    async with read.asked_as("supervisor") as client:
        told = (await client.get(f"{BOOKS}/{b.ZONE}")).json()

    assert told["shipped"]["open_issues"] == 1


async def test_who_was_not_let_in_reads_no_rules(read: Face) -> None:
    for name in (None, "elsewhere"):
        async with read.asked_as(name) as client:
            for path in (BOOKS, f"{BOOKS}/{b.ZONE}", f"{BOOKS}/{b.ZONE}/versions/in-force"):
                assert (await client.get(path)).status_code == 403


async def test_a_handbook_is_shown_whole_with_who_is_in_its_posts(read: Face) -> None:
    async with read.asked_as("enterprise") as client:
        answer = await client.get(f"{BOOKS}/{b.ZONE}/versions/{b.HANDBOOK.hash[:8]}")

    found = await Versions(read.counter.desk).find(b.ZONE, "in-force")
    told = answer.json()
    assert Handbook.model_validate(told["handbook"]) == found.handbook
    people = {each["post"]: each["people"] for each in told["people"]}
    assert people[b.OFFICER.post] == [b.OFFICER.person]


async def test_a_version_that_is_not_there_is_refused(read: Face) -> None:
    async with read.asked_as("enterprise") as client:
        for version in ("published", "published:9", "ffffffff", "nothing"):
            answer = await client.get(f"{BOOKS}/{b.ZONE}/versions/{version}")
            assert (answer.status_code, answer.json()["field"]) == (422, "version")


async def test_a_handbook_differs_from_itself_in_nothing(read: Face) -> None:
    async with read.asked_as("enterprise") as client:
        asked = {"first": "shipped", "second": "in-force"}
        told = (await client.get(f"{BOOKS}/{b.ZONE}/differences", params=asked)).json()

    assert (told["same"], told["differences"]) == (True, [])


@pytest.fixture
def nanan() -> Face:
    """A face over a shipped zone, whose tables a test may post again."""
    face = face_over()
    desk = face.counter.desk
    desk.shelf = Shelf(desk.ledger, {"nanan": read_terms("nanan")})
    return face


TABLES = (SHIPPED / "nanan" / "organisation.toml").read_bytes()


async def posted(face: Face, text: bytes, name: str = "operator") -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.post(f"{BOOKS}/nanan/check", content=text, headers=TOML)


async def test_a_posted_handbook_is_proved_and_nothing_of_it_is_kept(nanan: Face) -> None:
    answer = await posted(nanan, TABLES)

    told = answer.json()
    assert answer.status_code == 200
    assert told["handbook"] == read_terms("nanan").handbook.hash
    assert told["sound"] is True
    assert told["entries"] > 0
    assert await nanan.counter.ledger.handbook_publications("nanan") == []


SPOILT: list[tuple[bytes, str]] = [
    (b"revision = [", "not TOML"),
    (TABLES + b"\n[no_such_table]\nfield = 1\n", "unknown table or field"),
    (b"", "required"),
    (b"a = " + b"[" * 5000, "nested"),
]


async def test_what_is_wrong_with_a_posted_handbook_is_named_place_by_place(nanan: Face) -> None:
    for text, said in SPOILT:
        answer = await posted(nanan, text)
        told = answer.json()
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert (answer.status_code, told["code"]) == (422, "invalid_handbook")
        assert any(said.lower() in each["message"].lower() for each in told["problems"])


async def test_what_is_no_text_is_turned_away_at_the_door(nanan: Face) -> None:
    assert (await posted(nanan, b"\xff\xfe")).status_code == 400


async def test_a_handbook_larger_than_any_is_not_read(nanan: Face) -> None:
    answer = await posted(nanan, b"#" * (2**20 + 1))

    assert answer.status_code == 413


async def test_the_engines_time_is_not_for_everybody(nanan: Face) -> None:
    for name in ("enterprise", "service", "officer"):
        assert (await posted(nanan, TABLES, name)).status_code == 403
