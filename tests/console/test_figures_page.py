"""Figures: each as the count gives it, with both its counts; rankings; published ones again."""

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import builders as b
import pytest
from consoles import Console
from desks import StandingClock
from supervised import ROOT, console_of, part_of, sent, status

from audit.figure_counts import count_figures
from audit.figures import Asked, Scope, Signed, publish
from console.queries import figures as query
from console.texts import has
from domain.figure_definitions import definition
from domain.figure_dimensions import Dimension
from domain.figure_ranking import rank, units_in
from domain.figures import Period
from domain.warnings import span_of

MARCH = span_of("2026-03")


@pytest.fixture
async def busy() -> Console:
    """A console over a zone with issues that were closed, are open, were refused."""
    clock = StandingClock()
    console = console_of(clock)
    for key in ("m-1", "m-2", "m-3"):
        await console.counter.closed_out(key)
    await console.counter.accepted("m-4")
    await console.counter.do(b.PROPOSE, key="m-4")
    await console.counter.do(b.REJECT, b.ENTERPRISE, key="m-4")
    await console.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="k-1")
    clock.at += timedelta(days=10)
    return console


async def counted(console: Console, name: str, dimension: Dimension | None = None) -> Any:
    """Return the digits of a figure of March, from the count itself."""
    ledger = console.counter.ledger
    period = query.period_of(MARCH, "Asia/Shanghai", console.counter.clock.now())
    position = await ledger.safe_position()
    found = await count_figures(
        ledger, b.ZONE, period, [definition(name)], position=position, dimension=dimension
    )
    return found[name]


def rows(text: str, table: str) -> list[list[str]]:
    """Return the cells of a table, by its id, as plain text."""
    body = text.partition(f'id="{table}"')[2].partition("<tbody>")[2].partition("</tbody>")[0]
    return [
        [
            html.unescape(re.sub(r"<[^>]+>", "", cell)).strip()
            for cell in re.findall(r"<td.*?>(.*?)</td>", row, re.S)
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.S)
    ]


async def test_the_first_figures_are_those_of_the_count(busy: Console) -> None:
    text = await busy.page("supervisor", f"{ROOT}/figures?period=2026-03")
    shown = rows(text, "rates")
    told = 0
    for name, ratios in query.HEADLINES.items():
        digits = (await counted(busy, name))["all"]
        revision = definition(name).revision
        own = [row for row in shown if row[-1] == f"{name}@{revision}"]
        assert len(own) == len(ratios), name
        of_figure = [digits["ratios"][each] for each in digits["ratios"] if each in ratios]
        for row, ratio in zip(own, of_figure, strict=True):
            assert row[2:5] == [
                str(ratio["numerator"]),
                str(ratio["denominator"]),
                str(ratio.get("excluded", "—")),
            ]
            assert (row[1] == "—") == (ratio["denominator"] == 0)
            told += 1
    assert told == len(shown)
    standing = (await counted(busy, "standing"))["all"]["counts"]
    tiles = re.findall(r'class="value">(\d+)<', text)
    assert tiles == [str(standing[each]) for each in ("reported", "closed", "open", "parked")]


@pytest.mark.parametrize("name", [each.name for each in query.newest()])
async def test_every_figure_opens_with_each_of_its_counts(busy: Console, name: str) -> None:
    for language in ("zh", "en"):
        path = f"{ROOT}/figures/of/{name}?period=2026-Q1&by=segment"
        text = await busy.page("auditor", path, language=language)
        plain = html.unescape(text)
        asked = definition(name)
        for count, means in asked.counts.items():
            assert language == "zh" or means in plain, count
        assert text.count('data-label="计数"' if language == "zh" else 'data-label="Count"') == len(
            asked.counts
        )


def test_every_count_of_every_newest_revision_has_a_meaning_in_chinese() -> None:
    for asked in query.newest():
        for count in (*asked.counts, *asked.lengths):
            assert has(f"figures_means.{asked.name}_{count}"), (asked.name, count)
            assert has(f"figures_name.{count}"), count
        for ratio in asked.ratios:
            assert has(f"figures_name.ratio_{ratio}"), ratio


