"""Contact boards and enterprises over HTTP."""

import builders as b
import pytest
from faces import Face
from seats import face_over

from domain.board import contact_board
from domain.registry import registered

BOARDS = f"/v1/contact-board/{b.ZONE}"
ENTERPRISES = f"/v1/enterprises/{b.ZONE}"


@pytest.fixture
def public() -> Face:
    """A face that anybody may come to."""
    return face_over()


async def test_the_contact_board_hangs_on_the_wall_for_everybody(public: Face) -> None:
    local = public.counter.clock.now().astimezone(b.SHANGHAI)
    expected = contact_board(b.HANDBOOK, "mill", local).model_dump(mode="json")
    for name in (None, "enterprise", "operator", "auditor"):
        async with public.asked_as(name) as client:
            told = (await client.get(f"{BOARDS}/mill")).json()
        assert {**told["board"], "local": None} == {**expected, "local": None}
        assert told["version"] == "shipped"


async def test_the_list_goes_on_where_a_page_ended(public: Face) -> None:
    keys: list[str] = []
    after: str | None = ""
    async with public.asked_as(None) as client:
        while after is not None:
            asked = {"limit": 1} | ({"after": after} if after else {})
            told = (await client.get(BOARDS, params=asked)).json()
            keys += [each["enterprise"] for each in told["enterprises"]]
            after = told["after"]

    assert keys == sorted(each.enterprise.id for each in registered(b.HANDBOOK))


async def test_who_will_be_responsible_can_be_asked_ahead(public: Face) -> None:
    async with public.asked_as(None) as client:
        ahead = await client.get(f"{BOARDS}/mill", params={"at": "2026-06-01T09:00"})
        both = await client.get(
            f"{BOARDS}/mill", params={"at": "2026-06-01T09:00", "as_of": "2026-03-01T09:00"}
        )

    assert ahead.json()["board"]["local"].startswith("2026-06-01T09:00")
    assert (both.status_code, both.json()["field"]) == (422, "at")


async def test_what_is_on_no_board_is_refused(public: Face) -> None:
    async with public.asked_as(None) as client:
        found = [
            (await client.get(path)).status_code
            for path in (
                f"{BOARDS}/nobody",
                "/v1/contact-board/nowhere/mill",
                f"{BOARDS}/mill?at=soon",
                f"{BOARDS}?limit=0",
            )
        ]

    assert found == [404, 404, 422, 422]


async def test_enterprises_are_listed_to_whoever_is_signed_in(public: Face) -> None:
    grid = registered(b.HANDBOOK)[0].enterprise.grid
    async with public.asked_as("enterprise") as client:
        listed = await client.get(ENTERPRISES, params={"grid": grid})
        misspelt = await client.get(ENTERPRISES, params={"grid": f"{grid}x"})
    async with public.asked_as(None) as client:
        nobody = await client.get(ENTERPRISES)
    async with public.asked_as("elsewhere") as client:
        other = await client.get(ENTERPRISES)

    assert [each["enterprise"]["id"] for each in listed.json()["enterprises"]] == [
        each.enterprise.id for each in registered(b.HANDBOOK, grid=grid)
    ]
    assert (misspelt.status_code, misspelt.json()["field"]) == (422, "grid")
    assert nobody.status_code == other.status_code == 403
