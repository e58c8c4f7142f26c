"""Closed issues are drawn, told of it, and drawn again by whoever doubts it (R8.5)."""

import builders as b
import builders_callbacks as c
import pytest
from databases import Database
from desks import Counter, StandingClock, counter

from desk.callbacks import Asked, CallbackDesk
from domain.commands_of_callbacks import RecordDraw
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    UnknownZoneError,
)
from domain.people import ENGINE, Officer
from domain.terms import Terms
from ledger.memory import MemoryLedger

HALF = b.terms_of(callbacks={"percent": 50})
KEYS = [f"issue-{number}" for number in range(1, 8)]


def asked(**changes: object) -> Asked:
    """Return a draw of Monday's close-outs."""
    fields = {"id": "d-1", "zone": b.ZONE, "from_at": b.MON_9, "to_at": b.TUE_9, "seed": "s"}
    return Asked.model_validate(fields | changes)


async def week(clock: StandingClock, terms: Terms = HALF, issues: int = 7) -> Counter:
    """A counter in memory on Wednesday, with issues closed out on Monday."""
    office = Counter(MemoryLedger(), clock, terms=terms)
    for key in KEYS[:issues]:
        await office.closed_out(key)
    clock.at = b.WED_9
    return office


async def kinds(office: Counter, stream: str) -> list[str]:
    return [record.kind for record in await office.ledger.records(stream)]


async def test_the_share_of_the_handbook_is_drawn_and_each_drawn_issue_knows(
    clock: StandingClock,
) -> None:
    office = await week(clock)
    drawn = await CallbackDesk(office.desk).draw(asked(), c.SUPERVISOR)

    assert (drawn.row.population, drawn.row.drawn, drawn.recorded) == (7, 4, 4)
    assert (drawn.row.percent, drawn.row.at_least, drawn.repeated) == (50, 1, False)
    assert drawn.row.horizon == await office.ledger.safe_position() - 4
    told = {
        f"{b.ZONE}/{key}"
        for key in KEYS
        if "callback_drawn" in await kinds(office, f"{b.ZONE}/{key}")
    }
    assert told == set(drawn.lots)


async def test_the_same_draw_again_is_a_repeat_and_writes_nothing(clock: StandingClock) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    first = await desk.draw(asked(), c.SUPERVISOR)
    await office.closed_out("late")
    before = await office.ledger.safe_position()

    again = await desk.draw(asked(seed=None), b.COORDINATOR)

    assert (again.row, again.lots) == (first.row, first.lots)
    assert (again.repeated, again.recorded) == (True, 0)
    assert await office.ledger.safe_position() == before


@pytest.mark.parametrize("changes", [{"seed": "t"}, {"from_at": b.MON_10}, {"to_at": b.MON_17}])
async def test_another_draw_under_the_same_id_is_a_conflict(
    clock: StandingClock, changes: dict[str, object]
) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    await desk.draw(asked(), c.SUPERVISOR)

    with pytest.raises(ConflictError) as refused:
        await desk.draw(asked(**changes), c.SUPERVISOR)

    assert next(iter(changes)).removesuffix("_at") in refused.value.message


async def test_a_draw_without_a_seed_gets_one_that_is_recorded(clock: StandingClock) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    rows = [(await desk.draw(asked(id=id_, seed=None), c.SUPERVISOR)).row for id_ in ("x", "y")]

    assert len({row.seed for row in rows}) == 2
    assert all(len(row.seed) == 32 for row in rows)


@pytest.mark.parametrize(
    ("seed", "method"), [("s", "sha256-lowest-1-chosen-seed"), (None, "sha256-lowest-1")]
)
async def test_whether_the_seed_was_chosen_is_kept_with_the_draw(
    clock: StandingClock, seed: str | None, method: str
) -> None:
    office = await week(clock, issues=2)
    desk = CallbackDesk(office.desk)

    assert (await desk.draw(asked(seed=seed), c.SUPERVISOR)).row.method == method
    assert (await desk.redraw("d-1")).differences == ()


