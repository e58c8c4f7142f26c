"""A handbook in the making: files laid over one another, and which file each field came from."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from domain.clock_rules import BudgetRule, ClockRule, Condition, RetargetRule, RungRule
from domain.facts_possible import EVENT_CLASSES
from domain.handbook import (
    Area,
    Category,
    Enterprise,
    ExtensionRule,
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
from handbooks.faults import Fault, HandbookError, shown_value

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
SETTINGS: dict[str, type[Frozen]] = {
    "sign_off": SignOffRule,
    "pauses": PauseRule,
    "extensions": ExtensionRule,
}
PLAIN = (
    "name",
    "revision",
    "calendar",
    "allow_skip",
    "late_record_minutes",
    "reclassified_times_max",
)
CONDITIONS = ("start", "stop", "cancel", "reset", "pause")
WITHIN: dict[str, type[Frozen]] = {
    **dict.fromkeys(CONDITIONS, Condition),
    "budgets": BudgetRule,
    "rungs": RungRule,
    "retarget": RetargetRule,
}
"""What a clock's table holds in its turn."""

Place = tuple[str, ...]


@dataclass
class Draft:
    """A handbook while its files are laid over one another. `faults` has what was wrong so far."""

    zone: str
    plain: dict[str, object] = field(default_factory=dict)
    settings: dict[str, dict[str, object]] = field(default_factory=dict)
    entries: dict[str, dict[str, dict[str, object]]] = field(default_factory=dict)
    files: dict[Place, str] = field(default_factory=dict)
    own: set[Place] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)

    def lay(self, file: str, data: Mapping[str, Any], *, shared: bool) -> None:
        """Take over what `file` says; a zone's own field wins over a shared one."""
        for section, value in data.items():
            if section in ENTRIES:
                for id_, given in self._table(file, (section,), value).items():
                    entry = self.entries.setdefault(section, {}).setdefault(id_, {})
                    self.files.setdefault((section, id_), file)
                    fields = self._table(file, (section, id_), given)
                    self._put(file, entry, (section, id_), fields, shared=shared)
            elif section in SETTINGS:
                setting = self.settings.setdefault(section, {})
                fields = self._table(file, (section,), value)
                self._put(file, setting, (section,), fields, shared=shared)
            elif section in PLAIN:
                self._put(file, self.plain, (), {section: value}, shared=shared)
            else:
                allowed = (*PLAIN, *ENTRIES, *SETTINGS)
                self._wrong(file, (section,), "unknown table or field", allowed=allowed)

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
                self._wrong(file, at, "the table's own name is the id", value)
            elif at in self.own:
                self._wrong(file, at, f"already given in {self.files[at]}", value)
            else:
                into[name] = value
                self.files[at] = file
                if not shared:
                    self.own.add(at)

    def _table(self, file: str, place: Place, value: object) -> dict[str, Any]:
        if isinstance(value, dict):
            return value
        self._wrong(file, place, "must be a table", value)
        return {}

    def _wrong(
        self,
        file: str,
        place: Place,
        problem: str,
        value: object = None,
        *,
        allowed: tuple[str, ...] = (),
    ) -> None:
        self.faults.append(
            Fault(
                file=file,
                field=".".join(place),
                value=shown_value(value),
                problem=problem,
                allowed=allowed,
            )
        )

    def handbook(self) -> Handbook:
        """Return the handbook that the files make; raises HandbookError."""
        if self.faults:
            raise HandbookError(*self.faults)
        try:
            handbook = Handbook.model_validate(self._document())
        except ValidationError as error:
            raise HandbookError(*self._form_faults(error)) from error
        faults = list(self._unknown_events(handbook))
        if faults:
            raise HandbookError(*faults)
        return handbook

    def file_of(self, key: str) -> str:
        """Return the file that says what stands at `key`, such as `clocks.handling.pause.0`."""
        return self._file(tuple(key.split(".")))

    def _document(self) -> dict[str, object]:
        document: dict[str, object] = {"zone": self.zone, **self.plain, **self.settings}
        for section, entries in self.entries.items():
            named = section != "notices"
            document[section] = [
                {"id": id_, **fields} if named else fields for id_, fields in entries.items()
            ]
        return document

    def _form_faults(self, error: ValidationError) -> Iterator[Fault]:
        """Yield each fault in the words of the file that holds it."""
        found_all = error.errors(include_url=False)
        for found in found_all:
            if found["type"] == "too_short" and any(
                each["loc"][: len(found["loc"])] == found["loc"] and each is not found
                for each in found_all
            ):
                continue  # pydantic leaves out what is wrong, and then misses it
            place = self._place(found["loc"])
            beside_the_point = found["type"] == "extra_forbidden" and _is_condition(place[:-1])
            yield Fault(
                file=self._file(place) if place else self._own_files(),
                field=".".join(place) or None,
                value=shown_value(found["input"]),
                problem="a condition can ask only for facts of the issue's own stream"
                if beside_the_point
                else found["msg"].removeprefix("Value error, "),
                rule="R1.4" if beside_the_point else None,
                counter_example=f"what `{place[-1]}` means can change without an event of the "
                "issue, and the clock would not notice"
                if beside_the_point
                else None,
                allowed=_allowed(found["type"], place, found.get("ctx") or {}),
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

    def _unknown_events(self, handbook: Handbook) -> Iterator[Fault]:
        """Yield each rule that waits for an event which no issue can have: it would never hold."""
        for place, kind in self._named_events(handbook):
            if kind not in EVENT_CLASSES:
                yield Fault(
                    file=self._file(place),
                    field=".".join(place),
                    value=kind,
                    problem="no such event",
                    rule="R1.4",
                    counter_example=f"no life of an issue has {kind} in it",
                    allowed=tuple(sorted(EVENT_CLASSES)),
                )

    def _named_events(self, handbook: Handbook) -> Iterator[tuple[Place, str]]:
        for clock in handbook.clocks:
            for move in CONDITIONS:
                for condition in getattr(clock, move):
                    for kind in condition.events:
                        yield ("clocks", clock.id, move), kind
        for id_, notice in zip(self.entries.get("notices", ()), handbook.notices, strict=True):
            yield ("notices", id_, "on"), notice.on


def _is_condition(place: Place) -> bool:
    match place:
        case ("clocks", _, move, _):
            return move in CONDITIONS
        case _:
            return False


def _allowed(kind: str, place: Place, context: Mapping[str, object]) -> tuple[str, ...]:
    if kind == "extra_forbidden":
        return tuple(name for name in _fields_of(place[:-1]) if name != "id" or len(place) > 3)  # noqa: PLR2004  # table, id, field
    return tuple(
        f"{text}" if name.startswith("expected") else f"{name} {text}"
        for name, text in context.items()
        if name != "error"
    )


def _fields_of(place: Place) -> Iterable[str]:
    """Return the fields of the table at `place`."""
    match place:
        case (section,) if section in SETTINGS:
            return SETTINGS[section].model_fields
        case (section, _) if section in ENTRIES:
            return ENTRIES[section].model_fields
        case ("clocks", _, within, *number) if within in WITHIN and len(number) <= 1:
            return WITHIN[within].model_fields
        case _:
            return ()
