"""`closeout matters procedures`, `list`, `show`, `do`, `figures`, `timeline`, as they are typed."""

import json
from typing import Any

import builders as b
import builders_grants as g
import builders_matches as ma
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c
import pytest
from stage import Stage

import cli
from terminal.matters import _kinds

COORDINATOR = ("--as", f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}")
OFFICER = ("--as", f"officer:{b.OFFICER.person}@{b.OFFICER.post}")
OPENING = (
    *("matters", "do", b.ZONE, "visits-1", "open-campaign", "procedure=visits"),
    *("title=百日 A hundred days", 'targets:=["mill", "bakery"]'),
)
VISIT = ("matters", "do", b.ZONE, "visits-1", "record-step", "enterprise=mill", "step=visit")
LOAN = {"procedure": "loans", "title": "A loan", "enterprise": "mill", "amount": p.cny(300)}
NEED = {"procedure": "staff", "title": "Welders", "enterprise": "mill", "side": "need", "places": 3}
MASKS = {"procedure": "supplies", "title": "Masks", "unit": "mask"}
ROADS = {"procedure": "projects", "title": "Projects", "members": []}
DAM = {"subject": "dam", "name": "The dam", "details": {"budget": r.cny(900)}}


class Office(Stage):
    """A command line with families, before a zone that has procedures."""

    def __post_init__(self) -> None:
        self.terms = c.terms(
            pipelines=[p.LOANS, p.MEETINGS],
            matches=list(ma.RULES),
            registers=[r.PROJECTS],
            grants=[g.SUPPLIES, g.PASSES],
        )
        super().__post_init__()
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    def did(self, key: str, command: str, fields: dict[str, Any]) -> None:
        """Carry out a command as the coordination."""
        words = ("matters", "do", b.ZONE, key, command, json.dumps(fields), *COORDINATOR)
        assert self.json(*words)["events"]


@pytest.fixture
def office(stage: Stage) -> Office:
    """A command line with visits that were opened on Monday at nine."""
    made = Office()
    assert made.json(*OPENING, *COORDINATOR)["events"] == ["campaign_opened"]
    return made


def test_a_matter_is_opened_acted_in_shown_and_told(office: Office) -> None:
    visit = office.json(*VISIT, "--id", "v-1", *OFFICER)
    assert (visit["events"], visit["repeated"]) == (["step_recorded"], False)
    assert office.json(*VISIT, "--id", "v-1", *OFFICER)["repeated"] is True
    shown = office.json("matters", "show", b.ZONE, "visits-1")
    assert [each["enterprise"] for each in shown["matter"]["targets"]] == ["mill", "bakery"]
    told = office.json("matters", "timeline", b.ZONE, "visits-1", "--limit", "1")
    assert ([each["kind"] for each in told["facts"]], told["next"]) == (["campaign_opened"], 1)
    rest = office.json("matters", "timeline", b.ZONE, "visits-1", "--after", "1")
    assert [each["event"]["enterprises"] for each in rest["facts"]] == [["mill"]]


def test_people_are_shown_both_languages_and_every_line(office: Office) -> None:
    office.json(*VISIT, *OFFICER)
    text = office.run("matters", "show", b.ZONE, "visits-1").output
    for told in ("百日 A hundred days", "在办", "面粉厂", "visit", "Mill", "version 2"):
        assert told in text, text
    text = office.run("matters", "timeline", b.ZONE, "visits-1").output
    assert "办理登记" in text
    assert "Step recorded" in text


def test_matters_of_every_aggregate_can_be_shown(office: Office) -> None:
    office.did("loan-1", "open-pipeline", LOAN)
    office.did("need-1", "open-match", NEED)
    office.did("need-1", "propose", {"proposal": "p-1", "enterprise": "bakery", "places": 1})
    office.did("masks-1", "open-grant", MASKS)
    office.did("masks-1", "receive-stock", {"source": "purchase", "quantity": g.quantity(300)})
    office.did("masks-1", "issue-stock", {"enterprise": "mill", "quantity": g.quantity(50)})
    office.did("projects-1", "open-register", ROADS)
    added = ("matters", "do", b.ZONE, "projects-1", "add-subject", json.dumps(DAM))
    assert office.json(*added, *COORDINATOR)["events"] == ["subject_added"]
    for key, told in {
        "loan-1": ("CNY 300.00", "demand"),
        "need-1": ("p-1", "counterpart asked", "1 places"),
        "masks-1": ("250 mask", "1 times, 50 mask"),
        "projects-1": ("The dam", "not stated"),
    }.items():
        text = office.run("matters", "show", b.ZONE, key).output
        assert all(each in text for each in told), text
        assert office.run("matters", "timeline", b.ZONE, key).exit_code == 0


