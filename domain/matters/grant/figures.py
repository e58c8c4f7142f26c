"""What grants come to in numbers: what came in, went out, came back, is left, and who pays.

Quantities are summed for each unit and money for each currency, never across. The numbers of a
stock balance: received + returned + found more = on hand + issued + found less.
"""

from collections.abc import Iterable, Iterator, Sequence

from domain.matters.figures import Figure, Summable, in_sum
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.words import Keeps, Over
from domain.matters.tally import Tally
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

_STOCK = {
    "on_hand": ON_HAND,
    "issued": ISSUED,
    "returned": RETURNED,
    "found_more": FOUND_MORE,
    "found_less": FOUND_LESS,
}


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


def take_grant(rule: GrantProcedure, tally: Tally, matter: Grant) -> None:
    """Count one grant."""
    tally.name("enterprises", matter.enterprises)
    tally.name("units", (matter.unit,))
    tally.add("issued", matter.issued)
    tally.add("held", len(matter.holdings))
    tally.add("no_end", sum(held.to_on is None for held in matter.holdings))
    for how, number in matter.ended.items():
        tally.add(f"ended.{how}", number)
    tally.add("renewed", matter.renewed)
    tally.add("uses", matter.used)
    tally.add("room", matter.capacity or 0)
    tally.add("monitored", matter.monitored)
    tally.add("missed", matter.missed)
    for each in matter.tallies:
        tally.sum("cost", each.costs)
        tally.sum("zone_pays", each.zone_pays)
        tally.sum("enterprise_pays", each.enterprise_pays)
        tally.add("priced", each.priced)
    if rule.keeps is Keeps.STOCK:
        _take_stock(tally, matter)
    elif rule.keeps is Keeps.ENTITLEMENTS:
        tally.sum(f"used/{matter.unit}", (each.quantity for each in matter.tallies))


def grant_figures(rule: GrantProcedure, tally: Tally) -> tuple[Figure, ...]:
    """Return the figures of all grants of one procedure that were counted."""
    match rule.keeps:
        case Keeps.STOCK:
            figures = _of_stock(rule, tally)
        case Keeps.PERMITS:
            figures = _of_permits(tally)
        case Keeps.PLACES:
            figures = _of_places(tally)
        case Keeps.ENTITLEMENTS:
            figures = _of_entitlements(rule, tally)
    served = len(tally.names("enterprises"))
    return (*figures, _count("enterprises", ENTERPRISES, served, ENTERPRISE))


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


def _take_stock(tally: Tally, matter: Grant) -> None:
    for came in matter.sources:
        tally.sum(f"received.{came.source}/{came.quantity.unit}", (came.quantity,))
        tally.sum(f"amount.{came.source}", came.amounts)
        tally.add(f"priced.{came.source}", came.priced)
        tally.add(f"receipts.{came.source}", came.receipts)
    unit = matter.unit
    tally.sum(f"on_hand/{unit}", (matter.on_hand,))
    tally.sum(f"issued/{unit}", (each.quantity for each in matter.tallies))
    tally.sum(f"returned/{unit}", (each.returned for each in matter.tallies))
    tally.sum(f"found_more/{unit}", (matter.found_more,))
    tally.sum(f"found_less/{unit}", (matter.found_less,))


def _of_stock(rule: GrantProcedure, tally: Tally) -> Iterator[Figure]:
    for source in rule.sources:
        name = _joined(RECEIVED, source.name)
        yield from _by_unit(rule, tally, f"received.{source.id}", name)
        yield from _money(tally, f"amount.{source.id}", _joined(AMOUNT, source.name))
        priced, receipts = f"priced.{source.id}", tally.number(f"receipts.{source.id}")
        name = _joined(PRICED, source.name)
        yield _share(priced, name, tally.number(priced), receipts, RECEIPT)
    for id_, name in _STOCK.items():
        yield from _by_unit(rule, tally, id_, name)
    issues = tally.number("issued")
    yield _count("issues", ISSUES, issues, ISSUE)
    yield from _costs(rule, tally, issues, ISSUE)


