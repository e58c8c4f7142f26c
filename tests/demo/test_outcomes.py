"""What the sources tell in sums is read back as they have it, and null stays null."""

import asyncio
import os
import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from demo.outcomes import (
    Outcome,
    OutcomeError,
    Told,
    label_of,
    read_outcomes,
    read_value,
    told_outcomes,
)
from domain.matters.figures import Figure, in_sum
from domain.matters.matter import StatedTotal
from domain.matters.values import Amount, Count, Quantity, Ratio, Value
from domain.matters.words import Precision, Tying

yaml: Any = pytest.importorskip("yaml", reason="no reader of YAML: the design is not compared")
ROOT = Path(__file__).parents[2]
DOMAIN = Path(os.environ.get("CLOSEOUT_SHARED", ROOT.parent / "shared")) / "design" / "domain.md"
YUAN = 100
MILLION = 1_000_000


@lru_cache
def played() -> dict[str, Told]:
    """Play every outcome, once for all tests."""
    return {each.outcome.id: each for each in asyncio.run(told_outcomes())}


def stated(id_: str, group: str | None = None) -> dict[str, Value | None]:
    """Return what the ledger has in a group of an outcome's figures, without what is null."""
    told = played()[id_]
    labels = {label_of(each.name): each.id for each in told.outcome.totals}
    return {
        name: value
        for _, total in told.totals()
        if labels[total.label] == group
        for name, value in total.figures.items()
    }


def figure(id_: str, name: str) -> Figure:
    (found,) = (each for each in played()[id_].figures if each.id == name)
    return found


def money(millions: float) -> Amount:
    return Amount(hundredths=round(millions * MILLION) * YUAN, currency="CNY")


def over(number: int) -> Count:
    return Count(n=number, precision=Precision.OVER)


def test_the_support_funds_add_up_to_what_is_stated() -> None:
    """17.81 + 19.84 + 21.13 = 58.78 m, to 20 + 67 + 7 firms; these may overlap."""
    groups = [
        stated("B06", each) for each in ("informatisation", "nanan_and_cedz", "central_special")
    ]
    paid = [group["amount"] for group in groups]
    assert paid == [money(17.81), money(19.84), money(21.13)]
    assert [group["firms"] for group in groups] == [Count(n=20), Count(n=67), Count(n=7)]
    assert in_sum(each for each in paid if isinstance(each, Amount)) == (money(58.78),)
    assert stated("B06")["total"] == money(58.78)
    assert "firms" not in stated("B06")
    assert "overlap" in (played()["B06"].outcome.note or "")


def test_workers_moved_are_counted_as_person_times() -> None:
    assert stated("B03")["person_times"] == Count(n=600)
    assert stated("B03")["firms"] is None


def test_stages_of_loans_need_not_nest() -> None:
    assert stated("B18")["demand"] == money(2100)
    assert stated("B18", "in_approval") == {"enterprises": Count(n=42), "amount": money(300)}
    assert stated("B18", "funded") == {"enterprises": Count(n=33), "amount": money(380)}


def test_urged_is_not_completed() -> None:
    found = stated("B16")
    tally = [found[each] for each in ("visited", "closed", "rectifications_urged")]
    assert tally == [Count(n=228), Count(n=60), Count(n=35)]
    assert found["completion"] is None


@pytest.mark.parametrize(
    ("id_", "rate", "part", "whole", "derived"),
    [
        ("D05", "above-scale", Count(n=353), Count(n=353), True),
        ("D05", "foreign-trade", Count(n=28), Count(n=28), False),
        ("D05", "foreign-invested", Count(n=40), Count(n=40), False),
        ("D05", "projects", Count(n=127), Count(n=127), False),
        ("D03", "above-scale", Count(n=83), Count(n=83), True),
        ("D03", "in-post", Count(n=19576), Count(n=19641, precision=Precision.ABOUT), True),
        ("D09", "above-scale", Count(n=120), Count(n=129, precision=Precision.ABOUT), True),
    ],
)
def test_a_rate_has_its_denominator_and_says_if_it_was_derived(
    id_: str, rate: str, part: Count, whole: Count, derived: bool
) -> None:
    found = figure(id_, f"rate.{rate}.stated")
    assert (found.part, found.whole, found.derived) == (part, whole, derived)


