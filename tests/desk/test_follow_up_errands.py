"""What follows on an issue is reported though its zone has changed meanwhile."""

import builders as b
import builders_kin as k
import builders_sign_off as s
import pytest
from desks import Counter, StandingClock

from audit.reexecute import reexecute
from audit.verify import verify_stream
from desk.errands import ErrandRunner
from domain import commands as cmd
from domain.errors import UnknownCategoryError
from domain.people import ENGINE
from domain.phases import Origin
from domain.terms import Terms
from ledger.memory import MemoryLedger

ROADS = "road-access"


def without(what: str, id_: str) -> Terms:
    """Return the zone's terms without one of its entries."""
    kept = [each for each in k.KIN_DATA[what] if each["id"] != id_]
    return b.terms_of(**(k.KIN_DATA | {what: kept}))


async def promised(clock: StandingClock) -> MemoryLedger:
    """Return a ledger with an issue that was closed out with a promise; its errand waits."""
    ledger = MemoryLedger()
    office = Counter(ledger, clock, terms=k.KIN)
    await office.accepted("a")
    await office.do(cmd.ProposeResolution(resolution=s.HALF), key="a")
    await office.do(b.CONFIRM, b.ENTERPRISE, key="a")
    await office.do(b.VERIFY, b.DIRECTOR, key="a")
    return ledger


@pytest.mark.parametrize("known", [True, False], ids=["kept", "gone"])
async def test_what_was_promised_is_followed_up_though_its_category_has_left_the_handbook(
    clock: StandingClock, known: bool
) -> None:
    ledger = await promised(clock)
    later = without("categories", "power-supply" if known else ROADS)
    office = Counter(ledger, clock, terms=later)

    assert await ErrandRunner(office.desk).once() == 1

    follow_up = (await office.desk.row(b.ZONE, "a.f1")).issue
    assert (follow_up.origin, follow_up.category) == (Origin.FOLLOW_UP, ROADS)
    assert follow_up.terms == (later if known else k.KIN).hash
    assert (await verify_stream(ledger, follow_up.stream)).is_sound
    assert (await reexecute(ledger, follow_up.stream)).differences == ()


async def test_what_no_terms_allow_is_refused_by_those_of_the_origin_too(
    clock: StandingClock,
) -> None:
    ledger = await promised(clock)
    office = Counter(ledger, clock, terms=k.KIN)
    nowhere = b.report(category="moon", origin=Origin.FOLLOW_UP, succeeds="a")
    sent = b.submission(nowhere, ENGINE, key="a.f9", id_="kin:harbour/a/99/1")

    with pytest.raises(UnknownCategoryError):
        await office.desk.carry_errand(sent)
