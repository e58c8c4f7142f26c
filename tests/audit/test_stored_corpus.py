"""Every stored ledger is decided again, to the byte: the gate for a change of behaviour."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest
from ladder_engine import played_ladder
from record_corpus import CORPORA, played

from audit.corpus import corpus_files, read_corpus, reexecute_corpus
from audit.facts import Facts
from audit.verify import verify_all
from domain.commands_of_ladder import LadderCommand, RecordHandover
from domain.commands_of_modes import ModeCommand
from domain.decisions import handling
from domain.events_of_ladder import LadderEvent
from domain.events_of_modes import ModeEvent
from domain.model import Frozen
from domain.order_commands import OrderCommand
from domain.order_events import OrderEvent

FOLDER = Path(__file__).with_name("corpus")


def kinds_in(*types: object) -> set[str]:
    """Return the kinds of everything in these unions."""
    return {kind for each in types for kind in _kinds(each)}


def _kinds(each: object) -> Iterator[str]:
    if isinstance(each, type) and issubclass(each, Frozen):
        yield each.model_fields["kind"].default
    else:
        for part in get_args(each):
            if isinstance(part, type | UnionType):
                yield from _kinds(part)


EVENTS = kinds_in(LadderEvent, ModeEvent, OrderEvent)
COMMANDS = kinds_in(LadderCommand, RecordHandover, ModeCommand, OrderCommand)


async def kinds_of(facts: Facts) -> tuple[set[str], set[str]]:
    """Return the kinds of all events and of all commands of a ledger."""
    streams = [stream async for stream in facts.streams()]
    events = {record.kind for stream in streams for record in await facts.records(stream)}
    return events, {row.kind for stream in streams for row in await facts.commands(stream)}


async def test_every_stored_ledger_is_decided_again_to_equal_bytes() -> None:
    again = await reexecute_corpus(FOLDER)

    assert again.keys() >= {f"{name}.jsonl.gz" for name in CORPORA}
    for name, outcome in again.items():
        print(f"\n{name}: {outcome.identical} of {outcome.decisions} decisions identical")
        assert outcome.decisions > 150, name
        assert outcome.is_identical, outcome.differences[:3]


async def test_the_corpus_has_every_kind_of_act_the_cases_and_stories_have() -> None:
    ledger = await played()
    streams = [stream async for stream in ledger.streams()]
    kinds = {record.kind for stream in streams for record in await ledger.records(stream)}

    assert len(streams) == 25
    assert kinds >= {
        "clock_migrated",
        "enterprise_contacted",
        "extension_granted",
        "fact_corrected",
        "issue_accepted",
        "issue_closed_out",
        "issue_escalated",
        "issue_paused",
        "issue_put_to_review",
        "issue_reclassified",
        "part_finished",
        "pause_granted",
        "plan_made",
        "reply_given",
        "request_refused",
        "resolution_rejected",
        "rung_fired",
        "sign_off_lapsed",
        "team_convened",
        "terms_adopted",
    }


async def test_the_stored_ledgers_have_every_command_and_event_of_ladder_modes_and_orders() -> None:
    assert len(EVENTS) >= 31
    assert len(COMMANDS) >= 25
    events, commands = set(), set()
    for path in corpus_files(FOLDER):
        some_events, some_commands = await kinds_of(read_corpus(path))
        events |= some_events
        commands |= some_commands

    assert events >= EVENTS, EVENTS - events
    assert commands >= COMMANDS, COMMANDS - commands


async def test_the_script_of_the_ladder_plays_today_as_well() -> None:
    """Under today's handbook its acts are still allowed, and nothing has gone from it."""
    ledger = await played_ladder()
    events, commands = await kinds_of(ledger)

    assert events >= EVENTS, EVENTS - events
    assert commands >= COMMANDS, COMMANDS - commands
    assert (await verify_all(ledger)).is_sound


async def test_a_change_of_one_rule_is_found_in_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate can close: with another rule the same commands come out otherwise."""
    monkeypatch.setattr(handling, "pause", lambda draft, command: None)

    again = await reexecute_corpus(FOLDER)

    assert again
    assert all(not outcome.is_identical for outcome in again.values())
