"""Figures stated over HTTP: once, by whoever states figures, restated beside what stood."""

import builders as b
import httpx2
import pytest
from desks import StandingClock
from faces import Face
from seats import face_over

FIGURES = f"/v1/figures/{b.ZONE}"
NEW = {
    "definition": "sign_off",
    "from_at": b.MON_9.isoformat(),
    "to_at": b.TUE_9.isoformat(),
    "reason": "The day is over.",
}


@pytest.fixture
async def closed() -> Face:
    """A face over a zone whose one issue was closed out on Monday; it is Wednesday."""
    clock = StandingClock()
    face = face_over(clock=clock)
    await face.counter.closed_out()
    clock.at = b.WED_9
    return face


async def stated(face: Face, name: str | None = "supervisor", **body: object) -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.post(FIGURES, json=NEW | body)


async def test_a_figure_is_published_once_and_only_restated_then(closed: Face) -> None:
    first = await stated(closed)
    again = await stated(closed)
    number = first.json()["figure"]
    async with closed.asked_as("supervisor") as client:
        kept = (await client.get(first.headers["Location"])).json()
        foreseen = (await client.get(f"{FIGURES}/{number}/restatement")).json()
        nothing = await client.post(f"{FIGURES}/{number}/restatement", json={"reason": "Look."})

    assert (first.status_code, again.status_code) == (201, 422)
    assert kept["sha256"] == first.json()["sha256"]
    assert kept["reason"] == "The day is over."
    assert (foreseen["differs"], foreseen["differences"]) == (False, [])
    assert (nothing.status_code, nothing.json()["stated"]) == (200, None)


async def test_another_revision_is_foreseen_place_by_place_and_kept_beside(closed: Face) -> None:
    number = (await stated(closed, revision=1)).json()["figure"]
    async with closed.asked_as("supervisor") as client:
        path = f"{FIGURES}/{number}/restatement"
        foreseen = (await client.get(path, params={"revision": 2})).json()
        before = await closed.counter.ledger.figures(
            zone=b.ZONE, definition=None, before=None, limit=9
        )
        done = await client.post(path, json={"reason": "Lengths are told.", "revision": 2})
        late = await client.post(path, json={"reason": "Again.", "revision": 2})

    assert foreseen["differs"] is True
    assert len(before) == 1
    assert (done.status_code, done.json()["stated"]["restates"]) == (201, number)
    assert done.json()["stated"]["revision"] == 2
    assert late.status_code == 422


async def test_only_who_states_for_the_zone_may(closed: Face) -> None:
    number = (await stated(closed)).json()["figure"]
    for name in ("officer", "auditor", "enterprise", "service", "operator", None):
        assert (await stated(closed, name)).status_code == 403, name
        async with closed.asked_as(name) as client:
            path = f"{FIGURES}/{number}/restatement"
            assert (await client.get(path)).status_code == 403
            assert (await client.post(path, json={"reason": "x"})).status_code == 403
    assert (
        len(await closed.counter.ledger.figures(zone=b.ZONE, definition=None, before=None, limit=9))
        == 1
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"definition": "luck"}, "definition"),
        ({"unit": "nobody"}, "unit"),
        ({"to_at": "2030-01-01T00:00:00Z"}, "period"),
        ({"reason": " "}, "reason"),
        ({"post": "coordination"}, "post"),
    ],
)
async def test_what_cannot_be_stated_is_refused_by_its_field(
    closed: Face, body: dict[str, object], field: str
) -> None:
    answer = await stated(closed, **body)

    assert answer.status_code in (403, 422)
    assert answer.json()["field"].split(".")[-1] == field
    assert (
        await closed.counter.ledger.figures(zone=b.ZONE, definition=None, before=None, limit=9)
        == []
    )
