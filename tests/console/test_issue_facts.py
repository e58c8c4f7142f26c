"""The facts of an issue in words: every event that was ever stored, none of it opened."""

from datetime import datetime
from pathlib import Path

import builders as b

from audit.corpus import corpus_files, read_corpus
from console.queries.issue_timeline import Fact, documents_of, fact_of, facts_of
from domain.chain import GENESIS, Origin, Record, recorded
from domain.events import RungFired
from domain.facts_possible import EVENT_CLASSES
from domain.model import Name
from domain.personal import Sealed, said_in
from domain.streams import is_issue_stream

CORPUS = Path(__file__).parents[1] / "audit" / "corpus"
KINDS_MIN = 60
"""Of how many kinds the stored events are at least."""


def texts_of(fact: Fact) -> list[str]:
    """Return all that a fact says, in both languages."""
    found = []
    for line in fact.lines:
        for part in (line.label, *line.parts):
            if isinstance(part, Name):
                found += [part.zh, part.en]
            elif not isinstance(part, datetime):
                found.append(part)
    return found


def test_every_event_that_was_ever_stored_is_told_and_nothing_sealed_is_shown() -> None:
    kinds: set[str] = set()
    for path in corpus_files(CORPUS):
        for stream, records in read_corpus(path).records_of.items():
            if not is_issue_stream(stream):
                continue
            for record in records:
                if record.kind in kinds and not said_in(record.event):
                    continue
                kinds.add(record.kind)
                fact = fact_of(record, {}, b.HANDBOOK)
                assert fact.title.zh != fact.title.en
                shown = texts_of(fact)
                for each in said_in(record.event):
                    assert isinstance(each.said, Sealed)
                    assert each.said.text not in shown
                    assert each.said.nonce not in shown
    assert kinds <= EVENT_CLASSES.keys()
    assert len(kinds) >= KINDS_MIN


def test_what_a_rung_passed_over_is_named_by_its_own_id_and_a_tier_by_its_name() -> None:
    told = b.told(*b.IN_HANDLING, b.AT_THE_TOP)
    fired = RungFired.model_validate(
        {
            "at": b.MON_10,
            "by": {"kind": "engine"},
            "clock": "handling",
            "cycle": 1,
            "rung": "overdue.4",
            "effect": "remind",
            "due_at": b.MON_9,
            "skipped": ["overdue.2", "overdue.3"],
        }
    )
    record = told.records[-1]
    escalated = texts_of(fact_of(record, {}, b.HANDBOOK))
    assert "网格" in escalated
    assert "zone" in escalated
    rung = texts_of(fact_of(_with(record, fired), {}, b.HANDBOOK))
    assert {"overdue.2", "overdue.3", "办理"} <= set(rung)


def _with(record: Record, event: RungFired) -> Record:
    origin = Origin(
        stream=record.stream,
        command_id="ring:x",
        command_hash="0" * 64,
        terms=record.terms,
        rules=record.rules,
        occurred_at=None,
    )
    return recorded((event,), origin, after_version=record.version, previous=GENESIS)[0]


def test_facts_are_told_page_by_page_without_a_hole() -> None:
    told = b.told(*b.CLOSED_OUT)
    versions = [each.version for each in facts_of(told.records, {}, b.HANDBOOK)]
    assert versions == list(range(len(told.records), 0, -1))
    earlier = [each.version for each in facts_of(told.records, {}, b.HANDBOOK, before=3)]
    assert earlier == [2, 1]
    assert facts_of(told.records, {}, b.HANDBOOK, before=1) == ()


def test_evidence_of_a_resolution_is_among_the_documents() -> None:
    evidence = {"reference": "store/photo-1", "sha256": "a" * 64}
    resolution = b.SOLVED.model_dump() | {"evidence": [evidence]}
    propose = b.PROPOSE.model_validate({"resolution": resolution})
    told = b.told(*b.IN_HANDLING, b.Step(b.OFFICER, propose))
    found = documents_of(told.records)
    assert [each.evidence.reference for each in found] == ["store/photo-1"]
    assert found[0].version == len(b.IN_HANDLING) + 1
