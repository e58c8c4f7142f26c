"""Issues from another ledger get their workflow as reported ones do: it rings what is due."""

from datetime import timedelta

import builders as b
import pytest
from builders_import import import_issue, stated
from cities import City, count, rings
from temporalio.service import RPCError, RPCStatusCode

from domain.decisions.importing import imported_key
from domain.phases import Phase


async def test_what_is_overdue_rings_once_at_the_import_and_the_life_goes_on(city: City) -> None:
    number = f"2025-{city.number}"
    key = imported_key(number)
    command = import_issue(number=number, clocks=stated(due=b.local(-3, 12)))

    await city.do(command, b.COORDINATOR, key=key)
    await city.lapse.advance(timedelta(minutes=1))

    assert [(each.clock, each.rung) for each in await city.fired(key)] == [("handling", "due")]
    assert await city.kinds(key) == ["issue_imported", "rung_fired", "issue_escalated"]
    await city.lapse.advance_to(b.THU_9)
    view = await city.view(key)
    assert (view.tier, view.number) == (3, number)
    history = await city.history(key)
    assert rings(history) == len(await city.fired(key))
    assert count(history, "WORKFLOW_TASK_FAILED") == 0

    await city.do(b.PROPOSE, b.DIRECTOR, key=key)
    await city.do(b.CONFIRM, b.ENTERPRISE, key=key)
    await city.do(b.VERIFY, b.VICE_DIRECTOR, key=key)
    assert (await city.ended(key))["outcome"] == "closed_out"


async def test_what_was_closed_there_has_no_workflow(city: City) -> None:
    number = f"2025-{city.number}"
    key = imported_key(number)

    await city.do(import_issue(Phase.CLOSED, number=number), b.COORDINATOR, key=key)
    await city.drained()

    with pytest.raises(RPCError) as unknown:
        await city.handle(key).describe()
    assert unknown.value.status is RPCStatusCode.NOT_FOUND
