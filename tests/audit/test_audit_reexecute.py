"""Recorded decisions made again: the same to the byte, or the difference by name."""

from dataclasses import replace
from datetime import datetime

import builders as b
import pytest
from builders import Step
from played_ledger import LIFE, played

from audit.reexecute import reexecute, reexecute_all
from audit.verify import Depth, verify_stream
from domain.canonical import canonical, sha256
from domain.terms import Terms

STREAM = f"{b.ZONE}/{b.KEY}"


async def test_a_life_comes_out_the_same_to_the_byte() -> None:
    ledger = played()

    again = await reexecute(ledger, STREAM)

    assert again.is_identical
    assert again.decisions == again.identical == len(LIFE)


async def test_every_stream_is_decided_again() -> None:
    ledger = played()
    heard: list[int] = []
    ledger.play([b.REPORTED, Step(b.OFFICER, b.TURN_AWAY, b.MON_10)], key="issue-2")

    again = await reexecute_all(ledger, progress=heard.append)

    assert (again.decisions, again.identical) == (len(LIFE) + 2, len(LIFE) + 2)
    assert heard == [1, 2]


async def test_a_forged_outcome_is_named_though_all_hashes_fit() -> None:
    ledger = played()
    ledger.forge(9, '"owner":"head-east"', '"owner":"head-west"')

    differences = (await reexecute(ledger, STREAM)).differences

    assert differences[0].version == 9
    assert differences[0].command_id == ledger.events[8].command_id
    assert "head-east" in differences[0].message
    assert "head-west" in differences[0].message
    found = (await verify_stream(ledger, STREAM, depth=Depth(decisions=True))).found
    (decision, *_) = [each for each in found if each.kind == "decision"]
    assert (decision.version, decision.field) == (9, "body.owner")
    assert decision.message.endswith('"head-west" is stored, and "head-east" comes out')


@pytest.mark.parametrize(
    ("text", "field", "said"),
    [
        ("{", "text", "what is stored is not JSON"),
        ("[]", "text", "[] is stored"),
        ('{ "at"', "text", "the same values, written otherwise"),
        ("[" * 100_000, "text", "what is stored is not JSON"),
    ],
)
async def test_a_text_that_was_spoilt_is_named_as_a_whole(text: str, field: str, said: str) -> None:
    ledger = played()
    record = ledger.events[8]
    spoilt = record.text.replace("{", "{ ", 1) if text.startswith("{ ") else text
    ledger.events[8] = replace(record, text=spoilt)

    found = (await verify_stream(ledger, STREAM, depth=Depth(decisions=True))).found

    named = [each for each in found if (each.kind, each.version) == ("decision", 9)]
    assert (named[0].field, said in named[0].message) == (field, True)
    assert ("chain", 9, "the text is not what was hashed", "text") in {
        (each.kind, each.version, each.message, each.field) for each in found
    }


async def test_a_forged_deadline_is_named_though_all_hashes_fit() -> None:
    ledger = played()
    due = '"due_at":"2026-03-04T02:00:00.000Z"'  # 16 hours from Monday 10:00: Wednesday 10:00
    ledger.forge(2, due, due.replace("03-04", "03-05"))

    assert {d.version for d in (await reexecute(ledger, STREAM)).differences} >= {2}


async def test_a_changed_rule_is_named_at_each_decision_that_it_changes_and_nowhere_else() -> None:
    ledger = played()
    short = [{"duration": {"kind": "open_hours", "minutes": 60}}]
    changed = b.terms_of(clocks=b.clock_rule("verification", budgets=short))

    async def changed_terms(_: str) -> Terms:
        return changed.model_copy(update={})

    differences = (await reexecute(ledger, STREAM, changed_terms)).differences

    assert [difference.version for difference in differences] == [11]


async def test_terms_under_a_wrong_name_stop_the_decisions_judged_by_them() -> None:
    ledger = played()
    ledger.texts[b.TERMS.hash] = canonical(b.terms_of(revision=2))

    again = await reexecute(ledger, STREAM)

    assert again.identical == 0
    assert "whose hash is" in again.differences[0].message


async def test_an_unknown_revision_of_the_rules_is_named() -> None:
    ledger = played()
    ledger.alter_command(2, rules=99)

    (difference,) = (await reexecute(ledger, STREAM)).differences

    assert "rules revision 99" in difference.message
    assert difference.version == 3


async def test_a_command_that_would_be_refused_is_named() -> None:
    ledger = played()
    body = ledger.sent[1].body.replace("grid-east-1", "grid-west-1")
    ledger.alter_command(1, body=body, hash=sha256(body))

    (difference,) = (await reexecute(ledger, STREAM)).differences

    assert "refused" in difference.message
    assert difference.version == 2


async def test_an_event_without_a_command_is_named() -> None:
    ledger = played()
    ledger.sent.pop()

    (difference,) = (await reexecute(ledger, STREAM)).differences

    assert difference.message == "no stored command caused this"
    assert difference.version == 12


@pytest.mark.parametrize("place", range(len(LIFE)))
async def test_a_moment_that_was_moved_is_named(place: int) -> None:
    ledger = played()
    row = ledger.sent[place]
    ledger.alter_command(place, at=row.at - b.HOUR)

    named = {difference.command_id for difference in (await reexecute(ledger, STREAM)).differences}

    assert row.id in named


async def test_a_decision_at_no_moment_is_a_difference_and_no_error() -> None:
    ledger = played()
    ledger.alter_command(3, at=datetime.max)  # noqa: DTZ901  # so a driver gives infinity

    named = {each.command_id for each in (await reexecute(ledger, STREAM)).differences}

    assert ledger.sent[3].id in named


async def test_a_stream_that_cannot_be_read_at_all_is_a_difference() -> None:
    ledger = played()
    ledger.alter_command(3, count=None)

    (difference,) = (await reexecute(ledger, STREAM)).differences

    assert difference.stream == STREAM
    assert difference.message.startswith("its rows cannot be read: TypeError")
