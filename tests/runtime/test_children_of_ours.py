"""What a child process of ours may do and is given, and who may read what we leave in a folder."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from deep import IN_CHECK

import cli
from desk.log_opening import ensure_key
from runtime.face_keys import ensure_face
from runtime.link_secret import link_secret
from runtime.lock import DataFolder
from runtime.marks import marks_of
from runtime.postgres_home import Record
from runtime.processes import Account, Child, server_account
from runtime.seals import subject_keys
from runtime.settings import Settings
from runtime.stack import RunningStack, read_running_stack
from runtime.webhook_signing import webhook_keys

IS_ROOT = os.geteuid() == 0
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="powers are told by /proc")
ROOT = Path(__file__).parents[2]
PATIENCE_S = 60.0

SOMEBODYS = {
    "AWS_SECRET_ACCESS_KEY": "a cloud's",
    "GITHUB_TOKEN": "a forge's",
    "PGPASSWORD": "another database's",
    "TEMPORAL_API_KEY": "another engine's",
    "CLOSEOUT_OWNER_DATABASE_URL": "postgresql://owner:another@/ledger",
}
OF_THE_FACES = {
    "CLOSEOUT_LINK_SECRET": "0123456789abcdef0123456789abcdef",
    "CLOSEOUT_OIDC_CLIENT_SECRET": "a provider's",
}
TELLS = ("/bin/cat", "/proc/self/status")
KEPT_BY_ROOT = (1 << 1) | (1 << 10)
"""CAP_DAC_OVERRIDE, CAP_NET_BIND_SERVICE."""


@pytest.fixture
def careless() -> Iterator[None]:
    """An account that lets everybody read and write what it makes."""
    before = os.umask(0)
    yield
    os.umask(before)


def may_give_up() -> bool:
    """Return whether this process may take powers from its children: root without CAP_SETPCAP, as
    in some containers, may not; who is not root has none to take."""
    told = Path("/proc/self/status").read_text()
    return bool(int(told.partition("CapEff:\t")[2].split()[0], 16) & 1 << 8)


async def told_by_a_child(folder: Path, account: Account | None) -> dict[str, str]:
    """Return what the system says of a child, run as this account."""
    log = folder.with_name("told")
    child = Child("teller")
    await child.spawn(
        TELLS,
        env={},
        death_signal=signal.SIGKILL,
        cwd=Path("/"),
        account=account,
        log=log,
    )
    assert await child.wait() == 0, log.read_text()
    return dict(line.split(":\t", 1) for line in log.read_text().splitlines() if ":\t" in line)


@linux_only
async def test_a_child_gains_no_power_and_keeps_next_to_none_of_roots(
    folder: Path, careless: None
) -> None:
    told = await told_by_a_child(folder, None)

    assert told["NoNewPrivs"] == "1"
    assert told["Umask"] == "0077"
    if may_give_up():
        for powers in ("CapEff", "CapPrm", "CapBnd"):
            assert int(told[powers], 16) & ~KEPT_BY_ROOT == 0, powers


@linux_only
@pytest.mark.skipif(not IS_ROOT, reason="only root runs PostgreSQL as another")
async def test_the_databases_child_is_not_root_and_has_no_power_at_all(folder: Path) -> None:
    account = server_account()
    assert account is not None

    told = await told_by_a_child(folder, account)

    assert {*told["Uid"].split(), *told["Gid"].split()} == {str(account.uid), str(account.gid)}
    assert told["Groups"].split() == []
    assert (int(told["CapEff"], 16), int(told["CapPrm"], 16)) == (0, 0)


def test_no_program_is_given_a_secret_that_it_does_not_use(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, text in {**SOMEBODYS, **OF_THE_FACES, "CLOSEOUT_LOG_LEVEL": "info"}.items():
        monkeypatch.setenv(name, text)

    given = {each.name: each.environment({"TEMPORAL_ADDRESS": "x"}) for each in cli.programs()}

    assert set(given) == {"worker", "relay", "api"}
    for name, environment in given.items():
        assert SOMEBODYS.keys() & environment.keys() == set(), name
        assert environment["CLOSEOUT_LOG_LEVEL"] == "info"
        assert environment["TEMPORAL_ADDRESS"] == "x"
        assert environment["PATH"] == os.environ["PATH"]
    assert OF_THE_FACES.items() <= given["api"].items()
    for name in ("worker", "relay"):
        assert OF_THE_FACES.keys() & given[name].keys() == set(), name


def test_what_is_kept_in_a_folder_only_its_owner_can_read(folder: Path, careless: None) -> None:
    settings = Settings(data_dir=folder)
    with DataFolder(folder):
        Record(far_home=None).write(folder)
        link_secret(settings, embedded=True)
        marks_of(settings)
        ensure_face(settings)
        ensure_key(folder / "keys" / "log.pem", "closeout/ledger")
        subject_keys(settings).obtain("p-17")
        webhook_keys(settings).obtain("hotline")

    assert opened_up(folder) == {"keys/log.vkeys": 0o644}
    assert len([path for path in folder.rglob("*") if path.is_file()]) >= 10


def opened_up(folder: Path) -> dict[str, int]:
    """Return the files of a folder that its owner alone could not keep from others by their modes,
    and the folders whose lists others can read."""
    found = {}
    for path in (folder, *folder.rglob("*")):
        if path.is_socket() or path.is_symlink():
            continue
        mode = path.stat().st_mode & (0o066 if path.is_dir() else 0o077)
        if mode:
            found[str(path.relative_to(folder))] = path.stat().st_mode & 0o777
    return found


def test_the_passwords_of_a_stack_are_not_shown_with_it() -> None:
    address = "postgresql://closeout:hidden@/x"
    stack = RunningStack(
        pid=1,
        database_url=address,
        owner_database_url=address,
        reader_database_url=address,
        temporal_address="x",
        temporal_namespace="x",
        postgres_bin_dir="x",
        pids={},
    )

    assert "hidden" not in repr(stack)


@linux_only
@IN_CHECK
def test_a_whole_stack_of_a_careless_account_shows_nobody_anything(
    folder: Path, careless: None
) -> None:
    environment = {**os.environ, **SOMEBODYS, **OF_THE_FACES, "CLOSEOUT_API_ADDRESS": "off"}
    environment |= {"CLOSEOUT_DATA_DIR": str(folder), "PYTHONPATH": str(ROOT)}
    del environment["CLOSEOUT_OWNER_DATABASE_URL"]
    log = (folder.parent / "log").open("wb")
    running = subprocess.Popen(
        [sys.executable, "-m", "cli", "up"], stdout=log, stderr=log, env=environment
    )
    try:
        stack = until_it_stands(folder, running)
        # The database's own data is PostgreSQL's to close, and as root another account's.
        shown = {
            name: mode
            for name, mode in opened_up(folder).items()
            if not name.startswith(("postgres/data/", "postgres/binaries-", "anchors/"))
        }
        given = {
            name: Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
            for name, pid in stack.pids.items()
        }
    finally:
        running.terminate()
        running.wait(PATIENCE_S)
        log.close()

    assert shown == {"keys/log.vkeys": 0o644, "temporal/port": 0o666}
    assert set(given) == {"postgres", "temporal", "worker", "relay"}
    secrets = {*SOMEBODYS, *OF_THE_FACES}
    for name, pairs in given.items():
        assert secrets & {pair.split("=")[0] for pair in pairs} == set(), name
        assert all(stack.owner_database_url not in pair for pair in pairs), name


def until_it_stands(folder: Path, running: "subprocess.Popen[bytes]") -> RunningStack:
    """Return the stack once its worker and its relay run."""
    until = time.monotonic() + PATIENCE_S
    while True:
        stack = read_running_stack(folder)
        if stack is not None and {"worker", "relay"} <= stack.pids.keys():
            return stack
        assert running.poll() is None, folder.parent.joinpath("log").read_text()
        assert time.monotonic() < until, json.dumps(sorted(stack.pids) if stack else None)
        time.sleep(0.05)
