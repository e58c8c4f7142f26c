"""Matters over HTTP: procedures, figures, one door for every command, each in somebody's sight."""

import json
from typing import Any

import builders as b
import builders_grants as g
import builders_matches as ma
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c
import httpx2
import pytest
from faces import Face
from seats import face_over, hand_over

from desk.errands import ErrandRunner
from domain.elsewhere import ELSEWHERE

ROOT = f"/v1/zones/{b.ZONE}"
TERMS = c.terms(
    pipelines=[p.LOANS, p.MEETINGS],
    matches=list(ma.RULES),
    registers=[r.PROJECTS],
    grants=[g.SUPPLIES, g.PASSES],
)
OPEN_VISITS = {
    "kind": "open_campaign",
    "procedure": "visits",
    "title": "A hundred days",
    "targets": ["mill", "bakery"],
}
OPEN_LOAN = {
    "kind": "open_pipeline",
    "procedure": "loans",
    "title": "A loan",
    "enterprise": "mill",
}
OPEN_NEED = {
    "kind": "open_match",
    "procedure": "staff",
    "title": "Welders",
    "enterprise": "mill",
    "side": "need",
    "places": 3,
}
PROBLEM = {"category": "road-access", "title": "Gate", "text": "It is blocked."}
VISIT = {"kind": "record_step", "enterprise": "mill", "step": "visit"}


@pytest.fixture
async def office() -> Face:
    """A face over a zone with procedures, and visits to the mill and the bakery."""
    face = face_over(TERMS)
    opened = await sent(face, "coordinator", OPEN_VISITS, key="visits-1", id_="open-1")
    assert opened.status_code == 201, opened.text
    return face


async def sent(
    face: Face,
    name: str | None,
    command: dict[str, Any],
    *,
    key: str = "visits-1",
    id_: str | None = "c-1",
    body: dict[str, Any] | None = None,
    **headers: str,
) -> httpx2.Response:
    """Send a command to a matter."""
    named = {} if id_ is None else {"Idempotency-Key": id_}
    async with face.asked_as(name) as client:
        return await client.post(
            f"{ROOT}/matters/{key}/commands",
            json={"command": command} | (body or {}),
            headers=named | headers,
        )


async def read(face: Face, name: str | None, path: str, **asked: Any) -> httpx2.Response:
    """Read something of the zone."""
    async with face.asked_as(name) as client:
        return await client.get(f"{ROOT}/{path}", params=asked)


async def keys(face: Face, name: str, **asked: Any) -> list[str]:
    """Return the keys of the matters that somebody is listed."""
    answer = await read(face, name, "matters", **asked)
    assert answer.status_code == 200, answer.text
    return [each["key"] for each in answer.json()["matters"]]


async def test_a_matter_is_opened_acted_in_and_read_back(office: Face) -> None:
    visit = await sent(office, "officer", VISIT | {"problems": [PROBLEM]})
    again = await sent(office, "officer", VISIT | {"problems": [PROBLEM]})
    assert visit.status_code == 200, visit.text
    assert visit.json()["result"]["events"] == ["step_recorded"]
    assert again.json()["result"] == visit.json()["result"] | {"repeated": True}
    assert again.headers["Idempotency-Replayed"] == "true"

    one = await read(office, "coordinator", "matters/visits-1")
    told = one.json()
    assert one.headers["ETag"] == visit.headers["ETag"] == f'"{told["version"]}"'
    assert int(one.headers["Closeout-Position"]) >= int(visit.headers["Closeout-Position"])
    assert (told["aggregate"], told["procedure"], told["standing"]) == (
        *("campaign", "visits"),
        "open",
    )
    assert [each["tying"] for each in told["issues"]] == ["opened"]
    assert [each["enterprise"] for each in told["matter"]["targets"]] == ["mill", "bakery"]
    result = await read(office, "coordinator", "matters/visits-1/commands/c-1")
    assert result.json() == visit.json()["result"]


async def test_a_matter_says_where_it_is_when_it_is_opened(office: Face) -> None:
    first = await sent(office, "coordinator", OPEN_LOAN, key="loan-1", id_="l-1")
    again = await sent(office, "coordinator", OPEN_LOAN, key="loan-1", id_="l-1")
    taken = await sent(office, "coordinator", OPEN_LOAN, key="loan-1", id_="l-2")
    assert first.headers["Location"] == f"{ROOT}/matters/loan-1"
    assert (first.status_code, again.status_code, taken.status_code) == (201, 200, 409)
    assert taken.json()["current"] == {"version": "1", "standing": "open"}


