"""A matter of the past over HTTP: as it stood then, told as far as the caller is told of it."""

import json
from collections.abc import Callable
from datetime import timedelta

import builders as b
import builders_matches as ma
import builders_matters as m
import builders_pipelines as p
import builders_zone as z
import campaigns_told as c
import pytest
from faces import Face
from seats import face_over
from test_matter_routes import OPEN_VISITS, PROBLEM, VISIT, read, sent
from test_matters_told import FIRMS, STORIES, hidden_of, records_of

from domain.elsewhere import ELSEWHERE
from domain.matters.evolve import fold_matter
from face.matter_facts import facts_told_to, issues_named
from face.matters import issues_in, plain_told, shown_to_enterprise

ONE = "matters/visits-1"
HOUR = timedelta(hours=1)
OPEN_NEED = {
    "kind": "open_match",
    "procedure": "staff",
    "title": "Welders",
    "enterprise": "mill",
    "side": "need",
    "places": 3,
}


@pytest.fixture
async def office() -> Face:
    """A face over visits that were opened at nine, made at ten, totalled at eleven."""
    face = face_over(c.terms(pipelines=[p.LOANS], matches=list(ma.RULES)))
    face.counter.clock.at = b.MON_9
    assert (await sent(face, "coordinator", OPEN_VISITS, id_="open-1")).status_code == 201
    face.counter.clock.at = b.MON_10
    problems = VISIT | {"problems": [PROBLEM]}
    earlier = {"occurred_at": (b.MON_9 + 0.5 * HOUR).isoformat()}
    assert (await sent(face, "officer", problems, id_="v-1", body=earlier)).status_code == 200
    face.counter.clock.at = b.MON_11
    total = {"kind": "state_total", "label": "Seen", "figures": {"n": {"kind": "count", "n": 2}}}
    assert (await sent(face, "coordinator", total, id_="t-1")).status_code == 200
    return face


async def test_a_matter_of_the_past_is_told_as_it_was_told_then(office: Face) -> None:
    ledger = office.counter.ledger
    placed = await ledger.positions(f"matter/{b.ZONE}/visits-1")
    asked = [
        ({"as_of": str(placed[0])}, 1),
        ({"as_of": str(placed[1])}, 2),
        ({"as_of": str(placed[2])}, 3),
        ({"as_of": b.MON_9.isoformat()}, 1),
        ({"as_of": (b.MON_9 + 0.5 * HOUR).isoformat()}, 2),
        ({"as_of": "2026-03-02T09:30"}, 2),
        ({"known_at": (b.MON_9 + 0.5 * HOUR).isoformat()}, 1),
        ({"known_at": b.MON_10.isoformat(), "as_of": (b.MON_9 + HOUR / 4).isoformat()}, 1),
        ({"known_at": str(placed[1])}, 2),
    ]
    now = await read(office, "coordinator", ONE)
    for travel, version in asked:
        answer = await read(office, "coordinator", ONE, **travel)
        told = answer.json()
        assert (answer.status_code, told["version"]) == (200, version), travel
        assert answer.headers["ETag"] == f'"{version}"'
        assert len(told["matter"].get("totals", ())) == (version == 3)
        assert len(told["issues"]) == (version >= 2)
        timeline = await read(office, "coordinator", f"{ONE}/timeline", **travel)
        assert [each["version"] for each in timeline.json()["facts"]] == [*range(1, version + 1)]
        for of_past in (answer, timeline):
            at = int(of_past.headers["Closeout-Position"])
            assert placed[version - 1] <= at <= int(now.headers["Closeout-Position"])
        if version == 3:
            assert told == now.json()


