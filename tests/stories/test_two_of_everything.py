"""Two workers and two relays at once: nothing is done twice."""

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
from story_load import DOORS, opened
from story_stack import Servers, until

pytestmark = IN_CHECK


ISSUES = 16
THROUGH_EACH_DOOR = 80


async def test_two_workers_and_two_relays_do_nothing_twice(
    servers: Servers, handbooks: Path
) -> None:
    keys = [f"two{number}" for number in range(ISSUES)]
    for name in ("one", "two"):
        servers.worker(f"worker-{name}")
        servers.relay(f"relay-{name}")
    async with opened(servers.stack.running({}), handbooks) as load:
        ledger, client = load.desk.ledger, load.client
        await load.open_issues(keys)
        await until_kept(ledger, client, keys)
        since_at = load.desk.clock.now()
        async with load.going_on(keys[::2], seed=2):

            async def enough() -> bool:
                return all(load.through[door] >= THROUGH_EACH_DOOR for door in DOORS)

            await until("enough commands through both doors", enough)
        await require_clocks_go_on(ledger, keys, since_at)
        await until_quiet(ledger)

        assert not load.sent_again
        await require_one_run_each(client, sorted({sent.key for sent in load.sent.values()}))
        await require_acknowledged_once(ledger, load)
        rungs = await require_rungs_once(ledger)
        await require_sound(ledger)
        await require_replay(ledger, client)
    print(
        f"\n{len(load.acknowledged)} commands, {len(rungs.fired)} rungs fired, latest by "
        f"{rungs.late_max.total_seconds():.2f} s"
    )
