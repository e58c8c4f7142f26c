"""The page of one issue: it says what the ledger says, to whoever may see it, now and then."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from html import escape, unescape
from itertools import pairwise
from pathlib import Path
from typing import Any

import builders as b
import pytest
from consoles import Console, console_over, require_well_formed
from desks import STREAM, StandingClock

from console.queries.issue_clocks import Did
from console.queries.issue_timeline import PAGE
from desk.sealing import Sealer
from domain import commands as cmd
from domain import commands_of_kin as kn
from domain import commands_of_time as ti
from domain.clocks import Standing
from domain.issue import Evidence
from domain.model import to_millisecond
from domain.personal import Personal
from domain.phases import LinkType
from domain.responsibility import partition, totals
from ledger.memory import MemoryLedger
from runtime.seals import FileKeys

ONE = f"/console/{b.ZONE}/issues/{b.KEY}"
HOUR = timedelta(hours=1)
HOSTILE = "<script>alert(1)</script> \"quoted\" 'single' {{7*7}} {% x %} 🚧 \u200f=1+1"


async def lived(console: Console) -> None:
    """Let an issue be accepted, wait, go on, go up a tier, and have a team."""
    clock, counter = console.counter.clock, console.counter
    await counter.accepted()
    clock.at = b.MON_10
    await counter.do(b.PAUSE)
    clock.at = b.MON_13
    await counter.do(b.RESUME)
    await counter.do(b.ESCALATE)
    clock.at = b.TUE_9
    await counter.do(b.CONVENE, b.HEAD)


def facts_in(page: str) -> list[int]:
    """Return the versions of the facts that a page tells, in its order."""
    return [int(number) for number in re.findall(r'id="fact-(\d+)"', page)]


async def test_it_tells_every_fact_and_every_clock_that_the_ledger_has(console: Console) -> None:
    await lived(console)
    page = await console.page("head", ONE)

    records = await console.counter.ledger.records(STREAM)
    issue = (await console.counter.desk.row(b.ZONE, b.KEY)).issue
    assert facts_in(page) == [record.version for record in reversed(records)]
    assert page.count('class="clock-picture"') == len(issue.clocks)
    assert issue.number is not None
    assert issue.number in page
    for clock in issue.clocks:
        if clock.due_at is not None:
            due = b.SHANGHAI.fromutc(clock.due_at.replace(tzinfo=b.SHANGHAI))
            assert f"{due:%Y-%m-%d %H:%M}" in page


async def test_the_partition_adds_up_to_what_the_events_come_to_by_themselves(
    console: Console,
) -> None:
    await lived(console)
    page = await console.page("head", ONE)

    records = await console.counter.ledger.records(STREAM)
    at = to_millisecond(console.counter.clock.at)
    sums = totals(partition(records, {b.TERMS.hash: b.TERMS}, at))
    shown = [int(value) for value in re.findall(r'data-value="(\d+)"', page)]
    assert shown == [each.counted_ms for each in sums]
    assert sum(shown) > 0


async def test_a_picture_has_the_pieces_of_the_clocks_life_end_to_end(
    console: Console, clock: StandingClock
) -> None:
    await lived(console)
    clock.at = b.WED_9
    page = await console.page("head", ONE)

    pictures = re.findall(r'<svg class="clock-picture".*?</svg>', page, re.DOTALL)
    kinds: set[str] = set()
    for picture in pictures:
        bars = re.findall(r'did-(\w+)" x="([\d.]+)" y="8" width="([\d.]+)"', picture)
        laid = [(kind, float(x), float(width)) for kind, x, width in bars if kind != "empty"]
        for (_, x, width), (_, following, _) in pairwise(laid):
            assert x + width == pytest.approx(following, abs=0.05)
        assert all(x >= 0 and x + width <= 1000.05 for _, x, width in laid)
        kinds |= {kind for kind, _, _ in laid}
    assert {Did.COUNTED, Did.PAUSED, Did.OFF, Did.TO_COME} <= kinds


async def test_both_languages_name_posts_and_tell_events(console: Console) -> None:
    await lived(console)
    chinese = await console.page("head", ONE, language="zh")
    english = await console.page("head", ONE)

    assert "问题上报" in chinese
    assert "面粉厂" in chinese
    assert "issue reported" not in chinese
    assert "reported" in english
    assert "Roads section" in english


async def test_whoever_may_not_see_an_issue_learns_nothing_of_it(console: Console) -> None:
    await lived(console)
    for path in ("", "/facts?before=3", "/moved?version=1", "?stop=2", "/do/note"):
        async with console.opened_as("neighbour") as browser:
            answer = await browser.get(f"{ONE}{path}")
        assert answer.status_code == 404, path
        assert "The gate is blocked" not in answer.text
    async with console.opened_as("operator") as browser:
        assert (await browser.get(ONE)).status_code == 403
    async with console.opened_as(None) as browser:
        assert (await browser.get(ONE)).status_code == 303


async def test_what_an_auditor_looks_at_is_recorded(console: Console) -> None:
    await lived(console)
    page = await console.page("auditor", f"{ONE}?as_of=2")
    assert "/do/" not in page
    reads = await console.counter.ledger.audit_reads(kind="issue")
    assert [json.loads(each.scope)["as_of"] for each in reads] == ["2"]


async def test_texts_are_shown_as_they_were_typed_and_nothing_else(console: Console) -> None:
    counter = console.counter
    await counter.do(b.report(title=HOSTILE[:190], text=HOSTILE * 3), b.ENTERPRISE)
    await counter.do(b.ACCEPT)
    await counter.do(cmd.Note(text=HOSTILE, evidence=(Evidence(reference=HOSTILE),)))
    await counter.do(cmd.Escalate(reason=f"{'长' * 3999}。"))
    await counter.do(b.CONVENE.model_copy(update={"reason": HOSTILE}), b.HEAD)

    for name in ("head", "auditor"):
        for language in ("zh", "en"):
            page = await console.page(name, ONE, language=language)
            assert "<script>alert" not in page
            assert "49" not in re.findall(r"\{\{.*?\}\}", page)
            assert "{{7*7}}" in unescape(page)
            assert escape(HOSTILE)[:25] in page


async def test_asked_again_by_the_browser_it_answers_with_its_main_block_alone(
    console: Console,
) -> None:
    await lived(console)
    async with console.opened_as("head") as browser:
        answer = await browser.get(ONE, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "The gate is blocked" in answer.text
    require_well_formed(answer.text)


async def test_its_past_is_shown_as_it_stood_with_a_banner_and_no_buttons(
    console: Console,
) -> None:
    await lived(console)
    async with console.opened_as("head") as browser:
        sent = await browser.get(ONE, params={"stop": 3})
        assert sent.status_code == 303
        then = await browser.get(sent.headers["location"])
    require_well_formed(then.text)
    records = await console.counter.ledger.records(STREAM)
    assert records[2].kind == "issue_paused"
    assert facts_in(then.text) == [3, 2, 1]
    assert "not how it stands" in then.text
    assert "/do/" not in then.text
    assert "joint team" not in then.text.lower().split('id="past"')[0]
    assert then.text.count("<option") >= len(records)
    async with console.opened_as("head") as browser:
        assert (await browser.get(ONE, params={"stop": 99})).status_code == 422


async def test_every_stop_of_the_slider_shows_just_that_many_facts(console: Console) -> None:
    await lived(console)
    records = await console.counter.ledger.records(STREAM)
    for version in range(1, len(records) + 1):
        async with console.opened_as("head") as browser:
            sent = await browser.get(ONE, params={"stop": version})
            then = await browser.get(sent.headers["location"])
        assert facts_in(then.text) == list(range(version, 0, -1))


async def test_what_it_says_of_persons_is_sealed_until_somebody_opens_it_on_record(
    console: Console, tmp_path: Path
) -> None:
    counter = console.counter
    counter.desk.sealer = Sealer(FileKeys(tmp_path / "keys"))
    await counter.accepted()
    said = "Their child is ill until Friday."
    await counter.do(cmd.Note(text="Called.", personal=Personal(subject="p-1", text=said)))

    page = await console.page("officer", ONE)
    assert said not in page
    assert "sealed" in page
    assert await counter.ledger.audit_reads(kind="personal") == []
    async with console.opened_as("officer") as browser:
        opened = await browser.post(f"{ONE}/personal")
    assert said in opened.text
    assert opened.headers["cache-control"] == "no-store"
    assert len(await counter.ledger.audit_reads(kind="personal")) == 1
    for name in ("auditor", "enterprise"):
        assert f"{ONE}/personal" not in await console.page(name, ONE)
        async with console.opened_as(name) as browser:
            refused = await browser.post(f"{ONE}/personal")
        assert refused.status_code in (403, 404)
        assert said not in refused.text


async def test_breaches_ties_documents_and_silence_are_told(
    console: Console, clock: StandingClock
) -> None:
    counter = console.counter
    await counter.accepted(key="other")
    await counter.accepted()
    await counter.do(kn.Link(type=LinkType.RELATES, target="other"))
    evidence = cmd.Note.model_validate(
        {"text": "A contract.", "evidence": [{"reference": "store/contract-77"}]}
    )
    await counter.do(evidence)
    clock.at = b.WED_17
    await counter.do(b.NOTE, b.HEAD)

    page = await console.page("head", ONE)
    assert f"/console/{b.ZONE}/issues/other" in page
    assert "store/contract-77" in page
    assert "unnotified" in page
    assert "overdue" in page


async def test_a_page_that_is_open_is_told_when_the_issue_has_moved_on(console: Console) -> None:
    await lived(console)
    issue = (await console.counter.desk.row(b.ZONE, b.KEY)).issue
    async with console.opened_as("head") as browser:
        still = await browser.get(f"{ONE}/moved", params={"version": issue.version})
        behind = await browser.get(f"{ONE}/moved", params={"version": issue.version - 2})
    assert still.text.strip() == ""
    assert "2 new facts" in behind.text


class Counting(MemoryLedger):
    """A ledger in memory that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[str] = []

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name == "asked" or not callable(found):
            return found
        return self._counted(name, found)

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            self.asked.append(name)
            return call(*arguments, **named)

        return counted


