"""The events of matters and of supervision orders outside: who hears of them, of what of them."""

from typing import Any

import builders as b
import builders_orders as o
import pytest
from faces import Face
from seats import face_over
from streams import Follower, served
from test_matter_routes import OPEN_LOAN, OPEN_NEED, OPEN_VISITS, PROBLEM, TERMS, VISIT, read, sent
from test_order_routes import REPLY, did, issued

from domain.elsewhere import ELSEWHERE

PAGE = "/v1/events/page"
OF_ALL = ["issue", "matter", "order"]


async def page(face: Face, name: str, **asked: Any) -> list[dict[str, Any]]:
    async with face.asked_as(name) as client:
        answer = await client.get(PAGE, params={"limit": 500} | asked)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["items"]
        return found


@pytest.fixture
async def office() -> Face:
    """An issue of the mill; visits to the mill and the bakery, a loan of the mill, a need of its
    that the bakery and the foundry answered."""
    face = face_over(TERMS)
    await face.counter.accepted()
    await sent(face, "coordinator", OPEN_VISITS, id_="o-1")
    await sent(face, "officer", VISIT | {"problems": [PROBLEM]}, id_="v-1")
    other = await sent(face, "coordinator", VISIT | {"enterprise": "bakery"}, id_="v-2")
    assert other.status_code == 200, other.text
    await sent(face, "coordinator", OPEN_LOAN, key="loan-1", id_="o-2")
    await sent(face, "coordinator", OPEN_NEED, key="need-1", id_="o-3")
    for number, firm in enumerate(("bakery", "foundry"), start=1):
        proposed = {"kind": "propose", "proposal": f"p-{number}", "enterprise": firm, "places": 1}
        made = await sent(face, "coordinator", proposed, key="need-1", id_=f"p-{number}")
        assert made.status_code == 200, made.text
    return face


async def test_who_asks_for_nothing_else_hears_of_issues_alone(office: Face) -> None:
    told = await page(office, "service")
    assert {(each["of"], each["subject"]) for each in told} == {("issue", f"{b.ZONE}/{b.KEY}")}
    same = await page(office, "service", of="issue")
    assert same == told


async def test_matters_go_out_in_the_same_envelope_and_order(office: Face) -> None:
    told = await page(office, "service", of=["issue", "matter"])
    assert [each["position"] for each in told] == list(range(1, len(told) + 1))
    visits = [each for each in told if each["subject"] == f"matter/{b.ZONE}/visits-1"]
    assert [each["version"] for each in visits] == [1, 2, 3]
    assert {(each["of"], each["zone"], each["key"]) for each in visits} == {
        ("matter", b.ZONE, "visits-1")
    }
    assert visits[1]["type"] == "closeout.step_recorded"
    assert visits[1]["id"] == f"matter/{b.ZONE}/visits-1@2"
    assert visits[1]["actor"] == {"kind": "officer", "post": b.OFFICER.post}
    assert b.OFFICER.person not in str(told)
    kinds = await page(office, "service", of="matter", kinds="step_recorded")
    assert kinds == visits[1:]


async def test_an_enterprise_hears_of_its_own_lines_of_a_matter_and_no_more(office: Face) -> None:
    told = await page(office, "bakery", of=["matter"])
    assert "mill" not in str(told).replace("mill-1", "")
    assert "foundry" not in str(told)
    subjects = {each["key"] for each in told}
    assert subjects == {"visits-1", "need-1"}
    for key in subjects:
        answer = await read(office, "bakery", f"matters/{key}/timeline")
        facts = [(each["version"], each["event"]) for each in answer.json()["facts"]]
        heard = [(each["version"], each["data"]) for each in told if each["key"] == key]
        assert heard == facts
        assert facts
    (need,) = [each for each in told if each["type"] == "closeout.match_opened"]
    assert need["data"]["enterprise"] == ELSEWHERE
    (step,) = [each for each in told if each["type"] == "closeout.step_recorded"]
    assert step["data"]["enterprises"] == ["bakery"]
    mine = await page(office, "enterprise", of=["matter"])
    assert {each["key"] for each in mine} == {"visits-1", "loan-1", "need-1"}
    assert "bakery" not in str([each for each in mine if each["key"] == "visits-1"])


async def test_a_post_hears_of_the_matters_in_its_sight(office: Face) -> None:
    for name in ("officer", "section", "supervisor"):
        answer = await read(office, name, "matters")
        seen = {each["key"] for each in answer.json()["matters"]}
        heard = {each["key"] for each in await page(office, name, of=["matter"])}
        assert heard == seen


async def test_what_does_not_fit_what_is_asked_for_is_refused(office: Face) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"kinds": "step_recorded"}, "kinds"),
        ({"kinds": "issue_accepted", "of": "matter"}, "kinds"),
        ({"issue": f"{b.ZONE}/{b.KEY}", "of": ["issue", "matter"]}, "of"),
        ({"of": "orders"}, "of"),
    ]
    async with office.asked_as("service") as client:
        for asked, field in wrong:
            answer = await client.get(PAGE, params=asked)
            assert (answer.status_code, answer.json()["field"].partition(".")[0]) == (422, field)


async def test_who_may_not_read_orders_hears_of_none() -> None:
    face = face_over(o.TERMS)
    await face.counter.accepted("mill-1")
    assert (await issued(face)).status_code == 201
    assert (await did(face, "section", {**REPLY})).status_code == 200
    for name in ("supervisor", "section"):
        told = [each for each in await page(face, name, of=OF_ALL) if each["of"] == "order"]
        assert [each["type"] for each in told] == [
            "closeout.order_issued",
            "closeout.order_replied",
        ]
        assert {each["subject"] for each in told} == {f"order/{b.ZONE}/order-1"}
        assert b.SUPERVISOR.person not in str(told)
    assert [each for each in await page(face, "power", of="order")] == []
    for name in ("service", "enterprise", "bakery"):
        async with face.asked_as(name) as client:
            refused = await client.get(PAGE, params={"of": OF_ALL})
        assert (refused.status_code, refused.json()["value"]) == (403, "read_orders")
    assert {each["of"] for each in await page(face, "supervisor")} == {"issue"}


async def test_a_stream_of_matters_that_drops_misses_nothing_and_tells_nothing_twice(
    office: Face,
) -> None:
    follower = Follower(last="0")
    async with served(office) as server:
        for number in range(4):
            note = {"kind": "note_matter", "text": f"Note {number}.", "enterprise": "bakery"}
            assert (await sent(office, "coordinator", note, id_=f"n-{number}")).status_code == 200
            whole = await page(office, "bakery", of=["issue", "matter"])
            async with server.stream("bakery", follower.last, of=["issue", "matter"]) as answer:
                await follower.read(answer, until=len(whole) - number % 2)
    whole = await page(office, "bakery", of=["issue", "matter"])
    assert follower.events == whole[: len(follower.events)]
    assert len(follower.events) >= len(whole) - 1
