"""A command line whose zone's handbook lies in a folder, as an operator writes it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import builders as b
from builders_sound import SOUND_DATA
from stage import Stage

import cli
from desk.desk import Desk
from desk.shelf import Shelf
from domain.calendar import WorkingCalendar
from handbooks.calendars.files import written_calendar
from handbooks.shelf import read_terms
from runtime.settings import Settings

TWO = ("--author", "coordination.a@coordination", "--approver", "director.a@director")
PUBLISH = (*TWO, "--reason", "轮岗")
NAME = {"zh": "测试", "en": "test"}
CALENDAR = WorkingCalendar.model_validate(
    b.CALENDAR.model_dump() | {"tzdata": "2026.2", "valid_until": date(2027, 12, 31)}
)


def written(value: object) -> str:
    """Return a value as TOML has it on one line."""
    match value:
        case dict():
            return f"{{ {', '.join(f'{key} = {written(each)}' for key, each in value.items())} }}"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case _:
            return json.dumps(value, ensure_ascii=False)


def lay(shelf: Path, zone: str = b.ZONE, **changes: Any) -> Path:
    """Put the zone's handbook on a shelf as an operator writes it, whole fields replaced."""
    folder = shelf / zone
    (folder / "calendars").mkdir(parents=True, exist_ok=True)
    (folder / "calendars" / "plain.json").write_text(written_calendar(CALENDAR), encoding="utf-8")
    for shared in ("defaults.toml", "categories.toml"):
        (shelf / shared).write_text("", encoding="utf-8")
    plain, tables = [], []
    for field, value in (SOUND_DATA | changes).items():
        if field == "zone":
            continue
        if isinstance(value, list):
            tables.append(f"[{field}]")
            for number, row in enumerate(value):
                fields = {key: each for key, each in row.items() if key != "id"}
                tables.append(f"{row.get('id', f'n{number}')} = {written(fields)}")
        else:
            plain.append(f"{field} = {written(value)}")
    text = "\n".join([*plain, *tables])
    (folder / "organisation.toml").write_text(text, encoding="utf-8")
    return shelf


def posts(**people: list[str]) -> list[dict[str, Any]]:
    """Return the zone's posts, some with other people; `_` stands for `-` in a post's id."""
    named = {id_.replace("_", "-"): persons for id_, persons in people.items()}
    return [
        post | ({"people": named[post["id"]]} if post["id"] in named else {})
        for post in b.HANDBOOK_DATA["posts"]
    ]


PROVED: set[str] = set()
"""Every line that is typed reads the zone again; what one has proved, the next takes as proved."""


class Hall(Stage):
    """A command line with families, whose zones are those of a folder."""

    shelf: Path

    def __post_init__(self) -> None:
        super().__post_init__()
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    @asynccontextmanager
    async def _open(self, settings: Settings) -> AsyncIterator[Desk]:
        terms = read_terms(b.ZONE, self.shelf, proved=PROVED)
        PROVED.add(terms.hash)
        yield Desk(self.ledger, Shelf(self.ledger, {b.ZONE: terms}), self.clock)

    def refused(self, code: int, *words: str) -> dict[str, Any]:
        """Type a command that fails with a code, and return what it says."""
        result = self.run(*words, "--json")
        assert result.exit_code == code, result.output
        error: dict[str, Any] = json.loads(result.stdout)["error"]
        return error

    def said(self, *words: str) -> str:
        """Type a command for people, and return what it says on single-spaced lines."""
        result = self.run(*words)
        assert result.exit_code == 0, result.output
        return "\n".join(" ".join(line.split()) for line in result.stdout.splitlines())
