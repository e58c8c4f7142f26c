"""Nothing in the code knows a handbook: other ids and other numbers, and the same laws hold."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest
from chance_lives import Act, Life, Zone, zone_of
from chance_procedures import kin_of
from deep import deep
from renaming import Renaming, ids_in, numbers_of, with_other_numbers

from domain import commands as cmd
from domain.decisions import Context, decide
from domain.errors import IssueError
from domain.evolve import evolve
from domain.handbook import Post
from domain.issue import Issue
from domain.organization import chain_posts
from domain.phases import Phase
from domain.soundness import problems
from domain.terms import Terms
from handbooks.shelf import read_handbook, read_terms, zones

FICTIONAL = "xinghe"
ROOT = Path(__file__).parents[2]
PACKAGES = ("domain", "desk", "workflows", "activities", "ledger", "audit")
LIVES = deep("lives under another handbook", 600, light=3)
TERMS = read_terms(FICTIONAL)
SUPERSEDED = re.compile(r'(?<="superseded":\[)[^]]+')


@lru_cache
def lived() -> tuple[tuple[Act, ...], ...]:
    """Lives in the fictional zone, as it is."""
    zone = zone_of(TERMS)
    return tuple(_lived(zone, seed) for seed in range(LIVES))


def _lived(zone: Zone, seed: int) -> tuple[Act, ...]:
    life = Life(zone, Random(seed))  # noqa: S311  # lives by chance, not secrets
    for _ in life.live():
        pass
    return tuple(life.log)


def submitted(issue: Issue | None, act: Act, terms: Terms) -> tuple[tuple[str, ...], Issue]:
    """Decide an act once more; return its events as they would be stored, and the issue."""
    zone = terms.handbook.zone
    sent = cmd.Submission(id="c", zone=zone, key="one", actor=act.actor, command=act.command)
    known = kin_of(act.command, issue)
    made = decide(issue, sent, Context(at=act.at, terms=terms, number="one", kin=known))
    return tuple(event.model_dump_json() for event in made.events), made.issue


# --- other names ---


def test_every_id_and_every_name_is_another() -> None:
    renaming = Renaming()
    other = renaming.terms(TERMS).handbook

    assert not set(ids_in(other)) & set(ids_in(TERMS.handbook))
    assert len(set(ids_in(other))) == len(set(ids_in(TERMS.handbook))) > 150
    text = TERMS.handbook.model_dump_json()
    assert json.loads(renaming.back(other.model_dump_json())) != json.loads(text)  # names differ
    assert numbers_of(other) == numbers_of(TERMS.handbook)


@pytest.mark.parametrize("reverse", [False, True])
def test_under_other_names_in_whatever_order_the_same_acts_give_the_same_events(
    reverse: bool,
) -> None:
    """Also where rungs fall due at one instant: the handbook's order decides, and no id."""
    renaming = Renaming(reverse=reverse)
    other = renaming.terms(TERMS)
    compared = ties = 0
    for life in lived():
        issue: Issue | None = None
        for act in life:
            ties += issue is not None and due_at_once(issue, act.at)
            moved = Act(act.at, renaming.of(act.actor), renaming.of(act.command), ())
            stored, issue = submitted(issue, moved, other)
            told = [renaming.back(each.replace(other.hash, TERMS.hash)) for each in stored]
            came = [event.model_dump_json() for event in act.events]
            assert list(map(with_sets_sorted, told)) == list(map(with_sets_sorted, came))
            compared += len(told)

    assert compared > 10 * LIVES
    assert ties


def with_sets_sorted(text: str) -> str:
    """Return an event's text with the rungs that a change passed over in one order: they are a set,
    which is stored sorted by id so that the same change always gives the same bytes."""
    return SUPERSEDED.sub(lambda found: ",".join(sorted(found[0].split(","))), text)


def due_at_once(issue: Issue, at: datetime) -> bool:
    due = [rung.due_at for clock in issue.clocks for rung in clock.rungs if rung.due_at <= at]
    return len(set(due)) < len(due)


