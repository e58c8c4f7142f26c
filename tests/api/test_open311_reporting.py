"""Open311: service requests that are posted become issues, once, and nothing else does."""

from pathlib import Path
from typing import Any

import builders as b
import httpx2
import pytest
from deep import deep
from desks import StandingClock
from faces import Face
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from open311_face import V2, from_xml, open311_face, valid

from desk.sealing import Sealer
from domain.events import IssueReported
from domain.people import Service
from domain.phases import Origin, Priority
from runtime.seals import FileKeys

REQUESTS = f"{V2}/requests.json"
FORM = {
    "api_key": "service",
    "service_code": "road-access",
    "description": "Lorries cannot reach the gate.\r\nSince dawn.",
    "attribute[enterprise]": "mill",
}


@pytest.fixture
def open311(clock: StandingClock) -> Face:
    """The face, with one zone."""
    return open311_face(clock)


async def posted(face: Face, form: Any, *, path: str = REQUESTS, **given_: Any) -> httpx2.Response:
    """Post a form as somebody whose key it holds."""
    async with face.asked_as(None) as client:
        return await client.post(path, data=form, **given_)


async def reported(face: Face, answer: httpx2.Response) -> IssueReported:
    """Return the event that a report came to."""
    assert answer.status_code == 200, answer.text
    (told,) = answer.json()
    stream = told["service_request_id"].replace(".", "/", 1)
    (record, *_) = await face.counter.ledger.records(stream)
    assert isinstance(record.event, IssueReported)
    return record.event


async def count(face: Face) -> int:
    """Return how many issues there are."""
    return len(await face.counter.ledger.find(limit=1000))


async def test_a_form_is_the_report_of_an_issue_by_the_service_of_the_key(open311: Face) -> None:
    answer = await posted(open311, FORM)

    event = await reported(open311, answer)
    assert event.by == Service(name="service")
    assert event.origin is Origin.SERVICE
    assert (event.enterprise, event.category) == ("mill", "road-access")
    assert event.title == "Lorries cannot reach the gate."
    assert event.text == "Lorries cannot reach the gate.\nSince dawn."
    assert answer.json()[0]["account_id"] is None
    assert "2026-03-02T13:00:00+08:00" in answer.json()[0]["service_notice"]
    assert int(answer.headers["Closeout-Position"]) >= 1


async def test_what_was_posted_is_read_back_as_the_stored_schema_says(open311: Face) -> None:
    answer = await posted(open311, FORM, path=f"{V2}/requests.xml")
    (told,) = from_xml(answer.content)

    async with open311.asked_as("service") as client:
        found = await client.get(f"{V2}/requests/{told['service_request_id']}.json")

    assert valid("requests.json", found.json())
    assert found.json()[0]["status_notes"] == "Waits to be accepted"


async def test_everything_that_a_form_can_say_is_kept(open311: Face, tmp_path: Path) -> None:
    open311.counter.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    more = {
        "account_id": "bakery",
        "attribute[title]": "门口堵了",
        "attribute[priority]": "expedited",
        "attribute[occurred_at]": "2026-03-02T08:30:00+08:00",
        "lat": "31.5",
        "long": "-120.25",
        "address_string": "Gate 3",
        "media_url": "https://pictures.test/1.jpg",
        "first_name": "Wei",
        "last_name": "Chen",
        "email": "wei@mill.test",
        "phone": "555-0199",
        "device_id": "d-1",
        "whatever": "a client adds",
    }

    answer = await posted(open311, FORM | more)

    event = await reported(open311, answer)
    assert (event.enterprise, event.title) == ("mill", "门口堵了")
    assert event.priority is Priority.EXPEDITED
    assert event.text.splitlines()[2:] == [
        "address_string: Gate 3",
        "media_url: https://pictures.test/1.jpg",
        "lat, long: 31.500000, -120.250000",
    ]
    assert event.contact is not None
    assert event.contact.phone is not None
    kept = event.model_dump_json()
    assert not any(word in kept for word in ("Wei", "Chen", "555-0199", "wei@mill", "d-1"))
    assert answer.json()[0]["account_id"] == "bakery"
    async with open311.asked_as("service") as client:
        shown = (await client.get(f"{V2}/requests.json")).text
    assert not any(word in shown for word in ("Wei", "Chen", "555-0199", event.contact.name.text))


