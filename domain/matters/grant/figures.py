"""What grants come to in numbers: what came in, went out, came back, is left, and who pays.

Quantities are summed for each unit and money for each currency, never across. The numbers of a
stock balance: received + returned + found more = on hand + issued + found less.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

from domain.matters.figures import Figure, in_sum
from domain.matters.grant.rules import GrantProcedure, UnitRule
from domain.matters.grant.state import Grant
from domain.matters.grant.words import Keeps, Over
from domain.matters.values import Amount, Count, Quantity
from domain.model import SHORT_CHARACTERS_MAX, Code, Frozen, Name

ENTERPRISE, RECEIPT, ISSUE, USE, CHECK = "enterprise", "receipt", "issue", "use", "check"

RECEIVED = Name(zh="入库", en="received")
AMOUNT = Name(zh="金额", en="amount")
PRICED = Name(zh="已说明金额", en="with an amount stated")
ON_HAND = Name(zh="结存", en="on hand")
ISSUED = Name(zh="发放", en="issued")
ISSUES = Name(zh="发放次数", en="times issued")
RETURNED = Name(zh="退回", en="returned")
FOUND_MORE = Name(zh="盘盈", en="found more by counting")
FOUND_LESS = Name(zh="盘亏", en="found less by counting")
ENTERPRISES = Name(zh="企业数", en="enterprises")
COST = Name(zh="费用", en="cost")
ZONE_PAYS = Name(zh="财政承担", en="paid by the zone")
ENTERPRISE_PAYS = Name(zh="企业承担", en="paid by enterprises")
HELD = Name(zh="有效", en="held")
NO_END = Name(zh="不设期限", en="held without an end")
RENEWED = Name(zh="续期", en="renewed")
EXPIRED = Name(zh="到期", en="expired")
REVOKED = Name(zh="撤销", en="revoked")
ENDED = Name(zh="终止", en="ended before their time")
USES = Name(zh="使用次数", en="times used")
USED = Name(zh="用量", en="used")
ENTERED = Name(zh="入住", en="let in")
STILL_IN = Name(zh="在住", en="still in")
LEFT = Name(zh="离开", en="let out")
OCCUPIED = Name(zh="占用", en="places taken")
MONITORED = Name(zh="监测次数", en="times looked after")
MISSED = Name(zh="漏测", en="times not looked after")


class OfEnterprise(Frozen):
    """What one enterprise was issued in the grants of one procedure. `held` counts what it has now;
    there is one quantity for each unit, one sum of money for each currency."""

    enterprise: Code
    issues: int
    held: int
    quantities: tuple[Quantity, ...] = ()
    returned: tuple[Quantity, ...] = ()
    costs: tuple[Amount, ...] = ()
    zone_pays: tuple[Amount, ...] = ()
    enterprise_pays: tuple[Amount, ...] = ()


def count_grant(rule: GrantProcedure, matters: Sequence[Grant]) -> tuple[Figure, ...]:
    """Return the figures of all grants of one procedure together."""
    match rule.keeps:
        case Keeps.STOCK:
            figures = _of_stock(rule, matters)
        case Keeps.PERMITS:
            figures = _of_permits(matters)
        case Keeps.PLACES:
            figures = _of_places(matters)
        case Keeps.ENTITLEMENTS:
            figures = _of_entitlements(rule, matters)
    served = {name for matter in matters for name in matter.enterprises}
    return (*figures, _count("enterprises", ENTERPRISES, len(served), ENTERPRISE))


def grants_by_enterprise(matters: Sequence[Grant]) -> tuple[OfEnterprise, ...]:
    """Return what each enterprise was issued, by the enterprise's id."""
    ids = sorted({name for matter in matters for name in matter.enterprises})
    return tuple(_of_enterprise(matters, enterprise) for enterprise in ids)