async def test_the_timeline_is_told_in_order_and_by_pages(office: Face) -> None:
    for number in (1, 2):
        visited = await sent(office, "officer", VISIT, id_=f"v-{number}")
        assert visited.status_code == 200
    first = (await read(office, "coordinator", "matters/visits-1/timeline", limit=2)).json()
    assert [each["kind"] for each in first["facts"]] == ["campaign_opened", "step_recorded"]
    rest = (
        await read(office, "coordinator", "matters/visits-1/timeline", after=first["next"])
    ).json()
    assert [each["version"] for each in rest["facts"]] == [3]
    assert rest["next"] is None
    fact = rest["facts"][0]
    assert fact["title"] == {"zh": "办理登记", "en": "Step recorded"}
    assert (fact["label"], fact["command_id"], len(fact["hash"])) == ("Step recorded", "v-2", 64)
    records = await office.counter.ledger.records(f"matter/{b.ZONE}/visits-1")
    assert fact["hash"] == records[2].hash


async def test_matters_are_listed_a_page_at_a_time_by_what_is_asked(office: Face) -> None:
    for number in (1, 2, 3):
        await sent(office, "coordinator", OPEN_LOAN, key=f"loan-{number}", id_=f"l-{number}")
    done = {"kind": "close_matter", "ending": "Withdrawn."}
    closed = await sent(office, "coordinator", done, key="loan-3", id_="close-3")
    assert closed.status_code == 200, closed.text
    found, after = [], None
    while page := (
        await read(office, "supervisor", "matters", limit=2, **({"after": after} if after else {}))
    ).json():
        found += [each["key"] for each in page["matters"]]
        after = page["after"]
        if after is None:
            break
    assert found == ["loan-1", "loan-2", "loan-3", "visits-1"]
    assert await keys(office, "supervisor", procedure="loans", open=True) == ["loan-1", "loan-2"]
    assert await keys(office, "supervisor", stage="demand", enterprise="mill", limit=1) == [
        "loan-1"
    ]
    assert await keys(office, "supervisor", post="coordination", procedure="visits") == ["visits-1"]
    assert await keys(office, "supervisor", issue="none") == []


async def test_an_enterprise_is_told_its_own_lines_of_what_concerns_it(office: Face) -> None:
    await sent(office, "coordinator", OPEN_LOAN, key="loan-1", id_="l-1")
    await sent(office, "officer", VISIT | {"problems": [PROBLEM]})
    assert await ErrandRunner(office.counter.desk).once() == 1
    assert await keys(office, "enterprise") == ["loan-1", "visits-1"]
    assert await keys(office, "bakery") == ["visits-1"]
    assert await keys(office, "bakery", enterprise="mill") == []
    hidden = await read(office, "bakery", "matters/loan-1")
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown_matter")
    for path in ("matters/visits-1", "matters/visits-1/timeline", "matters"):
        bakery = await read(office, "bakery", path)
        assert bakery.status_code == 200, bakery.text
        assert "mill" not in bakery.text
    own = (await read(office, "enterprise", "matters/visits-1")).json()
    assert [each["enterprise"] for each in own["matter"]["targets"]] == ["mill"]
    assert [each["tying"] for each in own["issues"]] == ["opened"]
    assert (await read(office, "bakery", "matters/visits-1")).json()["issues"] == []
    answer = await read(office, "bakery", "matters/visits-1/commands/c-1")
    assert answer.status_code == 404


async def test_an_enterprise_acts_where_the_rules_let_it_and_is_told_no_more(office: Face) -> None:
    opened = await sent(office, "coordinator", OPEN_NEED, key="need-1", id_="n-1")
    assert opened.status_code == 201, opened.text
    for number, firm in enumerate(("bakery", "foundry"), start=1):
        proposed = {"kind": "propose", "proposal": f"p-{number}", "enterprise": firm, "places": 1}
        made = await sent(office, "coordinator", proposed, key="need-1", id_=f"p-{number}")
        assert made.status_code == 200, made.text
    yes = {"kind": "consent", "proposal": "p-1", "side": "counterpart"}
    said = await sent(office, "bakery", yes, key="need-1", id_="y-1")
    assert said.status_code == 200, said.text
    told = said.json()["matter"]["matter"]
    assert told["enterprise"] == ELSEWHERE
    assert [each["id"] for each in told["proposals"]] == ["p-1"]
    both = await sent(office, "enterprise", yes | {"side": "posting"}, key="need-1", id_="y-2")
    proposals = both.json()["matter"]["matter"]["proposals"]
    assert [each["enterprise"] for each in proposals] == ["bakery", ELSEWHERE]
    result = await read(office, "bakery", "matters/need-1/commands/y-1")
    assert result.json()["events"] == ["proposal_consented"]
    other = await sent(office, "bakery", VISIT, id_="x-1")
    assert (other.status_code, other.json()["field"]) == (403, "actor")


