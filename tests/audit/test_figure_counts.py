"""Figures counted without publishing them: the digits that publishing would give, read once."""

import json
from pathlib import Path
from typing import Any

import pytest
from deep import IN_CHECK
from laid_figures import SIGNED, SPRING, ZONE, LaidLedger, all_records, asked

from audit.corpus import read_corpus
from audit.figure_counts import count_figures
from audit.figures import publish, recompute, restate
from domain.errors import InvalidRequestError
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_dimensions import Dimension
from domain.figure_ranking import rank, units_in

pytestmark = IN_CHECK

CORPUS = Path(__file__).with_name("corpus")
NAMES = sorted({each.name for each in DEFINITIONS})
NEWEST = [definition(name) for name in NAMES]


class Counted(LaidLedger):
    """A ledger that remembers how often it was read."""

    page = 1000

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    async def prefix(self, *args: Any, **more: Any) -> Any:
        """Return the next events of a zone, and remember it."""
        self.read += 1
        return await super().prefix(*args, **more)


@pytest.fixture(scope="module")
def whole() -> Counted:
    """All lives, on which nothing is published."""
    ledger = Counted()
    ledger.lay(all_records())
    return ledger


async def counted(ledger: LaidLedger, *names: str, **more: Any) -> dict[str, Any]:
    chosen = [definition(name) for name in names]
    position = len(all_records())
    return await count_figures(ledger, ZONE, SPRING, chosen, position=position, **more)


@IN_CHECK
async def test_a_count_gives_the_digits_that_publishing_gives(whole: Counted) -> None:
    found = await counted(whole, *NAMES)

    assert list(found) == NAMES
    ledger = LaidLedger().lay(all_records())
    for name in NAMES:
        row = await publish(ledger, asked(name), SIGNED)
        digits = dict(found[name])
        assert digits.pop("revision") == row.revision
        assert digits == json.loads(row.digits)


async def test_all_figures_together_read_the_ledger_no_oftener_than_one(whole: Counted) -> None:
    whole.read = 0
    await counted(whole, "load")
    of_one, whole.read = whole.read, 0
    await counted(whole, *NAMES)

    assert whole.read == of_one


async def test_a_count_at_an_earlier_position_knows_nothing_later(whole: Counted) -> None:
    early = await count_figures(whole, ZONE, SPRING, NEWEST, position=200)
    ledger = LaidLedger().lay(all_records()[:200])

    assert early == await count_figures(ledger, ZONE, SPRING, NEWEST, position=200)


@pytest.mark.parametrize("dimension", Dimension)
async def test_groups_come_with_every_figure(whole: Counted, dimension: Dimension) -> None:
    found = await counted(whole, "load", "on_time", dimension=dimension)

    for digits in found.values():
        assert digits["by"]["dimension"] == dimension
        counts = [each["counts"] for each in digits["by"]["groups"]]
        if dimension is not Dimension.LIST:
            for name, count in digits["all"]["counts"].items():
                assert sum(each[name] for each in counts) == count
        if dimension is Dimension.UNIT:
            assert digits["by"]["groups"] == digits["by_holder"]


async def test_the_units_of_a_zone_are_ranked_by_what_was_counted(whole: Counted) -> None:
    found = await counted(whole, "on_time")

    ranking = rank(units_in(found["on_time"]), definition("on_time"), "on_time", minimum=2)

    placed = [each for each in ranking.entries if each.place is not None]
    assert placed[0].place == 1
    assert all(each.denominator >= 2 for each in placed)
    ratios = [each.numerator / each.denominator for each in placed]
    assert ratios == sorted(ratios, reverse=True)


async def test_one_figure_is_counted_by_one_revision_at_a_time(whole: Counted) -> None:
    both = (definition("on_time", 1), definition("on_time", 2))

    with pytest.raises(InvalidRequestError, match="one revision"):
        await count_figures(whole, ZONE, SPRING, both, position=1)


async def test_a_published_figure_is_moved_by_an_exclusion_only_in_a_restatement() -> None:
    kept = read_corpus(CORPUS / "rules-3-exclusions.jsonl.gz")
    ledger, later = LaidLedger(), []
    ledger._tables.terms |= kept.texts  # laid out, not decided
    for _, life in sorted(kept.records_of.items()):
        kinds = [record.kind for record in life]
        reviewed = kinds.index("exclusion_reviewed") if "exclusion_reviewed" in kinds else None
        ledger.lay(life[:reviewed])
        later += [] if reviewed is None else life[reviewed:]
    row = await publish(ledger, asked("on_time"), SIGNED)
    before = json.loads(row.digits)["all"]["ratios"]["on_time"]
    assert (before["denominator"], before["excluded"]) == (25, 0)

    ledger.lay(later)

    assert (await recompute(ledger, row.sequence)).same
    restated = await restate(ledger, row.sequence, SIGNED)
    assert restated.moved == 10, "accepted at once or when asked again, on each of five grounds"
    assert restated.row is not None
    ratio = json.loads(restated.row.digits)["all"]["ratios"]["on_time"]
    assert (ratio["denominator"], ratio["excluded"]) == (15, 10)
    after: list[Any] = [each["after"] for each in restated.issues]
    assert all(shares[0]["excluded"] for shares in after)
