"""Runs of chaos: whatever breaks in the middle, nothing is lost, doubled or late."""

import random

import pytest
from chaos_campaign import campaign
from deep import FOUND, IN_FULL

RUNS = 1000
LANES = 4
"""Stacks side by side: most of a run is waiting for what was broken to come back."""


@pytest.mark.skipif(not IN_FULL, reason="runs for a night: make deep, or make chaos for fewer")
@pytest.mark.deep
@pytest.mark.timeout(4 * 3600)
async def test_whatever_breaks_nothing_is_lost_doubled_or_late(
    capsys: pytest.CaptureFixture[str],
) -> None:
    first = random.SystemRandom().randrange(10**9)
    said: list[str] = []
    total = await campaign(list(range(first, first + RUNS)), LANES, said.append)
    with capsys.disabled():
        print("\n" + "\n".join(line for line in said if line.startswith("FOUND")))
        print(f"seeds {first} to {first + RUNS - 1}; again: python tests/chaos --seed N\n{total}")
    FOUND.append(str(total).partition("\n")[0])
    assert not total.failed, [line for line in said if line.startswith("FOUND")]
    assert total.runs == RUNS
