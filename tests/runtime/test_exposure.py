"""To whom the HTTP face is served while actors are taken at their word."""

from pathlib import Path

import pytest

from runtime.errors import SettingsError
from runtime.exposure import is_loopback, is_of_embedded_stack, require_actors_chosen
from runtime.settings import Settings

OPEN = "0.0.0.0:8686"
HERE = "127.0.0.1:8686"


@pytest.mark.parametrize(
    ("address", "embedded", "served"),
    [(HERE, True, True), ("off", True, True), (OPEN, True, False), (HERE, False, False)],
)
def test_what_others_reach_is_served_only_if_somebody_said_how_actors_are_taken(
    address: str, embedded: bool, served: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOSEOUT_ACTORS", raising=False)
    by_default = Settings.load(api_address=address)
    if served:
        require_actors_chosen(by_default, embedded=embedded)
    else:
        with pytest.raises(SettingsError, match="CLOSEOUT_ACTORS"):
            require_actors_chosen(by_default, embedded=embedded)

    for said in ("unsigned", "signed"):
        monkeypatch.setenv("CLOSEOUT_ACTORS", said)
        require_actors_chosen(Settings.load(api_address=address), embedded=embedded)


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        (HERE, True),
        ("[::1]:1", True),
        ("localhost:1", True),
        ("127.9.9.9:1", True),
        (OPEN, False),
        ("[::]:1", False),
        ("192.168.1.5:1", False),
        ("localhost.example.org:1", False),
    ],
)
def test_only_addresses_of_this_machine_are_loopback(address: str, loopback: bool) -> None:
    assert is_loopback(address) is loopback


def test_a_ledger_elsewhere_is_not_the_embedded_one(tmp_path: Path) -> None:
    assert not is_of_embedded_stack(Settings(data_dir=tmp_path))
    assert not is_of_embedded_stack(
        Settings(data_dir=tmp_path, database_url="postgresql://db.example.org/closeout")
    )
