"""What the documents say is so: links lead somewhere, and what a reader is to type runs."""

import asyncio
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_never

import pytest
from house_desk import House
from house_documents import (
    OPERATIONS,
    PROCESS,
    README,
    anchors,
    blocks,
    documents,
    links,
    read,
    typed,
)
from house_tree import ROOT
from typer.core import TyperGroup
from typer.main import get_command

import cli
from demo.acts import begins_at
from demo.cases import read_cases
from demo.matters import read_matter_stories
from demo.stories import read_stories
from domain.clock_rules import ClockRule, Condition, RungRule
from domain.commands import Submission, read_submission
from domain.durations import Duration, NaturalDays, OpenHours, Wall, WorkingDays
from domain.errors import ERRORS, InvalidRequestError, IssueError
from domain.permissions import PERMITTED, Capacity
from domain.phases import Phase
from domain.view import TASK_QUEUE, WORKFLOW_TYPE
from handbooks.shelf import read_handbook
from runtime.settings import PREFIX, Settings

README_LINES_MAX = 150
MONDAY_9 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
NEED_A_SERVER = {
    *("up", "demo", "doctor", "recover", "migrate"),
    *("verify", "replay", "anchor", "evidence"),
}
COMMANDS = [body.__name__.rstrip("_") for bodies in cli.COMMANDS.values() for body in bodies]
IN_FAMILIES = [
    f"{family} {body.__name__.removeprefix(f'{family}_').replace('_', '-')}"
    for family, (_, _, members) in cli.FAMILIES.items()
    for body in members
]


