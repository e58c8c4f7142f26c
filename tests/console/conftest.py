"""What the tests of the console share: its pages over a ledger in memory, asked as anybody."""

import pytest
from browser import chromium, shots, site  # noqa: F401  # the browser, for whoever asks for it
from consoles import Console, console_over
from desks import StandingClock

from ledger.memory import MemoryLedger


@pytest.fixture
def clock() -> StandingClock:
    """A clock at the opening of a plain week."""
    return StandingClock()


@pytest.fixture
def console(clock: StandingClock) -> Console:
    """The console over a ledger in memory."""
    return console_over(MemoryLedger(), clock)
