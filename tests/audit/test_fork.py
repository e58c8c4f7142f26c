"""One act of an issue changed: the rest comes as a desk would have had it; unchanged, nothing
differs by a byte."""

import asyncio
import json
from datetime import datetime, timedelta
from pathlib import Path

import builders as b
import pytest
from deep import deep
from fresh_run import acts_of, course_of, done_afresh, lives_of_a_year
from hypothesis import given, settings
from hypothesis import strategies as st

from audit.corpus import corpus_files, read_corpus
from audit.facts import Life, read_life, terms_reader
from audit.fork import Change, Fork, Instead, fork, read_instead
from domain import commands as cmd
from domain.commands import Submission
from domain.commands_of_kin import Link
from domain.errors import InvalidRequestError, IssueError, NotPermittedError
from domain.issue import stream_name
from domain.people import ENGINE
from domain.streams import is_issue_stream
from domain.terms import Terms

FOLDER = Path(__file__).with_name("corpus")
STREAM = stream_name(b.ZONE, b.KEY)
LEFT_OUT = deep("acts left out of a life", 1000, light=4)
WEEK = timedelta(days=7)
MON_12 = b.MON_9 + timedelta(hours=3)


async def known(_: str) -> Terms:
    """Return the terms of the tests."""
    return b.TERMS


async def life_of(*acts: tuple[datetime, Submission]) -> Life:
    """Return what a desk recorded of some acts, and of the week after them."""
    ledger = await done_afresh(STREAM, acts, b.TERMS, acts[-1][0] + WEEK)
    return await read_life(ledger, STREAM)


def acts(accepted_at: datetime) -> list[tuple[datetime, Submission]]:
    """Return a report on Monday at nine, an acceptance, a note at one, a proposal on Tuesday."""
    return [
        (b.MON_9, b.submission(b.report(), b.ENTERPRISE, id_="report")),
        (accepted_at, b.submission(b.ACCEPT, id_="accept")),
        (b.MON_9 + timedelta(hours=4), b.submission(b.NOTE, id_="note")),
        (b.TUE_9, b.submission(b.PROPOSE, id_="propose")),
    ]


def told(records: Fork | Life) -> list[tuple[str, datetime, object]]:
    """Return what happened, and when."""
    return [(each.kind, each.at, each.event) for each in records.records]


async def forked(life: Life, change: Change | None = None) -> Fork:
    """Fork a life, to a week after its last act."""
    until_at = max(row.at for row in life.commands if row.kind != "ring_rung") + WEEK
    return await fork(life, known, until_at, change)


@pytest.mark.parametrize("file", corpus_files(FOLDER), ids=lambda file: file.name)
async def test_without_a_change_every_stored_issue_comes_out_to_the_byte(file: Path) -> None:
    corpus, issues = read_corpus(file), 0
    terms_of = terms_reader(corpus)
    async for stream in corpus.streams():
        if is_issue_stream(stream):
            life = await read_life(corpus, stream)
            found = await fork(life, terms_of, life.records[-1].at + WEEK)
            assert found.records == life.records, stream
            assert found.is_the_same
            assert (found.was, found.forbidden) == (found.after, ()), stream
            issues += 1
    assert issues > 10


async def test_accepted_an_hour_after_and_not_three_the_rest_is_as_it_would_have_been() -> None:
    late, early = await life_of(*acts(MON_12)), await life_of(*acts(b.MON_10))
    instead = Instead(command=b.ACCEPT, at=b.MON_10)
    found = await forked(late, Change(_version(late, "issue_accepted"), instead))
    assert told(found) == told(early)
    assert told(found) != told(late)
    assert found.after is not None
    assert found.was.deadlines != found.after.deadlines
    assert len(found.was.rungs) == len(found.after.rungs) + 1, "half of intake rang before"
    assert 0 < found.alike < len(late.records)


async def test_an_act_may_be_moved_past_others() -> None:
    early = await life_of(*acts(b.MON_10))
    last = b.TUE_9 + timedelta(hours=1)
    found = await forked(
        early, Change(_version(early, "note_added"), Instead(command=b.NOTE, at=last))
    )
    moved = [(last, each[1]) if each[1].id == "note" else each for each in acts(b.MON_10)]
    afresh = await life_of(*sorted(moved, key=lambda each: each[0]))
    assert [each[:2] for each in told(found)] == [each[:2] for each in told(afresh)]


