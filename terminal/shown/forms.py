"""Rectifications in figures, each with its definition; an application and what it lacks."""

from collections.abc import Iterator
from datetime import date

from rich.console import Group, RenderableType
from rich.text import Text

from audit.forms import DEFINITIONS, ApplicationRead, Overdue, Rectifications
from domain.forms import Item, ItemStanding
from domain.model import Name, written
from domain.people import named
from domain.procedures import Signer
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept, names, wrapped
from terminal.shown.names import Names
from terminal.shown.times import local
from terminal.shown.words import word

MET = Name(zh="满足", en="met")
"""Of an item. The same word of a deadline means that it was kept."""


def rectifications_plain(found: Rectifications) -> dict[str, object]:
    """Return it for a machine."""
    return {
        "at": written(found.at),
        "zones": list(found.zones),
        "from": found.period.from_on,
        "to": found.period.to_on,
        **found.figures,
        "late": [_late_plain(each) for each in found.late],
        "definitions": DEFINITIONS,
    }


def _late_plain(late: Overdue) -> dict[str, object]:
    issue = late.issue
    return {
        "zone": issue.zone,
        "key": issue.key,
        "number": issue.number,
        "title": issue.title,
        "enterprise": issue.enterprise,
        "due_at": written(late.due_at),
    }


def rectifications_shown(found: Rectifications) -> RenderableType:
    """Return it for people."""
    period = found.period
    days = f"{period.from_on or 'the first day'} to {period.to_on or 'today'}"
    head = Text(f"整改 rectifications of {', '.join(found.zones) or 'no zone'}, {days}", "bold")
    sheet = Sheet((kept("Figure"), kept("Count", right=True), wrapped("What it counts")))
    for name, said in DEFINITIONS.items():
        style = "red" if name == "overdue" and found.figures[name] else ""
        sheet.add(name.replace("_", " "), Text(f"{found.figures[name]:,}", style), said)
    if not found.late:
        return Group(head, sheet)
    late = Sheet((kept("Limit"), kept("Issue"), Column("Enterprise"), Column("Title")))
    for each in found.late:
        called = Names(each.terms)
        late.add(
            Text(local(each.due_at, called.time_zone), "red"),
            each.issue.number or each.issue.stream,
            inline(called.enterprise(each.issue.enterprise)),
            each.issue.title,
        )
    return Group(head, sheet, Text(), late)


def application_plain(found: ApplicationRead, day: date) -> dict[str, object]:
    """Return it for a machine. `gate_open`: whether it could be approved on local day `day`."""
    application, gate = found.application, found.gate
    return {
        "zone": found.issue.zone,
        "key": found.issue.key,
        "form": application.form,
        "attempt": application.attempt,
        "claims": list(application.claims),
        "batch": application.batch,
        "opens_on": None if gate is None else gate.opens_on,
        "items": [_item_plain(found, item) for item in application.items],
        "signatures": [_signature_plain(found, signer) for signer in _signers(found)],
        "missing_items": list(application.missing),
        "missing_signatures": [] if gate is None else list(gate.unsigned),
        "gate_open": gate is not None and gate.is_open(day),
        "approved_at": None
        if application.approved_at is None
        else written(application.approved_at),
        "refused": application.refused,
        "reason": application.reason,
    }


def _item_plain(found: ApplicationRead, item: Item) -> dict[str, object]:
    read = found.items[item.id]
    submitted, checked = read.submitted, read.checked
    return {
        "item": item.id,
        "standing": item.standing,
        "evidence": [] if submitted is None else list(submitted.evidence),
        "submitted_by": list(item.submitted_by),
        "submitted_at": None if submitted is None else written(submitted.at),
        "checked_by": None if checked is None else named(checked.by),
        "checked_at": None if checked is None else written(checked.at),
        "note": None if checked is None else checked.note,
    }


