"""Draws of closed issues whose enterprises are called back: recorded, and drawn again (R8.5)."""

import secrets
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from desk.desk import Desk
from domain.canonical import canonical
from domain.commands import Submission
from domain.commands_of_callbacks import RecordDraw
from domain.days import zone_of
from domain.drawing import (
    CHOSEN,
    DRAWN_MAX,
    METHOD,
    METHODS,
    POPULATION_MAX,
    CloseOut,
    Drawing,
    draw,
    drawn_count,
)
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.model import Code, Frozen, Key, Moment, to_millisecond
from domain.people import ENGINE, Engine, Officer
from domain.permissions import Setting, officer_post
from domain.phases import CallbackAnswer
from domain.procedures import CallbackRule
from domain.staffing import Role
from domain.terms import Terms
from ledger.draws import DrawRow
from ledger.port import IssueRow, Ledger

DRAWING_ROLES = (Role.COORDINATOR, Role.SUPERVISOR)
COMMAND = "draw_callbacks"
"""What a delegation has to name for a deputy to draw."""
PAGE = 500
SEED_BYTES = 16
REMEMBERED_MAX = 100_000
"""So many issues that came up in draws are remembered by a process."""
_REMEMBERED: WeakKeyDictionary[Ledger, OrderedDict[DrawRow, tuple[str, ...]]] = WeakKeyDictionary()


class Asked(Frozen):
    """A draw as somebody asks for it. Without a `seed` it is that of the draw of this id, or else
    one that nobody chose; that it was chosen is kept with the draw."""

    id: Key
    zone: Code
    from_at: Moment
    to_at: Moment
    seed: Code | None = None


