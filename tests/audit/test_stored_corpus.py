"""Every stored ledger is decided again, to the byte: the gate for a change of behaviour."""

from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import get_args

import pytest
from deep import IN_CHECK
from exclusion_script import played_exclusions
from ladder_engine import played_ladder
from ladder_script import ZONE, instant
from matter_engine import played_matters
from matter_lives import ENDS as MATTERS_END
from procedure_engine import played_procedures
from procedure_script import ENDS
from record_corpus import CORPORA, played

from audit.across import Depth
from audit.corpus import corpus_files, read_corpus, reexecute_corpus
from audit.facts import Facts
from audit.reexecute import reexecute_all
from audit.verify import verify_all
from domain.commands_of_callbacks import CallbackCommand, RecordDraw
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_kin import KinCommand, RecordKin
from domain.commands_of_ladder import LadderCommand, RecordHandover
from domain.commands_of_modes import ModeCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.decisions import handling
from domain.events import (
    IssueReopened,
    ResolutionProposed,
    ResolutionRejected,
    SignOffAnswered,
)
from domain.events_of_callbacks import CallbackAnswered, CallbackEvent
from domain.events_of_exclusions import ExclusionEvent
from domain.events_of_forms import FormEvent
from domain.events_of_kin import KinEvent, KinRecorded, SuccessorAsked
from domain.events_of_ladder import LadderEvent
from domain.events_of_modes import ModeEvent
from domain.events_of_rounds import RoundClosed, RoundEvent, VoteCast
from domain.events_of_team import PartReady, PartRuled, TeamEvent
from domain.events_of_time import ClockMigrated, TermsAdopted
from domain.kin import KinNews
from domain.matters.commands import MatterCommand
from domain.matters.events import MatterEvent
from domain.model import Frozen
from domain.order_commands import OrderCommand
from domain.order_events import OrderEvent
from domain.people import Representative
from domain.phases import CallbackAnswer, RejectionStep, ReopenMode, RoundOutcome
from domain.retold import Told, retold, terms_named
from domain.terms import Terms
from ledger.memory import MemoryLedger

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


LADDER_EVENTS = kinds_in(LadderEvent, ModeEvent, OrderEvent)
LADDER_COMMANDS = kinds_in(LadderCommand, RecordHandover, ModeCommand, OrderCommand)
PROCEDURE_EVENTS = kinds_in(TeamEvent, RoundEvent, KinEvent, FormEvent, CallbackEvent)
PROCEDURE_COMMANDS = kinds_in(
    TeamCommand, RoundCommand, KinCommand, FormCommand, CallbackCommand, RecordKin, RecordDraw
)
EXCLUSION_EVENTS = kinds_in(ExclusionEvent)
EXCLUSION_COMMANDS = kinds_in(ExclusionCommand)
MATTER_EVENTS = kinds_in(MatterEvent)
MATTER_COMMANDS = kinds_in(MatterCommand)
EVENTS = LADDER_EVENTS | PROCEDURE_EVENTS | EXCLUSION_EVENTS | MATTER_EVENTS
COMMANDS = LADDER_COMMANDS | PROCEDURE_COMMANDS | EXCLUSION_COMMANDS | MATTER_COMMANDS
ADOPTED = TermsAdopted.model_fields["kind"].default
NEWS = get_args(KinNews.model_fields["what"].annotation)


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


async def test_the_stored_ledgers_have_every_command_and_event_there_is_of_these() -> None:
    assert len(EVENTS) >= 66
    assert len(COMMANDS) >= 52
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

    assert events >= LADDER_EVENTS, LADDER_EVENTS - events
    assert commands >= LADDER_COMMANDS, LADDER_COMMANDS - commands
    assert (await verify_all(ledger)).is_sound


async def test_the_script_of_the_exclusions_plays_today_as_well() -> None:
    ledger = await played_exclusions()
    events, commands = await kinds_of(ledger)

    assert events >= EXCLUSION_EVENTS
    assert commands >= EXCLUSION_COMMANDS
    assert (await verify_all(ledger)).is_sound


