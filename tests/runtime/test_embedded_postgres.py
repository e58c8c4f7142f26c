"""The server of our own: how it is made, what it survives, what it refuses."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import asyncpg
import pytest

from ledger.connections import open_pool
from runtime import postgres_home
from runtime.errors import (
    BinariesMissingError,
    ChildFailedError,
    DataVersionError,
    FolderTakenError,
    FolderUnusableError,
)
from runtime.postgres import EmbeddedPostgres
from runtime.processes import can_enter, server_account, servers_of_folder

only_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root runs PostgreSQL as another")


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def started_by_hand(postgres: EmbeddedPostgres) -> subprocess.Popen[bytes]:
    account, data = server_account(), postgres.home / "data"
    server = subprocess.Popen(
        [postgres.bin_dir / "postgres", "-D", data, "-c", "listen_addresses=", "-k", data],
        stderr=subprocess.DEVNULL,
        cwd="/",
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    pid_file = data / "postmaster.pid"
    while not (pid_file.exists() and "ready" in pid_file.read_text()):
        assert server.poll() is None
        time.sleep(0.01)
    return server


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def socket_folder(postgres: EmbeddedPostgres) -> Path:
    return Path(postgres.app_url.split("host=")[1].split("&")[0])


async def test_a_new_server_is_durable_private_and_knows_chinese(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as postgres:
        pool = await open_pool(postgres.owner_url, size=2)
        try:
            assert await pool.fetchval("SHOW fsync") == "on"
            assert await pool.fetchval("SHOW data_checksums") == "on"
            assert await pool.fetchval("SHOW listen_addresses") == ""
            assert await pool.fetchval("SHOW application_name") == "closeout"
            await pool.execute("CREATE EXTENSION pg_trgm")
            assert await pool.fetchval("SELECT show_trgm('三号楼电梯困人') <> '{}'")
            await pool.execute("CREATE TABLE desk (name text)")
        finally:
            await pool.close()
        assert await ask(postgres.admin_url, "SELECT rolsuper FROM pg_roles WHERE rolname = user")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(postgres.app_url, "SELECT count(*) FROM desk")
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await ask(postgres.app_url, "CREATE TABLE mine (name text)")
        with pytest.raises(asyncpg.InvalidPasswordError):
            await ask(postgres.app_url.replace("closeout_app:", "closeout_app:x"), "SELECT 1")
        assert mode(socket_folder(postgres)) == 0o700
        assert len(str(socket_folder(postgres) / ".s.PGSQL.5432")) < 100
        assert mode(folder / "postgres.json") == 0o600

    assert postgres.pid is None
    assert not os.listdir(socket_folder(postgres).parent).count(socket_folder(postgres).name)
    assert servers_of_folder(postgres.home / "data") == []


async def test_a_database_can_be_copied_from_a_template_and_dropped(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as postgres:
        await postgres.create_database("model")
        owner = postgres.url("closeout_owner", "model")
        await ask(owner, "CREATE TABLE desk AS SELECT 1 AS number")
        await postgres.create_database("copy", template="model")

        assert await ask(postgres.url("closeout_owner", "copy"), "SELECT number FROM desk") == 1
        await postgres.drop_database("copy")
        with pytest.raises(asyncpg.InvalidCatalogNameError):
            await ask(postgres.url("closeout_owner", "copy"), "SELECT 1")
        with pytest.raises(ValueError, match="no database name"):
            await postgres.create_database('x"; DROP DATABASE closeout')
        with pytest.raises(FolderTakenError):
            await EmbeddedPostgres(folder).start()


async def test_rows_and_address_outlive_a_kill_and_a_remembered_pid_that_is_anothers(
    folder: Path, stranger: subprocess.Popen[bytes]
) -> None:
    postgres = EmbeddedPostgres(folder)
    try:
        await postgres.start()
        address = postgres.app_url
        await ask(postgres.owner_url, "CREATE TABLE desk AS SELECT 7 AS number")
        assert postgres.pid is not None
        os.kill(postgres.pid, signal.SIGKILL)
        assert await postgres.wait() == -signal.SIGKILL
        pid_file = postgres.home / "data" / "postmaster.pid"
        _, *rest = pid_file.read_text().split("\n")
        pid_file.write_text("\n".join([str(stranger.pid), *rest]))

        await postgres.start()

        assert postgres.app_url == address
        assert await ask(postgres.owner_url, "SELECT number FROM desk") == 7
        assert stranger.poll() is None
    finally:
        await postgres.stop()


async def test_a_server_that_an_earlier_run_left_is_ended_before_the_next_start(
    folder: Path,
) -> None:
    first = EmbeddedPostgres(folder)
    await first.start()
    await ask(first.owner_url, "CREATE TABLE desk AS SELECT 7 AS number")
    await first.stop()
    left = started_by_hand(first)

    async with EmbeddedPostgres(folder) as second:
        assert left.wait(1) == 0
        assert await ask(second.owner_url, "SELECT number FROM desk") == 7


async def test_data_of_another_major_version_is_refused_with_a_way_out(folder: Path) -> None:
    async with EmbeddedPostgres(folder):
        pass
    record = postgres_home.Record.read(folder)
    assert record is not None
    postgres_home.with_major(record, 9, folder)

    with pytest.raises(DataVersionError, match=r"made by PostgreSQL 9.*pg_dump"):
        await EmbeddedPostgres(folder).start()


async def test_a_database_without_its_passwords_or_its_data_is_not_papered_over(
    folder: Path,
) -> None:
    async with EmbeddedPostgres(folder) as postgres:
        pass
    record = folder / "postgres.json"
    kept = record.read_text()
    record.unlink()
    with pytest.raises(FolderUnusableError, match=r"postgres\.json with its passwords is gone"):
        await EmbeddedPostgres(folder).start()

    record.write_text(kept)
    shutil.rmtree(postgres.home / "data")
    with pytest.raises(FolderUnusableError, match="is not there"):
        await EmbeddedPostgres(folder).start()


async def test_missing_programs_are_named_with_the_way_to_get_them(folder: Path) -> None:
    with pytest.raises(BinariesMissingError, match=r"pip install 'closeout\[embedded\]'"):
        await EmbeddedPostgres(folder, bin_dir=folder.parent).start()


async def test_a_server_that_ends_while_starting_shows_the_end_of_its_log(folder: Path) -> None:
    async with EmbeddedPostgres(folder) as postgres:
        pass
    with (postgres.home / "data" / "postgresql.conf").open("a") as file:
        file.write("no_such_option = 1\n")

    with pytest.raises(ChildFailedError, match="no_such_option"):
        await EmbeddedPostgres(folder).start()


@only_root
async def test_root_in_a_closed_folder_gets_a_database_elsewhere_and_no_folder_is_opened_up(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "checkout" / ".closeout"
    folder.parent.mkdir(mode=0o700)
    homes = []
    try:
        async with EmbeddedPostgres(folder) as postgres:
            homes.append(postgres.home)
            await ask(postgres.owner_url, "CREATE TABLE desk AS SELECT 7 AS number")
        async with EmbeddedPostgres(folder) as postgres:
            homes.append(postgres.home)
            assert await ask(postgres.owner_url, "SELECT number FROM desk") == 7

        assert homes[0] == homes[1]
        assert not homes[0].is_relative_to(tmp_path)
        assert mode(folder.parent) == mode(tmp_path) == 0o700

        copy = folder.with_name("copy")
        shutil.copytree(folder, copy)
        with pytest.raises(FolderUnusableError, match="is a copy of"):
            await EmbeddedPostgres(copy).start()

        shutil.rmtree(folder)
        async with EmbeddedPostgres(folder) as anew:
            homes += homes[0].parent.glob(f"{homes[0].name}.left-*")
            assert await ask(anew.owner_url, "SELECT to_regclass('desk') IS NULL")
        assert len(homes) == 3
    finally:
        for home in {*homes}:
            shutil.rmtree(home)


@only_root
async def test_programs_that_the_servers_account_cannot_reach_are_copied_once(
    folder: Path, tmp_path: Path
) -> None:
    async with EmbeddedPostgres(folder) as postgres:
        wheel = postgres.bin_dir.parent.parent
    if wheel.name != postgres_home.WHEEL:
        pytest.skip("the wheel with PostgreSQL is not installed")
    for package in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        shutil.copytree(package, tmp_path / package.name)
    closed = tmp_path / wheel.name / "pginstall" / "bin"

    async with EmbeddedPostgres(folder, bin_dir=closed) as postgres:
        assert postgres.bin_dir.is_relative_to(postgres.home)
        assert await ask(postgres.app_url, "SELECT 1") == 1


@only_root
def test_an_account_that_cannot_enter_a_folder_is_seen_as_such(tmp_path: Path) -> None:
    account = server_account()
    assert account is not None
    assert can_enter(Path("/"), account)
    assert not can_enter(tmp_path, account)
