"""One row of an old ledger as the import of an issue, or everything that is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from pydantic import ValidationError

from desk.importing.old_dates import OldDates
from desk.importing.old_mapping import ClockColumns, OldField, OldMapping, State
from desk.intake.columns import Field as IntakeField
from desk.intake.columns import meaning, plain_name
from desk.intake.encodings import MARK
from desk.intake.problems import UnusableColumnsError
from desk.intake.rows import Known, known_by_name
from desk.intake.tables import Line, Table
from desk.intake.told import Finding, shown
from domain.canonical import canonical, sha256
from domain.commands_of_import import ImportIssue
from domain.decisions.importing import imported_key
from domain.handbook import Handbook
from domain.issue import Source
from domain.phases import Origin, Priority
from domain.terms import Terms

HEAD_WITHIN: Final = 10
"""Above the head of a sheet may stand a title and notes: so many lines are looked at."""
FORMULA_SIGNS: Final = ("=", "@")
MISSING: Final = "This is missing."
INSTANTS: Final = (
    OldField.REPORTED_AT,
    OldField.ACCEPTED_AT,
    OldField.PROPOSED_AT,
    OldField.CLOSED_AT,
)

Said = dict[str, str]
"""What a row says, by the name of a field, or `clocks.<id>.since` and `.due`."""


@dataclass(frozen=True, slots=True)
class OldAsked:
    """What a row comes to. Without findings it has a command. `sha256` is of the row as it is."""

    line: Line
    sha256: str
    number: str | None
    command: ImportIssue | None
    findings: tuple[Finding, ...] = ()

    @property
    def key(self) -> str | None:
        """Return what the issue is called here."""
        return None if self.number is None else imported_key(self.number)


@dataclass(frozen=True, slots=True)
class OldColumns:
    """Where each thing stands in a row, the columns' heads, and those that are not read."""

    places: Mapping[str, int]
    heads: Mapping[str, str]
    passed_over: tuple[str, ...]


@dataclass(slots=True)
class _Row:
    """A row while it is read."""

    said: Said
    findings: list[Finding] = field(default_factory=list)

    @property
    def wrong(self) -> set[str]:
        """Return what was found to be wrong already."""
        return {each.field for each in self.findings}


def old_columns(table: Table, mapping: OldMapping) -> tuple[OldColumns, tuple[Line, ...]]:
    """Return the columns of a table and the rows below its head. Raises UnusableColumnsError for a
    column of the mapping that is not there, or there twice."""
    named = {field_.value: name for field_, name in mapping.columns.items()}
    for id_, columns in mapping.clocks.items():
        stated = {"since": columns.since, "due": columns.due}
        named |= {f"clocks.{id_}.{end}": name for end, name in stated.items() if name is not None}
    wanted = {plain_name(name) for name in named.values()}
    near = table.lines[:HEAD_WITHIN]
    heads = [wanted.intersection(map(plain_name, each.cells)) for each in near]
    at = max(range(len(near)), key=lambda place: len(heads[place]))
    head = near[at].cells
    plain = [plain_name(cell) for cell in head]
    for what, name in named.items():
        times = plain.count(plain_name(name))
        if times != 1:
            raise UnusableColumnsError(
                f"The mapping reads {what} from a column that is there {times} times.",
                value=name,
                allowed=", ".join(filter(None, head))[:500],
            )
    places = {what: plain.index(plain_name(name)) for what, name in named.items()}
    read = set(places.values())
    return OldColumns(
        places,
        {what: head[place] for what, place in places.items()},
        tuple(cell for place, cell in enumerate(head) if cell and place not in read),
    ), table.lines[at + 1 :]


