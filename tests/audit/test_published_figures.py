"""A published figure comes out again to the digit; what moved since is restated, issue by issue."""

import asyncio
import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from deep import IN_CHECK, deep
from hypothesis import given, settings
from hypothesis import strategies as st
from laid_figures import (
    FIRST_AT,
    LAST_AT,
    SIGNED,
    SPRING,
    ZONE,
    LaidLedger,
    all_records,
    asked,
    interleaved,
    recorded_lives,
)

from audit.facts import terms_reader
from audit.figures import (
    Asked,
    Restated,
    Scope,
    UncountableStreamError,
    publish,
    recompute,
    restate,
)
from audit.sign_offs import sign_offs
from domain.canonical import sha256
from domain.chain import Record
from domain.errors import InvalidRequestError
from domain.figure_definitions import DEFINITIONS, definition
from domain.figure_story import Story
from domain.figures import Definition, Period, Sums
from domain.phases import Phase, SignOffOutcome
from domain.retold import retold, terms_named
from ledger.figures import FigureRow

pytestmark = IN_CHECK

EXAMPLES = deep("ledgers whose figures are published, recomputed, restated", 200)
NAMES = sorted({each.name for each in DEFINITIONS})
DAYS = (LAST_AT - FIRST_AT).days


@pytest.fixture(scope="module")
def whole() -> LaidLedger:
    """All lives, on which nothing is published yet; a test that publishes takes its own."""
    return LaidLedger().lay(all_records())


def given_by(records: list[Record], asked_: Asked) -> dict[str, Any]:
    """Return what each issue gives, counted by itself."""

    async def count() -> dict[str, Any]:
        found, terms_of = {}, terms_reader(recorded_lives())
        for stream in {record.stream for record in records}:
            own = [record for record in records if record.stream == stream]
            terms = {hash_: await terms_of(hash_) for hash_ in terms_named(own)}
            shares = asked_.definition.given_by(Story(own, terms), asked_.period)
            found[stream] = Sums(asked_.definition, asked_.scope.unit).add(stream, shares).shares
        return found

    return asyncio.run(count())


@settings(max_examples=EXAMPLES, deadline=None)
@given(st.data())
def test_whatever_is_appended_a_figure_comes_out_again_and_a_restatement_lists_what_moved(
    data: st.DataObject,
) -> None:
    streams = data.draw(
        st.lists(
            st.sampled_from(sorted(recorded_lives().records_of)),
            min_size=1,
            max_size=4,
            unique=True,
        )
    )
    records = interleaved(streams, data.draw(st.lists(st.integers(0, 3), max_size=90)))
    position = data.draw(st.integers(0, len(records)))
    first, length = data.draw(st.tuples(st.integers(0, DAYS - 1), st.integers(1, DAYS)))
    period = Period(FIRST_AT + timedelta(first), FIRST_AT + timedelta(first + length))
    wanted = asked(data.draw(st.sampled_from(NAMES)), period)
    ledger = LaidLedger().lay(records[:position])

    async def lead() -> tuple[FigureRow, Restated]:
        row = await publish(ledger, wanted, SIGNED)
        ledger.lay(records[position:])
        assert (await recompute(ledger, row.sequence)).same
        restated = await restate(ledger, row.sequence, SIGNED)
        if restated.row is not None:
            assert (await recompute(ledger, restated.row.sequence)).same
        return row, restated

    row, restated = asyncio.run(lead())

    before, after = given_by(records[:position], wanted), given_by(records, wanted)
    moved = {stream for stream in after if after[stream] != before.get(stream, ())}
    assert [each["stream"] for each in restated.issues] == sorted(moved)
    assert restated.moved == len(moved)
    assert (restated.row is None) is (not moved)
    assert row.horizon == position
    for each in restated.issues:
        assert each["before"] == list(before.get(str(each["stream"]), ()))
        assert each["after"] == list(after[str(each["stream"])])


