"""Matches of a small zone: staff that firms lend each other, land, recruitment, referrals."""

from typing import Any

import builders as b
import builders_matters as m
from builders_pipelines import cny, field, named, wall

from domain.matters.match.state import Match, Proposal
from domain.terms import Terms

STAFF: dict[str, Any] = {
    "id": "staff",
    "name": m.name("staff lent"),
    "asks": [field("trade", "words", required=False)],
    "sides": [named("need"), named("offer")],
    "places": m.name("person-times"),
    "outcome": [field("person-times", "count"), field("wages", "amount", currency="CNY")],
    "due": {"within": wall(24), "then": wall(24), "levels": [{"enterprise": True}, {"tier": 2}]},
    "reasons": [named("too-few"), named("too-dear")],
    "steps": [named("trial", fields=[field("days", "count")], by=[{"enterprise": True}])],
    "answers_by": [{"post": "coordination"}, {"tier": 1}],
}
LAND: dict[str, Any] = {
    "id": "land",
    "name": m.name("idle land"),
    "sides": [named("offer")],
    "zone_posts": True,
    "outcome": [field("area", "quantity", unit="m2", required=False)],
    "steps": [named("viewing")],
    "by": [{"post": "coordination"}, {"enterprise": True}],
}
RECRUITMENT: dict[str, Any] = {
    "id": "recruitment",
    "name": m.name("recruitment"),
    "sides": [named("vacancies")],
    "counterpart": "group",
    "zone_posts": True,
    "places": m.name("vacancies"),
    "steps": [
        named("interview", fields=[field("interviewed", "count")]),
        named("bus", on_posting=True, fields=[field("seats", "count"), field("free", "flag")]),
    ],
    "outcome": [field("local", "ratio", required=False)],
}
RULES = (STAFF, LAND, RECRUITMENT)
TERMS: Terms = m.terms_with(matches=list(RULES))


def changed(rule: dict[str, Any], **changes: Any) -> Terms:
    """Return the terms with a procedure that says something else."""
    own = {name: value for name, value in (rule | changes).items() if value is not None}
    return m.terms_with(matches=[own if each is rule else each for each in RULES])


def posted(procedure: str = "staff", terms: Terms = TERMS, **more: Any) -> m.MatterStory:
    """Return what was posted on Monday at nine: the mill's need, if nothing else is said."""
    said: dict[str, Any] = {"procedure": procedure, "title": procedure}
    said |= {"side": "need", "enterprise": "mill"} if procedure == "staff" else {}
    return m.MatterStory(terms).then(b.MON_9, m.asked(kind="open_match", **(said | more)))


def proposed(id_: str = "p-1", enterprise: str | None = "bakery", **more: Any) -> Any:
    """Return the command that proposes the bakery."""
    return m.asked(kind="propose", proposal=id_, enterprise=enterprise, **more)


def yes(side: str = "counterpart", id_: str = "p-1", **more: Any) -> Any:
    """Return the command that says yes for a side."""
    return m.asked(kind="consent", proposal=id_, side=side, **more)


def no(reason: str | None = "too-few", side: str = "counterpart", **more: Any) -> Any:
    """Return the command that says no for a side."""
    return m.asked(kind="decline", reason=reason, side=side, **({"proposal": "p-1"} | more))


def step(name: str, id_: str | None = "p-1", **values: Any) -> Any:
    """Return the command that records a step."""
    return m.asked(kind="record_proposal_step", proposal=id_, step=name, values=values)


def came(places: int | None = 5, id_: str = "p-1", **more: Any) -> Any:
    """Return the command that says what came of it: so many person-times, a yuan for each."""
    values = {"person-times": number(places or 0), "wages": cny(places or 0)}
    said = {"proposal": id_, "places": places, "values": values} | more
    return m.asked(kind="record_outcome", **said)


def withdrawn(id_: str = "p-1") -> Any:
    """Return the command that takes a proposal back."""
    return m.asked(kind="withdraw_proposal", proposal=id_, reason="Not needed any more.")


def number(n: int, **more: Any) -> dict[str, Any]:
    """Return so many of something."""
    return {"kind": "count", "n": n, **more}


def agreed(story: m.MatterStory, id_: str = "p-1") -> m.MatterStory:
    """Let both sides say yes to a proposal."""
    return story.then(b.MON_11, yes("posting", id_)).then(b.MON_11, yes("counterpart", id_))


def match(story: m.MatterStory) -> Match:
    """Return the match that a story is about."""
    assert isinstance(story.now, Match)
    return story.now


def proposal(story: m.MatterStory, id_: str = "p-1") -> Proposal:
    """Return a proposal of a story."""
    found = match(story).proposal(id_)
    assert found is not None
    return found