def test_the_readme_is_short() -> None:
    assert len(read(README).splitlines()) <= README_LINES_MAX


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_link_leads_somewhere(document: Path) -> None:
    broken = []
    for path, anchor in links(document):
        target = (ROOT / document.parent / path).resolve() if path else ROOT / document
        if not target.exists() or (anchor and anchor not in anchors(target.relative_to(ROOT))):
            broken.append(f"{path}#{anchor}")

    assert broken == []


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_target_of_make_exists(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", read(Path("Makefile")), re.MULTILINE))
    named = set(re.findall(r"(?:`|^\$ )make ([a-z]+)", read(document), re.MULTILINE))

    assert named - targets == set()


@pytest.mark.parametrize("document", documents(), ids=str)
def test_every_command_of_closeout_exists(document: Path) -> None:
    named = re.findall(r"(?:`|^\$ )closeout ([a-z]+(?: [a-z]+)?)", read(document), re.MULTILINE)
    known = {*COMMANDS, *IN_FAMILIES}

    assert [words for words in named if not {words, words.split()[0]} & known] == []


@pytest.mark.parametrize("name", [*COMMANDS, *IN_FAMILIES])
def test_every_command_explains_itself(name: str) -> None:
    code, said = House(MONDAY_9).type([*name.split(), "--help"])

    assert code == 0
    assert f"closeout {name}" in said or f"root {name}" in said


def test_what_the_readme_has_a_reader_type_is_understood() -> None:
    group = get_command(cli.make_application().typed(()))
    assert isinstance(group, TyperGroup)

    for name, *words in typed(README, "closeout"):
        group.commands[name].make_context(name, words)


def test_the_issue_that_the_readme_has_a_reader_report_is_closed_out() -> None:
    house = House(MONDAY_9)
    asked = [words for words in typed(README, "closeout") if words[0] not in NEED_A_SERVER]

    for words in asked:
        if "--data-dir" not in words:
            code, said = house.type(words)
            assert code == 0, f"{words}: {said}"

    assert asyncio.run(house.desk.look("cedz", "gate-1")).phase is Phase.CLOSED


def test_the_history_in_the_readme_is_what_is_printed() -> None:
    house = House(begins_at(read_stories()))
    asyncio.run(house.play_stories())
    block = next(text for text in blocks(README, "console") if "closeout history" in text)
    _, *lines = block.splitlines()

    code, said = house.type(["history", "cedz/S1-silence"])

    printed = [line.rstrip() for line in said.splitlines()]
    assert code == 0
    assert [line for line in lines if line != "…" and line.rstrip() not in printed] == []


def worked_example() -> list[Submission]:
    """Return the submissions of the example in docs/process.md, as a client would send them."""
    plain = [json.loads(text) for text in blocks(PROCESS, "json")]
    first = next(each for each in plain if isinstance(each, dict) and "command" in each)
    rest = next(each for each in plain if isinstance(each, list))
    envelope = {key: first[key] for key in ("zone", "key")}
    following = [{**envelope, **each, "id": f"then-{n}"} for n, each in enumerate(rest)]
    return [read_submission(json.dumps(each)) for each in (first, *following)]


def test_the_worked_example_ends_with_a_close_out_and_its_first_answer_is_the_one_shown() -> None:
    house = House(MONDAY_9)

    results = [asyncio.run(house.desk.carry_out(each)) for each in worked_example()]

    shown = next(text for text in blocks(PROCESS, "json") if '"command_id"' in text)
    assert json.loads(shown) == results[0].model_dump(mode="json")
    assert results[-1].events == ("issue_closed_out",)


def test_the_refusal_that_is_shown_is_the_one_that_is_given() -> None:
    shown = json.loads(next(text for text in blocks(PROCESS, "json") if '"code"' in text))
    sent = worked_example()[0].model_dump(mode="json") | {"key": shown["value"]}

    with pytest.raises(InvalidRequestError) as refused:
        read_submission(json.dumps(sent))

    assert shown == refused.value.details()


def test_every_error_stands_in_the_process_with_its_exit_code() -> None:
    codes = cli.exit_codes()
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| (\d) \|", read(PROCESS), re.MULTILINE)
    told = {code: int(exit_) for names, exit_ in rows for code in re.findall(r"`(\w+)`", names)}

    wanted = {code: codes[kind] for code, kind in ERRORS.items() if kind is not IssueError}
    assert told == wanted


CAPACITIES = {
    Capacity.OWNER: "owner",
    Capacity.HANDLER: "handler",
    Capacity.ABOVE: "higher tier",
    Capacity.LEAD: "lead unit",
    Capacity.PART: "part's unit",
    Capacity.COORDINATOR: "coordinator",
    Capacity.SUPERVISOR: "supervisor",
    Capacity.APPROVER: "approver",
    Capacity.LEADER: "leader",
    Capacity.ARBITER: "arbiter",
    Capacity.ENTERPRISE: "enterprise",
    Capacity.VERIFIER: "verifier",
    Capacity.ELECTOR: "elector",
    Capacity.DECIDER: "decider",
    Capacity.INSPECTOR: "inspector",
    Capacity.SIGNER: "signer",
    Capacity.OFFICER: "officer",
    Capacity.SERVICE: "service",
    Capacity.ENGINE: "closeout itself",
}


def test_who_may_is_told_as_the_code_has_it() -> None:
    rows = re.findall(r"^\| (`[a-z_`, ]+`) \| [^|]+ \| ([^|]+) \| [^|]+ \|$", read(PROCESS), re.M)
    told = {
        kind: {capacity for capacity, word in CAPACITIES.items() if word in who}
        for kinds, who in rows
        for kind in re.findall(r"`(\w+)`", kinds)
    }

    assert {kind: who for kind, who in told.items() if kind in PERMITTED} == PERMITTED


def test_the_contract_of_door_2_is_the_one_in_the_code() -> None:
    text = read(PROCESS)

    assert f"| workflow type | `{WORKFLOW_TYPE}` |" in text
    assert f"| task queue | `{TASK_QUEUE}` " in text
    assert "issue/<zone>/<key>" in text


def default_clocks() -> list[ClockRule]:
    """Return every default clock: some only come with a table that few zones have."""
    common = read_handbook("cedz").clocks
    known = {clock.id for clock in common}
    return [*common, *(c for c in read_handbook("xinghe").clocks if c.id not in known)]


def told_length(length: Duration) -> str:
    """Return a length of time in the words of the documents."""
    match length:
        case Wall():
            return f"{length.minutes:,} min wall"
        case OpenHours():
            return f"{length.minutes:,} min open"
        case WorkingDays() | NaturalDays():
            kind = "working" if isinstance(length, WorkingDays) else "natural"
            return f"{length.days:,} {kind} day{'s' if length.days > 1 else ''}"
        case _:
            assert_never(length)


def told_rung(rung: RungRule) -> str:
    if rung.before is not None:
        return f"{told_length(rung.before)} before {rung.effect}"
    if rung.after is not None:
        return f"{told_length(rung.after)} after {rung.effect}"
    if rung.every is not None:
        return f"every {told_length(rung.every)} {rung.times} times {rung.effect}"
    return f"{rung.percent} % {rung.effect}"


def test_every_default_clock_is_told_with_its_rungs() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \S+ \|.*\| ([^|]+) \|$", read(PROCESS), re.M))

    assert rows == {
        clock.id: ", ".join(told_rung(rung) for rung in clock.rungs) for clock in default_clocks()
    }


def asked(conditions: tuple[Condition, ...]) -> tuple[set[str], set[bool]]:
    """Return every word that conditions ask for, and whether the issue is to be paused or not."""
    words = {
        str(word)
        for each in conditions
        for name, value in each.model_dump(mode="json").items()
        if name != "paused"
        for word in value
    }
    return words, {each.paused for each in conditions if each.paused is not None}


def test_every_condition_of_a_default_clock_is_told() -> None:
    cells = r" \| ".join(["([^|]+)"] * 6)
    rows = {
        id_: told for id_, *told in re.findall(rf"^\| `(\w+)` \| {cells} \|$", read(PROCESS), re.M)
    }

    assert set(rows) == {clock.id for clock in default_clocks()}
    for clock in default_clocks():
        *told, answer = rows[clock.id]
        lists = (clock.start, clock.reset, clock.stop, clock.cancel, clock.pause)
        for cell, conditions in zip(told, lists, strict=True):
            words, paused = asked(conditions)
            assert set(re.findall(r"`(\w+)`", cell)) == words, f"{clock.id}: {cell}"
            assert ("while not paused" in cell, "while paused" in cell) == (
                False in paused,
                True in paused,
            ), f"{clock.id}: {cell}"
            assert (cell == "never") == (not conditions), f"{clock.id}: {cell}"
        assert answer == f"`{clock.retargeting.priority}`"


def test_every_default_budget_is_told() -> None:
    text = read(PROCESS)
    for clock in default_clocks():
        (row,) = re.findall(rf"^\| `{clock.id}` \S+ \|.*$", text, re.M)
        for budget in clock.budgets:
            length = told_length(budget.duration)
            assert re.search(rf"\b{length}\b", row), f"{clock.id}: {length}"
        assert clock.source == "default, not from source"


def test_every_setting_is_told() -> None:
    text = read(OPERATIONS)
    named = set(re.findall(r"^\| `(CLOSEOUT_\w+)` \|", text, re.MULTILINE))

    assert named == {f"{PREFIX}{name}".upper() for name in Settings.model_fields}


def test_the_decisions_are_numbered_without_a_gap() -> None:
    notes = sorted((ROOT / "docs/decisions").glob("*.md"))

    assert [int(note.name[:4]) for note in notes] == list(range(1, len(notes) + 1))
    for note in notes:
        text = note.read_text()
        parts = ("**Question.**", "**Choice.**", "**Cost.**", "**Revisit**")
        assert [part for part in parts if part not in text] == [], note.name
        assert len(text.splitlines()) <= 50


def test_the_demonstration_in_the_readme_adds_up() -> None:
    text, cases, stories = read(README), read_cases(), read_stories()
    steps = sum(len(case.steps) for case in cases) + sum(len(story.steps) for story in stories)
    (rings,) = re.findall(r"rings found in both records: (\d+) of \1$", text, re.MULTILINE)
    # An issue that follows another up is reported by an errand, and another tells of it.
    follow_ups = sum(case.expect.follow_up is not None for case in cases)
    beside = read_matter_stories()
    steps += sum(len(story.steps) for story in beside)
    opened = sum(len(story.issues) for story in beside)
    matters = [end for story in beside for end in story.matters]
    # Of what never waits, and nobody is told of, there is no workflow.
    kept = sum(bool(end.rang or end.told) for end in matters)
    issues = len(cases) + follow_ups + len(stories) + opened
    decisions = steps + 2 * follow_ups + opened + int(rings)
    lives = issues + kept

    assert f"✓ all {issues} issues and {len(matters)} matters ended as their files say" in text
    assert f"issues and matters whose workflow histories replay: {lives} of {lives}" in text
    assert f"chains verified: {issues + len(matters)} of {issues + len(matters)}" in text
    assert f"re-executed identical: {decisions} of {decisions}" in text
    traced = len({each.report for each in cases})
    assert f"{traced} traced cases ({len(cases) + follow_ups} issues)" in text
