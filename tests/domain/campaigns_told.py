"""Made-up campaigns of the zone of `builders`, and short ways to ask for what happens in them."""

from datetime import datetime
from typing import Any

import builders as b
import builders_matters as m
import builders_zone as z

from domain.decisions.draft import RULES, Context
from domain.handbook import Handbook
from domain.matters.campaign.events import CampaignOpened
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign, Target
from domain.matters.commands import MatterCommand
from domain.matters.counting import figures_of
from domain.matters.decide import decide_matter
from domain.matters.draft import MatterDecision
from domain.matters.events import MatterEvent
from domain.matters.figures import Figure
from domain.people import ENGINE, Actor
from domain.terms import Terms

GRID = {"tier": 1}
AREA = {"tier": 2}
ZONE = {"tier": 3}
FIRM = {"enterprise": True}
COORDINATION = {"role": "coordinator"}
FIRMS = tuple(f"firm-{number:02}" for number in range(1, 88))


def wall(hours: int) -> dict[str, Any]:
    """Return so many hours of any clock."""
    return {"kind": "wall", "minutes": hours * 60}


def working(days: int) -> dict[str, Any]:
    """Return so many working days, at the same time of day."""
    return {"kind": "working_days", "days": days, "due": "same_time"}


def step(id_: str, **more: Any) -> dict[str, Any]:
    """Return a step that the grid's own post and the coordination may record."""
    return {"id": id_, "name": m.name(id_), "by": [GRID, COORDINATION]} | more


def asks(id_: str, type_: str, **more: Any) -> dict[str, Any]:
    """Return a field."""
    return {"id": id_, "name": m.name(id_), "type": type_} | more


def procedure(id_: str, **more: Any) -> dict[str, Any]:
    """Return a procedure that keeps campaigns."""
    return {"id": id_, "name": m.name(id_)} | more


VISITS = procedure(
    "visits",
    steps=[
        step(
            "visit",
            once=False,
            times_max=3,
            fields=[asks("visitors", "count", required=False, ceiling=20)],
        )
    ],
)
NOTICES = procedure(
    "notices",
    steps=[
        step("delivered", tells=[FIRM]),
        step(
            "read",
            by=[FIRM, COORDINATION],
            from_step="delivered",
            due={"within": working(2), "levels": [GRID, AREA, ZONE], "then": working(1)},
        ),
        step("acknowledged", by=[FIRM], needs=["read"], ends=True),
    ],
)
POLICY = procedure(
    "policy",
    eligible={"segments": ["small"], "not_on": ["barred"]},
    exclusions=[{"id": "ineligible", "name": m.name("ineligible")}],
    steps=[
        step("pushed"),
        step("explained", needs=["pushed"]),
        step("applied", by=[FIRM, COORDINATION], needs=["pushed"]),
        step("refused", needs=["applied"], ends=True),
        step("approved", needs=["applied"]),
        step(
            "paid",
            needs=["approved"],
            ends=True,
            fields=[asks("amount", "amount", currency="CNY"), asks("paid_on", "day")],
        ),
    ],
)
DAILY = procedure(
    "daily",
    cadence={
        "step": "report",
        "cut_off": "16:00",
        "days": "working_days",
        "late_days": 2,
        "tells": [AREA, FIRM],
    },
    steps=[
        step(
            "report",
            by=[FIRM, GRID, COORDINATION],
            once=False,
            states_abnormality=True,
            origin="inspection",
            fields=[
                asks("staff", "ratio"),
                asks("capacity", "ratio", required=False),
                asks("masks", "quantity", unit="box", required=False),
            ],
        )
    ],
)
SURVEY = procedure(
    "survey",
    unanswered={"within": wall(24), "levels": [COORDINATION]},
    steps=[
        step(
            "answered",
            by=[FIRM, COORDINATION],
            ends=True,
            origin="survey",
            fields=[
                asks(
                    "orders",
                    "choice",
                    choices=[{"id": each, "name": m.name(each)} for each in ("up", "down")],
                ),
                asks("hires", "flag", required=False),
                asks("vacancies", "count", required=False),
            ],
        )
    ],
)
TENS = procedure(
    "tens",
    steps=[step(f"one-{number}") for number in range(1, 11)],
)
PROCEDURES = [VISITS, NOTICES, POLICY, DAILY, SURVEY, TENS]

_PLACES = z.HANDBOOK_DATA["enterprises"]
ENTERPRISES: list[dict[str, Any]] = [
    *_PLACES,
    *(
        {"id": id_, "name": m.name(id_), "grid": "west-1", "segment": "small"}
        for id_ in (*FIRMS, "firm-barred")
    ),
]
LISTS = [
    {"id": "east", "name": m.name("east"), "revision": 4, "members": ["mill", "foundry"]},
    {"id": "barred", "name": m.name("barred"), "members": ["firm-barred"]},
    {
        "id": "small-ones",
        "name": m.name("small ones"),
        "revision": 2,
        "members": [*FIRMS[:3], "mill", "firm-barred"],
    },
]


