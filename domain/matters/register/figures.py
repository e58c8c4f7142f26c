"""What registers come to in numbers: how many stand how, and rates with their denominators.

A rate is one only where its denominator is known: of a list the version is said, of recorded values
the days. Where it is not known there is neither part nor whole, and a note says so (domain.md §6B).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from domain.matters.figures import Figure, Summable, in_sum, number_of, pooled
from domain.matters.register.chain import all_held_up, is_up, key_firms
from domain.matters.register.rules import (
    BY_FIGURE,
    YES_FIGURE,
    ClassRule,
    RateRule,
    RegisterProcedure,
)
from domain.matters.register.state import Register, Subject
from domain.matters.register.stated import NO_DENOMINATOR, stated_rates
from domain.matters.register.words import Of
from domain.matters.values import Choice, Count, FieldRule, Flag, Ratio, Value
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


@dataclass(frozen=True, slots=True)
class _Counted:
    """What one register adds to a rate; `whole` is None where it has no denominator."""

    part: Value | None
    whole: Value | None
    register: Register
    days: tuple[date, ...] = ()


def count_register(rule: RegisterProcedure, matters: Sequence[Register]) -> tuple[Figure, ...]:
    """Return the figures of all registers of one procedure together."""
    subjects = [each for matter in matters for each in matter.subjects]
    return (
        *_of_subjects(rule, subjects),
        *(figure for rate in rule.rates for figure in _of_rate(rule, rate, matters)),
        *_of_fields(rule, subjects),
        *(_of_map(rule, matters) if rule.supply_map is not None else ()),
    )


def count_recorded(rule: RegisterProcedure, matters: Sequence[Register]) -> tuple[Figure, ...]:
    """Return the figures of what is recorded of days alone: fields, and rates of fields."""
    subjects = [each for matter in matters for each in matter.subjects]
    rates = (each for each in rule.rates if each.field is not None)
    return (*(_counted(rule, rate, matters) for rate in rates), *_of_fields(rule, subjects))


def subjects_in(register: Register, status: str | None) -> tuple[Subject, ...]:
    """Return the subjects that stand so; with None, of which it is not stated."""
    return tuple(each for each in register.subjects if each.status == status)


def suppliers_up(rule: RegisterProcedure, register: Register, subject: str) -> Figure:
    """Return for how many of its own suppliers a firm does not have to wait (000:39-41)."""
    own = {each.supplier for each in register.links if each.customer == subject}
    return _suppliers(rule, [(register, own)])


def _of_subjects(rule: RegisterProcedure, subjects: Sequence[Subject]) -> Iterator[Figure]:
    yield _count("subjects", SUBJECTS, len(subjects))
    yield _share("listed", LISTED, sum(each.listed for each in subjects), len(subjects))
    if rule.check is not None:
        yield _share("overdue", OVERDUE, sum(each.overdue for each in subjects), len(subjects))
    for status in rule.statuses:
        number = sum(each.status == status.id for each in subjects)
        yield _share(f"status.{status.id}", status.name, number, len(subjects))
    unknown = sum(each.status is None for each in subjects)
    yield _share("status_not_stated", NOT_STATED, unknown, len(subjects))
    if rule.classes_stated is not None:
        named = sum(1 + len(each.also) for each in rule.classes)
        yield Figure(
            id="classes_stated",
            name=CLASSES_STATED,
            part=Count(n=rule.classes_stated),
            of=CLASS,
            note=f"{named} names are given",
        )
    for class_ in rule.classes:
        number = sum(class_.id in each.classes for each in subjects)
        yield _count(f"class.{class_.id}", _called(class_), number)


def _of_rate(
    rule: RegisterProcedure, rate: RateRule, matters: Sequence[Register]
) -> Iterator[Figure]:
    yield _counted(rule, rate, matters)
    yield from stated_rates(rate, matters)


def _counted(rule: RegisterProcedure, rate: RateRule, matters: Sequence[Register]) -> Figure:
    field = rule.field(rate.field)
    if field is None or field.type is ValueKind.FLAG:
        return _rate(rate, [_standing(rule, rate, matter) for matter in matters])
    return _rate(rate, [_recorded(rate, field, matter) for matter in matters])


def _rate(rate: RateRule, counted: Sequence[_Counted]) -> Figure:
    known = [each for each in counted if each.whole is not None]
    id_, left_out = f"rate.{rate.id}", len(counted) - len(known)
    wholes = _sums(each.whole for each in known)
    parts = _sums(each.part for each in known)
    if len(wholes) != 1 or len(parts) != 1:
        return Figure(id=id_, name=rate.name, part=None, note=NO_DENOMINATOR)
    said = _list_said(known) if rate.of == Of.LIST else _days_said(known)
    if left_out:
        said = "; ".join(filter(None, (said, f"{left_out} without a denominator left out")))
    return Figure(
        id=id_,
        name=rate.name,
        part=parts[0],
        whole=wholes[0],
        of=SUBJECT if rate.of in tuple(Of) else None,
        note=said,
    )


def _standing(rule: RegisterProcedure, rate: RateRule, matter: Register) -> _Counted:
    """Return how many stand so, or said yes, among those on the list or all subjects."""
    wanted, classes = rule.statuses_of(rate.statuses), frozenset(rate.classes)
    among = [
        each
        for each in (matter.listed if rate.of == Of.LIST else matter.subjects)
        if not classes or classes & {*each.classes}
    ]
    if rate.field is None:
        part = sum(each.status in wanted for each in among)
        days: tuple[date, ...] = ()
    else:
        said = [each for each in among if rate.field in each.values]
        part = sum(each.values[rate.field] == Flag(yes=True) for each in said)
        days = _days(said)
    whole = Count(n=len(among)) if among else None
    return _Counted(Count(n=part), whole, matter, days)


def _recorded(rate: RateRule, field: FieldRule, matter: Register) -> _Counted:
    """Return the sums of what was recorded, over the subjects that gave both part and whole."""
    classes = frozenset(rate.classes)
    gave = [
        each
        for each in matter.subjects
        if {field.id, rate.of} <= each.values.keys() and (not classes or classes & {*each.classes})
    ]
    if field.type is ValueKind.RATIO:
        whole = pooled(each for each in _values(gave, field.id) if isinstance(each, Ratio))
        if whole is None:
            return _Counted(None, None, matter)
        return _Counted(Count(n=whole.part), Count(n=whole.whole or 0), matter, _days(gave))
    parts, wholes = _sums(_values(gave, field.id)), _sums(_values(gave, rate.of))
    if len(parts) != 1 or len(wholes) != 1 or not number_of(wholes[0]):
        return _Counted(None, None, matter)
    return _Counted(parts[0], wholes[0], matter, _days(gave))


def _of_fields(rule: RegisterProcedure, subjects: Sequence[Subject]) -> Iterator[Figure]:
    for field in rule.fields:
        yield from _of_field(field, subjects)


def _of_field(field: FieldRule, subjects: Sequence[Subject]) -> Iterator[Figure]:
    gave = [each for each in subjects if field.id in each.values]
    id_, values = f"field.{field.id}", _values(gave, field.id)
    match field.type:
        case ValueKind.COUNT | ValueKind.AMOUNT | ValueKind.QUANTITY:
            sums: tuple[Value | None, ...] = _sums(values) or (None,)
            for number, total in enumerate(sums, start=1):
                numbered = id_ if number == 1 else f"{id_}.{number}"
                yield Figure(id=numbered, name=field.name, part=total, note=_span(_days(gave)))
        case ValueKind.RATIO:
            whole = pooled(each for each in values if isinstance(each, Ratio))
            note = NO_DENOMINATOR if whole is None else _span(_days(gave))
            yield Figure(
                id=id_,
                name=field.name,
                part=None if whole is None else Count(n=whole.part),
                whole=None if whole is None else Count(n=whole.whole or 0),
                note=note,
            )
        case ValueKind.CHOICE:
            chosen = [each.id for each in values if isinstance(each, Choice)]
            for choice in field.choices:
                name = _joined(field.name, choice.name)
                yield _share(f"{id_}.{choice.id}", name, chosen.count(choice.id), len(chosen))
        case ValueKind.FLAG:
            said = [each.yes for each in values if isinstance(each, Flag)]
            yield _share(f"{id_}.{YES_FIGURE}", _joined(field.name, YES), sum(said), len(said))
        case ValueKind.DAY | ValueKind.WORDS:
            pass
    yield _share(f"{id_}.{BY_FIGURE}", _joined(field.name, BY), len(gave), len(subjects))


def _of_map(rule: RegisterProcedure, matters: Sequence[Register]) -> Iterator[Figure]:
    yield _count("map.links", LINKS, sum(len(each.links) for each in matters), LINK)
    yield _suppliers(rule, [(each, {link.supplier for link in each.links}) for each in matters])
    firms = waiting = 0
    for matter in matters:
        key, held_up = key_firms(rule, matter), all_held_up(rule, matter)
        firms += len(key)
        waiting += sum(each.id in held_up for each in key)
    yield _share("map.key_waiting", KEY_WAITING, waiting, firms)


def _suppliers(rule: RegisterProcedure, meant: Iterable[tuple[Register, set[str]]]) -> Figure:
    own = [s for register, ids in meant for s in register.subjects if s.id in ids]
    up = sum(is_up(rule, each) for each in own)
    return _share("map.suppliers_up", SUPPLIERS_UP, up, len(own))


def _values(subjects: Iterable[Subject], field: str) -> list[Value]:
    return [each.values[field] for each in subjects if field in each.values]


def _sums(values: Iterable[Value | None]) -> tuple[Summable, ...]:
    return in_sum(each for each in values if isinstance(each, Summable))


def _days(subjects: Iterable[Subject]) -> tuple[date, ...]:
    return tuple(sorted({each.last_on for each in subjects if each.last_on is not None}))


def _list_said(counted: Sequence[_Counted]) -> str:
    if len(counted) > 1:
        return f"lists of {len(counted)} registers"
    return f"list version {counted[0].register.list_version}"


def _days_said(counted: Sequence[_Counted]) -> str | None:
    return _span(sorted({day for each in counted for day in each.days}))


def _span(days: Sequence[date]) -> str | None:
    """Return of which days values are: they may be as old as each subject's last ones."""
    if not days:
        return None
    return f"of {days[0]}" if days[0] == days[-1] else f"of {days[0]} to {days[-1]}"


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
