"""What other languages are told of door 2 is what the models say today."""

import json
import re
from typing import Any, get_args

import builders as b
import pytest
from pydantic import TypeAdapter, ValidationError

from api.contract import FOLDER, SubmissionFromOutside, contract, files, schema
from domain.commands import Command, EngineCommand, Submission
from domain.errors import ERRORS
from domain.people import ENGINE
from workflows.issue import IssueWorkflow

SENT = FOLDER / "report.json"
"""What both examples send."""


def kinds_of(union: Any) -> set[str]:
    """Return the kinds of the commands in a union."""
    made = TypeAdapter(union).json_schema()
    return {
        each["properties"]["kind"]["const"]
        for each in made["$defs"].values()
        if "const" in each.get("properties", {}).get("kind", {})
    }


@pytest.mark.parametrize(("name", "text"), list(files()))
def test_the_files_are_what_the_models_say(name: str, text: str) -> None:
    """`python -m api.contract` writes them anew."""
    assert (FOLDER / name).read_text(encoding="utf-8") == text


def test_there_are_no_files_that_nothing_makes() -> None:
    made = {name for name, _ in files()}
    assert {each.name for each in FOLDER.glob("*.json")} == made | {SENT.name}


def test_what_the_examples_send_is_a_submission() -> None:
    sent = SubmissionFromOutside.model_validate_json(SENT.read_text(encoding="utf-8"))
    assert sent.command.kind == "report"


BY_FILES = "import_issue"
"""What nobody sends one by one: an old ledger is taken over whole, by `closeout import ledger`."""


def test_every_command_from_outside_is_described_and_none_of_the_engines() -> None:
    described = schema("submission")["properties"]["command"]["discriminator"]["mapping"]
    engines = kinds_of(EngineCommand)

    assert len(engines) >= 5
    assert set(described) == {
        get_args(each.model_fields["kind"].annotation)[0] for each in _commands()
    } - {*engines, BY_FILES}


def _commands() -> list[Any]:
    found, left = [], [Command]
    while left:
        each = left.pop()
        if hasattr(each, "model_fields"):
            found.append(each)
        else:
            left += [one for one in get_args(each) if hasattr(one, "model_fields") or get_args(one)]
    return found


def test_the_engine_is_nobody_from_outside() -> None:
    sent = b.submission(b.ACCEPT).model_dump(mode="json")

    assert SubmissionFromOutside.model_validate(sent).command == b.ACCEPT
    with pytest.raises(ValidationError):
        SubmissionFromOutside.model_validate({**sent, "actor": ENGINE.model_dump()})
    assert Submission.model_validate({**sent, "actor": ENGINE.model_dump()}).actor == ENGINE


def test_the_names_are_those_of_the_workflow() -> None:
    told = contract()

    for name in (*told["updates"], *told["queries"]):
        assert hasattr(IssueWorkflow, name)
    assert set(told["errors"]) == set(ERRORS)
    assert all(told["errors"].values())


@pytest.mark.parametrize("example", ["report.py", "report.mts"])
def test_the_examples_use_the_names_of_the_contract(example: str) -> None:
    """The one in Python runs in the tests of the workflows; the other is run by hand."""
    text = (FOLDER / example).read_text(encoding="utf-8")
    told = contract()

    for name in (told["workflow_type"], told["task_queue"], *told["updates"], "USE_EXISTING"):
        assert re.search(rf"\W{name}\W", text), name
    assert re.search(r"issue/\$?\{zone\}/\$?\{key\}", text)


@pytest.mark.parametrize("name", ["submission", "opening", "result", "issue", "clocks", "closing"])
def test_each_schema_holds_all_that_it_refers_to(name: str) -> None:
    text = json.dumps(schema(name))
    refers = set(re.findall(r'"#/\$defs/([^"]+)"', text))

    assert refers <= set(schema(name).get("$defs", {}))


SCHEMA = schema("submission")


def written_out(value: Any, part: dict[str, Any]) -> Any:
    """Return what is sent in the form that is signed, by what the schema alone says: every member
    that has a default is there, unless it is marked as left out."""
    if "$ref" in part:
        return written_out(value, SCHEMA["$defs"][part["$ref"].rpartition("/")[2]])
    if "discriminator" in part:
        at = part["discriminator"]
        return written_out(value, {"$ref": at["mapping"][value[at["propertyName"]]]})
    if "anyOf" in part:
        (only,) = [each for each in part["anyOf"] if each.get("type") != "null"][:1]
        return None if value is None else written_out(value, only)
    if isinstance(value, list):
        return [written_out(each, part.get("items", {})) for each in value]
    if not isinstance(value, dict) or "properties" not in part:
        return value
    filled = {
        name: each["default"]
        for name, each in part["properties"].items()
        if "default" in each and "x-left-out" not in each
    }
    return filled | {
        name: written_out(each, part["properties"][name]) for name, each in value.items()
    }


def every_command() -> list[Any]:
    made = [each for each in vars(b).values() if isinstance(each, tuple(_commands()))]
    engines = kinds_of(EngineCommand)
    return [b.report(), *(each for each in made if each.kind not in engines)]


@pytest.mark.parametrize("command", every_command(), ids=lambda each: each.kind)
def test_what_is_signed_can_be_written_by_whoever_has_the_schema(command: Any) -> None:
    sent = b.submission(command, b.OFFICER, id_="c-1")
    sparse = sent.model_dump(mode="json", exclude_defaults=True)
    sparse["command"]["kind"], sparse["actor"]["kind"] = command.kind, "officer"

    assert written_out(sparse, SCHEMA) == sent.model_dump(mode="json")