@pytest.mark.parametrize(
    ("id_", "rate"),
    [
        ("D04", "enterprises"),
        ("D05", "commerce"),
        ("D07", "above-scale"),
        ("D08", "above-scale"),
        ("D02", "production"),
        ("D03", "local-share"),
    ],
)
def test_a_rate_without_a_denominator_is_no_rate(id_: str, rate: str) -> None:
    found = figure(id_, f"rate.{rate}.stated")
    assert (found.part, found.whole) == (None, None)
    assert found.note is not None
    assert "no denominator" in found.note.en


def test_seven_lists_are_stated_and_eight_are_named() -> None:
    found = figure("D02", "classes_stated")
    assert found.note is not None
    assert (found.part, found.note.en) == (Count(n=7), "8 names are given")


def test_a_status_that_is_an_open_question_opens_an_issue() -> None:
    """C01: sales staff sealed at home; no handling is told."""
    (matter,) = played()["C01"].matters
    assert [tie.tying for tie in matter.ties] == [Tying.OPENED]
    assert stated("C01")["handling"] is None


def test_firms_with_a_contact_of_their_own_are_on_the_list_by_class() -> None:
    assert figure("C13", "listed").part == Count(n=6)
    assert figure("C13", "class.guarantee").part == Count(n=3)
    assert figure("C13", "class.pillar").part == Count(n=3)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("over 230", Count(n=230, precision=Precision.OVER)),
        ("CNY 17.81", Amount(hundredths=1781, currency="CNY")),
        ("about CNY 1", Amount(hundredths=100, currency="CNY", precision=Precision.ABOUT)),
        ("1.5 tonne", Quantity(thousandths=1500, unit="tonne")),
        ("353/353", Ratio(part=353, whole=353)),
        ("not stated", None),
    ],
)
def test_a_value_is_read_from_its_text(text: str, value: Value | None) -> None:
    assert read_value(text) == value


@pytest.mark.parametrize("text", ["", "many", "1.5", "CNY 1.234", "over", "-1", "1.2345 tonne"])
def test_a_text_that_is_no_value_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="allowed"):
        read_value(text)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.toml").write_text('zone = "cedz"\noutcomes = [{ id = "B01" }]')
    with pytest.raises(OutcomeError, match=r"odd\.toml"):
        read_outcomes(tmp_path)


# --- against domain.md ---


def rows_of_the_design() -> list[dict[str, Any]]:
    if not DOMAIN.is_file():
        pytest.skip(f"the design is not at {DOMAIN}")
    text = DOMAIN.read_text(encoding="utf-8")
    told = text.split("### 5B", 1)[1].split("\n## 6", 1)[0]
    return [
        row
        for block in re.findall(r"```yaml\n(.*?)```", told, re.S)
        for row in yaml.safe_load(block)
    ]


def outcomes() -> dict[str, tuple[str, Outcome]]:
    return {o.id: (of_zone.zone, o) for of_zone in read_outcomes() for o in of_zone.outcomes}


def test_every_batch_and_every_fragment_of_the_design_is_there() -> None:
    ids = [row["id"] for row in rows_of_the_design()]
    assert [len([i for i in ids if i[0] == kind]) for kind in "BC"] == [24, 13]
    assert set(ids) == {id_ for id_ in outcomes() if id_[0] in "BC"}


def test_each_is_of_the_zone_the_lines_and_the_category_that_the_design_says() -> None:
    for row in rows_of_the_design():
        zone, outcome = outcomes()[row["id"]]
        assert (zone if outcome.zone_stated else "unknown") == row["zone"]
        assert set(re.findall(r"\d+", outcome.source)) >= set(re.findall(r"\d+", row["source"]))
        assert outcome.category == row.get("category")