def test_under_other_names_the_same_acts_are_refused() -> None:
    renaming = Renaming()
    other = renaming.terms(TERMS)
    refused = 0
    for life in lived()[: LIVES // 4]:
        issue = moved_issue = None
        for act, following in pairwise(life):
            moved = Act(act.at, renaming.of(act.actor), renaming.of(act.command), ())
            _, issue = submitted(issue, act, TERMS)
            _, moved_issue = submitted(moved_issue, moved, other)
            for actor in (following.actor, act.actor):
                again = Act(act.at, actor, act.command, ())
                moved_again = Act(act.at, renaming.of(actor), moved.command, ())
                why = refusal(issue, again, TERMS)
                assert refusal(moved_issue, moved_again, other) == why
                refused += why is not None

    assert refused > LIVES


def refusal(issue: Issue | None, act: Act, terms: Terms) -> tuple[str, str | None] | None:
    """Return how an act is refused, if it is. What the error shows of the handbook is left out."""
    try:
        submitted(issue, act, terms)
    except IssueError as error:
        return error.code, error.field
    return None


# --- other numbers ---


def test_every_number_is_another() -> None:
    before, after = TERMS.handbook, with_other_numbers(TERMS.handbook)

    pairs = list(zip(numbers_of(before), numbers_of(after), strict=True))
    assert len(pairs) > 120
    assert [pair for pair in pairs if pair[0] == pair[1]] == []
    assert set(ids_in(after)) == set(ids_in(before))


@lru_cache
def zone_of_other_numbers() -> Zone:
    renumbered = with_other_numbers(Renaming().of(TERMS.handbook))
    return zone_of(Terms(handbook=renumbered, calendar=Renaming().terms(TERMS).calendar))


def test_with_other_numbers_the_handbook_is_sound() -> None:
    assert problems(zone_of_other_numbers().terms) == ()


def test_with_other_numbers_and_names_the_laws_hold() -> None:
    zone = zone_of_other_numbers()
    book, terms = zone.handbook, zone.terms
    phases: set[Phase] = set()
    for seed in range(LIVES):
        life = Life(zone, Random(seed))  # noqa: S311  # lives by chance, not secrets
        for lacks_a_deadline in life.live():
            assert not lacks_a_deadline
            issue = life.issue
            assert issue is not None
            phases.add(issue.phase)
            assert issue.owner in {post.id for post in chain_posts_and_fallbacks(zone, issue)}
        folded: Issue | None = None
        for act in life.log:
            for event in act.events:
                folded = evolve(folded, event, zone=book.zone, key="one", terms=terms.hash)
        assert folded == life.issue

    assert phases == set(Phase)


def chain_posts_and_fallbacks(zone: Zone, issue: Issue) -> Iterator[Post]:
    """Yield the posts that may be accountable for an issue where it stands."""
    book = zone.handbook
    yield from chain_posts(book, issue.enterprise, issue.tier)
    fallback = book.tiers[issue.tier - 1].fallback
    last = None if book.ladder is None else book.ladder.fallback
    yield from (p for p in book.posts if p.id == last or (fallback and p.unit == fallback))


# --- no id of a handbook stands in the code ---

ENGINES_WORDS = {
    "handling": (
        {
            "desk/importing/old_mapping.py",
            "domain/phases.py",
        },
        "a phase; the clock of that phase is called after it",
    ),
    "sign_off": (
        {
            "audit/evidence_text.py",
            "audit/handling_times.py",
            "audit/printed/ledger.py",
            "desk/importing/old_mapping.py",
            "domain/decisions/sign_off.py",
            "domain/elsewhere.py",
            "domain/evolve_forms.py",
            "domain/evolve_sign_off.py",
            "domain/exclusion.py",
            "domain/figure_definitions.py",
            "domain/phases.py",
            "domain/proof_of_approvals.py",
            "domain/report_months.py",
            "domain/view.py",
        },
        "a phase, a field of an issue and a setting; the clock of that phase is called after it",
    ),
    "part": (
        {
            "audit/evidence_text.py",
            "audit/exports/relations.py",
            "audit/handling_times.py",
            "domain/clock_rules.py",
            "domain/conditions.py",
            "domain/decisions/objecting.py",
            "domain/decisions/parts.py",
            "domain/decisions/team.py",
            "domain/matters/register/stated.py",
            "domain/notices.py",
            "domain/offers.py",
        },
        "a scope of clocks, a field",
    ),
    "review": (
        {"domain/clock_rules.py", "domain/facts_possible.py", "domain/staffing.py"},
        "what a rung or a tier does, a way to stand to a proposal",
    ),
    "team_lead": ({"domain/view.py"}, "a field of what is shown of an issue"),
    "verification": (
        {
            "activities/routine.py",
            "domain/routines.py",
            "domain/phases.py",
            "ledger/log_rows.py",
            "ledger/reads.py",
        },
        "what a round decides, a table, what was read",
    ),
    "waiting": (
        {
            "domain/conditions.py",
            "domain/figures_of_time.py",
            "domain/phases.py",
            "domain/team_times.py",
            "desk/importing/mapping.py",
            "desk/told_apart.py",
        },
        "a question, a standing, a head of the morning list",
    ),
    "resolution": (
        {
            "audit/evidence_text.py",
            "desk/importing/old_mapping.py",
            "desk/importing/old_rows.py",
            "domain/decisions/importing.py",
            "domain/exclusion.py",
            "domain/figure_definitions.py",
            "domain/report_months.py",
            "domain/view.py",
        },
        "a field of what is shown of an issue, a figure",
    ),
    "ruling": ({"domain/order_evolve.py"}, "a field of a supervision order"),
    "overdue": (
        {
            "audit/forms.py",
            "desk/seen.py",
            "desk/told_apart.py",
            "domain/figures_of_moves.py",
            "domain/figures_of_time.py",
            "domain/matters/pipeline/evolve.py",
            "domain/matters/pipeline/figures.py",
            "domain/matters/register/evolve.py",
            "domain/matters/register/figures.py",
            "domain/report_months.py",
            "domain/reports.py",
        },
        "what is counted of a list of issues",
    ),
    "due": (
        {
            "audit/evidence_text.py",
            "audit/printed/ledger.py",
            "audit/promises.py",
            "desk/importing/old_ledger.py",
            "desk/importing/old_rows.py",
            "desk/importing/zone.py",
            "desk/told_apart.py",
            "domain/duration_text.py",
            "domain/figures_of_time.py",
            "domain/reports.py",
        },
        "a field of a length, a kind of finding, a count, a rung of a handbook an import makes",
    ),
    "acceptance": (
        {"domain/report_months.py", "domain/figure_definitions.py"},
        "what a figure counts",
    ),
    "order": (
        {
            "audit/verify_columns.py",
            "desk/notifying.py",
            "desk/order_upkeep.py",
            "desk/supervising.py",
            "domain/streams.py",
            "ledger/exports.py",
            "ledger/reads.py",
            "workflows/supervision.py",
        },
        "how a stream's name begins, what a notice is about, what was read",
    ),
    "refusal": ({"ledger/log_rows.py", "ledger/misplaced.py"}, "a table"),
    "plan": ({"audit/evidence_text.py", "ledger/log_rows.py"}, "a table's key, a word"),
    "notice": (
        {
            "audit/columns.py",
            "audit/verify_columns.py",
            "domain/notice_text.py",
            "ledger/log_rows.py",
            "ledger/misplaced.py",
            "ledger/postgres_misplaced.py",
            "ledger/postgres_receipts.py",
        },
        "a table, and what refers to it",
    ),
    "place": (
        {
            "audit/columns.py",
            "audit/printed/ledger.py",
            "domain/matters/match/figures.py",
            "domain/matters/register/words.py",
            "domain/report_months.py",
        },
        "a column of a table, of a report",
    ),
    "room": ({"domain/matters/grant/figures.py"}, "what is counted of a grant"),
    "routine": (
        {
            "activities/routine.py",
            "desk/inbox.py",
            "desk/told_apart.py",
            "ledger/log_rows.py",
        },
        "a column, and how what a routine tells is called",
    ),
}
"""Words of the engine's own that a shipped handbook has for an id as well: where, and as what."""


def literals() -> Iterator[tuple[str, str]]:
    """Yield every text that stands in the code, docstrings apart, and where."""
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
            texts = (node for node in ast.walk(tree) if isinstance(node, ast.Constant))
            for text in texts:
                if isinstance(text.value, str) and id(text) not in alone:
                    yield text.value, f"{file.relative_to(ROOT)}:{text.lineno}"


def test_no_id_of_a_shipped_handbook_stands_in_the_code() -> None:
    shipped = {id_ for zone in zones() for id_ in ids_in(read_handbook(zone))}
    found: dict[str, set[str]] = {}
    for text, where in literals():
        if text in shipped:
            found.setdefault(text, set()).add(where.partition(":")[0])

    assert len(shipped) > 500
    listed = {word: files for word, (files, _) in ENGINES_WORDS.items()}
    assert {w: new for w, files in found.items() if (new := files - listed.get(w, set()))} == {}
    assert set(listed) == set(found)
