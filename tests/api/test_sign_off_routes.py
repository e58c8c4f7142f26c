"""Sign-offs over HTTP: a one-time link made, looked at, used once; how sign-offs ended."""

from datetime import timedelta

import builders as b
import builders_sign_off as bs
import httpx2
import pytest
from desks import StandingClock
from faces import Face, NamedIdentity
from pydantic import SecretStr
from seats import face_over

from audit.sign_offs import sign_offs
from desk.answer_links import read_token
from face.house import House
from runtime.settings import Settings
from terminal.shown.sign_offs import sign_offs_plain

LINKS = f"/v1/issues/{b.ZONE}/{b.KEY}/answer-links"
ANSWERS = "/v1/answers"
REPORT = f"/v1/sign-offs/{b.ZONE}"
SECRET = "a secret of the tests, 32 characters or more"
LINKING = Settings.load(link_secret=SECRET, rate_per_minute=0, rate_public_per_minute=0)
FOR_ONE = {"Idempotency-Key": "link-1"}


@pytest.fixture
async def waiting() -> Face:
    """An issue whose resolution waits for the mill's answer."""
    face = face_over(bs.sign_off_terms(link_hours=24, says_silence=True), settings=LINKING)
    await face.counter.accepted()
    await face.counter.do(b.PROPOSE)
    return face


async def linked(face: Face, name: str = "coordinator", **headers: str) -> httpx2.Response:
    async with face.asked_as(name) as client:
        return await client.post(LINKS, json={"person": "mill.b"}, headers=FOR_ONE | headers)


async def answered(face: Face, token_: str, **said: object) -> httpx2.Response:
    """Answer as somebody who is not signed in."""
    async with face.asked_as(None) as client:
        return await client.post(ANSWERS, json={"token": token_, "accept": True} | said)


async def looked(face: Face, token: str) -> httpx2.Response:
    async with face.asked_as(None) as client:
        return await client.get(ANSWERS, headers={"Closeout-Link": token})


async def test_a_link_is_made_once_and_shown_to_whoever_holds_it(waiting: Face) -> None:
    first, again = await linked(waiting), await linked(waiting)
    shown = await looked(waiting, first.json()["token"])

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["token"] == first.json()["token"]
    assert read_token(SecretStr(SECRET), first.json()["token"]).person == "mill.b"
    told = shown.json()
    assert (told["title"], told["resolution"]["summary"]) == (
        "The gate is blocked",
        b.SOLVED.summary,
    )
    assert told["on_silence"] is not None


async def test_a_link_answers_once_and_the_same_answer_again_is_no_other(waiting: Face) -> None:
    token = (await linked(waiting)).json()["token"]

    first = await answered(waiting, token, satisfaction=4)
    again = await answered(waiting, token, satisfaction=4)
    other = await answered(waiting, token, accept=False, note="After all not.")

    assert (first.status_code, first.json()["events"]) == (200, ["sign_off_answered"])
    assert again.json() == first.json() | {"repeated": True}
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    row = await waiting.counter.desk.row(b.ZONE, b.KEY)
    assert row.issue.sign_off is not None
    assert row.issue.sign_off.answered_by == "mill.b"
    assert (await looked(waiting, token)).status_code == 403


async def test_a_link_that_has_expired_shows_and_answers_nothing(waiting: Face) -> None:
    token = (await linked(waiting)).json()["token"]
    waiting.counter.clock.at += timedelta(hours=25)

    assert (await looked(waiting, token)).status_code == 403
    assert (await answered(waiting, token)).status_code == 403


async def test_what_is_no_link_of_ours_is_nobody(waiting: Face) -> None:
    for spoilt in ("cl1.a", "cl1.e30.e30", "x" * 1024, "cl2.a.b"):
        seen, said = await looked(waiting, spoilt), await answered(waiting, spoilt)
        assert {seen.status_code, said.status_code} == {401}
        assert spoilt not in said.text


async def test_who_tries_links_at_random_is_held_up(waiting: Face) -> None:
    limits = {"rate_public_per_minute": 1, "rate_public_burst": 3, "rate_per_minute": 0}
    settings = Settings.load(link_secret=SECRET, **limits)
    face = Face(waiting.counter, House(waiting.counter.desk, settings, NamedIdentity()))
    async with face.asked_as(None) as client:
        found = [
            (await client.get(ANSWERS, headers={"Closeout-Link": f"cl1.e30.{number:04}"}))
            for number in range(5)
        ]

    assert (found[0].status_code, found[-1].status_code) == (401, 429)


async def test_a_changed_link_is_nobody(waiting: Face) -> None:
    token = (await linked(waiting)).json()["token"]

    assert (await looked(waiting, token[:-2] + "AA")).status_code == 401
    assert (await looked(waiting, f"{token}=")).status_code == 401


async def test_an_answer_that_says_too_little_or_too_much_is_refused(waiting: Face) -> None:
    token = (await linked(waiting)).json()["token"]
    wrong: list[dict[str, object]] = [
        {"accept": False},
        {"satisfaction": 6},
        {"token": "x" * 1025},
        {"actor": "engine"},
    ]
    for said in wrong:
        assert (await answered(waiting, token, **said)).status_code == 422


async def test_only_who_may_makes_links_and_of_others_issues_nobody_hears(waiting: Face) -> None:
    for name, status in (
        ("enterprise", 403),
        ("officer", 403),
        ("auditor", 403),
        (None, 403),
        ("bakery", 404),
    ):
        async with waiting.asked_as(name) as client:
            answer = await client.post(LINKS, json={"person": "mill.b"}, headers=FOR_ONE)
        assert (name, answer.status_code) == (name, status)


async def test_a_link_without_an_id_is_asked_for_one(waiting: Face) -> None:
    async with waiting.asked_as("coordinator") as client:
        answer = await client.post(LINKS, json={"person": "mill.b"})

    assert answer.status_code == 428


async def test_where_no_secret_is_set_up_there_are_no_links(
    waiting: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOSEOUT_LINK_SECRET", raising=False)
    waiting.house.settings = Settings.load(rate_per_minute=0, rate_public_per_minute=0)

    assert (await linked(waiting)).status_code == 404
    assert (await answered(waiting, "cl1.a.b")).status_code == 404


async def test_the_report_is_that_of_the_command_line() -> None:
    face = face_over(clock=StandingClock())
    await face.counter.closed_out()
    async with face.asked_as("supervisor") as client:
        told = (await client.get(REPORT, params={"from": "2026-03-01"})).json()
        before = (await client.get(REPORT, params={"to": "2026-03-01"})).json()
        backwards = await client.get(REPORT, params={"from": "2026-03-02", "to": "2026-03-01"})
        garbled = await client.get(REPORT, params={"from": "yesterday"})

    plain = sign_offs_plain(await sign_offs(face.counter.ledger, zone=b.ZONE), b.ZONE, None, None)
    assert [told[name] for name in ("close_outs", "cycles", "issues", "satisfaction")] == [
        plain[name] for name in ("close_outs", "cycles", "issues", "satisfaction")
    ]
    assert before["close_outs"]["of"] == 0
    assert backwards.status_code == garbled.status_code == 422


async def test_the_report_is_for_those_who_oversee(waiting: Face) -> None:
    for name in (None, "officer", "enterprise", "service", "elsewhere"):
        async with waiting.asked_as(name) as client:
            assert (await client.get(REPORT)).status_code == 403
