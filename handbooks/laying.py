"""A handbook in the making: files laid over one another, and which file each field came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from domain.facts_possible import EVENT_CLASSES
from domain.handbook import Handbook
from handbooks.faults import Fault, HandbookError, shown_value
from handbooks.lengths import Wrong, place_tier_limits, read_lengths
from handbooks.sections import (
    CONDITIONS,
    ENTRIES,
    FILES_ONLY,
    NAMELESS,
    ONLY_WITH,
    ORDERED_BY,
    OWN_FIRST,
    PLAIN,
    SETTINGS,
    Place,
    fields_at,
    is_condition,
)

ORGANISATION = "organisation.toml"
"""The file that makes a folder a zone. Any other `.toml` beside it is read as well."""


@dataclass
class Draft:
    """A handbook while its files are laid over one another. `faults` has what was wrong so far."""

    zone: str
    plain: dict[str, object] = field(default_factory=dict)
    settings: dict[Place, dict[str, object]] = field(default_factory=dict)
    entries: dict[Place, dict[str, dict[str, object]]] = field(default_factory=dict)
    files: dict[Place, str] = field(default_factory=dict)
    own: set[Place] = field(default_factory=set)
    shared: set[Place] = field(default_factory=set)
    dropped: set[Place] = field(default_factory=set)
    said_at: dict[Place, Place] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def lay(self, file: str, data: Mapping[str, Any], *, shared: bool) -> None:
        """Take over what `file` says; a zone's own field wins over a shared one."""
        for name, value in data.items():
            if not self._lay_table(file, (name,), value, shared=shared):
                if name in PLAIN:
                    self._put(file, self.plain, (), {name: value}, shared=shared)
                else:
                    tables = (place[0] for place in (*ENTRIES, *SETTINGS) if len(place) == 1)
                    allowed = (*PLAIN, *tables)
                    self._wrong(file, (name,), "unknown table or field", allowed=allowed)

    def _lay_table(self, file: str, place: Place, value: object, *, shared: bool) -> bool:
        """Take over a table of entries or of settings; tell whether `place` is one."""
        if place in ENTRIES:
            for id_, given in self._table(file, place, value).items():
                at = (*place, id_)
                entry = self.entries.setdefault(place, {}).setdefault(id_, {})
                if self.files.setdefault(at, file) == file and shared:
                    self.shared.add(at)
                self._put(file, entry, at, self._table(file, at, given), shared=shared)
        elif place in SETTINGS:
            setting = self.settings.setdefault(place, {})
            self.files.setdefault(place, file)
            for name, given in self._table(file, place, value).items():
                if not self._lay_table(file, (*place, name), given, shared=shared):
                    self._put(file, setting, place, {name: given}, shared=shared)
        else:
            return False
        return True

    def _put(
        self,
        file: str,
        into: dict[str, object],
        place: Place,
        fields: Mapping[str, object],
        *,
        shared: bool,
    ) -> None:
        wrong: list[Wrong] = []
        for name, value in fields.items():
            at = (*place, name)
            if name == "id":
                self._wrong(file, at, "the table's own name is the id", value)
            elif at in self.own:
                self._wrong(file, at, f"already given in {self.files[at]}", value)
            else:
                read = read_lengths({name: value}, place, wrong)
                into[name] = read[name] if isinstance(read, dict) else value
                self.files[at] = file
                if not shared:
                    self.own.add(at)
        for each in wrong:
            self._wrong(file, each.place, each.problem, each.value, allowed=each.allowed)

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
        document = self._document()
        if self.faults:
            raise HandbookError(*self.faults)
        try:
            handbook = Handbook.model_validate(document)
        except ValidationError as error:
            raise HandbookError(*self._form_faults(error)) from error
        faults = list(self._unknown_events(handbook))
        if faults:
            raise HandbookError(*faults)
        return handbook

    def file_of(self, key: str) -> str:
        """Return the file that says what stands at `key`, such as `clocks.handling.pause.0`."""
        return self._file(self._said_at(tuple(key.split("."))))

    def key_of(self, key: str) -> str:
        """Return where the files say what stands at `key` in the handbook: a tier's own limit is
        one of a clock's budgets there."""
        return ".".join(self._said_at(tuple(key.split("."))))

    def _document(self) -> dict[str, object]:
        document: dict[str, object] = {"zone": self.zone, **self.plain}
        for place, fields in self.settings.items():
            _table_at(document, place).update(fields)
        entries = {**self.entries, ("clocks",): self._clocks()}
        for place, held in entries.items():
            _table_at(document, place[:-1])[place[-1]] = [
                self._entry(place, id_, held[id_]) for id_ in self._ids(place)
            ]
        return document

    def _entry(self, place: Place, id_: str, fields: Mapping[str, object]) -> dict[str, object]:
        spelt_out = FILES_ONLY.get(ENTRIES[place], ())
        said = {name: value for name, value in fields.items() if name not in spelt_out}
        return said if place in NAMELESS else {"id": id_, **said}

    def _ids(self, section: Place) -> list[str]:
        """Return a section's entries in the handbook's order."""
        ids = [id_ for id_ in self.entries.get(section, ()) if (*section, id_) not in self.dropped]
        if section in OWN_FIRST:
            ids.sort(key=lambda id_: (*section, id_) in self.shared)
        if section in ORDERED_BY:
            said = self.entries.get(section, {})
            ids.sort(key=lambda id_: str(said[id_].get(ORDERED_BY[section])))
        return ids

    def _clocks(self) -> dict[str, dict[str, object]]:
        """Return the clocks that this handbook has, every tier's own limits among their budgets."""
        section: Place = ("clocks",)
        clocks: dict[str, dict[str, object]] = {}
        for id_, fields in self.entries.get(section, {}).items():
            needed = fields.get(ONLY_WITH)
            if needed is None or self._is_given(needed):
                clocks[id_] = dict(fields)
                continue
            self.dropped.add((*section, id_))
            if not _may_be_needed(needed):
                at = (*section, id_, ONLY_WITH)
                self._wrong(self._file(at), at, "no such setting", needed, allowed=_NEEDED)
        for found in place_tier_limits(self.entries.get(("tiers",), {}), clocks):
            if isinstance(found, Wrong):
                file = self._file(found.place)
                self._wrong(file, found.place, found.problem, found.value, allowed=found.allowed)
            else:
                self.said_at[found[0]] = found[1]
        return clocks

    def _is_given(self, needed: object) -> bool:
        """Return whether the files have a table, or, with a dot, that field of a setting."""
        table, dot, field_ = str(needed).partition(".")
        if dot:
            return field_ in self.settings.get((table,), {})
        return (table,) in self.settings or bool(self.entries.get((table,)))

    def _said_at(self, place: Place) -> Place:
        budget, inner = place[:4], place[4:]
        said = self.said_at.get(budget, budget)
        return said if said[0] == "tiers" else (*said, *inner)

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
            beside_the_point = found["type"] == "extra_forbidden" and is_condition(place[:-1])
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
        """Return where a fault lies in the files, with an entry's id for its number."""
        for at, number in enumerate(loc):
            section = tuple(map(str, loc[:at]))
            if isinstance(number, int) and section in self.entries:
                place = (*section, self._ids(section)[number], *map(str, loc[at + 1 :]))
                return self._said_at(place)
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
        for id_, notice in zip(self._ids(("notices",)), handbook.notices, strict=True):
            yield ("notices", id_, "on"), notice.on


_NEEDED = tuple(sorted({place[0] for place in (*SETTINGS, *ENTRIES)}))
"""The tables with which a clock can come."""


def _may_be_needed(needed: object) -> bool:
    table, dot, field_ = str(needed).partition(".")
    setting = SETTINGS.get((table,))
    if dot:
        return setting is not None and field_ in setting.model_fields
    return table in _NEEDED


def _table_at(document: dict[str, Any], place: Place) -> dict[str, Any]:
    """Return the table at `place`, made on the way if it is not there."""
    for name in place:
        document = document.setdefault(name, {})
    return document


def _allowed(kind: str, place: Place, context: Mapping[str, object]) -> tuple[str, ...]:
    if kind == "extra_forbidden":
        return tuple(fields_at(place[:-1]))
    return tuple(
        f"{text}" if name.startswith("expected") else f"{name} {text}"
        for name, text in context.items()
        if name != "error"
    )