async def test_the_account_is_the_enterprise_where_no_attribute_names_it(open311: Face) -> None:
    form = {name: text for name, text in FORM.items() if name != "attribute[enterprise]"}

    event = await reported(open311, await posted(open311, form | {"account_id": "foundry"}))

    assert event.enterprise == "foundry"


async def test_the_same_key_is_the_same_report_and_another_body_a_conflict(open311: Face) -> None:
    again = {"Idempotency-Key": "gate-2026-03-02"}

    first = await posted(open311, FORM, headers=again)
    second = await posted(open311, FORM, headers=again | {"Accept-Language": "zh"})
    third = await posted(open311, FORM | {"description": "Otherwise."}, headers=again)
    fourth = await posted(open311, FORM)

    assert first.json()[0]["service_request_id"] == second.json()[0]["service_request_id"]
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    assert third.status_code == 409
    assert third.json()[0]["code"] == 409
    assert fourth.json()[0]["service_request_id"] != first.json()[0]["service_request_id"]
    assert await count(open311) == 2


async def test_a_form_in_parts_is_the_same_form(open311: Face) -> None:
    parts = {name: (None, text) for name, text in FORM.items()}

    event = await reported(open311, await posted(open311, None, files=parts))

    assert event.title == "Lorries cannot reach the gate."


async def test_a_representative_reports_for_the_own_enterprise_alone(open311: Face) -> None:
    own = await posted(open311, FORM | {"api_key": "enterprise"})
    other = await posted(
        open311, FORM | {"api_key": "enterprise", "attribute[enterprise]": "bakery"}
    )

    assert own.status_code == 200
    assert other.status_code == 403
    assert await count(open311) == 1


WITHOUT_ENTERPRISE = {name: text for name, text in FORM.items() if "enterprise" not in name}
WRONG: list[tuple[dict[str, Any], int, str]] = [
    ({"api_key": ""}, 403, "api_key"),
    ({"api_key": "nobody"}, 403, "api_key"),
    ({"api_key": "schlüssel"}, 403, "api_key"),
    ({"api_key": "k" * 600}, 403, "api_key"),
    ({"api_key": "auditor"}, 403, "may not"),
    ({"jurisdiction_id": "nowhere"}, 404, "jurisdiction_id"),
    ({"service_code": ""}, 400, "service_code"),
    ({"service_code": "nothing"}, 404, "service_code"),
    ({"service_code": ["road-access", "power-supply"]}, 400, "service_code"),
    ({"attribute[enterprise]": "nobody"}, 400, "enterprise"),
    ({"attribute[enterprise]": ["mill", "bakery"]}, 400, "enterprise"),
    ({"attribute[colour]": "red"}, 400, "attribute"),
    ({"attribute[title]": "a\nb"}, 400, "attribute[title]"),
    ({"attribute[title]": "t" * 201}, 400, "attribute[title]"),
    ({"attribute[priority]": "now"}, 400, "attribute[priority]"),
    ({"attribute[occurred_at]": "today"}, 400, "attribute[occurred_at]"),
    ({"attribute[occurred_at]": "2030-01-01T00:00:00Z"}, 400, "occurred_at"),
    ({"description": "d" * 4001}, 400, "description"),
    ({"description": "\x00"}, 400, "description"),
    ({"description": "d" * 4000, "address_string": "a"}, 400, "description"),
    ({"lat": "31"}, 400, "lat"),
    ({"lat": "nan", "long": "1"}, 400, "lat"),
    ({"lat": "91", "long": "1"}, 400, "lat"),
    ({"lat": "1", "long": "1e400"}, 400, "long"),
    ({"media_url": "file:///etc/passwd"}, 400, "media_url"),
    ({"phone": "5" * 1001}, 400, "contact"),
    ({"first_name": "Wei"}, 400, "keys"),
    ({f"field{number}": "x" for number in range(300)}, 400, "fields"),
]