async def test_what_is_no_past_of_a_matter_is_refused_as_of_an_issue(office: Face) -> None:
    wrong = {
        "as_of": ["yesterday", "2099-01-01T00:00:00Z", "99999", "0", "é", "9" * 30, "x" * 41],
        "known_at": ["2026-13-01", "99999"],
        "wait_for": ["-1", "x", str(2**63)],
    }
    for path in (ONE, f"{ONE}/timeline"):
        for name, texts in wrong.items():
            for text in texts:
                answer = await read(office, "coordinator", path, **{name: text})
                assert (answer.status_code, answer.json()["field"]) == (422, name), text
        before = await read(office, "coordinator", path, as_of="2026-03-01T00:00:00Z")
        assert (before.status_code, before.json()["code"]) == (404, "unknown_matter")
        assert before.json()["field"] == "as_of"
        two = await read(office, "coordinator", path, as_of="2", known_at="2")
        assert two.status_code == 422
        unseen = await read(office, "coordinator", f"{path.replace('visits-1', 'none')}", as_of="1")
        assert (unseen.status_code, unseen.json()["field"]) == (404, "key")


async def test_a_matter_that_is_known_already_is_not_sent_again(office: Face) -> None:
    async with office.asked_as("coordinator") as client:
        path = f"/v1/zones/{b.ZONE}/{ONE}"
        first = await client.get(path)
        tag = {"If-None-Match": first.headers["ETag"]}
        same = await client.get(path, headers=tag)
        then = await client.get(path, headers=tag, params={"as_of": b.MON_9.isoformat()})
    assert first.headers["Cache-Control"] == "private, no-cache"
    assert (same.status_code, same.content, then.status_code) == (304, b"", 200)
    assert same.headers["ETag"] == first.headers["ETag"] != then.headers["ETag"]


async def test_auditors_reads_of_the_past_of_matters_say_from_where(office: Face) -> None:
    assert (await read(office, "auditor", ONE, as_of="1")).status_code == 200
    (row,) = await office.counter.ledger.audit_reads(limit=9)
    assert json.loads(row.scope) == {"zone": b.ZONE, "matter": "visits-1", "as_of": "1"}
    assert row.position == 1


async def test_the_past_of_a_match_names_the_other_side_only_from_when_both_agreed(
    office: Face,
) -> None:
    office.counter.clock.at = b.MON_9 + 5 * HOUR
    yes = {"kind": "consent", "proposal": "p-1"}
    for number, (name, command) in enumerate(
        (
            ("coordinator", OPEN_NEED),
            ("coordinator", {"kind": "propose", "proposal": "p-1", "enterprise": "bakery"}),
            ("coordinator", yes | {"side": "counterpart"}),
            ("coordinator", yes | {"side": "posting"}),
        )
    ):
        if command["kind"] == "propose":
            command |= {"places": 1}
        answer = await sent(office, name, command, key="need-1", id_=f"n-{number}")
        assert answer.status_code in (200, 201), answer.text
    placed = await office.counter.ledger.positions(f"matter/{b.ZONE}/need-1")
    for path in ("matters/need-1", "matters/need-1/timeline"):
        told = [
            (await read(office, "enterprise", path, as_of=str(position))).text
            for position in placed
        ]
        assert ["bakery" in each for each in told] == [False, False, False, True]
        assert ELSEWHERE in told[2]


@pytest.mark.parametrize("told", STORIES)
def test_no_other_enterprise_occurs_in_what_one_is_told_of_any_moment(
    told: Callable[[], m.MatterStory],
) -> None:
    story = told()
    records, handbook = records_of(story), story.terms.handbook
    for firm in [each for each in FIRMS if each in story.matter.enterprises]:
        for version in range(1, len(records) + 1):
            then = fold_matter(
                story.events[:version], zone=z.ZONE, key=m.KEY, terms=story.terms.hash
            )
            assert then is not None
            seen = records[:version]
            hidden = hidden_of(story, firm, issues_in(then) | issues_named(seen))
            shown = plain_told(shown_to_enterprise(then, firm, hidden), firm)
            facts = facts_told_to(seen, then, firm, handbook, hidden)
            text = json.dumps([shown, *([each.event, each.by] for each in facts)])
            for other in {*FIRMS, *story.matter.enterprises} - {firm}:
                assert other not in text, (firm, other, version)