PINNED: dict[str, str] = {
    "on_time": "96714c7bd6f585412663b542d3ba3f9166e39b1513ce027ae5ffa3a672b8f712",
    "standing": "72d22b526258eb7695fd6278bca47e9b7a2433e24792e1c7fe04003c2fa41e19",
    "time_to_close": "fd7a0a8075729867bfef28aeb01bbf3633a00397c81b8df6e0ab12097caeed10",
    "sign_off": "62f80e3d1a0f91745f765c9123c7522f2432c78980b427ceec0d22c3ee68d4e4",
    "returned": "3e13bb5603bfc348efc4a887f702891ceeae2f5e4fb9ad3d0d87e7c280616cad",
    "on_time 2": "92bb0397b6b64e2b8efe7b91799447e1b3cfacc0384746818b5ee15d1597fe82",
    "time_to_close 2": "aeaf755c6f312cc88e8849a562e66d5aff5e79644590c1fbba37e1bd46c7c687",
    "sign_off 2": "1cc27bbb733361f2d4b2f528e10bf24cb2dc8e14995951e8121da74278ebdff5",
    "returned 2": "792b37e3f878d31edfaea66072e7bd4c6a288d3db35dfd7463a8ce017202025d",
    "resolution": "ea1769edd5fad28adb7277841eedb7af08466c9cc761d5613c08cb0f5a99d030",
    "response": "8b9113e792ae84f0cf0b0105e16084a4df8081507d72338d7f81ce0896ddf75f",
    "time_held": "36f308bb3204034958cdd8befe6ed45e93d9d4be4dd3f490fa742e51fe1e09ae",
    "escalations": "30d294a405af1d130926c4fe794dab2febdf94af5d749a968a392f9e746fc59d",
    "hand_overs": "a60810def4e3fda4607639e1ece48655f1ea8c2c92edf5d6f7d3d2786d644a33",
    "ping_pong": "daabf066dcdef9412c435499188b81854b462483685979699381207faeda2933",
    "breaches_by_tier": "77e504b835b6fb19ea3758dac37fe16b65664584f71209b539be9c6910ea3ca6",
    "load": "f5652b0258aa56627e2af285820ffe9f28eaa2845e5d4f00d186b5807efb47f6",
}
"""The digits of each revision over the stored lives, of a first one by its name alone. A revision
is never edited: if one of these no longer comes out, what was published does not either."""


@pytest.mark.parametrize("of", DEFINITIONS, ids=lambda of: f"{of.name}-{of.revision}")
async def test_a_revision_gives_the_digits_that_it_always_gave(of: Definition) -> None:
    wanted = Asked(of, Scope(ZONE), SPRING)

    row = await publish(LaidLedger().lay(all_records()), wanted, SIGNED)

    name = of.name if of.revision == 1 else f"{of.name} {of.revision}"
    assert sha256(row.digits) == PINNED[name]


async def test_the_sums_are_those_of_the_issues_that_are_kept(whole: LaidLedger) -> None:
    row = await publish(whole, asked("returned"), SIGNED)

    digits = json.loads(row.digits)
    kept = [share for each in digits["issues"]["first"] for share in each["shares"]]
    for name, count in digits["all"]["counts"].items():
        assert sum(share["counts"].get(name, 0) for share in kept) == count
        assert sum(each["counts"][name] for each in digits["by_holder"]) == count
    assert digits["all"]["counts"]["reopened"] > 0
    assert digits["issues"]["count"] == len(digits["issues"]["first"])


async def test_sign_offs_are_those_of_the_report_on_sign_offs(whole: LaidLedger) -> None:
    report = await sign_offs(recorded_lives(), zone=ZONE)

    row = await publish(whole, asked("sign_off"), SIGNED)

    counts = json.loads(row.digits)["all"]["counts"]
    assert {each.value: count for each, count in report.close_outs.counts.items()} == {
        each.value: counts[each.value] for each in SignOffOutcome
    }
    assert (counts["asked"], counts["answers"]) == (report.close_outs.of, report.answers)
    assert counts["satisfaction_given"] == report.satisfied_by > 0
    assert counts["disputed"] > 0


async def test_open_and_parked_issues_are_those_that_the_snapshots_say(
    whole: LaidLedger,
) -> None:
    phases: Counter[Phase] = Counter()
    terms_of = terms_reader(whole)
    for records in recorded_lives().records_of.values():
        terms = {hash_: await terms_of(hash_) for hash_ in terms_named(records)}
        *_, last = retold(records, terms)
        phases[last.after.phase] += 1

    row = await publish(whole, asked("standing"), SIGNED)

    counts = json.loads(row.digits)["all"]["counts"]
    assert counts["reported"] == phases.total()
    assert counts["parked"] == phases[Phase.PARKED]
    assert counts["open"] == phases.total() - phases[Phase.PARKED] - phases[Phase.CLOSED]


