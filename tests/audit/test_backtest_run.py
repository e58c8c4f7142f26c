"""A whole ledger in PostgreSQL is tried by one process or by two, with the same outcome."""

from datetime import UTC, datetime
from pathlib import Path

import builders as b
import pytest
from databases import Database
from whole_ledger import write_ledger

from audit.backtest_run import Backtest, Scope, UnderHandbook, backtest
from domain.errors import InvalidRequestError
from domain.handbook import Handbook

FIRST, LAST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
UNTIL = datetime(2027, 6, 1, tzinfo=UTC)


def _other() -> Handbook:
    """Return the zone's handbook with a tenth of the working time."""
    told = b.HANDBOOK.model_dump(mode="json")
    for clock in told["clocks"]:
        for budget in clock["budgets"]:
            if budget["duration"]["kind"] == "open_hours":
                budget["duration"]["minutes"] = max(1, budget["duration"]["minutes"] // 10)
    return Handbook.model_validate(told)


async def test_two_processes_come_to_what_one_comes_to(database: Database, tmp_path: Path) -> None:
    seen: list[int] = []
    async with database.ledger() as ledger:
        await write_ledger(ledger, tmp_path)
        position = await ledger.safe_position()

        async def tried(handbook: Handbook | None, jobs: int) -> Backtest:
            scope = Scope(b.ZONE, position, FIRST, LAST, UNTIL)
            policy = UnderHandbook(handbook)
            url = database.reader_url
            return await backtest(ledger, policy, scope, jobs=jobs, url=url, progress=seen.append)

        in_force = await tried(None, 1)
        alone, together = await tried(_other(), 1), await tried(_other(), 2)
    assert in_force.totals.issues > 1
    assert (in_force.totals.differing, in_force.totals.unreadable, in_force.trials) == (0, 0, [])
    assert alone.totals.differing > 0
    assert alone.totals.plain() == together.totals.plain()
    assert alone.trials == together.trials
    assert seen[-1] == in_force.totals.issues


async def test_an_issue_that_cannot_be_read_is_counted_and_hides_no_other(
    database: Database, tmp_path: Path
) -> None:
    async with database.ledger() as ledger:
        await write_ledger(ledger, tmp_path)
        position = await ledger.safe_position()
        scope = Scope(b.ZONE, position, FIRST, LAST, UNTIL)
        whole = await backtest(ledger, UnderHandbook(None), scope)
        await database.tamper(
            "command",
            "UPDATE command SET body = '{' WHERE id = (SELECT min(id) FROM command c "
            "JOIN issue i ON i.stream = c.stream WHERE i.zone = $1 AND c.kind = 'report')",
            b.ZONE,
        )
        spoilt = await backtest(ledger, UnderHandbook(None), scope)
    assert (whole.totals.unreadable, spoilt.totals.unreadable) == (0, 1)
    assert spoilt.totals.issues == whole.totals.issues


def test_a_handbook_with_a_calendar_that_nobody_knows_is_refused_at_once() -> None:
    told = b.HANDBOOK.model_dump(mode="json")
    told["clocks"][0]["calendar"] = "nowhere"
    with pytest.raises(InvalidRequestError, match="nobody knows") as refused:
        UnderHandbook(Handbook.model_validate(told), (b.CALENDAR,))
    assert refused.value.value == "nowhere"
