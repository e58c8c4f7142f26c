"""Warnings counted per unit and period by a versioned rule (R11).

The first ground that fits a fact says what it is worth. The same facts and the same rule make the
same count, in whatever order the facts come. What was annulled stays in sight and counts nothing.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import assert_never

from domain.days import ONE_DAY, zone_of
from domain.errors import InvalidRequestError
from domain.handbook import Handbook
from domain.model import Code, Frozen
from domain.responsibility import Holder
from domain.supervision_rules import Card, Ground, Period, WarningFact, WarningRule
from domain.warning_facts import Fact

FORMS = {
    Period.MONTH: "YYYY-MM, such as 2026-11",
    Period.QUARTER: "YYYY-Qn, such as 2026-Q4",
    Period.YEAR: "YYYY, such as 2026",
}
"""How a period is written."""

_WRITTEN = {
    Period.MONTH: re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])"),
    Period.QUARTER: re.compile(r"([0-9]{4})-Q([1-4])"),
    Period.YEAR: re.compile(r"([0-9]{4})"),
}
_MONTHS = {Period.MONTH: 1, Period.QUARTER: 3, Period.YEAR: 12}
FIRST_YEAR, LAST_YEAR = 2000, 2999
MORE_THAN_A_MONTH = timedelta(days=31)


class Span(Frozen):
    """A period in local days, from the first to the last, both included."""

    name: str
    period: Period
    from_on: date
    to_on: date


class Warned(Frozen):
    """One fact, the ground that it counts by and its points: none once it is annulled."""

    fact: Fact
    ground: Code
    points: int


class Tally(Frozen):
    """What one unit, or post without a unit, has in a period. `cards` are those it has reached, the
    lightest first; `warnings` are in order of time, the annulled ones among them."""

    charged: Holder
    points: int
    cards: tuple[Card, ...]
    warnings: tuple[Warned, ...]


def span_of(text: str) -> Span:
    """Return the days of a period. Raises ValueError for what is not written as FORMS say."""
    for period, form in _WRITTEN.items():
        found = form.fullmatch(text)
        if found is not None and FIRST_YEAR <= int(found[1]) <= LAST_YEAR:
            months = _MONTHS[period]
            place = 1 if period is Period.YEAR else int(found[2])
            first = date(int(found[1]), (place - 1) * months + 1, 1)
            last = first.replace(month=place * months)
            beyond = (last + MORE_THAN_A_MONTH).replace(day=1)
            return Span(name=text, period=period, from_on=first, to_on=beyond - ONE_DAY)
    msg = (
        f"{text!r} is no period from {FIRST_YEAR} to {LAST_YEAR}: write {'; '.join(FORMS.values())}"
    )
    raise ValueError(msg)


def read_span(text: str) -> Span:
    """Return the days of a period that somebody asks for. Raises InvalidRequestError."""
    try:
        return span_of(text)
    except ValueError as error:
        raise InvalidRequestError(
            "This is no period.", field="period", value=text, allowed="; ".join(FORMS.values())
        ) from error


def rule_for(handbook: Handbook, version: str, span: Span) -> WarningRule:
    """Return the rule by which a handbook counts a period; `version` is what it is called. Raises
    InvalidRequestError if it counts by none, or by other periods."""
    rule = None if handbook.supervision is None else handbook.supervision.warnings
    if rule is None:
        raise InvalidRequestError(
            "This version of the handbook counts no warnings.",
            field="rule",
            value=version,
            allowed="a version with [supervision.warnings]",
        )
    if rule.period is not span.period:
        raise InvalidRequestError(
            f"This rule counts by the {rule.period}.",
            field="period",
            value=span.name,
            allowed=FORMS[rule.period],
        )
    return rule


def count(
    facts: Iterable[Fact], rule: WarningRule, span: Span, time_zone: str
) -> tuple[Tally, ...]:
    """Return what each unit has in a period by a rule, the most points first.

    `time_zone` says on which day a fact took place. A fact that is told twice counts once,
    and not at all if one of the two knows of its annulment.
    """
    zone = zone_of(time_zone)
    warned: dict[tuple[object, ...], Warned] = {}
    for fact in facts:
        if span.from_on <= fact.at.astimezone(zone).date() <= span.to_on:
            ground = ground_of(fact, rule)
            if ground is not None and (fact.annulled or _place(fact) not in warned):
                points = 0 if fact.annulled else ground.points
                warned[_place(fact)] = Warned(fact=fact, ground=ground.id, points=points)
    by_holder: dict[Holder, list[Warned]] = {}
    for _, entry in sorted(warned.items(), key=lambda item: item[0]):
        by_holder.setdefault(entry.fact.charged, []).append(entry)
    return tuple(sorted(_tallies(by_holder, rule), key=_worst_first))


def ground_of(fact: Fact, rule: WarningRule) -> Ground | None:
    """Return the first ground of a rule that a fact fits, None if it counts by none."""
    return next((ground for ground in rule.grounds if _fits(fact, ground)), None)


def _fits(fact: Fact, ground: Ground) -> bool:
    if fact.fact is not ground.fact:
        return False
    match fact.fact:
        case WarningFact.ORDER_ISSUED | WarningFact.ORDER_UNANSWERED:
            return not ground.instruments or fact.instrument in ground.instruments
        case WarningFact.BREACH:
            return not ground.clocks or fact.rule in ground.clocks
        case WarningFact.REFUSAL_OVERRULED | WarningFact.SENT_BACK | WarningFact.LADDER_REOPENED:
            return True
        case _:
            assert_never(fact.fact)


def _tallies(by_holder: dict[Holder, list[Warned]], rule: WarningRule) -> Iterator[Tally]:
    cards = sorted(rule.cards, key=lambda card: card.points)
    for holder, warned in by_holder.items():
        points = sum(each.points for each in warned)
        reached = tuple(card for card in cards if card.points <= points)
        yield Tally(charged=holder, points=points, cards=reached, warnings=tuple(warned))


def _place(fact: Fact) -> tuple[object, ...]:
    """Return what tells a fact from every other, in the order in which they are shown."""
    return fact.at, fact.stream, fact.version, fact.fact.value


def _worst_first(tally: Tally) -> tuple[int, str, str]:
    return -tally.points, tally.charged.kind.value, tally.charged.id
