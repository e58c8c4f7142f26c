"""What an enterprise's pages show of its issues' ties to those of others."""

import builders as b
import builders_kin as k
import pytest
from consoles import Console, console_over
from desks import StandingClock
from tied_issues import OWN, SEALED, TWIN, ended, tied

from ledger.memory import MemoryLedger

ROOT = f"/console/{b.ZONE}"


@pytest.fixture
async def office(clock: StandingClock) -> Console:
    """A console over the mill's issues, tied to the bakery's, of which one has ended."""
    console = console_over(MemoryLedger(), clock, k.KIN)
    await tied(console.counter)
    await ended(console.counter)
    return console


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_no_page_of_an_enterprise_has_the_key_of_anothers_issue(
    office: Console, language: str
) -> None:
    paths = [f"{ROOT}/{part}/{key}" for key in OWN for part in ("issues", "mine")]
    facts = [f"{ROOT}/issues/{key}?before=4" for key in OWN]
    for path in [*paths, *facts, f"{ROOT}/mine", f"{ROOT}/mine?ended=true", f"{ROOT}/inbox"]:
        page = await office.page("enterprise", path, language=language)
        assert SEALED not in page, path
        assert "another matter" not in page, path


@pytest.mark.parametrize(
    ("language", "words"), [("zh", "其他企业的问题"), ("en", "an issue of another enterprise")]
)
async def test_the_page_says_that_there_is_a_tie(
    office: Console, language: str, words: str
) -> None:
    page = await office.page("enterprise", f"{ROOT}/issues/whole", language=language)
    ties = page[page.index('id="ties"') :].partition("</section>")[0]
    assert words in ties
    assert "<code>" not in ties
    assert 'class="tag' not in ties
    assert words in page[page.index('class="facts-list"') :]


async def test_an_officer_sees_which_issue_it_is_and_how_it_stands(office: Console) -> None:
    page = await office.page("officer", f"{ROOT}/issues/whole")
    ties = page[page.index('id="ties"') :].partition("</section>")[0]
    assert f"{ROOT}/issues/{TWIN}" in ties
    assert 'class="tag' in ties


async def test_facts_asked_for_by_an_open_page_are_told_alike(office: Console) -> None:
    async with office.opened_as("enterprise") as browser:
        answer = await browser.get(
            f"{ROOT}/issues/whole/facts?before=5", headers={"HX-Request": "true"}
        )
    assert answer.status_code == 200
    assert "child added" in answer.text
    assert SEALED not in answer.text


async def test_a_refused_form_says_in_chinese_what_would_have_been_accepted(
    office: Console,
) -> None:
    form = {"id": "do-1", "expected_version": "1", "child": "none", "reason": "It is none."}
    version = (await office.counter.desk.row(b.ZONE, "part")).issue.version
    async with office.opened_as("officer", language="zh") as browser:
        answer = await browser.post(
            f"{ROOT}/issues/part/do/release_child",
            data=form | {"expected_version": str(version)},
            headers={"Origin": "http://closeout.test"},
        )
    assert "无：本问题没有子问题" in answer.text, answer.text[-1500:]
