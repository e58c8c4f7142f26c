"""What an operator adds to a zone takes no code: a file says it, and the next decision is by it."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from deep import IN_CHECK

from domain import commands as cmd
from domain.decisions import Context, decide
from domain.events_of_ladder import IssueRouted
from domain.issue import Issue
from domain.organization import on_duty, post
from domain.people import Actor, Officer, Representative
from domain.phases import Origin
from domain.terms import Terms
from handbooks.shelf import SHIPPED, read_terms, zones

FICTIONAL = "xinghe"
AT = datetime(2026, 6, 3, 1, 30, tzinfo=UTC)
"""A Wednesday, 09:30 in Chongqing, when every office is open."""


def play(terms: Terms, issue: Issue | None, actor: Actor, command: cmd.Command) -> Issue:
    zone = terms.handbook.zone
    sent = cmd.Submission(id="c", zone=zone, key="one", actor=actor, command=command)
    return decide(issue, sent, Context(at=AT, terms=terms, number=f"{zone}-1")).issue


def owner(terms: Terms, issue: Issue) -> Officer:
    held = post(terms.handbook, issue.owner)
    assert held is not None
    local = AT.astimezone(ZoneInfo(terms.calendar.time_zone))
    return Officer(person=on_duty(terms.handbook, held, local)[0], post=held.id)


def accepted(terms: Terms, category: str, at: str | None = None) -> Issue:
    place = at or terms.handbook.enterprises[0].id
    report = cmd.Report(
        enterprise=place, category=category, title="-", text="-", origin=Origin.ENTERPRISE
    )
    issue = play(terms, None, Representative(person="r", enterprise=place), report)
    return play(terms, issue, owner(terms, issue), cmd.Accept())


@pytest.mark.parametrize("zone", zones())
def test_every_category_has_somebody_who_handles_it(zone: str) -> None:
    terms = read_terms(zone)
    for category in terms.handbook.categories:
        issue = accepted(terms, category.id)

        handler = post(terms.handbook, issue.handler)
        assert handler is not None
        assert handler.holders
        by_row = {row.unit for row in terms.handbook.routing}
        assert issue.unit in {None, *category.units, *by_row}
        assert (issue.unit is None) == (issue.handler == issue.owner)


ADDED = """
[tiers.city]
level = 4
name = { zh = "市级", en = "City" }
limits = { handling = "6wd" }

[units]
green-office = { name = { zh = "绿色发展办", en = "Green office" } }

[posts.xinghe-city]
name = { zh = "市级岗", en = "City" }
covers = "xinghe"
tier = 4
people = ["xinghe-p91", "xinghe-p92"]

[posts.xinghe-green]
name = { zh = "绿色发展岗", en = "Green desk" }
covers = "xinghe"
unit = "green-office"
people = ["xinghe-p93"]

[categories]
GRN-1 = { name = { zh = "绿色工厂", en = "Green plant" }, units = ["green-office"] }

[routing]
green = { categories = ["GRN-1"], to = "category" }

[clocks.permit]
name = { zh = "环评时限", en = "Environmental permit" }
start = [{ events = ["issue_accepted"], categories = ["GRN-1"] }]
stop = [{ phases = ["closed"] }]
budgets = [{ duration = "90m wall" }]
rungs = [{ id = "due", percent = 100, effect = "record" }]
"""


@pytest.fixture
def added(tmp_path: Path) -> Terms:
    """The fictional zone and a tier, a unit, a category, a row and two limits more, in one file."""
    shutil.copytree(SHIPPED / FICTIONAL, tmp_path / FICTIONAL)
    (tmp_path / FICTIONAL / "added.toml").write_text(ADDED, encoding="utf-8")
    return read_terms(FICTIONAL, tmp_path)


@IN_CHECK
def test_a_category_and_a_unit_take_no_code(added: Terms) -> None:
    issue = accepted(added, "GRN-1")

    assert (issue.handler, issue.unit) == ("xinghe-green", "green-office")
    permit = issue.clock("permit")
    assert permit is not None
    assert permit.budget_ms == 90 * 60_000


def test_the_row_that_hit_is_recorded_with_the_issue(added: Terms) -> None:
    place = added.handbook.enterprises[0].id
    report = cmd.Report(
        enterprise=place, category="GRN-1", title="-", text="-", origin=Origin.ENTERPRISE
    )
    issue = play(added, None, Representative(person="r", enterprise=place), report)
    sent = cmd.Submission(
        id="c", zone=FICTIONAL, key="one", actor=owner(added, issue), command=cmd.Accept()
    )

    events = decide(issue, sent, Context(at=AT, terms=added, number="n")).events

    assert [event.row for event in events if isinstance(event, IssueRouted)] == ["green"]


def test_a_tier_and_its_limit_take_no_code(added: Terms) -> None:
    issue = accepted(added, "MKT-2")
    assert issue.tier == 1

    issue = play(added, issue, owner(added, issue), cmd.Escalate(to_tier=4, reason="-"))

    assert (issue.tier, issue.owner) == (4, "xinghe-city")
    handling = issue.clock("handling")
    assert handling is not None
    assert handling.due_at == datetime(2026, 6, 11, 9, 30, tzinfo=UTC)  # six working days
