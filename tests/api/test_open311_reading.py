"""Open311: services, definitions, service requests and their paging, in XML and in JSON."""

from datetime import timedelta
from typing import Any

import builders as b
import pytest
from desks import StandingClock
from faces import Face
from hypothesis import given
from hypothesis import strategies as st
from open311_face import V2, from_xml, open311_face, valid

from api.open311.writing import NOT_XML, in_xml
from desk.desk import Desk
from desk.shelf import Shelf


@pytest.fixture
def open311(clock: StandingClock) -> Face:
    """The face, with one zone."""
    return open311_face(clock)


async def told(face: Face, path: str, name: str | None = "service", status: int = 200) -> Any:
    """Return what an address tells: in XML the very same as in JSON."""
    path, _, query = path.partition("?")
    async with face.asked_as(None) as client:
        parameters = f"{query}&api_key={name}" if name else query
        as_json = await client.get(f"{V2}/{path}.json?{parameters}")
        as_xml = await client.get(f"{V2}/{path}.xml?{parameters}")
    assert as_json.headers["Content-Type"] == "application/json; charset=utf-8"
    assert as_xml.headers["Content-Type"] == "text/xml; charset=utf-8"
    assert (as_json.status_code, as_xml.status_code) == (status, status), as_json.text
    answer = as_json.json()
    assert from_xml(as_xml.content) == answer
    return answer


async def test_the_discovery_document_needs_no_key_and_leads_here(open311: Face) -> None:
    found = await told(open311, "discovery", None)

    assert found["endpoints"] == [
        {
            "specification": "http://wiki.open311.org/GeoReport_v2",
            "url": f"http://closeout.test{V2}",
            "changeset": found["changeset"],
            "type": "production",
            "formats": ["text/xml", "application/json"],
        }
    ]
    assert found["changeset"].isdigit()
    assert found["contact"]
    assert found["key_service"]


async def test_categories_are_services_as_the_stored_schema_says(open311: Face) -> None:
    found = await told(open311, "services")

    assert valid("services.json", found)
    assert [each["service_code"] for each in found] == ["road-access", "power-supply"]
    assert found[0]["service_name"] == "Road access"
    assert found[0]["keywords"] == "Roads section"
    assert found[0]["metadata"] is True


async def test_services_are_told_in_the_callers_language(open311: Face) -> None:
    async with open311.asked_as("service") as client:
        found = await client.get(f"{V2}/services.json", headers={"Accept-Language": "zh-CN"})

    assert [each["service_name"] for each in found.json()] == ["道路", "用电"]


async def test_a_definition_asks_for_the_enterprise_and_lists_those_there_are(
    open311: Face,
) -> None:
    found = await told(open311, "services/road-access")

    assert valid("service-definition.json", found)
    by_code = {each["code"]: each for each in found["attributes"]}
    assert list(by_code) == ["enterprise", "title", "priority", "occurred_at"]
    assert by_code["enterprise"]["required"] is True
    assert {each["key"] for each in by_code["enterprise"]["values"]} == {
        "mill",
        "foundry",
        "bakery",
    }
    assert [each["order"] for each in found["attributes"]] == [1, 2, 3, 4]


async def test_an_enterprise_is_asked_for_itself_alone(open311: Face) -> None:
    found = await told(open311, "services/road-access", "enterprise")

    assert [each["key"] for each in found["attributes"][0]["values"]] == ["mill"]


async def test_an_issue_is_a_service_request_and_names_no_person(open311: Face) -> None:
    await open311.counter.accepted()

    found = await told(open311, f"requests/{b.ZONE}.{b.KEY}")

    assert valid("requests.json", found)
    (request,) = found
    row = await open311.counter.desk.row(b.ZONE, b.KEY)
    assert request["service_request_id"] == f"{b.ZONE}.{b.KEY}"
    assert request["status"] == "open"
    assert request["status_notes"] == f"{row.issue.number}: Being handled"
    assert request["service_code"] == "road-access"
    assert request["agency_responsible"] == "grid-east-1"
    assert request["requested_datetime"] == "2026-03-02T09:00:00+08:00"
    assert request["expected_datetime"] == "2026-03-03T17:00:00+08:00"
    assert request["address"] == "Mill, East 1, East, Harbour zone"
    assert request["address_id"] == "mill"
    assert not any(f"{person}.a" in str(found) for person in ("mill", "grid-east-1", "head-east"))


