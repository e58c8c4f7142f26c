"""The handbooks on the shelf: a zone's TOML files read into the domain's form."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

from pydantic import ValidationError

from domain.calendar import UnknownCalendarError
from domain.events import Event
from domain.handbook import (
    Area,
    Category,
    ClockRule,
    Enterprise,
    Grid,
    Handbook,
    NoticeRule,
    PauseRule,
    Post,
    SignOffRule,
    Tier,
    Unit,
)
from domain.model import Frozen
from domain.terms import Terms
from handbooks.calendars import calendar_ids, read_calendar

SHIPPED = Path(__file__).parent
SHARED = ("defaults.toml", "categories.toml")
"""What all zones begin with. A shelf without one of these takes the shipped one."""
ORGANISATION = "organisation.toml"
"""The file that makes a folder a zone. Any other `.toml` beside it is read as well."""

ENTRIES: dict[str, type[Frozen]] = {
    "tiers": Tier,
    "areas": Area,
    "grids": Grid,
    "units": Unit,
    "posts": Post,
    "enterprises": Enterprise,
    "categories": Category,
    "clocks": ClockRule,
    "notices": NoticeRule,
}
"""Tables of tables: each inner table is one entry, and its key the entry's id."""
SETTINGS: dict[str, type[Frozen]] = {"sign_off": SignOffRule, "pauses": PauseRule}
PLAIN = ("name", "revision", "calendar", "allow_skip")
CONDITIONS = ("start", "stop", "cancel", "reset", "pause")

EVENT_KINDS = frozenset(kind.model_fields["kind"].default for kind in get_args(get_args(Event)[0]))

Place = tuple[str, ...]


class HandbookError(ValueError):
    """A handbook cannot be read: file, field, what stands there, and what could stand there."""

    def __init__(
        self,
        problem: str,
        *,
        file: str,
        field: str | None = None,
        value: object = None,
        allowed: Iterable[str] = (),
    ) -> None:
        self.problem = problem
        self.file = file
        self.field = field
        self.value = None if value is None else str(value)[:120]
        self.allowed = tuple(allowed)
        where = "" if field is None else f" {field}{'' if value is None else f' = {self.value!r}'}:"
        choice = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        super().__init__(f"{file}:{where} {problem.rstrip('.')}.{choice}")


def zones(folder: Path | None = None) -> list[str]:
    """Return the zones that have a handbook on the shelf, in order."""
    return sorted(file.parent.name for file in (folder or SHIPPED).glob(f"*/{ORGANISATION}"))


def read_terms(zone: str, folder: Path | None = None) -> Terms:
    """Return a zone's handbook with the shipped calendar that it names; raises HandbookError."""
    handbook = read_handbook(zone, folder)
    try:
        calendar = read_calendar(handbook.calendar)
    except UnknownCalendarError as error:
        raise HandbookError(
            "no such calendar is shipped",
            file=f"{zone}/",
            field="calendar",
            value=handbook.calendar,
            allowed=calendar_ids(),
        ) from error
    return Terms(handbook=handbook, calendar=calendar)


def read_handbook(zone: str, folder: Path | None = None) -> Handbook:
    """Return a zone's handbook: the shared files, with the zone's own fields laid over them.

    Raises HandbookError.
    """
    shelf = folder or SHIPPED
    if zone not in zones(shelf):
        raise HandbookError(
            "no handbook on the shelf",
            file=f"{zone}/{ORGANISATION}",
            field="zone",
            value=zone,
            allowed=zones(shelf),
        )
    draft = _Draft(zone)
    for name in SHARED:
        file = shelf / name
        draft.lay(name, _parsed(file if file.exists() else SHIPPED / name, name), shared=True)
    for file in sorted((shelf / zone).glob("*.toml")):
        name = f"{zone}/{file.name}"
        draft.lay(name, _parsed(file, name), shared=False)
    return draft.handbook()


