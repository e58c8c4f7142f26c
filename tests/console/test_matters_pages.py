"""Matters in the console: lists, boards, figures, one of each aggregate, by whom they are seen."""

import re
from datetime import timedelta
from typing import get_args

import pytest
from consoles import Console
from desks import StandingClock
from matters_shown import GRANTS, ROOT, console_of, done, filled, sent, stands, status

from console.offers_matters_fields import MODELS
from console.pages import matters
from console.texts import has
from domain.matters.events import MatterEvent
from domain.matters.words import Aggregate

NOTE = r'</code> <span class="note">([^<]*)</span>'
ACTS = re.compile(r'/do/(\w+)\?at=([\w-]*)"')
NASTY = "<script>alert(1)</script> \"'{{7*7}} 🚚"
NASTY_SHOWN = "&lt;script&gt;alert(1)&lt;/script&gt; &#34;&#39;{{7*7}} 🚚"
ONES = (
    "visits/v-1",
    "loans/l-1",
    "supply/s-1",
    "resumption/r-1",
    "masks/g-1",
    "passes/p-1",
)


@pytest.fixture
async def office() -> Console:
    """A console over a matter of every procedure."""
    return await filled(console_of())


async def test_the_zones_procedures_stand_by_aggregate_with_their_counts(office: Console) -> None:
    text = await office.page("coordinator", f"{ROOT}/matters", language="zh")
    for aggregate in Aggregate:
        assert f'id="of-{aggregate}"' in text
    for name in ("走访企业", "企业融资", "供需对接", "复工复产台账", "防护物资", "车辆通行证"):
        assert name in text
    assert text.count('class="figure">1</td>') == 12


async def test_what_is_late_is_counted_and_shown_red() -> None:
    clock = StandingClock()
    office = await filled(console_of(clock))
    clock.at += timedelta(days=3)
    await done(office, "v-1", kind="exclude_target", enterprise="foundry", **MOVED)
    text = await office.page("coordinator", f"{ROOT}/matters/visits/v-1")
    assert text.count('class="light red"') >= 2
    assert "moved away" in text
    counted = await office.page("coordinator", f"{ROOT}/matters")
    assert '<span class="red">1</span>' in counted


MOVED = {"code": "moved", "reason": "It went upriver."}


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("one", ONES)
async def test_every_matter_has_a_page_in_both_languages(
    office: Console, one: str, language: str
) -> None:
    text = await office.page("coordinator", f"{ROOT}/matters/{one}", language=language)
    assert text.count("<section") >= 4
    for layout in ("list", "board", "figures"):
        of = one.partition("/")[0]
        await office.page("coordinator", f"{ROOT}/matters/{of}?as={layout}", language=language)


async def test_a_list_is_narrowed_by_its_address(office: Console) -> None:
    of = f"{ROOT}/matters/loans"
    assert "A loan for the mill" in await office.page("coordinator", of)
    assert "A loan for the mill" in await office.page("coordinator", f"{of}?stage=approval")
    assert "No matter fits." in await office.page("coordinator", f"{of}?stage=wanted")
    assert "No matter fits." in await office.page("coordinator", f"{of}?enterprise=bakery")
    assert await status(office, "coordinator", "/matters/loans?stage=nowhere") == 422
    await done(office, "l-1", kind="close_matter", ending="It came to nothing.")
    assert "No matter fits." in await office.page("coordinator", of)
    assert "A loan for the mill" in await office.page("coordinator", f"{of}?every=true")


async def test_a_long_list_goes_on_where_it_stopped(office: Console) -> None:
    for number in range(45):
        await done(
            office,
            f"x-{number:02}",
            kind="open_pipeline",
            procedure="loans",
            title=f"Loan {number}",
            enterprise="mill",
        )
    first = await office.page("coordinator", f"{ROOT}/matters/loans")
    onward = re.search(r'class="further"><a class="button" href="([^"]+)"', first)
    assert onward is not None
    second = await office.page("coordinator", onward[1].replace("&amp;", "&"))
    both = re.findall(r'/matters/loans/([\w-]+)" dir', first + second)
    assert len(both) == len(set(both)) == 46


