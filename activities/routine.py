"""Does what a zone's routines are due to do, each period once, however often it is called.

What was done is a row of the ledger; what a run leaves has a name of its period, so that a run that
died before it noted itself done, or one that another overlaps, leaves nothing twice.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog
from temporalio import activity

from activities.reporting import make_report
from activities.routine_telling import RoutineTelling
from audit.reports import open_items
from desk.attesting import attestations_of
from desk.callbacks import Asked, CallbackDesk
from desk.desk import Desk
from desk.log_keeper import LogKeeper
from desk.notifying import NoticeOffice
from desk.routine_notices import digests, digests_told, send_digest, send_missing
from desk.routines import due_now, note_done
from domain.days import ONE_DAY
from domain.errors import IssueError
from domain.model import to_millisecond
from domain.routines import RoutineAsked, RoutineDone, RoutineKind, Run, RunEnd, at_local
from domain.sight import Sight
from domain.terms import Terms
from ledger.verifications import VerificationRow

log = structlog.get_logger()

FRESH = ("issue_reported", "issue_assigned", "issue_handed_over", "issue_escalated", "issue_routed")
"""By what an issue comes to somebody: it is new on their morning list."""
PAGE = 5000
BEAT_S = 10.0
ZONE_IN_ID_MAX = 40
TRIES_MAX = 5
"""So often a channel is tried with an alert; it lies in the inbox from the first on."""
DIGEST_TRIES_MAX = 18
"""With a morning list, over two hours: two tries before its workflow gives the run up."""

Result = dict[str, object]
OnRun = Callable[[RoutineKind, RunEnd], None]
Verify = Callable[[str, int], Awaitable[VerificationRow]]
"""Verifies the ledger, under an id, after so many leaves, and keeps what it came to."""


class Routines:
    """The routines of all zones. Without a `keeper` nothing is anchored, without `verify` nothing
    is verified: the run says so. Without `telling` what is told lies in inboxes alone. `on_run`
    hears what became of each run that was due."""

    def __init__(
        self,
        desk: Desk,
        keeper: Callable[[], LogKeeper] | None = None,
        verify: Verify | None = None,
        telling: RoutineTelling | None = None,
        *,
        on_run: OnRun = lambda _routine, _end: None,
    ) -> None:
        self._desk = desk
        self._keeper = keeper
        self._verify = verify
        self._telling = telling
        self._on_run = on_run
        self._office = NoticeOffice(desk) if telling is None else telling.office
        self._whole_ledger = asyncio.Lock()

    @activity.defn
    async def run_routine(self, asked: RoutineAsked) -> RoutineDone:
        """Do all that is due of a routine, oldest first; return the periods."""
        beating = asyncio.create_task(_beat()) if activity.in_activity() else None
        try:
            return await self.do(asked)
        finally:
            if beating is not None:
                beating.cancel()

    async def do(self, asked: RoutineAsked) -> RoutineDone:
        """Do the same without a workflow. Raises UnknownZoneError."""
        due = await due_now(self._desk, asked.zone, asked.routine)
        of, done = {"zone": asked.zone, "routine": asked.routine.value}, []
        for run in due.runs:
            end = due.end_of(run, self._desk.clock.now())
            try:
                result = await self._one(due.terms, run)
            except IssueError as refusal:
                # Asked again it would be refused again, and stand in the way of what comes after.
                result, end = {"refused": str(refusal)}, RunEnd.REFUSED
                log.warning("routine_refused", **of)
            if await note_done(self._desk, asked.zone, run, result):
                done.append(run.period)
                self._on_run(run.routine, end)
                log.info("routine_done", **of, period=run.period, end=end.value)
        if done and due.left_out:
            for run in due.left_out:
                self._on_run(run.routine, RunEnd.MISSED)
            log.warning("routine_missed", **of, periods=[run.period for run in due.left_out])
        return RoutineDone(periods=tuple(done))

    async def _one(self, terms: Terms, run: Run) -> Result:
        match run.routine:
            case RoutineKind.DAILY | RoutineKind.WEEKLY | RoutineKind.MONTHLY:
                row = await make_report(self._desk, terms, run)
                return {"report": row.number, "sha256": row.sha256}
            case RoutineKind.DIGEST:
                return await self._digests(terms, run)
            case RoutineKind.ATTESTATION:
                return await self._missing(terms, run)
            case RoutineKind.CALLBACKS:
                return await self._callbacks(terms, run)
            case RoutineKind.VERIFICATION:
                return await self._verified(run)
            case RoutineKind.ANCHOR:
                return await self._anchored()

    async def _digests(self, terms: Terms, run: Run) -> Result:
        desk, zone = self._desk, terms.handbook.zone
        position = await desk.ledger.safe_position()
        at = to_millisecond(desk.clock.now())
        items = await open_items(desk.ledger, zone, Sight(at, position))
        fresh = await self._fresh(zone, run.from_at, at, position)
        until_at = at_local(terms.calendar, run.to_on + ONE_DAY, "00:00")
        persons = 0
        for digest in digests(items, fresh, terms.handbook, run.to_on, until_at):
            persons += 1
            await send_digest(self._office, terms, run, digest)
        told = await digests_told(desk, zone, run)
        if self._telling is not None:
            attempt = activity.info().attempt if activity.in_activity() else DIGEST_TRIES_MAX
            await self._telling.tell(told, attempt=attempt, tries_max=DIGEST_TRIES_MAX)
        return {"persons": persons, "sent": len(told)}

    async def _fresh(
        self, zone: str, from_at: datetime, to_at: datetime, position: int
    ) -> frozenset[str]:
        found, after = set[str](), 0
        while True:
            page = await self._desk.ledger.recorded(
                zone, from_at, to_at, position=position, kinds=FRESH, after=after, limit=PAGE
            )
            found |= {record.stream for _, record in page}
            if len(page) < PAGE:
                return frozenset(found)
            after = page[-1][0]

    async def _missing(self, terms: Terms, run: Run) -> Result:
        day = await attestations_of(self._desk, terms.handbook.zone, run.to_on)
        told = await send_missing(self._office, terms, run, day)
        if self._telling is not None:
            attempt = activity.info().attempt if activity.in_activity() else TRIES_MAX
            notices = [each.notice for each in told]
            await self._telling.tell(notices, attempt=attempt, tries_max=TRIES_MAX)
        return {
            "wanted": list(day.wanted),
            "missing": list(day.missing),
            "told": [f"{each.about}>{each.notice.addressee}" for each in told],
        }

    async def _callbacks(self, terms: Terms, run: Run) -> Result:
        zone = terms.handbook.zone
        if terms.handbook.callbacks is None:
            return {"skipped": "the handbook knows no callbacks"}
        asked = Asked(
            id=f"routine-{zone[:ZONE_IN_ID_MAX]}-{run.period}",
            zone=zone,
            from_at=run.from_at,
            to_at=run.to_at,
        )
        drawn = await CallbackDesk(self._desk).draw_by_routine(asked)
        return {
            "draw": drawn.row.id,
            "population": drawn.row.population,
            "drawn": drawn.row.drawn,
        }

    async def _verified(self, run: Run) -> Result:
        """Verify the one ledger of all zones once a night: the second zone to ask is answered by
        what the first one found."""
        if self._verify is None:
            return {"skipped": "this worker verifies nothing"}
        async with self._whole_ledger:
            for zone in self._desk.shelf.zones:
                rows = await self._desk.ledger.routine_runs(
                    zone, routine=run.routine.value, limit=1
                )
                if rows and rows[0].period == run.period:
                    return {"with": rows[0].id}
            row = await self._verify(f"routine-{run.period}", await self._since(run.due_at))
        return {
            "verification": row.id,
            "since": row.since,
            "sound": row.sound,
            "found": row.found,
        }

    async def _since(self, at: datetime) -> int:
        """Return after how many leaves is verified: those under the last verification of all, if
        that found nothing and is younger than a week."""
        last = await self._desk.ledger.last_verification()
        if last is None or not last.sound or at - last.ended_at >= 7 * ONE_DAY:
            return 0
        return last.size

    async def _anchored(self) -> Result:
        if self._keeper is None:
            return {"skipped": "this worker keeps no log"}
        now = to_millisecond(self._desk.clock.now())
        carried = await self._keeper().carry_on(now, anchor_now=True)
        return {
            "size": carried.size,
            "anchored": [
                {"kind": each.kind, "target": each.target, "problem": each.problem}
                for each in carried.anchored
            ],
            "problem": carried.problem,
        }


async def _beat() -> None:
    """Say that the activity lives, however long one report takes."""
    while True:
        activity.heartbeat()
        await asyncio.sleep(BEAT_S)
