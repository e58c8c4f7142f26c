"""Matters: the list, one in full by its aggregate, figures, facts, and what a command came to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from rich.console import Group, RenderableType
from rich.text import Text

from domain.matters.campaign.state import Campaign, Target
from domain.matters.figures import Figure
from domain.matters.grant.state import Grant
from domain.matters.grant.words import Keeps
from domain.matters.match.state import Match
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.matters.values import Value
from domain.model import Name
from domain.terms import Terms
from domain.view import CommandResult
from face.matter_facts import MatterFact
from face.procedures import fact_name, figure_said, may_in, value_said
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
from terminal.shown.times import local

LINES_MAX = 200
DERIVED = Name(zh="推算", en="derived")
_STANDINGS = {"open": Name(zh="在办", en="open"), "closed": Name(zh="已结束", en="closed")}


@dataclass(frozen=True, slots=True)
class SeenMatter:
    """A matter as it is shown, and what its ids are called."""

    matter: Matter
    names: Names

    @property
    def procedure(self) -> Name:
        """Return what its procedure is called."""
        rule = self.names.handbook.procedure(self.matter.procedure)
        id_ = self.matter.procedure
        return Name(zh=id_, en=id_) if rule is None else rule.name


@dataclass(frozen=True, slots=True)
class Counted:
    """What the matters of a procedure come to."""

    rule: AnyProcedure
    terms: Terms
    at: datetime
    position: int
    matters: int
    figures: tuple[Figure, ...]


def procedure_plain(rule: AnyProcedure) -> dict[str, object]:
    """Return a procedure for a machine: who may act, and all that the handbook says."""
    may = {place: [str(row) for row in rows] for place, rows in may_in(rule)}
    head = {"id": rule.id, "name": rule.name, "aggregate": aggregate_of(rule), "may": may}
    return head | {"rule": rule}


def named_plain(seen: SeenMatter) -> dict[str, object]:
    """Return a matter for a machine as a list names it."""
    matter = seen.matter
    due = matter.next_due
    said = ("zone", "key", "version", "aggregate", "procedure", "title", "post", "standing")
    return {name: getattr(matter, name) for name in (*said, "opened_at", "closed_at")} | {
        "stage": matter.stage,
        "next_due_at": None if due is None else due.due_at,
    }


def matter_plain(seen: SeenMatter) -> dict[str, object]:
    """Return all of it for a machine."""
    return named_plain(seen) | {"matter": seen.matter}


def matter_list(matters: Sequence[SeenMatter], following: str | None) -> RenderableType:
    """Return the list; `following` is the key that the next page goes on after."""
    if not matters:
        return Text("No matter fits. `closeout matters do` opens one.", SECOND)
    sheet = Sheet(
        (
            kept("Matter"),
            Column("Procedure"),
            Column("Title"),
            Column("Post"),
            Column("Standing"),
            kept("Next due"),
        )
    )
    for seen in matters:
        matter = seen.matter
        due = matter.next_due
        standing = names(_STANDINGS[matter.standing])
        sheet.add(
            matter.key,
            names(seen.procedure),
            matter.title,
            names(seen.names.post(matter.post)),
            standing if matter.stage is None else stacked(standing, matter.stage),
            "" if due is None else local(due.due_at, seen.names.time_zone),
        )
    end = Text(f"{len(matters)} shown; times in {matters[0].names.time_zone}", SECOND)
    if following is not None:
        end.append(f"\nmore: --after {following}")
    return Group(sheet, end)


def matter_result(result: CommandResult, seen: SeenMatter) -> RenderableType:
    """Return what a command came to, and where the matter stands now."""
    head = Text.assemble(("✓ ", "green"), (f"{result.zone}/{result.key}", "bold"))
    head.append(f"  {', '.join(result.events)}")
    if result.repeated:
        head.append("  (sent before: this is the first answer)", SECOND)
    return Group(head, facts(_facts(seen)), Text(f"command {result.command_id}", SECOND))


def matter_in_full(seen: SeenMatter) -> RenderableType:
    """Return all that is to be said about a matter now."""
    matter = seen.matter
    head = Text.assemble((f"{matter.zone}/{matter.key}", "bold"), f"  {matter.title}")
    parts: list[RenderableType] = [head, facts(_facts(seen)), Text("")]
    parts += _lines(seen)
    for total in matter.totals:
        if total.replaced_by is None:
            said = ", ".join(f"{name} {_both(value)}" for name, value in total.figures.items())
            parts.append(Text(f"stated: {total.label}: {said}"))
    end = f"version {matter.version}; times in {seen.names.time_zone}"
    return Group(*parts, Text(""), Text(end, SECOND))


def figures_plain(counted: Counted) -> dict[str, object]:
    """Return figures for a machine."""
    return {
        "zone": counted.terms.handbook.zone,
        "procedure": counted.rule.id,
        "revision": counted.terms.handbook.revision,
        "at": counted.at,
        "position": counted.position,
        "matters": counted.matters,
        "figures": [
            {name: getattr(each, name) for name in Figure.model_fields}
            | {"said": figure_said(each, "en")}
            for each in counted.figures
        ],
    }


def figures_shown(counted: Counted) -> RenderableType:
    """Return figures as a table: a rate with its denominator, what is not stated said to be so."""
    sheet = Sheet((kept("Figure"), Column("Name"), Column("Value", right=True), wrapped("Note")))
    for each in counted.figures:
        zh, en = figure_said(each, "zh"), figure_said(each, "en")
        notes = [*([DERIVED] if each.derived else []), *([each.note] if each.note else [])]
        noted = Text("; ").join(inline(note) for note in notes)
        sheet.add(each.id, inline(each.name), en if zh == en else stacked(zh, en), noted)
    book, zone = counted.terms.handbook, counted.terms.calendar.time_zone
    said = f"{counted.matters} matters, at {local(counted.at, zone)}, position {counted.position}"
    end = Text(f"{said}, handbook revision {book.revision}", SECOND)
    return Group(inline(counted.rule.name), sheet, end)


def facts_plain(
    seen: SeenMatter, told: Sequence[MatterFact], following: int | None
) -> dict[str, object]:
    """Return facts for a machine."""
    return {
        "zone": seen.matter.zone,
        "key": seen.matter.key,
        "facts": [
            {
                "version": each.version,
                "at": each.record.at,
                "kind": each.record.kind,
                "actor": each.by,
                "command_id": each.command_id,
                "hash": each.hash,
                "event": each.event,
            }
            for each in told
        ],
        "next": following,
    }


def facts_shown(
    seen: SeenMatter, told: Sequence[MatterFact], following: int | None
) -> RenderableType:
    """Return facts as a table."""
    sheet = Sheet(
        (kept("#", right=True), kept("At"), Column("What"), Column("By"), wrapped("Says"))
    )
    for each in told:
        place, person = seen.names.actor(each.record.matter_event.by)
        who = inline(place)
        if person is not None:
            who.append(f"  {person}", SECOND)
        at = local(each.record.at, seen.names.time_zone)
        sheet.add(
            str(each.version), at, names(fact_name(each.record.kind)), who, _brief(each.event)
        )
    end = Text(f"times in {seen.names.time_zone}", SECOND)
    if following is not None:
        end.append(f"\nmore: --after {following}")
    return Group(sheet, end)


def _brief(event: Mapping[str, object]) -> str:
    """Return the plain things that an event says."""
    hidden = ("sets", "meets", "tells", "found", "terms", "from_terms", "to_terms")
    told = [(name, value) for name, value in event.items() if name not in hidden]
    words = [f"{name} {value}" for name, value in told if isinstance(value, str | int)]
    for name, value in told:
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            words.append(f"{name} {', '.join(map(str, value))}")
    return "; ".join(words)


def _facts(seen: SeenMatter) -> Iterator[tuple[str, str | Text | None]]:
    matter, called = seen.matter, seen.names
    yield "procedure", inline(seen.procedure).append(f"  {matter.procedure}", SECOND)
    yield "post", inline(called.post(matter.post)).append(f"  {matter.post}", SECOND)
    yield "standing", inline(_STANDINGS[matter.standing])
    yield "stage", matter.stage
    yield "ending", matter.ending
    yield "opened", local(matter.opened_at, called.time_zone)
    due = matter.next_due
    if due is not None:
        yield "next due", f"{local(due.due_at, called.time_zone)}  {due.clock}"
    for name, value in matter.details.items():
        yield name, _both(value)
    ties = [f"{tie.issue} ({tie.tying})" for tie in matter.ties]
    yield "issues", ", ".join(ties) or None


def _lines(seen: SeenMatter) -> list[RenderableType]:
    """Return the lines of a matter, at most LINES_MAX; `--json` has all."""
    matter = seen.matter
    match matter:
        case Campaign():
            sheet = Sheet((kept("Enterprise"), Column("Name"), wrapped("Done"), wrapped("Waits")))
            rows = [_target(seen, each) for each in matter.targets]
        case Pipeline():
            sheet = Sheet((kept("What"), Column("Which"), wrapped("How")))
            rows = list(_of_pipeline(seen, matter))
        case Match():
            sheet = Sheet((kept("Proposal"), Column("Of"), kept("Standing"), wrapped("Answers")))
            rows = list(_of_match(seen, matter))
        case Register():
            sheet = Sheet((kept("Subject"), Column("Name"), kept("Status"), wrapped("Values")))
            rows = list(_of_register(seen, matter))
        case Grant():
            sheet = Sheet((kept("What"), Column("Whose"), wrapped("How")))
            rows = list(_of_grant(seen, matter))
        case _:
            assert_never(matter)
    for row in rows[:LINES_MAX]:
        sheet.add(*row)
    more = len(rows) - LINES_MAX
    found: list[RenderableType] = [sheet] if rows else []
    return [*found, Text(f"and {more} more: --json has all", SECOND)] if more > 0 else found


def _target(seen: SeenMatter, target: Target) -> list[str | Text]:
    done = ", ".join(
        each.step if each.times == 1 else f"{each.step} ×{each.times}" for each in target.done
    )
    late = [f"{step} overdue" for step in target.overdue]
    said = ["taken out"] if target.excluded else ["finished"] if target.finished else late
    waits = [*said, *([] if target.excluded else (each.step or "any" for each in target.waits))]
    name = inline(seen.names.enterprise(target.enterprise))
    return [target.enterprise, name, done, ", ".join(waits)]


def _of_pipeline(seen: SeenMatter, matter: Pipeline) -> Iterator[list[str | Text]]:
    if matter.enterprise is not None:
        yield ["enterprise", matter.enterprise, inline(seen.names.enterprise(matter.enterprise))]
    if matter.amount is not None:
        yield ["amount", "", _both(matter.amount)]
    for reached in matter.reached:
        at = local(reached.last_at, seen.names.time_zone)
        late = ", too long" if reached.overdue else ""
        yield ["stage", reached.stage, f"{at}{late}  {_values(reached.values)}".strip()]
    for party in matter.parties:
        check = "" if party.next_check_on is None else f", next check {party.next_check_on}"
        yield ["party", party.party, f"{party.status or 'not stated'}{check}"]
    for each in matter.dates:
        yield ["date", each.id, f"{each.on}{', passed' if each.passed else ''}"]
    for meeting in matter.meetings:
        whom = ", ".join(outcome.enterprise for outcome in meeting.outcomes)
        yield ["meeting", str(meeting.on), whom]


def _of_match(seen: SeenMatter, matter: Match) -> Iterator[list[str | Text]]:
    for each in matter.proposals:
        whose: str | Text = each.others or ""
        if each.enterprise is not None:
            whose = inline(seen.names.enterprise(each.enterprise))
        answers = f"posting {each.posting}, counterpart {each.counterpart}"
        places = "" if each.places is None else f", {each.places} places"
        yield [each.id, whose, each.standing.value, f"{answers}{places}"]


def _of_register(seen: SeenMatter, matter: Register) -> Iterator[list[str | Text]]:
    for each in matter.subjects:
        if each.name is not None or each.enterprise is None:
            name: str | Text = each.name or ""
        else:
            name = inline(seen.names.enterprise(each.enterprise))
        status = each.status or "not stated"
        yield [each.id, name, f"{status}{' !' if each.overdue else ''}", _values(each.values)]


def _of_grant(seen: SeenMatter, matter: Grant) -> Iterator[list[str | Text]]:
    if matter.keeps is Keeps.STOCK:
        yield ["on hand", "", f"{_both(matter.on_hand)} ({matter.level})"]
    for source in matter.sources:
        yield ["received", source.source, _both(source.quantity)]
    for tally in matter.tallies:
        whose = inline(seen.names.enterprise(tally.enterprise))
        yield ["issued", whose, f"{tally.issues} times, {_both(tally.quantity)}"]
    for held in matter.holdings:
        until = "no end" if held.to_on is None else f"until {held.to_on}"
        whose = inline(seen.names.enterprise(held.enterprise))
        yield [held.id, whose, f"{held.subject}, from {held.from_on}, {until}"]


def _values(values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name} {_both(value)}" for name, value in values.items())


def _both(value: Value | None) -> str:
    """Return a value in words, in both languages where these differ."""
    zh, en = value_said(value, "zh"), value_said(value, "en")
    return en if zh == en else f"{zh} {en}"