async def test_figures_say_what_is_not_stated_and_what_was_derived(office: Console) -> None:
    await done(
        office,
        "r-1",
        kind="state_total",
        label="Yunyang",
        figures={
            "rate.part": {"kind": "count", "n": 120},
            "rate.whole": None,
            "rate.share": {"kind": "ratio", "part": 93, "whole": 100},
        },
    )
    text = await office.page("coordinator", f"{ROOT}/matters/resumption?as=figures")
    row = re.search(r"<tr>(?:(?!</tr>).)*<code>rate\.rate\.stated(?:(?!</tr>).)*</tr>", text, re.S)
    assert row is not None
    assert "about 129" in row[0]
    assert "derived" in row[0]
    in_chinese = await office.page(
        "coordinator", f"{ROOT}/matters/resumption?as=figures", language="zh"
    )
    assert re.search(NOTE, text), "a figure has a note"
    for said in re.findall(NOTE, in_chinese):
        assert said == "Yunyang" or re.search(r"[\u4e00-\u9fff]", said), said
    stock = await office.page("coordinator", f"{ROOT}/matters/masks?as=figures", language="zh")
    assert "未说明" in stock
    assert "123.45 CNY" in stock


async def test_more_matters_than_are_counted_have_no_figures_but_a_reason(
    office: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matters, "MATTERS_COUNTED_MAX", 0)
    text = await office.page("coordinator", f"{ROOT}/matters/visits?as=figures")
    assert "more than 0 matters, too many to be counted" in text
    assert "visited.done" not in text


async def test_stated_totals_stand_beside_what_was_recorded(office: Console) -> None:
    text = await office.page("coordinator", f"{ROOT}/matters/visits/v-1")
    assert "58,780,000 CNY" in text
    assert "not stated" in text
    assert "B05" in text


async def test_a_matter_and_its_issues_lead_to_each_other(office: Console) -> None:
    from desk.errands import ErrandRunner

    await ErrandRunner(office.counter.desk).once()
    (tie,) = (await stands(office, "v-1")).ties
    matter = await office.page("coordinator", f"{ROOT}/matters/visits/v-1")
    assert f'href="{ROOT}/issues/{tie.issue}"' in matter
    issue = await office.page("coordinator", f"{ROOT}/issues/{tie.issue}")
    assert f'href="{ROOT}/matters/visits/v-1"' in issue


async def test_the_file_of_an_enterprise_shows_all_of_its_matters(office: Console) -> None:
    text = await office.page("coordinator", f"{ROOT}/enterprises/mill")
    assert all(f'href="{ROOT}/matters/{one}"' in text for one in ONES)
    other = await office.page("coordinator", f"{ROOT}/enterprises/foundry")
    assert f'href="{ROOT}/matters/visits/v-1"' in other
    assert f'href="{ROOT}/matters/loans/l-1"' not in other


async def test_an_enterprise_sees_its_own_lines_and_no_other_enterprise(office: Console) -> None:
    mine = await office.page("enterprise", f"{ROOT}/mine")
    assert all(f'href="{ROOT}/matters/{one}"' in mine for one in ONES)
    for one in ONES:
        text = await office.page("enterprise", f"{ROOT}/matters/{one}")
        for other in ("Bakery", "Foundry", "bakery", "foundry"):
            assert other not in text, one
    assert "<td" in await office.page("enterprise", f"{ROOT}/matters")
    assert await status(office, "enterprise", "/matters/visits?as=figures") == 403
    assert await status(office, "enterprise", "/matters/visits?as=board") == 403


async def test_what_is_out_of_sight_is_as_if_it_were_not(office: Console) -> None:
    assert await status(office, "neighbour", "/matters/loans/l-1") == 404
    assert "A loan" not in await office.page("neighbour", f"{ROOT}/matters/loans")
    assert await status(office, "coordinator", "/matters/loans/no-such") == 404
    assert await status(office, "coordinator", "/matters/visits/l-1") == 404
    assert await status(office, "coordinator", "/matters/no-such") == 404