async def test_groups_and_rankings_are_those_of_the_count(busy: Console) -> None:
    path = f"{ROOT}/figures/of/returned?period=2026-03&by=grid&ratio=returned&minimum=1"
    text = await busy.page("supervisor", path)
    digits = await counted(busy, "returned", Dimension.GRID)
    names = list(definition("returned").counts)[:4]
    assert [row[1:5] for row in rows(text, "groups")] == [
        [str(group["counts"][name]) for name in names] for group in digits["by"]["groups"]
    ]
    ranked = rank(units_in(digits), definition("returned"), "returned", minimum=1)
    assert text.count('data-label="Place"') == len(ranked.entries) > 0
    few = await busy.page("supervisor", path.replace("minimum=1", "minimum=50"))
    assert few.count("too few to rank") == len(ranked.entries)


async def test_what_cannot_be_asked_is_refused(busy: Console) -> None:
    assert await status(busy, "supervisor", "/figures?period=2026-13") == 422
    assert await status(busy, "supervisor", "/figures/of/nothing") == 422
    assert await status(busy, "supervisor", "/figures/of/on_time?ratio=closed") == 422
    assert await status(busy, "supervisor", "/figures/of/on_time?by=weather") == 422
    assert await status(busy, "officer", "/figures") == 403
    assert await status(busy, "enterprise", "/figures/published") == 403


async def test_a_zone_that_is_too_large_is_told_where_its_figures_are(
    busy: Console, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "ISSUES_COUNTED_MAX", 2)
    for path in ("/figures", "/figures/of/on_time"):
        text = await busy.page("supervisor", f"{ROOT}{path}")
        assert "closeout figures count" in text
        assert 'class="card"' not in text or "All figures" in text


async def test_a_published_figure_is_counted_again_and_the_same(busy: Console) -> None:
    ledger = busy.counter.ledger
    signed = Signed(at=busy.counter.clock.now(), author="supervision", reason="<b>March</b>")
    asked = Asked(definition("on_time"), Scope(b.ZONE), Period(b.local(-1), b.local(5)))
    row = await publish(ledger, asked, signed)
    listed = await busy.page("supervisor", f"{ROOT}/figures/published")
    assert f'href="{ROOT}/figures/published/{row.sequence}"' in listed
    answer = await sent(busy, "auditor", f"/figures/published/{row.sequence}", {})
    assert "The same came out, to the byte." in answer.text
    assert "&lt;b&gt;March&lt;/b&gt;" in answer.text
    assert await status(busy, "auditor", "/figures/published/99") == 404
    assert (
        await sent(busy, "officer", f"/figures/published/{row.sequence}", {})
    ).status_code == 403


async def test_a_refresh_has_the_figures_alone(busy: Console) -> None:
    for path in ("/figures", "/figures/of/load", "/figures/published"):
        assert "<h1>" in await part_of(busy, "supervisor", path)


async def test_a_figure_of_an_unknown_revision_is_marked_and_hides_no_other(busy: Console) -> None:
    ledger = busy.counter.ledger
    signed = Signed(at=busy.counter.clock.now(), author="supervision", reason="March")
    asked = Asked(definition("on_time"), Scope(b.ZONE), Period(b.local(-1), b.local(5)))
    known = await publish(ledger, asked, signed)
    later = await ledger.put_figure(replace(known, revision=99, from_at=b.local(-2)))
    garbled = await ledger.put_figure(replace(known, from_at=b.local(-3), digits="[]"))
    assert later is not None
    assert garbled is not None
    listed = await busy.page("supervisor", f"{ROOT}/figures/published", language="zh")
    for row in (known, later, garbled):
        assert f'href="{ROOT}/figures/published/{row.sequence}"' in listed
    assert listed.count("本程序不识别修订") == 2
    assert "修订 99" in listed
    one = await busy.page("supervisor", f"{ROOT}/figures/published/{later.sequence}")
    assert "does not know revision 99" in one
    assert 'class="figure"' not in one
