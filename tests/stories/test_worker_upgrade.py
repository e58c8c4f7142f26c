"""A worker replaced by another build while rungs fall due under fifty open issues."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

from deep import IN_CHECK
from story_ledger import (
    require_acknowledged_once,
    require_clocks_go_on,
    require_one_run_each,
    require_replay,
    require_rungs_once,
    require_sound,
    until_kept,
    until_quiet,
)
from story_load import opened
from story_stack import ROOT, Servers, until

pytestmark = IN_CHECK


ISSUES = 50


async def test_a_worker_upgraded_under_open_issues_with_due_rungs_loses_none(
    servers: Servers, handbooks: Path
) -> None:
    keys = [f"upgrade{number}" for number in range(ISSUES)]
    old = servers.worker("worker-old")
    servers.relay()
    async with opened(servers.stack.running({}), handbooks) as load:
        ledger, client = load.desk.ledger, load.client
        await load.open_issues(keys)
        await until_kept(ledger, client, keys)

        old.kill()

        async def all_are_due() -> bool:
            return len(await ledger.overdue(datetime.now(UTC), ISSUES)) == ISSUES

        await until("a due rung of every issue", all_are_due)
        upgraded_at = datetime.now(UTC)
        new = servers.worker("worker-new", tree=_another_build(servers.folder / "build"))
        await require_clocks_go_on(ledger, keys, upgraded_at)

        rolled_back_at = datetime.now(UTC)
        servers.worker("worker-old-again")
        assert new.stop() == 0, new.log.read_text()
        await require_clocks_go_on(ledger, keys, rolled_back_at)
        await until_quiet(ledger)

        await require_one_run_each(client, keys)
        await require_acknowledged_once(ledger, load)
        rungs = await require_rungs_once(ledger)
        await require_sound(ledger)
        await require_replay(ledger, client)
    print(
        f"\n{ISSUES} issues, {len(rungs.fired)} rungs fired, latest by "
        f"{rungs.late_max.total_seconds():.1f} s"
    )


def _another_build(folder: Path) -> Path:
    """Copy what a worker runs, with a change in its workflow that changes nothing."""
    for name in ("activities", "desk", "domain", "handbooks", "ledger", "runtime", "workflows"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "worker.py", folder)
    with folder.joinpath("workflows", "issue.py").open("a") as source:
        source.write("\n# Another build.\n")
    return folder