@dataclass(frozen=True, slots=True)
class Callbacks:
    """A draw and what has come of it so far. `missing`: drawn issues that were not told of it yet.
    `over_limit`: issues that were, and have come up in as many draws as they may."""

    row: DrawRow
    issues: int
    agree: int
    disagree: int
    not_reached: int
    missing: int
    over_limit: int

    @property
    def answered(self) -> int:
        """Return how many enterprises have said something."""
        return self.agree + self.disagree

    @property
    def waiting(self) -> int:
        """Return how many nobody has called yet."""
        called = self.answered + self.not_reached
        return self.issues - called - self.missing - self.over_limit

    @property
    def agreement_percent(self) -> float | None:
        """Return the share of those who answered that agreed with their sign-off."""
        return round(100 * self.agree / self.answered, 1) if self.answered else None


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a draw came to. `recorded`: the issues that were told of it by this very call."""

    row: DrawRow
    lots: dict[str, str]
    recorded: int
    repeated: bool


@dataclass(frozen=True, slots=True)
class Redrawn:
    """A recorded draw drawn again: what differs, the lots that issues have recorded among it, and
    which drawn issues have no event of it: those that were not told, and those that were, and have
    come up in as many draws as they may."""

    row: DrawRow
    lots: dict[str, str]
    differences: tuple[str, ...]
    missing: tuple[str, ...]
    over_limit: tuple[str, ...]


class CallbackDesk:
    """Draws closed issues, and says what has come of it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def draw(self, asked: Asked, actor: Officer) -> Drawn:
        """Draw, keep the draw, and tell every drawn issue. The same again is a repeat, and goes on
        where a crash stopped it. Raises IssueError."""
        at = to_millisecond(self._desk.clock.now())
        terms = await self._desk.shelf.current(asked.zone, at)
        _require_drawer(terms, actor, at)
        return await self._drawn(asked, terms, actor, at)

    async def draw_by_routine(self, asked: Asked) -> Drawn:
        """Draw as the engine, where the handbook's routine says so. Raises IssueError."""
        at = to_millisecond(self._desk.clock.now())
        terms = await self._desk.shelf.current(asked.zone, at)
        return await self._drawn(asked, terms, ENGINE, at)

    async def _drawn(
        self, asked: Asked, terms: Terms, actor: Officer | Engine, at: datetime
    ) -> Drawn:
        kept = await self._desk.ledger.drawing(asked.id)
        repeated = kept is not None
        if kept is None:
            kept, repeated = await self._kept(asked, terms, actor, at)
        _require_same(asked, kept)
        lots = (await self._again(kept)).issues
        recorded = 0
        for stream, number in lots.items():
            recorded += await self._told(kept, stream, number)
        return Drawn(kept, lots, recorded, repeated)

    async def redraw(self, id_: str) -> Redrawn:
        """Draw a recorded draw again and compare. Writes nothing. Raises InvalidRequestError."""
        row = await self._desk.ledger.drawing(id_)
        if row is None:
            raise InvalidRequestError(
                "No draw is recorded under this id.",
                field="id",
                value=id_,
                allowed="an id of `closeout callback list`",
            )
        again = await self._again(row)
        rule = CallbackRule(percent=row.percent, at_least=row.at_least)
        pairs = {
            "method": (row.method, row.method if row.method in METHODS else METHOD),
            "population": (row.population, again.population),
            "population_hash": (row.population_hash, again.population_hash),
            "drawn": (row.drawn, drawn_count(rule, again.population)),
        }
        differences = [
            f"{name}: recorded {was}, drawn again {now}"
            for name, (was, now) in pairs.items()
            if was != now
        ]
        lots = await self._desk.ledger.lots(row.zone, row.id)
        if again.population_hash == row.population_hash:
            # Else every lot is another: each is drawn from the hash.
            differences += _lots_that_differ(again.issues, lots)
        told = {stream for stream, _ in lots}
        untold = [stream for stream in again.issues if stream not in told]
        over_limit = await self._over_limit(row, untold)
        missing = tuple(stream for stream in untold if stream not in over_limit)
        return Redrawn(row, again.issues, tuple(differences), missing, over_limit)

    async def draws(self, zone: str, *, limit: int) -> list[Callbacks]:
        """Return the newest draws of a zone with their answers. Raises UnknownZoneError."""
        await self._desk.shelf.current(zone, to_millisecond(self._desk.clock.now()))
        rows = await self._desk.ledger.draws(zone, limit=limit)
        return [await self._counted(row) for row in rows]

    async def _kept(
        self, asked: Asked, terms: Terms, actor: Officer | Engine, at: datetime
    ) -> tuple[DrawRow, bool]:
        """Keep a new draw. Of two under one id at one moment the first stays."""
        rule = _require_rule(terms)
        _require_period(asked, at)
        horizon = await self._desk.ledger.safe_position()
        population = await self._population(asked.zone, asked.from_at, asked.to_at, horizon)
        count = drawn_count(rule, len(population))
        if count > DRAWN_MAX:
            raise _too_many("drawn", count, DRAWN_MAX)
        seed = asked.seed or secrets.token_hex(SEED_BYTES)
        drawing = draw(population, seed, count)
        row = DrawRow(
            id=asked.id,
            zone=asked.zone,
            seed=seed,
            from_at=asked.from_at,
            to_at=asked.to_at,
            horizon=horizon,
            percent=rule.percent,
            at_least=rule.at_least,
            population=drawing.population,
            population_hash=drawing.population_hash,
            drawn=len(drawing.drawn),
            method=METHOD if asked.seed is None else CHOSEN,
            drawn_at=at,
            actor=canonical(actor),
        )
        if await self._desk.ledger.put_draw(row):
            return row, False
        first = await self._desk.ledger.drawing(asked.id)
        return first or row, True

    async def _again(self, row: DrawRow) -> Drawing:
        population = await self._population(row.zone, row.from_at, row.to_at, row.horizon)
        return draw(population, row.seed, row.drawn)

    async def _population(
        self, zone: str, from_at: datetime, to_at: datetime, horizon: int
    ) -> list[CloseOut]:
        found = await self._desk.ledger.close_outs(
            zone, from_at, to_at, horizon=horizon, limit=POPULATION_MAX + 1
        )
        if len(found) > POPULATION_MAX:
            raise _too_many("population", f"more than {POPULATION_MAX}", POPULATION_MAX)
        return found

    async def _told(self, row: DrawRow, stream: str, number: str) -> bool:
        """Tell an issue that it came up; return whether that was new to it."""
        zone, _, key = stream.partition("/")
        result = await self._desk.record_draw(
            Submission(
                id=_telling(row, stream),
                zone=zone,
                key=key,
                actor=ENGINE,
                command=RecordDraw(draw=row.id, lot=number),
            )
        )
        return not result.repeated and bool(result.events)

    async def _over_limit(self, row: DrawRow, streams: Sequence[str]) -> tuple[str, ...]:
        """Return those that were told of the draw and have no event of it."""
        found: set[str] = set()
        for first in range(0, len(streams), PAGE):
            ids = [_telling(row, stream) for stream in streams[first : first + PAGE]]
            found |= await self._desk.ledger.without_events(ids)
        return tuple(stream for stream in streams if _telling(row, stream) in found)

    async def _streams(self, row: DrawRow) -> tuple[str, ...]:
        """Return the issues that came up. What a draw is made from never changes: it is drawn again
        once, to be counted, and remembered; whoever doubts it asks `redraw`."""
        known = _REMEMBERED.setdefault(self._desk.ledger, OrderedDict())
        if row in known:
            known.move_to_end(row)
            return known[row]
        found = tuple((await self._again(row)).issues)
        known[row] = found
        while len(known) > 1 and sum(map(len, known.values())) > REMEMBERED_MAX:
            known.popitem(last=False)
        return found

    async def _counted(self, row: DrawRow) -> Callbacks:
        streams = await self._streams(row)
        answer_of = {
            each.issue.stream: callback.answer
            for each in await self._issues(streams)
            for callback in each.issue.callbacks
            if callback.draw == row.id
        }
        answers = list(answer_of.values())
        untold = [stream for stream in streams if stream not in answer_of]
        over_limit = await self._over_limit(row, untold)
        return Callbacks(
            row=row,
            issues=len(streams),
            agree=answers.count(CallbackAnswer.AGREES),
            disagree=answers.count(CallbackAnswer.DISAGREES),
            not_reached=answers.count(CallbackAnswer.NOT_REACHED),
            missing=len(untold) - len(over_limit),
            over_limit=len(over_limit),
        )

    async def _issues(self, streams: Sequence[str]) -> Sequence[IssueRow]:
        pages = [streams[first : first + PAGE] for first in range(0, len(streams), PAGE)]
        return [row for page in pages for row in await self._desk.ledger.issues(page)]


