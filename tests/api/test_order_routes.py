"""Supervision orders over HTTP: issued, answered, judged, listed, each in somebody's sight only."""

from pathlib import Path

import builders as b
import builders_orders as o
import httpx2
import pytest
from faces import PEOPLE, Face, NamedIdentity
from seats import SEATS, face_over, hand_over

from desk.supervising import SupervisionDesk
from desk.vouching import Vouching
from domain.access import Principal
from domain.order_commands import read_order_submission
from domain.orders import order_stream
from domain.vouching import ActorKind, Sent, TrustedFace
from runtime.face_keys import FaceKeys, face_signer, make_face_key, write_faces
from runtime.settings import Settings

ORDERS = f"/v1/orders/{b.ZONE}"
NEW = {
    "key": "order-1",
    "instrument": "reminder",
    "unit": "roads",
    "ground": {"kind": "person", "words": "The mill asks for the third time."},
    "issues": ["mill-1"],
    "question": "When will the gate be free?",
}
REPLY = {"command": {"kind": "reply_to_order", "text": "On Friday."}}

REFUSED: list[tuple[dict[str, object], str]] = [
    ({"issues": ["nothing"]}, "issues"),
    ({"issues": []}, "issues"),
    ({"instrument": "thunder"}, "instrument"),
    ({"ground": {"kind": "whim"}}, "ground"),
    ({"post": "supervision", "actor": {"kind": "engine"}}, "actor"),
    ({"question": " "}, "question"),
]


@pytest.fixture
async def office() -> Face:
    """Two issues, of the mill and of the bakery, and nobody ordered anything yet."""
    face = face_over(o.TERMS)
    await face.counter.accepted("mill-1")
    await face.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="bakery-1")
    return face


async def issued(
    face: Face, name: str | None = "supervisor", *, id_: str | None = "i-1", **changes: object
) -> httpx2.Response:
    headers = {} if id_ is None else {"Idempotency-Key": id_}
    async with face.asked_as(name) as client:
        return await client.post(ORDERS, json=NEW | changes, headers=headers)


async def did(
    face: Face, name: str | None, body: dict[str, object], *, id_: str = "c-1", **headers: str
) -> httpx2.Response:
    async with face.asked_as(name) as client:
        sent = {"Idempotency-Key": id_, **headers}
        return await client.post(f"{ORDERS}/order-1/commands", json=body, headers=sent)


async def test_what_was_done_to_an_order_is_answered_again_after_a_hand_over(office: Face) -> None:
    first = await issued(office)
    reply = await did(office, "section", REPLY)
    for post in (b.SUPERVISOR.post, b.SECTION.post):
        hand_over(office, post, o.TERMS)
        again = (
            await issued(office)
            if post == b.SUPERVISOR.post
            else await did(office, "section", REPLY)
        )
        earlier = first if post == b.SUPERVISOR.post else reply
        assert again.status_code == 200, again.text
        assert again.json()["result"] == earlier.json()["result"] | {"repeated": True}
        assert again.json()["order"] is None
    new = await did(office, "section", REPLY, id_="c-2")
    assert new.status_code == 403


async def test_an_order_is_issued_answered_and_settled(office: Face) -> None:
    first = await issued(office)
    again = await issued(office)
    reply = await did(office, "section", REPLY)
    settled = await did(office, "supervisor", {"command": {"kind": "accept_reply"}}, id_="c-2")

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == f"{ORDERS}/order-1"
    assert again.json()["result"]["repeated"] is True
    assert reply.json()["result"]["events"] == ["order_replied"]
    assert settled.json()["order"]["order"]["standing"] == "settled"
    async with office.asked_as("supervisor") as client:
        one = await client.get(f"{ORDERS}/order-1")
    row = await SupervisionDesk(office.counter.desk).row(b.ZONE, "order-1")
    assert one.json()["order"] == row.order.model_dump(mode="json")
    assert one.headers["ETag"] == settled.headers["ETag"] == f'"{row.order.version}"'
    assert int(one.headers["Closeout-Position"]) == await office.counter.ledger.safe_position()


async def test_the_face_gives_its_word_for_who_sent_each_command(
    office: Face, tmp_path: Path
) -> None:
    key = make_face_key(tmp_path / "face.pem")
    face = TrustedFace(key=key.text, name="http", actors=tuple(ActorKind))
    trusts = tmp_path / "keys" / "faces.toml"
    write_faces(trusts, [face])
    settings = Settings(keys_dir=trusts.parent, face_key=tmp_path / "face.pem", actors="signed")
    office.counter.desk.vouching = Vouching(FaceKeys(settings), wanted=True)
    bare = await issued(office)
    office.house.identity = Signing(settings)

    first = await issued(office)
    reply = await did(office, "section", REPLY)

    assert (bare.status_code, bare.json()["field"]) == (403, "vouched")
    assert (first.status_code, reply.status_code) == (201, 200)
    rows = await office.counter.ledger.commands("order/harbour/order-1")
    words = [read_order_submission(row.body).vouched for row in rows]
    assert [word and word.principal for word in words] == ["user:supervisor", "user:section"]


class Signing(NamedIdentity):
    """The people of tests, for whom the face gives its word."""

    def __init__(self, settings: Settings) -> None:
        super().__init__({**PEOPLE, **SEATS})
        self._signer = face_signer(settings)

    def vouched(self, submission: Sent, principal: Principal) -> Sent:
        return self._signer(submission, principal)


async def test_another_order_under_the_same_id_is_a_conflict(office: Face) -> None:
    await issued(office)

    other = await issued(office, question="Or when else?")
    taken = await issued(office, id_="i-2")

    assert (other.status_code, taken.status_code) == (409, 409)


