"""Temporal's schedules of routines: one a zone and routine, made, changed and removed to fit.

A schedule calls every day, at the local time of its zone and an hour after it: what is due, and
what of it was done, the activity finds out. So a call that was missed is made up for by the next
one, and one too many harms nothing. A zone gets its schedules once it is in use: when a handbook
was published for it, or an issue reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.service import RPCError, RPCStatusCode

from desk.desk import Desk
from domain.handbook_routines import routines_rule
from domain.model import to_millisecond
from domain.routines import RoutineAsked, RoutineKind, local_time
from domain.terms import Terms

WORKFLOW = "RoutineWorkflow"
PREFIX = "closeout-routine-"
CATCH_UP = timedelta(days=31)
RUN_TIMEOUT = timedelta(hours=6)
AGAIN_AFTER_HOURS = 1
HOURS = 24


@dataclass(frozen=True, slots=True)
class Planned:
    """A schedule as it is to be."""

    zone: str
    routine: RoutineKind
    time_zone: str
    time: str

    @property
    def id(self) -> str:
        """Return the schedule's name, which never changes."""
        return f"{PREFIX}{self.zone}-{self.routine.value}"

    @property
    def spec(self) -> ScheduleSpec:
        """Return when it calls."""
        hour, minute = (int(part) for part in self.time.split(":"))
        calls = [
            ScheduleCalendarSpec(
                hour=[ScheduleRange(each % HOURS)],
                minute=[ScheduleRange(minute)],
                comment=f"{self.routine.value} at {self.time}",
            )
            for each in (hour, hour + AGAIN_AFTER_HOURS)
        ]
        return ScheduleSpec(calendars=calls, time_zone_name=self.time_zone)


def planned(terms: Terms) -> tuple[Planned, ...]:
    """Return the schedules of a zone."""
    rule, zone = routines_rule(terms.handbook.routines), terms.handbook.zone
    time_zone = terms.calendar.time_zone
    return tuple(Planned(zone, each, time_zone, local_time(rule, each)) for each in RoutineKind)


class RoutineSchedules:
    """Keeps the schedules of the zones in use as their handbooks say."""

    def __init__(self, client: Client, desk: Desk, *, task_queue: str) -> None:
        self._client = client
        self._desk = desk
        self._task_queue = task_queue
        self._set: dict[str, Planned] = {}
        self._in_use: set[str] = set()

    async def ensure(self) -> int:
        """Make, change and remove schedules until they fit; return how many that were. Again
        changes nothing. Raises RPCError, LedgerError."""
        wanted = {each.id: each for each in await self._wanted()}
        there = {
            listed.id
            async for listed in await self._client.list_schedules()
            if listed.id.startswith(PREFIX)
        }
        changed = 0
        for id_, each in wanted.items():
            changed += await self._fit(each, is_there=id_ in there)
        for id_ in sorted(there - wanted.keys()):
            changed += await self._remove(id_)
        return changed

    async def _wanted(self) -> list[Planned]:
        """Return the schedules of the zones in use. The terms of others are not put on record by
        asking."""
        shelf, at = self._desk.shelf, to_millisecond(self._desk.clock.now())
        self._in_use |= (await shelf.handbook_publications()).keys()
        found: list[Planned] = []
        for zone in shelf.zones:
            if zone not in self._in_use and await self._desk.ledger.find(zone=zone, limit=1):
                self._in_use.add(zone)
            if zone in self._in_use:
                found += planned(await shelf.current(zone, at))
        return found

    async def _fit(self, each: Planned, *, is_there: bool) -> bool:
        if is_there and self._set.get(each.id) == each:
            return False
        schedule = self._schedule(each)
        if not is_there and await self._made(each, schedule):
            self._set[each.id] = each
            return True
        changed = await self._updated(each, schedule)
        self._set[each.id] = each
        return changed

    async def _made(self, each: Planned, schedule: Schedule) -> bool:
        """Make a schedule; False if it is there: lists lag behind."""
        try:
            await self._client.create_schedule(each.id, schedule)
        except ScheduleAlreadyRunningError:
            return False
        return True

    async def _updated(self, each: Planned, schedule: Schedule) -> bool:
        """Bring a schedule to what it is to be; whether it is paused stays as somebody set it."""
        changed = False

        async def update(found: ScheduleUpdateInput) -> ScheduleUpdate | None:
            nonlocal changed
            spec = found.description.schedule.spec
            if _said(spec) == _said(schedule.spec):
                return None
            changed = True
            schedule.state = found.description.schedule.state
            return ScheduleUpdate(schedule=schedule)

        await self._client.get_schedule_handle(each.id).update(update)
        return changed

    async def _remove(self, id_: str) -> bool:
        self._set.pop(id_, None)
        try:
            await self._client.get_schedule_handle(id_).delete()
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            return False
        return True

    def _schedule(self, each: Planned) -> Schedule:
        return Schedule(
            action=ScheduleActionStartWorkflow(
                WORKFLOW,
                RoutineAsked(zone=each.zone, routine=each.routine),
                id=f"routine/{each.zone}/{each.routine.value}",
                task_queue=self._task_queue,
                execution_timeout=RUN_TIMEOUT,
            ),
            spec=each.spec,
            policy=SchedulePolicy(
                overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=CATCH_UP
            ),
        )


def _said(spec: ScheduleSpec) -> Mapping[str, object]:
    """Return what a spec says that is ours; the server gives calendars back with all defaults."""
    return {
        "time_zone": spec.time_zone_name,
        "calls": sorted((call.hour[0].start, call.minute[0].start) for call in spec.calendars),
    }
