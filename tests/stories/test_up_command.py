"""`closeout up`: starts, says where things are, stops when asked, and says what is in the way."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from story_handbook import report
from story_load import opened
from story_stack import CLOSEOUT, PARTS, ROOT, Up, closeout, environment, is_alive, until

from runtime.stack import read_running_stack

NOBODY = "nobody"


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
