"""What an enterprise sees of its own issues, and what it says to them."""

import re
from importlib.resources import files

import builders as b
import builders_sign_off as bs
import httpx2
import pytest
from consoles import Console, console_over, require_well_formed
from desks import StandingClock

from console.queries.mine import OFFERS, TOLD, own, where
from console.texts import texts
from domain.events import EVENT
from domain.phases import Outcome
from ledger.memory import MemoryLedger

MINE = f"/console/{b.ZONE}/mine"
ISSUE = f"{MINE}/{b.KEY}"
HIDDEN = re.compile(r'name="(csrf_token|command_id|expected_version|command)" value="([^"]*)"')
FROM_HERE = {"Origin": "http://closeout.test"}


@pytest.fixture
async def waiting(clock: StandingClock) -> Console:
    """A result that waits for the mill's answer, and the mill was told what silence means."""
    console = console_over(MemoryLedger(), clock, bs.TELLING)
    await console.counter.accepted()
    await console.counter.do(b.PROPOSE)
    return console


def form(page: str, command: str) -> dict[str, str]:
    """Return the hidden fields of the form of a command."""
    for each in re.findall(r"<form.*?</form>", page, re.DOTALL):
        fields = dict(HIDDEN.findall(each))
        if fields.get("command") == command:
            return fields
    raise AssertionError(f"no form to {command}")


async def sent(
    console: Console, fields: dict[str, str], name: str = "enterprise"
) -> httpx2.Response:
    async with console.opened_as(name) as browser:
        return await browser.post(ISSUE, data=fields, headers=FROM_HERE)


async def test_an_enterprise_is_told_first_what_it_is_asked(waiting: Console) -> None:
    await waiting.counter.accepted("another")
    page = await waiting.page("enterprise", MINE)

    asked = page[page.index('id="asked-of-you"') : page.index('id="own-issues"')]
    assert asked.count('class="ask"') == 1
    assert "Please answer by 2026-03-04 17:00" in asked
    assert page.count(f'href="{MINE}/another"') == 1
    assert "Open issues (2)" in page


async def test_every_open_issue_is_on_the_list_and_none_of_another_enterprise(
    console: Console,
) -> None:
    for number in range(35):
        await console.counter.reported(f"own-{number}")
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="theirs")
    found: list[str] = []
    address: str | None = MINE
    while address:
        page = await console.page("enterprise", address)
        found += re.findall(rf'class="issue-link" href="{MINE}/([^"]+)"', page)
        following = re.search(r'class="further"><a class="button" href="([^"]+)"', page)
        address = None if following is None else following[1].replace("&amp;", "&")
    assert sorted(found) == sorted(f"own-{number}" for number in range(35))


async def test_what_has_ended_is_shown_when_asked_for(console: Console) -> None:
    await console.counter.closed_out()

    assert ISSUE not in await console.page("enterprise", MINE)
    page = await console.page("enterprise", f"{MINE}?ended=true")
    assert ISSUE in page
    assert "Closed out" in page


async def test_who_speaks_for_no_enterprise_has_no_such_page(console: Console) -> None:
    await console.counter.reported()
    for name in ("officer", "auditor", "operator"):
        async with console.opened_as(name) as browser:
            for address in (MINE, ISSUE):
                assert (await browser.get(address)).status_code in (403, 404)
    async with console.opened_as("bakery") as browser:
        assert (await browser.get(ISSUE)).status_code == 404
    menu = await console.page("enterprise", MINE)
    assert f'href="{MINE}" aria-current="page"' in menu


async def test_what_silence_means_and_by_when_is_said(waiting: Console) -> None:
    english = await waiting.page("enterprise", ISSUE)
    chinese = await waiting.page("enterprise", ISSUE, language="zh")

    assert "It is never recorded that you agreed" in english
    assert "2026-03-04 17:00" in english
    assert "逾期未答复" in chinese


async def test_an_agreement_is_recorded_with_how_content_the_enterprise_is(
    waiting: Console,
) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "confirm")
    answer = await sent(waiting, fields | {"text": "Good.", "satisfaction": "4"})

    assert (answer.status_code, answer.headers["location"]) == (303, ISSUE)
    row = await waiting.counter.desk.row(b.ZONE, b.KEY)
    assert row.issue.sign_off is not None
    assert row.issue.sign_off.answered_by == b.ENTERPRISE.person
    page = await waiting.page("enterprise", ISSUE)
    assert "Content: 4 of 5." in page
    assert "<blockquote" in page
    assert 'value="confirm"' not in page


async def test_a_form_sent_twice_is_one_answer(waiting: Console) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "confirm")
    first, again = await sent(waiting, fields), await sent(waiting, fields)

    assert (first.status_code, again.status_code) == (303, 303)
    kinds = [
        record.event.kind for record in await waiting.counter.ledger.records(f"{b.ZONE}/{b.KEY}")
    ]
    assert kinds.count("sign_off_answered") == 1


async def test_a_refusal_without_a_word_brings_the_form_back(waiting: Console) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "reject")
    answer = await sent(waiting, fields | {"text": "  ", "satisfaction": "2"})

    assert answer.status_code == 422
    require_well_formed(answer.text)
    assert "Write something first." in answer.text
    assert re.search(r'value="2" checked', answer.text)