async def test_a_figure_of_one_unit_is_what_the_zones_figure_says_of_it(
    whole: LaidLedger,
) -> None:
    of_all = json.loads((await publish(whole, asked("time_to_close"), SIGNED)).digits)
    unit = of_all["by_holder"][0]

    row = await publish(whole, asked("time_to_close", unit=unit["id"]), SIGNED)

    digits = json.loads(row.digits)
    assert digits["by_holder"] == [unit]
    assert digits["all"] == {
        name: said for name, said in unit.items() if name not in ("kind", "id")
    }
    assert row.scope == f"{ZONE}/{unit['id']}"
    assert (await recompute(whole, row.sequence)).same


async def test_what_was_published_once_is_restated_and_never_published_again() -> None:
    ledger = LaidLedger().lay(all_records()[:300])
    row = await publish(ledger, asked("standing"), SIGNED)
    with pytest.raises(InvalidRequestError, match="restate 1 --reason"):
        await publish(ledger, asked("standing"), SIGNED)

    ledger.lay(all_records()[300:])
    restated = await restate(ledger, row.sequence, SIGNED)

    assert restated.row is not None
    assert (restated.row.restates, restated.row.sequence) == (1, 2)
    with pytest.raises(InvalidRequestError, match="figure 2"):
        await restate(ledger, row.sequence, SIGNED)
    assert (await restate(ledger, 2, SIGNED)).row is None


async def test_another_formula_is_another_revision_and_moves_issues_by_itself() -> None:
    ledger = LaidLedger().lay(all_records())
    row = await publish(ledger, asked("returned"), SIGNED)
    second = replace(
        definition("returned"),
        revision=99,
        shares=lambda *_: (),
    )

    def known(name: str, revision: int | None) -> Definition:
        return second if revision == second.revision else definition(name, revision)

    restated = await restate(ledger, row.sequence, SIGNED, revision=99, definition_of=known)

    assert restated.row is not None
    assert restated.row.revision == 99
    assert restated.moved == json.loads(row.digits)["issues"]["count"]
    assert (await recompute(ledger, 2, definition_of=known)).same
    with pytest.raises(InvalidRequestError, match="no such revision"):
        await recompute(ledger, 2)


async def test_digits_that_somebody_changed_do_not_come_out_again_and_are_named() -> None:
    ledger = LaidLedger().lay(all_records())
    row = await publish(ledger, asked("standing"), SIGNED)
    forged = json.loads(row.digits)
    forged["all"]["counts"]["closed"] += 1
    ledger.write_over_digits(1, json.dumps(forged))

    found = await recompute(ledger, 1)

    assert not found.same
    (only,) = found.differences
    assert (only.where, only.published) == ("all.counts.closed", forged["all"]["counts"]["closed"])
    for spoilt in ("no JSON", f"{row.digits} "):
        ledger.write_over_digits(1, spoilt)
        assert [each.where for each in (await recompute(ledger, 1)).differences] == ["digits"]


async def test_an_event_that_somebody_took_away_shows_in_the_issue_that_it_was_of() -> None:
    records = all_records()
    ledger = LaidLedger().lay(records)
    await publish(ledger, asked("on_time"), SIGNED)
    place = next(n for n, record in enumerate(records) if record.kind == "issue_closed_out")
    last = [record for record in records if record.stream == records[place].stream][-1]
    assert records[place].version == last.version or records[place + 1].kind != "issue_reopened"

    ledger.forget(place + 1)
    found = await recompute(ledger, 1)

    assert f"issues.first.{records[place].stream}" in {each.where for each in found.differences}


async def test_a_stream_that_cannot_be_read_is_named() -> None:
    records = all_records()
    ledger = LaidLedger().lay(records)
    place = next(n for n, record in enumerate(records) if record.kind == "issue_closed_out")
    ledger.write_over(place + 1, replace(records[place], text="{}"))

    with pytest.raises(UncountableStreamError, match=records[place].stream):
        await publish(ledger, asked("on_time"), SIGNED)


@pytest.mark.parametrize(
    "period",
    [
        Period(LAST_AT, FIRST_AT),
        Period(FIRST_AT, FIRST_AT),
        Period(FIRST_AT, SIGNED.at + timedelta(milliseconds=1)),
    ],
)
async def test_a_period_that_is_none_or_not_over_is_refused(
    whole: LaidLedger, period: Period
) -> None:
    with pytest.raises(InvalidRequestError, match="a period that is over"):
        await publish(whole, asked("standing", period), SIGNED)


async def test_a_figure_that_was_never_published_is_refused(whole: LaidLedger) -> None:
    for ask in (recompute(whole, 99), restate(whole, 99, SIGNED)):
        with pytest.raises(InvalidRequestError, match="No such figure"):
            await ask
