"""The handbook as tables: nothing is left out, nothing stays without words, differences, proof."""

import re
import typing
from datetime import UTC, datetime
from enum import StrEnum

import builders as b
import pytest
from consoles import Console
from pydantic import BaseModel
from supervised import NASTY, NASTY_SHOWN, ROOT, console_of, part_of, sent, status, terms

from console.queries import handbook_rules as rules
from console.queries.handbook import compared
from console.queries.handbook_sheets import PARTS, sheets_of
from console.queries.handbook_words import Speaker
from console.texts import has
from desk.shelf import Shelf
from domain.handbook import Handbook
from domain.handbook_diff import differences
from handbooks.shelf import read_terms, zones

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
NEVER_TOLD = {"zh", "en", "id", "source", "kind", "name"}


def test_every_field_of_a_handbook_is_in_a_table_or_at_the_head() -> None:
    for zone in zones():
        book = read_terms(zone).handbook
        speaker = Speaker(book, "en")
        told = {of for part in PARTS for each in sheets_of(part, speaker, AT) for of in each.of}
        filled = {name for name in Handbook.model_fields if getattr(book, name) not in (None, ())}
        assert filled - told - set(rules.HEAD) == set(), zone


def test_every_field_and_every_fixed_word_of_a_handbook_has_words() -> None:
    fields: set[str] = set()
    seen: set[type] = set()

    def walk(kind: object) -> None:
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            if kind not in seen:
                seen.add(kind)
                fields.update(kind.model_fields)
                for field in kind.model_fields.values():
                    walk(field.annotation)
        elif not isinstance(kind, type) or not issubclass(kind, StrEnum):
            for inner in typing.get_args(kind):
                walk(inner)

    walk(Handbook)
    told = fields - NEVER_TOLD - {"anchor_at"}
    assert {name for name in told if not has(f"handbook_field.{name}")} == set()


@pytest.mark.parametrize("zone", ["xinghe", "nanan"])
def test_a_shipped_handbook_is_told_in_chinese_without_a_bare_code(zone: str) -> None:
    speaker = Speaker(read_terms(zone).handbook, "zh")
    for part in set(PARTS) - {"people", "teams"}:
        for sheet in sheets_of(part, speaker, AT):
            for row in sheet.rows:
                for line in (line for cell in row for line in cell):
                    assert not re.fullmatch(r"[a-z]+(_[a-z]+)+", line), (sheet.title, line)


async def test_all_clocks_are_shown_with_each_of_their_limits() -> None:
    console = console_of()
    text = await console.page("enterprise", f"{ROOT}/handbook?part=clocks", language="zh")
    table = text.partition("<tbody>")[2].partition("</table>")[0]
    shown = re.findall(r'<section class="card">\s*<h2>时限</h2>.*?</section>', text, re.S)
    assert len(shown) == 1
    assert shown[0].count("<tr>") == 1 + len(b.HANDBOOK.clocks)
    assert "4 小时（工作时间）" in shown[0]
    assert table


async def test_every_part_and_every_version_opens_in_both_languages() -> None:
    console = console_of()
    for part in PARTS:
        for language in ("zh", "en"):
            path = f"{ROOT}/handbook?part={part}&version=shipped"
            assert "</table>" in await console.page("auditor", path, language=language)
    assert await status(console, "officer", "/handbook?part=nothing") == 422
    assert await status(console, "officer", "/handbook?version=nothing") == 422


async def test_a_version_differs_from_itself_in_nothing() -> None:
    text = await console_of().page("officer", f"{ROOT}/handbook/differences")
    assert "The two versions are the same." in text


async def test_differences_are_told_in_words_and_all_of_them(console: Console) -> None:
    changed = b.terms_of(
        name={"zh": "新名", "en": NASTY},
        clocks=b.clock_rule("handling", budgets=[{"duration": {"kind": "wall", "minutes": 90}}]),
    )
    desk = console.counter.desk
    desk.shelf = Shelf(desk.ledger, {b.ZONE: changed})
    await desk.shelf.keep(b.TERMS, desk.clock.now())
    found = await compared(desk, b.ZONE, b.HANDBOOK.hash[:12], "shipped", "en")
    assert len(found.lines) == len(differences(b.HANDBOOK, changed.handbook))
    path = f"{ROOT}/handbook/differences?first={b.HANDBOOK.hash[:12]}&second=shipped"
    text = await console.page("officer", path)
    assert NASTY_SHOWN in text
    assert "Length: 16 h of opening hours" in text


async def test_a_hostile_name_stays_a_name() -> None:
    book = terms().handbook
    segments = [{"id": "odd", "name": {"zh": NASTY, "en": NASTY}}]
    console = console_of(segments=segments, enterprises=_plain(book))
    text = await console.page("officer", f"{ROOT}/handbook?part=enterprises")
    assert NASTY_SHOWN in text
    assert "<script>alert" not in text


def _plain(book: Handbook) -> list[dict[str, object]]:
    rows = [each.model_dump(mode="json") for each in book.enterprises]
    return [row | {"segment": None} for row in rows]


async def test_a_proof_is_run_for_those_who_may_have_one() -> None:
    console = console_of()
    told = await sent(console, "supervisor", "/handbook/proof", {})
    assert told.status_code == 200
    assert "problems were found" in told.text or "no problem was found" in told.text
    assert (await sent(console, "officer", "/handbook/proof", {})).status_code == 403


async def test_a_refresh_has_the_tables_alone() -> None:
    assert "<table" in await part_of(console_of(), "officer", "/handbook")
