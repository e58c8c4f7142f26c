"""A report sent again under its key: the same issue, or a conflict that says why (R10.5)."""

import asyncio

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock
from test_desk_repeats import everything

from domain.commands import Submission
from domain.errors import ConflictError
from domain.people import Officer, Representative

COLLEAGUE = Representative(person="mill.b", enterprise="mill")


def again(**changes: object) -> Submission:
    """Return the report once more, under an id of its own."""
    actor = changes.pop("actor", b.ENTERPRISE)
    return b.submission(b.report(**changes), actor)  # type: ignore[arg-type]  # actors by name


async def test_the_same_report_under_its_key_is_the_same_issue(
    office: Counter, clock: StandingClock
) -> None:
    first = await office.reported()
    clock.at = b.MON_10
    await office.do(b.ACCEPT)
    before = await everything(office.ledger)

    repeated = await office.desk.carry_out(again())
    later = b.submission(b.report(), b.ENTERPRISE, expected_version=0, occurred_at=b.MON_9)

    assert repeated == first.model_copy(update={"repeated": True})
    assert await office.desk.carry_out(later) == repeated
    assert await everything(office.ledger) == before
    assert await office.ledger.refusals(STREAM) == []


async def test_through_the_other_door_it_is_the_same_issue_too(office: Counter) -> None:
    first = await office.reported()
    await office.do(b.ACCEPT)

    answer = await office.desk.carry_out_for_workflow(again())

    assert answer.result == first.model_copy(update={"repeated": True})
    assert answer.glimpse.version == 2


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (again(title="The gate is locked"), "another title."),
        (again(text="x", tier=2, actor=b.HEAD), "another actor, text, tier."),
        (again(actor=COLLEAGUE), "another actor."),
        (again(actor=b.OFFICER), "another actor."),
        (again(actor=b.HOTLINE), "another actor."),
        (again(report_id="r-1"), "another report_id."),
    ],
    ids=["title", "three", "colleague", "officer", "service", "report id"],
)
async def test_another_report_under_the_key_is_a_conflict_that_says_what_differs(
    memory: Counter, other: Submission, said: str
) -> None:
    await memory.reported()
    before = await everything(memory.ledger)

    with pytest.raises(ConflictError) as refused:
        await memory.desk.carry_out(other)

    assert refused.value.field == "key"
    assert refused.value.message.endswith(said)
    assert await everything(memory.ledger) == before
    assert len(await memory.ledger.refusals(STREAM)) == 1


async def test_an_officer_is_known_by_the_person_in_whatever_post(memory: Counter) -> None:
    first = await memory.do(b.report(), b.OFFICER)
    moved = Officer(person=b.OFFICER.person, post="coordination")

    repeated = await memory.desk.carry_out(b.submission(b.report(), moved))

    assert repeated == first.model_copy(update={"repeated": True})


async def test_of_two_same_reports_at_once_one_reports_and_both_get_the_issue(
    office: Counter,
) -> None:
    results = await asyncio.gather(*(office.desk.carry_out(again()) for _ in range(4)))

    assert sorted(each.repeated for each in results) == [False, True, True, True]
    assert len({each.command_id for each in results}) == 1
    assert len(await office.ledger.records(STREAM)) == 1
