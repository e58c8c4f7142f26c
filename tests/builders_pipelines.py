"""Pipelines of a small zone: loans with banks and maturities, meetings with banks."""

from typing import Any

import builders as b
import builders_matters as m

from domain.matters.pipeline.state import Pipeline
from domain.terms import Terms


def wall(hours: int) -> dict[str, Any]:
    """Return so many hours of any time."""
    return {"kind": "wall", "minutes": hours * 60}


def field(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    """Return a field that a procedure asks for."""
    return {"id": id_, "name": m.name(id_), "type": type_, **more}


def named(id_: str, **more: Any) -> dict[str, Any]:
    """Return an entry that has an id and a name."""
    return {"id": id_, "name": m.name(id_), **more}


def cny(yuan: int, **more: Any) -> dict[str, Any]:
    """Return money, in whole yuan."""
    return {"kind": "amount", "hundredths": yuan * 100, "currency": "CNY", **more}


LOANS: dict[str, Any] = {
    "id": "loans",
    "name": m.name("loans"),
    "stages": [
        named("demand", due={"within": wall(24), "levels": [{"tier": 1}]}),
        named(
            "approval",
            to=["funded", "refused"],
            fields=[field("urgent", "flag", required=False)],
            due={"within": wall(48), "then": wall(24), "levels": [{"tier": 2}, {"tier": 3}]},
        ),
        named(
            "funded",
            to=["extended", "repaid"],
            amount=True,
            fields=[field("months", "count", ceiling=120)],
        ),
        named("extended", to=["extended", "repaid"], by=[{"tier": 1}, {"service": "hotline"}]),
        named("repaid", end="done"),
        named("refused", end="failed", to=["demand"]),
    ],
    "parties": [
        named(
            "bank",
            statuses=[named("asked"), named("agreed")],
            by=[{"post": "coordination"}, {"service": "hotline"}],
        ),
        named("guarantor"),
    ],
    "check": {"within": wall(24), "then": wall(24), "levels": [{"tier": 1}, {"tier": 3}]},
    "dates": [
        named(
            "maturity",
            warnings=[
                {"before": wall(72), "tells": [{"tier": 1}]},
                {"before": wall(24), "tells": [{"tier": 2}]},
            ],
            tells=[{"tier": 3}, {"enterprise": True}],
        ),
        named("audit"),
    ],
    "currency": "CNY",
    "exemptions": [named("due-care")],
}
MEETINGS: dict[str, Any] = {
    "id": "meetings",
    "name": m.name("meetings"),
    "stages": [named("planned"), named("over", end="done")],
    "parties": [named("bank")],
    "meets": True,
    "meets_by": [{"post": "coordination"}, {"role": "supervisor"}],
    "outcome": [
        field("credit", "amount", currency="CNY", required=False),
        field("loan", "amount", currency="CNY", required=False),
    ],
}
TERMS: Terms = m.terms_with(pipelines=[LOANS, MEETINGS])


def changed(rule: dict[str, Any], **changes: Any) -> Terms:
    """Return the terms with a procedure that says something else."""
    own = {name: value for name, value in (rule | changes).items() if value is not None}
    return m.terms_with(pipelines=[own if each is rule else each for each in (LOANS, MEETINGS)])


def loan(terms: Terms = TERMS, **more: Any) -> m.MatterStory:
    """Return the mill's loan, opened on Monday at nine."""
    said = {"procedure": "loans", "title": "a loan", "enterprise": "mill"} | more
    return m.MatterStory(terms).then(b.MON_9, m.asked(kind="open_pipeline", **said))


def meetings(terms: Terms = TERMS, *banks: str) -> m.MatterStory:
    """Return the matter of the meetings with these banks."""
    command = m.asked(
        kind="open_pipeline",
        procedure="meetings",
        title="banks and firms",
        parties=[{"party": each, "type": "bank"} for each in banks or ("first", "second")],
    )
    return m.MatterStory(terms).then(b.MON_9, command)


def moved(to: str, **more: Any) -> Any:
    """Return the command that says at which stage it is."""
    return m.asked(kind="move_stage", to=to, **more)


def funded(yuan: int = 100, **more: Any) -> Any:
    """Return the command that says that the money was paid."""
    values = {"months": {"kind": "count", "n": 12}}
    return moved("funded", **({"amount": cny(yuan), "values": values} | more))


def party(status: str = "asked", **more: Any) -> Any:
    """Return the command that says how it stands with the bank."""
    return m.asked(kind="record_party", **({"party": "bank", "status": status} | more))


def dated(on: str, id_: str = "maturity", **more: Any) -> Any:
    """Return the command that says on which day a hard date is."""
    return m.asked(kind="set_date", id=id_, on=on, **more)


def met(*outcomes: dict[str, Any], **more: Any) -> Any:
    """Return the command that records a meeting."""
    said = {"on": "2026-03-02", "parties": ["first"], "outcomes": list(outcomes)} | more
    return m.asked(kind="record_meeting", **said)


def outcome(enterprise: str = "mill", issue: str | None = None, **values: Any) -> dict[str, Any]:
    """Return what a meeting came to for an enterprise."""
    return {"enterprise": enterprise, "issue": issue, "values": values}


def pipeline(story: m.MatterStory) -> Pipeline:
    """Return the pipeline that a story is about."""
    assert isinstance(story.now, Pipeline)
    return story.now


def ring(clock: str) -> Any:
    """Return what the engine says when an instant has passed."""
    return m.asked(kind="ring_matter", clock=clock, cycle=1, rung="level-1")


def since(story: m.MatterStory, number: int) -> list[tuple[str, tuple[str, ...]]]:
    """Return what happened from the event with this number on, and who was told."""
    return [(event.kind, event.tells) for event in story.events[number:]]