def test_matters_are_listed_a_page_at_a_time(office: Office) -> None:
    for number in (1, 2):
        office.did(f"loan-{number}", "open-pipeline", LOAN)
    first = office.json("matters", "list", b.ZONE, "--limit", "2")
    rest = office.json("matters", "list", b.ZONE, "--after", first["after"])
    found = [each["key"] for page in (first, rest) for each in page["matters"]]
    assert found == ["loan-1", "loan-2", "visits-1"]
    assert rest["after"] is None
    of_loans = office.json("matters", "list", b.ZONE, "--procedure", "loans", "--stage", "demand")
    assert [each["stage"] for each in of_loans["matters"]] == ["demand", "demand"]
    text = office.run("matters", "list", b.ZONE, "--limit", "1").output
    assert "more: --after loan-1" in text
    assert "No matter fits." in office.run("matters", "list", b.ZONE, "--post", "nobody").output


def test_figures_and_procedures_are_told(office: Office) -> None:
    office.json(*VISIT, *OFFICER)
    told = office.json("matters", "figures", b.ZONE, "visits")
    assert told["matters"] == 1
    assert "1 / 2 (50.00%)" in {each["said"] for each in told["figures"]}
    text = office.run("matters", "figures", b.ZONE, "visits").output
    assert "1 / 2 (50.00%)" in text
    assert "handbook revision 1" in text
    rates = {
        each["id"]: each
        for each in office.json("matters", "figures", b.ZONE, "projects")["figures"]
    }
    assert rates["rate.built"]["note"] == {"zh": "分母未说明", "en": "no denominator"}
    assert "分母未说明" in office.run("matters", "figures", b.ZONE, "projects").output
    told = office.json("matters", "procedures", b.ZONE)
    may = {each["id"]: each["may"] for each in told["procedures"]}
    assert may["notices"]["steps.acknowledged.by"] == ["the enterprise itself"]
    assert "visits" in office.run("matters", "procedures", b.ZONE).output


def test_what_cannot_be_is_refused_by_name(office: Office) -> None:
    for words, code, field in (
        (("matters", "do", b.ZONE, "visits-1", "dance", *OFFICER), 3, "command"),
        ((*VISIT[:-1], "step=dance", *OFFICER), 3, "step"),
        ((*VISIT, "--expect", "7", *OFFICER), 5, "expected_version"),
        (("matters", "show", b.ZONE, "nothing"), 5, "key"),
        (("matters", "figures", b.ZONE, "dances"), 3, "procedure"),
        ((*OPENING, *OFFICER), 5, "key"),
        (("matters", "do", b.ZONE, "v-9", *OPENING[4:], *OFFICER), 4, "actor"),
    ):
        result = office.run(*words, "--json")
        error = json.loads(result.stdout)["error"]
        assert (result.exit_code, error["field"]) == (code, field), error


def test_every_command_that_people_may_give_can_be_typed() -> None:
    known = set(_kinds())
    assert {"open_campaign", "tie_issue", "consent", "set_status", "issue_stock"} <= known
    assert {"ring_matter", "adopt_matter_terms"}.isdisjoint(known)


def test_a_matter_is_shown_as_it_stood(office: Office) -> None:
    office.clock.at = b.MON_10
    office.json(*VISIT, *OFFICER)
    show, told = (
        ("matters", "show", b.ZONE, "visits-1"),
        ("matters", "timeline", b.ZONE, "visits-1"),
    )
    now = office.json(*show)
    assert (now["version"], now["position"], now["as_of"]) == (2, 2, None)
    for travel, position in (
        (("--as-of", "1"), 1),
        (("--as-of", "2026-03-02T09:00"), 2),
        (("--known-at", "2026-03-02T09:30+08:00"), 2),
    ):
        then = office.json(*show, *travel)
        assert (then["version"], then["position"]) == (1, position)
        facts = office.json(*told, *travel)
        assert ([each["version"] for each in facts["facts"]], facts["next"]) == ([1], None)
        assert facts["position"] == position
    text = office.run(*show, "--as-of", "1").output
    assert "as of position 1" in text
    assert "version 1" in text
    for travel, code, field in (
        (("--as-of", "yesterday"), 3, "as_of"),
        (("--as-of", "2026-03-01T09:00"), 5, "as_of"),
        (("--as-of", "99"), 3, "as_of"),
    ):
        result = office.run(*show, *travel, "--json")
        error = json.loads(result.stdout)["error"]
        assert (result.exit_code, error["field"]) == (code, field), error