def _signature_plain(found: ApplicationRead, signer: Signer) -> dict[str, object]:
    given = next((e for e in found.application.signatures if e.role == signer.id), None)
    return {
        "role": signer.id,
        "person": None if given is None else given.person,
        "on_behalf_of": None if given is None else given.principal,
        "at": None if given is None else written(given.at),
    }


def application_shown(found: ApplicationRead, day: date) -> RenderableType:
    """Return it for people."""
    issue, form = found.issue, found.form
    title = issue.number or issue.stream
    head = Text.assemble((f"{title}  ", "bold"), inline(_form_name(found)), f"  {issue.title}")
    parts: list[RenderableType] = [head, facts(_facts(found, day)), Text(), _checklist(found)]
    if form is not None and form.signers:
        parts += [Text(), _signatures(found)]
    return Group(*parts)


def _facts(found: ApplicationRead, day: date) -> Iterator[tuple[str, str | Text | None]]:
    application, gate = found.application, found.gate
    zone = found.terms.calendar.time_zone
    yield "enterprise", inline(Names(found.terms).enterprise(found.issue.enterprise))
    yield "attempt", str(application.attempt)
    yield "claims", ", ".join(application.claims) or None
    yield "batch", _batch(found, day)
    if application.approved_at is not None:
        yield "gate", Text(f"通过 approved {local(application.approved_at, zone)}", "green")
        return
    if application.refused:
        yield "gate", Text(f"不通过 refused: {application.reason}", "yellow")
    elif gate is None:
        yield "gate", Text("the handbook has this form no longer", "red")
    elif gate.is_open(day):
        yield "gate", Text("齐备 nothing is missing: it can be approved", "green")
    missing = [*application.missing, *(() if gate is None else gate.unsigned)]
    yield "missing", Text(", ".join(missing), "yellow") if missing else None


def _batch(found: ApplicationRead, day: date) -> Text | None:
    rows = () if found.form is None else found.form.batches
    row = next((each for each in rows if each.id == found.application.batch), None)
    opens_on = None if found.gate is None else found.gate.opens_on
    if row is None and opens_on is None:
        return None
    text = Text("in none") if row is None else inline(row.name)
    if opens_on is not None:
        text.append(f"  from {opens_on} on", "yellow" if day < opens_on else SECOND)
    return text


def _form_name(found: ApplicationRead) -> Name:
    id_ = found.application.form
    return Name(zh=id_, en=id_) if found.form is None else found.form.name


def _checklist(found: ApplicationRead) -> Sheet:
    rows = () if found.form is None else found.form.items
    called = {row.id: row.name for row in rows}
    sheet = Sheet(
        (wrapped("Condition"), kept("Standing"), wrapped("Handed in"), wrapped("Judged by"))
    )
    for item in found.application.items:
        read = found.items[item.id]
        submitted, checked = read.submitted, read.checked
        papers = () if submitted is None else (each.reference for each in submitted.evidence)
        judged = "—" if checked is None else named(checked.by)
        if checked is not None and checked.note is not None:
            judged += f"\n{checked.note}"
        style = "green" if item.standing is ItemStanding.MET else "yellow"
        standing = names(MET if item.standing is ItemStanding.MET else word(item.standing))
        standing.stylize(style)
        name = called.get(item.id, Name(zh=item.id, en=item.id))
        sheet.add(names(name), standing, "\n".join(papers) or "—", judged)
    return sheet


def _signatures(found: ApplicationRead) -> Sheet:
    zone = found.terms.calendar.time_zone
    given = {each.role: each for each in found.application.signatures}
    sheet = Sheet((wrapped("Signs"), kept("Person"), kept("When")))
    for signer in _signers(found):
        by = given.get(signer.id)
        if by is None:
            sheet.add(inline(signer.name), Text("未签 not yet", "yellow"), "—")
            continue
        person = by.person if by.principal is None else f"{by.person} for {by.principal}"
        sheet.add(inline(signer.name), person, local(by.at, zone))
    return sheet


def _signers(found: ApplicationRead) -> tuple[Signer, ...]:
    return () if found.form is None else found.form.signers
