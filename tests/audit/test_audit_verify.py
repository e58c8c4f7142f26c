"""A ledger that was written over somewhere, and what the verification says of it."""

from collections.abc import Callable
from dataclasses import fields, replace
from datetime import datetime, timedelta

import builders as b
import pytest
from played_ledger import LIFE, PlayedLedger, played

from audit.verify import Finding, Findings, verify_all, verify_stream
from domain.canonical import canonical
from domain.chain import Record
from ledger.memory import MemoryLedger
from ledger.port import ClockRow, CommandRow, FiringRow

STREAM = f"{b.ZONE}/{b.KEY}"
EVENTS = 12
COMMANDS = len(LIFE)
MINUTE = timedelta(minutes=1)


async def _found(ledger: PlayedLedger) -> tuple[Finding, ...]:
    return (await verify_stream(ledger, STREAM)).found


def _other(value: object) -> object:
    """Return a value of the same type that is not `value`."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return f"{value}x"
        case None:
            return b.MON_9
        case _:
            return value + MINUTE  # type: ignore[operator]  # an instant


async def test_an_untouched_ledger_is_sound() -> None:
    ledger = played()

    assert await verify_all(ledger) == Findings(1, EVENTS, COMMANDS, ())


async def test_progress_tells_how_many_streams_are_done() -> None:
    ledger = played()
    heard: list[int] = []
    ledger.play(LIFE[:2], key="issue-2")

    await verify_all(ledger, progress=heard.append)

    assert heard == [1, 2]


@pytest.mark.parametrize("column", [field.name for field in fields(Record)])
@pytest.mark.parametrize("version", [1, 2, 8, EVENTS])
async def test_every_altered_column_of_an_event_is_named(column: str, version: int) -> None:
    ledger = played()
    altered = _other(getattr(ledger.events[version - 1], column))

    ledger.alter_event(version - 1, **{column: altered})

    named = {finding.version for finding in await _found(ledger)}
    if column == "stream":  # the event has left for another stream: its successor finds it gone
        assert named & {version + 1, version - 1, 1, 2}
    elif column == "version":
        assert version + 1 in named
    else:
        assert version in named


@pytest.mark.parametrize("column", [field.name for field in fields(CommandRow)])
@pytest.mark.parametrize("place", [0, 1, 6, COMMANDS - 1])
async def test_every_altered_column_of_a_command_is_named(column: str, place: int) -> None:
    ledger = played()
    row = ledger.sent[place]

    ledger.alter_command(place, **{column: _other(getattr(row, column))})

    found = await _found(ledger)
    assert {"command", "terms"} & {finding.kind for finding in found}
    if column == "stream":  # the command has left: its events are orphans
        assert row.first_version in {finding.version for finding in found}
    else:
        name = f"{row.id}x" if column == "id" else row.id
        assert any(name in finding.message or finding.kind == "terms" for finding in found)


async def test_a_forged_sentence_that_was_hashed_anew_breaks_the_next_link() -> None:
    ledger = played()
    ledger.forge(3, "roads.", "water.", until=3)

    assert ("chain", 4) in {(finding.kind, finding.version) for finding in await _found(ledger)}


async def test_a_forged_chain_to_its_end_still_meets_the_head() -> None:
    ledger = played()
    ledger.forge(3, "roads.", "water.")

    assert [(finding.kind, finding.version) for finding in await _found(ledger)] == [
        ("head", EVENTS)
    ]


@pytest.mark.parametrize(
    ("what", "do"),
    [
        ("an event is taken out", lambda events: events.pop(4)),
        ("the last event is cut off", lambda events: events.pop()),
        ("an event is there twice", lambda events: events.insert(5, events[5])),
        ("two events are exchanged", lambda events: events.insert(3, events.pop(4))),
        ("all events are gone", lambda events: events.clear()),
    ],
)
async def test_a_stream_that_lost_its_order_is_found(
    what: str, do: Callable[[list[Record]], object]
) -> None:
    ledger = played()

    do(ledger.events)

    assert await _found(ledger), what


async def test_a_command_that_was_taken_out_leaves_orphans() -> None:
    ledger = played()
    taken = ledger.sent.pop(1)

    found = await _found(ledger)

    assert Finding("command", STREAM, 2, f"its command {taken.id} is not stored") in found


@pytest.mark.parametrize(
    "changes",
    [{"owner": "head-west"}, {"tier": 3}, {"version": 11}, {"closed_at": None}, {"clocks": ()}],
)
async def test_a_snapshot_that_is_not_the_fold_is_named_with_the_field(
    changes: dict[str, object],
) -> None:
    ledger = played()
    row = ledger.heads[STREAM]
    ledger.heads[STREAM] = replace(row, issue=row.issue.model_copy(update=changes))

    found = [finding for finding in await _found(ledger) if finding.kind == "fold"]

    assert [finding.version for finding in found] == [EVENTS]
    assert next(iter(changes)) in found[0].message


async def test_a_head_with_another_hash_is_found() -> None:
    ledger = played()
    ledger.heads[STREAM] = replace(ledger.heads[STREAM], hash="0" * 64)

    assert [finding.kind for finding in await _found(ledger)] == ["head"]


@pytest.mark.parametrize(
    "column", [field.name for field in fields(FiringRow) if field.name != "effect_done_at"]
)
async def test_every_altered_column_of_a_firing_is_named(column: str) -> None:
    ledger = played()
    row = ledger.fired[0]

    altered = {column: _other(getattr(row, column))}
    ledger.fired[0] = replace(row, **altered)  # type: ignore[arg-type]  # any column

    assert row.version in {f.version for f in await _found(ledger) if f.kind == "rung"}


async def test_a_rung_in_the_table_that_never_fired_is_found() -> None:
    ledger = played()
    ledger.fired.append(replace(ledger.fired[0], rung="at-99"))

    found = await _found(ledger)

    assert [finding.message for finding in found] == [
        "rung at-99 of handling, cycle 1 is in the table and never fired"
    ]


@pytest.mark.parametrize(
    "column", [field.name for field in fields(ClockRow) if field.name != "stream"]
)
@pytest.mark.parametrize("name", [("handling", 1), ("handling", 2), ("resolution", 1)])
async def test_every_altered_column_of_a_listed_clock_is_named(
    column: str, name: tuple[str, int]
) -> None:
    ledger = played()
    row = ledger.cycles[STREAM, *name]

    altered = {column: _other(getattr(row, column))}
    ledger.cycles[STREAM, *name] = replace(row, **altered)  # type: ignore[arg-type]  # any column

    assert "clock" in {finding.kind for finding in await _found(ledger)}


async def test_terms_that_were_written_over_are_named_with_the_first_event_that_names_them() -> (
    None
):
    ledger = played()
    ledger.texts[b.TERMS.hash] = canonical(b.terms_of(revision=2))

    found = await _found(ledger)

    assert [(finding.kind, finding.version) for finding in found] == [("terms", 1)]


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", "no JSON", "[" * 100_000])
async def test_what_cannot_be_read_is_a_finding_and_no_error(text: str) -> None:
    ledger = played()
    ledger.alter_event(4, text=text)
    ledger.alter_command(3, body=text)
    ledger.texts[b.TERMS.hash] = text

    found = await _found(ledger)

    assert {"chain", "event", "command", "terms"} <= {finding.kind for finding in found}


async def test_a_count_of_thousands_of_millions_is_a_finding_and_takes_no_time() -> None:
    ledger = played()
    ledger.alter_command(3, count=2**62)

    assert {each.kind for each in await _found(ledger)} == {"command"}


async def test_a_moment_that_is_none_is_a_finding_and_no_error() -> None:
    ledger = played()
    ledger.alter_event(4, at=datetime.max)  # noqa: DTZ901  # so a driver gives infinity

    (found,) = await _found(ledger)

    assert (found.kind, found.stream) == ("fold", STREAM)
    assert "TypeError" in found.message


async def test_the_ledger_in_memory_is_verified_like_any_other() -> None:
    ledger = MemoryLedger()
    await ledger.put_terms(b.TERMS.hash, b.ZONE, canonical(b.TERMS), b.MON_9)
    for changes in played().done:
        async with ledger.transaction() as transaction:
            head, _ = await transaction.lock(STREAM, changes.command.id)
            await transaction.append(head, changes)

    assert await verify_all(ledger) == Findings(1, EVENTS, COMMANDS, ())
