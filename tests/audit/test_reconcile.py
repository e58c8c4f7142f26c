"""A ledger cut back to every earlier version of each stream, beside the histories of its whole
life: whatever is missing is named. The stored sample has both."""

import pytest
from audit_histories import CONVERTER, DOOR_2, REOPENED, STREAM, Sample, sample

from audit.reconcile import Ahead, Heard
from audit.replay import stream_of, workflow_of
from audit.replay_histories import read_history
from audit.replay_stored import ended
from domain.matters.matter import is_matter_stream
from ledger.port import CommandRow

RINGS = {"ring_rung", "ring_order", "ring_matter"}
SAMPLE = sample()
STREAMS = sorted(
    {stream_of(row.workflow_id) for row in SAMPLE.archive}
    & {each for each in SAMPLE.corpus.commands_of if SAMPLE.corpus.commands_of[each]}
)


async def heard(stream: str, told_by: Sample = SAMPLE) -> Heard:
    """Return what the histories of a stream's workflow say."""
    found = Heard(CONVERTER)
    for row in await told_by.histories(workflow_of(stream)):
        assert await found.take(row.run_id, read_history(row)) is None
    return found


async def cut(stream: str, version: int) -> Ahead | None:
    """Return what is named of a stream of which the ledger has only so many versions."""
    kept = [row for row in await SAMPLE.commands(stream) if ended(row) <= version]
    notices = [row for row in await SAMPLE.notices(stream) if row.version <= version]
    return (await heard(stream)).beyond(stream, kept, notices)


async def lost(stream: str, version: int) -> list[CommandRow]:
    """Return the commands that a ledger cut at a version does not have."""
    return [row for row in await SAMPLE.commands(stream) if ended(row) > version and row.count]


@pytest.mark.parametrize("stream", STREAMS)
async def test_a_ledger_that_lost_nothing_has_no_difference(stream: str) -> None:
    whole = len(await SAMPLE.records(stream))
    assert await cut(stream, whole) is None


@pytest.mark.parametrize("stream", STREAMS)
async def test_every_version_that_is_missing_is_named_by_its_command_or_as_nameless(
    stream: str,
) -> None:
    whole = len(await SAMPLE.records(stream))
    # A matter's workflow need not hear of its end: what nobody was shown, no history tells.
    unseen = 1 if is_matter_stream(stream) else 0
    for row in await SAMPLE.commands(stream):
        at = row.first_version - 1
        found = await cut(stream, at)
        missing = {each.id: each for each in await lost(stream, at)}
        if found is None:
            assert whole - unseen <= at
            continue
        assert found.head == at
        assert whole - unseen <= found.seen <= whole
        assert {each.id for each in found.commands} <= missing.keys()
        assert set(found.rings) <= missing.keys()
        named = {*found.rings, *(each.id for each in found.commands)}
        nameless = {v for each in missing.values() for v in versions(each) if each.id not in named}
        assert {version for version in nameless if version <= found.seen} <= set(found.unnamed)
        for each in found.commands:
            row_of = missing[each.id]
            assert (each.kind, each.at, each.version) == (row_of.kind, row_of.at, ended(row_of))


def versions(row: CommandRow) -> range:
    """Return the versions that a command made."""
    return range(row.first_version, row.first_version + row.count)


async def test_what_came_by_door_2_is_named_by_its_id_and_its_rings_by_theirs() -> None:
    stream = stream_of(DOOR_2)
    found = await cut(stream, 0)
    rows = await lost(stream, 0)
    assert found is not None
    assert {each.id for each in found.commands}
    assert set(found.rings) == {row.id for row in rows if row.kind in RINGS}
    assert found.number is not None
    assert found.told


async def test_a_notice_that_the_ledger_does_not_call_delivered_may_be_told_again() -> None:
    said = await heard(STREAM)
    rows = await SAMPLE.commands(STREAM)
    before = [row for row in await SAMPLE.notices(STREAM) if row.delivered_at is not None]
    found = said.beyond(STREAM, rows, before[1:])
    assert found is not None
    assert found.told == (before[0].id,)
    assert (found.commands, found.rings, found.unnamed) == ((), (), ())


async def test_a_poke_alone_tells_that_there_was_more() -> None:
    stream = stream_of(REOPENED)
    said = await heard(stream)
    said.told.acts.clear()
    said.told.wishes.clear()
    found = said.beyond(stream, [], [])
    assert found is not None
    assert found.seen > 0
    assert found.unnamed == tuple(range(1, found.seen + 1))