async def test_a_refusal_says_why_and_goes_back_to_work(waiting: Console) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "reject")
    await sent(waiting, fields | {"text": "Lorries still cannot pass."})

    page = await waiting.page("enterprise", ISSUE)
    assert "You did not agree; it is being worked on again" in page
    assert "Lorries still cannot pass." in page


async def test_who_answers_a_result_that_has_changed_is_told_so_and_loses_no_word(
    waiting: Console,
) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "reject")
    await waiting.counter.do(b.NOTE)
    answer = await sent(waiting, fields | {"text": "It is still <b>blocked</b>."})

    assert answer.status_code == 409
    require_well_formed(answer.text)
    assert "Something has happened to this issue meanwhile" in answer.text
    assert "It is still &lt;b&gt;blocked&lt;/b&gt;.</textarea>" in answer.text
    again = form(answer.text, "reject") | {"text": "It is still blocked."}
    assert (await sent(waiting, again)).status_code == 303


async def test_who_answers_what_is_asked_no_more_is_told_so_and_loses_no_word(
    waiting: Console,
) -> None:
    fields = form(await waiting.page("enterprise", ISSUE), "reject")
    await waiting.counter.do(b.CONFIRM, b.ENTERPRISE)
    del fields["expected_version"]
    answer = await sent(waiting, fields | {"text": "It is blocked.", "expected_version": "5"})

    assert answer.status_code == 409
    assert "It is blocked." in answer.text
    assert 'value="reject"' not in answer.text


async def test_a_closed_issue_can_be_taken_up_again_while_it_may(console: Console) -> None:
    await console.counter.closed_out()
    fields = form(await console.page("enterprise", ISSUE), "reopen")
    await sent(console, fields | {"text": "It is blocked again."})

    assert (await console.counter.desk.row(b.ZONE, b.KEY)).issue.reopened == 1
    await console.counter.closed_out("old")
    console.counter.clock.at = b.local(days=200)
    assert 'value="reopen"' not in await console.page("enterprise", f"{MINE}/old")


async def test_a_refresh_brings_the_main_part_alone(waiting: Console) -> None:
    async with waiting.opened_as("enterprise") as browser:
        for address in (MINE, ISSUE):
            part = await browser.get(address, headers={"HX-Request": "true"})
            assert part.status_code == 200
            assert "<html" not in part.text
            assert "<h1>" in part.text
            require_well_formed(part.text)


async def test_who_is_responsible_is_named_by_post(console: Console) -> None:
    await console.counter.reported()
    page = await console.page("enterprise", MINE)
    assert "grid-east-1" in page
    assert "coordination.a" in page


def test_there_are_words_for_wherever_an_issue_can_stand() -> None:
    stands = {
        *("intake", "handling", "again", "team", "study", "waits_for_you", "waits_for_others"),
        *("rectify", "apply", "inspection", "answer", "agreed", "silent", "unreachable"),
        *("withdrawn", "review", "parked", *(f"ended_{each}" for each in Outcome)),
    }
    told = {name.partition(".")[2] for name in texts() if name.startswith("mine_stands.")}
    assert told == stands


def test_there_are_words_for_every_event_that_an_enterprise_is_told() -> None:
    names = {name.partition(".")[2] for name in texts() if name.startswith("mine_told.")}
    ended = ("closed_out", "withdrawn", "closed_by_review")
    said = ("accepted", "accepted_by_proxy", "unreachable")
    assert names == TOLD - {"issue_closed_out", "sign_off_answered"} | {
        *(f"issue_closed_out_{each}" for each in ended),
        *(f"sign_off_answered_{each}" for each in said),
    }
    kinds = EVENT.json_schema()["discriminator"]["mapping"].keys()
    assert kinds >= TOLD


def test_where_an_issue_stands_follows_its_phase() -> None:
    assert where(b.given(b.REPORTED)) == "intake"
    assert where(b.given(*b.IN_HANDLING)) == "handling"
    assert where(b.given(*b.WITH_A_TEAM)) == "team"
    assert where(b.given(*b.IN_HANDLING, b.Step(b.OFFICER, b.PAUSE))) == "waits_for_you"
    assert where(b.given(*b.IN_SIGN_OFF)) == "answer"
    assert where(b.given(*b.ANSWERED)) == "agreed"
    assert where(b.given(*b.CLOSED_OUT)) == "ended_closed_out"


def test_a_deadline_that_has_passed_is_told_as_late() -> None:
    issue = b.given(*b.IN_HANDLING)
    early, late = (own(issue, b.HANDBOOK, b.TERMS, at) for at in (b.MON_10, b.NEXT_MON_9))
    assert early.due_at == late.due_at
    assert (early.is_overdue, late.is_overdue) == (False, True)


def test_every_offer_has_its_form() -> None:
    forms = files("console").joinpath("templates/pages/followed.html").read_text(encoding="utf-8")
    for name in OFFERS:
        assert f'name="command" value="{name}"' in forms
