"""Records the stored corpora, once a revision: `PYTHONPATH=.:tests:tests/domain python
tests/audit/record_corpus.py`.

Plays the demonstration's cases and stories, and the lives of `ladder_script`, `procedure_script`,
`exclusion_script` and `matter_lives`, through the real desk on ledgers in memory, at fixed
instants, so that the same code writes the same bytes. A corpus that is there is never written over.
"""

import asyncio
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from exclusion_script import played_exclusions
from ladder_engine import played_ladder
from matter_engine import played_matters
from procedure_engine import played_procedures

from audit.corpus import write_corpus
from demo.acts import instant
from demo.cases import read_cases
from demo.stories import in_order, read_stories
from desk.adopting import Adopter
from desk.desk import Desk
from desk.publishing import Publishing
from desk.shelf import Shelf
from domain import commands as cmd
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain.commands import Submission
from domain.days import ClosedDay, Label
from domain.decisions import RULES
from domain.durations import WorkingDays
from domain.people import Officer, Representative
from domain.phases import Origin, PauseReason
from domain.view import Ring
from handbooks.shelf import read_terms, zones
from ledger.memory import MemoryLedger

FOLDER = Path(__file__).with_name("corpus")
CASES_AT = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
BETWEEN_STEPS = timedelta(minutes=2)


LIMITS_ZONE = "bishan"
FLOOD = Label(zh="汛情", en="Flood")
REPORTER = Representative(person="bishan-kaicheng-r01", enterprise="bishan-kaicheng")
GRID = Officer(person="bishan-p01", post="bishan-grid-officer-1")
LEAD = Officer(person="bishan-p11", post="bishan-area-lead-1")
DISTRICT = Officer(person="bishan-p31", post="bishan-district-leader")
REPORT = cmd.Report(
    enterprise="bishan-kaicheng",
    category="FIN-1",
    title="贷款到期",
    text="流动资金贷款到期。",
    origin=Origin.ENTERPRISE,
)
WAIT = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="等待材料。")
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
OPENING = ((HOUR, REPORTER, REPORT), (HOUR, GRID, cmd.Accept()))
LIMITS = {
    "limits-1": (
        *OPENING,
        (HOUR, GRID, tm.Contact(channel="电话", note="已联系企业。")),
        (HOUR, GRID, tm.MakePlan(plan="先展期，后续贷。", finish_on=date(2026, 12, 1))),
        (HOUR, GRID, tm.AskExtension(clock="handling", extra=WorkingDays(days=2), reason="银行")),
        (HOUR, LEAD, tm.Grant(note="同意。")),
        (HOUR, LEAD, tm.DemandReply(question="进展如何？")),
        (HOUR, GRID, tm.GiveReply(reply="银行已受理。")),
        (HOUR, LEAD, md.OpenGreenChannel(reason="影响开工。")),
        (HOUR, LEAD, tm.Reclassify(category="FIN-2", reason="属于续贷。")),
    ),
    "limits-2": (
        *OPENING,
        *((HOUR, GRID, act) for _ in range(5) for act in (WAIT, cmd.Resume(note="材料已到。"))),
        (HOUR, GRID, tm.AskPause(reason=PauseReason.WAITING_ENTERPRISE, note="还缺一份。")),
        (HOUR, DISTRICT, tm.Refuse(reason="已经够久。")),
        (HOUR, GRID, tm.AskPause(reason=PauseReason.WAITING_ENTERPRISE, note="只缺公章。")),
        (HOUR, DISTRICT, tm.Grant(note="最后一次。")),
        (HOUR, GRID, tm.Correct(version=1, took_place_at=CASES_AT, reason="电话在先。")),
    ),
    "limits-3": OPENING,
}
"""Acts in order, each so long after the one before: in issues of their own."""


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
    await play_limits(desk, ledger, clock)
    return ledger


async def play_limits(desk: Desk, ledger: MemoryLedger, clock: SetClock) -> None:
    """Play what the cases do not do: more time, waits beyond the limit, another class, replies, a
    correction, a calendar published meanwhile, rungs that an outage made late."""
    terms = read_terms(LIMITS_ZONE)
    for key, acts in LIMITS.items():
        for number, (gap, actor, command) in enumerate(acts):
            await pass_until(desk, ledger, clock, clock.at + gap)
            await desk.carry_out(_sent(LIMITS_ZONE, key, number, actor, command))
    longer = terms.calendar.model_copy(
        update={
            "overrides": (*terms.calendar.overrides, ClosedDay(on=clock.at.date(), name=FLOOD)),
            "valid_until": date(2027, 12, 31),
        }
    )
    ground = await Publishing(desk).publish(longer, reason="汛情放假。", author=DISTRICT)
    await Adopter(desk).run(ground)
    await pass_until(desk, ledger, clock, clock.at + timedelta(days=2))
    clock.at += timedelta(days=40)  # the platform is away; then everything is late at once
    await pass_until(desk, ledger, clock, clock.at)


def _sent(zone, key, number, actor, command) -> Submission:
    return Submission(
        id=f"corpus:{zone}/{key}:{number}", zone=zone, key=key, actor=actor, command=command
    )


CORPORA = {
    f"rules-{RULES}": played,
    f"rules-{RULES}-ladder": played_ladder,
    f"rules-{RULES}-procedures": played_procedures,
    f"rules-{RULES}-exclusions": played_exclusions,
    f"rules-{RULES}-matters": played_matters,
}


async def main() -> None:
    wanted = [name for name in CORPORA if not list(FOLDER.glob(f"{name}.*"))]
    if not wanted:
        recorded = ", ".join(CORPORA)
        sys.exit(f"{recorded}: recorded already; a change of behaviour needs a new revision")
    FOLDER.mkdir(exist_ok=True)
    for name in wanted:
        path = await write_corpus(await CORPORA[name](), FOLDER, name=name)
        print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    asyncio.run(main())
