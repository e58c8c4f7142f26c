"""Virtual time: an event loop that leaps to the next thing that happens, and clocks that err."""

import asyncio
import selectors
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

SKEW_MAX = timedelta(seconds=5)
DRIFT_MAX = 5e-5
"""Seconds a second: a quartz that nothing corrects."""


class StandstillError(Exception):
    """Nothing will ever happen again, and something still waits."""


class _Leap(selectors.SelectSelector):
    """Waits by moving the time instead."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StandstillError
        self.now += max(timeout, 0.0)
        return []


class VirtualLoop(asyncio.SelectorEventLoop):
    """Runs everything in the order of its instants; waiting takes no time. Begins at zero."""

    def __init__(self) -> None:
        self._leap = _Leap()
        super().__init__(self._leap)

    def time(self) -> float:
        return self._leap.now


@dataclass
class _Alarm:
    at: datetime
    ring: Callable[[], None]
    handle: asyncio.TimerHandle


class SkewedClock:
    """One machine's clock: true time, and how wrong it is. It may drift, and it may be set anew.

    Is a desk's clock port; an alarm goes off when this very clock has come so far.
    """

    offset = timedelta(0)

    def __init__(
        self, loop: asyncio.AbstractEventLoop, zero_at: datetime, skew: timedelta, drift: float = 0
    ) -> None:
        self._loop = loop
        self._zero_at = zero_at
        self._skew = skew
        self._pace = 1 + drift
        self._alarms: dict[int, _Alarm] = {}
        self._number = 0

    def now(self) -> datetime:
        """Return what the machine takes for the present instant."""
        return self._zero_at + timedelta(seconds=self._loop.time() * self._pace) + self._skew

    def set_anew(self, skew: timedelta) -> None:
        """Jump: from now on the clock is wrong by `skew`, and so are those who wait by it."""
        self._skew = skew
        for number, alarm in list(self._alarms.items()):
            alarm.handle.cancel()
            alarm.handle = self._armed(number, alarm.at)

    def alarm(self, at: datetime, ring: Callable[[], None]) -> int:
        """Call `ring` when this clock shows `at`; return the number to cancel it by."""
        self._number += 1
        number = self._number
        self._alarms[number] = _Alarm(at, ring, self._armed(number, at))
        return number

    def cancel(self, number: int) -> None:
        """Take an alarm back, if it has not gone off."""
        alarm = self._alarms.pop(number, None)
        if alarm is not None:
            alarm.handle.cancel()

    def _armed(self, number: int, at: datetime) -> asyncio.TimerHandle:
        left = (at - self.now()).total_seconds() / self._pace
        return self._loop.call_later(max(left, 0.0), self._goes_off, number)

    def _goes_off(self, number: int) -> None:
        alarm = self._alarms[number]
        if self.now() < alarm.at - timedelta(microseconds=2):
            alarm.handle = self._armed(number, alarm.at)
            return
        del self._alarms[number]
        alarm.ring()


def true_at(loop: asyncio.AbstractEventLoop, zero_at: datetime) -> datetime:
    """Return the true time, which no machine of the simulation knows."""
    return zero_at + timedelta(seconds=loop.time())


def spans(kinds: Mapping[str, int]) -> str:
    """Return counts as one line, the most frequent first."""
    ordered = sorted(kinds.items(), key=lambda entry: (-entry[1], entry[0]))
    return ", ".join(f"{kind} {count}" for kind, count in ordered)
