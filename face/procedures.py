"""The procedures of a zone as faces tell of them: who may act, what was counted."""

from collections.abc import Iterator, Mapping
from typing import Final, assert_never

from desk.notice_templates import words
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.figures import Figure
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.words import Keeps
from domain.matters.match.rules import Counterpart, MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.procedure import DueRule
from domain.matters.register.rules import RegisterProcedure
from domain.matters.rules import AnyProcedure
from domain.matters.values import (
    Amount,
    Choice,
    Count,
    Day,
    Flag,
    Quantity,
    Ratio,
    Value,
    Words,
)
from domain.matters.who import Rows, Who
from domain.matters.words import Precision
from domain.model import Frozen, Name
from face.words import Language, said

_BEGINS: Final[Mapping[Keeps, str]] = {
    Keeps.STOCK: "issue_stock",
    Keeps.PERMITS: "issue_permit",
    Keeps.PLACES: "enter_place",
    Keeps.ENTITLEMENTS: "grant_entitlement",
}
_TOLD_ONLY: Final = frozenset({"tells", "levels", "low_tells"})
"""Rows that say who is told, not who may act."""
_SIGNS: Final[Mapping[Precision, str]] = {
    Precision.EXACT: "",
    Precision.OVER: "over",
    Precision.UNDER: "under",
    Precision.ABOUT: "about",
}


def may_in(rule: AnyProcedure) -> Iterator[tuple[str, tuple[Who, ...]]]:
    """Return who may act in a procedure, by the place in it, such as `steps.visited.by`. Where a
    place has no rows, who runs the procedure may."""
    return _may("", rule)


def begun_by_enterprises(rule: AnyProcedure) -> tuple[str, ...]:
    """Return by which commands an enterprise may come into a matter that does not concern it yet,
    where the procedure's rows mean enterprises. Targets of a campaign, subjects of a register and
    what a meeting came to are recorded by the office; a pipeline is of one enterprise."""
    match rule:
        case MatchProcedure():
            is_answered = rule.counterpart is Counterpart.ENTERPRISE
            return ("propose",) if is_answered and _means_enterprises(rule.by) else ()
        case GrantProcedure():
            return (_BEGINS[rule.keeps],) if _means_enterprises(rule.issues_by) else ()
        case CampaignProcedure() | PipelineProcedure() | RegisterProcedure():
            return ()
        case _:
            assert_never(rule)


def fact_name(kind: str) -> Name:
    """Return what an event of a matter is called: as notices call it, if any tells of it."""
    return Name(zh=_fact(kind, "zh"), en=_fact(kind, "en"))


def value_said(value: Value | None, language: Language) -> str:
    """Return a value in words; None: the sources name it and do not state it."""
    if value is None:
        return said("value.not_stated", language)
    if isinstance(value, Count | Amount | Quantity):
        return _about(_number(value), value.precision, language)
    return _plain(value, language)


def ratio_said(part: int, whole: int | None, language: Language) -> str:
    """Return so many of so many, and what that is in percent, cut off after the hundredth."""
    if not whole:
        return f"{part:,} / {said('value.not_stated', language)}"
    units, rest = divmod(part * 10_000 // whole, 100)
    return f"{part:,} / {whole:,} ({units}.{rest:02}%)"


def figure_said(figure: Figure, language: Language) -> str:
    """Return a figure in words: a rate with its denominator."""
    part, whole = figure.part, figure.whole
    if whole is None:
        return value_said(part, language)
    if isinstance(part, Count) and isinstance(whole, Count):
        exact = part.precision is whole.precision is Precision.EXACT
        if exact:
            return ratio_said(part.n, whole.n, language)
    return f"{value_said(part, language)} / {value_said(whole, language)}"


def _means_enterprises(rows: Rows) -> bool:
    return any(row.enterprise for row in rows)


def _plain(value: Ratio | Day | Choice | Words | Flag, language: Language) -> str:
    match value:
        case Ratio():
            return ratio_said(value.part, value.whole, language)
        case Day():
            return value.on.isoformat()
        case Choice():
            return value.id
        case Words():
            return value.text
        case Flag():
            return said("value.yes" if value.yes else "value.no", language)
        case _:
            assert_never(value)


def _number(value: Count | Amount | Quantity) -> str:
    match value:
        case Count():
            return f"{value.n:,}"
        case Amount():
            whole, rest = divmod(value.hundredths, 100)
            return f"{value.currency or '?'} {whole:,}.{rest:02}"
        case Quantity():
            whole, rest = divmod(value.thousandths, 1000)
            text = f"{whole:,}.{rest:03}".rstrip("0").rstrip(".")
            return f"{text} {value.unit}"
        case _:
            assert_never(value)


def _fact(kind: str, language: Language) -> str:
    return words(language).get(f"what.{kind}") or said(f"fact.{kind}", language)


def _about(text: str, precision: Precision, language: Language) -> str:
    sign = _SIGNS[precision]
    if not sign:
        return text
    return said(f"value.{sign}", language).format(text)


def _may(place: str, value: object) -> Iterator[tuple[str, tuple[Who, ...]]]:
    if isinstance(value, Frozen) and not isinstance(value, DueRule):
        for name in type(value).model_fields:
            if name not in _TOLD_ONLY:
                yield from _may(f"{place}.{name}" if place else name, getattr(value, name))
    elif isinstance(value, tuple):
        rows = tuple(each for each in value if isinstance(each, Who))
        if rows:
            yield place, rows
            return
        for each in value:
            id_ = getattr(each, "id", None)
            if id_ is not None:
                yield from _may(f"{place}.{id_}", each)