def _telling(row: DrawRow, stream: str) -> str:
    """Return the id of the command that tells an issue of a draw."""
    return f"draw:{row.id}/{stream}"


def _lots_that_differ(again: dict[str, str], recorded: Sequence[tuple[str, str]]) -> list[str]:
    """Return the issues whose own event says another lot, or that did not come up at all."""
    return [
        f"{stream}: recorded lot {was}, drawn again {again.get(stream, 'without it')}"
        for stream, was in recorded
        if again.get(stream) != was
    ]


def _require_drawer(terms: Terms, actor: Officer, at: datetime) -> None:
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    held = officer_post(actor, Setting(handbook=terms.handbook, local=local, command=COMMAND))
    if not set(held.roles).intersection(DRAWING_ROLES):
        raise NotPermittedError(
            "This post may not draw issues for callbacks.",
            field="actor.post",
            value=held.id,
            allowed=[
                post.id
                for post in terms.handbook.posts
                if set(post.roles).intersection(DRAWING_ROLES)
            ],
        )


def _require_rule(terms: Terms) -> CallbackRule:
    rule = terms.handbook.callbacks
    if rule is None:
        raise InvalidRequestError(
            "The zone's handbook knows no callbacks.",
            field="zone",
            value=terms.handbook.zone,
            allowed="a zone whose handbook has [callbacks]",
        )
    return rule


def _require_period(asked: Asked, at: datetime) -> None:
    if asked.from_at >= asked.to_at:
        raise InvalidRequestError(
            "The period is empty.",
            field="to",
            value=asked.to_at.isoformat(),
            allowed=f"later than {asked.from_at.isoformat()}",
        )
    if asked.to_at > at:
        raise InvalidRequestError(
            "The period is not over.",
            field="to",
            value=asked.to_at.isoformat(),
            allowed=f"at most {at.isoformat()}",
        )


def _require_same(asked: Asked, kept: DrawRow) -> None:
    """An id stands for one draw."""
    pairs = {
        "zone": (asked.zone, kept.zone),
        "from": (asked.from_at, kept.from_at),
        "to": (asked.to_at, kept.to_at),
        "seed": (asked.seed or kept.seed, kept.seed),
    }
    differing = [name for name, (now, was) in pairs.items() if now != was]
    if differing:
        raise ConflictError(
            f"This id stands for a draw with another {', '.join(differing)}.",
            field="id",
            value=asked.id,
            allowed="a new id for a new draw",
        )


def _too_many(field: str, value: object, most: int) -> InvalidRequestError:
    return InvalidRequestError(
        "Too many close-outs for one draw.",
        field=field,
        value=value,
        allowed=f"at most {most}: a shorter period",
    )
