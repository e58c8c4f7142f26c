"""Two who publish at once, processes that lag, die or are slow: every issue moves exactly once."""

import asyncio
import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any

import builders as b
import pytest
from adoptions import ENDS_2026, EXTENDED, IN_2027, REASON, TO_2026, Office, calendar
from databases import Database
from deep import IN_CHECK
from desks import StandingClock
from engine_fake import Engine

from desk.adopting import Adopter
from desk.grounds import ground_of
from desk.guard import Guard
from desk.moves import Figures
from desk.shelf import LOOK_AGAIN_SECONDS
from domain.commands_of_time import AdoptCalendar
from domain.errors import ConflictError
from ledger.publications import PublicationRow

pytestmark = IN_CHECK


async def test_of_two_who_publish_at_once_one_does(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    await there.accepted()
    publish = there.ledger.publish

    async def when_both_have_looked(*given: Any, **named: Any) -> PublicationRow:
        await asyncio.sleep(0.1)
        return await publish(*given, **named)

    monkeypatch.setattr(there.ledger, "publish", when_both_have_looked)
    other = calendar(2026, date(2026, 3, 3))
    done = await asyncio.gather(
        there.published(EXTENDED), elsewhere.published(other), return_exceptions=True
    )
    (refused,) = [each for each in done if isinstance(each, Exception)]
    assert isinstance(refused, ConflictError)
    (row,) = await there.ledger.newest_publications()
    assert row.hash in (EXTENDED.hash, other.hash)


async def test_who_was_second_may_publish_after_all_and_the_newest_stays(
    there: Office, elsewhere: Office
) -> None:
    keys = [f"i{number}" for number in range(8)]
    for key in keys:
        await there.accepted(key)
    first = await there.published(EXTENDED)
    second = await elsewhere.published(IN_2027)
    await asyncio.gather(there.moved(first), elsewhere.moved(second), there.moved(second))
    assert {(await there.terms_of(key)).calendar.hash for key in keys} == {IN_2027.hash}
    assert await there.moved(first) == (0, 0)
    assert {(await there.terms_of(key)).calendar.hash for key in keys} == {IN_2027.hash}
    assert await there.is_sound()


async def test_two_processes_that_move_at_once_move_each_issue_once(
    there: Office, elsewhere: Office
) -> None:
    keys = [f"i{number}" for number in range(12)]
    for key in keys:
        await there.accepted(key)
    ground = await there.published(EXTENDED)
    counts = await asyncio.gather(there.moved(ground), elsewhere.moved(ground))
    assert sum(moved for moved, _ in counts) == 12
    assert sum(left for _, left in counts) == 0
    for key in keys:
        assert len(await there.adopted(key)) == 1
    assert await there.is_sound()


async def test_a_slow_process_moves_no_issue_back(there: Office, elsewhere: Office) -> None:
    await there.accepted()
    await there.published(EXTENDED)
    stale = (await there.desk.row(b.ZONE, b.KEY)).issue
    target = TO_2026.with_calendar(EXTENDED)
    await elsewhere.publish(IN_2027)
    late = AdoptCalendar(
        terms=target.hash,
        from_terms=stale.terms,
        reference="publication-1",
        reason=REASON,
        author="coordination (coordination.a)",
    )
    sent = b.submission(late, b.ENGINE, id_=f"adopt:publication-1:{stale.stream}")
    with pytest.raises(ConflictError, match="other terms"):
        await there.desk.adopt(sent, target)
    assert (await there.terms_of()).calendar == IN_2027


async def test_the_guard_finishes_what_was_stored_and_never_moved(
    there: Office, elsewhere: Office
) -> None:
    keys = [f"i{number}" for number in range(5)]
    for key in keys:
        await there.accepted(key)
    ground = await there.published(EXTENDED)
    await Adopter(there.desk).batch(ground, limit=2)
    assert [len(await there.adopted(key)) for key in keys] == [1, 1, 0, 0, 0]
    assert (await Guard(elsewhere.desk, Engine().client).round()).adopted == 3
    assert [len(await there.adopted(key)) for key in keys] == [1, 1, 1, 1, 1]
    assert await there.figures(ground) == Figures(issues=5, later=10)


@IN_CHECK
async def test_publishers_killed_at_any_moment_move_every_issue_exactly_once(
    database: Database, clock: StandingClock
) -> None:
    async with database.ledger(size=8) as ledger:
        office = Office(ledger, clock)
        keys = [f"i{number:02}" for number in range(40)]
        for key in keys:
            await office.accepted(key)
        codes = [await dying(database, "new", 0)]
        (row,) = await ledger.newest_publications()
        assert (row.hash, await ledger.adoption_count("publication-1")) == (EXTENDED.hash, 0)
        codes += [await dying(database, "publication-1", issues) for issues in (1, 2, 5, 9, -1)]
        assert codes == [*[-signal.SIGKILL] * 5, 0]
        assert [len(await office.adopted(key)) for key in keys] == [1] * 40
        ground = await ground_of(office.desk, "publication-1")
        assert await office.figures(ground) == Figures(issues=40, later=80)
        assert await office.is_sound()


async def dying(database: Database, reference: str, issues: int) -> int:
    """Run a process that publishes, and return how it ended."""
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(root / "tests/desk/dying_publisher.py"),
        database.app_url,
        reference,
        str(issues),
        env=os.environ
        | {"PYTHONPATH": os.pathsep.join(str(root / each) for each in (".", "tests"))},
    )
    return await asyncio.wait_for(process.wait(), 60)


