"""The chain: whatever is changed in a stream of records is found."""

import dataclasses
import json
from datetime import timedelta

import pytest
from builders import (
    CLOSED_OUT,
    ENGINE,
    ENTERPRISE,
    MON_9,
    OFFICER,
    REOPEN,
    TUE_9,
    TUE_17,
    Step,
    context,
    given,
    records_of,
    report,
    ring,
    submission,
    told,
    when,
)

from domain.canonical import canonical, content_hash, sha256
from domain.chain import GENESIS, Break, Record, breaks, link, read_text
from domain.decisions import RULES, decide

STORY = told(*CLOSED_OUT, Step(ENTERPRISE, REOPEN, TUE_9), Step(ENGINE, ring(cycle=2), TUE_17))
RECORDS = STORY.records
FORGED = {
    "stream": "harbour/issue-2",
    "version": 99,
    "kind": "note_added",
    "at": MON_9 + timedelta(milliseconds=1),
    "occurred_at": MON_9,
    "command_id": "another",
    "command_hash": sha256("another"),
    "terms": sha256("others"),
    "rules": RULES + 1,
    "text": RECORDS[0].text.replace("Lorries", "Lorry's"),
    "previous": sha256("elsewhere"),
    "hash": sha256("else"),
}


def with_record(index: int, **changes: object) -> list[Record]:
    records = list(RECORDS)
    records[index] = dataclasses.replace(records[index], **changes)
    return records


def problems(records) -> list[str]:
    return [found.problem for found in breaks(records)]


def test_what_was_written_has_no_breaks():
    assert list(breaks(RECORDS)) == []
    assert RECORDS[0].previous == GENESIS


def test_the_events_read_back_equal():
    assert tuple(record.event for record in RECORDS) == STORY.events


def test_every_field_of_a_record_has_its_forgery():
    assert set(FORGED) == {field.name for field in dataclasses.fields(Record)}


@pytest.mark.parametrize("index", range(len(RECORDS)))
@pytest.mark.parametrize("field", FORGED)
def test_a_field_that_was_changed_is_found_at_its_version(field, index):
    value = FORGED[field] if field != "text" else RECORDS[index].text.replace('"at"', '"to"', 1)

    found = list(breaks(with_record(index, **{field: value})))

    assert found
    named_versions = {FORGED["version"], RECORDS[index].version, RECORDS[index].version + 1}
    assert {entry.version for entry in found} <= named_versions


@pytest.mark.parametrize(
    "field", ["stream", "version", "kind", "at", "occurred_at", "command_id", "terms", "rules"]
)
def test_a_column_that_does_not_say_what_the_text_says_is_named(field):
    assert f"column {field} is not what the text says" in problems(
        with_record(-1, **{field: FORGED[field]})
    )


def test_a_record_that_was_removed_leaves_a_gap():
    records = [*RECORDS[:2], *RECORDS[3:]]

    assert list(breaks(records)) == [
        Break("harbour/issue-1", 4, "version 3 is missing", "version"),
        Break(
            "harbour/issue-1", 4, "the previous hash is not that of the event before", "previous"
        ),
    ]


def test_a_stream_without_its_beginning_is_broken():
    assert "version 1 is missing" in problems(RECORDS[1:])


def test_records_in_another_order_are_found():
    records = list(RECORDS)
    records[1], records[2] = records[2], records[1]

    assert "the previous hash is not that of the event before" in problems(records)


def test_a_record_told_twice_is_found():
    assert problems([*RECORDS, RECORDS[-1]])


def test_a_record_put_in_with_a_hash_of_its_own_does_not_fit():
    """The forger knows the rules and hashes well, but the event after still names the first."""
    forged = dataclasses.replace(
        RECORDS[1], text=RECORDS[1].text.replace("HB-2026-0001", "HB-2026-0002")
    )
    forged = dataclasses.replace(forged, hash=link(forged.previous, forged.text))

    assert list(breaks([RECORDS[0], forged, *RECORDS[2:]])) == [
        Break("harbour/issue-1", 3, "the previous hash is not that of the event before", "previous")
    ]


def test_time_does_not_run_backwards_in_a_stream():
    first, second = RECORDS[0], RECORDS[1]
    plain = json.loads(second.text) | {"at": "2026-03-02T00:59:59.999Z"}
    text = canonical(plain)
    earlier = dataclasses.replace(
        second,
        at=MON_9 - timedelta(milliseconds=1),
        text=text,
        hash=link(second.previous, text),
    )

    assert problems([first, earlier]) == ["recorded before the event that it follows"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("not JSON", "the text is not JSON"),
        ("[]", "the text is not an object"),
        ("null", "the text is not an object"),
        ("[" * 100_000, "the text is not JSON"),
    ],
)
def test_a_text_that_holds_no_event_is_a_break_and_not_a_crash(text, problem):
    assert problem in problems(with_record(1, text=text))


@pytest.mark.parametrize("text", ["", "[]", "null", "{}", '{"body":[]}', "[" * 100_000])
def test_no_event_is_read_from_a_text_that_holds_none(text):
    with pytest.raises(ValueError, match=r"holds no event|Expecting value"):
        read_text(text)
    with pytest.raises(ValueError, match=r"holds no event|Expecting value"):
        _ = dataclasses.replace(RECORDS[1], text=text).order_event


def test_when_an_act_took_place_is_bound_into_the_chain():
    sent = submission(report(), ENTERPRISE, occurred_at=MON_9 - timedelta(days=1))
    decision = decide(None, sent, context(MON_9))

    record = records_of(decision, sent, after=[])[0]

    assert '"occurred_at":"2026-03-01T01:00:00.000Z"' in record.text
    assert list(breaks([record])) == []
    assert problems([dataclasses.replace(record, occurred_at=None)]) == [
        "column occurred_at is not what the text says"
    ]


def test_records_go_on_from_the_version_and_the_hash_before():
    note = when(given(*CLOSED_OUT), REOPEN, ENTERPRISE, TUE_9)
    closed = told(*CLOSED_OUT).records

    record = records_of(note, submission(REOPEN, ENTERPRISE), after=list(closed))[0]

    assert (record.version, record.previous) == (closed[-1].version + 1, closed[-1].hash)
    assert list(breaks([*closed, record])) == []


def test_the_text_is_canonical_and_says_who_and_what():
    plain = json.loads(RECORDS[0].text)

    assert canonical(plain) == RECORDS[0].text
    assert plain["actor"] == ENTERPRISE.model_dump(mode="json")
    assert "at" not in plain["body"]
    assert read_text(RECORDS[0].text) == STORY.events[0]


def test_values_are_named_by_their_content():
    assert content_hash(OFFICER) == content_hash(OFFICER.model_dump(mode="json"))
    assert content_hash(OFFICER) != content_hash(ENTERPRISE)
    assert content_hash({"b": 1, "a": "路"}) == sha256('{"a":"路","b":1}')
