"""Rules of a handbook in words: lengths, rungs, conditions, and whatever else a field may say."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeGuard, assert_never

from pydantic import BaseModel

from console import templating
from console.texts import has, said
from desk.notice_templates import words
from domain.clock_rules import BudgetRule, Condition, RungRule
from domain.durations import Duration, NaturalDays, OpenHours, Wall, WorkingDays
from domain.handbook import Handbook
from domain.model import Name
from face.words import Language

MINUTE_MS: Final = 60_000
LENGTHS: Final = (Wall, OpenHours, WorkingDays, NaturalDays)
REFERS_TO: Final = {
    "arbiters": "posts",
    "areas": "areas",
    "categories": "categories",
    "clocks": "clocks",
    "clock": "clocks",
    "from_list": "lists",
    "grids": "grids",
    "inspectors": "posts",
    "instruments": "instruments",
    "lead": "clocks",
    "lists": "lists",
    "not_on": "lists",
    "objection": "clocks",
    "on_timeout": "instruments",
    "overdue": "clocks",
    "part": "clocks",
    "post": "posts",
    "posts": "posts",
    "promise": "clocks",
    "refusal": "clocks",
    "replaces": "clocks",
    "review": "clocks",
    "ruling": "clocks",
    "segments": "segments",
    "silence_by": "clocks",
    "team": "teams",
    "total": "clocks",
    "unit": "units",
    "units": "units",
}
"""Of which table the code in a field of a rule is a row; others stand as they are written."""
TIER_FIELDS: Final = frozenset({"tier", "tiers", "from_tier", "appeal_to_tier"})


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says what a handbook has in it, by its own names and in one language."""

    book: Handbook
    language: Language
    _names: dict[str, dict[str, Name]] = field(default_factory=dict, compare=False, repr=False)

    def said(self, name: str, **values: object) -> str:
        """Return a text."""
        return said(name, self.language, **values)

    def name(self, name: Name) -> str:
        """Return a name."""
        return templating.of(name, self.language)

    def called(self, table: str, code: str) -> str:
        """Return what a row is called, by its code; the code itself where there is no such row."""
        if table not in self._names:
            self._names[table] = {row.id: row.name for row in self._rows(table)}
        name = self._names[table].get(code)
        return code if name is None else self.name(name)

    def tier(self, level: int) -> str:
        """Return what a level of the chain is called."""
        return self.name(self.book.tiers[level - 1].name) if level <= self.book.top_tier else "?"

    def label(self, field: str) -> str:
        """Return what a field of a rule is called."""
        name = f"handbook_field.{field}"
        return self.said(name) if has(name) else field.replace("_", " ")

    def value(self, value: StrEnum | str) -> str:
        """Return one of the fixed words."""
        name = f"handbook_value.{value}"
        return self.said(name) if has(name) else str(value)

    def event(self, kind: str) -> str:
        """Return what an event is called, as notices call it."""
        return words(self.language).get(f"what.{kind}", kind)

    def join(self, parts: list[str]) -> str:
        """Return some words one behind the other."""
        return self.said("handbook.comma").join(parts)

    def length(self, length: Duration) -> str:
        """Return a length of time, with when it ends where that is not the plain way."""
        match length:
            case Wall() | OpenHours():
                time = templating.length(length.minutes * MINUTE_MS, self.language)
                if isinstance(length, OpenHours):
                    time = self._open_time(length.minutes)
                return self.said(f"handbook_length.{length.kind}", time=time)
            case WorkingDays() | NaturalDays():
                told = self.said(f"handbook_length.{length.kind}", n=length.days)
                fine = [
                    *(["same_time"] if length.due == "same_time" else []),
                    *(["today"] if length.count_from == "today" else []),
                ]
                extra = self.join([self.said(f"handbook_length.{each}") for each in fine])
                return told + (self.said("handbook_length.fine", fine=extra) if fine else "")
            case _:
                assert_never(length)

    def _open_time(self, minutes: int) -> str:
        """Opening hours are never told in days: a day of them is not 24."""
        hours, left = divmod(minutes, 60)
        parts = [("hours", hours), ("minutes", left)]
        return " ".join(self.said(f"length.{unit}", n=n) for unit, n in parts if n)

    def rung(self, rung: RungRule) -> str:
        """Return where a rung stands on its clock, and what it does."""
        if rung.percent is not None:
            name, time = ("due" if rung.is_due_itself else "percent"), str(rung.percent)
        elif rung.before is not None:
            name, time = "before", self.length(rung.before)
        elif rung.after is not None:
            name, time = "after", self.length(rung.after)
        elif rung.every is not None:
            name, time = "every", self.length(rung.every)
        else:  # the rule itself refuses a rung that says no place
            name, time = "due", ""
        place = self.said(f"handbook_rung.{name}", time=time, n=rung.times or 0)
        return self.said("handbook_rung.then", place=place, effect=self.value(rung.effect))

    def budget(self, budget: BudgetRule) -> str:
        """Return a budget, and to what it applies."""
        asked = [
            *([self.value(budget.priority)] if budget.priority else []),
            *([self.tier(budget.tier)] if budget.tier is not None else []),
            *(self.called("categories", each) for each in budget.categories),
        ]
        length = self.length(budget.duration)
        if not asked:
            return length
        return self.said("handbook.if_so", then=length, asked=self.join(asked))

    def condition(self, condition: Condition) -> str:
        """Return one condition: all that is in it has to hold."""
        asked = [
            ("events", [self.event(each) for each in condition.events]),
            ("phases", [self.value(each) for each in condition.phases]),
            ("parts", [self.value(f"part_{each}") for each in condition.parts]),
            ("waiting", [self.value(each) for each in condition.waiting]),
            ("tiers", [self.tier(each) for each in condition.tiers]),
            ("priorities", [self.value(each) for each in condition.priorities]),
            ("categories", [self.called("categories", each) for each in condition.categories]),
        ]
        told = [
            self.said(f"handbook_condition.{name}", what=self.said("handbook.or").join(each))
            for name, each in asked
            if each
        ]
        if condition.paused is not None:
            told.append(
                self.said(f"handbook_condition.{'paused' if condition.paused else 'not_paused'}")
            )
        return self.said("handbook.and").join(told)

    def fields(self, value: object) -> Iterator[tuple[str, str]]:
        """Yield what a rule says, field by field, each with what the field is called; what is left
        out says nothing."""
        if not _is_rule(value):
            return
        for name in type(value).model_fields:
            inner = getattr(value, name)
            if inner not in (None, ()) and name not in ("id", "source"):
                yield from self._field(self.label(name), name, inner)

    def lines(self, value: object) -> Iterator[str]:
        """Yield the same, a line a field."""
        for label, told in self.fields(value):
            yield self.said("handbook.line", label=label, value=told)

    def row(self, row: BaseModel) -> str:
        """Return a row of a table in one line: its name, if it has one, and what else it says."""
        named = getattr(row, "name", None)
        told = [line for line in self.lines(row) if not line.startswith(self.label("name"))]
        if not isinstance(named, Name):
            return self.join(list(self.lines(row)))
        return self.name(named) + (f" ({self.join(told)})" if told else "")

    def _field(self, label: str, name: str, inner: object) -> Iterator[tuple[str, str]]:
        if _is_rule(inner):
            for below, told in self.fields(inner):
                yield self.said("handbook.within", label=label, line=below), told
        elif isinstance(inner, tuple) and all(_is_rule(each) for each in inner):
            for number, each in enumerate(inner, 1):
                yield f"{label} {number}", self.row(each)
        else:
            yield label, self.plain(inner, name)

    def plain(self, value: object, where: str) -> str:
        """Return one value in words."""
        match value:
            case Wall() | OpenHours() | WorkingDays() | NaturalDays():
                return self.length(value)
            case Name():
                return self.name(value)
            case bool():
                return self.said("shell.yes" if value else "shell.no")
            case tuple():
                return self.join([self.plain(each, where) for each in value])
            case int() if where in TIER_FIELDS:
                return self.tier(value)
            case StrEnum():
                return self.value(value)
            case str():
                return self._named(value, where)
            case _:
                return self.said("shell.none") if value is None else str(value)

    def _named(self, code: str, where: str) -> str:
        """Return a code as what it is the code of, by the field that it stands in."""
        if where == "on":
            return self.event(code)
        if where == "fallback":
            post = self.called("posts", code)
            return post if post != code else self.called("units", code)
        return self.called(REFERS_TO[where], code) if where in REFERS_TO else code

    def _rows(self, table: str) -> tuple[Any, ...]:
        if table == "instruments":
            rule = self.book.supervision
            return () if rule is None else rule.instruments
        rows: tuple[Any, ...] = getattr(self.book, table)
        return rows


def _is_rule(value: object) -> TypeGuard[BaseModel]:
    """Return whether a value has fields of its own to tell, and is no length and no name."""
    return isinstance(value, BaseModel) and not isinstance(value, (*LENGTHS, Name))
