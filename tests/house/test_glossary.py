"""One word for each thing: the code's vocabulary stands in the documents."""

import inspect
import re
from importlib import import_module
from types import ModuleType

import pytest
from house_documents import GLOSSARY, PROCESS, read
from house_tree import ROOT, files

from domain import (
    commands,
    commands_of_callbacks,
    commands_of_exclusions,
    commands_of_forms,
    commands_of_kin,
    commands_of_ladder,
    commands_of_modes,
    commands_of_rounds,
    commands_of_team,
    commands_of_time,
    events,
    events_of_callbacks,
    events_of_exclusions,
    events_of_forms,
    events_of_kin,
    events_of_ladder,
    events_of_modes,
    events_of_rounds,
    events_of_team,
    events_of_time,
    order_commands,
    order_events,
)
from domain.model import Frozen
from domain.permissions import PERMITTED

VOCABULARY = (
    commands,
    commands_of_callbacks,
    commands_of_exclusions,
    commands_of_forms,
    commands_of_kin,
    commands_of_ladder,
    commands_of_modes,
    commands_of_rounds,
    commands_of_team,
    commands_of_time,
    events,
    events_of_callbacks,
    events_of_exclusions,
    events_of_forms,
    events_of_kin,
    events_of_ladder,
    events_of_modes,
    events_of_rounds,
    events_of_team,
    events_of_time,
    order_commands,
    order_events,
)
WORDS_WE_DO_NOT_USE = re.compile(r"\b(ticket|sla)s?\b", re.IGNORECASE)


def own_classes(module: ModuleType) -> dict[str, type[Frozen]]:
    """Return the models that a module defines itself."""
    return {
        kind.__name__: kind
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and issubclass(kind, Frozen)
    }


@pytest.mark.parametrize("module", VOCABULARY, ids=lambda module: module.__name__)
def test_every_command_and_event_stands_in_the_glossary(module: ModuleType) -> None:
    text = read(GLOSSARY)
    where = module.__name__.rsplit(".", maxsplit=1)[-1]

    assert [name for name in own_classes(module) if f"`{where}.{name}`" not in text] == []


def test_every_kind_of_command_and_event_stands_in_the_process() -> None:
    text = read(PROCESS)
    kinds = {
        kind.model_fields["kind"].default
        for module in VOCABULARY
        for kind in own_classes(module).values()
        if "kind" in kind.model_fields
    }

    assert PERMITTED.keys() < kinds
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()


def exists(dotted: str) -> bool:
    """Return whether the domain has a name such as `issue.Issue.version`."""
    module, *names = dotted.split(".")
    found: object = import_module(f"domain.{module}")
    for name in names:
        fields: dict[str, object] = getattr(found, "model_fields", {})
        found = fields.get(name) or getattr(found, name, None)
    return found is not None


def test_every_name_of_code_in_the_glossary_exists() -> None:
    named = re.findall(r"`([a-z_]+\.(?!py`)[A-Za-z_][\w.]*)`", read(GLOSSARY))

    assert len(named) > 50
    assert [dotted for dotted in named if not exists(dotted)] == []


def test_every_file_named_in_the_glossary_exists() -> None:
    named = re.findall(r"`([a-z_]+/[\w/.-]*|[a-z_]+\.py)`", read(GLOSSARY))
    homes = (ROOT, ROOT / "domain")

    assert len(named) > 5
    assert [name for name in named if not any((home / name).exists() for home in homes)] == []


def test_the_words_we_do_not_use_are_not_used() -> None:
    ours = [
        path for path in files("*.py") if path.parts[0] in {"domain", "desk", "ledger", "workflows"}
    ]
    used = [
        f"{path}:{number}"
        for path in ours
        for number, line in enumerate((ROOT / path).read_text().splitlines(), start=1)
        if WORDS_WE_DO_NOT_USE.search(line)
    ]

    assert used == []
