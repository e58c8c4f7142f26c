"""One row as the report of an issue, or what is wrong with it."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from pydantic import TypeAdapter, ValidationError
from rapidfuzz import fuzz, process

from desk.intake.columns import Columns, Field, meaning, plain_name
from desk.intake.tables import Line
from desk.intake.told import Finding, shown
from domain.calendar import CalendarError
from domain.calendar_forms import INSTANT_FORMS, instant_in
from domain.canonical import canonical, sha256
from domain.commands import Report
from domain.handbook import Handbook
from domain.model import SHORT_CHARACTERS_MAX, Key, Name, written
from domain.phases import Origin, Priority
from domain.terms import Terms

SUGGESTIONS_MAX: Final = 3
SUGGESTED_FROM: Final = 60
"""How alike a name must be to be suggested, of 100."""
COMPARED_CHARACTERS_MAX: Final = 100
LOOKED_UP_MAX: Final = 200
"""For so many unknown names of one file the nearest are looked up, each among all there are."""
DIGITS_KEPT: Final = 32
TIME_LENGTH_MAX: Final = 64
_KEY: Final[TypeAdapter[str]] = TypeAdapter(Key)
_DATE: Final = re.compile(
    r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[\sT]*(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*分?(?:\s*[:：]?\s*(\d{1,2})\s*秒?)?)?"
    r"\s*(Z|[+-]\d{2}:?\d{2})?"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a row comes to. Without findings it has a report. `hash` is of all that it says."""

    line: Line
    key: str | None
    report: Report | None
    occurred_at: datetime | None
    hash: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """Codes by the names of the things they name; a name that several have means none."""

    codes: Mapping[str, tuple[str, ...]]
    names: Mapping[str, str]
    """How each code is suggested: itself and what it is called."""
    compared: Mapping[str, str]
    """What a text is compared with, by code."""
    nearest: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def found(self, text: str) -> tuple[str, ...]:
        """Return the codes that a text names."""
        return (text,) if text in self.names else self.codes.get(plain_name(text), ())

    def one(self, text: str, tell: Callable[..., Finding]) -> str | Finding:
        """Return the one code that a text names, or what is wrong with it, as `tell` tells it."""
        found = self.found(text)
        if len(found) == 1:
            return found[0]
        if found:
            allowed = ", ".join(self.names[code] for code in found)
            return tell("Several are called so.", allowed=allowed)
        return tell(
            "The handbook knows none of this name.",
            allowed=f"a code or a name of the {len(self.names)} in the handbook",
            suggestions=self.suggested(text),
        )

    def suggested(self, text: str) -> tuple[str, ...]:
        """Return the nearest names; of a text that comes again, as they were found before."""
        if text not in self.nearest and len(self.nearest) < LOOKED_UP_MAX:
            found = process.extract(
                plain_name(text[:COMPARED_CHARACTERS_MAX]),
                self.compared,
                scorer=fuzz.WRatio,
                limit=SUGGESTIONS_MAX,
                score_cutoff=SUGGESTED_FROM,
            )
            self.nearest[text] = tuple(self.names[code] for _, _, code in found)
        return self.nearest.get(text, ())