def _of_permits(tally: Tally) -> Iterator[Figure]:
    yield _count("issued", ISSUED, tally.number("issued"), ISSUE)
    yield _count("held", HELD, tally.number("held"), ISSUE)
    yield _count("renewed", RENEWED, tally.number("renewed"), ISSUE)
    yield _count("expired", EXPIRED, _over(tally, Over.EXPIRED), ISSUE)
    yield _count("revoked", REVOKED, _over(tally, Over.REVOKED), ISSUE)
    yield _count("uses", USES, tally.number("uses"), USE)


def _of_places(tally: Tally) -> Iterator[Figure]:
    held = tally.number("held")
    yield _count("entered", ENTERED, tally.number("issued"))
    yield _count("still_in", STILL_IN, held)
    yield _count("left", LEFT, _over(tally, Over.LEFT))
    yield _share("occupied", OCCUPIED, held, tally.number("room"), None)
    yield _count("monitored", MONITORED, tally.number("monitored"), CHECK)
    yield _count("missed", MISSED, tally.number("missed"), CHECK)


def _of_entitlements(rule: GrantProcedure, tally: Tally) -> Iterator[Figure]:
    yield _count("issued", ISSUED, tally.number("issued"), ISSUE)
    yield _count("held", HELD, tally.number("held"), ISSUE)
    yield _count("no_end", NO_END, tally.number("no_end"), ISSUE)
    yield _count("expired", EXPIRED, _over(tally, Over.EXPIRED), ISSUE)
    yield _count("ended", ENDED, _over(tally, Over.ENDED), ISSUE)
    uses = tally.number("uses")
    yield _count("uses", USES, uses, USE)
    yield from _by_unit(rule, tally, "used", USED)
    yield from _costs(rule, tally, uses, USE)


def _costs(rule: GrantProcedure, tally: Tally, times: int, of: str) -> Iterator[Figure]:
    """Return costs and shares, and of how many issues or uses a cost was stated at all."""
    yield from _money(tally, "cost", COST)
    yield _share("priced", PRICED, tally.number("priced"), times, of)
    if rule.split is not None:
        yield from _money(tally, "zone_pays", ZONE_PAYS)
        yield from _money(tally, "enterprise_pays", ENTERPRISE_PAYS)


def _by_unit(rule: GrantProcedure, tally: Tally, id_: str, name: Name) -> Iterator[Figure]:
    """Return a sum for each unit that the matters are counted in; for the first, if there is no
    matter."""
    named = tally.names("units")
    for unit in [unit for unit in rule.units if unit.id in named] or rule.units[:1]:
        sums = _quantities(tally.sums(f"{id_}/{unit.id}"))
        total = sums[0] if sums else Quantity(thousandths=0, unit=unit.id)
        if len(rule.units) > 1:
            yield Figure(id=f"{id_}.{unit.id}", name=_joined(name, unit.name), part=total)
        else:
            yield Figure(id=id_, name=name, part=total)


def _money(tally: Tally, id_: str, name: Name) -> Iterator[Figure]:
    """Return the sum for each currency; None, which is not stated, if no amount was."""
    sums = _amounts(tally.sums(id_))
    if not sums:
        yield Figure(id=id_, name=name, part=None)
    for total in sums:
        yield Figure(id=f"{id_}.{total.currency}", name=name, part=total)


def _quantities(of: Iterable[Summable]) -> tuple[Quantity, ...]:
    return tuple(each for each in in_sum(of) if isinstance(each, Quantity))


def _amounts(of: Iterable[Summable]) -> tuple[Amount, ...]:
    return tuple(each for each in in_sum(of) if isinstance(each, Amount))


def _over(tally: Tally, how: Over) -> int:
    return tally.number(f"ended.{how}")


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
