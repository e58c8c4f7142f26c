"""The walks in the documents are taken: every command runs and prints what is shown."""

import asyncio
import re
import shlex
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from deep import IN_CHECK
from house_desk import House
from house_documents import blocks
from house_tree import ROOT

from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.shelf import Shelf
from handbooks.shelf import read_terms

WALKS = ("work-the-ladder", "work-in-a-team", "sign-off-and-after")
ZONE = "xinghe"
WALKED_AT = datetime(2026, 11, 22, 8, 25, tzinfo=UTC)
LEFT_OUT = "…"
REFUSED = "✗"
SLEEP = "sleep "
TOKEN = re.compile(r"^cl1\.\S+$", re.MULTILINE)
"""What a one-time link prints: on a page the word `TOKEN` stands for the last one."""
TERMINAL_COLUMNS = "110"
"""Of the terminal that the pages were written down from: tables fit themselves into it."""


def steps(walk: str) -> list[tuple[str, list[str]]]:
    """Return every command of a page with the lines that it prints there."""
    found: list[tuple[str, list[str]]] = []
    for block in blocks(Path(f"docs/howto/{walk}.md"), "console"):
        for line in block.replace("\\\n", " ").splitlines():
            if line.startswith("$ "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def house() -> House:
    """Return a ledger in memory with the fictional zone, at the instant of the walk."""
    at = House(WALKED_AT)
    at.desk = Desk(at.ledger, Shelf(at.ledger, {ZONE: read_terms(ZONE)}), at.clock)
    return at


def missing(shown: list[str], said: str) -> list[str]:
    """Return the lines that were shown and are not printed there; only `…` leaves lines out."""
    printed, lacking = [line.rstrip() for line in said.splitlines()], []
    at, gap = 0, False
    for line in shown:
        if line == LEFT_OUT:
            gap = True
            continue
        places = range(at, len(printed) if gap else min(at + 1, len(printed)))
        place = next((each for each in places if fits(line, printed[each])), None)
        if place is None:
            lacking.append(line)
        else:
            at, gap = place + 1, False
    return [*lacking, *(() if gap else printed[at:])]


def fits(shown: str, printed: str) -> bool:
    """Return whether a line is the printed one, or begins it where the rest is left out."""
    begin, cut, _ = shown.partition(LEFT_OUT)
    return printed.startswith(begin.rstrip()) if cut else printed == shown.rstrip()


async def run_errands(desk: Desk) -> None:
    """Let issues tell each other what they have to, as the relay of `closeout up` does."""
    while await ErrandRunner(desk).once():
        pass


@IN_CHECK
@pytest.mark.parametrize("walk", WALKS)
def test_the_walk_prints_what_the_page_shows(
    walk: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "handbooks").symlink_to(ROOT / "handbooks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("house_desk.COLUMNS", TERMINAL_COLUMNS)
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", "of the walk through the documents")
    here, token = house(), "TOKEN"

    for line, shown in steps(walk):
        if line.startswith("closeout "):
            code, said = here.type(shlex.split(line.replace("TOKEN", token))[1:])
            token = (TOKEN.findall(said) or [token])[-1]
            asyncio.run(run_errands(here.desk))
            refused = shown[0].startswith(REFUSED)
            assert (code != 0) == refused, f"{line}: {said}"
            assert missing(shown, said) == [], f"{line}: {said}"
        elif line.startswith(SLEEP):
            here.clock.at += timedelta(seconds=float(line.removeprefix(SLEEP)))
        else:
            subprocess.run(["sh", "-c", line], check=True)


@pytest.mark.parametrize(
    ("shown", "lacking"),
    [
        (["first", "…", "third …"], []),
        (["first", "third line"], ["third line", "second", "third line"]),
        (["second", "…"], ["second"]),
        (["first", "second"], ["third line"]),
    ],
)
def test_only_what_is_marked_may_be_left_out(shown: list[str], lacking: list[str]) -> None:
    assert missing(shown, "first\nsecond  \nthird line") == lacking