async def test_a_draw_goes_on_past_an_issue_that_has_come_up_too_often(
    clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await week(clock, terms=b.terms_of(callbacks={"percent": 100}), issues=2)
    desk = CallbackDesk(office.desk)
    await office.desk.record_draw(b.submission(c.DRAW, ENGINE, key="issue-1", id_="draw:d-0"))
    monkeypatch.setattr("domain.decisions.callbacks.CALLBACKS_MAX", 1)

    drawn = await desk.draw(asked(id="d-2"), c.SUPERVISOR)

    assert (drawn.row.drawn, drawn.recorded) == (2, 1)
    found, listed = await desk.redraw("d-2"), (await desk.draws(b.ZONE, limit=1))[0]
    assert (found.missing, found.over_limit) == ((), (f"{b.ZONE}/issue-1",))
    assert (listed.missing, listed.over_limit, listed.waiting) == (0, 1, 1)


async def test_an_event_with_another_lot_or_of_an_issue_that_did_not_come_up_is_a_difference(
    clock: StandingClock,
) -> None:
    office = await week(clock, issues=3)
    desk = CallbackDesk(office.desk)
    lots = (
        await CallbackDesk((await week(StandingClock(), issues=3)).desk).draw(asked(), c.SUPERVISOR)
    ).lots
    (other,) = {f"{b.ZONE}/{key}" for key in KEYS[:3]} - set(lots)
    first = next(iter(lots))
    for number, stream in enumerate((first, other)):
        command = RecordDraw(draw="d-1", lot=f"{number}" * 64)
        key = stream.partition("/")[2]
        await office.desk.record_draw(b.submission(command, ENGINE, key=key, id_=f"draw:{number}"))
    await desk.draw(asked(), c.SUPERVISOR)

    found = await desk.redraw("d-1")

    assert set(found.differences) == {
        f"{first}: recorded lot {'0' * 64}, drawn again {lots[first]}",
        f"{other}: recorded lot {'1' * 64}, drawn again without it",
    }
    assert (found.missing, found.over_limit) == ((), ())


async def test_a_draw_that_a_crash_stopped_is_found_and_mended(clock: StandingClock) -> None:
    """The draw is kept, and the process dies before any issue is told."""
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    whole = await week(StandingClock())
    kept = await CallbackDesk(whole.desk).draw(asked(), c.SUPERVISOR)
    await office.ledger.put_draw(kept.row)

    found = await desk.redraw("d-1")
    assert found.differences == ()
    assert found.missing == tuple(kept.lots)
    assert (await desk.draws(b.ZONE, limit=9))[0].missing == 4

    mended = await desk.draw(asked(), c.SUPERVISOR)
    assert (mended.repeated, mended.recorded) == (True, 4)
    assert (await desk.redraw("d-1")).missing == ()


async def test_drawn_again_a_draw_that_was_tampered_with_differs(clock: StandingClock) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    await desk.draw(asked(), c.SUPERVISOR)
    assert (await desk.redraw("d-1")).differences == ()

    ledger = office.ledger
    assert isinstance(ledger, MemoryLedger)
    ledger._tables.positions[:] = [
        record for record in ledger._tables.positions if record.stream != f"{b.ZONE}/issue-3"
    ]
    found = await desk.redraw("d-1")

    assert [each.partition(":")[0] for each in found.differences] == [
        "population",
        "population_hash",
        "drawn",
    ]


async def test_the_list_says_how_far_callbacks_and_sign_offs_agree(clock: StandingClock) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    drawn = await desk.draw(asked(), c.SUPERVISOR)
    answers = zip(drawn.lots, (c.AGREES, c.AGREES, c.DISAGREES, c.NOT_REACHED), strict=True)
    for stream, answer in answers:
        await office.do(answer, c.SUPERVISOR, key=stream.partition("/")[2])

    found = (await desk.draws(b.ZONE, limit=9))[0]

    assert (found.issues, found.answered, found.agree, found.disagree) == (4, 3, 2, 1)
    assert (found.not_reached, found.waiting, found.missing) == (1, 0, 0)
    assert found.agreement_percent == 66.7


async def test_of_nobody_who_answered_there_is_no_share(clock: StandingClock) -> None:
    office = await week(clock)
    desk = CallbackDesk(office.desk)
    await desk.draw(asked(), c.SUPERVISOR)

    found = (await desk.draws(b.ZONE, limit=9))[0]

    assert (found.waiting, found.answered, found.agreement_percent) == (4, 0, None)


async def test_an_empty_period_is_a_draw_of_nothing(clock: StandingClock) -> None:
    office = await week(clock, issues=0)
    drawn = await CallbackDesk(office.desk).draw(asked(), c.SUPERVISOR)

    assert (drawn.row.population, drawn.row.drawn, drawn.lots) == (0, 0, {})


@pytest.mark.parametrize("actor", [b.OFFICER, b.AUDITOR, b.HEAD], ids=lambda actor: str(actor.post))
async def test_only_a_coordinator_or_a_supervisor_draws(
    clock: StandingClock, actor: Officer
) -> None:
    office = await week(clock, issues=0)

    with pytest.raises(NotPermittedError) as refused:
        await CallbackDesk(office.desk).draw(asked(), actor)

    assert refused.value.allowed == "coordination, supervision"
    assert await office.ledger.drawing("d-1") is None


async def test_a_zone_without_callbacks_draws_none(clock: StandingClock) -> None:
    office = await week(clock, terms=b.TERMS, issues=0)

    with pytest.raises(InvalidRequestError) as refused:
        await CallbackDesk(office.desk).draw(asked(), c.SUPERVISOR)

    assert "[callbacks]" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"to_at": b.THU_9}, InvalidRequestError),
        ({"to_at": b.MON_9}, InvalidRequestError),
        ({"zone": "elsewhere"}, UnknownZoneError),
    ],
    ids=["future", "empty", "nowhere"],
)
async def test_a_period_or_a_zone_that_is_none_is_refused(
    clock: StandingClock, changes: dict[str, object], error: type[IssueError]
) -> None:
    office = await week(clock, issues=0)

    with pytest.raises(error):
        await CallbackDesk(office.desk).draw(asked(**changes), c.SUPERVISOR)