async def test_an_issue_reported_by_a_process_that_lags_is_found_and_moved(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desk.shelf.LOOK_AGAIN_SECONDS", 3600.0)
    await elsewhere.reported("before")
    await there.publish(EXTENDED)
    await elsewhere.reported("in-the-gap")
    assert (await there.terms_of("in-the-gap")).calendar == ENDS_2026
    assert (await Guard(there.desk, Engine().client).round()).adopted == 1
    assert (await there.terms_of("in-the-gap")).calendar == EXTENDED
    assert await there.is_sound()


async def test_another_process_sees_a_publication_within_seconds(
    there: Office, elsewhere: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr("desk.shelf.time.monotonic", lambda: now[0])
    await elsewhere.reported("before")
    await there.published(EXTENDED)
    await elsewhere.reported("too-soon")
    now[0] += LOOK_AGAIN_SECONDS
    await elsewhere.reported("after")
    keys = ("before", "too-soon", "after")
    calendars = [(await there.terms_of(key)).calendar for key in keys]
    assert calendars == [ENDS_2026, ENDS_2026, EXTENDED]
    assert LOOK_AGAIN_SECONDS <= 5


async def test_the_terms_in_force_are_at_hand_without_asking(there: Office) -> None:
    await there.reported()
    asked: list[str] = []
    newest = there.ledger.newest_publications

    async def counted() -> object:
        asked.append("newest")
        return await newest()

    there.ledger.newest_publications = counted  # type: ignore[method-assign, assignment]  # counts
    for number in range(20):
        await there.reported(f"i{number}")
        assert there.desk.shelf.at_hand(b.ZONE, None) is not None
    assert len(asked) <= 1  # more only if a look fell due meanwhile


async def test_issues_reported_while_a_calendar_is_published_all_end_on_it(
    there: Office, elsewhere: Office
) -> None:
    async def report_many() -> None:
        for number in range(30):
            await elsewhere.reported(f"r{number}")

    reporting = asyncio.create_task(report_many())
    await there.accepted("first")
    await there.publish(EXTENDED)
    await reporting
    await Guard(there.desk, Engine().client).round()
    hashes = {row.issue.terms for row in await there.ledger.find(limit=1000)}
    assert hashes == {TO_2026.with_calendar(EXTENDED).hash}
    assert await there.is_sound()
