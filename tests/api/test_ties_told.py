"""What an enterprise is told of ties to the issues of others: that there is one, and its kind."""

import builders as b
import builders_kin as k
import pytest
from faces import PEOPLE, Face
from seats import face_over
from streams import Follower, served
from tied_issues import OWN, SEALED, TWIN, ended, tied

from domain.elsewhere import ELSEWHERE, UNSAID
from domain.errors import WrongPhaseError
from face.elsewhere import refusal_told

READS = ("", "/timeline", "/clocks", "/time", "/notices")


@pytest.fixture
async def tied_face() -> Face:
    """The face over the mill's issues, tied to the bakery's."""
    face = face_over(k.KIN)
    await tied(face.counter)
    return face


async def read(face: Face, name: str, path: str) -> str:
    async with face.asked_as(name) as client:
        answer = await client.get(f"/v1/{path}")
    assert answer.status_code == 200, (path, answer.text)
    return answer.text


@pytest.mark.parametrize("is_over", [False, True], ids=["open", "ended"])
async def test_no_answer_to_an_enterprise_has_the_key_of_anothers_issue(
    tied_face: Face, *, is_over: bool
) -> None:
    if is_over:
        await ended(tied_face.counter)
    lists = ["issues?zone=north", "events/page?limit=500", "inbox?zone=north"]
    paths = [f"issues/{b.ZONE}/{key}{part}" for key in OWN for part in READS]
    reached = await tied_face.counter.ledger.safe_position()
    past = [f"{path}?as_of={reached}" for path in paths if not path.endswith("notices")]
    for path in [*paths, *past, *(each.replace("north", b.ZONE) for each in lists)]:
        text = await read(tied_face, "enterprise", path)
        assert SEALED not in text, path
        assert "another matter" not in text, path


async def test_an_enterprise_is_told_of_what_kind_a_tie_is_and_no_more(tied_face: Face) -> None:
    await ended(tied_face.counter)
    async with tied_face.asked_as("enterprise") as client:
        duplicate = (await client.get(f"/v1/issues/{b.ZONE}/duplicate")).json()
        whole = (await client.get(f"/v1/issues/{b.ZONE}/whole")).json()
        related = (await client.get(f"/v1/issues/{b.ZONE}/related")).json()
    assert duplicate["ties"] == [{"type": "duplicates", "other": ELSEWHERE}]
    assert whole["ties"] == [{"type": "part_of", "other": ELSEWHERE, "incoming": True}]
    own = [each["other"] for each in related["ties"]]
    assert sorted(own) == [ELSEWHERE, "part"]


async def test_officers_are_told_all(tied_face: Face) -> None:
    await ended(tied_face.counter)
    async with tied_face.asked_as("officer") as client:
        whole = (await client.get(f"/v1/issues/{b.ZONE}/whole")).json()
        timeline = (await client.get(f"/v1/issues/{b.ZONE}/whole/timeline")).json()
    assert whole["ties"][0]["other"] == TWIN
    assert whole["ties"][0]["outcome"] == "closed_out"
    assert [each["event"]["other"] for each in timeline["events"] if "other" in each["event"]]


async def test_a_timeline_says_that_there_is_a_tie_and_leaves_out_how_the_other_stands(
    tied_face: Face,
) -> None:
    before = await timeline(tied_face, "whole")
    added = next(each for each in before["events"] if each["kind"] == "child_added")
    assert added["event"]["child"] == ELSEWHERE
    assert {"open", "reason", "heard", "lineage"}.isdisjoint(added["event"])
    assert added["hash"] == ""
    assert "an issue of another enterprise" in added["told"]["en"]
    assert "其他企业的问题" in added["told"]["zh"]
    await ended(tied_face.counter)
    after = await timeline(tied_face, "whole")
    assert [each["kind"] for each in after["events"]] == [each["kind"] for each in before["events"]]
    assert after["next"] is None
    parted = await timeline(tied_face, "parted")
    assert "issue_unlinked" in [each["kind"] for each in parted["events"]]
    assert UNSAID not in str([each["event"] for each in parted["events"]])


async def test_a_page_of_a_timeline_in_which_nothing_is_told_does_not_end_it(
    tied_face: Face,
) -> None:
    await ended(tied_face.counter)
    whole = await timeline(tied_face, "related")
    versions, after = [], 0
    while after is not None:
        page = await timeline(tied_face, "related", after=after)
        versions += [each["version"] for each in page["events"]]
        after = page["next"]
    assert versions == [each["version"] for each in whole["events"]]


async def timeline(face: Face, key: str, after: int | None = None) -> dict:  # type: ignore[type-arg]  # plain JSON
    paged = "" if after is None else f"?after={after}&limit=1"
    async with face.asked_as("enterprise") as client:
        answer = await client.get(f"/v1/issues/{b.ZONE}/{key}/timeline{paged}")
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


async def test_the_stream_tells_an_enterprise_no_more_than_the_timeline(tied_face: Face) -> None:
    await ended(tied_face.counter)
    follower, officers = Follower(last="0"), Follower(last="0")
    own = [r for r in await records(tied_face) if r.partition("/")[2] in OWN]
    async with served(tied_face) as server:
        async with server.stream(last="0", name="enterprise") as answer:
            await follower.read_for(answer, 0.4)
        async with server.stream(last="0", name="officer") as answer:
            await officers.read_for(answer, 0.4)
    assert 0 < len(follower.events) < len(own)
    assert SEALED not in str(follower.events)
    assert SEALED in str(officers.events)


async def records(face: Face) -> list[str]:
    return [record.stream for _, record in await face.counter.ledger.follow(0, 10**6)]


def test_a_refusal_to_an_enterprise_does_not_name_the_parts_that_are_open() -> None:
    refusal = WrongPhaseError(
        "Parts are open.", field="children", value=1, allowed=[f"close {TWIN} first"]
    )
    told = refusal_told(refusal, PEOPLE["enterprise"])
    assert (told.field, told.value, told.allowed) == ("children", None, None)
    assert type(told) is WrongPhaseError
    assert refusal_told(refusal, PEOPLE["officer"]) is refusal
    assert refusal_told(refusal, None) is refusal


async def test_evidence_that_names_anothers_issue_is_the_offices_to_give(tied_face: Face) -> None:
    async with tied_face.asked_as("enterprise") as client:
        answer = await client.get(
            f"/v1/issues/{b.ZONE}/duplicate/evidence", headers={"Accept-Language": "zh"}
        )
    assert answer.status_code == 403
    assert "其他企业" in answer.text
    assert SEALED not in answer.text
