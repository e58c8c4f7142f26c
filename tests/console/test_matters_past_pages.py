"""The past of a matter in the console: a slider through its facts, as an issue's page has one."""

import html
import json
import re

import builders as b
import pytest
from consoles import Console
from desks import StandingClock
from matters_shown import ROOT, console_of, done, filled

VISITS = f"{ROOT}/matters/visits/v-1"
FACTS = re.compile(r'id="fact-(\d+)"')
STOPS = re.compile(r'<option value="(\d+)"( selected)?>(\d+) · ')
RANGE = re.compile(r'name="stop" min="(\d+)" max="(\d+)" value="(\d+)" data-labels="([^"]*)"')
BANNER = "not how it stands"


@pytest.fixture
async def office() -> Console:
    """A console over a matter of every procedure."""
    return await filled(console_of(StandingClock(b.MON_9)))


async def led_to(office: Console, name: str, path: str) -> str:
    """Return where a page leads on."""
    async with office.opened_as(name) as browser:
        answer = await browser.get(path)
    assert answer.status_code == 303, answer.text[-500:]
    return str(answer.headers["Location"])


async def test_a_matter_is_shown_as_it_stood_after_each_of_its_facts(office: Console) -> None:
    now = await office.page("coordinator", VISITS)
    placed = await office.counter.ledger.positions(f"matter/{b.ZONE}/v-1")
    stops = STOPS.findall(now)
    assert [int(position) for position, _, _ in stops] == placed
    assert [number for _, chosen, number in stops if chosen] == ["3"]
    first, last, value, labels = RANGE.findall(now)[0]
    assert (first, last, value) == ("1", "3", "3")
    assert len(json.loads(html.unescape(labels))) == len(placed)
    assert BANNER not in now
    assert "/do/" in now
    for version, position in enumerate(placed, start=1):
        to = await led_to(office, "coordinator", f"{VISITS}?stop={version}")
        assert to == f"{VISITS}?as_of={position}"
        then = await office.page("coordinator", to)
        assert FACTS.findall(then) == [str(each) for each in range(version, 0, -1)]
        assert BANNER in then
        assert "/do/" not in then
        assert "58,780,000 CNY" in now
        assert ("58,780,000 CNY" in then) == (version == 3)
        assert RANGE.findall(then)[0][:3] == ("1", "3", str(version))


@pytest.mark.parametrize(
    "path", ["loans/l-1", "supply/s-1", "resumption/r-1", "masks/g-1", "passes/p-1"]
)
async def test_every_kind_of_matter_can_be_seen_at_its_beginning(
    office: Console, path: str
) -> None:
    one = f"{ROOT}/matters/{path}"
    for language in ("en", "zh"):
        to = await led_to(office, "coordinator", f"{one}?stop=1")
        then = await office.page("coordinator", to, language=language)
        assert FACTS.findall(then) == ["1"]
        assert "/do/" not in then


async def test_pages_of_tables_and_facts_stay_in_the_past(office: Console) -> None:
    for number in range(55):
        await done(office, "v-1", kind="note_matter", text=f"Note {number}.")
    placed = await office.counter.ledger.positions(f"matter/{b.ZONE}/v-1")
    then = await office.page("coordinator", f"{VISITS}?as_of={placed[-2]}")
    assert f'href="{VISITS}?as_of={placed[-2]}&amp;before=' in then


async def test_an_enterprise_stops_at_the_facts_that_it_is_told_of_alone(office: Console) -> None:
    own = await office.page("enterprise", f"{ROOT}/matters/visits/v-1")
    told = FACTS.findall(own)
    assert told == ["2", "1"]
    await done(office, "v-1", kind="note_matter", text="For the mill.", enterprise="mill")
    own = await office.page("enterprise", VISITS)
    assert FACTS.findall(own) == ["4", "2", "1"]
    assert RANGE.findall(own)[0][:3] == ("1", "3", "3")
    placed = await office.counter.ledger.positions(f"matter/{b.ZONE}/v-1")
    assert await led_to(office, "enterprise", f"{VISITS}?stop=3") == f"{VISITS}?as_of={placed[3]}"
    then = await office.page("enterprise", f"{VISITS}?as_of={placed[2]}")
    assert FACTS.findall(then) == ["2", "1"]
    assert RANGE.findall(then)[0][2] == "2"
    assert "58,780,000" not in then


async def test_a_past_that_is_not_there_is_refused(office: Console) -> None:
    before = await office.counter.ledger.positions(f"matter/{b.ZONE}/l-1")
    for name, path, code in (
        ("coordinator", f"{VISITS}?stop=9", 422),
        ("coordinator", f"{VISITS}?as_of=99999", 422),
        ("coordinator", f"{VISITS}?as_of=x", 422),
        ("coordinator", f"{ROOT}/matters/loans/l-1?as_of={before[0] - 1}", 404),
        ("coordinator", f"{ROOT}/matters/loans/v-1?as_of={before[0]}", 404),
        ("enterprise", f"{ROOT}/matters/loans/none?as_of=1", 404),
    ):
        async with office.opened_as(name) as browser:
            assert (await browser.get(path)).status_code == code, path
