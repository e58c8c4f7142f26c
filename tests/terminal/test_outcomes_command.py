"""`closeout outcomes`: sums as the sources tell them; `handbook show` has every procedure."""

import pytest
from deep import IN_CHECK
from rich.console import Console
from stage import Stage

from domain.handbook_diff import Change, differences
from handbooks.shelf import read_handbook, zones
from terminal.shown.handbook_in_full import counts_of
from terminal.shown.handbook_matters import matter_sheet

pytestmark = IN_CHECK

WIDE = 220
XINGHE = read_handbook("xinghe")


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Stage:
    """A command line that needs no ledger for this."""
    monkeypatch.setenv("COLUMNS", str(WIDE))
    return Stage()


def test_every_outcome_comes_with_its_source_and_what_is_not_stated(stage: Stage) -> None:
    told = stage.json("outcomes")["outcomes"]

    assert {each["id"] for each in told} >= {
        *(f"B{n:02}" for n in range(1, 25)),
        *(f"C{n:02}" for n in range(1, 14)),
    }
    (loans,) = (each for each in told if each["id"] == "B08")
    (extended,) = loans["sums"]
    assert extended["figures"] == {
        "loans": "over 230",
        "amount": "about CNY 100,000,000",
        "firms": None,
        "terms": None,
        "sign_off": None,
    }
    (yunyang,) = (each for each in told if each["id"] == "D09")
    assert [(each["value"], each["derived"]) for each in yunyang["rates"]] == [
        ("120 of about 129", True)
    ]


def test_what_is_null_is_shown_as_not_stated_in_both_languages(stage: Stage) -> None:
    shown = stage.run("outcomes", "B21").stdout

    assert "not stated 未说明" in shown
    assert "count, issuer, sign_off, turnaround" in shown
    assert "no denominator 无分母" in stage.run("outcomes", "D08").stdout


def test_an_outcome_that_there_is_not_is_refused_naming_those_that_there_are(
    stage: Stage,
) -> None:
    refused = stage.run("outcomes", "B99")

    assert refused.exit_code == 2
    assert "B01" in refused.output


def test_a_handbook_is_shown_with_each_of_its_procedures() -> None:
    console = Console(width=WIDE)
    with console.capture() as shown:
        console.print(matter_sheet(XINGHE))
    text = shown.get()

    assert len(XINGHE.matter_procedures) > 30
    for rule in XINGHE.matter_procedures:
        assert rule.id in text
    assert "read: 2 working days, then every 1 working day" in text
    counted = counts_of(XINGHE)
    assert counted["campaigns"] == len(XINGHE.campaigns)
    assert counted["grants"] == len(XINGHE.grants)


def test_two_handbooks_are_compared_by_their_procedures_too() -> None:
    (stock, *rest) = XINGHE.grants
    unit = stock.units[0].model_copy(update={"low": 900})
    other = XINGHE.model_copy(
        update={
            "grants": (stock.model_copy(update={"units": (unit, *stock.units[1:])}), *rest),
            "campaigns": XINGHE.campaigns[1:],
        }
    )

    found = {each.place: each for each in differences(XINGHE, other)}

    assert set(found) == {"campaigns.firm-visits", "grants.supplies.units.mask.low"}
    assert found["campaigns.firm-visits"].change is Change.REMOVED
    low = found["grants.supplies.units.mask.low"]
    assert (low.old, low.new) == (500, 900)


@pytest.mark.parametrize("zone", sorted(set(zones()) - {"xinghe"}))
def test_no_procedure_of_a_real_zone_has_a_limit_that_its_source_does_not_state(zone: str) -> None:
    """No source states any limit in numbers (domain.md section 0, finding 1)."""
    book = read_handbook(zone)
    text = [rule.model_dump_json(exclude_none=True) for rule in book.matter_procedures]

    assert not [each for each in text if '"within"' in each or '"duration"' in each]
