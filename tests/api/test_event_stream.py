"""The stream of events: resumed where it was left, bounded by what one may see, ended at once."""

import asyncio
import random
import time

import builders as b
import pytest
from deep import FOUND, deep
from faces import PEOPLE, Face
from seats import face_over
from streams import Follower, served

from api.routes import stream
from domain.access import Principal, Standing
from domain.commands import Accept, HandOver, Note
from face import sse
from face.sse import feed_of
from ledger.port import LedgerUnavailableError

PAGE = "/v1/events/page"
DROPS = deep("connections of a stream that drop", 1000)


async def noted(face: Face, times: int, key: str = b.KEY) -> None:
    for number in range(times):
        await face.counter.do(Note(text=f"note {number}"), key=key)


async def positions(face: Face) -> list[int]:
    return [position for position, _ in await face.counter.ledger.follow(0, 10**6)]


async def test_a_client_that_drops_again_and_again_misses_nothing_and_sees_nothing_twice(
    face: Face,
) -> None:
    await face.counter.accepted()
    follower, chance = Follower(last="0"), random.Random(7)  # noqa: S311  # a test's dice
    async with served(face) as server:

        async def written() -> None:
            for _ in range(DROPS):
                await noted(face, 1)
                await asyncio.sleep(0)

        writing = asyncio.create_task(written())
        for _ in range(DROPS):
            async with server.stream(last=follower.last) as answer:
                more = chance.choice((0, 1, 1, 2))  # 0: gone before it has read anything
                wanted = len(follower.events) + more
                if more and wanted <= len(await positions(face)):
                    await follower.read(answer, until=wanted)
        await writing
        whole = await positions(face)
        if len(follower.events) < len(whole):
            async with server.stream(last=follower.last) as answer:
                await follower.read(answer, until=len(whole))
    assert follower.positions == whole
    assert len(whole) == DROPS + 2


async def test_many_clients_are_told_by_one_reader_of_the_ledger(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "OF_ONE_CALLER_MAX", 100)
    reads = 0
    ledger, follow = face.counter.ledger, face.counter.ledger.follow

    async def counted(after: int, limit: int) -> object:
        nonlocal reads
        reads += 1
        return await follow(after, limit)

    monkeypatch.setattr(ledger, "follow", counted)
    await face.counter.accepted()

    async with served(face) as server, asyncio.TaskGroup() as group:
        followers = [Follower() for _ in range(20)]
        ready = asyncio.Barrier(21)

        async def followed(follower: Follower) -> None:
            async with server.stream() as answer:
                await ready.wait()
                await follower.read(answer, until=10)

        for each in followers:
            group.create_task(followed(each))
        await ready.wait()
        await asyncio.sleep(0.1)
        began, before = time.monotonic(), reads
        await noted(face, 10)
        while any(len(each.events) < 10 for each in followers):  # noqa: ASYNC110  # as below
            await asyncio.sleep(0.01)
        polls = (time.monotonic() - began) / sse.POLL_S
    assert reads - before <= polls + 20
    assert {tuple(each.positions) for each in followers} == {tuple(range(3, 13))}


async def test_a_stream_ends_within_a_second_of_the_word_to_stop(face: Face) -> None:
    await face.counter.accepted()
    async with served(face) as server, server.stream() as answer:
        follower = Follower()
        reading = asyncio.create_task(follower.read(answer, until=10))
        await asyncio.sleep(0.1)
        began = time.monotonic()
        await server.stop()
        await reading
        took_s = time.monotonic() - began
    FOUND.append(f"an open stream ended {took_s:.2f} s after the word to stop")
    assert took_s < 1.0
    assert follower.comments == 1


async def test_who_sees_a_part_of_the_zone_is_told_of_that_part_and_no_more(face: Face) -> None:
    await face.counter.accepted()
    await face.counter.accepted("issue-2")
    own = Principal(id="user:none", name="none", person="somebody", enterprise="unknown")
    face.house.identity.people["stranger"] = own  # type: ignore[attr-defined]  # the tests' own

    async with face.asked_as("enterprise") as client:
        mine = (await client.get(PAGE)).json()
    async with face.asked_as("stranger") as client:
        theirs = await client.get(PAGE)
    async with face.asked_as("service") as client:
        whole = (await client.get(PAGE)).json()
        one = (await client.get(PAGE, params={"issue": f"{b.ZONE}/issue-2"})).json()
        kinds = (await client.get(PAGE, params={"kinds": ["issue_accepted"]})).json()
    assert [each["version"] for each in whole["items"]] == [1, 2, 1, 2]
    assert mine["items"] == whole["items"]
    assert {each["subject"] for each in one["items"]} == {f"{b.ZONE}/issue-2"}
    assert [each["type"] for each in kinds["items"]] == ["closeout.issue_accepted"] * 2
    assert theirs.status_code == 403


async def test_pages_lead_through_all_there_is(face: Face) -> None:
    await face.counter.accepted()
    await noted(face, 7)
    found, after, more = [], 0, True
    async with face.asked_as("service") as client:
        while more:
            answer = await client.get(PAGE, params={"after": after, "limit": 4})
            page = answer.json()
            found += [each["position"] for each in page["items"]]
            after, more = page["next"], page["more"]
            assert answer.headers["Closeout-Position"] == "9"
    assert found == list(range(1, 10))
    assert after == 9


