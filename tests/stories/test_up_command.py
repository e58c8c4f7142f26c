"""`closeout up`: starts, says where things are, stops when asked, and says what is in the way."""

import contextlib
import os
import socket
import sys
from pathlib import Path

import pytest
from deep import IN_CHECK
from story_handbook import report
from story_load import opened
from story_stack import CLOSEOUT, PARTS, Up, closeout, environment, is_alive

from runtime.processes import run_briefly, server_account
from runtime.stack import read_running_stack


@IN_CHECK
async def test_up_serves_says_where_and_stops_cleanly(up: Up, handbooks: Path) -> None:
    stack = up.stack
    said = up.log.read_text()
    assert stack.temporal_address in said
    assert set(stack.pids) == set(PARTS)
    async with opened(stack, handbooks) as load:
        for door in (1, 2):
            await load.send(report(f"up{door}"), door)
    healthy = closeout("doctor", "--data-dir", str(up.folder), env=environment())
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr

    second = closeout("up", "--data-dir", str(up.folder), env=environment())
    assert second.returncode == 1
    assert "in use by process" in second.stderr
    assert "Traceback" not in second.stderr
    assert read_running_stack(up.folder) == stack

    assert up.stop() == 0
    assert not any(map(is_alive, stack.pids.values()))
    assert read_running_stack(up.folder) is None
    sick = closeout("doctor", "--data-dir", str(up.folder), env=environment())
    assert sick.returncode == 1


@IN_CHECK
async def test_up_names_the_port_that_another_program_has_taken(up: Up) -> None:
    port = int(up.stack.temporal_address.rsplit(":", 1)[1])
    assert up.stop() == 0
    with contextlib.closing(socket.socket()) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", port))
        taken.listen()

        refused = closeout("up", "--data-dir", str(up.folder), env=environment())

    assert refused.returncode == 1
    assert f"Port {port}" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert read_running_stack(up.folder) is None

    await up.start()
    assert up.stop() == 0


async def test_up_as_an_ordinary_user(folder: Path) -> None:
    account = server_account()
    if account is None:
        pytest.skip("not root: the other stories are played as an ordinary user")
    home = folder / "home"
    home.mkdir(mode=0o700)
    os.chown(home, account.uid, account.gid)
    probe = ["/usr/bin/env", f"HOME={home}", *CLOSEOUT, "--version"]
    if run_briefly(probe, account).returncode != 0:
        pytest.skip(f"{account.name} cannot run {sys.executable} or read this repository")
    env = environment(HOME=str(home), PYTHONDONTWRITEBYTECODE="1")
    running = Up(home / "data", env, account=account)
    try:
        await running.start()
        owners = {os.stat(f"/proc/{pid}").st_uid for pid in running.stack.pids.values()}
        assert owners == {account.uid}
        assert running.stop() == 0, running.log.read_text()
    finally:
        running.stop()
