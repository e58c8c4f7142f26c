"""A backup's folder: whole or not at all, checked before it is used, and never with a key in it."""

import errno
import hashlib
import json
import stat
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import SecretStr

from desk.desk import Desk
from domain.backups import (
    FORMAT,
    MANIFEST_NAME,
    LedgerPoint,
    Manifest,
    ManifestError,
    read_manifest,
)
from ledger.backup_point import require_restorable
from ledger.migrate import MigrationError
from runtime.backup_files import (
    BackupError,
    check_files,
    draft_of,
    listed,
    manifest_of,
    require_apart,
    write_manifest,
)
from runtime.backup_keys import check_keys, place_keys, require_no_keys, save_keys
from runtime.dumping import without_password
from runtime.errors import FolderUnusableError
from runtime.settings import Settings
from runtime.stack import UNFINISHED_NAME, EmbeddedStack
from terminal.backing_up import open_settings
from terminal.restoring import bring_back, read_ids

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
POINT = LedgerPoint(
    position=7,
    events=5,
    commands=4,
    streams=2,
    heads=hashlib.sha256().hexdigest(),
    migration=1,
    rules=1,
    zones=("harbour",),
    server=180000,
)


def made(folder: Path) -> Path:
    """Write a small backup."""
    with draft_of(folder) as draft:
        draft.joinpath("ledger").mkdir()
        draft.joinpath("ledger", "1.dat.gz").write_bytes(b"rows")
        draft.joinpath("settings.json").write_text("{}")
        files = listed(draft)
        written = Manifest(format=FORMAT, program="0", created_at=AT, point=POINT, files=files)
        write_manifest(draft, written)
    return folder


def test_what_was_written_is_found_as_it_was(tmp_path: Path) -> None:
    folder = made(tmp_path / "b")
    manifest = manifest_of(folder)
    check_files(folder, manifest.files)
    assert [file.path for file in manifest.files] == ["ledger/1.dat.gz", "settings.json"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def _linked(path: Path) -> None:
    """Put a link to the same content in the place of a file."""
    path.rename(path.parents[2] / "elsewhere")
    path.symlink_to(path.parents[2] / "elsewhere")


SPOILT: dict[str, Callable[[Path], object]] = {
    "another content": lambda f: f.joinpath("ledger/1.dat.gz").write_bytes(b"rowz"),
    "has 3 bytes": lambda f: f.joinpath("ledger/1.dat.gz").write_bytes(b"row"),
    "settings.json is missing": lambda f: f.joinpath("settings.json").unlink(),
    "extra is not listed": lambda f: f.joinpath("extra").write_text("x"),
    "ledger/1.dat.gz is missing": lambda f: _linked(f.joinpath("ledger/1.dat.gz")),
}


@pytest.mark.parametrize("said", SPOILT)
def test_whatever_was_changed_is_named(tmp_path: Path, said: str) -> None:
    folder = made(tmp_path / "b")
    SPOILT[said](folder)
    with pytest.raises(BackupError, match=said):
        check_files(folder, manifest_of(folder).files)


def test_a_folder_without_its_list_is_no_backup(tmp_path: Path) -> None:
    folder = made(tmp_path / "b")
    folder.joinpath(MANIFEST_NAME).unlink()
    with pytest.raises(BackupError, match="is no backup"):
        manifest_of(folder)


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="No space left"), draft_of(tmp_path / "b") as draft:
        _fill(draft)
    assert list(tmp_path.iterdir()) == []


def _fill(draft: Path) -> None:
    draft.joinpath("half").write_bytes(b"rows")
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    tmp_path.joinpath("b").mkdir()
    made(tmp_path / "b")  # an empty one is taken
    with pytest.raises(BackupError, match="is there already"):
        made(tmp_path / "b")
    check_files(tmp_path / "b", manifest_of(tmp_path / "b").files)


def altered(**changes: object) -> str:
    """Return a manifest with other fields."""
    plain = Manifest(format=FORMAT, program="0", created_at=AT, point=POINT, files=())
    return json.dumps({**plain.model_dump(mode="json"), **changes})


FILE = {"path": "a", "bytes": 1, "sha256": "0" * 64}


@pytest.mark.parametrize(
    "text",
    [
        "",
        altered(format=FORMAT + 1),
        altered(unknown=1),
        altered(files=[{**FILE, "path": "../a"}]),
        altered(files=[{**FILE, "path": "/a"}]),
        altered(files=[{**FILE, "sha256": "0"}]),
        altered(files=[FILE, FILE]),
    ],
)
def test_a_list_of_another_form_or_of_files_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(ManifestError):
        read_manifest(text)


def test_what_a_newer_program_wrote_is_refused() -> None:
    require_restorable(POINT)
    for newer in ({"migration": 9999}, {"rules": 9999}):
        with pytest.raises(MigrationError, match="newer than this program"):
            require_restorable(POINT.model_copy(update=newer))


