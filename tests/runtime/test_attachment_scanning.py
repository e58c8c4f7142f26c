"""The scanner: a program of the operator's, whose exit code is its verdict."""

import asyncio
import sys
from pathlib import Path

import pytest

from runtime.attachments.scanning import ScanFailedError, Verdict, read_command, scan
from runtime.errors import SettingsError

SAYS = "import sys; sys.exit(1 if b'EICAR' in open(sys.argv[1], 'rb').read() else 0)"
READS = "import sys; sys.exit(1 if b'EICAR' in sys.stdin.buffer.read() else 0)"
BY_PATH = (sys.executable, "-c", SAYS, "{}")
BY_INPUT = (sys.executable, "-c", READS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a file; rm -rf $HOME"
    path.write_bytes(b"harmless")
    return path


@pytest.fixture
def infected(tmp_path: Path) -> Path:
    path = tmp_path / "infected"
    path.write_bytes(b"X5O EICAR")
    return path


@pytest.mark.parametrize("command", [BY_PATH, BY_INPUT])
async def test_the_exit_code_is_the_verdict(
    command: tuple[str, ...], file: Path, infected: Path
) -> None:
    assert await scan(command, file, 10) is Verdict.CLEAN
    assert await scan(command, infected, 10) is Verdict.INFECTED


@pytest.mark.parametrize(
    "command",
    [
        ("/no/such/scanner",),
        (sys.executable, "-c", "import sys; sys.exit(2)"),
        (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"),
    ],
)
async def test_anything_else_is_no_verdict(command: tuple[str, ...], file: Path) -> None:
    with pytest.raises(ScanFailedError):
        await scan(command, file, 10)


async def test_one_that_takes_too_long_is_ended_with_all_that_it_started(
    file: Path, tmp_path: Path
) -> None:
    alive = tmp_path / "alive"
    child = f"import time; time.sleep(0.6); open({str(alive)!r}, 'w')"
    parent = (
        "import subprocess, sys, time; "
        f"subprocess.Popen([sys.executable, '-S', '-c', {child!r}]); time.sleep(30)"
    )
    with pytest.raises(ScanFailedError):
        await scan((sys.executable, "-S", "-c", parent), file, 0.3)
    await asyncio.sleep(0.8)
    assert not alive.exists()


async def test_it_learns_nothing_of_our_secrets(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", "x" * 32)
    looks = "import os, sys; sys.exit(any(name.startswith('CLOSEOUT') for name in os.environ))"
    assert await scan((sys.executable, "-c", looks), file, 10) is Verdict.CLEAN


async def test_a_link_is_not_followed(file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(file)
    with pytest.raises(ScanFailedError):
        await scan(BY_INPUT, link, 10)


def test_a_command_is_parted_as_a_shell_would_and_no_shell_is_asked() -> None:
    assert read_command("clamdscan --fdpass '{}'") == ("clamdscan", "--fdpass", "{}")
    assert read_command("'/opt/my scanner' $HOME; x") == ("/opt/my scanner", "$HOME;", "x")
    assert read_command("") == ()
    with pytest.raises(SettingsError):
        read_command("scan 'unended")