async def test_a_request_is_found_by_its_ledger_number_and_its_token(open311: Face) -> None:
    await open311.counter.accepted()
    number = (await open311.counter.desk.row(b.ZONE, b.KEY)).issue.number
    id_ = f"{b.ZONE}.{b.KEY}"

    by_number = await told(open311, f"requests/{number}")
    by_token = await told(open311, f"tokens/{id_}")

    assert by_number[0]["service_request_id"] == id_
    assert by_token == [{"service_request_id": id_, "token": id_}]


async def test_a_closed_issue_is_closed_since_its_close_out(
    open311: Face, clock: StandingClock
) -> None:
    await open311.counter.accepted()
    await open311.counter.do(b.PROPOSE)
    await open311.counter.do(b.CONFIRM, b.ENTERPRISE)
    clock.at = b.TUE_9
    await open311.counter.do(b.VERIFY, b.HEAD)

    (request,) = await told(open311, f"requests/{b.ZONE}.{b.KEY}")

    assert request["status"] == "closed"
    assert request["status_notes"].endswith("Closed out")
    assert request["updated_datetime"] == "2026-03-03T09:00:00+08:00"
    assert request["expected_datetime"] is None


async def several(face: Face, clock: StandingClock) -> None:
    """Report five issues, a day apart; close the first."""
    for day in range(5):
        clock.at = b.MON_9 + timedelta(days=day)
        await face.counter.reported(f"n{day}")
        if not day:
            await face.counter.do(b.TURN_AWAY, key="n0")


def ids(found: list[dict[str, Any]]) -> list[str]:
    """Return the keys of requests."""
    return [each["service_request_id"].removeprefix(f"{b.ZONE}.") for each in found]


async def test_requests_are_listed_newest_first_by_date_status_service_and_page(
    open311: Face, clock: StandingClock
) -> None:
    await several(open311, clock)
    tuesday = "2026-03-03T09:00:00%2B08:00"

    every = await told(open311, "requests")

    assert valid("requests.json", every)
    assert ids(every) == ["n4", "n3", "n2", "n1", "n0"]
    assert ids(await told(open311, "requests?status=open")) == ["n4", "n3", "n2", "n1"]
    assert ids(await told(open311, "requests?status=closed")) == ["n0"]
    assert ids(await told(open311, "requests?status=open,closed&service_code=")) == ids(every)
    assert ids(await told(open311, "requests?service_code=power-supply")) == []
    assert ids(await told(open311, "requests?service_code=power-supply,road-access")) == ids(every)
    assert ids(await told(open311, f"requests?start_date={tuesday}")) == ["n4", "n3", "n2", "n1"]
    assert ids(await told(open311, f"requests?end_date={tuesday}")) == ["n1", "n0"]
    assert ids(await told(open311, "requests?page=2&page_size=2")) == ["n2", "n1"]
    assert ids(await told(open311, "requests?page=4&page_size=2")) == []
    named = f"requests?service_request_id={b.ZONE}.n1,{b.ZONE}.none,{b.ZONE}.n3&status=closed"
    assert ids(await told(open311, named)) == ["n1", "n3"]


async def test_what_is_older_than_ninety_days_is_asked_for_by_its_dates(
    open311: Face, clock: StandingClock
) -> None:
    await open311.counter.reported()
    clock.at = b.MON_9 + timedelta(days=91)

    assert ids(await told(open311, "requests")) == []
    assert ids(await told(open311, "requests?start_date=2026-03-02T00:00:00Z")) == [b.KEY]
    assert ids(await told(open311, "requests?end_date=2026-03-05T00:00:00Z")) == [b.KEY]
    await told(
        open311,
        "requests?start_date=2026-01-01T00:00:00Z&end_date=2026-05-01T00:00:00Z",
        status=400,
    )


async def test_nobody_sees_what_is_not_theirs_to_see(open311: Face) -> None:
    await open311.counter.reported()
    await open311.counter.desk.carry_out(
        b.submission(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="theirs")
    )

    assert ids(await told(open311, "requests", "enterprise")) == [b.KEY]
    assert ids(await told(open311, "requests", "officer")) == [b.KEY]
    assert ids(await told(open311, f"requests?service_request_id={b.ZONE}.theirs", "officer")) == []
    refused = await told(open311, f"requests/{b.ZONE}.theirs", "enterprise", 404)
    assert refused[0]["code"] == 404
    await told(open311, f"tokens/{b.ZONE}.theirs", "enterprise", 404)


