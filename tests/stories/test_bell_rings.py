"""Temporal away under open issues: their rungs ring all the same, once, a few seconds late."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from deep import IN_CHECK
from story_ledger import (
    require_acknowledged_once,
    require_clocks_go_on,
    require_replay,
    require_rungs_once,
    require_sound,
    until_kept,
    until_quiet,
)
from story_load import opened
from story_stack import Servers

ISSUES = 5
LATE_MAX = timedelta(seconds=10)


@IN_CHECK
async def test_while_temporal_is_away_the_bell_rings_and_the_workflows_go_on_from_there(
    servers: Servers, handbooks: Path
) -> None:
    keys = [f"bell{number}" for number in range(ISSUES)]
    temporal = servers.stack.temporal
    servers.env["CLOSEOUT_BELL_GRACE_MS"] = "2000"
    servers.worker()
    servers.relay()
    async with opened(servers.stack.running({}), handbooks) as load:
        ledger = load.desk.ledger
        await load.open_issues(keys)
        await until_kept(ledger, load.client, keys)
        await temporal.stop()
        await require_clocks_go_on(ledger, keys, datetime.now(UTC))
        rung = [row.id for key in keys for row in await ledger.commands(f"trial/{key}")]
        assert sum(id_.startswith("bell:") for id_ in rung) >= ISSUES
        late = [row.fired_at - row.due_at for row in await ledger.firings()]
        assert max(late) <= LATE_MAX

        await temporal.start()
        await require_clocks_go_on(ledger, keys, datetime.now(UTC))
        await until_quiet(ledger)
        await require_acknowledged_once(ledger, load)
        await require_rungs_once(ledger)
        await require_sound(ledger)
        await require_replay(ledger, load.client)