async def test_the_lives_of_the_matters_play_today_as_well() -> None:
    """Every act there is and all that time brings about is in them, and comes out again."""
    ledger = await played_matters()
    events, commands = await kinds_of(ledger)

    assert events >= MATTER_EVENTS, MATTER_EVENTS - events
    assert commands >= MATTER_COMMANDS, MATTER_COMMANDS - commands
    assert await ledger.errand_count() == 0
    verified = await verify_all(ledger, depth=Depth(decisions=True, now=MATTERS_END))
    assert verified.found == ()


@pytest.fixture(scope="module")
async def procedures() -> MemoryLedger:
    """Return the lives of teams, rounds, links, forms and callbacks, played by today's code."""
    return await played_procedures()


@IN_CHECK
async def test_the_script_of_the_procedures_plays_today_as_well(procedures: MemoryLedger) -> None:
    """Its acts are still allowed, nothing has gone from it, and it is decided again to the byte."""
    events, commands = await kinds_of(procedures)

    assert events >= PROCEDURE_EVENTS, PROCEDURE_EVENTS - events
    assert commands >= PROCEDURE_COMMANDS, PROCEDURE_COMMANDS - commands
    assert await procedures.due_errands(instant(ENDS), 1) == []
    assert (await verify_all(procedures)).is_sound
    assert (await reexecute_all(procedures)).is_identical


async def test_the_script_of_the_procedures_has_what_no_kind_of_event_tells(
    procedures: MemoryLedger,
) -> None:
    streams = [stream async for stream in procedures.streams()]
    events = [r.event for stream in streams for r in await procedures.records(stream)]
    moves = [move for event in events for move in event.clocks]

    assert {e.outcome for e in events if isinstance(e, RoundClosed)} == set(RoundOutcome)
    assert {e.step for e in events if isinstance(e, ResolutionRejected)} >= set(RejectionStep)
    assert {e.mode for e in events if isinstance(e, IssueReopened)} == {
        ReopenMode.RESUME,
        ReopenMode.NEW_CYCLE,
    }
    assert {e.promise is None for e in events if isinstance(e, SuccessorAsked)} == {True, False}
    assert {e.news.what for e in events if isinstance(e, KinRecorded)} == set(NEWS)
    assert {e.answer for e in events if isinstance(e, CallbackAnswered)} == set(CallbackAnswer)
    assert any(e.late for e in events if isinstance(e, VoteCast))
    assert any(e.mirrors for e in events if isinstance(e, ResolutionProposed))
    assert any(e.clock for e in events if isinstance(e, PartRuled))
    assert any(
        isinstance(e, SignOffAnswered) and isinstance(e.by, Representative) and e.by.link
        for e in events
    )
    assert {e.ground for e in events if isinstance(e, TermsAdopted)} == {"calendar", "handbook"}
    assert any(each.run and each.run.carried_ms for each in moves)
    assert "team_lead" in {e.clock for e in events if isinstance(e, ClockMigrated)}


async def test_the_script_of_the_procedures_cuts_a_part_and_moves_a_team_at_work(
    procedures: MemoryLedger,
) -> None:
    """A part begins that ends when its lead's time does, and another handbook is adopted while a
    team works and a round is open."""
    (ready,) = [
        told for told in await life(procedures, "team") if isinstance(told.event, PartReady)
    ]
    ends = {each.rule: each.due_at for each in ready.after.clocks if each.is_live}
    adopted = {
        key: next(told.after for told in await life(procedures, key) if told.event.kind == ADOPTED)
        for key in ("moved", "moved-round")
    }
    team, round_ = adopted["moved"].team, adopted["moved-round"].round

    assert ends["part"] == ends["team_lead"]
    assert team is not None
    assert team.open_parts
    assert round_ is not None
    assert round_.is_open


async def life(ledger: MemoryLedger, key: str) -> list[Told]:
    """Return a life as it came."""
    records = await ledger.records(f"{ZONE}/{key}")
    texts = {hash_: await ledger.terms(hash_) for hash_ in terms_named(records)}
    terms = {hash_: Terms.model_validate_json(text) for hash_, text in texts.items() if text}
    return list(retold(records, terms))


@IN_CHECK
async def test_a_change_of_one_rule_is_found_in_the_corpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate can close: with another rule the same commands come out otherwise."""
    monkeypatch.setattr(handling, "pause", lambda draft, command: None)

    again = await reexecute_corpus(FOLDER)

    assert again
    assert all(not outcome.is_identical for outcome in again.values())
