"""One log: structlog and the standard library alike, on standard error."""

import asyncio
import json
import logging
from pathlib import Path

import pytest
import structlog
from temporalio import workflow
from temporalio.worker import Replayer, Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from runtime.logging import configure_logging
from runtime.temporal import EmbeddedTemporal, connect


def test_both_kinds_of_logger_write_the_same_kind_of_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", as_json=True)

    structlog.get_logger("ours").info("issue_reported", number="消-17")
    logging.getLogger("theirs").warning("%d polls failed", 3)

    ours, theirs = (json.loads(line) for line in capsys.readouterr().err.splitlines())
    assert (ours["event"], ours["number"], ours["level"]) == ("issue_reported", "消-17", "info")
    assert (theirs["event"], theirs["logger"], theirs["level"]) == (
        "3 polls failed",
        "theirs",
        "warning",
    )
    assert ours["timestamp"].endswith("Z")


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning")

    structlog.get_logger().info("quiet")
    logging.getLogger("theirs").info("quiet")
    structlog.get_logger().warning("loud")

    written = capsys.readouterr().err
    assert "quiet" not in written
    assert "loud" in written


def test_setting_it_up_again_does_not_write_lines_twice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("info", as_json=True)
    configure_logging("info", as_json=True)

    structlog.get_logger().info("once")

    assert capsys.readouterr().err.count("once") == 1


@workflow.defn
class Waiting:
    """Says one line, waits, says another."""

    @workflow.run
    async def run(self) -> None:
        structlog.get_logger("ours").info("before_the_wait")
        logging.getLogger("theirs").warning("before_the_wait")
        await asyncio.sleep(0.01)
        structlog.get_logger("ours").info("after_the_wait")


async def test_a_workflow_names_itself_in_its_lines_and_replay_writes_none_twice(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logging("info", as_json=True)
    restrictions = SandboxRestrictions.default.with_passthrough_modules("structlog", "runtime")
    runner = SandboxedWorkflowRunner(restrictions=restrictions)
    async with EmbeddedTemporal(folder) as temporal:
        client = await connect(temporal.address)
        # Without a cache every task replays what went before.
        async with Worker(
            client,
            task_queue="q",
            workflows=[Waiting],
            workflow_runner=runner,
            max_cached_workflows=0,
        ):
            handle = await client.start_workflow(Waiting.run, id="waiting", task_queue="q")
            await handle.result()
        history = await handle.fetch_history()
    replayer = Replayer(workflows=[Waiting], workflow_runner=runner)
    await replayer.replay_workflow(history)

    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    of_the_workflow = [line for line in lines if line.get("workflow_id") == "waiting"]
    assert [(line["logger"], line["event"]) for line in of_the_workflow] == [
        ("ours", "before_the_wait"),
        ("theirs", "before_the_wait"),
        ("ours", "after_the_wait"),
    ]
    assert not any("the_wait" in line["event"] for line in lines if line not in of_the_workflow)


def test_a_traceback_on_the_console_is_plain_and_shows_no_local_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logging("warning")
    password = "-".join(["hun", "ter", "2"])
    try:
        int(password[:3])
    except ValueError:
        logging.getLogger("somebody").exception("it failed")

    told = capsys.readouterr().err
    assert "ValueError" in told
    assert "hun-ter-2" not in told
    assert "╭" not in told
