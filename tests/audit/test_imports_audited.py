"""What is worked out of an imported issue's events adds up as it does for any other."""

from collections import Counter
from itertools import pairwise
from typing import Any

import builders as b
import pytest
from builders_import import Played, import_issue, stated

from audit.evidence_text import told
from audit.notified import breaches_told
from audit.promises import Fate, read_promises
from audit.timeline import timeline
from domain import commands as cmd
from domain.clocks import Standing
from domain.derivation import derivations
from domain.events import RungFired
from domain.figure_story import Story
from domain.figures import Period
from domain.figures_of_moves import load
from domain.known import known_now
from domain.phases import Phase
from domain.responsibility import partition
from domain.warning_facts import issue_facts

TERMS = {b.TERMS.hash: b.TERMS}
LIVES: dict[str, Any] = {
    "at intake": import_issue(Phase.INTAKE, clocks=stated("acceptance", due=b.MON_11)),
    "in hand": import_issue(clocks=stated(since=b.local(-6, 10))),
    "with a deadline in opening hours": import_issue(clocks=stated(due=b.WED_17)),
    "with a deadline at night": import_issue(clocks=stated(due=b.local(2, 23))),
    "overdue": import_issue(clocks=stated(due=b.local(-3, 12))),
    "overdue in all": import_issue(clocks=stated("resolution", due=b.local(-1, 12))),
    "at sign-off": import_issue(Phase.SIGN_OFF, clocks=stated("sign_off", due=b.TUE_17)),
    "closed": import_issue(Phase.CLOSED),
}


def lived(what: str) -> Played:
    """Return an imported issue that has been worked on for two days: rungs, a wait, a proposal."""
    life = Played(LIVES[what])
    for _ in range(8):
        rung = life.issue.next_rung
        if rung is None or rung[1].due_at > b.MON_10:
            break
        life.ring(b.MON_10)
    if life.issue.phase is Phase.INTAKE:
        life.do(b.ACCEPT, b.OFFICER, b.MON_10)
    if life.issue.phase is Phase.SIGN_OFF:
        life.do(b.REJECT, b.ENTERPRISE, b.MON_10)
    if life.issue.phase is Phase.HANDLING:
        owner = b.HEAD if life.issue.tier > 1 else b.OFFICER
        life.do(b.PAUSE, owner, b.MON_11)
        life.do(b.RESUME, owner, b.TUE_9)
    return life


@pytest.mark.parametrize("what", LIVES)
def test_every_deadline_is_told_by_spans_that_make_up_its_budget(what: str) -> None:
    life = lived(what)

    for each in derivations(life.records, TERMS):
        if each.standing is Standing.RUNNING:
            assert each.adds_up, each
        assert each.present.agrees, each


@pytest.mark.parametrize("what", LIVES)
def test_every_rung_is_accounted_for(what: str) -> None:
    book = read_promises(lived(what).records, now=b.TUE_9, grace=b.HOUR)

    assert book.found == []
    fates = {(each.clock, each.rung): each.fate for each in book.accounts() if each.cycle == 1}
    if what == "overdue":
        assert fates["handling", "at-50"] is fates["handling", "at-80"] is Fate.SUPERSEDED
        assert fates["handling", "due"] is Fate.FIRED


@pytest.mark.parametrize("what", LIVES)
def test_its_time_is_parted_from_the_import_on(what: str) -> None:
    life = lived(what)

    held = partition(life.records, TERMS, b.WED_9)

    if not life.issue.is_open:
        assert held == ()
        return
    assert (held[0].from_at, held[-1].to_at) == (b.MON_9, b.WED_9)
    assert all(one.to_at == other.from_at for one, other in pairwise(held))


@pytest.mark.parametrize("what", LIVES)
def test_both_views_and_the_lines_of_its_history_are_told(what: str) -> None:
    life = lived(what)

    for each in known_now(life.records, TERMS):
        assert each.then == each.now
    first = timeline(life.records, TERMS)[0]
    assert (first.kind, first.title.zh) == ("issue_imported", "旧台账转入")
    assert "number 2025-17" in first.summary
    assert first.recorded_late_ms is None
    assert "编号：2025-17" in str(told(life.records)[0]["zh"])


def test_what_the_other_ledger_let_pass_counts_against_nobody_here() -> None:
    life = Played(import_issue(clocks=stated(due=b.local(-3, 12))))
    life.ring(b.MON_10)

    fired = [r.event for r in life.records if isinstance(r.event, RungFired)]
    assert [each.rung for each in fired] == ["due"]
    assert issue_facts(life.records, TERMS) == ()
    assert breaches_told(life.records, TERMS, (), ()) == ()

    life.do(cmd.Note(text="Looked at."), b.HEAD, b.local(4))
    assert [each.clock for each in issue_facts(life.records, TERMS)] == ["handling"]
    assert [each.cycle for each in breaches_told(life.records, TERMS, (), ())] == [2]


@pytest.mark.parametrize("what", ["in hand", "closed"])
def test_an_import_closes_nothing_and_what_is_open_is_opened_here(what: str) -> None:
    story = Story(Played(LIVES[what]).records, TERMS)

    shares = list(load(story, Period(b.local(-30), b.TUE_9)))

    counted = sum((Counter(share.counts) for share in shares), Counter[str]())
    assert (counted["opened"], counted["open"], counted["closed"]) == (
        (1, 1, 0) if what == "in hand" else (0, 0, 0)
    )
