"""Calendars over HTTP: which there are, their days, sums of working time."""

from typing import Any

import builders as b
import pytest
from faces import Face
from seats import face_over

from domain import calendar_sums
from handbooks.calendars import calendar_ids, read_calendar
from handbooks.calendars.cases import answered, calendars_of

CALENDARS = "/v1/calendars"
SHORT = {"time_zone": "Asia/Shanghai", "hours": {"09:00": "17:00"}, "weekdays": ["mon", "tue"]}
ASKED = {"id": 7, "calendar": "desk", "op": "add_minutes", "start": "2026-03-02T01:00:00Z"}

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("add", {"start": "soon", "duration": "4h"}, "start"),
    ("add", {"start": "2026-03-02T09:00", "duration": "4 weeks"}, "duration"),
    ("add", {"start": "2026-03-02T09:00", "duration": "999999999h"}, "duration"),
    ("add", {"start": "2026-03-02T09:00"}, "duration"),
    ("elapsed", {"from": "2008-01-01T09:00", "to": "2026-03-02T09:00"}, "to"),
    ("elapsed", {"from": "2026-03-03T09:00", "to": "2026-03-02T09:00"}, "from, to"),
    ("elapsed", {"from": "2026-03-02T09:00", "to": "2026-03-02T10:00", "x": 1}, "x"),
]


@pytest.fixture
def read() -> Face:
    """A face over the zone of `builders`."""
    return face_over()


async def test_the_shipped_calendars_are_listed_and_shown(read: Face) -> None:
    async with read.asked_as("enterprise") as client:
        every = (await client.get(CALENDARS)).json()["calendars"]
        month = (await client.get(f"{CALENDARS}/cn-office", params={"month": "2026-10"})).json()
        years = (await client.get(f"{CALENDARS}/cn-office@2020-01-22")).json()["years"]

    assert [each["id"] for each in every] == list(calendar_ids())
    assert every[0]["hash"] == read_calendar(calendar_ids()[0]).hash
    assert (len(month["days"]), month["days"][0]["kind"]) == (31, "closed")
    assert years[-1]["year"] >= 2020


async def test_a_zones_own_calendar_is_found_by_its_zone(read: Face) -> None:
    async with read.asked_as("officer") as client:
        told = (await client.get(f"{CALENDARS}/plain", params={"zone": b.ZONE})).json()
        other = await client.get(f"{CALENDARS}/plain")

    assert told["hash"] == b.CALENDAR.hash
    assert other.status_code == 404


async def test_no_file_and_no_other_name_is_a_calendar(read: Face) -> None:
    expected = {
        "/nothing": 404,
        "/cn-office@1999-01-01": 404,
        "/cn-office@today": 404,
        "/..%2Fsecret.toml": 404,
        "/secret.toml": 404,
        "/cn-office?month=2026-13": 422,
        "/cn-office?month=0000-01": 422,
        "/cn-office?month=1970-01": 422,
        "/cn-office?zone=nowhere": 404,
    }
    async with read.asked_as("officer") as client:
        found = {path: (await client.get(f"{CALENDARS}{path}")).status_code for path in expected}

    assert found == expected


async def test_who_was_not_let_in_counts_nothing(read: Face) -> None:
    body = {"from": "2026-03-02T09:00", "to": "2026-03-03T09:00"}
    for name in (None, "elsewhere"):
        async with read.asked_as(name) as client:
            answers = [
                await client.get(CALENDARS),
                await client.post(f"{CALENDARS}/cn-office/elapsed", json=body),
                await client.post(f"{CALENDARS}/batch", json={"questions": [ASKED]}),
            ]
        assert {answer.status_code for answer in answers} == {403}


async def test_sums_are_those_of_the_command_line(read: Face) -> None:
    calendar = read_calendar("cn-office")
    async with read.asked_as("officer") as client:
        over = await client.post(
            f"{CALENDARS}/cn-office/add",
            json={"start": "2026-09-30T15:00", "duration": "5wd same_time"},
        )
        between = await client.post(
            f"{CALENDARS}/cn-office/elapsed",
            json={"from": "2026-09-30T15:00", "to": "2026-10-09T10:00"},
        )

    added = calendar_sums.added(calendar, "2026-09-30T15:00", "5wd same_time").plain
    elapsed = calendar_sums.elapsed(calendar, "2026-09-30T15:00", "2026-10-09T10:00").plain
    for answer, plain in ((over, added), (between, elapsed)):
        told = answer.json()
        same = ("to_at", "counted_ms", "budget_ms", "provisional", "spans", "calendar_hash")
        assert {name: told[name] for name in same} == {name: plain[name] for name in same}
        assert told["adds_up"] is True


async def test_a_sum_that_cannot_be_is_refused_by_its_field(read: Face) -> None:
    async with read.asked_as("officer") as client:
        for act, body, field in REFUSED:
            answer = await client.post(f"{CALENDARS}/cn-office/{act}", json=body)
            assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_question_that_cannot_be_answered_stops_no_other(read: Face) -> None:
    good: dict[str, Any] = {**ASKED, "minutes": 90}
    questions = [
        good,
        {**good, "id": "b", "minutes": "many"},
        {**good, "id": {"no": "id"}, "calendar": "nowhere"},
        {**good, "id": True, "op": "fly"},
        {"op": "is_open", "calendar": "cn-office", "at": "2026-03-02T01:00:00Z"},
        {**good, "minutes": 10**15},
    ]
    async with read.asked_as("service") as client:
        answer = await client.post(
            f"{CALENDARS}/batch", json={"calendars": {"desk": SHORT}, "questions": questions}
        )

    told = answer.json()["answers"]
    assert told[0] == {
        "id": 7,
        "answer": answered(calendars_of({"desk": SHORT}), good),
        "error": None,
    }
    assert told[4]["answer"] is True
    assert [each["answer"] for each in (told[1], told[2], told[3], told[5])] == [None] * 4
    assert all(each["error"] for each in (told[1], told[2], told[3], told[5]))
    assert [each["id"] for each in told[1:4]] == ["b", None, None]


async def test_more_questions_than_fit_are_not_begun(read: Face) -> None:
    async with read.asked_as("service") as client:
        answer = await client.post(f"{CALENDARS}/batch", json={"questions": [{}] * 401})

    assert (answer.status_code, answer.json()["field"]) == (422, "questions")
