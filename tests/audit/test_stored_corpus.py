"""Every stored ledger is decided again, to the byte: the gate for a change of behaviour."""

from pathlib import Path

import pytest
from record_corpus import played

from audit.corpus import reexecute_corpus
from domain.decisions import RULES, handling

FOLDER = Path(__file__).with_name("corpus")


async def test_every_stored_ledger_is_decided_again_to_equal_bytes():
    again = await reexecute_corpus(FOLDER)

    assert f"rules-{RULES}.jsonl.gz" in again
    for name, outcome in again.items():
        print(f"\n{name}: {outcome.identical} of {outcome.decisions} decisions identical")
        assert outcome.decisions > 150, name
        assert outcome.is_identical, outcome.differences[:3]


async def test_the_corpus_has_every_kind_of_act_the_cases_and_stories_have():
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


async def test_a_change_of_one_rule_is_found_in_the_corpus(monkeypatch: pytest.MonkeyPatch):
    """The gate can close: with another rule the same commands come out otherwise."""
    monkeypatch.setattr(handling, "pause", lambda draft, command: None)

    again = await reexecute_corpus(FOLDER)

    assert again
    assert all(not outcome.is_identical for outcome in again.values())