async def test_too_many_close_outs_are_refused_and_not_cut(
    clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = await week(clock, issues=2)
    for name in ("POPULATION_MAX", "DRAWN_MAX"):
        with monkeypatch.context() as patch:
            patch.setattr(f"desk.callbacks.{name}", 0)
            with pytest.raises(InvalidRequestError) as refused:
                await CallbackDesk(office.desk).draw(asked(), c.SUPERVISOR)
        assert "a shorter period" in str(refused.value)


async def test_a_draw_that_nobody_recorded_cannot_be_drawn_again(clock: StandingClock) -> None:
    office = await week(clock, issues=0)

    with pytest.raises(InvalidRequestError):
        await CallbackDesk(office.desk).redraw("d-9")


async def test_the_ids_of_draws_and_the_noting_of_one_are_the_engines_own(
    clock: StandingClock,
) -> None:
    office = await week(clock, issues=1)

    with pytest.raises(InvalidRequestError):
        await office.do(b.NOTE, id_="draw:d-1/harbour/issue-1")
    with pytest.raises(NotPermittedError):
        await office.do(c.DRAW, c.SUPERVISOR)
    with pytest.raises(NotPermittedError):
        await office.desk.carry_out_for_workflow(b.submission(c.DRAW, ENGINE))


async def test_two_processes_that_draw_at_once_draw_once(database: Database) -> None:
    import asyncio

    clock = StandingClock()
    async with (
        counter(database, clock, terms=HALF) as one,
        counter(database, clock, terms=HALF) as other,
    ):
        for key in KEYS[:4]:
            await one.closed_out(key)
        clock.at = b.WED_9
        drawn = await asyncio.gather(
            CallbackDesk(one.desk).draw(asked(seed=None), c.SUPERVISOR),
            CallbackDesk(other.desk).draw(asked(seed=None), b.COORDINATOR),
            return_exceptions=True,
        )
        rows = [each for each in drawn if not isinstance(each, BaseException)]
        found = await CallbackDesk(one.desk).redraw("d-1")

        assert len(rows) == 2
        assert rows[0].row == rows[1].row
        assert sum(each.recorded for each in rows) == 2
        assert (found.differences, found.missing) == ((), ())


async def test_not_even_in_the_engines_name_is_a_draw_noted_through_the_peoples_door(
    clock: StandingClock,
) -> None:
    office = await week(clock, issues=1)

    with pytest.raises(NotPermittedError):
        await office.do(c.DRAW, ENGINE)