def _parsed(file: Path, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise HandbookError(f"not TOML: {error}", file=name) from error


@dataclass
class _Draft:
    """A handbook while its files are laid over one another, and which file each field came from."""

    zone: str
    plain: dict[str, object] = field(default_factory=dict)
    settings: dict[str, dict[str, object]] = field(default_factory=dict)
    entries: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    files: dict[Place, str] = field(default_factory=dict)
    own: set[Place] = field(default_factory=set)

    def lay(self, file: str, data: Mapping[str, Any], *, shared: bool) -> None:
        """Take over what `file` says; a zone's own field wins over a shared one."""
        for section, value in data.items():
            if section in ENTRIES:
                for id_, given in _table(file, (section,), value).items():
                    entry = self.entries.setdefault(section, {}).setdefault(id_, {})
                    self.files.setdefault((section, id_), file)
                    fields = _table(file, (section, id_), given)
                    self._put(file, entry, (section, id_), fields, shared=shared)
            elif section in SETTINGS:
                setting = self.settings.setdefault(section, {})
                fields = _table(file, (section,), value)
                self._put(file, setting, (section,), fields, shared=shared)
            elif section in PLAIN:
                self._put(file, self.plain, (), {section: value}, shared=shared)
            else:
                raise HandbookError(
                    "unknown table or field",
                    file=file,
                    field=section,
                    allowed=(*PLAIN, *ENTRIES, *SETTINGS),
                )

    def _put(
        self,
        file: str,
        into: dict[str, object],
        place: Place,
        fields: Mapping[str, object],
        *,
        shared: bool,
    ) -> None:
        for name, value in fields.items():
            at = (*place, name)
            if name == "id":
                raise HandbookError(
                    "the table's own name is the id", file=file, field=".".join(at), value=value
                )
            if at in self.own:
                raise HandbookError(
                    f"already given in {self.files[at]}",
                    file=file,
                    field=".".join(at),
                    value=value,
                )
            into[name] = value
            self.files[at] = file
            if not shared:
                self.own.add(at)

    def handbook(self) -> Handbook:
        try:
            handbook = Handbook.model_validate(self._document())
        except ValidationError as error:
            raise self._error(error) from error
        self._check_events(handbook)
        return handbook

    def _document(self) -> dict[str, object]:
        document: dict[str, object] = {"zone": self.zone, **self.plain, **self.settings}
        for section, entries in self.entries.items():
            named = section != "notices"
            document[section] = [
                {"id": id_, **fields} if named else fields for id_, fields in entries.items()
            ]
        return document

    def _error(self, error: ValidationError) -> HandbookError:
        """Return the first fault in the words of the file that holds it."""
        first = error.errors(include_url=False)[0]
        place = self._place(first["loc"])
        value = first["input"]
        return HandbookError(
            first["msg"].removeprefix("Value error, "),
            file=self._file(place) if place else self._own_files(),
            field=".".join(place) or None,
            value=None if isinstance(value, dict | list) else value,
            allowed=_allowed(first["type"], place, first.get("ctx") or {}),
        )

    def _place(self, loc: tuple[int | str, ...]) -> Place:
        """Return where a fault lies, with an entry's id for its number."""
        match loc:
            case (str(section), int(number), *rest) if section in self.entries:
                id_ = list(self.entries[section])[number]
                return (section, id_, *map(str, rest))
            case _:
                return tuple(map(str, loc))

    def _file(self, place: Place) -> str:
        inward = (place[:length] for length in range(len(place), 0, -1))
        found = (self.files[at] for at in inward if at in self.files)
        return next(found, f"{self.zone}/{ORGANISATION}")

    def _own_files(self) -> str:
        """Return all that a fault between entries may lie in."""
        return ", ".join(sorted({self.files[place] for place in self.own}))

    def _check_events(self, handbook: Handbook) -> None:
        """Refuse a rule that waits for an event which no issue can have: it would never hold."""
        for place, kind in _named_events(self.entries, handbook):
            if kind not in EVENT_KINDS:
                raise HandbookError(
                    "no such event",
                    file=self._file(place),
                    field=".".join(place),
                    value=kind,
                    allowed=sorted(EVENT_KINDS),
                )


def _named_events(
    entries: Mapping[str, Mapping[str, object]], handbook: Handbook
) -> Iterator[tuple[Place, str]]:
    for clock in handbook.clocks:
        for move in CONDITIONS:
            for condition in getattr(clock, move):
                for kind in condition.events:
                    yield ("clocks", clock.id, move), kind
    for id_, notice in zip(entries.get("notices", ()), handbook.notices, strict=True):
        yield ("notices", id_, "on"), notice.on


def _table(file: str, place: Place, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise HandbookError("must be a table", file=file, field=".".join(place), value=value)
    return value


def _allowed(kind: str, place: Place, context: Mapping[str, object]) -> tuple[str, ...]:
    if kind == "extra_forbidden":
        model = {**ENTRIES, **SETTINGS}.get(place[0])
        depth = 2 if place[0] in SETTINGS else 3
        fields = model.model_fields if model is not None and len(place) == depth else {}
        return tuple(name for name in fields if name != "id")
    return tuple(
        f"{text}" if name.startswith("expected") else f"{name} {text}"
        for name, text in context.items()
        if name != "error"
    )
