"""PDFs, opened and looked at cell by cell."""

from datetime import timedelta
from pathlib import Path

import pytest
from printed_papers import AT, HOSTILE, embedded, paper, read_pdf, row, squeezed, table, told

from audit.printed import pages
from audit.printed.fonts import FontFolders, UnprintableError
from audit.printed.pages import pdf_bytes
from audit.printed.paper import Column, Kind, Paragraphs, Ratio, Table
from domain.errors import InvalidRequestError

pytest.importorskip("typst")

WHEEL_ALONE = FontFolders(system=False)


def test_every_cell_of_every_row_is_there_in_order() -> None:
    reader, text = read_pdf(pdf_bytes(paper(table(60), landscape=True), WHEEL_ALONE))
    assert [number for number in range(60) if told(row(number)) not in text] == []
    assert len(reader.pages) > 1
    heads = squeezed("".join(column.head for column in table().columns))
    assert text.count(heads) == len(reader.pages)


def test_a_paper_says_whose_it_is_its_number_and_how_far_the_ledger_went() -> None:
    reader, text = read_pdf(pdf_bytes(paper(), WHEEL_ALONE))
    assert text.startswith("测试园区test-M-2026-10企业问题月分析")
    assert "数据截至账本位置4711" in text
    assert "2026-11-0109:30(Asia/Shanghai)" in text
    assert (reader.metadata.title, reader.metadata.author) == ("企业问题月分析", "测试园区")
    assert reader.metadata.creation_date == AT


def test_figures_say_what_they_are_of_and_what_was_left_out() -> None:
    _, text = read_pdf(pdf_bytes(paper(), WHEEL_ALONE))
    assert "按时率83.3%25302on_time@2" in text
    assert "无分母—000response@1说明" in text
    assert "中位数5小时3分012" in text
    assert "件数71" in text


def test_charts_are_in_it_with_their_labels_and_in_words_for_who_cannot_see() -> None:
    content = pdf_bytes(paper(), WHEEL_ALONE)
    _, text = read_pdf(content)
    for label in ("用工<b>", "物流&", "融资", "本月", "12.5%"):
        assert label in text
    assert b"/Alt" in content


def test_its_fonts_are_in_it() -> None:
    reader, _ = read_pdf(pdf_bytes(paper(), WHEEL_ALONE))
    found = list(embedded(reader))
    assert found
    assert all(found)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_looks_like_markup_stays_text_wherever_it_stands(language: str) -> None:
    texts = tuple(text.strip() for text in HOSTILE)
    marked = [Table(text, (Column(text),), [(text,)], note=text) for text in texts]
    wanted = [squeezed(text) for text in texts]
    whole = paper(
        *marked,
        Paragraphs(" ".join(texts), texts),
        title=texts[11],
        issuer=texts[12],
        number=texts[13],
        facts=[(text, text) for text in texts],
        language=language,
    )
    _, text = read_pdf(pdf_bytes(whole, WHEEL_ALONE))
    assert [each for each in wanted if text.count(each) < 7] == []


def test_the_same_paper_is_the_same_bytes() -> None:
    first = pdf_bytes(paper(), WHEEL_ALONE)
    assert first == pdf_bytes(paper(), WHEEL_ALONE)
    assert first != pdf_bytes(paper(made_at=AT + timedelta(seconds=1)), WHEEL_ALONE)


def test_a_character_that_no_font_has_is_refused_by_name_or_spelled_out() -> None:
    rare = paper(Table("表", (Column("甲"),), [("字\U0001f9ffก",)]))
    with pytest.raises(UnprintableError) as refused:
        pdf_bytes(rare, WHEEL_ALONE)
    assert "[U+0E01]" in str(refused.value)
    assert "[U+1F9FF]" in str(refused.value)
    _, text = read_pdf(pdf_bytes(rare, WHEEL_ALONE, spell_missing=True))
    assert "字[U+1F9FF][U+0E01]" in text


def test_a_mark_that_turns_the_direction_of_text_is_spelled_out() -> None:
    _, text = read_pdf(pdf_bytes(paper(Paragraphs("a\u202eb", ["\u2066x\x07"])), WHEEL_ALONE))
    assert "a[U+202E]b" in text
    assert "[U+2066]x[U+0007]" in text


def test_without_a_font_for_chinese_nothing_is_printed(tmp_path: Path) -> None:
    with pytest.raises(UnprintableError, match="No font for Chinese"):
        pdf_bytes(paper(), FontFolders(own=tmp_path, wheel=False, system=False))
    with pytest.raises(UnprintableError, match="no such font folder"):
        pdf_bytes(paper(), FontFolders(own=tmp_path / "gone"))


def test_a_warning_of_the_typesetter_stops_it(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = pages._template().replace(b"font: paper.fonts.head", b'font: "No Such Font"')
    monkeypatch.setattr(pages, "_template", lambda: broken)
    with pytest.raises(UnprintableError, match="unknown font family: no such font"):
        pdf_bytes(paper(), WHEEL_ALONE)


def test_the_template_takes_nothing_from_elsewhere() -> None:
    template = pages._template().decode()
    assert "@preview" not in template
    assert "import" not in template
    assert "read(" not in template
    assert "eval" not in template


def test_what_is_too_long_for_a_pdf_is_refused_with_a_way_on() -> None:
    rows = [(number,) for number in range(pages.CELLS_MAX + 1)]
    with pytest.raises(InvalidRequestError, match="too long for a PDF") as refused:
        pdf_bytes(paper(Table("表", (Column("数", Kind.COUNT),), rows)))
    assert "xlsx" in str(refused.value.allowed)


def test_a_table_without_rows_says_so() -> None:
    _, text = read_pdf(pdf_bytes(paper(Table("空表", (Column("甲"),), [])), WHEEL_ALONE))
    assert text.endswith("空表甲无")


def test_a_table_that_does_not_fit_itself_is_refused() -> None:
    with pytest.raises(InvalidRequestError, match="cells of a row"):
        pdf_bytes(paper(Table("表", (Column("甲"),), [(1, 2)])), WHEEL_ALONE)


def test_a_long_word_stays_in_its_column() -> None:
    long = "XINGHE-2026-000001-" + "W" * 120
    _, text = read_pdf(
        pdf_bytes(
            paper(Table("表", (Column("甲", width=5), Column("乙")), [(long, Ratio(1, 2))] * 2)),
            WHEEL_ALONE,
        )
    )
    assert squeezed(f"{long}50.0%(1/2)") in text
