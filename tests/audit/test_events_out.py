"""What leaves the house of every event that was ever stored: no person, and no text about one."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import builders as b
import pytest
from pydantic import JsonValue

from audit.corpus import Corpus, corpus_files, read_corpus
from domain.chain import Origin, Record, recorded
from domain.events import EVENT, NoteAdded
from domain.events_out import is_told, kinds_told, masked, message_id, outward
from domain.personal import Sealed
from domain.streams import StreamKind
from domain.webhooks import RETRY_AFTER, Failure, Lane, lane_after

FOLDER = Path(__file__).with_name("corpus")
CORPORA = [read_corpus(path) for path in corpus_files(FOLDER)]
SEALED = Sealed(
    key_id="0123456789abcdef", nonce="A" * 16, subject="caller-1", text="c2VhbGVkLXRleHQtaGVyZQ=="
)


def events(corpus: Corpus) -> Iterator[Record]:
    for records in corpus.records_of.values():
        yield from (record for record in records if is_told(record))


def others(corpus: Corpus) -> Iterator[Record]:
    for records in corpus.records_of.values():
        yield from (record for record in records if not is_told(record))


def persons(corpus: Corpus) -> set[str]:
    """Return who ever acted in a corpus, or is in a post of its handbooks."""
    found: set[str] = set()
    for records in corpus.records_of.values():
        for record in records:
            actor = json.loads(record.text)["actor"]
            found.update(actor[name] for name in ("person", "on_behalf_of") if name in actor)
    for text in corpus.texts.values():
        found.update(_under(json.loads(text), ("people", "holders")))
    return found


def _under(value: JsonValue, names: tuple[str, ...], within: bool = False) -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _under(inner, names, name in names)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, names, within)
    elif isinstance(value, str) and within:
        yield value


def test_no_event_tells_of_a_person() -> None:
    kinds: set[str] = set()
    named_inside = 0
    for corpus in CORPORA:
        people = persons(corpus)
        for record in events(corpus):
            said = outward(7, record).model_dump_json()
            kinds.add(record.kind)
            inside = set(_texts(json.loads(record.text)))
            named_inside += not people.isdisjoint(inside)
            assert people.isdisjoint(_texts(json.loads(said))), (record.stream, record.version)
    assert len(kinds) >= len(EVENT.json_schema()["discriminator"]["mapping"]) - 3
    assert named_inside > 1000


def test_no_event_of_an_order_or_a_matter_tells_of_a_person() -> None:
    kinds, named_inside = dict[StreamKind, set[str]](), 0
    for corpus in CORPORA:
        people = persons(corpus)
        for record in others(corpus):
            told = outward(7, record)
            kinds.setdefault(told.of, set()).add(record.kind)
            named_inside += not people.isdisjoint(_texts(json.loads(record.text)))
            assert people.isdisjoint(_texts(json.loads(told.model_dump_json()))), record
            assert told.subject == f"{told.of.value}/{told.zone}/{told.key}"
    assert kinds.keys() == {StreamKind.ORDER, StreamKind.MATTER}
    assert len(kinds[StreamKind.ORDER]) >= len(kinds_told([StreamKind.ORDER])) - 1
    assert len(kinds[StreamKind.MATTER]) >= len(kinds_told([StreamKind.MATTER])) // 2
    assert named_inside > 100


def _texts(value: JsonValue) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def test_an_event_is_named_and_placed_alike_whenever_it_is_told() -> None:
    records = [record for corpus in CORPORA[:1] for record in events(corpus)]
    told = [outward(position, record) for position, record in enumerate(records, start=1)]
    assert len({each.id for each in told}) == len(told)
    first, record = told[0], records[0]
    assert first.subject == record.stream == f"{first.zone}/{first.key}"
    assert first.type == f"closeout.{record.kind}"
    assert (first.time, first.position, first.version) == (record.at, 1, record.version)
    assert message_id(1, record) == message_id(1, record) != message_id(2, record)
    assert "." not in message_id(1, record)


def test_a_sealed_text_is_shown_as_sealed_and_a_plain_one_in_its_place_too() -> None:
    event = NoteAdded(at=b.MON_9, by=b.OFFICER, text="Seen.", personal=SEALED)
    origin = Origin("harbour/a", "c-1", "0" * 64, "t", 1)
    (record,) = recorded([event], origin, after_version=0, previous="0" * 64)
    said = outward(1, record)
    assert said.data["personal"] == {"sealed": True, "subject": "caller-1"}
    assert SEALED.text not in said.model_dump_json()
    plain: JsonValue = {"contact": {"name": "somebody", "phone": {"text": "123"}}, "text": "x"}
    hidden: JsonValue = {"sealed": True}
    assert masked(plain) == {"contact": {"name": hidden, "phone": {"text": hidden}}, "text": "x"}


def test_a_text_that_holds_no_event_is_told_as_such() -> None:
    record = next(events(CORPORA[0]))
    for text in ("{}", "[]", "null", '{"actor": 1, "body": {}}', "{"):
        broken = Record(**{**{n: getattr(record, n) for n in record.__slots__}, "text": text})
        with pytest.raises(ValueError):  # noqa: PT011  # whichever it is
            outward(1, broken)


def test_tries_are_counted_for_each_event_and_a_receiver_may_ask_for_more_time() -> None:
    lane: Lane | None = None
    waits = []
    for _ in RETRY_AFTER:
        lane = lane_after(Failure(stream="z/a", position=4, reason="500"), lane, b.MON_9)
        waits.append(lane.due_at - b.MON_9)
        assert not lane.is_last
    assert tuple(waits) == RETRY_AFTER
    assert lane_after(Failure(stream="z/a", position=4, reason="500"), lane, b.MON_9).is_last
    following = lane_after(
        Failure(stream="z/a", position=5, reason="429", retry_after_s=600), lane, b.MON_9
    )
    assert (following.attempts, following.due_at - b.MON_9) == (1, timedelta(minutes=10))
    greedy = Failure(stream="z/a", position=5, reason="429", retry_after_s=10**8)
    assert lane_after(greedy, None, b.MON_9).due_at - b.MON_9 == timedelta(hours=1)