async def test_after_five_hundred_events_it_asks_the_ledger_no_more_and_shows_a_page_of_them() -> (
    None
):
    clock, ledger = StandingClock(), Counting()
    console = console_over(ledger, clock)
    await console.counter.accepted()
    asked = []
    for wanted in (2, 500):
        while (await console.counter.desk.row(b.ZONE, b.KEY)).issue.version < wanted:
            clock.at += timedelta(seconds=20)
            await console.counter.do(ti.DemandReply(question="Why?"), b.COORDINATOR)
            await console.counter.do(b.GIVE_REPLY)
        ledger.asked.clear()
        page = await console.page("officer", ONE)
        asked.append(sorted(ledger.asked))
    assert asked[0] == asked[1]
    assert asked[1].count("records") == 1
    assert len(asked[1]) <= 12
    told = facts_in(page)
    assert len(told) == PAGE
    assert told[0] >= 500
    async with console.opened_as("officer") as browser:
        more = await browser.get(
            f"{ONE}/facts", params={"before": told[-1]}, headers={"HX-Request": "true"}
        )
        plain = await browser.get(f"{ONE}/facts", params={"before": told[-1]})
    assert facts_in(more.text) == list(range(told[-1] - 1, told[-1] - 1 - PAGE, -1))
    assert plain.headers["location"].startswith(f"{ONE}?before={told[-1]}")


async def test_a_clock_that_ran_out_is_drawn_beyond_its_deadline(
    console: Console, clock: StandingClock
) -> None:
    await console.counter.accepted()
    clock.at = b.NEXT_MON_9 + HOUR
    await console.counter.do(b.NOTE, b.DIRECTOR)
    issue = (await console.counter.desk.row(b.ZONE, b.KEY)).issue
    assert any(each.standing is Standing.RUNNING for each in issue.clocks)
    clock.at = b.NEXT_FRI_9 + timedelta(days=14)
    page = await console.page("director", ONE)
    assert "did-over" in page
    assert "overdue by" in page