def _of_enterprise(matters: Sequence[Grant], enterprise: str) -> OfEnterprise:
    tallies = [found for each in matters if (found := each.tally(enterprise)) is not None]
    return OfEnterprise(
        enterprise=enterprise,
        issues=sum(each.issues for each in tallies),
        held=sum(held.enterprise == enterprise for each in matters for held in each.holdings),
        quantities=_quantities(each.quantity for each in tallies),
        returned=_quantities(each.returned for each in tallies),
        costs=_amounts(sum_ for each in tallies for sum_ in each.costs),
        zone_pays=_amounts(sum_ for each in tallies for sum_ in each.zone_pays),
        enterprise_pays=_amounts(sum_ for each in tallies for sum_ in each.enterprise_pays),
    )


def _of_stock(rule: GrantProcedure, matters: Sequence[Grant]) -> Iterator[Figure]:
    for source in rule.sources:
        tallies = [each for matter in matters for each in matter.sources]
        own = [each for each in tallies if each.source == source.id]
        name = _joined(RECEIVED, source.name)
        for unit in _units(rule, matters):
            came = [each.quantity for each in own if each.quantity.unit == unit.id]
            yield _quantity(rule, f"received.{source.id}", name, unit, came)
        yield from _money(
            f"amount.{source.id}",
            _joined(AMOUNT, source.name),
            [amount for each in own for amount in each.amounts],
        )
        yield _share(
            f"priced.{source.id}",
            _joined(PRICED, source.name),
            sum(each.priced for each in own),
            sum(each.receipts for each in own),
            RECEIPT,
        )
    out: dict[str, tuple[Name, Callable[[Grant], Iterable[Quantity]]]] = {
        "on_hand": (ON_HAND, lambda matter: (matter.on_hand,)),
        "issued": (ISSUED, lambda matter: (each.quantity for each in matter.tallies)),
        "returned": (RETURNED, lambda matter: (each.returned for each in matter.tallies)),
        "found_more": (FOUND_MORE, lambda matter: (matter.found_more,)),
        "found_less": (FOUND_LESS, lambda matter: (matter.found_less,)),
    }
    for id_, (name, of) in out.items():
        for unit in _units(rule, matters):
            own_unit = [each for each in matters if each.unit == unit.id]
            yield _quantity(rule, id_, name, unit, (q for each in own_unit for q in of(each)))
    issues = _issued(matters)
    yield _count("issues", ISSUES, issues, ISSUE)
    yield from _costs(rule, matters, issues, ISSUE)


def _of_permits(matters: Sequence[Grant]) -> Iterator[Figure]:
    yield _count("issued", ISSUED, _issued(matters), ISSUE)
    yield _count("held", HELD, _held(matters), ISSUE)
    yield _count("renewed", RENEWED, sum(each.renewed for each in matters), ISSUE)
    yield _count("expired", EXPIRED, _over(matters, Over.EXPIRED), ISSUE)
    yield _count("revoked", REVOKED, _over(matters, Over.REVOKED), ISSUE)
    yield _count("uses", USES, sum(each.used for each in matters), USE)


def _of_places(matters: Sequence[Grant]) -> Iterator[Figure]:
    room = sum(each.capacity or 0 for each in matters)
    yield _count("entered", ENTERED, _issued(matters))
    yield _count("still_in", STILL_IN, _held(matters))
    yield _count("left", LEFT, _over(matters, Over.LEFT))
    yield _share("occupied", OCCUPIED, _held(matters), room, None)
    yield _count("monitored", MONITORED, sum(each.monitored for each in matters), CHECK)
    yield _count("missed", MISSED, sum(each.missed for each in matters), CHECK)


