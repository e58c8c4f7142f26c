"""What `kill -9` of any part, and of all together, cannot take away."""

import random
from datetime import UTC, datetime
from pathlib import Path

import pytest
from deep import A_TENTH, IN_CHECK, IN_FULL, deep
from story_ledger import (
    require_acknowledged_once,
    require_clocks_go_on,
    require_replay,
    require_rungs_once,
    require_sound,
    until_quiet,
)
from story_load import DOORS, Load, opened
from story_stack import PARTS, Up, until

ROUNDS = deep("rounds of kill -9", 10)
ISSUES = 40 if IN_FULL else 12 if A_TENTH else 6
MORE = 10 if IN_FULL else 5 if A_TENTH else 2
"""So many commands are acknowledged through each door between two kills."""


def _killed_together(chance: random.Random) -> list[tuple[str, ...]]:
    """Return what is killed one after the other: a start of all takes most of the time, so that
    `make test` kills two parts and leaves the kill of all at once to `make check`."""
    if not (A_TENTH or IN_FULL):
        return [(name,) for name in chance.sample(PARTS, 2)]
    return [*((name,) for name in chance.sample(PARTS, 4)), PARTS]


@IN_CHECK
@pytest.mark.deep
@pytest.mark.timeout(1800 if IN_FULL else 180)
async def test_whatever_is_killed_nothing_acknowledged_is_lost_and_every_due_rung_fires_once(
    up: Up, handbooks: Path
) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"\nseed {seed}")
    chance = random.Random(seed)  # noqa: S311 - the order of kills
    keys = [f"open{number}" for number in range(ISSUES)]
    kills = 0
    async with opened(up.stack, handbooks) as load:
        await load.open_issues(keys)
        # Nobody writes to the other half: only their workflows let their time pass.
        async with load.going_on(keys[::2], seed):
            await _both_doors_serve(load)
            for _ in range(ROUNDS):
                for names in _killed_together(chance):
                    await up.kill(*names)
                    kills += len(names)
                    await _both_doors_serve(load)
                await up.kill_everything()
                kills += len(PARTS) + 1
                await up.start()
                await _both_doors_serve(load)
        # Whoever writes fires what is due before the workflow can: the writers have stopped.
        ledger = load.desk.ledger
        await require_clocks_go_on(ledger, keys, datetime.now(UTC))
        await until_quiet(ledger)

        await require_acknowledged_once(ledger, load)
        rungs = await require_rungs_once(ledger)
        await require_sound(ledger)
        rings = await require_replay(ledger, load.client)
    again = ", ".join(f"{times} {name}" for name, times in load.sent_again.items())
    print(
        f"{len(load.acknowledged)} commands acknowledged (door 1: {load.through[1]}, door 2: "
        f"{load.through[2]}; sent again: {again}), {kills} kills, {rungs.fired.total()} rungs "
        f"fired, latest by {rungs.late_max.total_seconds():.1f} s, "
        f"{rings.rings_in_both + rings.pending} rings in both records"
    )


async def _both_doors_serve(load: Load) -> None:
    before = load.through.copy()

    async def more_through_each() -> bool:
        return all(load.through[door] >= before[door] + MORE for door in DOORS)

    await until("commands acknowledged through both doors", more_through_each)