async def test_officers_see_what_concerns_their_own_and_what_names_their_post(
    office: Face,
) -> None:
    only_west = OPEN_VISITS | {"targets": ["bakery"]}
    await sent(office, "coordinator", only_west, key="visits-2", id_="o-2")
    masks = {"kind": "open_grant", "procedure": "supplies", "title": "Masks", "unit": "mask"}
    opened = await sent(office, "coordinator", masks, key="masks-1", id_="o-3")
    assert opened.status_code == 201, opened.text
    assert await keys(office, "officer") == ["masks-1", "visits-1"]
    assert await keys(office, "neighbour") == ["masks-1", "visits-1", "visits-2"]
    assert await keys(office, "section") == []
    for name in ("coordinator", "supervisor", "auditor", "service"):
        assert len(await keys(office, name)) == 3
    hidden = await sent(
        office, "officer", VISIT | {"enterprise": "bakery"}, key="visits-2", id_="h-1"
    )
    assert (hidden.status_code, hidden.json()["code"]) == (404, "unknown_matter")
    unheard = await sent(office, "auditor", VISIT, id_="h-2")
    assert (unheard.status_code, unheard.json()["field"]) == (403, "act")
    nobody = await read(office, None, "matters")
    assert nobody.status_code in (401, 403)


async def test_what_was_done_is_answered_again_after_a_hand_over(office: Face) -> None:
    first = await sent(office, "officer", VISIT)
    hand_over(office, b.OFFICER.post, TERMS)
    again = await sent(office, "officer", VISIT)
    assert again.json()["result"] == first.json()["result"] | {"repeated": True}
    assert again.json()["matter"] is None
    new = await sent(office, "officer", VISIT, id_="c-2")
    assert new.status_code in (403, 404)


async def test_who_saw_another_version_changes_nothing(office: Face) -> None:
    tag = (await read(office, "coordinator", "matters/visits-1")).headers["ETag"]
    await sent(office, "officer", VISIT)
    late = await sent(office, "officer", VISIT, id_="c-2", **{"If-Match": tag})
    assert (late.status_code, late.json()["current"]["version"]) == (409, "2")
    assert (await sent(office, "officer", VISIT, id_=None)).status_code == 428


REFUSED: list[tuple[dict[str, Any], int, str]] = [
    (VISIT | {"step": "dance"}, 422, "step"),
    (VISIT | {"enterprise": "foundry"}, 422, "enterprise"),
    ({"kind": "thunder"}, 422, "command"),
    ({"kind": "ring_matter", "clock": "end", "cycle": 1, "rung": "level-1"}, 422, "command"),
    ({"kind": "tie_issue", "issue": "none"}, 422, "issue"),
    (OPEN_VISITS | {"procedure": "dances"}, 422, "procedure"),
]


@pytest.mark.parametrize(("command", "status", "field"), REFUSED)
async def test_what_cannot_be_is_refused_by_name_in_both_languages(
    office: Face, command: dict[str, Any], status: int, field: str
) -> None:
    key = "visits-9" if "procedure" in command else "visits-1"
    texts = set()
    for language in ("zh", "en"):
        answer = await sent(
            office, "coordinator", command, key=key, **{"Accept-Language": language}
        )
        assert answer.status_code == status, answer.text
        assert field in answer.json()["field"]
        texts.add(answer.json()["detail"])
    assert len(texts) == 2
    assert (await read(office, "coordinator", "matters/visits-1")).json()["version"] == 1


