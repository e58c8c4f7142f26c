"""PostgreSQL: the pool of connections to any server, and a server of our own."""

import asyncio
import os
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar
from urllib.parse import quote

import asyncpg
import structlog

from runtime import postgres_home
from runtime.errors import ChildFailedError, FolderUnusableError
from runtime.lock import DataFolder
from runtime.postgres_home import FAST_SHUTDOWN, IMMEDIATE_SHUTDOWN, Record
from runtime.processes import Child, in_thread, last_lines, server_account

log = structlog.get_logger(__name__)
T = TypeVar("T")

ADMIN: Final = "closeout_admin"
OWNER: Final = "closeout_owner"
APP: Final = "closeout_app"
READER: Final = "closeout_reader"
DATABASE: Final = "closeout"
MAINTENANCE: Final = "postgres"

CONNECT_TIMEOUT_S: Final = 10.0

START_LIMIT_S: Final = 3600.0
"""A server that replays its log after a crash is at work, not failing; this is only a backstop."""
PROGRESS_EVERY_S: Final = 5.0

DATABASE_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,62}")

SERVER_OPTIONS: Final = {
    "listen_addresses": "",
    "port": "5432",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
    "cluster_name": DATABASE,
}

NOT_READY = (
    OSError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.TooManyConnectionsError,
)


