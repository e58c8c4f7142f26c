"""`closeout up`, from an empty folder to a clean stop, and what other commands see meanwhile."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from deep import IN_CHECK

from runtime.postgres_home import remove_home

CLI = Path(__file__).parents[2] / "cli.py"
LIMIT_S = 60
ENTERPRISE = "enterprise:rep-1@cedz-donggang-shipping"
OFFICER = "officer:cedz-p01@cedz-grid-officer-1"
REPORT = (
    *("report", "cedz", "k1", "--enterprise", "cedz-donggang-shipping", "--category", "FIN-1"),
    *("--title", "t", "--text", "t", "--as", ENTERPRISE),
)


async def closeout(folder: Path, *words: str) -> Process:
    """Start the command on a data folder, with nothing set in its environment but who acts."""
    misleading = ("CLOSEOUT_", "TEMPORAL_")
    ours = {k: v for k, v in os.environ.items() if not k.startswith(misleading)}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, str(CLI), *words, "--data-dir", str(folder)),
        env=ours | {"CLOSEOUT_ACTOR": OFFICER},
        stdout=PIPE,
        stderr=DEVNULL if words[0] == "up" else PIPE,
    )


async def said(folder: Path, *words: str) -> tuple[int, str, str]:
    process = await closeout(folder, *words)
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


@asynccontextmanager
async def up(folder: Path) -> AsyncIterator[Process]:
    """Run `closeout up` until it says that it is up, and to the end of the block."""
    process = await closeout(folder, "up", "--json")
    try:
        assert process.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            told = b""
            while not told.rstrip().endswith(b"}"):
                line = await process.stdout.readline()
                assert line, "it ended before it was up"
                told += line
        assert json.loads(told)["data_dir"] == str(folder)
        yield process
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGTERM)
            await process.wait()
        remove_home(folder)


async def doctor_is_content(folder: Path) -> dict[str, str]:
    """Ask until worker and relay are there; return the grades."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            code, out, _ = await said(folder, "doctor", "--json")
            if code == 0:
                return {check["name"]: check["grade"] for check in json.loads(out)["checks"]}


@IN_CHECK
async def test_a_stack_comes_up_serves_and_goes_down_on_ctrl_c(
    tmp_path: Path,
) -> None:
    async with up(tmp_path) as process:
        reported = await said(tmp_path, *REPORT)
        accepted = await said(tmp_path, "do", "cedz", "k1", "accept")
        grades = await doctor_is_content(tmp_path)
        replayed = await said(tmp_path, "replay", "--json")
        recovered = await said(tmp_path, "recover", "--restart", "--json")
        migrated = await said(tmp_path, "migrate")
        second = await closeout(tmp_path, "up")
        second_code = await second.wait()

        process.send_signal(signal.SIGINT)
        code = await process.wait()

    assert (reported[0], accepted[0]) == (0, 0), reported[2] + accepted[2]
    assert grades["workers"] == "ok"
    assert not (tmp_path / "first-access-not-shown").exists()
    assert 'name = "closeout"' in (tmp_path / "keys/faces.toml").read_text()
    assert replayed[0] == 0, replayed
    assert json.loads(recovered[1]) == {"restarted": 1}
    assert migrated[:2] == (0, "The schema is up to date.\n")
    assert second_code == 1
    assert code == 0
    assert (await said(tmp_path, "list"))[0] == 1
