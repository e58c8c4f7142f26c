"""Temporal's data folder deleted under open issues: the ledger brings every clock back."""

import random
import shutil
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from deep import A_TENTH, IN_CHECK, IN_FULL
from story_handbook import note
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
from story_stack import Servers, until
from temporalio.client import Client

from domain.events import HistoryLost

ISSUES = 50 if A_TENTH or IN_FULL else 10
"""Fifty in make check and make deep."""


@IN_CHECK
async def test_when_temporal_loses_its_data_commands_go_on_and_recover_brings_every_clock_back(
    servers: Servers, handbooks: Path
) -> None:
    keys = [f"lost{number}" for number in range(ISSUES)]
    temporal = servers.stack.temporal
    servers.worker()
    servers.relay()
    async with opened(servers.stack.running({}), handbooks) as load:
        ledger = load.desk.ledger
        await load.open_issues(keys)
        await until_kept(ledger, load.client, keys)
        await require_clocks_go_on(ledger, keys[:5], datetime.now(UTC))

        await temporal.stop()
        shutil.rmtree(temporal.home)
        began_at = datetime.now(UTC)
        for key in random.Random(7).sample(keys, ISSUES // 2):  # noqa: S311 - which are written to
            result = await load.send(note(key, 1), door=1)
            assert not result.repeated
        lost_for = datetime.now(UTC) - began_at

        async def all_are_due() -> bool:
            return len(await ledger.overdue(datetime.now(UTC), ISSUES)) == ISSUES

        await until("a due rung of every issue", all_are_due)
        await temporal.start()
        recovered = servers.closeout("recover")
        assert recovered.returncode == 0, recovered.stderr
        assert f"{ISSUES} open issues" in recovered.stdout

        await until_kept(ledger, load.client, keys)
        await until("the guard's schedule", partial(_guard_is_back, load.client))
        recovered_at = datetime.now(UTC)
        await require_clocks_go_on(ledger, keys, recovered_at)
        await until_quiet(ledger)
        for key in keys:
            kinds = [record.kind for record in await ledger.records(f"trial/{key}")]
            assert kinds.count(HistoryLost.model_fields["kind"].default) == 1
        await require_one_run_each(load.client, keys)
        await require_acknowledged_once(ledger, load)
        rungs = await require_rungs_once(ledger)
        await require_sound(ledger)
        rings = await require_replay(ledger, load.client)
        assert {span.stream for span in rings.lost_spans} == {f"trial/{key}" for key in keys}
        assert any(span.rings for span in rings.lost_spans)
    print(
        f"\n{ISSUES} issues, {len(load.acknowledged) - ISSUES} commands acknowledged in "
        f"{lost_for.total_seconds():.2f} s without Temporal, {len(rungs.fired)} rungs fired, "
        f"latest by {rungs.late_max.total_seconds():.1f} s"
    )


async def _guard_is_back(client: Client) -> bool:
    return "closeout-guard" in [each.id async for each in await client.list_schedules()]
