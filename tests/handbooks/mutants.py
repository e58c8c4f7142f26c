"""Systematic changes of a handbook, each a small mistake that an editor could make."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from domain.clock_rules import RungEffect
from domain.handbook import Handbook

Data = dict[str, Any]
Path = tuple[str | int, ...]
Change = tuple[str, Path, Any]
DROP = object()
"""In the place of a value: what stands there goes."""
MOVES = ("start", "stop", "cancel", "reset", "pause")
SETTINGS = ("ladder", "dispatch", "parking", "extensions", "emergency", "green_channel")
TENFOLD = 10
LENGTHS = ("minutes", "days")


class Mutant(NamedTuple):
    """A change to a zone's handbook: where, and what stands there then."""

    zone: str
    change: str
    path: Path
    value: Any

    @property
    def kind(self) -> tuple[str, ...]:
        """Return which section it changes; of clocks and of supervision, which field."""
        names = tuple(step for step in self.path if isinstance(step, str))
        return names[:2] if names[0] in ("clocks", "supervision") else names[:1]

    def of(self, handbook: Handbook) -> Data:
        """Return the handbook's data with the change made."""
        whole: Data = handbook.model_dump(mode="json")
        at: Any = whole
        for step in self.path[:-1]:
            at = at[step]
        if self.value is DROP:
            del at[self.path[-1]]
        else:
            at[self.path[-1]] = self.value
        return whole


def mutants(handbook: Handbook) -> Iterator[Mutant]:
    """Yield every mutant of a handbook, in order."""
    data = handbook.model_dump(mode="json")
    for change, path, value in (
        *_of_clocks(data),
        *_of_people(data),
        *_of_routes(data),
        *_of_rules(data),
        *_of_supervision(data),
    ):
        yield Mutant(handbook.zone, change, path, value)


def _of_clocks(data: Data) -> Iterator[Change]:
    for place, rule in enumerate(data["clocks"]):
        at, name = ("clocks", place), rule["id"]
        yield f"{name} dropped", at, DROP
        for number, rung in enumerate(rule["rungs"]):
            yield f"{name}: rung {rung['id']} dropped", (*at, "rungs", number), DROP
            for effect in RungEffect:
                if effect != rung["effect"]:
                    what = f"{name}: {rung['id']} has effect {effect}"
                    yield what, (*at, "rungs", number, "effect"), effect.value
        for number, budget in enumerate(rule["budgets"]):
            for length in LENGTHS:
                if length in budget["duration"]:
                    more = budget["duration"][length] * TENFOLD
                    where: Path = (*at, "budgets", number, "duration", length)
                    yield f"{name}: budget {number} tenfold", where, more
        yield from _of_conditions(rule, at)


def _of_conditions(rule: Data, at: Path) -> Iterator[Change]:
    name = rule["id"]
    for move in MOVES:
        for number, condition in enumerate(rule.get(move, ())):
            where = (*at, move, number)
            yield f"{name}: {move}.{number} dropped", where, DROP
            for asked, value in condition.items():
                if value in ([], None):
                    continue
                yield f"{name}: {move}.{number} without its {asked}", (*where, asked), DROP
                if isinstance(value, list) and len(value) > 1:
                    for spot, each in enumerate(value):
                        gone = f"{name}: {move}.{number} without {each}"
                        yield gone, (*where, asked, spot), DROP
        if rule.get(move):
            yield f"{name}: no {move}", (*at, move), []


def _of_people(data: Data) -> Iterator[Change]:
    for place, post in enumerate(data["posts"]):
        at, name = ("posts", place), post["id"]
        yield f"post {name} dropped", at, DROP
        for field in ("people", "assignments", "roles"):
            if post.get(field):
                yield f"post {name}: no {field}", (*at, field), []
        for field in ("people", "assignments"):
            for number in range(len(post.get(field, ()))):
                if len(post[field]) > 1:
                    yield f"post {name}: one of its {field} gone", (*at, field, number), DROP
        for field in ("unit", "roster", "tier"):
            if post.get(field) is not None:
                yield f"post {name}: no {field}", (*at, field), None
    for place, roster in enumerate(data.get("rosters", ())):
        for number in range(len(roster["shifts"])):
            shift: Path = ("rosters", place, "shifts", number)
            yield f"roster {roster['id']}: shift {number} dropped", shift, DROP
    yield from _of_delegations(data)
    yield from _of_tiers(data)


def _of_delegations(data: Data) -> Iterator[Change]:
    for place, each in enumerate(data.get("delegations", ())):
        yield f"delegation {each['id']} dropped", ("delegations", place), DROP
        if "commands" in each:
            everything = f"delegation {each['id']} for everything"
            yield everything, ("delegations", place, "commands"), DROP


def _of_tiers(data: Data) -> Iterator[Change]:
    for place, tier in enumerate(data["tiers"]):
        at, name = ("tiers", place), tier["id"]
        for field, others in (
            ("on_empty", ("next", "hold_and_alarm", None)),
            ("on_timeout", ("next", "top", "review", None)),
            ("reopens_max", (0, 20, None)),
        ):
            for other in others:
                if tier.get(field) != other and "fallback" not in tier:
                    yield f"tier {name}: {field} is {other}", (*at, field), other


def _of_routes(data: Data) -> Iterator[Change]:
    rows = data.get("routing", [])
    for place, row in enumerate(rows):
        yield f"row {row['id']} dropped", ("routing", place), DROP
        first = [row, *rows[:place], *rows[place + 1 :]]
        if place:
            yield f"row {row['id']} first", ("routing",), first
        for field in ("categories", "priorities", "origins", "lists", "segments", "tiers"):
            if row.get(field):
                yield f"row {row['id']} asks no {field}", ("routing", place, field), []
    for place, category in enumerate(data["categories"]):
        if category.get("units"):
            yield f"category {category['id']} of nobody", ("categories", place, "units"), []


def _of_rules(data: Data) -> Iterator[Change]:
    for place, notice in enumerate(data["notices"]):
        yield f"notice {place} on {notice['on']} dropped", ("notices", place), DROP
    for name in SETTINGS:
        rule = data.get(name)
        if rule is None:
            continue
        yield f"no {name}", (name,), None
        for field, value in rule.items():
            if isinstance(value, int):
                yield f"{name}: {field} is 1", (name, field), 1
                yield f"{name}: {field} is 20", (name, field), 20
            if isinstance(value, list) and len(value) > 1:
                for number in range(len(value)):
                    gone = f"{name}: one of its {field} gone"
                    yield gone, (name, field, number), DROP
    if data.get("dispatch") is not None:
        for post in data["posts"]:
            if post.get("unit") is not None:
                named = f"dispatch: {post['id']} alone is the arbiter"
                yield named, ("dispatch", "arbiters"), [post["id"]]
                bound = f"dispatch: {post['unit']} is bound"
                yield bound, ("dispatch", "fallback"), post["unit"]


def _of_supervision(data: Data) -> Iterator[Change]:
    rule = data.get("supervision")
    if rule is None:
        return
    ids = [each["id"] for each in rule["instruments"]]
    for place, each in enumerate(rule["instruments"]):
        at = ("supervision", "instruments", place)
        yield f"instrument {each['id']} dropped", at, DROP
        yield f"instrument {each['id']}: no roles", (*at, "roles"), []
        if each.get("limit") is not None:
            for other in ids:
                yield f"instrument {each['id']} → {other}", (*at, "on_timeout"), other
    if rule.get("warnings") is not None:
        for tier in range(1, len(data["tiers"]) + 1):
            where = ("supervision", "warnings", "appeal_to_tier")
            yield f"appeals go to tier {tier}", where, tier
