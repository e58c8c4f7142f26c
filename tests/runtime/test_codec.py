"""Payloads of Temporal: sealed with the newest key, opened with any, plain where no key is set."""

import ast
from pathlib import Path

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter

from runtime.codec import SealedPayloadError, SealedPayloads, data_converter
from runtime.errors import SettingsError
from runtime.settings import Settings

OLD, NEW = "0a" * 32, "1b" * 32
SAID = {"zone": "harbour", "key": "k1"}


def settings(file: Path, *lines: str) -> Settings:
    file.write_text("\n".join(lines))
    return Settings.load(data_dir=file.parent, payload_keys=file)


def test_without_keys_the_converter_is_the_plain_one(tmp_path: Path) -> None:
    assert data_converter(Settings.load(data_dir=tmp_path)) is pydantic_data_converter


async def test_a_payload_is_unreadable_outside_and_comes_back_whole(tmp_path: Path) -> None:
    converter = data_converter(settings(tmp_path / "keys", f"k1 {NEW}"))
    (sealed,) = await converter.encode([SAID])
    assert b"harbour" not in sealed.SerializeToString()
    assert sealed.metadata["encryption-key-id"] == b"k1"
    assert await converter.decode([sealed]) == [SAID]
    (again,) = await converter.encode([SAID])
    assert again.data != sealed.data


async def test_the_last_key_seals_and_the_others_still_open(tmp_path: Path) -> None:
    before = data_converter(settings(tmp_path / "keys", f"k1 {OLD}"))
    (old,) = await before.encode([SAID])
    after = data_converter(settings(tmp_path / "keys", "# two by now", f"k1 {OLD}", f"k2 {NEW}"))
    (new,) = await after.encode([SAID])
    assert new.metadata["encryption-key-id"] == b"k2"
    assert await after.decode([old, new]) == [SAID, SAID]
    with pytest.raises(SealedPayloadError, match="'k2'"):
        await before.decode([new])


async def test_what_was_never_sealed_stays_readable(tmp_path: Path) -> None:
    (plain,) = await pydantic_data_converter.encode([SAID])
    converter = data_converter(settings(tmp_path / "keys", f"k1 {NEW}"))
    assert await converter.decode([plain]) == [SAID]


async def test_a_payload_that_was_altered_does_not_open() -> None:
    codec = SealedPayloads({"k1": bytes(32), "k2": bytes(32)}, "k1")
    (sealed,) = await codec.encode([Payload(data=b"text")])
    renamed = Payload(metadata={**sealed.metadata, "encryption-key-id": b"k2"}, data=sealed.data)
    cut = Payload(metadata=sealed.metadata, data=sealed.data[:-1])
    for altered in (renamed, cut):
        with pytest.raises(SealedPayloadError, match="altered"):
            await codec.decode([altered])


@pytest.mark.parametrize(
    "lines",
    [[], [NEW], ["k1 abc"], [f"k1 {NEW}", f"k1 {OLD}"], [f"k 1 {NEW}"]],
    ids=["none", "no name", "too short", "twice", "two words"],
)
def test_a_file_that_holds_no_keys_is_refused_without_showing_it(
    tmp_path: Path, lines: list[str]
) -> None:
    with pytest.raises(SettingsError) as refused:
        data_converter(settings(tmp_path / "keys", *lines))
    assert "keys" in str(refused.value)
    assert NEW not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    missing = Settings.load(data_dir=tmp_path, payload_keys=tmp_path / "none")
    with pytest.raises(SettingsError, match="none"):
        data_converter(missing)


def test_every_client_of_temporal_is_given_the_converter() -> None:
    """Who connects without it reads sealed payloads as bytes, and writes plain ones. The
    demonstration is left out: its stack is its own, from beginning to end."""
    root = Path(__file__).parents[2]
    folders = ("activities", "api", "audit", "desk", "terminal", "workflows")
    modules = [path for folder in folders for path in sorted((root / folder).rglob("*.py"))]
    found = {
        path.name: given
        for path in (root / "worker.py", root / "cli.py", *modules)
        if (given := _connects(ast.parse(path.read_text(encoding="utf-8"))))
    }

    assert found == {
        "worker.py": [True],
        "session.py": [True, True],
        "drilling.py": [True],
        "restoring.py": [True],
    }


def _connects(module: ast.Module) -> list[bool]:
    """Return for each connection to Temporal that a module makes whether it names a converter."""
    imported = any(
        isinstance(each, ast.ImportFrom)
        and each.module == "runtime.temporal"
        and "connect" in {name.name for name in each.names}
        for each in ast.walk(module)
    )
    return [
        "data_converter" in {keyword.arg for keyword in call.keywords}
        for call in ast.walk(module)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id == "connect"
        and imported
    ]
