"""The contract of door 2 for other languages, made from the models: `python -m api.contract`.

Writes `docs/door2/*.json`: JSON schemas of what is sent and answered, and the names and codes.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from pydantic import BaseModel, Field

from api.issue_bodies import AskedCommand, StatedActor
from domain.commands import SUBMISSION_BYTES_MAX, Report, Submission
from domain.errors import ERRORS
from domain.model import Frozen
from domain.view import TASK_QUEUE, WORKFLOW_TYPE, CommandResult, Glimpse, IssueView, workflow_id
from runtime.temporal import SEARCH_ATTRIBUTES
from workflows.issue import Closing, Opening

FOLDER: Final = Path(__file__).parents[1] / "docs" / "door2"
CARRY_OUT: Final = "carry_out"
ISSUE: Final = "issue"
CLOCKS: Final = "clocks"
LEFT_OUT: Final = "x-left-out"
DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


class SubmissionFromOutside(Submission):
    """A command on its way to an issue: who asks, of which issue, and under which id.

    `id` makes it safe to send again, and is the id of the Update. What only the engine sends is not
    among the commands.
    """

    actor: StatedActor
    command: Annotated[Report | AskedCommand, Field(discriminator="kind")]


SCHEMAS: Final[Mapping[str, tuple[str, type[BaseModel], bool]]] = {
    "submission": ("What the Update carry_out takes", SubmissionFromOutside, True),
    "opening": ("What the workflow takes when it is started", Opening, True),
    "result": ("What the Update carry_out returns", CommandResult, False),
    "issue": ("What the query issue returns, or null", Glimpse, False),
    "clocks": ("What the query clocks returns, or null", IssueView, False),
    "closing": ("What the workflow returns when it ends", Closing, False),
}
"""Each schema's name, what it describes, its model, and whether it is sent rather than answered."""


def contract() -> dict[str, Any]:
    """Return the names that a client in any language uses, and the codes that it is answered."""
    return {
        "workflow_type": WORKFLOW_TYPE,
        "workflow_id": workflow_id("<zone>", "<key>"),
        "task_queue": TASK_QUEUE,
        "start_argument": "opening.json",
        "id_conflict_policy": "USE_EXISTING",
        "updates": {
            CARRY_OUT: {
                "argument": "submission.json",
                "result": "result.json",
                "update_id": "the submission's id",
            }
        },
        "queries": {
            ISSUE: {"result": "issue.json"},
            CLOCKS: {"result": "clocks.json"},
        },
        "result": "closing.json",
        "submission_bytes_max": SUBMISSION_BYTES_MAX,
        "search_attributes": {key.name: key.indexed_value_type.name for key in SEARCH_ATTRIBUTES},
        "errors": {
            code: (kind.__doc__ or "").partition("\n")[0] for code, kind in sorted(ERRORS.items())
        },
    }


def schema(name: str) -> dict[str, Any]:
    """Return one of the JSON schemas. A member marked `x-left-out` is not there while it is null,
    false, zero or empty; any other is, with its default: that is the form which is signed."""
    title, model, is_sent = SCHEMAS[name]
    made = model.model_json_schema(mode="validation" if is_sent else "serialization")
    if model is Opening:
        report = {"anyOf": [{"$ref": "submission.json"}, {"type": "null"}], "default": None}
        made["properties"]["report"] = report
        del made["$defs"]
    if is_sent:
        _mark(made, model)
        models = {each.__name__: each for each in _below(Frozen) if not _of_matters(each)}
        for called, part in made.get("$defs", {}).items():
            if called in models:
                _mark(part, models[called])
    return {"$schema": DIALECT, "$id": f"{name}.json", **made, "title": title}


def _of_matters(model: type[BaseModel]) -> bool:
    """Return whether a model is of matters, which door 2 does not take: some of their names are
    those of parts of issues too."""
    return model.__module__.startswith("domain.matters.")


def _mark(part: dict[str, Any], model: type[BaseModel]) -> None:
    for name, each in model.model_fields.items():
        if each.exclude_if is not None:
            part["properties"][name][LEFT_OUT] = True


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        if each.__module__.startswith("domain."):
            yield each
        yield from _below(each)


def files() -> Iterator[tuple[str, str]]:
    """Yield every file's name and text."""
    for name, plain in [("contract", contract()), *((name, schema(name)) for name in SCHEMAS)]:
        yield f"{name}.json", json.dumps(plain, ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    """Write the files anew."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, text in files():
        (FOLDER / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
