"""Teams, rounds, sign-off, forms in a zone's files: read as they are written, and what points
nowhere is named with its place."""

import tomllib
from copy import deepcopy
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from domain.ballots import Needs
from domain.durations import Wall, WorkingDays
from domain.handbook import Handbook
from domain.phases import CloseRule, Duty, RejectionStep, ReopenMode, Subject
from handbooks.faults import Fault
from handbooks.laying import Draft
from handbooks.shelf import SHARED, SHIPPED, HandbookError, read_handbook

ZONE = "xinghe"
RULES = f"{ZONE}/procedures.toml"


@lru_cache
def parsed(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


PROCEDURES = (SHIPPED / RULES).read_text(encoding="utf-8")


def read(text: str, *, leaving_out: str | None = None) -> Handbook:
    """Return the fictional zone's handbook with this text for its procedures."""
    draft = Draft(ZONE)
    for name in SHARED:
        draft.lay(name, deepcopy(parsed(SHIPPED / name)), shared=True)
    for name in ("organisation", "people", "rules"):
        data = deepcopy(parsed(SHIPPED / ZONE / f"{name}.toml"))
        for post in data.get("posts", {}).values():
            post["roles"] = [role for role in post.get("roles", ()) if role != leaving_out]
        draft.lay(f"{ZONE}/{name}.toml", data, shared=False)
    draft.lay(RULES, tomllib.loads(text), shared=False)
    return draft.handbook()


def changed(old: str, new: str) -> str:
    """Return the zone's procedures with one text in them another."""
    assert PROCEDURES.count(old) == 1
    return PROCEDURES.replace(old, new)


def fault(text: str, *, leaving_out: str | None = None) -> Fault:
    with pytest.raises(HandbookError) as raised:
        read(text, leaving_out=leaving_out)
    (found,) = raised.value.faults
    return found


def test_every_procedure_is_read_as_it_is_written() -> None:
    book = read_handbook(ZONE)

    assert book.joint_team is not None
    assert book.joint_team.closes is CloseRule.ALL_REQUIRED
    parts = {part.id: part for part in book.teams[0].parts}
    assert parts["staffing"].depends_on == ("funding", "site")
    assert (parts["bank-advice"].duty, parts["bank-advice"].required) == (Duty.ADVISE, False)
    assert parts["prices"].budget == Wall(minutes=1440)
    panel = book.round_for(Subject.CLOSING_REVIEW)
    assert panel is not None
    assert (panel.passes.needs, panel.passes.percent) == (Needs.WEIGHTED, 60)
    assert [row.weight for row in panel.electors] == [1, 1, 2]
    assert book.sign_off.rejected[-1] is RejectionStep.SUPERVISION
    assert [row.mode for row in book.sign_off.reopening] == list(ReopenMode)
    assert book.rectification is not None
    assert book.rectification.at_least == WorkingDays(days=1)
    assert book.rectification.at_most == WorkingDays(days=10)
    (form,) = book.applications
    assert (len(form.items), len(form.signers)) == (5, 3)
    assert form.batches[1].opens_on == date(2026, 2, 23)
    assert book.callbacks is not None
    assert book.merges


def test_clocks_of_procedures_come_with_their_tables_alone() -> None:
    gone = {c.id for c in read_handbook(ZONE).clocks} - {c.id for c in read("").clocks}

    assert gone == {
        *("team_lead", "part_objection", "part_ruling", "ballot", "promised"),
        *("rectifying", "rectifying_overdue"),
    }


def test_a_clock_comes_with_one_field_of_a_setting() -> None:
    book = read(changed('promise = "promised"\n', ""))

    assert book.sign_off.promise is None
    assert "promised" not in {clock.id for clock in book.clocks}


def test_a_clock_for_no_field_of_a_setting_is_refused() -> None:
    more = '[clocks.promised]\nonly_with = "sign_off.promised"\n'

    found = fault(changed('promise = "promised"\n', "") + more)

    assert (found.field, found.value) == ("clocks.promised.only_with", "sign_off.promised")
    assert "sign_off" in found.allowed
    assert "rounds" in found.allowed


FORMS = [
    ("percent = 60 }", "percent = 60, n = 2 }", "rounds.review-panel.passes", "takes n for"),
    (
        '{ role = "coordinator" }, { tier',
        "{ weight = 3 }, { tier",
        "rounds.review-panel.electors.1",
        "gives one of",
    ),
    (
        'expires = "expired_rejected"\nown',
        'expires = "approved"\nown',
        "rounds.review-panel",
        "expires is one of",
    ),
    ('at_least = "1wd"', 'at_least = "soon"', "rectification.at_least", "no length of time"),
    (
        'budget = "24h wall"',
        'budget = "24 wall"',
        "teams.troubleshooting.parts.3.budget",
        "no length",
    ),
    ("link_hours = 72", "link_hours = 0", "sign_off.link_hours", "greater than or equal to 1"),
    ('30, mode = "new_cycle"', '30, mode = "anew"', "sign_off.reopening.1.mode", "Input should be"),
    (
        "attempts_max = 3",
        "attempts_max = 30",
        "applications.resumption.attempts_max",
        "less than or equal",
    ),
    ("percent = 10\n", "percent = 0\n", "callbacks.percent", "greater than or equal to 1"),
    (
        '{ id = "key-posts", name',
        '{ id = "key posts", name',
        "applications.resumption.items.2.id",
        "match pattern",
    ),
]


@pytest.mark.parametrize(("old", "new", "field", "problem"), FORMS)
def test_a_wrong_form_is_named_with_its_place(old: str, new: str, field: str, problem: str) -> None:
    found = fault(changed(old, new))

    assert (found.file, found.field) == (RULES, field)
    assert problem in found.problem


DANGLING = [
    ('lead = "team_lead"', 'lead = "lead"', "joint_team.lead: no clock 'lead'"),
    (
        'lead = "team_lead"',
        'lead = "part"',
        "joint_team.lead: clock 'part' has scope part; allowed: issue",
    ),
    (
        'objection = "part_objection"',
        'objection = "ballot"',
        "joint_team.objection: clock 'ballot' has scope issue; allowed: part",
    ),
    (
        'ruling = "part_ruling"',
        'ruling = "part"',
        "joint_team: clock 'part' cannot count two of part, objection, ruling",
    ),
    (
        'arbiters = ["xinghe-coordinator"',
        'arbiters = ["somebody"',
        "joint_team: no post 'somebody'",
    ),
    (
        'unit = "finance-office", deliv',
        'unit = "nobody", deliv',
        "team troubleshooting: part funding: no unit 'nobody'",
    ),
    (
        'unit = "finance-office", deliv',
        'unit = "duty-office", deliv',
        "part funding: 'duty-office' is neither the lead nor a member",
    ),
    (
        'duty = "advise"',
        'duty = "lead"',
        "part bank-advice: duty lead is the lead's, 'economy-bureau'",
    ),
    (
        'depends_on = ["funding", "site"]',
        'depends_on = ["money"]',
        "part staffing: no other part 'money'",
    ),
    (
        'depends_on = ["funding", "site"]',
        'depends_on = ["staffing"]',
        "parts wait for each other: staffing",
    ),
    ('{ id = "bank-advice"', '{ id = "prices"', "team troubleshooting: part 'prices' twice"),
    (
        'clock = "ballot"\nexpires = "expired_rejected"\nown',
        'clock = "votes"\nown',
        "round review-panel: no clock 'votes'",
    ),
    (
        'clock = "ballot"\nexpires = "expired_rejected"\nown',
        'clock = "part"\nown',
        "round review-panel: clock 'part' has scope part",
    ),
    (
        'own_unit_out = true\nfallback = "xinghe-duty"',
        'own_unit_out = true\nfallback = "duty"',
        "round review-panel: no post 'duty'",
    ),
    (
        '[{ post = "xinghe-supervisor" }, {',
        '[{ post = "supervisor" }, {',
        "round review-panel: no post 'supervisor'",
    ),
    ("{ tier = 3, weight", "{ tier = 4, weight", "round review-panel: no tier 4"),
    (
        'subject = "pause"',
        'subject = "closing_review"',
        "rounds: 2 rules decide on closing_review; allowed: one",
    ),
    (
        'subject = "closing_review"',
        'subject = "verification"',
        "sign_off.rejections_max: no round decides on closing_review",
    ),
    ('team = "troubleshooting"', 'team = "trouble"', "sign_off.team: no team 'trouble'"),
    ('promise = "promised"', 'promise = "word"', "sign_off.promise: no clock 'word'"),
    (
        "{ within_days = 7,",
        "{ within_days = 30,",
        "sign_off.reopening: within_days must grow from row to row, not [30, 30, 365]",
    ),
    ('clock = "rectifying"', 'clock = "rectify"', "rectification.clock: no clock 'rectify'"),
    (
        'replaces = ["handling"]',
        'replaces = ["rectifying"]',
        "rectification.replaces: 'rectifying' is the clock of rectifications itself",
    ),
    ('replaces = ["handling"]', 'replaces = ["hand"]', "rectification.replaces: no clock 'hand'"),
    (
        'overdue = "rectifying_overdue"',
        'overdue = "over"',
        "rectification.overdue: no clock 'over'",
    ),
    (
        'overdue = "rectifying_overdue"',
        'overdue = "rectifying"',
        "rectification.overdue: 'rectifying' counts something else already",
    ),
    ('inspectors = ["xinghe-market"', 'inspectors = ["market"', "rectification: no post 'market'"),
    (
        'posts = ["xinghe-economy"',
        'posts = ["economy"',
        "application resumption: signer sector-head: no post 'economy'",
    ),
    (
        'claims = ["well-ventilated", "well-supplied"], op',
        'claims = ["rich"], op',
        "application resumption: batch second-batch: no claim 'rich'",
    ),
    (
        '{ id = "hazard-sweep"',
        '{ id = "key-posts"',
        "application resumption: item 'key-posts' twice",
    ),
    (
        '{ id = "area-head"',
        '{ id = "sector-head"',
        "application resumption: signer 'sector-head' twice",
    ),
    (
        '{ id = "third-batch"',
        '{ id = "first-batch"',
        "application resumption: batch 'first-batch' twice",
    ),
]


@pytest.mark.parametrize(("old", "new", "problem"), DANGLING)
def test_what_points_nowhere_is_named_and_nothing_else(old: str, new: str, problem: str) -> None:
    found = fault(changed(old, new))

    assert problem in found.problem
    assert ";" not in found.problem.replace("; allowed:", "")


def test_a_role_that_nobody_has_cannot_vote() -> None:
    named = changed('[{ post = "xinghe-supervisor" }, {', '[{ role = "supervisor" }, {')

    found = fault(named, leaving_out="supervisor")

    assert found.problem == "round review-panel: no post has the role supervisor"


def test_parts_of_a_team_have_budgets_and_an_order_only_with_a_rule_for_teams() -> None:
    head, _, rest = PROCEDURES.partition("[joint_team]")

    found = fault(head + rest[rest.index("[teams.") :])

    needs = "budget and depends_on need the table joint_team"
    assert found.problem.split("; ") == [
        f"team troubleshooting: part {part}: {needs}" for part in ("staffing", "prices")
    ]
