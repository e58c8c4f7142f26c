"""The rows of a log in the mapping's words, each with its line; what is no row says why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from desk.importing.codes import Codes
from desk.importing.counting import Row
from desk.importing.mapping import OF_THE_CASE, LogMapping, Meaning, Signature, Source
from desk.importing.problems import NotTaken
from desk.importing.xes import LogCase, LogEvent, read_log
from domain.calendar import FIRST_DAY, LAST_DAY, SLACK_YEARS_MAX
from domain.days import zone_of
from domain.model import Short, to_millisecond

SHORT: TypeAdapter[str] = TypeAdapter(Short)
KEY_CHARACTERS_MAX = 64
YEARS = range(FIRST_DAY.year, LAST_DAY.year - SLACK_YEARS_MAX)
"""Of these a calendar has the days, and those of a deadline after them."""
UNREADABLE = "unreadable"
"""The code of a row that never came to a command."""


@dataclass(frozen=True, slots=True)
class LogRow:
    """One event as the mapping reads it: what is counted of it, and what is played of it."""

    line: int
    number: int
    counted: Row
    at: datetime
    resource: str | None
    meaning: Meaning | None
    signature: Signature | None = None

    @property
    def says_something(self) -> bool:
        """Return whether the mapping knows what the row's status means."""
        return self.meaning is not None or self.signature is not None


@dataclass(frozen=True, slots=True)
class CaseRows:
    """One case: the issue's key, its title, its rows in the log's order."""

    key: str
    title: str
    rows: tuple[LogRow, ...]


class RowReader:
    """Reads a log once, by a mapping. `not_taken` is complete when the reading is."""

    def __init__(self, path: Path, mapping: LogMapping) -> None:
        self._path = path
        self._mapping = mapping
        self._keys = Codes(KEY_CHARACTERS_MAX)
        self.not_taken: list[NotTaken] = []

    def cases(self) -> Iterator[CaseRows]:
        """Yield the cases that have a row."""
        for each in read_log(self._path):
            if isinstance(each, LogEvent):
                self._leave(each.line, each.number, None, "The event stands in no case.")
                continue
            case = self._case(each)
            if case.rows:
                yield case

    def _case(self, case: LogCase) -> CaseRows:
        """A case without a name that can be written has its number for one."""
        try:
            title = _value(self._mapping.case, case.attributes, {})
        except _UnreadableError:
            title = f"case {case.number}"
        key = self._keys.another(title)
        if not case.events:
            self._leave(case.line, None, key, "The case has no events.")
        rows = []
        for event in case.events:
            try:
                rows.append(self._row(key, case, event))
            except _UnreadableError as error:
                self._leave(event.line, event.number, key, str(error))
        return CaseRows(key, title, tuple(rows))

    def _row(self, key: str, case: LogCase, event: LogEvent) -> LogRow:
        mapping, own = self._mapping, (case.attributes, event.attributes)
        group = _value(mapping.group, *own)
        status = _value(mapping.status, *own)
        searched = mapping.tier.attribute
        # An absent attribute is like one in which no pattern is found.
        tier = mapping.tier.tier_of(group if searched is None else _raw(searched, *own) or "")
        held = () if mapping.signatures is None else mapping.signatures.held_by(status)
        return LogRow(
            line=event.line,
            number=event.number,
            counted=Row(key, tier, group, status, frozenset(held)),
            at=_moment(mapping.time.zone, mapping.time.attribute, *own),
            resource=None if mapping.resource is None else _optional(mapping.resource, *own),
            meaning=mapping.status.meanings.get(status),
            signature=next(iter(held), None),
        )

    def _leave(self, line: int, number: int | None, key: str | None, reason: str) -> None:
        self.not_taken.append(NotTaken(line, number, key, None, UNREADABLE, reason))


class _UnreadableError(ValueError):
    """A row lacks something, or has it in a form that no ledger keeps."""


def _raw(attribute: str, of_case: dict[str, str], of_event: dict[str, str]) -> str | None:
    if attribute.startswith(OF_THE_CASE):
        return of_case.get(attribute.removeprefix(OF_THE_CASE))
    return of_event.get(attribute)


def _optional(source: Source, of_case: dict[str, str], of_event: dict[str, str]) -> str | None:
    found = (_raw(source.attribute, of_case, of_event) or "").strip() or source.missing
    return None if found is None else _short(source.attribute, found)


def _value(source: Source, of_case: dict[str, str], of_event: dict[str, str]) -> str:
    found = _optional(source, of_case, of_event)
    if found is None:
        msg = f"The event has no {source.attribute!r}, and the mapping says nothing for `missing`."
        raise _UnreadableError(msg)
    return found


@lru_cache(maxsize=4096)
def _short(attribute: str, text: str) -> str:
    """Return a text that a handbook or a note can hold: one line, 200 characters at most."""
    try:
        return SHORT.validate_python(text)
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise _UnreadableError(f"{attribute!r} cannot be kept: {said}.") from error


def _moment(
    zone: str | None, attribute: str, of_case: dict[str, str], of_event: dict[str, str]
) -> datetime:
    text = _raw(attribute, of_case, of_event)
    if text is None:
        raise _UnreadableError(f"The event has no {attribute!r}.")
    try:
        at = datetime.fromisoformat(text.strip())
        local = at if at.tzinfo is not None or zone is None else at.replace(tzinfo=zone_of(zone))
        moment = None if local.tzinfo is None else to_millisecond(local)
    except ValueError as error:
        raise _UnreadableError(f"{attribute!r} is no instant: {text[:40]!r}.") from error
    if moment is None:
        msg = f"{attribute!r} has no time zone: {text[:40]!r}; give one as `zone` of [time]."
        raise _UnreadableError(msg)
    if moment.year not in YEARS:
        msg = f"{attribute!r} lies outside all calendars: {text[:40]!r}; "
        raise _UnreadableError(f"{msg}allowed are the years {YEARS[0]} to {YEARS[-1]}.")
    return moment
