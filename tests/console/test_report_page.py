"""Reporting by the form: what is alike first, one report however often it is sent."""

import re

import builders as b
import httpx2
from consoles import Console, require_well_formed

from desk.likeness import Judged, LikeIssues
from domain.phases import Origin

REPORT = f"/console/{b.ZONE}/report"
FROM_HERE = {"Origin": "http://closeout.test"}
WRITTEN = {
    "category": "road-access",
    "title": "The gate is blocked by a crane",
    "text": "Lorries cannot reach the gate since Monday.",
    "place": "East gate",
}


async def sent(console: Console, name: str = "enterprise", **fields: object) -> httpx2.Response:
    page = await console.page(name, REPORT)
    found = re.search(r'name="command_id" value="([^"]+)"', page)
    assert found is not None
    data = {"command_id": found[1]} | WRITTEN | fields
    async with console.opened_as(name) as browser:
        return await browser.post(REPORT, data=data, headers=FROM_HERE)


async def test_a_report_becomes_an_issue_that_its_enterprise_follows(console: Console) -> None:
    answer = await sent(console)

    assert answer.status_code == 303
    key = answer.headers["location"].rpartition("/")[2]
    issue = (await console.counter.desk.row(b.ZONE, key)).issue
    assert (issue.enterprise, issue.origin) == ("mill", Origin.ENTERPRISE)
    records = await console.counter.ledger.records(issue.stream)
    assert records[0].event.text.endswith("Where: East gate")  # type: ignore[union-attr]  # a report
    page = await console.page("enterprise", answer.headers["location"])
    assert WRITTEN["title"] in page


async def test_a_form_sent_twice_is_one_issue(console: Console) -> None:
    first = await sent(console, command_id="form-1")
    again = await sent(console, command_id="form-1")

    assert first.headers["location"] == again.headers["location"]
    assert len(await console.counter.ledger.find(zone=b.ZONE)) == 1


async def test_what_is_alike_is_shown_before_it_is_sent(console: Console) -> None:
    first = await sent(console)
    shown = await sent(console, command_id="form-2")

    assert shown.status_code == 200
    require_well_formed(shown.text)
    key = first.headers["location"].rpartition("/")[2]
    assert f'name="looked_at" value="{key}"' in shown.text
    assert f'value="{WRITTEN["title"]}"' in shown.text
    assert 'name="same"' not in shown.text
    assert len(await console.counter.ledger.find(zone=b.ZONE)) == 1
    sent_anyway = await sent(console, command_id="form-2", looked_at=key)
    assert sent_anyway.status_code == 303
    assert len(await console.counter.ledger.find(zone=b.ZONE)) == 2


async def test_what_an_officer_says_of_a_suggestion_is_recorded(console: Console) -> None:
    first = (await sent(console)).headers["location"].rpartition("/")[2]
    fields = {"command_id": "form-3", "enterprise": "mill"}
    shown = await sent(console, "officer", **fields)
    assert 'name="same"' in shown.text
    answer = await sent(console, "officer", looked_at=first, same=first, **fields)

    key = answer.headers["location"].rpartition("/")[2]
    issue = (await console.counter.desk.row(b.ZONE, key)).issue
    assert (issue.origin, issue.suggestions) == (Origin.VISIT, (first,))
    assert [(each.accepted, each.refused) for each in await judged(console)] == [(1, 0)]


async def judged(console: Console) -> list[Judged]:
    return await LikeIssues(console.counter.desk).judged(b.ZONE)


async def test_nobody_is_shown_what_is_alike_of_another_enterprise(console: Console) -> None:
    await sent(console)
    answer = await sent(console, "bakery", command_id="form-4")
    assert answer.status_code == 303


async def test_a_form_that_lacks_something_comes_back_with_all_that_was_typed(
    console: Console,
) -> None:
    answer = await sent(console, title=" ", text="Lorries <b>cannot</b> pass.")

    assert answer.status_code == 422
    require_well_formed(answer.text)
    assert "Say in one line what it is." in answer.text
    assert "Lorries &lt;b&gt;cannot&lt;/b&gt; pass." in answer.text


async def test_what_is_too_long_is_told_and_kept(console: Console) -> None:
    answer = await sent(console, title="x" * 201)
    assert answer.status_code == 422
    assert "x" * 201 in answer.text


async def test_nobody_reports_for_an_enterprise_out_of_reach(console: Console) -> None:
    answer = await sent(console, "officer", enterprise="bakery")
    assert answer.status_code == 403
    own = await sent(console, enterprise="bakery")
    assert own.status_code == 303
    key = own.headers["location"].rpartition("/")[2]
    assert (await console.counter.desk.row(b.ZONE, key)).issue.enterprise == "mill"


async def test_who_may_not_report_has_no_form(console: Console) -> None:
    for name in ("auditor", "operator"):
        async with console.opened_as(name) as browser:
            assert (await browser.get(REPORT)).status_code == 403


async def test_kinds_are_chosen_by_their_own_words(console: Console) -> None:
    assert "用电" in await console.page("enterprise", REPORT, language="zh")
    assert "Power supply" in await console.page("enterprise", REPORT)
