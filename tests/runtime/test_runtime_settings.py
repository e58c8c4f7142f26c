"""Settings: environment over file over defaults, and nothing misspelt goes unseen."""

from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.settings import Settings


def test_without_anything_set_the_defaults_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    settings = Settings.load()

    assert settings.data_dir == tmp_path / ".closeout"
    assert (settings.task_queue, settings.wakeup_spread_ms, settings.pool_size) == (
        "closeout",
        3000,
        10,
    )
    assert settings.database_url is None


def test_the_environment_wins_over_the_file_and_an_argument_over_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "closeout.toml"
    file.write_text('pool_size = 3\ntask_queue = "of-the-file"\nlog_level = "debug"\n')
    monkeypatch.setenv("CLOSEOUT_SETTINGS", str(file))
    monkeypatch.setenv("CLOSEOUT_POOL_SIZE", "4")
    monkeypatch.setenv("CLOSEOUT_LOG_LEVEL", "warning")

    settings = Settings.load(log_level="error")

    assert (settings.task_queue, settings.pool_size, settings.log_level) == (
        "of-the-file",
        4,
        "error",
    )


def test_an_unknown_key_in_the_file_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "closeout.toml"
    file.write_text("pool_sice = 3\n")
    monkeypatch.setenv("CLOSEOUT_SETTINGS", str(file))

    with pytest.raises(SettingsError, match=r"pool_sice: there is no such setting.*pool_size"):
        Settings.load()


def test_an_unknown_variable_is_refused_by_name_and_its_value_stays_unseen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABSE_URL", "postgresql://u:s3same@/x")

    with pytest.raises(SettingsError, match="CLOSEOUT_DATABSE_URL: there is no such") as refusal:
        Settings.load()

    assert "s3same" not in str(refusal.value)


@pytest.mark.parametrize("value", ["-1", "60001", "soon"])
def test_a_spread_out_of_bounds_is_refused(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_WAKEUP_SPREAD_MS", value)

    with pytest.raises(SettingsError, match="CLOSEOUT_WAKEUP_SPREAD_MS"):
        Settings.load()


def test_a_dotenv_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tmp_path.joinpath(".env").write_text("CLOSEOUT_POOL_SIZE=99\n")
    monkeypatch.chdir(tmp_path)

    assert Settings.load().pool_size == 10


def test_a_password_does_not_show_in_the_settings_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://u:s3same@/x")

    assert "s3same" not in repr(Settings.load())


def test_a_database_address_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "mysql://u:s3same@h/x")

    with pytest.raises(SettingsError, match="must begin with postgresql://") as refusal:
        Settings.load()

    assert "s3same" not in str(refusal.value)


@pytest.mark.parametrize("text", [None, "pool_size = = 3"])
def test_a_settings_file_that_is_missing_or_broken_is_named(
    text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "closeout.toml"
    if text is not None:
        file.write_text(text)
    monkeypatch.setenv("CLOSEOUT_SETTINGS", str(file))

    with pytest.raises(SettingsError, match=r"closeout\.toml"):
        Settings.load()