def test_every_number_of_the_design_is_in_the_ledger_and_no_other() -> None:
    for row in rows_of_the_design():
        if row["id"][0] == "B":
            found = {
                (group, name): value
                for group in {each.id for each in outcomes()[row["id"]][1].totals}
                for name, value in stated(row["id"], group).items()
                if value is not None
            }
            assert found == dict(numbers(row.get("figures", {}))), row["id"]


def test_what_the_design_says_is_not_stated_is_null_in_the_ledger() -> None:
    for row in rows_of_the_design():
        if row["id"][0] == "B":
            nulls = {name for name, value in stated(row["id"]).items() if value is None}
            assert nulls == {each.replace(" ", "-") for each in row["not_stated"]}, row["id"]


def numbers(figures: dict[str, Any], group: str | None = None) -> Iterator[tuple[Any, Value]]:
    """Yield what the design's figures say, as values; a suffix of a name says what kind it is."""
    for told, said in figures.items():
        if isinstance(said, dict):
            yield from numbers(said, told)
            continue
        name, precision = told, Precision.EXACT
        for each in (Precision.OVER, Precision.ABOUT):
            if name.endswith(f"_{each}"):
                name, precision = name.removesuffix(f"_{each}"), each
        if name == "cny" or name.endswith("_cny"):
            value: Value = Amount(hundredths=said * YUAN, currency="CNY", precision=precision)
            yield (group, name.removesuffix("cny").rstrip("_") or "amount"), value
        elif name.endswith("_tonnes"):
            quantity = Quantity(thousandths=said * 1000, unit="tonne", precision=precision)
            yield (group, name.removesuffix("_tonnes")), quantity
        else:
            yield (group, name), Count(n=said, precision=precision)


@pytest.mark.parametrize(
    ("id_", "pattern"),
    [
        ("C03", r"40% of workers back; 700\+ vehicles"),
        ("C05", r"80,000 pills, 3\.5 million tablets pressed, 1\.5 t granulated, 4\.5 t granules"),
        ("C06", r"two foreign orders, 6,700 sets"),
        ("C07", r"1,600\+ staff"),
        ("C10", r"nearly CNY 200 m, up 30%"),
        ("C11", r"60\+ staff"),
    ],
)
def test_the_numbers_of_a_fragment_are_those_of_its_text(id_: str, pattern: str) -> None:
    (row,) = (row for row in rows_of_the_design() if row["id"] == id_)
    assert re.search(pattern, row["status"])
    assert {name: value for name, value in stated(id_).items() if value is not None} == {
        "C03": {"workers_back": Ratio(part=40, whole=100), "vehicles_a_day": over(700)},
        "C05": {
            "pills": Count(n=80_000),
            "tablets": Count(n=3_500_000),
            "granulated": Quantity(thousandths=1500, unit="tonne"),
            "granules": Quantity(thousandths=4500, unit="tonne"),
        },
        "C06": {"orders": Count(n=2), "sets": Count(n=6700)},
        "C07": {"staff": over(1600)},
        "C10": {
            "orders": Amount(
                hundredths=200 * MILLION * YUAN, currency="CNY", precision=Precision.UNDER
            ),
            "growth": Ratio(part=30, whole=100),
        },
        "C11": {"staff": over(60)},
    }[id_]


def test_an_outcome_says_where_it_is_told() -> None:
    with pytest.raises(ValidationError):
        Outcome.model_validate({"id": "B01", "source": "somewhere", "what": {}, "not_stated": []})


def test_a_total_that_was_stated_keeps_its_source() -> None:
    sources = {total.source for told in played().values() for _, total in told.totals()}
    assert all(isinstance(each, str) and re.match(r"\d{3}:\d", each) for each in sources)
    first: StatedTotal = next(total for _, total in played()["D05"].totals())
    assert str(first.as_of_on) == "2020-03-15"