@pytest.mark.parametrize("path", ["services", "services/road-access", "requests", "requests/x"])
@pytest.mark.parametrize("name", [None, "nobody", "operator"])
async def test_without_a_good_key_nothing_is_told(
    open311: Face, path: str, name: str | None
) -> None:
    if name == "operator" and path.startswith("services"):
        await told(open311, path, name)
        return
    found = await told(open311, path, name, 403)

    assert [each["code"] for each in found] == [403]


async def test_a_read_of_an_auditor_is_recorded(open311: Face) -> None:
    await open311.counter.reported()

    await told(open311, "requests", "auditor")
    await told(open311, f"requests/{b.ZONE}.{b.KEY}", "auditor")
    await told(open311, "requests", "service")

    reads = await open311.counter.ledger.audit_reads(limit=10)
    assert sorted(row.kind for row in reads) == ["open311_request"] * 2 + ["open311_requests"] * 2


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("services/nothing", 404),
        ("services?jurisdiction_id=nowhere", 404),
        ("requests/nothing", 404),
        ("requests/harbour.", 404),
        (f"requests/{'x' * 300}", 404),
        ("requests?page=0", 400),
        ("requests?page_size=1001", 400),
        ("requests?page=x", 400),
        ("requests?page=1000&page_size=1000", 400),
        ("requests?status=done", 400),
        ("requests?start_date=yesterday", 400),
        ("requests?start_date=1700000000", 400),
        ("requests?start_date=2026-03-02T09:00:00", 400),
        ("requests?start_date=2026-03-03T00:00:00Z&end_date=2026-03-02T00:00:00Z", 400),
        (f"requests?service_request_id={','.join(str(each) for each in range(201))}", 400),
    ],
)
async def test_what_cannot_be_answered_is_told_in_open311s_own_form(
    open311: Face, path: str, status: int
) -> None:
    found = await told(open311, path, status=status)

    assert found
    assert all(each["code"] == status and each["description"] for each in found)


@pytest.mark.parametrize("edge", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_ends_of_time_are_dates_like_others(open311: Face, edge: str) -> None:
    await told(open311, f"requests?start_date={edge}")
    await told(open311, f"requests?end_date={edge}")


async def test_an_unknown_format_is_not_there(open311: Face) -> None:
    async with open311.asked_as("service") as client:
        found = await client.get(f"{V2}/services.html")

    assert found.status_code == 404
    assert from_xml(found.content)[0]["code"] == 404


async def test_with_several_zones_and_no_default_a_jurisdiction_must_be_named(
    clock: StandingClock,
) -> None:
    face = open311_face(clock)
    other = b.TERMS.model_copy(
        update={"handbook": b.HANDBOOK.model_copy(update={"zone": "inland"})}
    )
    shelf = Shelf(face.counter.ledger, {b.ZONE: b.TERMS, "inland": other})
    face.house.desk = Desk(face.counter.ledger, shelf, clock)

    found = await told(face, "services", status=400)
    named = await told(face, f"services?jurisdiction_id={b.ZONE}")

    assert found[0]["description"] == "jurisdiction_id was not provided."
    assert len(named) == 2


async def test_the_default_jurisdiction_is_the_setting(clock: StandingClock) -> None:
    face = open311_face(clock, open311_jurisdiction="elsewhere", open311_contact="Ask the desk.")

    found = await told(face, "services", status=404)

    assert found[0]["description"] == "jurisdiction_id was not found."
    assert (await told(face, "discovery", None))["contact"] == "Ask the desk."


TEXTS = st.dictionaries(st.sampled_from(["description", "status_notes"]), st.text(max_size=30))


@given(TEXTS)
def test_every_text_survives_xml_or_is_replaced_where_xml_has_no_sign_for_it(
    texts: dict[str, str],
) -> None:
    written = in_xml("request", {name: text or None for name, text in texts.items()} | {"x": None})

    read = from_xml(written)

    for name, text in texts.items():
        expected = NOT_XML.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
        assert (read[name] or "") == expected
