"""An id stands for one request: sent again it gives the first answer, and never another act."""

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock

from domain.commands import Submission
from domain.errors import ConflictError
from ledger.port import Ledger


async def everything(ledger: Ledger) -> tuple[object, ...]:
    """Return all that commands leave behind, apart from refusals."""
    return (
        await ledger.records(STREAM),
        await ledger.commands(STREAM),
        await ledger.issue(STREAM),
        await ledger.clocks(STREAM),
        await ledger.notices(STREAM),
        await ledger.outbox_size(),
    )


async def test_a_repeat_is_given_the_first_answer_and_doubles_nothing(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    first = await office.do(b.ACCEPT, id_="accept-1")
    clock.at = b.TUE_9
    await office.do(b.NOTE)
    before = await everything(office.ledger)
    again = await office.do(b.ACCEPT, id_="accept-1")
    assert again == first.model_copy(update={"repeated": True})
    assert again.number == "HARBOUR-2026-000001"
    assert await everything(office.ledger) == before


async def test_a_repeat_through_the_other_door_is_given_the_same_answer_and_the_present_view(
    office: Counter, clock: StandingClock
) -> None:
    await office.reported()
    first = await office.do(b.ACCEPT, id_="accept-1")
    await office.do(b.NOTE)
    answer = await office.desk.carry_out_for_workflow(b.submission(b.ACCEPT, id_="accept-1"))
    assert answer.result == first.model_copy(update={"repeated": True})
    assert answer.glimpse.version == first.version + 1
    row = await office.desk.row(b.ZONE, b.KEY)
    assert answer.glimpse.next_rung is not None
    assert (row.answered, row.armed_due_at) == (True, answer.glimpse.next_rung.due_at)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(b.submission(b.NOTE, id_="accept-1"), id="another command"),
        pytest.param(b.submission(b.ACCEPT, b.HEAD, id_="accept-1"), id="another actor"),
        pytest.param(b.submission(b.ACCEPT, key="issue-2", id_="accept-1"), id="another issue"),
        pytest.param(
            b.submission(b.ACCEPT, id_="accept-1", expected_version=1), id="another version"
        ),
    ],
)
async def test_the_same_id_for_another_request_is_a_conflict_and_writes_nothing(
    office: Counter, other: Submission
) -> None:
    await office.reported()
    await office.do(b.ACCEPT, id_="accept-1")
    before = await everything(office.ledger)
    with pytest.raises(ConflictError) as refusal:
        await office.desk.carry_out(other)
    assert refusal.value.field == "id"
    assert await everything(office.ledger) == before
    assert len(await office.ledger.refusals(f"{b.ZONE}/{other.key}")) == 1


async def test_a_refused_id_may_be_sent_again(office: Counter) -> None:
    await office.reported()
    with pytest.raises(ConflictError):
        await office.desk.carry_out(b.submission(b.ACCEPT, id_="again", expected_version=7))
    done = await office.do(b.ACCEPT, id_="again")
    assert not done.repeated
    assert done.events == ("issue_accepted",)
