"""What no sequence of acts brings about: an approval around the gate, an inspection of one's own.

What is told is checked against the events alone.
"""

from collections import defaultdict
from datetime import datetime, timedelta
from random import Random
from typing import Any

import builders as b
import builders_forms as f
from builders_zone import FRI_9, SHANGHAI, WED_9
from deep import deep
from hypothesis import HealthCheck, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain import commands as cmd
from domain.decisions import decide
from domain.errors import IssueError
from domain.events import Event
from domain.issue import Issue
from domain.people import identities_of
from domain.phases import ResultClass
from domain.terms import Terms

OPENS_AT: dict[str | None, datetime] = {
    "first": b.MON_9,
    "second": WED_9 - timedelta(hours=9),
    "third": FRI_9 - timedelta(hours=9),
    None: FRI_9 - timedelta(hours=9),
}
"""From when each batch is open: its day begins nine hours before its morning."""
ROLES = {"owner", "sector", "territory"}
PEOPLE = (
    b.ENTERPRISE,
    f.COLLEAGUE,
    b.OFFICER,
    b.HEAD,
    b.DEPUTY_HEAD,
    b.DIRECTOR,
    b.VICE_DIRECTOR,
    b.SECTION,
    f.DEPUTY,
    b.POWER_SECTION,
    b.COORDINATOR,
    b.OTHER_HEAD,
)
ORDINARY = (
    b.PROPOSE,
    cmd.ProposeResolution(resolution=b.PARTLY),
    b.CONFIRM,
    b.CONFIRM_BY_PROXY,
    b.REJECT,
    b.UNREACHABLE,
    b.VERIFY,
    b.SEND_BACK,
    b.WITHDRAW,
    b.REOPEN,
    b.ESCALATE,
    b.DEESCALATE,
    b.PAUSE,
    b.RESUME,
    b.HAND_OVER,
    b.ASSIGN,
)
OF_APPLICATIONS = (
    *(f.submit(item) for item in f.ITEMS),
    *(f.check(item, met=met) for item in f.ITEMS for met in (True, True, False)),
    *(f.sign(role) for role in sorted(ROLES)),
    f.APPROVE,
    f.TURN_DOWN,
    f.REAPPLY,
)
OF_RECTIFICATIONS = (f.DECLARE, f.DECLARE, f.PASS, f.FAIL)
FITTING = (
    *((b.ENTERPRISE, f.submit(item)) for item in f.ITEMS),
    *((b.OFFICER, f.submit(item)) for item in f.ITEMS),
    *((b.OFFICER, f.check(item)) for item in f.ITEMS for _ in range(2)),
    *((b.VICE_DIRECTOR, f.check(item)) for item in f.ITEMS),
    (f.DEPUTY, f.sign("sector")),
    *((step.actor, step.command) for step in f.SIGNATURES),
    *((b.VICE_DIRECTOR, f.APPROVE) for _ in range(6)),
    *((b.ENTERPRISE, f.REAPPLY) for _ in range(3)),
    (b.OFFICER, b.PROPOSE),
)
LACKING_ONE = (
    f.ALL_SIGNED[:-1],
    (*f.ALL_SIGNED, b.Step(b.HEAD, f.check("plan", met=False))),
    (*f.ALL_SIGNED[:4], *f.ALL_SIGNED[5:7]),
)
STARTS = (f.APPLIED, f.ALL_MET, *LACKING_ONE)
CLAIMS = (*(("local", "small") for _ in range(5)), ("small",), ("local",), ())
INSPECTING = tuple(
    (actor, command)
    for actor in (b.HEAD, b.DEPUTY_HEAD, b.ENTERPRISE)
    for command in OF_RECTIFICATIONS
)
BOTH = f.forms_terms(
    posts=[
        post | ({"roles": ["coordinator"]} if post["id"] == "head-east" else {})
        for post in f.FORMS_DATA["posts"]
    ]
)
"""Heads of the area may declare for an enterprise and inspect."""
Act = tuple[Any, Any, int]
by_chance = st.randoms(use_true_random=True)
few = settings(
    max_examples=deep("lives of forms by chance", 2000),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def acts(chance: Random, fitting: tuple[Any, ...], commands: tuple[Any, ...]) -> list[Act]:
    """Return who does what, how many hours after the last act: two in three by whoever may."""
    drawn: list[Act] = []
    for _ in range(chance.randint(20, 80)):
        anybody = chance.choice(PEOPLE), chance.choice((*commands, *ORDINARY))
        actor, command = chance.choice((chance.choice(fitting), chance.choice(fitting), anybody))
        drawn.append((actor, command, chance.choice((0,) * 12 + (1, 20))))
    return drawn


def lived(issue: Issue, drawn: list[Act], terms: Terms = f.FORMS) -> tuple[Issue, list[Event]]:
    """Try each act on the real `decide`; what is refused leaves no trace."""
    events: list[Event] = []
    at = b.MON_9
    for actor, command, hours in drawn:
        at += timedelta(hours=hours)
        try:
            decision = decide(issue, b.submission(command, actor), b.context(at, terms))
        except IssueError:
            continue
        events += decision.events
        issue = decision.issue
    return issue, events


@few
@for_all(
    st.sampled_from(CLAIMS),
    st.sampled_from(STARTS),
    by_chance,
)
def test_no_sequence_of_acts_reaches_an_approval_around_the_gate(claims, start, chance):
    first = b.Step(b.ENTERPRISE, f.application(*claims))
    story = b.told(first, *start[1:], terms=f.FORMS)
    issue, events = lived(story.issue, acts(chance, FITTING, OF_APPLICATIONS))

    batch = story.issue.application.batch
    met: set[str] = set()
    papers: defaultdict[str, set[str]] = defaultdict(set)
    signed: dict[str, set[str]] = {}
    approved = False
    for event in [*story.events, *events]:
        who = set(identities_of(event.by))
        match event.kind:
            case "item_submitted":
                assert event.item not in met
                papers[event.item] |= who
                signed = {}
            case "item_checked":
                assert papers[event.item]
                assert papers[event.item].isdisjoint(who)
                (met.add if event.met else met.discard)(event.item)
                signed = signed if event.met else {}
            case "application_signed":
                assert met == set(f.ITEMS)
                assert event.role not in signed
                assert not any(who & others for others in signed.values())
                signed[event.role] = who
            case "application_renewed":
                signed = {}
            case "application_approved":
                assert met == set(f.ITEMS)
                assert set(signed) == ROLES
                assert who.isdisjoint(set().union(*papers.values(), *signed.values()))
                assert event.at >= OPENS_AT[batch]
                approved = True
            case "resolution_proposed":
                assert approved or event.resolution.result is not ResultClass.SOLVED
        if approved:
            assert not event.kind.startswith("item_")
    assert (issue.application.approved_at is not None) == approved
    assert set(issue.application.missing) == set(f.ITEMS) - met


@few
@for_all(by_chance)
def test_no_rectification_is_closed_but_by_an_inspector_who_has_not_declared_it(chance):
    story = b.told(*f.TO_RECTIFY, terms=BOTH)
    issue, events = lived(story.issue, acts(chance, INSPECTING, OF_RECTIFICATIONS), BOTH)

    declared: set[str] | None = None
    for event in events:
        match event.kind:
            case "rectification_declared":
                declared = set(identities_of(event.by))
            case "rectification_failed" | "issue_reopened":
                assert declared is not None
                declared = None
            case "issue_closed_out":
                assert event.sign_off == "inspected"
                assert declared
                assert declared.isdisjoint(identities_of(event.by))
                assert event.by.post in ("grid-east-1", "head-east", "director")
            case other:
                assert other not in (
                    "resolution_proposed",
                    "sign_off_answered",
                    "sign_off_lapsed",
                    "issue_withdrawn",
                )
    assert issue.is_open or issue.sign_off.outcome == "inspected"


def test_the_days_of_the_batches_are_those_of_the_handbook():
    rows = f.FORMS.handbook.applications[0].batches

    for row in rows:
        if row.opens_on is not None:
            assert OPENS_AT[row.id].astimezone(SHANGHAI).date() == row.opens_on
            assert OPENS_AT[row.id].astimezone(SHANGHAI).hour == 0
