"""Coverage counts the lines of each test for a few seconds only.

Counting on Python 3.11 doubles what a test costs. A law over thousands of lives, or one case of
thousands, runs the same lines again and again: what it has not run in its first seconds is shown by
tests of single cases.
"""

import signal
import time
from collections.abc import Generator
from typing import Any

import pytest

SECONDS = 0.3
"""CPU time of this process in which a test, all its cases together, is counted."""


class CountedAtFirst:
    """Stops the coverage once a test has had its seconds, and takes it up again for the next."""

    def __init__(self, controller: Any) -> None:
        self.controller = controller
        self.spent: dict[str, float] = {}
        self.paused = False

    def pause(self, *_: object) -> None:
        """Count no more until the test has ended."""
        self.controller.pause()
        self.paused = True

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, object, object]:
        """Count a test for what its earlier cases have left of its seconds."""
        name = item.nodeid.partition("[")[0]
        left = SECONDS - self.spent.get(name, 0.0)
        began = time.process_time()
        if left > 0:
            before = signal.signal(signal.SIGPROF, self.pause)
            signal.setitimer(signal.ITIMER_PROF, left)
        else:
            self.pause()
        try:
            return (yield)
        finally:
            if left > 0:
                signal.setitimer(signal.ITIMER_PROF, 0)
                signal.signal(signal.SIGPROF, before)
            if self.paused:
                self.paused = False
                self.controller.resume()
            self.spent[name] = self.spent.get(name, 0.0) + time.process_time() - began


def count_at_first(config: pytest.Config) -> None:
    """Bound what coverage costs, where it is counted."""
    counting = config.pluginmanager.getplugin("_cov")
    if counting is not None and counting.cov_controller is not None:
        config.pluginmanager.register(CountedAtFirst(counting.cov_controller))
