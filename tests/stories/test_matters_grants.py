"""Masks that run out, and a pass that ends at midnight."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from databases import Database
from deep import IN_CHECK
from matters_world import MattersWorld, figure, keeping_matters, problem
from procedure_world import FIRM
from temporalio.client import Client

from domain.errors import ConflictError, InvalidRequestError, WrongPhaseError
from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.grant.events import HoldingsEnding, HoldingsExpired
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.values import Count, Quantity

pytestmark = IN_CHECK

EMERGENCY, ECONOMY = "xinghe-emergency", "xinghe-economy"
COORDINATOR, TOP = "xinghe-coordinator", "xinghe-director"


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[MattersWorld]:
    """The zone on a plain Monday."""
    async with keeping_matters(database, skipper) as world:
        yield world


def masks(number: int) -> Quantity:
    """Return so many masks."""
    return Quantity(thousandths=number * 1000, unit="mask")


def given(number: int, firm: str = FIRM) -> dict[str, Any]:
    """Return what is issued to a firm."""
    return {"enterprise": firm, "quantity": masks(number)}


async def grant(world: MattersWorld, name: str) -> Grant:
    """Return a grant as the ledger has it."""
    found = await world.matter(name)
    assert isinstance(found, Grant)
    return found


async def counted(world: MattersWorld, name: str) -> tuple[Figure, ...]:
    """Return the figures of the grant's procedure."""
    found = await grant(world, name)
    rule = world.rule(found.procedure)
    assert isinstance(rule, GrantProcedure)
    return figures_of(rule, [found])


async def test_masks_run_low_and_out_the_lack_climbs_and_a_refill_ends_it(
    xinghe: MattersWorld,
) -> None:
    store = xinghe.officer(EMERGENCY)
    await xinghe.act("masks", store, "open_grant", procedure="supplies", title="口罩", unit="mask")
    await xinghe.act(
        "masks", store, "receive_stock", source="donation", quantity=masks(2000), from_whom="商会"
    )
    await xinghe.act("masks", store, "issue_stock", **given(1400))
    assert await xinghe.heard("masks", "stock_low") == []
    await xinghe.act("masks", store, "issue_stock", **given(300, "xinghe-optics"))
    assert await xinghe.heard("masks", "stock_low") == sorted([COORDINATOR, EMERGENCY])
    assert (await grant(xinghe, "masks")).stage == "low"

    too_many = await xinghe.balked(
        "masks",
        store,
        "issue_stock",
        InvalidRequestError,
        "does not hold so much",
        at="2026-03-02 16:00",
        **given(301),
    )
    assert too_many.allowed == "up to 300000"
    lacking = [problem("EMG-2", "口罩断档，无法开工")]
    await xinghe.act("masks", store, "issue_stock", **given(300), problems=lacking)
    assert (await grant(xinghe, "masks")).stage == "empty"
    assert await xinghe.heard("masks", "stock_out") == sorted([COORDINATOR, EMERGENCY])
    (issue,) = await xinghe.issues("masks")
    assert issue.enterprise == FIRM

    # Nobody refills for three days: the bureau hears of it, then the zone's leaders; then no more.
    await xinghe.until("2026-03-06 10:00")
    assert await xinghe.rang("masks") == [
        ("refill", "level-1", "03-03 17:30"),
        ("refill", "level-2", "03-04 17:30"),
    ]
    assert await xinghe.heard("masks", "due_passed") == sorted([EMERGENCY, TOP])
    await xinghe.act("masks", store, "receive_stock", source="purchase", quantity=masks(3000))
    filled = await grant(xinghe, "masks")
    assert (filled.stage, filled.on_hand, filled.next_due) == ("held", masks(3000), None)

    figures = await counted(xinghe, "masks")
    assert figure(figures, "received.donation.mask")[0] == masks(2000)
    assert figure(figures, "issued.mask")[0] == masks(2000)
    assert figure(figures, "on_hand.mask")[0] == masks(3000)
    await xinghe.sound()


async def test_a_pass_ends_at_the_midnight_of_its_last_local_day_and_its_firm_was_told_before(
    xinghe: MattersWorld,
) -> None:
    desk = xinghe.officer(ECONOMY)
    ticked = {"papers-in-order": True, "driver-tested": True}
    lorry: dict[str, Any] = {"enterprise": FIRM, "subject": "lorry-017", "gate": ticked}
    await xinghe.act("passes", desk, "open_grant", procedure="road-passes", title="保供车辆通行证")
    await xinghe.balked(
        "passes",
        desk,
        "issue_permit",
        InvalidRequestError,
        "Every item of the gate",
        holding="pass-1",
        **{**lorry, "gate": {"papers-in-order": True}},
    )
    await xinghe.act("passes", desk, "issue_permit", holding="pass-1", **lorry)
    await xinghe.balked(
        "passes",
        desk,
        "issue_permit",
        ConflictError,
        "overlaps with what is held",
        holding="pass-2",
        **lorry,
    )

    # Seven days with the first: to the end of Sunday by the zone's clock, which is 16:00 in UTC.
    await xinghe.until("2026-03-08 23:59")
    assert await xinghe.rang("passes") == [("ending", "level-1", "03-08 00:00")]
    assert await xinghe.heard("passes", "holdings_ending") == sorted([ECONOMY, FIRM])
    await xinghe.act("passes", desk, "use_holding", holding="pass-1")
    await xinghe.until("2026-03-09 00:00")
    assert (await xinghe.rang("passes"))[-1] == ("ends", "level-1", "03-09 00:00")
    assert await xinghe.heard("passes", "holdings_expired") == sorted([ECONOMY, FIRM])
    await xinghe.balked(
        "passes",
        desk,
        "use_holding",
        WrongPhaseError,
        "over already",
        holding="pass-1",
    )
    warned, ended = await xinghe.facts("passes", "holdings_ending", "holdings_expired")
    assert isinstance(warned, HoldingsEnding)
    assert isinstance(ended, HoldingsExpired)
    assert warned.holdings == ("pass-1",)
    assert [each.holding for each in ended.ended] == ["pass-1"]

    # Another for the same lorry is renewed before its end, and ends once, a week later.
    await xinghe.act(
        "passes", desk, "issue_permit", at="2026-03-09 09:00", holding="pass-3", **lorry
    )
    await xinghe.act("passes", desk, "renew_permit", at="2026-03-15 10:00", holding="pass-3")
    await xinghe.until("2026-03-24 09:00")
    assert (await xinghe.rang("passes"))[2:] == [
        ("ending", "level-1", "03-15 00:00"),
        ("ending", "level-1", "03-22 00:00"),
        ("ends", "level-1", "03-23 00:00"),
    ]
    assert (await grant(xinghe, "passes")).holdings == ()
    assert figure(await counted(xinghe, "passes"), "expired")[0] == Count(n=2)
    await xinghe.sound()