async def test_only_what_the_decision_would_let_pass_is_offered(office: Console) -> None:
    of_officer = ACTS.findall(await office.page("officer", f"{ROOT}/matters/visits/v-1"))
    assert ("record_step", "visited") in of_officer
    assert ("record_step", "read") not in of_officer
    assert not any(kind == "close_matter" for kind, _ in of_officer)
    of_mill = ACTS.findall(await office.page("enterprise", f"{ROOT}/matters/visits/v-1"))
    assert of_mill == [("record_step", "read")]
    consents = ACTS.findall(await office.page("enterprise", f"{ROOT}/matters/supply/s-1"))
    assert {kind for kind, _ in consents} == {"consent", "decline"}
    assert not ACTS.findall(await office.page("auditor", f"{ROOT}/matters/visits/v-1"))
    assert ACTS.findall(await office.page("coordinator", f"{ROOT}/matters/loans/l-1"))[:3] == [
        ("move_stage", "wanted"),
        ("move_stage", "funded"),
        ("move_stage", "refused"),
    ]
    await done(office, "l-1", kind="close_matter", ending="It came to nothing.")
    assert not ACTS.findall(await office.page("coordinator", f"{ROOT}/matters/loans/l-1"))


async def test_a_procedure_that_a_handbook_adds_alone_works() -> None:
    clinic = {
        "id": "clinic",
        "name": {"zh": "出口许可门诊", "en": "Export-licence clinic"},
        "steps": [{"id": "seen", "name": {"zh": "已接诊", "en": "seen"}}],
    }
    office = console_of(campaigns=[clinic], grants=GRANTS)
    form = {"id": "n-1", "key": "c-1", "title": NASTY, "targets": ["mill", "bakery"]}
    assert (await sent(office, "coordinator", "/matter-new/clinic", form)).status_code == 303
    text = await office.page("coordinator", f"{ROOT}/matters/clinic/c-1")
    assert NASTY_SHOWN in text
    assert "<script>alert" not in text
    assert ("record_step", "seen") in ACTS.findall(text)
    board = await office.page("coordinator", f"{ROOT}/matters/clinic?as=board", language="zh")
    assert "已接诊" in board


def test_every_command_and_every_event_has_a_name() -> None:
    assert [kind for kind in MODELS if not has(f"matter_command.{kind}")] == []
    kinds = [each.model_fields["kind"].default for each in get_args(get_args(MatterEvent)[0])]
    assert len(kinds) > 60
    assert [kind for kind in kinds if not has(f"matter_fact.{kind}")] == []


async def test_hostile_texts_stay_texts(office: Console) -> None:
    await done(office, "v-1", kind="note_matter", text=NASTY)
    await done(
        office,
        "l-1",
        kind="record_party",
        party="bank",
        status="asked",
        note=NASTY,
    )
    await done(office, "l-1", kind="close_matter", ending=NASTY)
    for one in ("visits/v-1", "loans/l-1"):
        text = await office.page("coordinator", f"{ROOT}/matters/{one}")
        assert NASTY_SHOWN in text
        assert "<script>alert" not in text


async def test_a_page_of_rows_follows_the_first(office: Console) -> None:
    firms = [
        {"id": f"firm-{n:03}", "name": {"zh": f"企业{n}", "en": f"Firm {n}"}, "grid": "east-1"}
        for n in range(70)
    ]
    wide = console_of(enterprises=firms)
    await done(wide, "v-9", kind="open_campaign", procedure="visits", title="All of them")
    first = await wide.page("coordinator", f"{ROOT}/matters/visits/v-9")
    second = await wide.page("coordinator", f"{ROOT}/matters/visits/v-9?from=60")
    assert "?from=60#sheet-targets" in first
    seen = re.findall(r"/enterprises/(firm-\d+)", first + second)
    assert len(seen) == len(set(seen)) == 70
