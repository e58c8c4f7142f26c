"""A register on its page: its subjects, its list, who waits for whom."""

from collections.abc import Iterator

from console.queries.issue_timeline import word
from console.queries.matters_sheets import (
    Cell,
    Sheet,
    Shown,
    day_cell,
    firm_cell,
    heads,
    number_cell,
    sheet,
    text_cell,
)
from console.queries.matters_values import joined, values_name
from domain.lights import Light
from domain.matters.register.chain import held_up_by, waiting_for
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register, Subject
from domain.model import Name


def register_sheets(matter: Register, rule: RegisterProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a register."""
    subjects = [each for each in matter.subjects if _is_seen(each, shown)]
    subjects.sort(key=lambda each: (not each.overdue, not each.listed))
    rows = [_subject(each, rule, shown) for each in subjects]
    named = heads("subject", "status", "since", "classes", "contact", "values", "day", "issue")
    found = sheet("subjects", named, rows, shown)
    yield found
    if rule.supply_map is not None and matter.links:
        yield _map(matter, rule, shown)


def _is_seen(each: Subject, shown: Shown) -> bool:
    return shown.only is None or shown.only in (each.enterprise, each.builder, each.id)


def subject_name(each: Subject, shown: Shown) -> Name:
    """Return what a subject is called."""
    if each.name is not None:
        return Name(zh=each.name, en=each.name)
    return shown.naming.enterprise(each.id)


def status_name(rule: RegisterProcedure, id_: str | None) -> Name:
    """Return what a status is called."""
    found = rule.status(id_)
    if found is not None:
        return found.name
    return word("matter.not_stated") if id_ is None else Name(zh=id_, en=id_)


def _subject(each: Subject, rule: RegisterProcedure, shown: Shown) -> tuple[Cell, ...]:
    classes = {one.id: one.name for one in rule.classes}
    listed = [classes.get(id_, Name(zh=id_, en=id_)) for id_ in each.classes]
    on_list = joined(listed) or (word("matter_standing.listed") if each.listed else None)
    is_firm = each.enterprise == each.id
    first = firm_cell(shown, each.id) if is_firm else text_cell(subject_name(each, shown))
    issue = each.issues[-1] if each.issues else None
    return (
        first,
        Cell(status_name(rule, each.status), light=Light.RED if each.overdue else None),
        day_cell(each.since),
        text_cell(on_list),
        text_cell(None if each.contact is None else shown.naming.post(each.contact)),
        text_cell(values_name(each.values, rule.fields)),
        day_cell(each.last_on),
        Cell(issue, link=issue, kind="issue" if issue else ""),
    )


def _map(matter: Register, rule: RegisterProcedure, shown: Shown) -> Sheet:
    """Return the suppliers for whom others wait, those with the widest reach first."""
    suppliers = list(dict.fromkeys(each.supplier for each in matter.links))
    if shown.only is not None:
        mine = {e.supplier for e in matter.links if shown.only in (e.customer, e.supplier)}
        suppliers = [each for each in suppliers if each in mine and shown.only == each]
    lines = []
    for id_ in suppliers:
        subject = matter.subject(id_)
        reached = waiting_for(matter, id_)
        held = () if subject is None else held_up_by(rule, matter, id_)
        direct = [each for each in reached if each.steps == 1]
        firms = joined(shown.naming.enterprise(each.subject) for each in direct[:6])
        lines.append(
            (
                firm_cell(shown, id_),
                text_cell(status_name(rule, None if subject is None else subject.status)),
                number_cell(len(reached)),
                text_cell(firms if shown.only is None else None),
                number_cell(len(held)),
            )
        )
    lines.sort(key=lambda row: -int(str(row[2].text)))
    named = heads("supplier", "status", "blast", "waits", "held_up")
    return sheet("map", named, lines, shown)
