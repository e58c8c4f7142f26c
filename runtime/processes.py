"""Child processes that die with us, the account they run as, and those an earlier run left."""

import asyncio
import contextlib
import os
import pwd
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Final

from runtime.errors import StackError

LEASH: Final = Path(__file__).with_name("leash.py")
LOG_BYTES_MAX: Final = 16 * 2**20
"""A child's log longer than this is set aside (one generation) when the child starts."""

PROC: Final = Path("/proc")
GONE: Final = -1


@dataclass(frozen=True)
class Account:
    """The operating-system account a child runs as."""

    name: str
    uid: int
    gid: int


def server_account() -> Account | None:
    """Return the account PostgreSQL runs as: None is our own, but root is refused by it."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError(
            "PostgreSQL does not run as root, and this system has no account `nobody` to run it "
            "as. Start Closeout as an ordinary user."
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def run_briefly(argv: Sequence[str], account: Account | None) -> subprocess.CompletedProcess[str]:
    """Run a short program to its end; exit code 126 where the account may not reach it."""
    try:
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            stdin=subprocess.DEVNULL,
            timeout=60,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    except OSError as error:
        return subprocess.CompletedProcess(list(argv), 126, "", str(error))


def can_enter(folder: Path, account: Account) -> bool:
    """Ask the system itself, which knows access lists and mounts that mode bits do not show."""
    return run_briefly(["/bin/sh", "-c", 'cd "$1"', "sh", str(folder)], account).returncode == 0


class Child:
    """One long-lived program of ours: started, watched, stopped.

    It gets a session of its own, so that Ctrl-C in a terminal reaches only us. On Linux the kernel
    sends it `death_signal` when the thread that started it ends: start children from a thread that
    lives as long as the process, in practice the main one. Elsewhere a child can outlive a killed
    parent; the next start ends it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._process: asyncio.subprocess.Process | None = None

    @property
    def pid(self) -> int | None:
        """The pid while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if self._process is not None and running else None

    async def spawn(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        death_signal: Signals,
        cwd: Path | None = None,
        account: Account | None = None,
        log: Path | None = None,
    ) -> None:
        """Start the program; its output goes to `log`, or where ours goes."""
        owner = (account.uid, account.gid) if account else (-1, -1)
        prefix = [os.getpid(), int(death_signal), *owner]
        output = _open_log(log) if log else None
        try:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-I",
                "-S",
                str(LEASH),
                *map(str, prefix),
                "--bound",
                *argv,
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        except OSError as error:
            raise StackError(f"{self.name} cannot be started: {error}") from error
        finally:
            if output is not None:
                os.close(output)

    async def wait(self) -> int:
        """Return the exit code when it has ended (negative: the signal that ended it)."""
        return GONE if self._process is None else await self._process.wait()

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return GONE if self._process is None else self._process.returncode

    async def stop(self, *steps: tuple[Signals, float]) -> None:
        """Send each signal in turn, giving each so many seconds; then SIGKILL."""
        for number, grace_s in (*steps, (signal.SIGKILL, 10.0)):
            if self._process is None or self._process.returncode is not None:
                return
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), grace_s)


def _open_log(path: Path) -> int:
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > LOG_BYTES_MAX:
            path.replace(path.with_name(f"{path.name}.1"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def last_lines(log: Path, *, count: int = 5) -> str:
    """Return the end of a child's log, for an error message."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - 4096))
            lines = file.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return "\n".join(lines[-count:])


def servers_of_folder(folder: Path) -> list[int]:
    """Return the live PostgreSQL processes whose working directory is `folder`.

    Every process of a PostgreSQL server sits in its data folder, so this tells ours from any other
    that happens to have a remembered pid. Without /proc only the postmaster is seen, by its
    command line.
    """
    if not PROC.joinpath("self/cwd").exists():
        return _by_command_line(f"-D {folder}")
    return [pid for pid in _pids() if _is_server_in(PROC / str(pid), str(folder))]


def _is_server_in(process: Path, folder: str) -> bool:
    try:
        if os.readlink(process / "cwd") != folder or _is_zombie(process):
            return False
        program = os.readlink(process / "exe").removesuffix(" (deleted)")
    except OSError:
        return False
    return os.path.basename(program) == "postgres"


def programs_with_argument(argument: str, program: str) -> list[int]:
    """Return the live processes of `program` (its base name) that were given `argument`."""
    if not PROC.joinpath("self/cmdline").exists():
        return _by_command_line(argument)
    found = []
    for pid in _pids():
        try:
            words = PROC.joinpath(str(pid), "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if os.path.basename(words[0]) == program.encode() and argument.encode() in words:
            found.append(pid)
    return found


def _pids() -> list[int]:
    return [int(each.name) for each in PROC.glob("[0-9]*")]


def _is_zombie(process: Path) -> bool:
    # The name before the state is in brackets and may itself hold brackets.
    return process.joinpath("stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"


def _by_command_line(text: str) -> list[int]:
    listed = run_briefly(["ps", "-axo", "pid=,command="], None).stdout.splitlines()
    lines = [line.split(None, 1) for line in listed if text in line]
    return [int(pid) for pid, _ in lines if int(pid) != os.getpid()]


def end_leftovers(
    living: Callable[[], list[int]], *steps: tuple[Callable[[], list[int]], Signals, float]
) -> None:
    """End what an earlier run left: each step signals some, and gives all so many seconds.

    Only for a folder we hold the lock of. Raises `StackError` if a process outlives every step.
    """
    for whom, number, grace_s in steps:
        if not living():
            return
        for pid in whom():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, number)
        until = time.monotonic() + grace_s
        while living() and time.monotonic() < until:
            time.sleep(0.05)
    if left := living():
        raise StackError(f"Processes of an earlier run do not end: {left}. End them by hand.")


async def in_thread(work: Callable[[], None]) -> None:
    """Run blocking work in a thread; if cancelled, wait for its end, since a thread goes on."""
    working = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        await asyncio.shield(working)
    except asyncio.CancelledError:
        await asyncio.wait({working})
        raise