class RowReader:
    """Reads the rows of one table by one zone's terms."""

    def __init__(self, terms: Terms, columns: Columns) -> None:
        self._terms = terms
        self._columns = columns
        book: Handbook = terms.handbook
        self._known = {
            Field.ENTERPRISE: known_by_name((each.id, each.name) for each in book.enterprises),
            Field.CATEGORY: known_by_name((each.id, each.name) for each in book.categories),
        }

    def read(self, line: Line) -> Asked:
        """Return what a row comes to."""
        said = self._columns.said(line)
        findings: list[Finding] = []
        key = self._key(said.get(Field.KEY), findings)
        title, text = _title_and_text(said)
        fields = {
            "enterprise": self._named(Field.ENTERPRISE, said, findings),
            "category": self._named(Field.CATEGORY, said, findings),
            "title": title,
            "text": text,
            "origin": self._word(Field.ORIGIN, said, Origin, Origin.ENTERPRISE, findings),
            "priority": self._word(Field.PRIORITY, said, Priority, Priority.ORDINARY, findings),
        }
        occurred_at = self._moment(said.get(Field.OCCURRED_AT), findings)
        report = self._report(fields, findings)
        return Asked(
            line=line,
            key=key,
            report=report,
            occurred_at=occurred_at,
            hash="" if report is None else _hash(key, occurred_at, report),
            findings=tuple(findings),
        )

    def finding(self, field_: Field, value: str | None, message: str, **more: object) -> Finding:
        """Return a finding about a field of a row."""
        column = self._columns.name(field_)
        return Finding.model_validate(
            {"field": field_, "column": column, "value": shown(value), "message": message, **more}
        )

    def _key(self, text: str | None, findings: list[Finding]) -> str | None:
        if text is None:
            return None
        try:
            return _KEY.validate_python(text)
        except ValidationError:
            allowed = "1 to 64 letters, digits, dots, underscores, hyphens"
            findings.append(self.finding(Field.KEY, text, "This is no key.", allowed=allowed))
            return None

    def _named(self, field_: Field, said: Mapping[Field, str], findings: list[Finding]) -> str:
        text = said.get(field_)
        if text is None:
            findings.append(self.finding(field_, None, "This is missing."))
            return ""
        meant = self._columns.mapping.values.get(field_, {}).get(text, text)
        found = self._known[field_].one(meant, partial(self.finding, field_, text))
        if isinstance(found, str):
            return found
        findings.append(found)
        return ""

    def _word(
        self,
        field_: Field,
        said: Mapping[Field, str],
        words: type[Origin] | type[Priority],
        default: str,
        findings: list[Finding],
    ) -> str:
        text = said.get(field_)
        if text is None:
            return default
        own = self._columns.mapping.values.get(field_, {})
        code = own.get(text) or meaning(field_, text)
        if code in list(words):
            return code
        allowed = ", ".join(words)
        findings.append(self.finding(field_, text, "This word is not known.", allowed=allowed))
        return default

    def _moment(self, text: str | None, findings: list[Finding]) -> datetime | None:
        if text is None:
            return None
        try:
            return instant_in(self._terms.calendar, in_iso(text))
        except (CalendarError, ValueError):
            allowed = f"{INSTANT_FORMS}, or 2026年3月2日 9:30"
            findings.append(
                self.finding(Field.OCCURRED_AT, text, "This is no time.", allowed=allowed)
            )
            return None

    def _report(self, fields: dict[str, str], findings: list[Finding]) -> Report | None:
        """Return the report if all that it says is good; else everything that is wrong."""
        told = {each.field for each in findings}
        try:
            # What was found to be wrong already is put right, to judge the rest.
            report = Report.model_validate(
                {name: text or "x" if name in told else text for name, text in fields.items()}
            )
        except ValidationError as error:
            for each in error.errors(include_url=False, include_input=False):
                place = Field(str(each["loc"][0]))
                message = f"{each['msg']}."
                findings.append(self.finding(place, fields[place] or None, message))
            return None
        return None if findings else report


def known_by_name(things: Iterable[tuple[str, Name]]) -> Known:
    """Return what things are called, by code and by name."""
    codes: dict[str, tuple[str, ...]] = {}
    names: dict[str, str] = {}
    compared: dict[str, str] = {}
    for code, name in things:
        names[code] = f"{code} {name.zh}"
        compared[code] = plain_name(f"{code} {name.zh} {name.en}")
        for each in {plain_name(name.zh), plain_name(name.en), plain_name(code)}:
            codes[each] = (*codes.get(each, ()), code)
    return Known(codes, names, compared)


def _title_and_text(said: Mapping[Field, str]) -> tuple[str, str]:
    """Return both, one made of the other where a row has only that."""
    title, text = said.get(Field.TITLE), said.get(Field.TEXT)
    if title is not None or text is None:
        return title or "", text or title or ""
    line = " ".join(text.split("\n", maxsplit=1)[0].split())
    is_long = len(line) > SHORT_CHARACTERS_MAX
    return f"{line[: SHORT_CHARACTERS_MAX - 1]}…" if is_long else line, text


def in_iso(text: str) -> str:
    """Return a time as offices write it in the form of ISO 8601; any other text as it is."""
    said = text.strip()
    # No time is longer, and on what is the pattern would go back again and again.
    found = _DATE.fullmatch(said) if len(said) <= TIME_LENGTH_MAX else None
    if found is None:
        return said
    year, month, day, hour, minute, second, offset = found.groups()
    time = f"{int(hour or 0):02}:{int(minute or 0):02}:{int(second or 0):02}"
    return f"{year}-{int(month):02}-{int(day):02}T{time}{offset or ''}"


def _hash(key: str | None, occurred_at: datetime | None, report: Report) -> str:
    said: dict[str, object] = {
        "key": key,
        "occurred_at": None if occurred_at is None else written(occurred_at),
        "report": report.model_dump(mode="json"),
    }
    return sha256(canonical(said))[:DIGITS_KEPT]
