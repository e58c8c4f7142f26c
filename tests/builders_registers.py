"""Registers of a small zone: resumption with its supply map, projects, malls, and three rates."""

from typing import Any

import builders as b
import builders_matters as m

from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register, Subject
from domain.terms import Terms

NEXT_DAY = {"kind": "natural_days", "days": 1}
THAT_DAY = NEXT_DAY | {"count_from": "today"}
"""From the midnight at which a day ended, the whole day that follows."""


def field(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    """Return a field that a procedure asks for."""
    return {"id": id_, "name": m.name(id_), "type": type_, "required": False, **more}


def named(*ids: str, **more: Any) -> list[dict[str, Any]]:
    """Return entries that have an id and a name."""
    return [{"id": id_, "name": m.name(id_), **more} for id_ in ids]


def rate(id_: str, of: str, **more: Any) -> dict[str, Any]:
    """Return a rate."""
    return {"id": id_, "name": m.name(id_), "of": of, **more}


RESUMPTION: dict[str, Any] = {
    "id": "resumption",
    "name": m.name("resumption"),
    "from_list": "above-scale",
    "statuses": [
        *named("closed"),
        {
            "id": "partly",
            "name": m.name("partly"),
            "counts_as": ["at-work"],
            "tells": [{"tier": 2}],
        },
        {"id": "resumed", "name": m.name("resumed"), "counts_as": ["at-work"]},
        {"id": "moved-away", "name": m.name("moved away"), "checked": False},
    ],
    "first": "closed",
    "opens": ["partly"],
    "classes": [*named("leader"), {"id": "part", "name": m.name("parts"), "also": [m.name("few")]}],
    "classes_stated": 7,
    "fields": [
        field("present", "count"),
        field("employed", "count"),
        field("capacity", "ratio"),
        field("abnormal", "flag"),
        field("mood", "choice", choices=named("good", "bad")),
        field("expected_on", "day"),
    ],
    "rates": [
        rate("resumed", "list", statuses=["resumed"]),
        rate("at-work", "subjects", statuses=["at-work"]),
        rate("leaders", "list", statuses=["resumed"], classes=["leader"]),
        rate("staff", "employed", field="present"),
        rate("capacity", "capacity", field="capacity"),
        rate("abnormal", "list", field="abnormal"),
    ],
    "by": [{"tier": 1}, {"enterprise": True}, {"post": "coordination"}],
    "check": {
        "within": NEXT_DAY,
        "then": THAT_DAY,
        "levels": [{"tier": 1}, {"tier": 2}, {"tier": 3}],
    },
    "supply_map": {"up": ["resumed"], "key": ["leader"]},
}
WATCHED: dict[str, Any] = {
    "id": "watched",
    "name": m.name("lists that switch on monitoring"),
    "statuses": named("watched"),
    "check": {"within": NEXT_DAY, "levels": [{"tier": 1}]},
    "monitoring": True,
}
PROJECTS: dict[str, Any] = {
    "id": "projects",
    "name": m.name("projects"),
    "subjects": "project",
    "statuses": named("building", "stuck", "finished"),
    "opens": ["stuck"],
    "subject_fields": [field("budget", "amount", currency="CNY", required=True)],
    "fields": [
        field("quality", "choice", choices=named("good", "poor")),
        field("safety", "flag"),
        field("invested", "amount", currency="CNY"),
        field("planned", "amount", currency="CNY"),
        field("progress", "ratio"),
    ],
    "rates": [
        rate("built", "subjects", statuses=["finished"]),
        rate("investment", "planned", field="invested"),
    ],
    "by": [{"service": "hotline"}, {"enterprise": True}],
    "origin": "service",
}
LISTS = [
    {
        "id": "above-scale",
        "name": m.name("above scale"),
        "revision": 3,
        "members": ["mill", "foundry"],
    }
]
PROCEDURES = (RESUMPTION, WATCHED, PROJECTS)
TERMS: Terms = m.terms_with(registers=list(PROCEDURES), lists=LISTS)


def changed(rule: dict[str, Any], **changes: Any) -> Terms:
    """Return the terms with a procedure that says something else; None leaves it out."""
    own = {name: value for name, value in (rule | changes).items() if value is not None}
    rules = [own if each is rule else each for each in PROCEDURES]
    return m.terms_with(registers=rules, lists=LISTS)


def opened(procedure: str = "resumption", terms: Terms = TERMS, **more: Any) -> m.MatterStory:
    """Return a register that was opened on Monday at nine."""
    command = m.asked(kind="open_register", procedure=procedure, title=procedure, **more)
    return m.MatterStory(terms).then(b.MON_9, command)


def register(story: m.MatterStory) -> Register:
    """Return the register that a story is about."""
    assert isinstance(story.now, Register)
    return story.now


def subject(story: m.MatterStory, id_: str = "mill") -> Subject:
    """Return what is known of a subject."""
    found = register(story).subject(id_)
    assert found is not None
    return found


def rule_of(id_: str = "resumption", terms: Terms = TERMS) -> RegisterProcedure:
    """Return a procedure."""
    found = terms.handbook.procedure(id_)
    assert isinstance(found, RegisterProcedure)
    return found


def figure(story: m.MatterStory, id_: str) -> Figure:
    """Return one figure of the story's register alone."""
    state = register(story)
    figures = figures_of(rule_of(state.procedure, story.terms), [state])
    (found,) = (each for each in figures if each.id == id_)
    return found


def members(*ids: str, **classes: list[str]) -> list[dict[str, Any]]:
    """Return members of a list: by id, or by id with classes."""
    return [
        *({"subject": id_} for id_ in ids),
        *({"subject": id_, "classes": of} for id_, of in classes.items()),
    ]


def problem(title: str = "No parts", **more: Any) -> dict[str, Any]:
    """Return a problem that came to light."""
    return {"category": "power-supply", "title": title, "text": title, **more}


def status(status_: str, subject_: str = "mill", **more: Any) -> Any:
    """Return the command that says how a subject stands."""
    return m.asked(kind="set_status", subject=subject_, status=status_, **more)


def values(subject_: str = "mill", *, on: Any = None, corrects: bool = False, **given: Any) -> Any:
    """Return the command that records a day."""
    return m.asked(kind="record_values", subject=subject_, on=on, corrects=corrects, values=given)


def revised(reason: str = "Checked anew.", **more: Any) -> Any:
    """Return the command that makes the next version of the list."""
    return m.asked(kind="revise_list", reason=reason, **more)


def linked(customer: str, supplier: str, **more: Any) -> Any:
    """Return the command that links two subjects."""
    return m.asked(kind="link_supplier", customer=customer, supplier=supplier, **more)


def project(id_: str = "dam", **more: Any) -> Any:
    """Return the command that takes a project in."""
    said = {"name": "The dam", "details": {"budget": cny(900)}} | more
    return m.asked(kind="add_subject", subject=id_, **said)


def about(kind: str, subject_: str = "mill", **more: Any) -> Any:
    """Return a command about one subject."""
    return m.asked(kind=kind, subject=subject_, **more)


def count(n: int) -> dict[str, Any]:
    """Return so many."""
    return {"kind": "count", "n": n}


def ratio(part: int, whole: int | None) -> dict[str, Any]:
    """Return so many of so many."""
    return {"kind": "ratio", "part": part, "whole": whole}


def cny(hundredths: int) -> dict[str, Any]:
    """Return money."""
    return {"kind": "amount", "hundredths": hundredths, "currency": "CNY"}


def ring(cycle: int = 1) -> Any:
    """Return what the engine says when the clock has passed."""
    return m.asked(kind="ring_matter", clock="check", cycle=cycle, rung="level-1")


def kinds(story: m.MatterStory, since: int = 0) -> list[str]:
    """Return what happened, from the event with this number on."""
    return [event.kind for event in story.events[since:]]
