"""The tour: a zone to look around in, with somebody on each seat."""

from datetime import timedelta

import pytest
from faces import PLAIN, NamedIdentity
from httpx2 import ASGITransport, AsyncClient

from api.app import make_app
from console.app import add_console
from demo.tour import SEATS, open_tour
from desk.matters import MatterDesk
from desk.sign_ins import SignIns
from domain.access import Principal, standings_in
from domain.handbook import Role
from domain.matters.words import Aggregate
from face.house import House
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
    issues = [row.issue for row in await one.desk.ledger.find(zone=one.year.zone, limit=100)]
    assert len([issue for issue in issues if issue.matter is None]) == len(one.year.issues) > 0


async def test_there_is_a_matter_of_each_kind_and_what_came_to_light_is_an_issue() -> None:
    tour = await open_tour(1, seed=3)
    now = tour.desk.clock.now()
    rows = await MatterDesk(tour.desk).find(zone=tour.zone)
    matters = [row.matter for row in rows]

    assert {matter.aggregate for matter in matters} == set(Aggregate)
    assert all(matter.changed_at < now for matter in matters)
    dues = [due.due_at for matter in matters if (due := matter.next_due) is not None]
    assert min(dues) > now
    assert len(dues) > len(matters) / 2
    found = [tie.issue for matter in matters for tie in matter.ties]
    for key in found:
        issue = (await tour.desk.row(tour.zone, key)).issue
        assert issue.matter in {matter.key for matter in matters}
    assert len(found) == 3


async def test_the_matters_stand_in_the_console_for_who_looks_around() -> None:
    tour = await open_tour(1, seed=3)
    posts = tour.year.terms.handbook.posts
    supervisor = next(post.people[0] for post in posts if Role.SUPERVISOR in post.roles)
    people = {"seat": Principal(id="user:seat", name="seat", person=supervisor)}
    app = add_console(make_app(House(tour.desk, PLAIN, NamedIdentity(people))))

    async with AsyncClient(
        transport=ASGITransport(app=app),
        base_url="http://closeout.test",
        headers={"Authorization": "Test seat", "Accept-Language": "en"},
    ) as seat:
        procedures = await seat.get(f"/console/{tour.zone}/matters")
        listed = await seat.get(f"/console/{tour.zone}/matters/firm-visits")
        one = await seat.get(f"/console/{tour.zone}/matters/firm-visits/visits-june")
    assert "Visits to enterprises" in procedures.text
    assert "Visits in June" in listed.text
    assert "Xinghe Optics" in one.text
