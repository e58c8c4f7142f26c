"""Supervision orders: the list, one in full, and what a command came to."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from domain.model import Name
from domain.order_view import OrderGlimpse
from domain.orders import RuleGround, SupervisionOrder
from domain.view import CommandResult
from terminal.shown.frames import (
    SECOND,
    Column,
    Sheet,
    facts,
    inline,
    kept,
    names,
    stacked,
    wrapped,
)
from terminal.shown.names import Names
from terminal.shown.times import away, local, near

_STANDINGS = {
    "open": Name(zh="待回复", en="a reply is owed"),
    "answered": Name(zh="已回复待审", en="answered, to be judged"),
    "settled": Name(zh="办结", en="settled"),
    "lifted": Name(zh="撤销", en="lifted"),
}
_FACTS = {
    "order_issued": Name(zh="下达", en="issued"),
    "order_unanswered": Name(zh="逾期未回复", en="unanswered"),
    "order_raised": Name(zh="升级", en="raised"),
}
_VERDICTS = {"accepted": Name(zh="认可", en="accepted"), "refused": Name(zh="退回", en="refused")}
_RULINGS = {"uphold": Name(zh="维持", en="upheld"), "annul": Name(zh="撤销", en="annulled")}
_WAITS = Name(zh="申诉待裁定", en="appealed, no ruling yet")
ISSUES_NAMED_MAX = 8


@dataclass(frozen=True, slots=True)
class SeenOrder:
    """An order as it is shown, and what its ids are called."""

    order: SupervisionOrder
    glimpse: OrderGlimpse
    names: Names

    def instrument(self, id_: str) -> Name:
        """Return what an instrument is called."""
        rule = self.names.handbook.supervision
        found = None if rule is None else rule.instrument(id_)
        return Name(zh=id_, en=id_) if found is None else found.name


def order_plain(seen: SeenOrder) -> dict[str, object]:
    """Return all of it for a machine."""
    return seen.order.model_dump(mode="json") | {
        "overdue": seen.glimpse.overdue,
        "due_at": seen.glimpse.due_at,
        "next_rung": seen.glimpse.next_rung,
        "notices": seen.glimpse.notices,
        "annulled": sorted(seen.order.annulled),
    }


def order_list(orders: Sequence[SeenOrder], following: str | None) -> RenderableType:
    """Return the list; `following` is the order that the next page goes on after."""
    if not orders:
        return Text("No order fits. `closeout supervise issue` issues one.", SECOND)
    sheet = Sheet(
        (
            kept("Order"),
            Column("Instrument"),
            Column("Unit"),
            kept("Issues", right=True),
            Column("Standing"),
            kept("Reply due"),
        )
    )
    for seen in orders:
        order = seen.order
        sheet.add(
            f"{order.zone}/{order.key}",
            names(seen.instrument(order.instrument)),
            names(seen.names.unit(order.unit)),
            str(len(order.issues)),
            names(_STANDINGS[order.standing]),
            _due(seen),
        )
    zones = sorted({seen.names.time_zone for seen in orders})
    end = Text(f"{len(orders)} shown; times in {', '.join(zones)}", SECOND)
    if following is not None:
        end.append(f"\nmore: --after {following}")
    return Group(sheet, end)


def order_result(result: CommandResult, seen: SeenOrder) -> RenderableType:
    """Return what a command came to, and where the order stands now."""
    head = Text.assemble(("✓ ", "green"), (f"{result.zone}/{result.key}", "bold"))
    head.append(f"  {', '.join(result.events)}")
    if result.repeated:
        head.append("  (sent before: this is the first answer)", SECOND)
    return Group(
        head,
        facts(
            (
                ("  version", str(result.version)),
                ("  instrument", inline(seen.instrument(seen.order.instrument))),
                ("  standing", inline(_STANDINGS[seen.order.standing])),
                ("  reply due", _due_line(seen)),
                ("  command", Text(result.command_id, SECOND)),
            )
        ),
    )


def order_in_full(seen: SeenOrder) -> RenderableType:
    """Return all that is to be said about an order now."""
    order = seen.order
    head = Text.assemble((f"{order.zone}/{order.key}", "bold"), f"  {order.question}")
    parts: list[RenderableType] = [head, facts(_facts(seen)), Text(""), _against(seen)]
    if order.replies:
        parts += [Text(""), _replies(seen)]
    end = f"version {order.version}; times in {seen.names.time_zone}"
    return Group(*parts, Text(""), Text(end, SECOND))


def _facts(seen: SeenOrder) -> Iterable[tuple[str, str | Text | None]]:
    order, called = seen.order, seen.names
    issuer = order.issuer
    yield "instrument", inline(seen.instrument(order.instrument))
    yield "unit", inline(called.unit(order.unit)).append(f"  {order.unit}", SECOND)
    tier = "" if issuer.tier is None else f", tier {issuer.tier}"
    by = inline(called.post(issuer.post)).append(f"  {issuer.person}@{issuer.post}{tier}", SECOND)
    yield "issued by", by
    yield "issued", local(order.issued_at, called.time_zone)
    ground = order.ground
    yield "ground", f"rule {ground.rule}" if isinstance(ground, RuleGround) else ground.words
    shown = ", ".join(order.issues[:ISSUES_NAMED_MAX])
    more = len(order.issues) - ISSUES_NAMED_MAX
    yield "issues", shown + (f" and {more} more" if more > 0 else "")
    yield "standing", inline(_STANDINGS[order.standing])
    yield "reply due", _due_line(seen)
    yield "ended", None if order.ended_at is None else local(order.ended_at, called.time_zone)
    yield "notices", f"{len(seen.glimpse.notices)} to be told" if seen.glimpse.notices else None


def _due(seen: SeenOrder) -> Text:
    glimpse = seen.glimpse
    if glimpse.due_at is None:
        return Text("—", SECOND)
    style = "yellow" if glimpse.overdue else SECOND
    when = near(glimpse.due_at, glimpse.at, seen.names.time_zone)
    return stacked(when, Text(away(glimpse.due_at, glimpse.at), style))


def _due_line(seen: SeenOrder) -> Text | None:
    glimpse, run = seen.glimpse, seen.order.run
    if glimpse.due_at is None or run is None:
        return None
    text = Text(local(glimpse.due_at, seen.names.time_zone))
    style = "yellow" if glimpse.overdue else SECOND
    text.append(f"  {away(glimpse.due_at, glimpse.at)}", style)
    if seen.order.limit_of is not None and seen.order.limit_of != seen.order.instrument:
        text.append(" by the limit of ", SECOND)
        text.append_text(inline(seen.instrument(seen.order.limit_of)))
    if run.provisional:
        text.append("  暂定 provisional: past the days that are published", "yellow")
    return text


def _against(seen: SeenOrder) -> RenderableType:
    """Return what can count against the unit, and what became of appeals."""
    sheet = Sheet(
        (
            kept("Fact", right=True),
            Column("What"),
            Column("Instrument"),
            kept("At"),
            Column("Appeal"),
        )
    )
    for fact in seen.order.facts:
        appeal = seen.order.appeal(fact.version)
        ruling = None if appeal is None else appeal.ruling
        said = Text("")
        if appeal is not None:
            said = names(_WAITS if ruling is None else _RULINGS[ruling])
        sheet.add(
            str(fact.version),
            names(_FACTS[fact.kind]),
            names(seen.instrument(fact.instrument)),
            local(fact.at, seen.names.time_zone),
            said,
        )
    return sheet


def _replies(seen: SeenOrder) -> RenderableType:
    sheet = Sheet((kept("Replied"), Column("By"), Column("Verdict"), wrapped("Reply")))
    for reply in seen.order.replies:
        late = Text("逾期 late\n", "yellow") if reply.late else Text("")
        verdict = Text("") if reply.verdict is None else names(_VERDICTS[reply.verdict])
        sheet.add(
            local(reply.at, seen.names.time_zone),
            ", ".join(reply.people),
            late.append_text(verdict),
            reply.text,
        )
    return sheet
