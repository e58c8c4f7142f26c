"""No open issue without a deadline (I8): all clocks of an issue searched together, exhaustively.

A joint state is what is true of the issue and where each of its clocks stands; whatever the table
of facts lets happen is tried in every state, and every rung of every clock that runs. A clock that
only reminds and records causes nothing, so that the search begins without it, and takes it up only
where nothing else counts. What is told apart is what some condition asks for; tiers that nobody
tells apart count as one. Of the clocks of a level only the present level's counts; at a level that
the issue comes back to it may have run out before.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from domain.clock_life import LEVEL_LEFT, told_facts
from domain.clock_rules import ClockRule, ClockScope, RungEffect
from domain.facts_possible import RING, Answer, Facts, Moment, Space, first_moments
from domain.handbook import Handbook
from domain.phases import Phase, Priority
from domain.problem import Problem
from domain.proof_clocks import NONE, StagedClock, visited_tiers
from domain.proof_space import RETARGETING, World, is_quiet, stages_of, world_of, worlds_of

STATES_MAX = 200_000
"""More joint states than this are not searched: the handbook is refused, not believed."""

BY_TIME_ALONE = frozenset(
    {RING, "issue_put_to_review", "sign_off_lapsed", "acknowledgement_expired"}
)
"""What only a rung brings about."""


class Joint(NamedTuple):
    """An issue at rest: its facts, and where each clock stands."""

    facts: Facts
    stands: tuple[int, ...]


class Tread(NamedTuple):
    """One event on a way through joint states; `rung` is the clock and the rung that fired."""

    event: str
    facts: Facts
    rung: tuple[str, str] | None = None


@dataclass(frozen=True)
class Lack:
    """A way to an open issue that misses `what` it must have, and the clock that had it last."""

    what: str
    clock: str | None
    path: tuple[Tread, ...]


@dataclass(frozen=True)
class Searched:
    """What a search came by. `lacks`: at most one way for each thing that can be missing."""

    states: int
    moments: int
    lacks: tuple[Lack, ...]
    whole: bool


DEADLINE, LAPSE, REVIEW = "deadline", "lapse", "unpark"
MESSAGES = {
    DEADLINE: ("I8", "an open issue without a deadline: no clock runs that has a rung to come"),
    LAPSE: (
        "R8.2",
        "the enterprise is asked and no clock runs that lapses its silence: whoever never answers "
        "keeps the issue open, and nobody may verify it",
    ),
    REVIEW: ("R11", "a parked issue that nothing brings back: no clock runs that unparks it"),
}


def searched(handbook: Handbook) -> Searched:
    """Return what an exhaustive search of all joint states finds."""
    found = [_searched(world) for world in worlds_of(handbook)]
    lacks: dict[str, Lack] = {}
    for lack in (lack for each in found for lack in each.lacks):
        lacks.setdefault(lack.what, lack)
    return Searched(
        states=sum(each.states for each in found),
        moments=sum(each.moments for each in found),
        lacks=tuple(lacks.values()),
        whole=all(each.whole for each in found),
    )


@lru_cache(maxsize=128)
def _searched(world: World) -> Searched:
    """Search with the clocks that cause something, then, as far as a deadline is lacking, with ever
    more of the quiet ones: those that still count at the end of a way. A way at whose end nothing
    counts is a real one."""
    within = {rule.id for rule in world.rules if not is_quiet(rule)}
    found = _Search(world.narrowed(within)).run()
    others = tuple(_in_full(lack, world) for lack in found.lacks if lack.what != DEADLINE)
    while True:
        lack = next((each for each in found.lacks if each.what == DEADLINE), None)
        if lack is None:
            return replace(found, lacks=others)
        shown = _borne_out(lack, world, within)
        if isinstance(shown, Lack):
            return replace(found, lacks=(shown, *others), whole=True)
        within |= shown
        found = _Search(world.narrowed(within)).run(until=DEADLINE)


def _in_full(lack: Lack, world: World) -> Lack:
    """Return a way as that of an issue of the first class, where classes were not told apart."""
    priority = next(iter(world.space.priorities), None)
    category = next(iter(world.space.categories), None)
    return replace(lack, path=_classed(lack.path, priority, category))


def _borne_out(lack: Lack, world: World, within: set[str]) -> Lack | set[str]:
    """Return a way with its facts told in full if no other clock has a rung to come at its end
    under some class of issue, else the clocks that do."""
    others = [rule for rule in world.rules if rule.id not in within]
    still: set[str] = set()
    for priority in world.space.priorities or (None,):
        for category in world.space.categories or (None,):
            path = _classed(lack.path, priority, category)
            ahead = {rule.id for rule in others if _is_ahead(rule, path)}
            if not ahead:
                return replace(lack, path=path)
            still |= ahead
    return still


def _classed(
    path: tuple[Tread, ...], priority: Priority | None, category: str | None
) -> tuple[Tread, ...]:
    """Return a way on which nobody told classes apart as that of an issue of this class."""
    whole = []
    for tread in path:
        facts = tread.facts
        facts = facts._replace(
            priority=facts.priority or priority, category=facts.category or category
        )
        whole.append(tread._replace(facts=facts))
    return tuple(whole)


def _is_ahead(rule: ClockRule, path: Iterable[Tread]) -> bool:
    """Return whether a clock has a rung to come at the end of a way on which none of its rang."""
    clock = StagedClock(rule, stages_of(rule))
    stand = NONE
    for tread in path:
        stand = clock.table(Moment(tread.event, tread.facts))[stand]
    return clock.ahead(stand)


def deadline_problems(handbook: Handbook) -> Iterator[Problem]:
    """Name what an open issue can come to lack, each with a shortest way there."""
    found = searched(handbook)
    world = world_of(handbook)
    for lack in found.lacks:
        rule, message = MESSAGES[lack.what]
        yield Problem(
            key="clocks" if lack.clock is None else f"clocks.{lack.clock}",
            rule=rule,
            message=message,
            counter_example=told_path(climbed(lack.path, world), world.space),
        )
    if not found.whole:
        yield Problem(
            key="clocks",
            rule="I8",
            message=f"not proved: the clocks come to more than {STATES_MAX} states together",
            counter_example=f"{found.states} states were searched, each with its own way there",
        )


def climbed(path: Iterable[Tread], world: World) -> tuple[Tread, ...]:
    """Return a way with each tier named, where the search has let one stand for several."""
    whole: list[Tread] = []
    tier, before = 1, None
    for tread in path:
        low = tread.facts.tier
        if low is not None:
            if low != before:
                tier = low
            elif tread.event == "issue_escalated":
                tier = min(tier + 1, world.top)
            elif tread.event == "issue_deescalated":
                tier = max(tier - 1, low)
            before = low
            tread = tread._replace(facts=tread.facts._replace(tier=tier))  # noqa: PLW2901
        whole.append(tread)
    return tuple(whole)


def told_path(path: Iterable[Tread], space: Space) -> str:
    """Return a way in words: what happened, in order, and what was true after it."""
    return " → ".join(
        f"{each.event}{'' if each.rung is None else ' ' + '.'.join(each.rung)} "
        f"({told_facts(each.facts, space)})"
        for each in path
    )


class _Search:
    """A breadth-first search of the joint states of some clocks."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.asked = world.asked
        self.clocks = [StagedClock(rule, stages_of(rule)) for rule in world.rules]
        self.visited = visited_tiers(world)
        self.clocks += self.visited
        self.came_by: dict[Joint, tuple[Joint | None, tuple[Tread, ...]]] = {}
        self.next_of: dict[Facts, list[Moment]] = {}
        self.tables: dict[Moment, list[tuple[int, ...]]] = {}
        self.lacks: dict[str, Lack] = {}

    def run(self, until: str | None = None) -> Searched:
        """Search everything, or until so much is found lacking."""
        ahead: list[Joint] = []
        rest = (NONE,) * len(self.clocks)
        for moment in first_moments(self.world.space):
            self._reach(None, Joint(moment.facts, rest), [Tread(*moment)], [moment], ahead)
        at = 0
        while at < len(ahead) and len(self.came_by) <= STATES_MAX and until not in self.lacks:
            joint = ahead[at]
            at += 1
            for moment in self._free(joint.facts):
                self._reach(joint, joint, [Tread(*moment)], [moment], ahead)
            for place, clock in enumerate(self.clocks):
                if clock.ahead(joint.stands[place]):
                    self._ring(joint, place, ahead)
        return Searched(
            states=len(self.came_by),
            moments=len(self.tables),
            lacks=tuple(self.lacks.values()),
            whole=at == len(ahead),
        )

    def _reach(
        self,
        before: Joint | None,
        start: Joint,
        treads: list[Tread],
        moments: list[Moment],
        ahead: list[Joint],
    ) -> None:
        """Let moments happen in one step; keep where they lead, and look what is lacking there."""
        for stands in self._after(start.stands, moments):
            joint = Joint(moments[-1].facts, stands)
            if joint not in self.came_by:
                self.came_by[joint] = before, tuple(treads)
                ahead.append(joint)
                self._look(joint)

    def _after(self, stands: tuple[int, ...], moments: list[Moment]) -> Iterator[tuple[int, ...]]:
        """Yield where the clocks stand after moments. Another class may give a clock that has run
        out a new deadline (R3.1), or not; a level that was left may have run out (R5.6), or not."""
        been = 0
        for moment in moments:
            been = stands[-1] if self.visited else 0
            tables = self.tables.get(moment)
            if tables is None:
                tables = self.tables[moment] = [clock.table(moment) for clock in self.clocks]
            stands = tuple([table[stand] for table, stand in zip(tables, stands, strict=True)])
        yield stands
        event = moments[-1].event
        if event in RETARGETING:
            for place, clock in enumerate(self.clocks):
                if stands[place] == clock.spent and len(clock.rule.budgets) > 1:
                    yield (*stands[:place], 1, *stands[place + 1 :])
        if event in LEVEL_LEFT and any(v.bit(moments[-1].facts.tier) & been for v in self.visited):
            for place, clock in enumerate(self.clocks[:-1]):
                if clock.rule.scope is ClockScope.LEVEL:
                    yield (*stands[:place], clock.spent, *stands[place + 1 :])

    def _free(self, facts: Facts) -> list[Moment]:
        """Return what can happen by an act, one of those that no clock tells apart."""
        found = self.next_of.get(facts)
        if found is None:
            apart: dict[tuple[str, Facts], Moment] = {}
            for moment in self.world.following(facts):
                if moment.event not in BY_TIME_ALONE:
                    label = moment.event if moment.event in self.asked else ""
                    apart.setdefault((label, moment.facts), moment)
            found = self.next_of[facts] = list(apart.values())
        return found

    def _ring(self, joint: Joint, place: int, ahead: list[Joint]) -> None:
        """Let a clock's next rung fire, with its effect, in one step."""
        clock, stand = self.clocks[place], joint.stands[place]
        name, effect, repeats = clock.effects[stand - 1]
        ring = Moment(RING, joint.facts)
        tread = Tread(RING, joint.facts, (clock.rule.id, name))
        for following_stand in {stand + 1, stand if repeats else stand + 1}:
            stands = (*joint.stands[:place], following_stand, *joint.stands[place + 1 :])
            start = Joint(joint.facts, stands)
            for effects in self.world.effects_of(effect, joint.facts):
                treads = [tread, *(Tread(*moment) for moment in effects)]
                self._reach(joint, start, treads, [ring, *effects], ahead)

    def _look(self, joint: Joint) -> None:
        facts = joint.facts
        if facts.phase is Phase.CLOSED:
            return
        if not any(c.ahead(s) for c, s in zip(self.clocks, joint.stands, strict=True)):
            self._lacks(DEADLINE, joint)
        if facts.phase is Phase.SIGN_OFF and facts.answer is Answer.NONE:
            self._needs(LAPSE, RungEffect.LAPSE, joint)
        if facts.phase is Phase.PARKED:
            self._needs(REVIEW, RungEffect.UNPARK, joint)

    def _needs(self, what: str, effect: RungEffect, joint: Joint) -> None:
        both = zip(self.clocks, joint.stands, strict=True)
        if not any(clock.coming(stand, effect) for clock, stand in both):
            self._lacks(what, joint)

    def _lacks(self, what: str, joint: Joint) -> None:
        if what in self.lacks:
            return
        path: list[Tread] = []
        at: Joint | None = joint
        while at is not None:
            at, treads = self.came_by[at]
            path = [*treads, *path]
        self.lacks[what] = Lack(what, self._last(what, joint), tuple(path))

    def _last(self, what: str, joint: Joint) -> str | None:
        """Return the clock that had what is missing until the last step, if one had."""
        before = self.came_by[joint][0]
        if before is None:
            return None
        wanted = {LAPSE: RungEffect.LAPSE, REVIEW: RungEffect.UNPARK}.get(what)
        both = list(zip(self.clocks, before.stands, strict=True))
        if wanted is None:
            having = [clock for clock, stand in both if clock.ahead(stand)]
        else:
            having = [clock for clock, stand in both if clock.coming(stand, wanted)]
            having += [c for c in self.clocks if any(each[1] is wanted for each in c.effects)]
        return next((clock.rule.id for clock in having), None)
