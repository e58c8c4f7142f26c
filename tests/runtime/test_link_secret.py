"""The secret of one-time links: a setting, or a private file of the embedded stack."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from runtime.errors import FolderUnusableError, SettingsError
from runtime.link_secret import FILE_NAME, link_secret
from runtime.settings import Settings

GIVEN = "a secret that an operator has chosen, long enough"


def settings(folder: Path, **given: object) -> Settings:
    return Settings.load(data_dir=folder, **given)


def test_a_secret_that_is_set_is_the_one_and_is_not_shown(tmp_path: Path) -> None:
    found = settings(tmp_path, link_secret=GIVEN)

    assert link_secret(found, embedded=False).get_secret_value() == GIVEN
    assert GIVEN not in f"{found!r}"
    assert not (tmp_path / FILE_NAME).exists()


def test_a_secret_that_is_too_short_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", "too short by far")

    with pytest.raises(SettingsError, match=r"link_secret.*at least 32") as refusal:
        settings(tmp_path)
    assert "too short by far" not in str(refusal.value)


def test_a_ledger_of_the_operators_own_has_to_be_given_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="CLOSEOUT_LINK_SECRET"):
        link_secret(settings(tmp_path), embedded=False)


def test_an_embedded_stack_makes_one_that_only_its_owner_reads_and_keeps_it(
    tmp_path: Path,
) -> None:
    first = link_secret(settings(tmp_path), embedded=True)

    path = tmp_path / FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(first.get_secret_value()) == 64
    assert link_secret(settings(tmp_path), embedded=True) == first
    assert [each.name for each in tmp_path.iterdir()] == [FILE_NAME]


def test_whoever_comes_at_once_gets_the_same(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        found = list(
            threads.map(lambda _: link_secret(settings(tmp_path), embedded=True), range(8))
        )

    assert len({each.get_secret_value() for each in found}) == 1


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("damaged")

    with pytest.raises(FolderUnusableError, match=FILE_NAME):
        link_secret(settings(tmp_path), embedded=True)


def test_a_file_that_cannot_be_read_or_a_folder_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(FolderUnusableError, match=FILE_NAME):
        link_secret(settings(tmp_path), embedded=True)
    with pytest.raises(FolderUnusableError, match="CLOSEOUT_LINK_SECRET"):
        link_secret(settings(tmp_path / "missing"), embedded=True)