async def test_what_can_no_longer_be_done_is_left_out_and_named() -> None:
    life = await life_of(*acts(b.MON_10))
    found = await forked(life, Change(_version(life, "issue_accepted")))
    assert [each.kind for each in found.forbidden] == ["propose_resolution"]
    assert "resolution_proposed" not in {each.kind for each in found.records}
    nothing = await forked(life, Change(1))
    assert (nothing.after, nothing.records) == (None, ())


async def test_an_act_that_the_desk_would_refuse_is_refused_here_too() -> None:
    life = await life_of(*acts(b.MON_10))
    version = _version(life, "resolution_proposed")
    with pytest.raises(NotPermittedError):
        await forked(life, Change(version, Instead(command=b.PROPOSE, actor=b.ENTERPRISE)))
    with pytest.raises(IssueError):
        await forked(life, Change(version, Instead(command=cmd.Assign(handler="nobody-at-all"))))


async def test_an_acceptance_that_nobody_recorded_has_a_number_of_its_own() -> None:
    life = await life_of(acts(MON_12)[0], (b.MON_10, b.submission(b.TURN_AWAY, id_="away")))
    found = await forked(life, Change(2, Instead(command=b.ACCEPT)))
    assert found.after is not None
    assert [each.event.number for each in found.records if each.kind == "issue_accepted"] == [
        "FORK"
    ]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (Change(99), "no such event"),
        (Change(0), "no such event"),
        (Change(2, Instead(command=b.ring())), "engine's to do"),
        (Change(2, Instead(command=Link(type="relates", target="other"))), "one issue alone"),
        (Change(2, Instead(command=b.ACCEPT, at=b.MON_9 - timedelta(days=1))), "outside"),
        (Change(2, Instead(command=b.ACCEPT, at=b.MON_9 + timedelta(days=900))), "outside"),
    ],
)
async def test_what_is_no_change_of_one_act_is_refused_in_words(
    change: Change, message: str
) -> None:
    life = await life_of(*acts(b.MON_10))
    with pytest.raises(InvalidRequestError, match=message) as refused:
        await forked(life, change)
    assert refused.value.allowed


async def test_what_nobody_did_cannot_be_changed() -> None:
    life = await life_of(*acts(MON_12))
    with pytest.raises(InvalidRequestError, match="Nobody did this") as refused:
        await forked(life, Change(_version(life, "rung_fired")))
    assert "1" in (refused.value.allowed or ())


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "[" * 100_000, '"accept"', '{"kind": "acept"}', "1e999"]
)
def test_what_is_no_command_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequestError):
        read_instead(text)


def test_a_command_alone_or_with_actor_and_instant_is_read() -> None:
    assert read_instead('{"kind": "accept"}') == Instead(command=b.ACCEPT)
    actor = b.OFFICER.model_dump(mode="json")
    whole = {"command": {"kind": "accept"}, "actor": actor, "at": "2026-03-02T02:00:00Z"}
    read = read_instead(json.dumps(whole))
    assert (read.actor, read.at) == (b.OFFICER, datetime.fromisoformat("2026-03-02T02:00:00Z"))


@settings(max_examples=LEFT_OUT)
@given(data=st.data())
def test_with_an_act_left_out_the_rest_is_what_a_desk_would_have_come_to(
    data: st.DataObject,
) -> None:
    lives, terms = lives_of_a_year()
    life = lives[data.draw(st.integers(0, len(lives) - 1))]
    by_people = [each for each in acts_of(life) if each[1].actor != ENGINE]
    _, left_out = by_people[data.draw(st.integers(1, len(by_people) - 1))]
    row = next(row for row in life.commands if row.id == left_out.id)
    until_at = life.records[-1].at + WEEK

    async def of_year(_: str) -> Terms:
        return terms

    async def both() -> None:
        found = await fork(life, of_year, until_at, Change(row.first_version))
        rest = [each for each in acts_of(life) if each[1].id != left_out.id]
        ledger = await done_afresh(life.stream, rest, terms, until_at)
        assert found.after == await course_of(ledger, life.stream, terms, until_at)

    asyncio.run(both())


def _version(life: Life, kind: str) -> int:
    return next(record.version for record in life.records if record.kind == kind)
