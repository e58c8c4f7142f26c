"""Stored reports over HTTP: made, shown, compared, corrected, and by whom not."""

from datetime import timedelta

import builders as b
import httpx2
import pytest
from desks import StandingClock
from faces import Face
from seats import face_over

REPORTS = f"/v1/reports/{b.ZONE}"
DAILY = {"kind": "daily", "to_on": "2026-03-04"}


@pytest.fixture
async def busy() -> Face:
    """A face over a zone with an issue that was closed out, and one that is open, a week later."""
    clock = StandingClock()
    face = face_over(clock=clock)
    await face.counter.closed_out("m-1")
    await face.counter.do(b.report(), b.ENTERPRISE, key="m-2")
    clock.at += timedelta(days=9)
    return face


async def made(face: Face, name: str | None = "coordinator", **body: str) -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.post(REPORTS, json=DAILY | body)


async def corrected(
    face: Face, number: str, name: str = "coordinator", version: int = 1
) -> httpx2.Response:
    async with face.asked_as(name) as client:
        body = {"expected_version": version, "reason": "A title was wrong."}
        return await client.post(f"{REPORTS}/{number}/correction", json=body)


async def renamed(face: Face) -> None:
    """Have the zone's handbook call an enterprise otherwise: stored reports name it."""
    shelf = face.counter.desk.shelf
    terms = await shelf.current(b.ZONE, face.counter.clock.now())
    name = {"zh": "新厂", "en": "The New Mill"}
    enterprises = [
        each.model_copy(update={"name": type(each.name).model_validate(name)})
        for each in terms.handbook.enterprises
    ]
    book = terms.handbook.model_copy(update={"enterprises": tuple(enterprises)})
    changed = type(terms).model_validate_json(
        terms.model_copy(update={"handbook": book}).model_dump_json()
    )
    face.counter.desk.shelf = type(shelf)(face.counter.ledger, {b.ZONE: changed})


async def test_a_report_is_made_once_listed_and_shown_word_for_word(busy: Face) -> None:
    first, again = await made(busy), await made(busy)
    number = first.json()["number"]
    async with busy.asked_as("auditor") as client:
        page = (await client.get(REPORTS, params={"kind": "daily"})).json()
        whole = (await client.get(f"{REPORTS}/{number}")).json()

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == f"{REPORTS}/{number}"
    assert again.json() == first.json()
    assert first.json()["author"].startswith("coordination")
    assert [each["number"] for each in page["reports"]] == [number]
    assert whole["body"]["sections"]
    assert [each["version"] for each in whole["versions"]] == [1]


async def test_only_who_states_for_the_zone_makes_and_corrects(busy: Face) -> None:
    number = (await made(busy)).json()["number"]
    for name in ("officer", "enterprise", "auditor", "service", "operator", "section", None):
        answer = await made(busy, name, to_on="2026-03-05")
        assert answer.status_code == 403, (name, answer.text)
    for name in ("officer", "auditor"):
        async with busy.asked_as(name) as client:
            assert (await client.get(f"{REPORTS}/{number}/correction")).status_code == 403
        assert (await corrected(busy, number, name)).status_code == 403
    assert len(await busy.counter.ledger.reports(b.ZONE)) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "yearly"}, "kind"),
        ({"to_on": "2026-03-08"}, "to"),
        ({"to_on": "2026-03-20"}, "to"),
        ({"to_on": "1772409600"}, "to_on"),
        ({"post": "supervision"}, "post"),
    ],
)
async def test_what_cannot_be_made_is_refused_by_its_field(
    busy: Face, body: dict[str, str], field: str
) -> None:
    answer = await made(busy, **body)

    assert answer.status_code in (403, 422)
    assert answer.json()["field"].split(".")[-1] == field
    assert await busy.counter.ledger.reports(b.ZONE) == []


async def test_a_correction_is_foreseen_confirmed_by_version_and_told_cell_by_cell(
    busy: Face,
) -> None:
    number = (await made(busy)).json()["number"]
    async with busy.asked_as("coordinator") as client:
        nothing = (await client.get(f"{REPORTS}/{number}/correction")).json()
    refused = await corrected(busy, number)
    await renamed(busy)
    async with busy.asked_as("coordinator") as client:
        foreseen = (await client.get(f"{REPORTS}/{number}/correction")).json()
    stale = await corrected(busy, number, version=2)
    written = await corrected(busy, number)
    late = await corrected(busy, number, version=1)
    async with busy.asked_as("auditor") as client:
        told = (await client.get(f"{REPORTS}/{number}/differences")).json()
        same = (
            await client.get(f"{REPORTS}/{number}/differences", params={"first": 2, "second": 2})
        ).json()
        kept = (await client.get(f"{REPORTS}/{number}", params={"version": 1})).json()

    assert (nothing["same"], refused.status_code) == (True, 422)
    assert foreseen["same"] is False
    assert (stale.status_code, late.status_code) == (409, 409)
    assert (written.status_code, written.json()["version"]) == (201, 2)
    assert written.json()["reason"] == "A title was wrong."
    assert told["cells"] == foreseen["cells"]
    assert {"zh": "新厂", "en": "The New Mill"} in [each["after"] for each in told["cells"]]
    assert (told["first"]["version"], told["second"]["version"]) == (1, 2)
    assert same["same"] is True
    assert (kept["version"], len(kept["versions"])) == (1, 2)


async def test_a_report_of_another_zone_is_not_there(busy: Face) -> None:
    async with busy.asked_as("coordinator") as client:
        for path in ("none", "none/differences", "none/correction"):
            answer = await client.get(f"{REPORTS}/{path}")
            assert answer.status_code == 404, (path, answer.text)
        assert (await client.get("/v1/reports/nowhere")).status_code == 404
