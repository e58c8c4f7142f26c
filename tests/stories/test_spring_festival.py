"""The Spring Festival of 2020: a notice of 27 January changes days that had been published.

An issue reported on 22 January counts by the days published then: 24 to 30 January off, 19 January
and 1 February worked. The notice adds 31 January to 2 February to the days off. Its deadlines move
by events, and both derivations can be read afterwards. The instants below are counted by hand.
"""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from audit.clocks import audit_clocks
from audit.reexecute import reexecute_all
from audit.verify import verify_all
from audit.why import why
from desk.adopting import Adopter
from desk.desk import Desk
from desk.publishing import Publishing
from desk.shelf import Shelf
from domain import commands as cmd
from domain.commands import Submission
from domain.errors import InvalidRequestError, NotPermittedError
from domain.people import Officer, Representative
from domain.phases import Origin
from domain.terms import Terms
from domain.view import Ring
from handbooks.calendars import cn_office_as_of
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

ZONE = "bishan"
BEIJING = timezone(timedelta(hours=8))
BEFORE, AFTER = cn_office_as_of(date(2020, 1, 22)), cn_office_as_of(date(2020, 1, 27))
BOOK = read_terms(ZONE).handbook
TERMS = Terms(handbook=BOOK, calendar=BEFORE)
ENTERPRISE = BOOK.enterprises[0].id
REPORTER = Representative(person=f"{ENTERPRISE}.a", enterprise=ENTERPRISE)
REASON = "国务院办公厅关于延长2020年春节假期的通知"


def at(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2020, month, day, hour, minute, tzinfo=BEIJING).astimezone(UTC)


def holder(post_id: str) -> Officer:
    post = next(post for post in BOOK.posts if post.id == post_id)
    return Officer(person=post.people[0], post=post.id)


DIRECTOR = holder(next(post.id for post in BOOK.posts if post.tier == BOOK.top_tier))


class Office:
    """One desk in January 2020 and the verbs to stand before it with."""

    offset = timedelta(0)

    def __init__(self) -> None:
        self.time = at(1, 22, 10)
        self.ledger = MemoryLedger()
        self.desk = Desk(self.ledger, Shelf(self.ledger, {ZONE: TERMS}), self)
        self.sent = 0

    def now(self) -> datetime:
        return self.time

    async def do(self, command: cmd.Command, actor: Officer | Representative, key: str) -> None:
        self.sent += 1
        await self.desk.carry_out(
            Submission(id=f"act-{self.sent}", zone=ZONE, key=key, actor=actor, command=command)
        )

    async def accepted(self, key: str, when_at: datetime) -> None:
        """Report an issue and accept it at the same instant."""
        await self.reported(key, when_at)
        await self.do(cmd.Accept(), holder((await self.clocks(key))["owner"]), key)

    async def reported(self, key: str, when_at: datetime) -> None:
        self.time = when_at
        report = cmd.Report(
            enterprise=ENTERPRISE,
            category=BOOK.categories[0].id,
            title="贷款到期",
            text="流动资金贷款二月到期。",
            origin=Origin.ENTERPRISE,
        )
        await self.do(report, REPORTER, key)

    async def clocks(self, key: str) -> dict[str, object]:
        """Return the owner of an issue and the local deadline of each of its clocks."""
        issue = (await self.desk.row(ZONE, key)).issue
        dues = {clock.id: clock.due_at for clock in issue.clocks if clock.due_at is not None}
        return {"owner": issue.owner, **dues}

    async def pass_until(self, target: datetime) -> None:
        """Ring every rung at its own instant."""
        while (due_at := await self.ledger.next_due_at()) is not None and due_at <= target:
            self.time = max(self.time, due_at)
            for row in await self.ledger.overdue(self.time + timedelta(milliseconds=1), 100):
                assert row.issue.next_rung is not None
                clock, rung = row.issue.next_rung
                await self.desk.ring(
                    Ring(
                        zone=ZONE,
                        key=row.issue.key,
                        clock=clock.id,
                        cycle=clock.cycle,
                        rung=rung.id,
                    )
                )
        self.time = target

    async def notice_published(self) -> tuple[int, int]:
        """Publish the days of the notice and move every open issue to them."""
        ground = await Publishing(self.desk).publish(AFTER, reason=REASON, author=DIRECTOR)
        return await Adopter(self.desk).run(ground)


