"""A decision about a matter in the making, and what time does to it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from domain.days import ONE_DAY, from_ms, to_ms
from domain.decisions.draft import Context
from domain.decisions.time import LATE_BY_US_MS
from domain.durations import Basis, Duration, NaturalDays, WorkingDays, budget_of, due_at
from domain.errors import InvalidRequestError, NotPermittedError
from domain.handbook import Handbook
from domain.matters.acts import DuePassed, Problem
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.matter import DUES_MAX, TIES_MAX, Due, Found
from domain.matters.permissions import acting_post, is_among, require_among, told_by
from domain.matters.procedure import DueRule
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.matters.who import Who
from domain.people import ENGINE, Actor, Officer, Representative, named
from domain.phases import Origin
from domain.staffing import Post

MOMENT = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class MatterDecision:
    """What a command comes to: its events, in order, and the matter after them."""

    events: tuple[MatterEvent, ...]
    matter: Matter


class MatterDraft:
    """Collects events. Each is folded before the next is decided.

    `held` is the post that an officer acts in; None for everybody else.
    """

    def __init__(
        self,
        matter: Matter | None,
        zone: str,
        key: str,
        actor: Actor,
        command: str,
        context: Context,
    ) -> None:
        self.zone = zone
        self.key = key
        self.actor = actor
        self.command = command
        self.at = context.at
        self.terms = context.terms
        self.target = context.target
        self.rules = context.rules
        self.events: list[MatterEvent] = []
        self._matter = matter
        self._held: Post | None = None

    @property
    def matter(self) -> Matter:
        """Return the matter as the events recorded so far leave it."""
        if self._matter is None:
            raise LookupError(f"no matter yet in {self.zone}/{self.key}")
        return self._matter

    @property
    def handbook(self) -> Handbook:
        """Return the handbook by which it is judged."""
        return self.terms.handbook

    @property
    def rule(self) -> AnyProcedure:
        """Return the matter's procedure."""
        found = self.handbook.procedure(self.matter.procedure)
        if found is None:
            msg = f"{self.matter.stream}: the handbook has no procedure {self.matter.procedure}"
            raise LookupError(msg)
        return found

    @property
    def held(self) -> Post | None:
        """Return the post that an officer acts in, or refuse; None for everybody else."""
        if self._held is None and isinstance(self.actor, Officer):
            self._held = acting_post(self.actor, self.command, self.terms, self.at)
        return self._held

    def record(self, event: MatterEvent) -> None:
        """Add `event`."""
        self._matter = evolve_matter(
            self._matter, event, zone=self.zone, key=self.key, terms=self.terms.hash
        )
        self.events.append(event)

    def decision(self) -> MatterDecision:
        """Return what has been recorded."""
        return MatterDecision(events=tuple(self.events), matter=self.matter)

    # Who

    def may(self, rows: Iterable[Who], enterprise: str | None = None) -> bool:
        """Return whether any of the rows means who acts."""
        return is_among(rows, self.actor, self.held, enterprise, self.handbook)

    def require(self, rows: Iterable[Who], enterprise: str | None = None) -> None:
        """Refuse unless any of the rows means who acts. `enterprise` is whom the act concerns."""
        require_among(rows, self.actor, self.held, enterprise, self.handbook, self.command)

    def require_runs(self) -> None:
        """Refuse unless who acts runs the procedure or is accountable for the matter."""
        self.require((*self.rule.runs, Who(post=self.matter.post)))

    def opening_post(self, rule: AnyProcedure) -> str:
        """Return who is accountable for a matter that is opened now: who opens it, or the first of
        those who run its procedure."""
        if self.held is not None:
            return self.held.id
        told = (told_by(row, None, self.handbook) for row in rule.runs)
        first = next((name for names in told for name in names), None)
        if first is None:
            raise NotPermittedError(
                "Nobody in a post could be accountable for it.",
                field="actor",
                value=named(self.actor),
                allowed="an officer",
            )
        return first

    def require_enterprise(self, id_: str, where: str = "enterprise") -> None:
        """Refuse an enterprise that the handbook does not know."""
        if id_ not in self.handbook.enterprises_by_id:
            raise InvalidRequestError("The zone knows no such enterprise.", field=where, value=id_)

    # Time

    def local_day(self) -> date:
        """Return the zone's local day of the decision."""
        return self.terms.calendar.day_of(self.at)

    def after(self, length: Duration, from_at: datetime | None = None) -> tuple[datetime, bool]:
        """Return when a length of time from an instant (now, if none) is over by the zone's
        calendar, and whether days not yet published are counted in it."""
        start, calendar = from_at or self.at, self.terms.calendar
        budget = budget_of(length, calendar, start)
        end = due_at(budget.basis, calendar, start, budget.ms)
        return end, budget.basis is Basis.OPEN and calendar.needs_beyond(end)

    def after_day(self, length: Duration, end_at: datetime) -> tuple[datetime, bool]:
        """Return likewise when a length of time after a local day is over. `end_at` is that day's
        end, the midnight with which the next begins: counted in days, the next day is the first,
        as after anything else that came on the day (R2.1)."""
        counts_days = isinstance(length, WorkingDays | NaturalDays)
        return self.after(length, end_at - MOMENT if counts_days else end_at)

    def due_in(self, id_: str, length: Duration, about: str | None = None) -> Due:
        """Return an instant to wait for, so long from now. Give it in an event's `sets`."""
        at, provisional = self.after(length)
        return self.due_at(id_, at, about, provisional=provisional)

    def due_at(
        self, id_: str, at: datetime, about: str | None = None, *, provisional: bool = False
    ) -> Due:
        """Return an instant to wait for. Several of one event are counted on: see `numbered`."""
        if len(self.matter_dues()) >= DUES_MAX:
            raise InvalidRequestError(
                "The matter waits for too many instants.",
                field="command.kind",
                value=self.command,
                allowed=f"at most {DUES_MAX}",
            )
        cycle = 1 if self._matter is None else self._matter.cycles + 1
        return Due(id=id_, about=about, cycle=cycle, due_at=at, provisional=provisional)

    def matter_dues(self) -> tuple[Due, ...]:
        """Return what the matter waits for; nothing before it is there."""
        return () if self._matter is None else self._matter.dues

    def day_end(self, day: date) -> datetime:
        """Return the midnight that ends a local day."""
        return from_ms(self.terms.calendar.at_minute(day + ONE_DAY, 0))

    # Problems

    def found(
        self, problems: Iterable[Problem], origin: Origin, enterprise: str | None
    ) -> tuple[Found, ...]:
        """Return the problems of an act as what issues are opened for, or refuse them: an unknown
        category, no enterprise, or not the representative's own. Give them in the `found` of the
        event that is recorded next."""
        version = 1 if self._matter is None else self._matter.version + 1
        problems = tuple(problems)
        tied = 0 if self._matter is None else len(self._matter.ties)
        if problems and tied + len(problems) > TIES_MAX:
            raise InvalidRequestError(
                "Too many issues hang together with the matter.",
                field="problems",
                value=tied + len(problems),
                allowed=f"at most {TIES_MAX}",
            )
        return tuple(
            self._found(each, number, version, origin, enterprise)
            for number, each in enumerate(problems, start=1)
        )

    def _found(
        self, each: Problem, number: int, version: int, origin: Origin, enterprise: str | None
    ) -> Found:
        own = self.actor.enterprise if isinstance(self.actor, Representative) else None
        whose, where = each.enterprise or own or enterprise, f"problems.{number - 1}"
        if whose is None:
            raise InvalidRequestError(
                "A problem is some enterprise's.", field=f"{where}.enterprise"
            )
        if own is not None and own != whose:
            raise NotPermittedError(
                "An enterprise tells of its own problems only.",
                field=f"{where}.enterprise",
                value=whose,
                allowed=own,
            )
        self.require_enterprise(whose, f"{where}.enterprise")
        known = {category.id for category in self.handbook.categories}
        if each.category not in known:
            raise InvalidRequestError(
                "The zone's handbook has no such category.",
                field=f"{where}.category",
                value=each.category,
                allowed=known,
            )
        return Found(
            issue=f"m.{self.key}.{version}.{number}",
            report_id=f"m.{self.key}.{version}",
            enterprise=whose,
            category=each.category,
            title=each.title,
            text=each.text,
            origin=origin if own is None else Origin.ENTERPRISE,
            priority=each.priority,
        )


