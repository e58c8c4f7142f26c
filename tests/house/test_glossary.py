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
    commands_of_import,
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
    events_of_import,
    events_of_kin,
    events_of_ladder,
    events_of_modes,
    events_of_rounds,
    events_of_team,
    events_of_time,
    order_commands,
    order_events,
)
from domain.matters import acts
from domain.matters.campaign import commands as campaign_commands
from domain.matters.campaign import events as campaign_events
from domain.matters.grant import commands as grant_commands
from domain.matters.grant import events as grant_events
from domain.matters.match import commands as match_commands
from domain.matters.match import events as match_events
from domain.matters.pipeline import commands as pipeline_commands
from domain.matters.pipeline import events as pipeline_events
from domain.matters.register import commands as register_commands
from domain.matters.register import events as register_events
from domain.model import Frozen
from domain.permissions import PERMITTED

VOCABULARY = (
    commands,
    commands_of_callbacks,
    commands_of_exclusions,
    commands_of_forms,
    commands_of_import,
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
    events_of_import,
    events_of_kin,
    events_of_ladder,
    events_of_modes,
    events_of_rounds,
    events_of_team,
    events_of_time,
    order_commands,
    order_events,
)
OF_MATTERS = (
    acts,
    campaign_commands,
    campaign_events,
    grant_commands,
    grant_events,
    match_commands,
    match_events,
    pipeline_commands,
    pipeline_events,
    register_commands,
    register_events,
)
"""Whose words the glossary names by their file: five modules are called alike."""
BASES = frozenset({"ActCommand", "MatterHappened", "GrantActed"})
"""What others of them are made of: no word of its own."""
IN_FILE = re.compile(r"`(matters/[\w/]+\.py)`: ((?:`\w+(?:\.\w+)*`(?:, )?)+)")
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


def named_by_file() -> dict[str, set[str]]:
    """Return what the glossary names of each file of matters."""
    found: dict[str, set[str]] = {}
    for path, names in IN_FILE.findall(read(GLOSSARY)):
        found.setdefault(path, set()).update(re.findall(r"`([\w.]+)`", names))
    return found


@pytest.mark.parametrize("module", OF_MATTERS, ids=lambda module: module.__name__)
def test_every_command_and_event_of_matters_stands_in_the_glossary(module: ModuleType) -> None:
    path = f"{module.__name__.removeprefix('domain.').replace('.', '/')}.py"
    named = named_by_file().get(path, set())

    assert sorted(own_classes(module).keys() - BASES - named) == []


def test_every_name_of_matters_in_the_glossary_exists() -> None:
    named = {
        f"{path[:-3].replace('/', '.')}:{name}" for path, s in named_by_file().items() for name in s
    }

    assert len(named) > 100
    assert [each for each in sorted(named) if not exists_in(*each.split(":"))] == []


def exists_in(module: str, dotted: str) -> bool:
    """Return whether a module of the domain has a name such as `Register.links`."""
    found: object = import_module(f"domain.{module}")
    for name in dotted.split("."):
        fields: dict[str, object] = getattr(found, "model_fields", {})
        found = fields.get(name) or getattr(found, name, None)
    return found is not None


def test_every_kind_of_command_and_event_stands_in_the_process() -> None:
    text = read(PROCESS)
    kinds = {
        kind.model_fields["kind"].default
        for module in (*VOCABULARY, *OF_MATTERS)
        for kind in own_classes(module).values()
        if "kind" in kind.model_fields
    }

    assert PERMITTED.keys() < kinds
    assert {kind for kind in kinds if f"`{kind}`" not in text} == set()


def exists(dotted: str) -> bool:
    """Return whether the domain has a name such as `issue.Issue.version`."""
    module, _, name = dotted.partition(".")
    return exists_in(module, name)


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