@pytest.fixture
async def office() -> Office:
    office = Office()
    await office.accepted("loan", at(1, 22, 10))
    return office


async def test_deadlines_set_before_the_notice_move_by_events_when_it_is_published(office):
    before = await office.clocks("loan")
    await office.pass_until(at(1, 27, 16))
    moved = await office.notice_published()
    after = await office.clocks("loan")
    migrated = {
        record.event.clock: record.event
        for record in await office.ledger.records(f"{ZONE}/loan")
        if record.kind == "clock_migrated"
    }

    assert moved == (1, 0)
    assert before["handling"] == at(2, 1, 17, 30)
    assert before["resolution"] == at(2, 11, 17, 30)
    assert after["handling"] == at(2, 4, 17, 30)
    assert after["resolution"] == at(2, 13, 17, 30)
    for clock, event in migrated.items():
        assert (event.old_due_at, event.new_due_at) == (before[clock], after[clock])
        assert (event.reason, event.author) == (REASON, f"{DIRECTOR.post} ({DIRECTOR.person})")
    assert migrated.keys() == {"handling", "resolution"}


async def test_why_shows_the_deadline_by_the_days_of_then_and_by_those_of_the_notice(office):
    await office.pass_until(at(1, 27, 16))
    await office.notice_published()

    (derived,) = await why(office.ledger, f"{ZONE}/loan", "handling")
    first, second = derived.targets
    assert derived.adds_up
    assert (first.calendar.hash, first.due_at) == (BEFORE.hash, at(2, 1, 17, 30))
    assert (second.calendar.hash, second.due_at) == (AFTER.hash, at(2, 4, 17, 30))
    assert (second.rule, second.cause.reason) == ("calendar", REASON)
    rules = {
        span.rule.zh for target in derived.targets for s in target.stretches for span in s.spans
    }
    rules |= {span.rule.zh for target in derived.targets for span in target.unspent}
    assert "调休上班（春节）：按星期一" in rules
    assert any(rule.startswith("休息：春节") for rule in rules)


async def test_nothing_rings_on_the_old_day_and_everything_rings_on_the_new_one(office):
    await office.pass_until(at(1, 27, 16))
    await office.notice_published()
    await office.pass_until(at(2, 4, 17, 30))

    fired = [
        (record.event.rung, record.at)
        for record in await office.ledger.records(f"{ZONE}/loan")
        if record.kind == "rung_fired" and record.event.clock == "handling"
    ]
    assert fired[-1] == ("due", at(2, 4, 17, 30))
    assert all(fired_at > at(2, 1, 17, 30) for rung, fired_at in fired if rung == "due")
    found = (await audit_clocks(office.ledger, now=office.time)).found
    assert {finding.kind for finding in found} <= {"untold"}  # no channel stands behind this desk
    assert (await reexecute_all(office.ledger)).is_identical
    assert (await verify_all(office.ledger)).is_sound


async def test_a_closed_issue_stays_where_it_was_and_a_new_one_counts_by_the_notice(office):
    await office.reported("done", at(1, 22, 11))
    await office.do(cmd.Withdraw(reason="已还清。"), REPORTER, "done")
    await office.pass_until(at(1, 27, 16))
    closed = (await office.desk.row(ZONE, "done")).issue
    await office.notice_published()
    await office.accepted("late", at(1, 28, 9))

    assert not closed.is_open
    assert (await office.desk.row(ZONE, "done")).issue == closed
    assert (await office.clocks("late"))["handling"] == at(2, 5, 17, 30)


async def test_who_has_no_say_publishes_nothing_and_the_same_days_are_not_published_twice(office):
    grid = holder((await office.clocks("loan"))["owner"])
    with pytest.raises(NotPermittedError):
        await Publishing(office.desk).publish(AFTER, reason=REASON, author=grid)
    assert (await office.desk.shelf.current(ZONE, office.time)).calendar.hash == BEFORE.hash

    await office.notice_published()
    with pytest.raises(InvalidRequestError, match="in force already"):
        await Publishing(office.desk).publish(AFTER, reason=REASON, author=DIRECTOR)
