"""Warnings counted: what each unit has in a period, by which rule, and the event behind each."""

from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from audit.warnings import Read
from domain.model import Name
from domain.responsibility import Holder, HolderKind
from domain.supervision_rules import WarningFact, WarningRule
from domain.warning_facts import Undone
from domain.warnings import Span, Tally, Warned
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Column, Sheet, inline, kept, wrapped
from terminal.shown.names import Names
from terminal.shown.times import local

FACTS = {
    WarningFact.ORDER_ISSUED: Name(zh="督办", en="order issued"),
    WarningFact.ORDER_UNANSWERED: Name(zh="督办未复", en="order unanswered"),
    WarningFact.BREACH: Name(zh="逾期", en="limit passed"),
    WarningFact.REFUSAL_OVERRULED: Name(zh="退单被驳回", en="refusal overruled"),
    WarningFact.SENT_BACK: Name(zh="核销退回", en="resolution sent back"),
    WarningFact.LADDER_REOPENED: Name(zh="签收未办", en="acknowledged and stalled"),
}
ANNULLED = {
    Undone.APPEAL: Name(zh="申诉撤销", en="annulled on appeal"),
    Undone.NEW_TARGET: Name(zh="限期已改", en="undone by a later limit"),
}


@dataclass(frozen=True, slots=True)
class Counted:
    """A count: by which version of which rule, over which days, from how many streams."""

    zone: str
    span: Span
    version: str
    rule: WarningRule
    tallies: tuple[Tally, ...]
    read: Read


def warnings_plain(counted: Counted) -> dict[str, object]:
    """Return a count for a machine."""
    return {
        "zone": counted.zone,
        "period": counted.span,
        "rule_of": counted.version,
        "rule_source": counted.rule.source,
        "read": {"issues": counted.read.issues, "orders": counted.read.orders},
        "units": [
            {
                "holder": tally.charged,
                "points": tally.points,
                "cards": [card.id for card in tally.cards],
                "warnings": tally.warnings,
            }
            for tally in counted.tallies
        ],
    }


def warnings_shown(counted: Counted, names: Names) -> RenderableType:
    """Return a count for people."""
    span = counted.span
    head = Text(f"{counted.zone}  {span.name}: {span.from_on} to {span.to_on}", "bold")
    by = f"by the rule of handbook {counted.version}; {many(counted.read.issues, 'issue')} and "
    by += f"{many(counted.read.orders, 'order')} read"
    parts: list[RenderableType] = [head, Text(by, SECOND)]
    if not counted.tallies:
        return Group(*parts, Text("no warnings"))
    sums = Sheet((kept("Unit or post"), Column("Name"), kept("Points", right=True), Column("Card")))
    for tally in counted.tallies:
        card = inline(tally.cards[-1].name) if tally.cards else "—"
        name = inline(_name(tally.charged, names))
        sums.add(tally.charged.id, name, f"{tally.points:,}", card)
    return Group(*parts, sums, Text(), _each(counted, names))


def _each(counted: Counted, names: Names) -> Sheet:
    sheet = Sheet(
        (
            kept("When"),
            kept("Unit or post"),
            kept("Points", right=True),
            kept("Event"),
            wrapped("What"),
        )
    )
    for tally in counted.tallies:
        for warned in tally.warnings:
            fact = warned.fact
            sheet.add(
                local(fact.at, names.time_zone),
                tally.charged.id,
                str(warned.points),
                f"{fact.stream}#{fact.version}",
                _what(warned, names),
                style=SECOND if fact.annulled else None,
            )
    return sheet


def _what(warned: Warned, names: Names) -> Text:
    fact = warned.fact
    text = inline(FACTS[fact.fact])
    if fact.clock is not None and fact.rule is not None:
        text.append(": ").append_text(inline(names.clock(fact.clock, fact.rule)))
    if fact.instrument is not None:
        text.append(f": {fact.instrument}")
    text.append(f" ({warned.ground})", SECOND)
    if fact.annulled is not None:
        text.append("; ").append_text(inline(ANNULLED[fact.annulled.why]))
        text.append(f", event {fact.annulled.version}")
    return text


def _name(holder: Holder, names: Names) -> Name:
    is_unit = holder.kind is HolderKind.UNIT
    return names.unit(holder.id) if is_unit else names.post(holder.id)
