"""The tour: a zone to look around in, with somebody on each seat."""

from datetime import timedelta

import pytest

from demo.tour import SEATS, open_tour
from desk.sign_ins import SignIns
from domain.access import standings_in
from runtime import passwords


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing to hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))


async def test_every_seat_can_be_signed_in_to_and_stands_somewhere() -> None:
    tour = await open_tour(12, seed=3)
    day = tour.desk.clock.now().date()
    sign_ins = SignIns(tour.desk, idle=timedelta(hours=1), lasting=timedelta(hours=8))
    stood = set()
    for seat in SEATS:
        known = await sign_ins.by_password(seat.user, tour.password.get_secret_value())
        assert known is not None, seat.user
        stood |= {
            each.value
            for each in standings_in(known.entry.principal, tour.year.terms.handbook, day)
        }
    sign_ins.close()

    assert stood == {
        "public", "enterprise", "tier", "unit", "coordinator", "supervisor", "auditor", "operator",
    }  # fmt: skip


async def test_the_same_seed_gives_the_same_zone_and_the_clock_is_behind_no_record() -> None:
    one, other = await open_tour(8, seed=5), await open_tour(8, seed=5)

    assert one.year.hash == other.year.hash
    assert one.desk.clock.now() >= max(record.at for record in one.year.records)
    assert len(await one.desk.ledger.find(zone=one.year.zone)) == len(one.year.issues) > 0