@pytest.mark.parametrize(("more", "status", "named"), WRONG)
async def test_what_is_wrong_with_a_form_is_named_and_nothing_is_reported(
    open311: Face, more: dict[str, Any], status: int, named: str
) -> None:
    answer = await posted(open311, FORM | more)

    assert answer.status_code == status, answer.text
    told = answer.json()
    assert all(each["code"] == status for each in told)
    assert any(named in each["description"] for each in told)
    assert await count(open311) == 0


async def test_without_an_enterprise_nothing_is_reported_and_the_form_is_told_why(
    open311: Face,
) -> None:
    answer = await posted(open311, WITHOUT_ENTERPRISE)

    assert answer.status_code == 400
    assert "account_id" in answer.json()[0]["description"]


async def test_two_keys_in_one_request_are_refused(open311: Face) -> None:
    bearer = {"Authorization": "Bearer officer"}

    answer = await posted(open311, FORM, headers=bearer)

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"description=\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"description=%ff%fe", "application/x-www-form-urlencoded", 400),
        (b"--x\r\nnothing", "multipart/form-data; boundary=x", 400),
        (b"nothing", "multipart/form-data", 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\nf\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            400,
        ),
        (b"{}", "application/json", 415),
        (b"a=" + b"x" * 300_000, "application/x-www-form-urlencoded", 413),
    ],
)
async def test_a_body_that_is_no_form_is_refused(
    open311: Face, body: bytes, kind: str, status: int
) -> None:
    async with open311.asked_as("service") as client:
        answer = await client.post(REQUESTS, content=body, headers={"Content-Type": kind})

    assert answer.status_code == status


FIELDS = st.sampled_from(
    [
        *("api_key", "service_code", "jurisdiction_id", "description", "lat", "long", "phone"),
        *("attribute[enterprise]", "attribute[title]", "attribute[occurred_at]", "attribute[]"),
        *("attribute[priority]", "account_id", "address_string", "media_url", "attribute["),
    ]
)
VALUES = st.one_of(
    st.text(max_size=40),
    st.sampled_from([*FORM.values(), "1", "nan", "2026-03-02T09:00:00Z", "expedited", "\x00", "￿"]),
)


@settings(
    max_examples=deep("forms posted to Open311", 3000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    changes=st.dictionaries(FIELDS, VALUES, max_size=6),
    kept=st.sets(st.sampled_from(sorted(FORM)), min_size=2),
    form=st.sampled_from(["json", "xml"]),
)
async def test_whatever_is_posted_is_a_report_or_a_list_of_faults(
    open311: Face, changes: dict[str, str], kept: set[str], form: str
) -> None:
    before = await count(open311)
    sent = {name: FORM[name] for name in kept} | changes

    answer = await posted(open311, _sendable(sent), path=f"{V2}/requests.{form}")

    told = answer.json() if form == "json" else from_xml(answer.content)
    assert len(told) >= 1
    if answer.status_code == 200:
        key = told[0]["service_request_id"].removeprefix(f"{b.ZONE}.")
        row = await open311.counter.desk.row(b.ZONE, key)
        assert (row.issue.version, await count(open311)) == (1, before + 1)
    else:
        assert answer.status_code in (400, 403, 404)
        assert all(each["code"] == answer.status_code and each["description"] for each in told)
        assert await count(open311) == before


def _sendable(form: dict[str, str]) -> dict[str, str]:
    """Halves of pairs cannot be encoded by any client."""
    return {name: text.encode(errors="replace").decode() for name, text in form.items()}
