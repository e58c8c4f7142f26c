"""What a zone says of a register as data: statuses, what is recorded each day, and its rates."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.matters.procedure import DueRule, Procedure
from domain.matters.register.words import Of, SubjectKind
from domain.matters.values import FieldRule, Fields
from domain.matters.who import Rows
from domain.matters.words import ValueKind
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import Origin

SUBJECTS_MAX = 2_000
STATUSES_MAX = 32
CLASSES_MAX = 32
RATES_MAX = 32
CODES_MAX = 16
FIGURE_ID_MAX = 64
BY_FIGURE, YES_FIGURE = "subjects", "yes"

_SUMMED = (ValueKind.COUNT, ValueKind.AMOUNT, ValueKind.QUANTITY)

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
"""Of a status, a class, a rate: short and without dots, for it is part of the ids of figures."""
Ids = Annotated[tuple[Id, ...], Field(max_length=CODES_MAX)]


class StatusRule(Frozen):
    """How a subject may stand. `counts_as` are further names under which rates count it, so that
    `resumed_in_part` may count as `resumed`. A subject whose status is not `checked` may be silent
    for as long as it likes. `tells` hear that a subject came to stand so."""

    id: Id
    name: Name
    counts_as: Ids = ()
    checked: bool = True
    tells: Rows = Field(default=(), exclude_if=is_unset)
    source: Short | None = Field(default=None, exclude_if=is_none)

    def is_any_of(self, codes: Iterable[str]) -> bool:
        """Return whether any of these means this status."""
        return any(code == self.id or code in self.counts_as for code in codes)


class ClassRule(Frozen):
    """A class of subjects on the list. `also` are further names that stand for the same one: seven
    classes may have eight names (002:117, 002:137)."""

    id: Id
    name: Name
    also: Annotated[tuple[Name, ...], Field(max_length=CODES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    source: Short | None = Field(default=None, exclude_if=is_none)


class RateRule(Frozen):
    """So many of so many. Either subjects that stand in any of `statuses`, or that said yes to a
    `field`, of the `list` or of all `subjects`; or the sum of a `field` of that of another field,
    over the subjects that gave both; or a field that is a ratio, pooled, `of` itself. With
    `classes` only subjects of these are counted, above and below the line."""

    id: Id
    name: Name
    statuses: Ids = Field(default=(), exclude_if=is_unset)
    field: Code | None = Field(default=None, exclude_if=is_none)
    of: Code
    classes: Ids = Field(default=(), exclude_if=is_unset)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _counts_one_thing(self) -> Self:
        if bool(self.statuses) == (self.field is not None):
            msg = f"rate {self.id}: counts statuses or a field, one of the two"
            raise ValueError(msg)
        return self


class MapRule(Frozen):
    """That the register keeps who waits for whom. Nobody has to wait for a supplier whose status is
    `up`. `key` are the classes of key firms; without them every firm that has a supplier is one."""

    up: Annotated[Ids, Field(min_length=1)]
    key: Ids = Field(default=(), exclude_if=is_unset)


class RegisterProcedure(Procedure):
    """A procedure that keeps how each of its subjects stands, from facts.

    Subjects are enterprises of the handbook, or projects or places that the register itself names.
    `from_list` is the handbook's list that a new register takes as the first version of its own;
    without it that is every enterprise of the zone. `classes` are those of the list, and
    `classes_stated` how many the source says that there are. `first` is the status of whatever is
    new, none if that is not stated. `opens`: statuses that bring a problem with them. `by` may set
    statuses and record values, beside the subject's own contact (else who runs the register).
    `check`: by when each subject must have been looked at again; with `monitoring` only those that
    are on the list are waited for, and they are told of it. `subject_fields` are asked of each
    subject that is added, `fields` of each day.
    """

    subjects: SubjectKind = SubjectKind.ENTERPRISE
    from_list: Code | None = Field(default=None, exclude_if=is_none)
    statuses: Annotated[tuple[StatusRule, ...], Field(min_length=1, max_length=STATUSES_MAX)]
    first: Id | None = Field(default=None, exclude_if=is_none)
    opens: Ids = Field(default=(), exclude_if=is_unset)
    classes: Annotated[tuple[ClassRule, ...], Field(max_length=CLASSES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    classes_stated: Annotated[int, Field(ge=1, le=1_000)] | None = Field(
        default=None, exclude_if=is_none
    )
    subject_fields: Fields = Field(default=(), exclude_if=is_unset)
    fields: Fields = ()
    rates: Annotated[tuple[RateRule, ...], Field(max_length=RATES_MAX)] = Field(
        default=(), exclude_if=is_unset
    )
    by: Rows = ()
    check: DueRule | None = Field(default=None, exclude_if=is_none)
    monitoring: bool = Field(default=False, exclude_if=is_unset)
    supply_map: MapRule | None = Field(default=None, exclude_if=is_none)
    origin: Origin = Origin.FOLLOW_UP

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = [
            *self._named_twice(),
            *self._named_wrongly(),
            *(problem for rate in self.rates for problem in self._rated_wrongly(rate)),
            *self._figured_wrongly(),
        ]
        if problems:
            raise ValueError("; ".join(f"procedure {self.id}: {each}" for each in problems))
        return self

    def status(self, id_: str | None) -> StatusRule | None:
        """Return the status called `id_`."""
        return next((each for each in self.statuses if each.id == id_), None)

    def field(self, id_: str | None) -> FieldRule | None:
        """Return the field of a day that is called `id_`."""
        return next((each for each in self.fields if each.id == id_), None)

    def statuses_of(self, codes: Iterable[str]) -> frozenset[str]:
        """Return the ids of the statuses that any of these means."""
        codes = tuple(codes)
        return frozenset(each.id for each in self.statuses if each.is_any_of(codes))

    def _named_twice(self) -> Iterator[str]:
        for what, entries in (
            ("status", self.statuses),
            ("class", self.classes),
            ("rate", self.rates),
        ):
            for id_, number in Counter(each.id for each in entries).items():
                if number > 1:
                    yield f"{what} {id_!r} twice"

    def _named_wrongly(self) -> Iterator[str]:
        statuses = {each.id for each in self.statuses}
        codes = statuses | {code for each in self.statuses for code in each.counts_as}
        classes = {each.id for each in self.classes}
        named = [("first", self.first, statuses)] if self.first is not None else []
        named += [("opens", each, statuses) for each in self.opens]
        named += [(f"rate {r.id}", code, codes) for r in self.rates for code in r.statuses]
        if self.supply_map is not None:
            named += [("supply_map.up", each, codes) for each in self.supply_map.up]
        for where, id_, known in named:
            if id_ not in known:
                yield f"{where}: no status {id_!r}"
        classed = [(f"rate {r.id}", each) for r in self.rates for each in r.classes]
        if self.supply_map is not None:
            classed += [("supply_map.key", each) for each in self.supply_map.key]
        for where, id_ in classed:
            if id_ not in classes:
                yield f"{where}: no class {id_!r}"
        if self.from_list is not None and self.subjects is not SubjectKind.ENTERPRISE:
            yield "from_list: a list of the handbook is one of enterprises"
        if self.monitoring and self.check is None:
            yield "monitoring: `check` says how, and there is none"

    def _rated_wrongly(self, rate: RateRule) -> Iterator[str]:
        """Name what would be a rate without a denominator, or of things that do not compare."""
        own, among = self.field(rate.field), self.field(rate.of)
        where = f"rate {rate.id}"
        if rate.field is not None and own is None:
            yield f"{where}: no field {rate.field!r}"
        elif own is None or own.type is ValueKind.FLAG:
            if rate.of not in tuple(Of):
                yield f"{where}: is of the list or of the subjects"
        elif own.type is ValueKind.RATIO:
            if rate.of != own.id:
                yield f"{where}: a ratio has its own denominator: of = {own.id!r}"
        elif own.type not in _SUMMED:
            yield f"{where}: nothing can be summed of a {own.type}"
        elif among is None or among.id == own.id:
            yield f"{where}: has no denominator: of names another field"
        elif (among.type, among.unit, among.currency) != (own.type, own.unit, own.currency):
            yield f"{where}: {own.id!r} and {among.id!r} do not compare"

    def _figured_wrongly(self) -> Iterator[str]:
        """Name fields whose figures could not be named, or be told from others:
        `field.<field>.<choice>`."""
        figures: Counter[str] = Counter()
        for field in self.fields:
            if field.id in tuple(Of):
                yield f"field {field.id!r}: this is what rates call something else"
            of_parts = (BY_FIGURE, YES_FIGURE, *(each.id for each in field.choices))
            own = [field.id, *(f"{field.id}.{each}" for each in of_parts)]
            if max(len(f"field.{each}") for each in own) > FIGURE_ID_MAX:
                yield f"field {field.id!r}: the id is too long for figures"
            figures.update(own)
        for id_, number in figures.items():
            if number > 1:
                yield f"fields: two figures would be called {id_!r}"
