"""What registers come to in numbers: how many stand how, and rates with their denominators.

A rate is one only where its denominator is known: of a list the version is said, of recorded values
the days. Where it is not known there is neither part nor whole, and a note says so (domain.md §6B).
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from domain.matters.field_figures import rate as rate_figure
from domain.matters.figures import Figure, Summable, in_sum, number_of
from domain.matters.register.chain import all_held_up, is_up, key_firms
from domain.matters.register.notes import (
    NO_DENOMINATOR,
    left_out,
    names_given,
    of_days,
    of_list,
    of_lists,
    together,
)
from domain.matters.register.rules import (
    BY_FIGURE,
    YES_FIGURE,
    ClassRule,
    RateRule,
    RegisterProcedure,
)
from domain.matters.register.state import Register, Subject
from domain.matters.register.stated import stated_rates
from domain.matters.register.words import Of
from domain.matters.tally import Tally
from domain.matters.values import Choice, Count, Day, FieldRule, Flag, Ratio, Value, Words
from domain.matters.words import ValueKind
from domain.model import SHORT_CHARACTERS_MAX, Name

SUBJECT, LINK, CLASS = "subject", "link", "class"

SUBJECTS = Name(zh="登记对象", en="subjects")
LISTED = Name(zh="在清单上", en="on the list")
OVERDUE = Name(zh="逾期未更新", en="not looked at in time")
NOT_STATED = Name(zh="状态未说明", en="status not stated")
CLASSES_STATED = Name(zh="清单类别数（来源所述）", en="classes, as stated")
BY = Name(zh="已填报对象数", en="subjects that it is recorded of")
YES = Name(zh="是", en="yes")
LINKS = Name(zh="配套关系", en="links of supply")
SUPPLIERS_UP = Name(zh="正常供货的配套企业", en="suppliers that nobody waits for")
KEY_WAITING = Name(zh="等待配套企业的重点企业", en="key firms that wait for a supplier")

_Counted = tuple[Summable | None, Summable | None, tuple[date, ...]]
"""What one register adds to a rate, and the days it is of; no whole: it has no denominator."""


def take_register(rule: RegisterProcedure, tally: Tally, matter: Register) -> None:
    """Count one register."""
    _take_subjects(tally, matter.subjects)
    for rate in rule.rates:
        _take_rate(rule, rate, tally, matter)
        stated = stated_rates(rate, matter, len(tally.stated(rate.id)))
        tally.state(rate.id, stated)
    for field in rule.fields:
        _take_field(field, tally, matter.subjects)
    if rule.supply_map is not None:
        _take_map(rule, tally, matter)


def register_figures(rule: RegisterProcedure, tally: Tally) -> tuple[Figure, ...]:
    """Return the figures of all registers of one procedure that were counted."""
    subjects = tally.number("subjects")
    return (
        *_of_subjects(rule, tally),
        *(f for each in rule.rates for f in (_of_rate(each, tally), *tally.stated(each.id))),
        *(figure for field in rule.fields for figure in _of_field(field, tally, subjects)),
        *(_of_map(tally) if rule.supply_map is not None else ()),
    )


def count_recorded(rule: RegisterProcedure, matter: Register) -> tuple[Figure, ...]:
    """Return the figures of what is recorded of days alone: fields, and rates of fields."""
    tally, subjects = Tally(), len(matter.subjects)
    rates = [each for each in rule.rates if each.field is not None]
    for rate in rates:
        _take_rate(rule, rate, tally, matter)
    for field in rule.fields:
        _take_field(field, tally, matter.subjects)
    fields = (figure for field in rule.fields for figure in _of_field(field, tally, subjects))
    return (*(_of_rate(each, tally) for each in rates), *fields)


def subjects_in(register: Register, status: str | None) -> tuple[Subject, ...]:
    """Return the subjects that stand so; with None, of which it is not stated."""
    return tuple(each for each in register.subjects if each.status == status)


def suppliers_up(rule: RegisterProcedure, register: Register, subject: str) -> Figure:
    """Return for how many of its own suppliers a firm does not have to wait (000:39-41)."""
    own = {each.supplier for each in register.links if each.customer == subject}
    return _share("map.suppliers_up", SUPPLIERS_UP, *_up_of(rule, register, own))


def _take_subjects(tally: Tally, subjects: Sequence[Subject]) -> None:
    for each in subjects:
        tally.add("subjects")
        tally.add("listed", each.listed)
        tally.add("overdue", each.overdue)
        tally.add("status_not_stated" if each.status is None else f"status.{each.status}")
        for class_ in frozenset(each.classes):
            tally.add(f"class.{class_}")


def _of_subjects(rule: RegisterProcedure, tally: Tally) -> Iterator[Figure]:
    subjects = tally.number("subjects")
    yield _count("subjects", SUBJECTS, subjects)
    yield _share("listed", LISTED, tally.number("listed"), subjects)
    if rule.check is not None:
        yield _share("overdue", OVERDUE, tally.number("overdue"), subjects)
    for status in rule.statuses:
        id_ = f"status.{status.id}"
        yield _share(id_, status.name, tally.number(id_), subjects)
    unknown = tally.number("status_not_stated")
    yield _share("status_not_stated", NOT_STATED, unknown, subjects)
    if rule.classes_stated is not None:
        named = sum(1 + len(each.also) for each in rule.classes)
        yield Figure(
            id="classes_stated",
            name=CLASSES_STATED,
            part=Count(n=rule.classes_stated),
            of=CLASS,
            note=names_given(named),
        )
    for class_ in rule.classes:
        id_ = f"class.{class_.id}"
        yield _count(id_, _called(class_), tally.number(id_))


def _take_rate(rule: RegisterProcedure, rate: RateRule, tally: Tally, matter: Register) -> None:
    """Count what one register adds to a rate: nothing where it has no denominator."""
    field, id_ = rule.field(rate.field), f"rate.{rate.id}"
    if field is None or field.type is ValueKind.FLAG:
        part, whole, days = _standing(rule, rate, matter)
    else:
        part, whole, days = _recorded(rate, field, matter)
    if whole is None:
        tally.add(f"{id_}/left_out")
        return
    tally.add(f"{id_}/known")
    tally.sum(f"{id_}/part", () if part is None else (part,))
    tally.sum(f"{id_}/whole", (whole,))
    tally.span(id_, days)
    tally.first(id_, matter.list_version)


def _of_rate(rate: RateRule, tally: Tally) -> Figure:
    id_ = f"rate.{rate.id}"
    parts, wholes = tally.sums(f"{id_}/part"), tally.sums(f"{id_}/whole")
    if len(wholes) != 1 or len(parts) != 1:
        return Figure(id=id_, name=rate.name, part=None, note=NO_DENOMINATOR)
    said = _list_said(id_, tally) if rate.of == Of.LIST else of_days(tally.days(id_))
    gone = tally.number(f"{id_}/left_out")
    return Figure(
        id=id_,
        name=rate.name,
        part=parts[0],
        whole=wholes[0],
        of=SUBJECT if rate.of in tuple(Of) else None,
        note=together((said, left_out(gone) if gone else None)),
    )


def _list_said(id_: str, tally: Tally) -> Name:
    known = tally.number(f"{id_}/known")
    return of_lists(known) if known > 1 else of_list(tally.kept(id_) or 0)


def _standing(rule: RegisterProcedure, rate: RateRule, matter: Register) -> _Counted:
    """Return how many stand so, or said yes, among those on the list or all subjects."""
    wanted, classes = rule.statuses_of(rate.statuses), frozenset(rate.classes)
    among = [
        each
        for each in (matter.listed if rate.of == Of.LIST else matter.subjects)
        if not classes or classes & {*each.classes}
    ]
    whole = Count(n=len(among)) if among else None
    if rate.field is None:
        return Count(n=sum(each.status in wanted for each in among)), whole, ()
    said = [each for each in among if rate.field in each.values]
    yes = sum(each.values[rate.field] == Flag(yes=True) for each in said)
    return Count(n=yes), whole, _days(said)


def _recorded(rate: RateRule, field: FieldRule, matter: Register) -> _Counted:
    """Return the sums of what was recorded, over the subjects that gave both part and whole."""
    classes, own = frozenset(rate.classes), Tally()
    gave = [
        each
        for each in matter.subjects
        if {field.id, rate.of} <= each.values.keys() and (not classes or classes & {*each.classes})
    ]
    if field.type is ValueKind.RATIO:
        own.pool("", (each for each in _values(gave, field.id) if isinstance(each, Ratio)))
        both = own.pooled("")
        return (None, None, ()) if both is None else (*both, _days(gave))
    parts, wholes = _sums(_values(gave, field.id)), _sums(_values(gave, rate.of))
    if len(parts) != 1 or len(wholes) != 1 or not number_of(wholes[0]):
        return None, None, ()
    return parts[0], wholes[0], _days(gave)


def _take_field(field: FieldRule, tally: Tally, subjects: Sequence[Subject]) -> None:
    id_ = f"field.{field.id}"
    for each in subjects:
        value = each.values.get(field.id)
        if value is None:
            continue
        tally.add(f"{id_}/gave")
        tally.span(id_, () if each.last_on is None else (each.last_on,))
        match value:
            case Ratio():
                tally.pool(id_, (value,))
            case Choice():
                tally.add(f"{id_}.{value.id}")
                tally.add(f"{id_}/chosen")
            case Flag():
                tally.add(f"{id_}/yes", value.yes)
                tally.add(f"{id_}/said")
            case Day() | Words():
                pass
            case _:
                tally.sum(id_, (value,))


def _of_field(field: FieldRule, tally: Tally, subjects: int) -> Iterator[Figure]:
    id_ = f"field.{field.id}"
    gave, days = tally.number(f"{id_}/gave"), of_days(tally.days(id_))
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            sums: tuple[Value | None, ...] = tally.sums(id_) or (None,)
            for number, total in enumerate(sums, start=1):
                numbered = id_ if number == 1 else f"{id_}.{number}"
                yield Figure(id=numbered, name=field.name, part=total, note=days)
        case ValueKind.RATIO:
            both = tally.pooled(id_)
            yield rate_figure(id_, field.name, both, NO_DENOMINATOR if both is None else days)
        case ValueKind.CHOICE:
            chosen = tally.number(f"{id_}/chosen")
            for choice in field.choices:
                name, said = f"{id_}.{choice.id}", _joined(field.name, choice.name)
                yield _share(name, said, tally.number(name), chosen)
        case ValueKind.FLAG:
            yes, said_so = tally.number(f"{id_}/yes"), tally.number(f"{id_}/said")
            yield _share(f"{id_}.{YES_FIGURE}", _joined(field.name, YES), yes, said_so)
        case ValueKind.DAY | ValueKind.WORDS:
            pass
    yield _share(f"{id_}.{BY_FIGURE}", _joined(field.name, BY), gave, subjects)


def _take_map(rule: RegisterProcedure, tally: Tally, matter: Register) -> None:
    key, held_up = key_firms(rule, matter), all_held_up(rule, matter)
    up, own = _up_of(rule, matter, {link.supplier for link in matter.links})
    tally.add("map.links", len(matter.links))
    tally.add("map.suppliers_up", up)
    tally.add("map.suppliers", own)
    tally.add("map.key_waiting", sum(each.id in held_up for each in key))
    tally.add("map.key", len(key))


def _of_map(tally: Tally) -> Iterator[Figure]:
    up, suppliers = tally.number("map.suppliers_up"), tally.number("map.suppliers")
    waiting, key = tally.number("map.key_waiting"), tally.number("map.key")
    yield _count("map.links", LINKS, tally.number("map.links"), LINK)
    yield _share("map.suppliers_up", SUPPLIERS_UP, up, suppliers)
    yield _share("map.key_waiting", KEY_WAITING, waiting, key)


def _up_of(rule: RegisterProcedure, register: Register, ids: set[str]) -> tuple[int, int]:
    """Return how many of these are up, and how many of them are there."""
    own = [each for each in register.subjects if each.id in ids]
    return sum(is_up(rule, each) for each in own), len(own)


def _values(subjects: Iterable[Subject], field: str) -> list[Value]:
    return [each.values[field] for each in subjects if field in each.values]


def _sums(values: Iterable[Value]) -> tuple[Summable, ...]:
    return in_sum(each for each in values if isinstance(each, Summable))


def _days(subjects: Iterable[Subject]) -> tuple[date, ...]:
    return tuple(each.last_on for each in subjects if each.last_on is not None)


def _count(id_: str, name: Name, number: int, of: str = SUBJECT) -> Figure:
    return Figure(id=id_, name=name, part=Count(n=number), of=of)


def _share(id_: str, name: Name, number: int, whole: int) -> Figure:
    """Return so many of so many; where there is none to count among, it is no rate."""
    among = Count(n=whole) if whole else None
    return Figure(id=id_, name=name, part=Count(n=number), whole=among, of=SUBJECT)


def _called(class_: ClassRule) -> Name:
    """Return all names of a class: seven may have eight."""
    names = (class_.name, *class_.also)
    return Name(
        zh="、".join(each.zh for each in names)[:SHORT_CHARACTERS_MAX],
        en="; ".join(each.en for each in names)[:SHORT_CHARACTERS_MAX],
    )


def _joined(first: Name, second: Name) -> Name:
    return Name(
        zh=f"{first.zh}：{second.zh}"[:SHORT_CHARACTERS_MAX],
        en=f"{first.en}: {second.en}"[:SHORT_CHARACTERS_MAX],
    )