async def test_an_issue_names_its_matters_and_nobody_ties_what_they_do_not_see(
    office: Face,
) -> None:
    await office.counter.accepted("mill-1")
    await office.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="bakery-1")
    tie = {"kind": "tie_issue", "issue": "mill-1"}
    tied = await sent(office, "coordinator", tie)
    assert tied.status_code == 200, tied.text
    async with office.asked_as("enterprise") as client:
        answer = await client.get(f"/v1/issues/{b.ZONE}/mill-1/matters")
    assert [each["key"] for each in answer.json()["matters"]] == ["visits-1"]
    async with office.asked_as("bakery") as client:
        other = await client.get(f"/v1/issues/{b.ZONE}/mill-1/matters")
    assert (other.status_code, other.json()["code"]) == (404, "unknown_issue")
    assert await keys(office, "bakery", issue="mill-1") == []
    assert await keys(office, "enterprise", issue="mill-1") == ["visits-1"]
    handed = {"kind": "hand_matter", "post": b.OFFICER.post, "reason": "Yours."}
    assert (await sent(office, "coordinator", handed, id_="h-1")).status_code == 200
    refused = await sent(office, "officer", tie | {"issue": "bakery-1"}, id_="t-2")
    unknown = await sent(office, "officer", tie | {"issue": "nothing"}, id_="t-3")
    assert (refused.status_code, unknown.status_code) == (422, 422)
    assert refused.json()["detail"].replace("bakery-1", "nothing") == unknown.json()["detail"]


async def test_procedures_are_told_with_who_may_and_what_they_ask(office: Face) -> None:
    answer = await read(office, "enterprise", "procedures")
    told = {each["id"]: each for each in answer.json()["procedures"]}
    assert set(told) == {each.id for each in TERMS.handbook.matter_procedures}
    may = {each["place"]: each["said"] for each in told["notices"]["may"]}
    assert may["runs"] == ["role coordinator"]
    assert may["steps.acknowledged.by"] == ["the enterprise itself"]
    assert not any("tells" in place or "levels" in place for place in may)
    assert [each["id"] for each in told["staff"]["asks"]] == ["trade"]
    one = (await read(office, "auditor", "procedures/loans")).json()
    rule = TERMS.handbook.procedure("loans")
    assert rule is not None
    assert one["rule"] == rule.model_dump(mode="json")
    assert (one["aggregate"], one["revision"]) == ("pipeline", TERMS.handbook.revision)
    unknown = await read(office, "auditor", "procedures/dances")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "unknown_procedure")
    assert (await read(office, None, "procedures")).status_code in (401, 403)


async def test_figures_tell_each_rate_with_its_denominator(office: Face) -> None:
    await sent(office, "officer", VISIT)
    total = {"kind": "state_total", "label": "Visited", "figures": {"firms": None}}
    stated = await sent(office, "coordinator", total, id_="t-1")
    assert stated.status_code == 200, stated.text
    answer = await read(office, "supervisor", "procedures/visits/figures")
    told = answer.json()
    assert (told["matters"], told["revision"]) == (1, 1)
    assert told["position"] == int(answer.headers["Closeout-Position"])
    rates = [each for each in told["figures"] if each["whole"] is not None]
    assert any(each["said"] == "1 / 2 (50.00%)" for each in rates), json.dumps(rates)[:900]
    assert all(each["label"] == each["name"]["en"] for each in told["figures"])
    for name in ("enterprise", "officer", "section"):
        refused = await read(office, name, "procedures/visits/figures")
        assert refused.status_code == 403


async def test_notes_of_figures_are_in_the_callers_language(office: Face) -> None:
    path = f"{ROOT}/procedures/projects/figures"
    async with office.asked_as("supervisor") as client:
        english, chinese = [
            {each["id"]: each["note"] for each in answer.json()["figures"]}
            for language in ("en", "zh")
            for answer in [await client.get(path, headers={"Accept-Language": language})]
        ]
    assert english["rate.built"] == "no denominator"
    assert chinese["rate.built"] == "分母未说明"


async def test_auditors_reads_of_matters_are_on_record(office: Face) -> None:
    for path in ("matters", "matters/visits-1", "matters/visits-1/timeline", "procedures"):
        assert (await read(office, "auditor", path)).status_code == 200
    rows = await office.counter.ledger.audit_reads()
    assert sorted(row.kind for row in rows) == ["matter", "matter", "matters", "procedures"]
    await read(office, "coordinator", "matters")
    assert len(await office.counter.ledger.audit_reads()) == len(rows)