def _of_entitlements(rule: GrantProcedure, matters: Sequence[Grant]) -> Iterator[Figure]:
    endless = sum(held.to_on is None for each in matters for held in each.holdings)
    yield _count("issued", ISSUED, _issued(matters), ISSUE)
    yield _count("held", HELD, _held(matters), ISSUE)
    yield _count("no_end", NO_END, endless, ISSUE)
    yield _count("expired", EXPIRED, _over(matters, Over.EXPIRED), ISSUE)
    yield _count("ended", ENDED, _over(matters, Over.ENDED), ISSUE)
    uses = sum(each.used for each in matters)
    yield _count("uses", USES, uses, USE)
    for unit in _units(rule, matters):
        own = [tally for each in matters if each.unit == unit.id for tally in each.tallies]
        yield _quantity(rule, "used", USED, unit, (tally.quantity for tally in own))
    yield from _costs(rule, matters, uses, USE)


def _costs(rule: GrantProcedure, matters: Sequence[Grant], times: int, of: str) -> Iterator[Figure]:
    """Return costs and shares, and of how many issues or uses a cost was stated at all."""
    tallies = [tally for each in matters for tally in each.tallies]
    yield from _money("cost", COST, [sum_ for each in tallies for sum_ in each.costs])
    yield _share("priced", PRICED, sum(each.priced for each in tallies), times, of)
    if rule.split is not None:
        zone = [sum_ for each in tallies for sum_ in each.zone_pays]
        own = [sum_ for each in tallies for sum_ in each.enterprise_pays]
        yield from _money("zone_pays", ZONE_PAYS, zone)
        yield from _money("enterprise_pays", ENTERPRISE_PAYS, own)


def _units(rule: GrantProcedure, matters: Sequence[Grant]) -> list[UnitRule]:
    """Return the units that the matters are counted in; the first, if there is no matter."""
    named = {each.unit for each in matters}
    return [unit for unit in rule.units if unit.id in named] or list(rule.units[:1])


def _quantity(
    rule: GrantProcedure, id_: str, name: Name, unit: UnitRule, of: Iterable[Quantity]
) -> Figure:
    sums = _quantities(of)
    total = sums[0] if sums else Quantity(thousandths=0, unit=unit.id)
    if len(rule.units) > 1:
        return Figure(id=f"{id_}.{unit.id}", name=_joined(name, unit.name), part=total)
    return Figure(id=id_, name=name, part=total)


def _money(id_: str, name: Name, amounts: Iterable[Amount]) -> Iterator[Figure]:
    """Return the sum for each currency; None, which is not stated, if no amount was."""
    sums = _amounts(amounts)
    if not sums:
        yield Figure(id=id_, name=name, part=None)
    for total in sums:
        yield Figure(id=f"{id_}.{total.currency}", name=name, part=total)


def _quantities(of: Iterable[Quantity]) -> tuple[Quantity, ...]:
    return tuple(each for each in in_sum(of) if isinstance(each, Quantity))


def _amounts(of: Iterable[Amount]) -> tuple[Amount, ...]:
    return tuple(each for each in in_sum(of) if isinstance(each, Amount))


def _issued(matters: Sequence[Grant]) -> int:
    return sum(each.issued for each in matters)


def _held(matters: Sequence[Grant]) -> int:
    return sum(len(each.holdings) for each in matters)


def _over(matters: Sequence[Grant], how: Over) -> int:
    return sum(each.ended.get(how, 0) for each in matters)


def _count(id_: str, name: Name, number: int, of: str | None = None) -> Figure:
    return Figure(id=id_, name=name, part=Count(n=number), of=of)


def _share(id_: str, name: Name, number: int, whole: int, of: str | None) -> Figure:
    """Return so many of so many; where there is none to count among, it is no rate."""
    among = Count(n=whole) if whole else None
    return Figure(id=id_, name=name, part=Count(n=number), whole=among, of=of)


def _joined(first: Name, second: Name) -> Name:
    return Name(
        zh=f"{first.zh}：{second.zh}"[:SHORT_CHARACTERS_MAX],
        en=f"{first.en}: {second.en}"[:SHORT_CHARACTERS_MAX],
    )
