"""A policy tried on the past: the one in force changes nothing, another changes what it must."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from audit.backtest import Policy, Trial, try_life
from audit.backtest_totals import Totals
from audit.corpus import Corpus, corpus_files, read_corpus
from audit.facts import read_life, terms_reader
from domain.handbook import Handbook
from domain.streams import is_issue_stream
from domain.terms import Terms

FOLDER = Path(__file__).with_name("corpus")


def in_force(terms: Terms) -> Terms:
    return terms


async def trials(corpus: Corpus, policy: Policy) -> AsyncIterator[Trial]:
    """Try every issue of a ledger until a week after its last event."""
    terms_of = terms_reader(corpus)
    async for stream in corpus.streams():
        if is_issue_stream(stream):
            life = await read_life(corpus, stream)
            until_at = max(record.at for record in life.records) + timedelta(days=7)
            yield await try_life(life, terms_of, policy, until_at)


@pytest.mark.parametrize("file", corpus_files(FOLDER), ids=lambda file: file.name)
async def test_the_policy_in_force_gives_no_difference_on_any_stored_ledger(file: Path) -> None:
    totals = Totals()
    async for trial in trials(read_corpus(file), in_force):
        assert trial.was == trial.after, trial.stream
        assert not trial.forbidden, trial.stream
        totals.take(trial)
    assert totals.issues > 10
    assert totals.differing == totals.earlier == totals.later == totals.owners == 0
    assert totals.deadlines.was == totals.deadlines.after > 0


def tenfold(terms: Terms) -> Terms:
    """Return terms by which every budget of working time is ten times as long."""
    told = json.loads(terms.handbook.model_dump_json())
    for clock in told["clocks"]:
        for budget in clock["budgets"]:
            duration = budget["duration"]
            if duration["kind"] == "working_days":
                duration["days"] *= 10
            elif duration["kind"] == "open_hours":
                duration["minutes"] *= 10
    handbook = Handbook.model_validate_json(json.dumps(told))
    return Terms(handbook=handbook, calendar=terms.calendar, calendars=terms.calendars)


async def test_longer_budgets_move_deadlines_away_and_fewer_of_them_pass() -> None:
    totals = Totals()
    seen: list[Trial] = []
    async for trial in trials(read_corpus(FOLDER / "rules-3.jsonl.gz"), tenfold):
        totals.take(trial)
        seen.append(trial)
    assert totals.later > 0
    assert totals.breaches.after < totals.breaches.was
    assert totals.rungs.after < totals.rungs.was
    assert any(trial.differs for trial in seen)
    again = [t async for t in trials(read_corpus(FOLDER / "rules-3.jsonl.gz"), tenfold)]
    assert again == seen, "the same again to the last digit"
    halves = Totals(), Totals()
    for number, trial in enumerate(seen):
        halves[number % 2].take(trial)
    halves[0].take_in(halves[1])
    assert halves[0].plain() == totals.plain()
