"""Callbacks over HTTP: a draw made, made again, listed."""

import builders as b
import builders_callbacks as bc
import httpx2
import pytest
from faces import Face
from seats import face_over

from desk.callbacks import CallbackDesk

DRAWS = f"/v1/callbacks/{b.ZONE}"
MARCH = {"from_at": "2026-03-01T00:00:00+08:00", "to_at": "2026-03-03T00:00:00+08:00"}
NEW = {"id": "d-1", "seed": "s", **MARCH}


@pytest.fixture
async def closed() -> Face:
    """One issue that was closed out on Monday; now it is Wednesday."""
    face = face_over(bc.TERMS)
    await face.counter.closed_out()
    face.counter.clock.at = b.WED_9
    return face


async def drew(face: Face, name: str | None = "supervisor", **changes: object) -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.post(DRAWS, json=NEW | changes)


async def test_a_draw_is_made_once_and_can_be_made_again(closed: Face) -> None:
    first, again = await drew(closed), await drew(closed)
    async with closed.asked_as("auditor") as client:
        redrawn = (await client.get(first.headers["Location"])).json()
        listed = (await client.get(DRAWS)).json()["draws"]

    lots = (await CallbackDesk(closed.counter.desk).redraw("d-1")).lots
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["issues"] == [
        {"stream": stream, "lot": lot} for stream, lot in lots.items()
    ]
    assert (first.json()["recorded"], again.json()["recorded"]) == (1, 0)
    assert (redrawn["same"], redrawn["missing"]) == (True, [])
    assert [(each["id"], each["issues"], each["open"]) for each in listed] == [("d-1", 1, 1)]


async def test_who_may_not_draw_or_look_is_refused(closed: Face) -> None:
    await drew(closed)
    for name in ("officer", "auditor", "enterprise", "service", "elsewhere", None):
        assert (await drew(closed, name, id="d-2")).status_code == 403
    for name in ("officer", "enterprise", "service", "operator", None):
        async with closed.asked_as(name) as client:
            for path in (DRAWS, f"{DRAWS}/d-1/redraw"):
                assert (await client.get(path)).status_code == 403


async def test_what_cannot_be_drawn_is_refused(closed: Face) -> None:
    await drew(closed)
    nameless = {"id": None}
    other = {"seed": "another"}
    to_come = {"id": "d-2", "to_at": "2026-04-01T00:00:00Z"}
    local = {"id": "d-2", "from_at": "2026-03-01T00:00:00"}

    assert (await drew(closed, **nameless)).status_code == 428
    assert (await drew(closed, **other)).status_code == 409
    assert (await drew(closed, **to_come)).status_code == 422
    assert (await drew(closed, **local)).json()["field"] == "from_at"


async def test_a_draw_that_is_not_there_or_of_another_zone_is_not_found(closed: Face) -> None:
    async with closed.asked_as("supervisor") as client:
        nothing = await client.get(f"{DRAWS}/d-9/redraw")
        nowhere = await client.get("/v1/callbacks/nowhere")

    assert (nothing.status_code, nowhere.status_code) == (404, 404)