class EmbeddedPostgres:
    """A PostgreSQL server on a unix socket, for one data folder, with four roles.

    `closeout_admin` is superuser; `closeout_owner` owns the database `closeout`; `closeout_app`
    (the writer) and `closeout_reader` may log in and are granted the rest by migrations. Passwords
    are made at the first start, the reader's at the first of a version that has it. As
    root the server runs as `nobody`. `start` and `stop` may be called again and again; the socket's
    path stays the same.
    """

    name = "postgres"

    def __init__(self, data_dir: Path, *, bin_dir: Path | None = None) -> None:
        self.data_dir = data_dir.expanduser().resolve()
        self.log_file = self.data_dir / "postgres.log"
        self._configured_binaries = bin_dir
        self._child = Child(self.name)
        self._lock: DataFolder | None = None
        self._home: Path | None = None
        self._binaries: Path | None = None
        self._socket_folder: Path | None = None
        self._record: Record | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    @property
    def pid(self) -> int | None:
        """The pid of the postmaster while it runs."""
        return self._child.pid

    @property
    def home(self) -> Path:
        """The folder with the data, which need not lie in the data folder (see `settle`)."""
        return _known(self._home)

    @property
    def bin_dir(self) -> Path:
        """The folder with pg_dump and the rest, of the version that runs."""
        return _known(self._binaries)

    @property
    def admin_url(self) -> str:
        """The superuser's address of the database `closeout`."""
        return self.url(ADMIN)

    @property
    def owner_url(self) -> str:
        """The address for migrations."""
        return self.url(OWNER)

    @property
    def app_url(self) -> str:
        """The address for the application."""
        return self.url(APP)

    @property
    def reader_url(self) -> str:
        """The address for auditors, who only read."""
        return self.url(READER)

    def url(self, role: str, database: str = DATABASE) -> str:
        """Return the address of `database` for one of the four roles; known once started."""
        record = _known(self._record)
        passwords = {
            ADMIN: record.admin_password,
            OWNER: record.owner_password,
            APP: record.app_password,
            READER: record.reader_password,
        }
        socket = quote(str(_known(self._socket_folder)), safe="/")
        # The port is named, since PGPORT of the user's environment would count otherwise.
        return f"postgresql://{role}:{passwords[role]}@/{database}?host={socket}&port=5432"

    async def start(self) -> None:
        """Start the server and wait until it serves, its roles and database made if need be."""
        try:
            await in_thread(self._prepare)
            await self._initialise()
            await self._spawn()
            connection = await self._until_it_serves()
            try:
                await self._ensure_roles(connection)
            finally:
                connection.terminate()
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            await self.stop()
            raise ChildFailedError(
                f"PostgreSQL was lost while it was set up ({error}); see {self.log_file}."
            ) from error
        except BaseException:
            await self.stop()
            raise

    async def wait(self) -> int:
        """Return the exit code once the server has ended."""
        return await self._child.wait()

    async def stop(self) -> None:
        """Stop the server: running transactions are rolled back, and the data is left clean."""
        await self._child.stop(FAST_SHUTDOWN, IMMEDIATE_SHUTDOWN)
        if self._lock is not None:
            if self._socket_folder is not None:
                shutil.rmtree(self._socket_folder, ignore_errors=True)
            self._lock.release()

    async def create_database(self, name: str, template: str | None = None) -> None:
        """Make a database owned by `closeout_owner`, empty or a copy of `template`.

        Nobody may be connected to the template. Raises `asyncpg.DuplicateDatabaseError`.
        """
        async with self._as_admin() as connection:
            await _create_database(connection, name, template)

    async def drop_database(self, name: str) -> None:
        """Remove a database and end its sessions; none of that name is no error."""
        async with self._as_admin() as connection:
            await connection.execute(f"DROP DATABASE IF EXISTS {_checked(name)} WITH (FORCE)")

    @asynccontextmanager
    async def _as_admin(self) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
        connection = await asyncpg.connect(self.url(ADMIN, MAINTENANCE), timeout=CONNECT_TIMEOUT_S)
        try:
            yield connection
        finally:
            await connection.close()

    def _prepare(self) -> None:
        account = server_account()
        home, record = postgres_home.settle(self.data_dir, account)
        self._home, self._record = home, record
        if self._lock is None:
            self._lock = DataFolder(home)
        self._lock.hold()
        data = home / "data"
        ours = account.uid if account else os.geteuid()
        if data.exists() and data.stat().st_uid != ours:
            raise FolderUnusableError(
                f"{data} belongs to user id {data.stat().st_uid}, but the server would run as "
                f"{ours}. Start Closeout as the user who made it."
            )
        self._binaries, major = postgres_home.find_binaries(
            self._configured_binaries, home, account, record.major
        )
        if data.exists() and record.major is None:
            # Killed between the last step of making the data and the note of it.
            self._record = postgres_home.with_major(record, major, self.data_dir)
        postgres_home.clear_the_way(data)
        self._socket_folder = postgres_home.socket_folder(home, account)

    async def _initialise(self) -> None:
        """Make the data under another name first, so that half-made data is never served."""
        home, account = self.home, server_account()
        if home.joinpath("data").exists():
            return
        draft, secret = home / "data.partial", home / "initial-password"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        postgres_home.write_private(secret, _known(self._record).admin_password)
        if account is not None:
            os.chown(draft, account.uid, account.gid)
            os.chown(secret, account.uid, account.gid)
        initdb = Child("initdb")
        try:
            await initdb.spawn(
                [
                    *(str(self.bin_dir / "initdb"), "--pgdata", str(draft), "--username", ADMIN),
                    *("--pwfile", str(secret), "--encoding", "UTF8", "--locale", "C.UTF-8"),
                    *("--auth-local", "scram-sha-256", "--auth-host", "reject"),
                    "--data-checksums",
                ],
                env=_environment(),
                death_signal=signal.SIGKILL,
                cwd=Path("/"),
                account=account,
                log=self.log_file,
            )
            code = await initdb.wait()
        finally:
            await initdb.stop()
            secret.unlink()
        if code != 0:
            raise ChildFailedError(
                f"The database could not be made in {home}; {self.log_file} ends:\n"
                f"{last_lines(self.log_file)}"
            )
        major = int(draft.joinpath("PG_VERSION").read_text(encoding="ascii"))
        draft.rename(home / "data")
        self._record = postgres_home.with_major(_known(self._record), major, self.data_dir)

    async def _spawn(self) -> None:
        options = {
            **SERVER_OPTIONS,
            "unix_socket_directories": str(_known(self._socket_folder)),
        }
        await self._child.spawn(
            [
                *(str(self.bin_dir / "postgres"), "-D", str(self.home / "data")),
                *(word for key, value in options.items() for word in ("-c", f"{key}={value}")),
            ],
            env=_environment(),
            death_signal=signal.SIGINT,
            cwd=Path("/"),
            account=server_account(),
            log=self.log_file,
        )

    async def _until_it_serves(self) -> "asyncpg.Connection[asyncpg.Record]":
        began = told = time.monotonic()
        while True:
            try:
                return await asyncpg.connect(self.url(ADMIN, MAINTENANCE), timeout=5.0)
            except NOT_READY:
                pass
            except asyncpg.InvalidAuthorizationSpecificationError as error:
                raise FolderUnusableError(
                    f"The database refuses the password in {self.data_dir}/"
                    f"{postgres_home.RECORD_NAME}: the file and the database in {self.home} are "
                    "not of one piece. Restore both from one backup."
                ) from error
            if self._child.exit_code is not None:
                raise ChildFailedError(
                    f"PostgreSQL ended with {self._child.exit_code} while starting; "
                    f"{self.log_file} ends:\n{last_lines(self.log_file)}"
                )
            now = time.monotonic()
            if now - began > START_LIMIT_S:
                raise ChildFailedError(
                    f"PostgreSQL did not serve within {START_LIMIT_S:.0f} s; see {self.log_file}."
                )
            if now - told > PROGRESS_EVERY_S:
                told = now
                log.info("postgres_still_recovering", seconds=round(now - began))
            await asyncio.sleep(0.02)

    async def _ensure_roles(self, connection: "asyncpg.Connection[asyncpg.Record]") -> None:
        record = _known(self._record)
        passwords = {
            OWNER: record.owner_password,
            APP: record.app_password,
            READER: record.reader_password,
        }
        for role, password in passwords.items():
            known = await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role)
            if not known:
                await connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{password}'")
        known = await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", DATABASE)
        if not known:
            await _create_database(connection, DATABASE, None)
        # Nobody but the superuser has anything to do there; to all it is open as initdb leaves it.
        await connection.execute(f"REVOKE ALL ON DATABASE {MAINTENANCE}, template1 FROM PUBLIC")
        # To the database of a version that knew no reader as well.
        await connection.execute(f"GRANT CONNECT ON DATABASE {DATABASE} TO {READER}")


async def _create_database(
    connection: "asyncpg.Connection[asyncpg.Record]", name: str, template: str | None
) -> None:
    source = f" TEMPLATE {_checked(template)}" if template else ""
    await connection.execute(f"CREATE DATABASE {_checked(name)} OWNER {OWNER}{source}")
    await connection.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    await connection.execute(f"GRANT CONNECT ON DATABASE {name} TO {APP}, {READER}")


def _checked(name: str) -> str:
    if not DATABASE_NAME.fullmatch(name):
        raise ValueError(f"{name!r} is no database name: a-z, 0-9 and _, a letter first.")
    return name


def _environment() -> dict[str, str]:
    """Nothing of ours but what programs need: PGDATA, PGPORT and their like would mislead it."""
    kept = {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _known(value: T | None) -> T:
    if value is None:
        raise RuntimeError("known only once the server has been started")
    return value
