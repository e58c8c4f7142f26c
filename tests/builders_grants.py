"""Grants of a small zone: masks and alcohol, passes, quarantine places, tests, unpaid supply."""

from typing import Any

import builders as b
import builders_matters as m

from domain.matters.grant.state import Grant
from domain.terms import Terms

WEEK = {"kind": "natural_days", "days": 7, "count_from": "today"}
DAY = {"kind": "natural_days", "days": 1, "count_from": "today"}


def wall(hours: int) -> dict[str, Any]:
    """Return so many hours of any time."""
    return {"kind": "wall", "minutes": hours * 60}


def field(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    """Return a field that a procedure asks for."""
    return {"id": id_, "name": m.name(id_), "type": type_, **more}


def named(*ids: str) -> list[dict[str, Any]]:
    """Return entries that have an id and a name."""
    return [{"id": id_, "name": m.name(id_)} for id_ in ids]


SUPPLIES: dict[str, Any] = {
    "id": "supplies",
    "name": m.name("supplies"),
    "keeps": "stock",
    "units": [
        {"id": "mask", "name": m.name("masks"), "low": 100},
        {"id": "tonne", "name": m.name("tonnes"), "divisible": True},
    ],
    "sources": named("purchase", "donation", "transfer"),
    "fields": [field("receipt", "words", required=False)],
    "low_tells": [{"post": "supervision"}],
    "refill": {"within": wall(24), "then": wall(24), "levels": [{"tier": 2}, {"tier": 3}]},
    "split": 50,
    "issues_by": [{"post": "coordination"}, {"tier": 1}],
    "receives_by": [{"post": "coordination"}],
}
PASSES: dict[str, Any] = {
    "id": "passes",
    "name": m.name("passes"),
    "keeps": "permits",
    "units": named("pass"),
    "duration": WEEK,
    "renewals_max": 1,
    "expiry": {"before": wall(24), "tells": [{"enterprise": True}, {"tier": 1}]},
    "gate": named("papers"),
    "uses_by": [{"service": "hotline"}],
}
PLACES: dict[str, Any] = {
    "id": "places",
    "name": m.name("places"),
    "keeps": "places",
    "units": named("bed"),
    "duration": {"kind": "natural_days", "days": 14, "count_from": "today"},
    "gate": named("registered", "tested"),
    "monitoring": [field("celsius_tenths", "count", ceiling=450), field("well", "flag")],
    "watch": {"every": DAY, "tells": [{"post": "supervision"}]},
    "expiry": {"tells": [{"post": "coordination"}]},
}
TESTS: dict[str, Any] = {
    "id": "tests",
    "name": m.name("tests"),
    "keeps": "entitlements",
    "units": named("test"),
    "duration": WEEK,
    "split": 50,
}
UNPAID: dict[str, Any] = {
    "id": "unpaid",
    "name": m.name("supply that is not cut off"),
    "keeps": "entitlements",
    "units": named("month"),
    "open_ended": True,
}
TERMS: Terms = m.terms_with(grants=[SUPPLIES, PASSES, PLACES, TESTS, UNPAID])


def changed(rule: dict[str, Any], **changes: Any) -> Terms:
    """Return the terms with a procedure that says something else."""
    rules = [SUPPLIES, PASSES, PLACES, TESTS, UNPAID]
    own = {name: value for name, value in (rule | changes).items() if value is not None}
    return m.terms_with(grants=[own if each is rule else each for each in rules])


def opened(procedure: str, terms: Terms = TERMS, **more: Any) -> m.MatterStory:
    """Return a grant that was opened on Monday at nine."""
    command = m.asked(kind="open_grant", procedure=procedure, title=procedure, **more)
    return m.MatterStory(terms).then(b.MON_9, command)


def grant(story: m.MatterStory) -> Grant:
    """Return the grant that a story is about."""
    assert isinstance(story.now, Grant)
    return story.now


def quantity(whole: int, unit: str = "mask", **more: Any) -> dict[str, Any]:
    """Return so many whole ones."""
    return {"kind": "quantity", "thousandths": whole * 1000, "unit": unit, **more}


def cny(hundredths: int, **more: Any) -> dict[str, Any]:
    """Return money."""
    return {"kind": "amount", "hundredths": hundredths, "currency": "CNY", **more}


def received(whole: int, **more: Any) -> Any:
    """Return the command by which goods come in."""
    said = {"source": "purchase", "quantity": quantity(whole)} | more
    return m.asked(kind="receive_stock", **said)


def issued(whole: int, enterprise: str = "mill", **more: Any) -> Any:
    """Return the command by which goods go out."""
    said = {"enterprise": enterprise, "quantity": quantity(whole)} | more
    return m.asked(kind="issue_stock", **said)


def permit(holding: str = "p-1", subject: str = "A-100", **more: Any) -> Any:
    """Return the command by which a pass is issued to the mill."""
    said = {"enterprise": "mill", "gate": {"papers": True}} | more
    return m.asked(kind="issue_permit", holding=holding, subject=subject, **said)


def entry(holding: str = "in-1", person: str = "file-1", **more: Any) -> Any:
    """Return the command by which somebody of the mill is let in."""
    said = {"enterprise": "mill", "gate": {"registered": True, "tested": True}} | more
    return m.asked(kind="enter_place", holding=holding, person=person, **said)


def entitled(holding: str = "e-1", **more: Any) -> Any:
    """Return the command by which the mill is entitled."""
    return m.asked(kind="grant_entitlement", holding=holding, **({"enterprise": "mill"} | more))


def used(whole: int, unit: str = "test", holding: str = "e-1", **more: Any) -> Any:
    """Return the command by which some of an entitlement is used."""
    return m.asked(kind="use_holding", holding=holding, quantity=quantity(whole, unit), **more)


def about(kind: str, holding: str, **more: Any) -> Any:
    """Return a command about something that is held."""
    return m.asked(kind=kind, holding=holding, **more)


def ring(clock: str, cycle: int = 1) -> Any:
    """Return what the engine says when an instant has passed."""
    return m.asked(kind="ring_matter", clock=clock, cycle=cycle, rung="level-1")


def kinds(story: m.MatterStory, since: int = 0) -> list[str]:
    """Return what happened, from the event with this number on."""
    return [event.kind for event in story.events[since:]]