async def test_an_id_that_is_none_is_refused(face: Face) -> None:
    async with face.asked_as("service") as client:
        for garbled in ("abc", "-1", "1.5", " ", "99999999999999999999", "1;2"):
            answer = await client.get("/v1/events", headers={"Last-Event-ID": garbled})
            assert answer.status_code == 422
            assert answer.json()["field"] == "Last-Event-ID"


async def test_what_cannot_be_followed_is_refused_before_a_stream_begins(face: Face) -> None:
    wrong: list[tuple[dict[str, str], int]] = [
        ({"zone": "nowhere"}, 404),
        ({"issue": f"{b.ZONE}/none"}, 404),
        ({"issue": "no-slash"}, 422),
        ({"kinds": "no_such_kind"}, 422),
        ({"zone": "nowhere", "issue": f"{b.ZONE}/x"}, 422),
        ({"after": "x"}, 422),
    ]
    async with face.asked_as("service") as client:
        for asked, status in wrong:
            assert (await client.get("/v1/events", params=asked)).status_code == status
            assert (await client.get(PAGE, params=asked)).status_code == status


async def test_an_id_above_the_ledger_waits_until_the_ledger_is_there(face: Face) -> None:
    await face.counter.accepted()
    follower = Follower()
    async with served(face) as server, server.stream(last="4") as answer:
        reading = asyncio.create_task(follower.read(answer, until=1))
        await asyncio.sleep(0.05)
        await noted(face, 3)
        await asyncio.wait_for(reading, 5)
    assert follower.positions == [5]


async def test_one_caller_opens_so_many_streams_and_no_more(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "OF_ONE_CALLER_MAX", 1)
    async with served(face) as server:
        async with server.stream() as first:
            reading = asyncio.create_task(Follower().read(first, until=1))
            await asyncio.sleep(0.1)
            async with server.stream() as second:
                assert second.status_code == 429
                assert int(second.headers["Retry-After"]) > 0
            async with server.stream("auditor") as other:
                assert other.status_code == 200
            reading.cancel()
        async with asyncio.timeout(5):
            while feed_of_app(face).listeners:  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.01)
        async with server.stream() as again:
            assert again.status_code == 200


def feed_of_app(face: Face) -> sse.Feed:
    found: sse.Feed = face.app.state.feed
    return found


async def test_a_stream_ends_when_its_caller_may_follow_no_more(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "ACCESS_CHECKED_EVERY_S", 0.0)
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.05)
    follower = Follower()
    async with served(face) as server, server.stream() as answer:
        reading = asyncio.create_task(follower.read(answer, until=1))
        await asyncio.sleep(0.1)
        face.house.identity.people["service"] = Principal(  # type: ignore[attr-defined]  # as above
            id=PEOPLE["service"].id, name="service", standings=(Standing.OPERATOR,)
        )
        await asyncio.wait_for(reading, 5)
    assert follower.events == []


async def test_a_quiet_stream_says_how_far_it_has_looked(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "HEARTBEAT_S", 0.05)
    await face.counter.accepted()
    follower = Follower()
    async with served(face) as server, server.stream(kinds="issue_closed_out") as answer:
        reading = asyncio.create_task(follower.read_for(answer, 3))
        await noted(face, 3)
        async with asyncio.timeout(5):
            while follower.last != "5":  # noqa: ASYNC110  # nothing announces it
                await asyncio.sleep(0.02)
        reading.cancel()
    assert follower.events == []


async def test_a_ledger_that_is_away_for_a_moment_ends_no_stream(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "AWAY_S", 0.05)
    ledger, follow = face.counter.ledger, face.counter.ledger.follow
    failures = iter([True, True, True])

    async def often_away(after: int, limit: int) -> object:
        if next(failures, False):
            raise LedgerUnavailableError("a short outage")
        return await follow(after, limit)

    await face.counter.accepted()
    monkeypatch.setattr(ledger, "follow", often_away)
    follower = Follower(last="0")
    async with served(face) as server, server.stream(last="0") as answer:
        await asyncio.wait_for(follower.read(answer, until=2), 10)
    assert follower.positions == [1, 2]
    assert next(failures, None) is None


async def test_one_who_is_far_behind_catches_up_with_those_who_are_not(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sse, "KEPT_MAX", 5)
    await face.counter.accepted()
    early, late = Follower(), Follower(last="0")
    async with served(face) as server, server.stream() as first:
        reading = asyncio.create_task(early.read(first, until=30))
        await asyncio.sleep(0.05)
        await noted(face, 30)
        await asyncio.wait_for(reading, 10)
        async with server.stream(last="0") as answer:
            await late.read(answer, until=32)
    assert early.positions == list(range(3, 33))
    assert late.positions == list(range(1, 33))


def test_one_feed_serves_an_application(face: Face) -> None:
    class Request:
        app = face.app

    assert feed_of(Request, face.house) is feed_of(Request, face.house)  # type: ignore[arg-type]  # its app is all that is read


async def test_pages_tell_all_of_an_issue_that_came_into_sight_later() -> None:
    face = face_over()
    await face.counter.reported()
    async with face.asked_as("power") as client:
        before = (await client.get(PAGE)).json()["items"]
        await face.counter.do(Accept(), actor=b.OFFICER)
        await face.counter.do(HandOver(unit="power", reason="Theirs."), actor=b.OFFICER)
        after = (await client.get(PAGE)).json()["items"]

    assert before == []
    assert [each["version"] for each in after] == list(range(1, len(after) + 1))
    assert len(after) == len(await positions(face))
