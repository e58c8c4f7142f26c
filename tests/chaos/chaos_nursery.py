"""Holds the program of one source tree ready, and makes processes of it in milliseconds; run by
path, never imported.

Each line on standard input asks for one process: {"part", "env", "log", "clock"}; its pid is
answered. The process is whole: its own id, its own group, nothing shared. What it does not do again
is reading the source, which takes two seconds of a processor. Its desk asks the clock port, which
adds what the file `clock` holds (a double, seconds): real clocks cannot jump without all others.
"""

import ctypes
import gc
import json
import mmap
import os
import signal
import struct
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chaos_zone import ZONE, write_handbook

import api.app  # noqa: F401 - read by the face when it starts, here before that
import cli
import console.app  # noqa: F401 - as above
import desk.opening
import face.serving  # noqa: F401 - as above
import handbooks.shelf
import worker

PR_SET_PDEATHSIG = 1


class ShiftedClock:
    """The machine's clock, and what a file adds to it."""

    offset = timedelta(0)

    def __init__(self, file: Path) -> None:
        with file.open("rb") as opened:
            self._map = mmap.mmap(opened.fileno(), 8, access=mmap.ACCESS_READ)

    def now(self) -> datetime:
        """Return the present instant, as this process sees it."""
        (seconds,) = struct.unpack("d", self._map[:8])
        return datetime.now(UTC) + timedelta(seconds=seconds)


def main() -> None:
    """Read the program, then serve until standard input ends."""
    cli.make_application()
    _prove_the_handbook()
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    print("ready", flush=True)
    nursery = os.getpid()
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        _settle_in(asked, nursery)
        _become(asked)


def _become(asked: dict[str, object]) -> None:
    """Be the part that was asked for, to its end."""
    clock = Path(str(asked["clock"]))
    setattr(desk.opening, "SystemClock", lambda: ShiftedClock(clock))  # noqa: B010 - the clock port
    if asked["part"] == "api":
        sys.argv = ["closeout", "serve"]
        cli.main()
    else:
        sys.argv = ["worker.py", "--only", str(asked["part"])]
        worker.main()
    os._exit(0)


def _prove_the_handbook() -> None:
    """Prove the zone's handbook here, once, so that no process proves it again: as with those that
    are shipped."""
    with tempfile.TemporaryDirectory() as folder:
        ours = handbooks.shelf.read_terms(ZONE, write_handbook(Path(folder) / "handbooks"))
    known = handbooks.shelf.proved_before() | {ours.hash}
    setattr(handbooks.shelf, "proved_before", lambda: known)  # noqa: B010 - it is cached for good


def _settle_in(asked: dict[str, object], nursery: int) -> None:
    """Become a process of one's own."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != nursery:
        os._exit(125)
    log = os.open(str(asked["log"]), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    env = asked["env"]
    assert isinstance(env, dict)
    os.environ.clear()
    os.environ.update(env)


if __name__ == "__main__":
    main()
