"""Records the stored corpus: `python tests/audit/record_corpus.py`, once a revision of rules.

Plays the demonstration's cases and stories through the real desk on a ledger in memory, at fixed
instants, so that the same code writes the same bytes. A corpus that is there is never written over.
"""

import asyncio
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from audit.corpus import write_corpus
from demo.acts import instant
from demo.cases import read_cases
from demo.stories import in_order, read_stories
from desk.desk import Desk
from desk.shelf import Shelf
from domain.commands import Submission
from domain.decisions import RULES
from domain.view import Ring
from handbooks.shelf import read_terms, zones
from ledger.memory import MemoryLedger

FOLDER = Path(__file__).with_name("corpus")
CASES_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
BETWEEN_STEPS = timedelta(minutes=2)


class SetClock:
    """A clock that stands where it was put."""

    offset = timedelta(0)

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


async def pass_until(desk: Desk, ledger: MemoryLedger, clock: SetClock, target: datetime) -> None:
    """Ring every rung that falls due by `target`, at its own instant."""
    while (due_at := await ledger.next_due_at()) is not None and due_at <= target:
        clock.at = max(clock.at, due_at)
        for row in await ledger.overdue(clock.at + timedelta(milliseconds=1), 1000):
            due = row.issue.next_rung
            assert due is not None
            issue, (held, rung) = row.issue, due
            await desk.ring(
                Ring(zone=issue.zone, key=issue.key, clock=held.id, cycle=held.cycle, rung=rung.id)
            )
    clock.at = target


async def played() -> MemoryLedger:
    """Return a ledger in which every story and every case has been played."""
    ledger, stories = MemoryLedger(), read_stories()
    clock = SetClock(instant(in_order(stories)[0][0]))
    desk = Desk(ledger, Shelf(ledger, {zone: read_terms(zone) for zone in zones()}), clock)
    for at, story, number, step in in_order(stories):
        await pass_until(desk, ledger, clock, instant(at))
        await desk.carry_out(_sent(story.zone, story.key, number, step.by, step.command))
    for case in read_cases():
        clock.at = max(clock.at, CASES_AT)
        for number, step in enumerate(case.steps, start=1):
            await pass_until(desk, ledger, clock, clock.at + BETWEEN_STEPS)
            await desk.carry_out(_sent(case.zone, case.key, number, step.by, step.command))
    await pass_until(desk, ledger, clock, clock.at + timedelta(days=21))
    return ledger


def _sent(zone, key, number, actor, command) -> Submission:
    return Submission(
        id=f"corpus:{zone}/{key}:{number}", zone=zone, key=key, actor=actor, command=command
    )


async def main() -> None:
    name = f"rules-{RULES}"
    if list(FOLDER.glob(f"{name}*")):
        sys.exit(f"{name} is recorded already; a change of behaviour needs a new revision of rules")
    FOLDER.mkdir(exist_ok=True)
    path = await write_corpus(await played(), FOLDER, name=name)
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    asyncio.run(main())
