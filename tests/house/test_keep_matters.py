"""What `keep-matters.md` has a reader type or send is taken as it stands there."""

import asyncio
import json
import re
import shlex
import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from deep import IN_CHECK
from house_desk import House
from house_documents import blocks, read
from pydantic import TypeAdapter

from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.matters import MatterDesk
from desk.shelf import Shelf
from domain.matters.commands import MATTER_SUBMISSION
from domain.matters.values import Value
from domain.matters.words import Aggregate, ValueKind
from domain.terms import Terms
from handbooks.shelf import read_terms

PAGE = Path("docs/howto/keep-matters.md")
CLINIC = Path(__file__).parents[1] / "stories" / "clinic.toml"
ZONE = "xinghe"
MONDAY_9 = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
VALUES: TypeAdapter[list[Value]] = TypeAdapter(list[Value])
REQUEST = re.compile(
    r"POST /v1/zones/(?P<zone>\S+)/matters/(?P<key>\S+)/commands\n.*?\n\n(?P<body>.*)", re.S
)


@cache
def terms() -> Terms:
    return read_terms(ZONE)


@pytest.fixture
def house() -> House:
    """The command line on a desk in memory of the fictional zone."""
    made = House(MONDAY_9)
    made.desk = Desk(made.ledger, Shelf(made.ledger, {ZONE: terms()}), made.clock)
    return made


def lines() -> list[list[str]]:
    """Return every command line of the page that does or shows something in a matter, in order."""
    typed = [line for text in blocks(PAGE, "sh") for line in text.splitlines()]
    return [shlex.split(line)[1:] for line in typed if line.startswith("closeout ")]


@IN_CHECK
def test_every_command_line_is_taken_in_the_order_in_which_they_stand(house: House) -> None:
    for words in lines():
        code, said = house.type(words)
        assert code == 0, f"{words}: {said}"

    rows = asyncio.run(MatterDesk(house.desk).find(zone=ZONE))
    assert {row.matter.aggregate for row in rows} == set(Aggregate)


async def test_every_request_over_http_is_carried_out_and_its_problem_becomes_an_issue(
    house: House,
) -> None:
    matters, opened = MatterDesk(house.desk), list[str]()
    for number, text in enumerate(blocks(PAGE, "http")):
        request = REQUEST.fullmatch(text)
        assert request is not None, text
        named = {"id": f"page-{number}", "zone": request["zone"], "key": request["key"]}
        sent: dict[str, Any] = json.loads(request["body"])
        await matters.carry_out(MATTER_SUBMISSION.validate_python(named | sent))
        await ErrandRunner(house.desk).once()
        row = await matters.row(request["zone"], request["key"])
        opened = [tie.issue for tie in row.matter.ties]

    assert [(await house.desk.row(ZONE, key)).issue.title for key in opened] == [
        "The gate is blocked"
    ]


def test_there_is_a_value_of_every_kind_and_each_can_be_read() -> None:
    (text,) = blocks(PAGE, "json")

    assert [value.kind for value in VALUES.validate_json(text)] == list(ValueKind)


def test_the_procedure_of_ones_own_is_the_one_that_the_story_plays() -> None:
    (text,) = blocks(PAGE, "toml")
    shown, played = tomllib.loads(text)["campaigns"], tomllib.loads(CLINIC.read_text("utf-8"))

    assert shown == played["campaigns"]


def test_each_example_of_a_procedure_is_one_of_the_zone() -> None:
    table = read(PAGE).split("## How they are used", 1)[0]
    named = re.findall(r"^\| an? (\w+) \| .+ \| (.+) \|$", table, re.MULTILINE)
    handbook = terms().handbook

    assert [kind for kind, _ in named] == [str(each) for each in Aggregate]
    for kind, examples in named:
        kept = {"match": handbook.matches}.get(kind) or getattr(handbook, f"{kind}s")
        assert set(re.findall(r"`([\w-]+)`", examples)) <= {each.id for each in kept}