class OldReader:
    """Reads the rows of one file by a mapping and one zone's terms."""

    def __init__(
        self, terms: Terms, mapping: OldMapping, columns: OldColumns, table: Table
    ) -> None:
        book: Handbook = terms.handbook
        self._mapping = mapping
        self._columns = columns
        self._table = table
        self._tiers = {each.id: each.tier for each in book.posts}
        self._dates = OldDates(mapping.dates, terms.calendar)
        self._states = {plain_name(word): state for word, state in mapping.states.items()}
        self._known: dict[OldField, Known] = {
            OldField.ENTERPRISE: known_by_name((each.id, each.name) for each in book.enterprises),
            OldField.CATEGORY: known_by_name((each.id, each.name) for each in book.categories),
            OldField.OWNER: known_by_name(
                (each.id, each.name) for each in book.posts if each.tier is not None
            ),
            OldField.HANDLER: known_by_name((each.id, each.name) for each in book.posts),
            OldField.TIER: known_by_name((str(each.level), each.name) for each in book.tiers),
        }

    def read(self, line: Line) -> OldAsked:
        """Return what a row comes to."""
        row = _Row(self._said(line))
        self._look_at_cells(line, row)
        hash_ = row_hash(line.cells)
        fields = self._fields(row)
        state = self._state(row)
        command = None
        if state is None:
            self._moments(row, State.CLOSED)  # for what is wrong with them
        else:
            source = Source(file=self._table.sha256, line=line.number, sha256=hash_)
            command = self._command(row, state, fields | {"source": source})
        return OldAsked(line, hash_, row.said.get(OldField.NUMBER), command, tuple(row.findings))

    def finding(self, what: str, value: str | None, message: str, **more: object) -> Finding:
        """Return a finding about something that a row says."""
        told = None if value is None else shown(value.replace(MARK, ""))
        column = self._columns.heads.get(what)
        return Finding.model_validate(
            {"field": what, "column": column, "value": told, "message": message, **more}
        )

    def _said(self, line: Line) -> Said:
        cells = {
            what: line.cells[place]
            for what, place in self._columns.places.items()
            if place < len(line.cells) and line.cells[place]
        }
        return {**{each.value: text for each, text in self._mapping.constants.items()}, **cells}

    def _look_at_cells(self, line: Line, row: _Row) -> None:
        """Name the cells that cannot be taken at all, and leave them out."""
        for what, place in self._columns.places.items():
            text = line.cells[place] if place < len(line.cells) else ""
            worked_out = (line.number, place) in self._table.formulas
            if worked_out or text.startswith(FORMULA_SIGNS):
                message = "This cell is a formula."
                row.findings.append(self.finding(what, text, message, allowed="the value itself"))
            elif MARK in text:
                message = "This cell is in another encoding than the file."
                row.findings.append(self.finding(what, text, message, allowed=self._table.encoding))

    def _fields(self, row: _Row) -> dict[str, object]:
        """Return the fields that do not hang on the issue's state."""
        found: dict[str, object] = {
            "number": self._plain(OldField.NUMBER, row),
            "enterprise": self._named(OldField.ENTERPRISE, row),
            "category": self._named(OldField.CATEGORY, row),
            "title": self._plain(OldField.TITLE, row),
            "origin": self._word(OldField.ORIGIN, Origin, Origin.ENTERPRISE, row),
            "priority": self._word(OldField.PRIORITY, Priority, Priority.ORDINARY, row),
        }
        owner = self._named(OldField.OWNER, row, needed=False)
        tier = self._named(OldField.TIER, row, needed=False)
        own_tier = None if owner is None else self._tiers.get(owner)
        return found | {
            "owner": owner,
            "handler": self._named(OldField.HANDLER, row, needed=False),
            "tier": int(tier) if tier is not None else own_tier or 1,
        }

    def _plain(self, what: OldField, row: _Row) -> str | None:
        text = row.said.get(what)
        if text is None and what not in row.wrong:
            row.findings.append(self.finding(what, None, MISSING))
        return text

    def _named(self, what: OldField, row: _Row, *, needed: bool = True) -> str | None:
        text = row.said.get(what)
        if text is None or what in row.wrong:
            if needed and what not in row.wrong:
                row.findings.append(self.finding(what, None, MISSING))
            return None
        meant = self._mapping.values.get(what, {}).get(text, text)
        found = self._known[what].one(meant, partial(self.finding, what, text))
        if isinstance(found, str):
            return found
        row.findings.append(found)
        return None

    def _word(
        self, what: OldField, words: type[Origin] | type[Priority], default: str, row: _Row
    ) -> str:
        text = row.said.get(what)
        if text is None or what in row.wrong:
            return default
        own = self._mapping.values.get(what, {})
        code = own.get(text) or meaning(IntakeField(what), text)
        if code not in list(words):
            message = "This word is not known."
            row.findings.append(self.finding(what, text, message, allowed=", ".join(words)))
            return default
        return code

    def _state(self, row: _Row) -> State | None:
        what = OldField.STATE
        text = row.said.get(what)
        if what in row.wrong:
            return None
        if text is None:
            row.findings.append(self.finding(what, None, MISSING))
            return None
        found = self._states.get(plain_name(text))
        if found is None:
            message = "The mapping does not say what this state means."
            allowed = ", ".join(self._mapping.states)
            row.findings.append(self.finding(what, text, message, allowed=allowed))
        return found

    def _moments(self, row: _Row, state: State) -> dict[str, datetime]:
        """Return the instants of the issue's life. A day alone is some time of that day: not before
        what came earlier on it."""
        found: dict[str, datetime] = {}
        for what in INSTANTS:
            if what is OldField.PROPOSED_AT and state in (State.INTAKE, State.HANDLING):
                continue  # of a proposal that was refused the other ledger keeps the day
            read = self._moment(what, row)
            if read is None:
                continue
            at, is_day = read
            before = max(found.values(), default=at)
            found[what] = before if is_day and at < before < at + timedelta(days=1) else at
        if OldField.REPORTED_AT not in found and OldField.REPORTED_AT not in row.wrong:
            row.findings.append(self.finding(OldField.REPORTED_AT, None, MISSING))
        return found

    def _moment(self, what: str, row: _Row) -> tuple[datetime, bool] | None:
        text = row.said.get(what)
        if text is None or what in row.wrong:
            return None
        read = self._dates.read(text)
        if read is None:
            message = "This is no time."
            row.findings.append(self.finding(what, text, message, allowed=self._dates.allowed))
        return read

    def _command(self, row: _Row, state: State, fields: dict[str, object]) -> ImportIssue | None:
        moments = self._moments(row, state)
        text = row.said.get(OldField.TEXT, row.said.get(OldField.TITLE))
        done = row.said.get(OldField.RESOLUTION)
        if state in (State.INTAKE, State.HANDLING) and done is not None:
            text, done = f"{text}\n{done}", None  # how far it has come: nothing is proposed yet
        if state in (State.HANDLING, State.SIGN_OFF) and OldField.REPORTED_AT in moments:
            moments.setdefault(OldField.ACCEPTED_AT, moments[OldField.REPORTED_AT])
        clocks = [
            stated
            for id_, columns in self._mapping.clocks.items()
            if columns.during is state and (stated := self._clock(id_, columns, row)) is not None
        ]
        fields = fields | moments | {"text": text, "resolution": done, "clocks": clocks}
        fields |= {"phase": state.phase, "outcome": state.outcome}
        if row.findings:
            return None
        try:
            return ImportIssue.model_validate(fields)
        except ValidationError as error:
            row.findings += self._wrong(row.said, clocks, error)
            return None

    def _clock(self, id_: str, columns: ClockColumns, row: _Row) -> dict[str, object] | None:
        """Return what is stated of a clock, if anything is. A day alone ends with its last hour."""
        since = self._moment(f"clocks.{id_}.since", row) if columns.since is not None else None
        due = self._moment(f"clocks.{id_}.due", row) if columns.due is not None else None
        if since is None and due is None:
            return None
        ends_at = None if due is None else self._dates.end_of(due[0], is_day=due[1])
        return {"clock": id_, "since_at": None if since is None else since[0], "due_at": ends_at}

    def _wrong(
        self, said: Said, clocks: Sequence[dict[str, object]], error: ValidationError
    ) -> list[Finding]:
        found = []
        for each in error.errors(include_url=False, include_input=False):
            place = [str(part) for part in each["loc"]]
            what = place[0]
            if what == "clocks" and len(place) > 1:
                ends = {"since_at": "since", "due_at": "due"}
                id_ = clocks[int(place[1])]["clock"]
                what = ".".join(filter(None, ("clocks", str(id_), ends.get(place[-1]))))
            found.append(self.finding(what, said.get(what), f"{each['msg']}."))
        return found


def row_hash(cells: Sequence[str]) -> str:
    """Return the SHA-256 of a row as it stands in its file, empty cells at its end apart."""
    last = max((place for place, cell in enumerate(cells, 1) if cell), default=0)
    return sha256(canonical({"cells": list(cells[:last])}))