def terms(procedures: list[dict[str, Any]] | None = None, **changes: Any) -> Terms:
    """Return the zone's terms with these campaigns, whole tables replaced by `changes`."""
    tables: dict[str, Any] = {
        "enterprises": ENTERPRISES,
        "lists": LISTS,
        "segments": [{"id": "small", "name": m.name("small")}],
        "campaigns": procedures or PROCEDURES,
    }
    return m.terms_with(**(tables | changes))


TERMS = terms()
HANDBOOK: Handbook = TERMS.handbook
THREE = ("mill", "foundry", "bakery")


def changed(rule: dict[str, Any], id_: str, **changes: Any) -> dict[str, Any]:
    """Return a procedure with one of its steps changed."""
    steps = [each | changes if each["id"] == id_ else each for each in rule["steps"]]
    return rule | {"steps": steps}


def opening(procedure_: str, **more: Any) -> MatterCommand:
    """Return the command that opens a campaign about three enterprises, or as `more` says."""
    fields = {"title": "A campaign", "procedure": procedure_, "targets": THREE} | more
    return m.asked(kind="open_campaign", **fields)


def taken(enterprise: str, step_: str, **more: Any) -> MatterCommand:
    """Return the command that records a step."""
    return m.asked(kind="record_step", enterprise=enterprise, step=step_, **more)


def of_many(enterprises: tuple[str, ...], step_: str, **more: Any) -> MatterCommand:
    """Return the command that records a step of several."""
    return m.asked(kind="record_step_for_many", enterprises=enterprises, step=step_, **more)


def ring(story: m.MatterStory) -> MatterCommand:
    """Return the engine's ring for what is due next."""
    due = story.matter.next_due
    assert due is not None
    return m.asked(kind="ring_matter", clock=due.clock, cycle=due.cycle, rung=due.rung)


def opened(
    procedure_: str, at: datetime = b.MON_9, judged_by: Terms = TERMS, **more: Any
) -> m.MatterStory:
    """Return the story of a campaign that was just opened."""
    return m.MatterStory(judged_by).then(at, opening(procedure_, **more))


def adopted(story: m.MatterStory, at: datetime, target: Terms) -> MatterDecision:
    """Return what it comes to that other terms hold for a campaign; the story does not go on."""
    command = m.asked(kind="adopt_matter_terms", terms=target.hash)
    context = Context(at=at, terms=story.terms, rules=RULES, target=target)
    return decide_matter(story.now, m.sent(command, ENGINE), context)


def until(story: m.MatterStory, at: datetime) -> m.MatterStory:
    """Let time pass, each instant rung when it comes."""
    while (due := story.matter.next_due) is not None and due.due_at <= at:
        story.then(due.due_at, ring(story), ENGINE)
    return story


def campaign(story: m.MatterStory) -> Campaign:
    """Return the campaign of a story."""
    assert isinstance(story.matter, Campaign)
    return story.matter


def target_of(story: m.MatterStory, enterprise: str) -> Target:
    """Return what the campaign knows of an enterprise."""
    found = campaign(story).target(enterprise)
    assert found is not None
    return found


def last(story: m.MatterStory) -> MatterEvent:
    """Return the event that was recorded last."""
    return story.events[-1]


def kinds(story: m.MatterStory) -> list[str]:
    """Return the kinds of the events, in order."""
    return [event.kind for event in story.events]


def first(story: m.MatterStory) -> CampaignOpened:
    """Return the event that opened the campaign."""
    event = story.events[0]
    assert isinstance(event, CampaignOpened)
    return event


def rule_of(procedure_: str, judged_by: Terms = TERMS) -> CampaignProcedure:
    """Return a procedure as the handbook holds it."""
    rule = judged_by.handbook.procedure(procedure_)
    assert isinstance(rule, CampaignProcedure)
    return rule


def figures(*stories: m.MatterStory) -> dict[str, Figure]:
    """Return the figures of campaigns of one procedure by their ids."""
    rule = rule_of(campaign(stories[0]).procedure, stories[0].terms)
    counted = figures_of(rule, [campaign(story) for story in stories])
    assert len({each.id for each in counted}) == len(counted)
    return {each.id: each for each in counted}


def representative(enterprise: str) -> Actor:
    """Return somebody who speaks for an enterprise."""
    return b.ENTERPRISE.model_copy(update={"person": f"{enterprise}.a", "enterprise": enterprise})