async def test_who_saw_another_version_changes_nothing(office: Face) -> None:
    tag = (await issued(office)).headers["ETag"]
    await did(office, "section", REPLY)

    late = await did(office, "section", REPLY, id_="c-2", **{"If-Match": tag})
    garbled = await did(office, "section", REPLY, id_="c-3", **{"If-Match": "yesterday"})
    both = await did(
        office, "section", REPLY | {"expected_version": 9}, id_="c-4", **{"If-Match": tag}
    )

    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert (garbled.status_code, garbled.json()["field"]) == (422, "If-Match")
    assert (both.status_code, both.json()["field"]) == (422, "expected_version")


async def test_an_order_is_seen_by_its_unit_its_issuer_and_those_over_its_issues(
    office: Face,
) -> None:
    await issued(office)
    expected = dict.fromkeys(("supervisor", "section", "officer", "auditor"), 200)
    expected |= dict.fromkeys(("power", "neighbour"), 404)
    expected |= dict.fromkeys(("enterprise", "service", "operator", "elsewhere"), 403)
    for name, status in [*expected.items(), (None, 403)]:
        async with office.asked_as(name) as client:
            one = await client.get(f"{ORDERS}/order-1")
            every = await client.get(ORDERS)
        assert (name, one.status_code) == (name, status)
        seen = [each["order"]["key"] for each in every.json().get("orders", [])]
        assert seen == (["order-1"] if status == 200 else [])


async def test_who_may_not_issue_an_order_does_not(office: Face) -> None:
    for name in ("officer", "auditor", "service", None):
        assert (await issued(office, name)).status_code == 403
    unseen = await issued(office, "section")

    assert (unseen.status_code, unseen.json()["field"]) == (422, "issues")
    assert await office.counter.ledger.order("order/harbour/order-1") is None


async def test_who_may_not_reply_to_an_order_does_not(office: Face) -> None:
    await issued(office)
    for name, status in (("officer", 403), ("power", 404), ("auditor", 403), (None, 403)):
        assert (await did(office, name, REPLY)).status_code == status
    row = await SupervisionDesk(office.counter.desk).row(b.ZONE, "order-1")

    assert row.order.replies == ()


async def test_an_order_that_cannot_be_is_refused_by_its_field(office: Face) -> None:
    for changes, field in REFUSED:
        answer = await issued(office, **changes)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


async def test_a_command_without_an_id_and_one_of_the_engines_are_refused(office: Face) -> None:
    await issued(office)

    nameless = await issued(office, id_=None, key="order-2")
    ring = await did(
        office, "supervisor", {"command": {"kind": "ring_order", "cycle": 1, "rung": "limit"}}
    )
    reserved = await did(office, "section", REPLY, id_="ring:order/harbour/order-1:1:limit")

    assert nameless.status_code == 428
    assert (ring.status_code, reserved.status_code) == (422, 422)


async def test_a_post_that_is_not_ones_own_is_refused(office: Face) -> None:
    answer = await issued(office, post="roads-desk")

    assert (answer.status_code, answer.json()["field"]) == (403, "post")


async def test_the_list_goes_on_where_a_page_ended_and_passes_over_what_is_not_seen(
    office: Face,
) -> None:
    for number in range(5):
        unit, issue = ("roads", "mill-1") if number % 2 else ("power", "bakery-1")
        key = f"order-{number}"
        await issued(office, key=key, id_=f"i-{number}", unit=unit, issues=[issue])

    pages: list[list[str]] = []
    after: str | None = ""
    async with office.asked_as("section") as client:
        while after is not None:
            asked = {"limit": 1} | ({"after": after} if after else {})
            told = (await client.get(ORDERS, params=asked)).json()
            pages.append([each["order"]["key"] for each in told["orders"]])
            after = told["after"]

    assert pages == [["order-1"], ["order-3"]]


async def test_lists_are_narrowed_as_on_the_command_line(office: Face) -> None:
    await issued(office)
    async with office.asked_as("supervisor") as client:
        found = {
            name: len((await client.get(ORDERS, params=asked)).json()["orders"])
            for name, asked in {
                "unit": {"unit": "roads"},
                "other": {"unit": "power"},
                "open": {"open": "true"},
                "settled": {"standing": "settled"},
                "issue": {"issue": "mill-1"},
            }.items()
        }
        wrong = await client.get(ORDERS, params={"standing": "fallen"})

    assert found == {"unit": 1, "other": 0, "open": 1, "settled": 0, "issue": 1}
    assert wrong.status_code == 422


async def test_an_id_may_stand_in_quotes_as_for_issues(office: Face) -> None:
    await issued(office)
    plain = await did(office, "section", REPLY, id_="q-1")
    quoted = await did(office, "section", REPLY, id_='"q-1"')

    assert (plain.status_code, quoted.status_code) == (200, 200)
    assert quoted.json()["result"]["repeated"]


async def test_an_order_out_of_sight_is_kept_as_refused(office: Face) -> None:
    made = await issued(office)
    where = made.headers["Location"]
    async with office.asked_as("bakery") as client:
        refused = await client.get(where)
    async with office.asked_as("power") as client:
        hidden = await client.get(where)
        await client.get(f"{where}-not-there")

    stream = order_stream(*where.removeprefix("/v1/orders/").split("/"))
    found = await office.counter.ledger.refusals(stream)
    assert (refused.status_code, hidden.status_code) == (403, 404)
    assert [each.code for each in found] == ["not_permitted", "unknown_order"]
