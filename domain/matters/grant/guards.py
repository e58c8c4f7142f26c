"""What every act in a grant is held to before anything is recorded."""

from collections.abc import Iterable

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.grant.sums import THOUSAND, TOTAL_MAX
from domain.matters.permissions import told_by
from domain.matters.values import Amount, Quantity
from domain.matters.who import Rows
from domain.people import Representative

ENTERPRISES_MAX = 5_000
"""Of how many enterprises one matter keeps sums."""


def require_actor(draft: MatterDraft, rows: Rows, enterprise: str | None = None) -> None:
    """Refuse whoever the procedure's rows do not mean: without rows, whoever does not run it."""
    if rows:
        draft.require(rows, enterprise)
    else:
        draft.require_runs()


def require_gate(rule: GrantProcedure, ticks: dict[str, bool]) -> tuple[str, ...]:
    """Return the items of the gate, or refuse if one is not ticked or is none of it."""
    known = {item.id for item in rule.gate}
    for id_ in ticks:
        if id_ not in known:
            raise InvalidRequestError(
                "The gate asks nothing of this name.",
                field=f"gate.{id_}",
                allowed=known or "nothing",
            )
    for item in rule.gate:
        if not ticks.get(item.id, False):
            raise InvalidRequestError(
                "Every item of the gate is ticked first.",
                field=f"gate.{item.id}",
                value=ticks.get(item.id),
                allowed="true",
            )
    return tuple(item.id for item in rule.gate)


def require_quantity(
    state: Grant, rule: GrantProcedure, quantity: Quantity, where: str, least: int = 1
) -> None:
    """Refuse a quantity in another unit, of parts of what has none, or out of bounds. `least` is in
    thousandths."""
    if quantity.unit != state.unit:
        raise InvalidRequestError(
            "The grant is counted in another unit.",
            field=f"{where}.unit",
            value=quantity.unit,
            allowed=state.unit,
        )
    unit = rule.unit(state.unit)
    if quantity.thousandths % THOUSAND and (unit is None or not unit.divisible):
        raise InvalidRequestError(
            "There are whole ones of this unit only.",
            field=f"{where}.thousandths",
            value=quantity.thousandths,
            allowed=f"a multiple of {THOUSAND}",
        )
    if not least <= quantity.thousandths <= TOTAL_MAX:
        raise InvalidRequestError(
            "The quantity is out of bounds.",
            field=f"{where}.thousandths",
            value=quantity.thousandths,
            allowed=f"{least} to {TOTAL_MAX}",
        )


def require_money(amount: Amount | None, before: Iterable[Amount], where: str) -> None:
    """Refuse an amount without a currency, or one with which the sums of the matter would be more
    than is counted. `before` are amounts that it would be added to."""
    if amount is None:
        return
    if amount.currency is None:
        raise InvalidRequestError(
            "An amount says in which currency it is.",
            field=f"{where}.currency",
            allowed="an ISO 4217 code, such as CNY",
        )
    own = (each.hundredths for each in before if each.currency == amount.currency)
    require_countable(sum(own), amount.hundredths, f"{where}.hundredths")


def require_countable(before: int, added: int, where: str) -> None:
    """Refuse what would make a sum of the matter larger than sums are counted."""
    if before + added > TOTAL_MAX:
        raise InvalidRequestError(
            "The sum would be more than is counted in one matter.",
            field=where,
            value=added,
            allowed=f"up to {TOTAL_MAX - before}",
        )


def require_tallied(state: Grant, enterprise: str) -> None:
    """Refuse one more enterprise than one matter keeps sums of."""
    if state.tally(enterprise) is None and len(state.tallies) >= ENTERPRISES_MAX:
        raise InvalidRequestError(
            "Too many enterprises were issued something of one matter.",
            field="enterprise",
            value=enterprise,
            allowed=f"at most {ENTERPRISES_MAX}",
        )


def told_enterprise(draft: MatterDraft, enterprise: str) -> tuple[str, ...]:
    """Return the enterprise that an act concerns, to be told of it unless it acts itself."""
    return () if isinstance(draft.actor, Representative) else (enterprise,)


def told(draft: MatterDraft, rows: Rows, enterprises: Iterable[str | None]) -> tuple[str, ...]:
    """Return everybody whom rows mean, over any of the enterprises: each once."""
    return tuple(
        dict.fromkeys(
            name
            for enterprise in enterprises
            for row in rows
            for name in told_by(row, enterprise, draft.handbook)
        )
    )