def numbered(dues: Iterable[Due]) -> tuple[Due, ...]:
    """Return instants of one event with a cycle each: those of `due_in` all have the next one."""
    return tuple(
        due.model_copy(update={"cycle": due.cycle + further}) for further, due in enumerate(dues)
    )


def pass_due(
    draft: MatterDraft, due: Due, rule: DueRule | None, enterprise: str | None
) -> DuePassed:
    """Record that an instant passed: tell the level whose turn it is, and wait for the next one, if
    the rule names one. Without a rule nobody is told."""
    levels = () if rule is None else rule.levels
    tells = (
        told_by(levels[due.level - 1], enterprise, draft.handbook)
        if due.level <= len(levels)
        else ()
    )
    following: tuple[Due, ...] = ()
    if rule is not None and rule.then is not None and due.level < len(levels):
        at, provisional = draft.after(rule.then, due.due_at)
        following = (
            due.model_copy(
                update={"level": due.level + 1, "due_at": at, "provisional": provisional}
            ),
        )
    event = DuePassed(
        at=draft.at,
        by=ENGINE,
        clock=due.clock,
        about=due.about,
        cycle=due.cycle,
        rung=due.rung,
        level=due.level,
        due_at=due.due_at,
        late_by_us=to_ms(draft.at) - to_ms(due.due_at) > LATE_BY_US_MS,
        sets=following,
        meets=(due.clock,),
        tells=tells,
    )
    draft.record(event)
    return event
