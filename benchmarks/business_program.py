"""The PyPI package businesstimedelta, asked over a pipe; it runs in benchmarks/.venv.

A line in, a line out, both JSON. Nothing here knows of Closeout.
"""

import json
import sys
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import businesstimedelta as business  # type: ignore[import-not-found]  # of .venv beside this file
import pytz  # type: ignore[import-untyped,unused-ignore]  # the same

Json = dict[str, Any]


def rules_of(told: Json) -> Any:
    """Return the rules: work days, their lunch, and the holidays."""
    zone = pytz.timezone(told["time_zone"])
    opens, lunch, back, closes = (datetime.strptime(t, "%H:%M").time() for t in told["hours"])  # noqa: DTZ007  # a time on the wall
    days = told["working_days"]
    holidays = {date.fromisoformat(day) for day in told["holidays"]}
    return business.Rules(
        [
            business.WorkDayRule(start_time=opens, end_time=closes, working_days=days, tz=zone),
            business.LunchTimeRule(start_time=lunch, end_time=back, working_days=days, tz=zone),
            business.HolidayRule(holidays, tz=zone),
        ]
    )


class Cases:
    """Cases made ready: every object that a caller would hold is there before time is taken."""

    def __init__(self, told: Json) -> None:
        self._rules = rules_of(told)
        self._adds = {
            name: [
                (_at(start), business.BusinessTimeDelta(self._rules, seconds=minutes * 60))
                for start, minutes in cases
            ]
            for name, cases in told["add"].items()
        }
        self._elapsed = {
            name: [(_at(start), _at(end)) for start, end in cases]
            for name, cases in told["elapsed"].items()
        }

    def answers(self, op: str, name: str) -> list[int]:
        """Return minutes: since 1970 for an `add`, worked for an `elapsed`."""
        if op == "add":
            return [int((at + delta).timestamp()) // 60 for at, delta in self._adds[name]]
        found = [self._rules.difference(*case) for case in self._elapsed[name]]
        return [delta.timedelta // timedelta(minutes=1) for delta in found]

    def seconds_each(self, op: str, name: str, seconds_min: float) -> float:
        """Return CPU seconds a case, of passes that take at least `seconds_min`."""
        adds, pairs, difference = self._adds[name], self._elapsed[name], self._rules.difference
        done, began = 0, time.process_time()
        while True:
            if op == "add":
                for at, delta in adds:
                    at + delta
                done += len(adds)
            else:
                for start, end in pairs:
                    difference(start, end)
                done += len(pairs)
            taken = time.process_time() - began
            if taken >= seconds_min:
                return taken / done


def _at(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def main() -> None:
    """Read the rules and the cases, then answer until the pipe closes."""
    cases = Cases(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        asked = json.loads(line)
        op, name = asked["op"], asked["name"]
        seconds = asked.get("seconds_min")
        answer = (
            cases.answers(op, name) if seconds is None else cases.seconds_each(op, name, seconds)
        )
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
