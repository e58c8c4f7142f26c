"""PostgreSQL's own programs that write a database into files and bring it back: pg_dump and
pg_restore."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

from runtime.errors import BinariesMissingError, StackError
from runtime.processes import Child, last_lines

WATCH_EVERY_S: Final = 0.2
STOP: Final = (signal.SIGTERM, 10.0)
WITHOUT_ROWS: Final = ("session",)
"""Who was signed in, at a restored ledger nobody is: sessions that were ended since would be good
again."""
COMPRESSION: Final = "gzip:1"
"""The cheapest: a dump is to be over soon, and the texts shrink to a fifth by it all the same."""


class DumpError(StackError):
    """pg_dump or pg_restore did not do what it was asked; the message ends with what it said."""


async def dump(
    url: str,
    folder: Path,
    *,
    bin_dir: Path,
    snapshot: str,
    jobs: int,
    log: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> None:
    """Write the database into `folder`, which must not exist: as `snapshot` sees it, a file a
    table. `progress` hears how many tables were begun. Raises DumpError, BinariesMissingError."""
    words = [
        *("--format=directory", f"--jobs={jobs}", f"--compress={COMPRESSION}"),
        *(f"--snapshot={snapshot}", "--lock-wait-timeout=30s", f"--file={folder}"),
        *(f"--exclude-table-data=public.{name}" for name in WITHOUT_ROWS),
    ]

    def tables() -> None:
        progress(sum(1 for _ in folder.glob("*.dat*")))

    await _run("pg_dump", words, url, bin_dir=bin_dir, log=log, watch=tables)


async def load(url: str, folder: Path, *, bin_dir: Path, jobs: int, log: Path) -> None:
    """Bring a dump into an empty database, as a superuser. Raises DumpError, BinariesMissingError.

    What came in before it failed stays: the caller throws the database away.
    """
    words = ["--exit-on-error", f"--jobs={jobs}", str(folder)]
    await _run("pg_restore", words, url, bin_dir=bin_dir, log=log)


async def _run(
    name: str,
    words: Sequence[str],
    url: str,
    *,
    bin_dir: Path,
    log: Path,
    watch: Callable[[], None] = lambda: None,
) -> None:
    program = bin_dir / name
    if not program.is_file():
        raise BinariesMissingError(
            f"There is no {name} in {bin_dir}. Name the folder of PostgreSQL's programs with "
            "CLOSEOUT_POSTGRES_BIN_DIR, of the server's major version or a later one."
        )
    place, password = without_password(url)
    child = Child(name)
    try:
        await child.spawn(
            [str(program), "--no-password", f"--dbname={place}", *words],
            env=_environment(password),
            death_signal=signal.SIGTERM,
            cwd=Path("/"),
            log=log,
        )
        ending = asyncio.ensure_future(child.wait())
        while not ending.done():
            await asyncio.wait({ending}, timeout=WATCH_EVERY_S)
            watch()
        code = ending.result()
    finally:
        await child.stop(STOP)
    if code != 0:
        raise DumpError(f"{name} ended with {code}: {last_lines(log) or 'it said nothing'}")


def without_password(url: str) -> tuple[str, str | None]:
    """Return a URL that others may see in the list of processes, and the password apart."""
    parts = urlsplit(url)
    name, _, place = parts.netloc.rpartition("@")
    user, colon, password = name.partition(":")
    bare = f"{user}@{place}" if user else place
    return urlunsplit(parts._replace(netloc=bare)), unquote(password) if colon else None


def _environment(password: str | None) -> dict[str, str]:
    """What the programs run by, and the password; no other PG… variable, which would mislead."""
    kept: Mapping[str, str] = {
        name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH") if name in os.environ
    }
    said = {} if password is None else {"PGPASSWORD": password}
    return {"PATH": os.defpath, **kept, "LC_ALL": "C.UTF-8", "TZ": "UTC", **said}
