"""What people see of a handbook's teams, rounds and applications."""

from io import StringIO

import pytest
from rich.console import Console

from handbooks.shelf import read_handbook
from terminal.shown.handbook_procedures import procedure_sheets

BOOK = read_handbook("xinghe")


@pytest.fixture(scope="module")
def seen() -> str:
    """The fictional zone's procedures, on wide paper, blanks drawn together."""
    paper = Console(file=StringIO(), width=240, no_color=True)
    for sheet in procedure_sheets(BOOK):
        paper.print(sheet)
    assert isinstance(paper.file, StringIO)
    return " ".join(paper.file.getvalue().split())


def test_a_standing_team_is_shown_with_what_each_is_asked_for(seen: str) -> None:
    assert "staffing: How many hands by when (personnel-bureau; co, after funding, site)" in seen
    assert "(market-bureau; co, not required, 1 d)" in seen
    assert "(xinghe-bank; advise, not required)" in seen


def test_a_round_is_shown_with_who_votes_and_what_it_takes(seen: str) -> None:
    assert "review-panel closing_review xinghe-supervisor 60 % of weights" in seen
    assert "tier 3 over the enterprise (weight 2)" in seen
    assert "nobody of the unit that is judged" in seen
    assert "xinghe-director (veto) at least 2" in seen
    assert "too few may vote: xinghe-duty" in seen


def test_an_application_is_shown_with_its_gate(seen: str) -> None:
    assert "key-posts: 关键人员到岗 Key people in their posts" in seen
    assert "company-head: the enterprise" in seen
    assert "third-batch: claims nothing, from 2026-03-02" in seen
    assert "attempts: 3" in seen


def test_a_team_without_parts_has_one_for_each_member() -> None:
    plain = BOOK.teams[0].model_copy(update={"parts": ()})
    teams, *_ = procedure_sheets(BOOK.model_copy(update={"teams": (plain,)}))

    ((cells, _),) = teams.rows
    assert str(cells[-1]).split("\n") == [f"{unit}: a part of its own" for unit in plain.members]
