"""Small XES logs of a test's own, and the mapping that reads them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import quoteattr

from desk.importing.mapping import LogMapping

BEGINS_AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<log xmlns="http://www.xes-standard.org/">\n'
HEAD_LINES = 2

MAP_TEXT = """
zone = "desk"

[group]
attribute = "team"

[tier]
levels = [{ tier = 2, pattern = " 2nd$" }, { tier = 3, pattern = " 3rd$" }]

[resource]
attribute = "who"

[status]
attribute = "state"
accepted = ["taken"]
waiting = ["waits"]
resolved = ["done"]
closed = ["closed"]
"""
MAPPING = LogMapping.model_validate(
    {
        "zone": "desk",
        "group": {"attribute": "team"},
        "tier": {"levels": [{"tier": 2, "pattern": " 2nd$"}, {"tier": 3, "pattern": " 3rd$"}]},
        "resource": {"attribute": "who"},
        "status": {
            "attribute": "state",
            "accepted": ["taken"],
            "waiting": ["waits"],
            "resolved": ["done"],
            "closed": ["closed"],
        },
    }
)


@dataclass(frozen=True)
class Wrote:
    """One event of a log, `hours` after the log's beginning. It takes one line of the file."""

    team: str | None
    state: str | None
    hours: float = 0
    who: str | None = "Ann"

    @property
    def xml(self) -> str:
        at = (BEGINS_AT + timedelta(hours=self.hours)).isoformat()
        given = {"team": self.team, "state": self.state, "who": self.who}
        return event({key: text for key, text in given.items() if text is not None}, at)


def event(strings: Mapping[str, str], at: str | None) -> str:
    """Return an event's element on one line."""
    inside = [
        f"<string key={quoteattr(key)} value={quoteattr(text)}/>" for key, text in strings.items()
    ]
    if at is not None:
        inside.append(f'<date key="time:timestamp" value="{at}"/>')
    return f"<event>{''.join(inside)}</event>"


def trace(name: str, events: Iterable[Wrote | str]) -> str:
    """Return a trace: a line for itself, one for each event, one for its end."""
    lines = [each if isinstance(each, str) else each.xml for each in events]
    title = f'<trace><string key="concept:name" value={quoteattr(name)}/>'
    return "\n".join([title, *lines, "</trace>\n"])


def log(*traces: str) -> str:
    """Return a whole log: two lines, then the traces."""
    return f"{HEAD}{''.join(traces)}</log>\n"


def written(folder: Path, cases: Mapping[str, Sequence[Wrote | str]]) -> Path:
    """Write a log of these cases."""
    path = folder / "log.xes"
    path.write_text(log(*(trace(name, rows) for name, rows in cases.items())), encoding="utf-8")
    return path
