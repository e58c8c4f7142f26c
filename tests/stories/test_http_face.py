"""The HTTP face of `closeout up`: what the README types, and what a kill of it cannot take away."""

import asyncio
import os
import re
import shutil
import signal
import socket
import subprocess
from pathlib import Path

import httpx2
import pytest
from deep import IN_CHECK
from story_stack import ROOT, Up, environment, until

README = ROOT / "README.md"
KEY = re.compile(r"ck_[0-9a-f]{12}_[0-9a-f]+")
ISSUES = 6


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _typed() -> str:
    """Return the commands of the README's block of `curl` lines, as a script."""
    text = README.read_text(encoding="utf-8")
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    (block,) = [block for block in blocks if block.startswith("$ curl ")]
    return re.sub(r"^\$ ", "", block, flags=re.MULTILINE)


@IN_CHECK
async def test_the_readme_s_lines_work_and_a_killed_face_loses_nothing(folder: Path) -> None:
    port = _free_port()
    address = f"127.0.0.1:{port}"
    running = Up(folder / "data", environment(CLOSEOUT_API_ADDRESS=address))
    try:
        await running.start()
        base = f"http://{address}"
        async with httpx2.AsyncClient(base_url=base, trust_env=False, timeout=20) as client:
            await until("the face to answer", lambda: _is_ready(client))
            said = running.log.read_text()
            assert base in said
            assert "first user" in said
            key = KEY.search(said)
            assert key is not None
            client.headers["Authorization"] = f"Bearer {key[0]}"

            if shutil.which("curl") is None:
                pytest.skip("curl is not on this machine: the README's lines were not typed")
            answer = await asyncio.to_thread(_type, port, key[0])
            assert answer.returncode == 0, answer.stdout + answer.stderr
            assert '"phase":"intake"' in answer.stdout.replace('": "', '":"')
            assert "issue_reported" in answer.stdout

            await _reports_through_a_kill(client, running)
        assert running.stop() == 0, running.log.read_text()
    finally:
        running.stop()


async def _reports_through_a_kill(client: httpx2.AsyncClient, running: Up) -> None:
    """Report, kill the face, and send again whatever had no answer: each is there, once."""
    sending = [asyncio.create_task(_report(client, number)) for number in range(ISSUES)]
    os.kill(running.stack.pids["api"], signal.SIGKILL)
    versions = await asyncio.gather(*sending)
    assert versions == ['"1"'] * ISSUES
    listed = (await client.get("/v1/issues", params={"zone": "cedz"})).json()["issues"]
    assert len([each for each in listed if each["key"].startswith("killed-")]) == ISSUES


async def _report(client: httpx2.AsyncClient, number: int) -> str | None:
    body = {
        "zone": "cedz",
        "key": f"killed-{number}",
        "report": {
            "category": "LOG-1",
            "enterprise": "cedz-dili-yacht",
            "title": "Held",
            "text": "At the gate.",
            "origin": "service",
        },
    }
    headers = {"Idempotency-Key": f"killed-{number}"}
    while True:
        try:
            answer = await client.post("/v1/issues", json=body, headers=headers)
        except httpx2.TransportError:
            await asyncio.sleep(0.1)
            continue
        assert answer.status_code in (200, 201), answer.text
        return answer.headers.get("ETag")


async def _is_ready(client: httpx2.AsyncClient) -> bool:
    try:
        return (await client.get("/readyz")).status_code == 200
    except httpx2.TransportError:
        return False


def _type(port: int, key: str) -> subprocess.CompletedProcess[str]:
    script = _typed().replace("localhost:8686", f"127.0.0.1:{port}")
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={**os.environ, "KEY": key, "no_proxy": "*"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
