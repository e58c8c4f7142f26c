"""The scanner of an operator's choice: a program that is given each upload before it is stored."""

import asyncio
import contextlib
import os
import shlex
import signal
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Final

from runtime.errors import SettingsError, StackError

FILE: Final = "{}"
HANDED_ON: Final = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR")
"""What of our environment it is given: our secrets are none of its business."""


class Verdict(StrEnum):
    """What the scanner says."""

    CLEAN = "clean"
    INFECTED = "infected"


VERDICTS: Final = {0: Verdict.CLEAN, 1: Verdict.INFECTED}
"""By the code that the scanner ends with; any other is none."""


class ScanFailedError(StackError):
    """The scanner gave no verdict: it is not there, failed, or took too long."""


def read_command(said: str) -> tuple[str, ...]:
    """Return the program and its arguments, as a shell would part them; no shell is asked. Raises
    SettingsError."""
    try:
        return tuple(shlex.split(said))
    except ValueError as error:
        raise SettingsError(f"attachment_scan: {error}.") from None


async def scan(command: Sequence[str], path: Path, within_s: float) -> Verdict:
    """Return what the scanner says of a file. An argument `{}` stands for its path; without one it
    comes on standard input. Exit code 0 is clean and 1 infected. Raises ScanFailedError."""
    has_path = FILE in command
    arguments = [str(path) if each == FILE else each for each in command]
    environment = {name: os.environ[name] for name in HANDED_ON if name in os.environ}
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        raise ScanFailedError(f"The upload cannot be read: {error.strerror}.") from error
    try:
        process = await asyncio.create_subprocess_exec(
            *arguments,
            stdin=asyncio.subprocess.DEVNULL if has_path else file,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise ScanFailedError(f"The scanner cannot be started: {error.strerror}.") from error
    finally:
        os.close(file)
    try:
        code = await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError as error:
        raise ScanFailedError(f"The scanner gave no verdict within {within_s:g} s.") from error
    finally:
        await _ended(process)
    if code in VERDICTS:
        return VERDICTS[code]
    raise ScanFailedError(f"The scanner gave no verdict: it ended with code {code}.")


async def _ended(process: asyncio.subprocess.Process) -> None:
    """End the scanner and whatever it started, however we come here."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
