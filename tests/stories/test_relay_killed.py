"""A relay that dies between commit and signal, or between signal and delete."""

import signal
from pathlib import Path

from deep import IN_CHECK
from story_handbook import life, report
from story_ledger import (
    require_acknowledged_once,
    require_clocks_go_on,
    require_one_run_each,
    require_replay,
    require_rungs_once,
    require_sound,
    runs_of,
    until_kept,
    until_quiet,
)
from story_load import opened
from story_stack import Servers, until

from domain.view import workflow_id

pytestmark = IN_CHECK


ISSUES = 12


async def test_a_relay_that_dies_before_or_after_its_signals_misses_nothing_and_doubles_nothing(
    servers: Servers, handbooks: Path
) -> None:
    keys = [f"relay{number}" for number in range(ISSUES)]
    closing = keys[: ISSUES // 2]
    servers.worker()
    async with opened(servers.stack.running({}), handbooks) as load:
        ledger, client = load.desk.ledger, load.client
        for key in keys:
            await load.send(report(key), door=1)

        await _relay_dies(servers, "before-signal")
        assert await ledger.outbox_size() == ISSUES
        assert not await runs_of(client)

        await _relay_dies(servers, "before-delete")
        assert await ledger.outbox_size() == ISSUES
        await until_kept(ledger, client, keys)

        for key in closing:
            for submission in life(key)[1:]:
                await load.send(submission, door=1)
        await _relay_dies(servers, "before-signal")
        assert await ledger.outbox_size() == ISSUES
        await _relay_dies(servers, "before-delete")

        async def closed_have_ended() -> bool:
            runs = await runs_of(client)
            return not any(runs[workflow_id("trial", key)] for key in closing)

        await until("the end of the closed issues' workflows", closed_have_ended)
        assert await ledger.outbox_size() == ISSUES

        servers.relay()
        await until_quiet(ledger)
        recovered_at = load.desk.clock.now()
        await require_clocks_go_on(ledger, keys[len(closing) :], recovered_at)
        # What a relay had sent and died before deleting is sent again: with a start, if no workflow
        # had answered by then. On a closed issue that run finds nothing to do and has ended.
        await require_one_run_each(client, keys[len(closing) :])
        await require_acknowledged_once(ledger, load)
        rungs = await require_rungs_once(ledger)
        await require_sound(ledger)
        rings = await require_replay(ledger, client)
    assert rings.rings_in_both + rings.pending > 0
    print(f"\n4 relays killed, {len(keys)} issues, {len(rungs.fired)} rungs fired")


async def _relay_dies(servers: Servers, point: str) -> None:
    relay = servers.run(point, "tests/stories/dying_relay.py", point)
    assert await relay.ended() == -signal.SIGKILL, relay.log.read_text()