@pytest.mark.parametrize("keys", ["b", "b/keys", ".", "b/../b/k"])
def test_keys_may_lie_neither_in_a_backup_nor_around_it(tmp_path: Path, keys: str) -> None:
    with pytest.raises(BackupError, match="neither in"):
        require_apart(tmp_path / "b", tmp_path / keys)
    require_apart(tmp_path / "b", tmp_path / "elsewhere")


def place(folder: Path) -> Settings:
    """Return the settings of a place that has keys of every sort."""
    keys = folder / "data" / "keys"
    keys.joinpath("subjects").mkdir(parents=True)
    keys.joinpath("subjects", "s1.key").write_text("secret-of-a-person")
    keys.joinpath("log.pem").write_text("secret-of-the-log")
    folder.joinpath("data", "link-secret").write_text("secret-of-links")
    folder.joinpath("channels.toml").write_text("secret-of-bots")
    return Settings(
        data_dir=folder / "data",
        channels=folder / "channels.toml",
        keys_dir=None,
        log_key=None,
        link_secret=SecretStr("secret-of-links-secret-of-links-"),
        owner_database_url=SecretStr("postgresql://o:secret@h/d"),
    )


def test_keys_are_copied_apart_and_come_back_readable_by_their_owner_alone(tmp_path: Path) -> None:
    settings = place(tmp_path)
    assert save_keys(settings, tmp_path / "apart", AT) == 4
    check_keys(tmp_path / "apart")
    modes = {stat.S_IMODE(p.stat().st_mode) for p in (tmp_path / "apart").rglob("*") if p.is_file()}
    assert modes == {0o600}

    again = Settings(data_dir=tmp_path / "new", keys_dir=None)
    require_no_keys(again)
    assert place_keys(tmp_path / "apart", again) == ["CLOSEOUT_CHANNELS"]
    new = tmp_path / "new"
    assert new.joinpath("keys/subjects/s1.key").read_text() == "secret-of-a-person"
    assert new.joinpath("link-secret").read_text() == "secret-of-links"
    with pytest.raises(BackupError, match="There are keys"):
        require_no_keys(again)


def test_a_key_that_was_changed_is_named(tmp_path: Path) -> None:
    save_keys(place(tmp_path), tmp_path / "apart", AT)
    tmp_path.joinpath("apart/keys/log.pem").write_text("secret-of-the-lag")
    with pytest.raises(BackupError, match=r"keys/log\.pem has another content"):
        check_keys(tmp_path / "apart")


def test_settings_are_kept_without_what_is_secret(tmp_path: Path) -> None:
    kept = open_settings(place(tmp_path))
    assert "secret" not in json.dumps(kept)
    assert kept["data_dir"] == str(tmp_path / "data")


def test_nobody_who_lists_processes_reads_the_password() -> None:
    bare, password = without_password(
        "postgresql://owner:" + "p%40ss@/closeout?host=/run&port=5432"
    )
    assert (bare, password) == ("postgresql://owner@/closeout?host=/run&port=5432", "p@ss")
    assert without_password("postgresql://h/d") == ("postgresql://h/d", None)


async def test_a_folder_with_a_database_is_left_as_it_is(tmp_path: Path) -> None:
    folder, data = made(tmp_path / "b"), tmp_path / "data"
    data.mkdir()
    data.joinpath("postgres.json").write_text("{}")
    with pytest.raises(BackupError, match="has a database"):
        await bring_back(Settings(data_dir=data), folder, nobody)
    assert data.joinpath("postgres.json").read_text() == "{}"
    assert not data.joinpath(UNFINISHED_NAME).exists()


async def test_keys_are_never_put_beside_others(tmp_path: Path) -> None:
    folder = made(tmp_path / "b")
    settings = place(tmp_path)
    save_keys(settings, tmp_path / "apart", AT)
    with pytest.raises(BackupError, match="There are keys"):
        await bring_back(settings, folder, nobody, keys=tmp_path / "apart")
    assert not settings.data_dir.joinpath(UNFINISHED_NAME).exists()


async def test_a_damaged_backup_is_refused_before_there_is_a_folder(tmp_path: Path) -> None:
    folder = made(tmp_path / "b")
    folder.joinpath("settings.json").write_text("[]")
    with pytest.raises(BackupError, match="another content"):
        await bring_back(Settings(data_dir=tmp_path / "data"), folder, nobody)
    assert not tmp_path.joinpath("data").exists()


async def test_no_stack_starts_where_a_restore_has_not_ended(tmp_path: Path) -> None:
    tmp_path.joinpath(UNFINISHED_NAME).write_text("")
    with pytest.raises(FolderUnusableError, match="has not ended"):
        await EmbeddedStack(Settings(data_dir=tmp_path)).__aenter__()
    assert not tmp_path.joinpath("postgres.json").exists()


def nobody(_settings: Settings) -> AbstractAsyncContextManager[Desk]:
    """Open no desk: nothing comes so far."""
    raise AssertionError


def test_callers_ids_are_read_a_line_each(tmp_path: Path) -> None:
    file = tmp_path / "ids"
    file.write_text("cedz/k1 note:1\n\ncedz/k2  report 2\n")
    assert read_ids(file) == [("cedz/k1", "note:1"), ("cedz/k2", "report 2")]
