"""What every ledger shows of what was written: projections, lists, the outbox."""

import asyncio

import pytest
from contract import LedgerContract
from lives import (
    DAY,
    Life,
    accepted,
    at,
    closed_out,
    dried,
    flooded,
    note,
    reported,
    rung_fired,
    told,
    write,
)

from domain.canonical import sha256
from domain.chain import breaks
from ledger.port import (
    HistoryRow,
    Ledger,
    Refusal,
)


class ReadingContract(LedgerContract):
    """Projections, lists, other tables, the outbox."""

    # Projections ---------------------------------------------------------------------------

    async def test_a_reset_leaves_the_row_of_the_cycle_that_ended(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(accepted("No-1", 1)))
        ended, present = await ledger.clocks("z1/a")
        assert (ended.cycle, ended.standing, ended.verdict) == (1, "stopped", "met")
        assert (ended.elapsed_ms, ended.due_at) == (3_600_000, None)
        assert (present.cycle, present.standing, present.verdict) == (2, "running", None)
        assert present.due_at == at(1) + DAY

    async def test_a_firing_is_done_when_its_last_notice_is(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(rung_fired("half", 13), tell=["x", "y"], ring=True))
        first, second = await ledger.notices("z1/a")
        assert [first.id, second.id] == ["z1/a/2/x", "z1/a/2/y"]

        await ledger.mark_delivered(first.id, at(14))
        assert (await ledger.firings("z1/a"))[0].effect_done_at is None
        await ledger.mark_delivered(second.id, at(15))
        await ledger.mark_delivered(second.id, at(99))
        (firing,) = await ledger.firings("z1/a")
        assert (firing.due_at, firing.fired_at, firing.ring) == (at(12), at(13), True)
        assert firing.effect_done_at == at(15)
        delivered = await ledger.notice(second.id)
        assert delivered is not None
        assert delivered.delivered_at == at(15)
        assert await ledger.notice("none") is None

    async def test_last_deliveries_at_one_moment_end_the_firing(self, ledger: Ledger) -> None:
        names = [f"post{number}" for number in range(8)]
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(rung_fired("half", 13), tell=names))
        notices = await ledger.notices("z1/a")
        await asyncio.gather(*(ledger.mark_delivered(n.id, at(14)) for n in notices))
        assert (await ledger.firings("z1/a"))[0].effect_done_at == at(14)

    async def test_a_firing_that_tells_nobody_is_done_at_once(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await write(ledger, life.step(rung_fired("half", 13)))
        assert (await ledger.firings("z1/a"))[0].effect_done_at == at(13)

    async def test_undelivered_notices_show_oldest_first_and_at_most_twenty(
        self, ledger: Ledger
    ) -> None:
        life = Life("a")
        await write(ledger, life.step(reported(), tell=["old"]))
        await write(ledger, life.step(note(), tell=[f"p{number:02}" for number in range(30)]))
        row = await ledger.issue("z1/a")
        assert row is not None
        assert len(row.notices) == 20
        assert row.notices[:2] == ("z1/a/1/old", "z1/a/2/p00")
        await ledger.mark_delivered("z1/a/1/old", at(3))
        row = await ledger.issue("z1/a")
        assert row is not None
        assert row.notices[0] == "z1/a/2/p00"

    # Lists ---------------------------------------------------------------------------------

    async def test_the_list_is_narrowed_by_each_filter(self, ledger: Ledger) -> None:
        open_, closed, other = Life("open"), Life("closed"), Life("other", "z2")
        await write(ledger, open_.step(reported(owner="district")))
        await write(ledger, other.step(reported(100)))
        await write(ledger, closed.step(reported()))
        await write(ledger, closed.step(accepted("No-7"), closed_out(2, cycle=2)))

        async def found(**filters: object) -> list[str]:
            return [row.issue.key for row in await ledger.find(**filters)]  # type: ignore[arg-type]  # any filter

        assert await found() == ["closed", "open", "other"]
        assert await found(zone="z2") == ["other"]
        assert await found(phase="closed") == ["closed"]
        assert await found(owner="district") == ["open"]
        assert await found(category="lifts", zone="z1") == ["closed", "open"]
        assert await found(category="none") == []
        assert await found(number="No-7") == ["closed"]
        assert await found(open_only=True) == ["open", "other"]
        assert await found(overdue_at=at(25)) == ["open"]
        assert await found(overdue_at=at(24)) == []
        assert await found(after="z1/closed", limit=1) == ["open"]
        assert await found(limit=0) == ["closed"]

    async def test_issues_are_found_by_their_incident_over_as_well_as_open(
        self, ledger: Ledger
    ) -> None:
        """Whatever a title says: neither a field's name in it nor a hash makes it one of them."""
        said = '"incident":{"id":"flood"}'
        wet, dry, other, dreamt = Life("wet"), Life("dry"), Life("other", "z2"), Life("dreamt")
        for life in (wet, dry, other):
            await write(ledger, life.step(reported()))
            await write(ledger, life.step(flooded(incident="storm" if life is other else "flood")))
        await write(ledger, dry.step(dried(1)))
        await write(ledger, dreamt.step(reported(title=said)))

        async def found(incident: str, **filters: object) -> list[str]:
            rows = await ledger.find(incident=incident, **filters)  # type: ignore[arg-type]  # any filter
            return [row.issue.key for row in rows]

        assert await found("flood") == ["dry", "wet"]
        assert await found("flood", after="z1/dry") == ["wet"]
        assert await found("storm", zone="z2") == ["other"]
        assert await found("storm", zone="z1") == []
        assert await found("drought") == []

    async def test_streams_come_by_code_point_in_batches(self, ledger: Ledger) -> None:
        keys = ["b", "A", "a-1", "a1", "a", "B"]
        for key in keys:
            await write(ledger, Life(key).step(reported()))
        expected = [f"z1/{key}" for key in sorted(keys)]
        assert [stream async for stream in ledger.streams(batch=2)] == expected
        assert [row.issue.stream for row in await ledger.find()] == expected

    async def test_overdue_issues_are_those_whose_next_rung_has_passed(
        self, ledger: Ledger
    ) -> None:
        late, later, closed = Life("late"), Life("later"), Life("closed")
        await write(ledger, later.step(reported(5)))
        await write(ledger, late.step(reported()))
        await write(ledger, closed.step(reported(), closed_out(1)))
        assert [row.issue.key for row in await ledger.overdue(at(18), 10)] == ["late", "later"]
        assert [row.issue.key for row in await ledger.overdue(at(18), 1)] == ["late"]
        assert await ledger.overdue(at(12), 10) == []

    async def test_the_next_rung_of_all_is_the_first_of_any_open_issue(
        self, ledger: Ledger
    ) -> None:
        assert await ledger.next_due_at() is None
        life = Life("a")
        await write(ledger, Life("later").step(reported(5)))
        await write(ledger, life.step(reported()))
        assert await ledger.next_due_at() == at(12)
        await write(ledger, life.step(closed_out(1)))
        assert await ledger.next_due_at() == at(17)

    async def test_notices_to_be_delivered_are_counted(self, ledger: Ledger) -> None:
        await told(ledger, "a", "x", "y")
        assert await ledger.undelivered() == 2
        await ledger.mark_delivered("z1/a/1/x", at(1))
        assert await ledger.undelivered() == 1

    async def test_followers_read_events_of_all_streams_in_order(self, ledger: Ledger) -> None:
        assert await ledger.safe_position() == 0
        assert await ledger.follow(0, 10) == []
        first, second = Life("a").step(reported(), note()), Life("b").step(reported())
        await write(ledger, first)
        await write(ledger, second)
        followed = await ledger.follow(0, 10)
        assert [record for _, record in followed] == [*first.records, *second.records]
        assert followed[-1][0] == await ledger.safe_position()
        assert await ledger.follow(followed[1][0], 10) == followed[2:]
        assert await ledger.follow(0, 1) == followed[:1]

    # Everything else that is kept ----------------------------------------------------------

    async def test_terms_stay_as_they_were_first_kept(self, ledger: Ledger) -> None:
        hash_ = sha256("text")
        await ledger.put_terms(hash_, "z1", "text", at(0))
        await ledger.put_terms(hash_, "z1", "other", at(1))
        assert await ledger.terms(hash_) == "text"
        assert await ledger.terms(sha256("other")) is None

    async def test_refusals_are_kept_in_order_and_may_repeat(self, ledger: Ledger) -> None:
        kept = [
            Refusal("c1", "z1/a", "accept", at(hours), "desk", "wrong_phase", "销号")
            for hours in (2, 1)
        ]
        for refusal in kept:
            await ledger.put_refusal(refusal)
        assert await ledger.refusals("z1/a") == kept
        assert await ledger.refusals("z1/a", 1, 1) == kept[1:2]
        assert await ledger.refusals("z1/a", len(kept)) == []
        assert await ledger.refusals("z1/b") == []

    async def test_a_history_is_kept_once(self, ledger: Ledger) -> None:
        row = HistoryRow("run1", "issue/z1/a", "completed", 12, sha256("x"), b"\x1f\x8b\x00", at(9))
        early = HistoryRow("run2", "issue/z1/b", "completed", 3, sha256("y"), b"", at(1))
        assert await ledger.put_history(row) is True
        assert await ledger.put_history(row) is False
        assert await ledger.put_history(early) is True
        assert await ledger.histories() == [early, row]
        assert await ledger.histories("issue/z1/a") == [row]
        assert await ledger.archived(["run2", "run3"]) == {"run2"}
        assert await ledger.archived_workflows("", 1) == ["issue/z1/a"]
        assert await ledger.archived_workflows("issue/z1/a", 9) == ["issue/z1/b"]

    async def test_text_of_any_script_comes_back(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported(title="三号楼电梯困人 🛗")))
        row = await ledger.issue("z1/a")
        assert row is not None
        assert row.issue.title == "三号楼电梯困人 🛗"
        assert list(breaks(await ledger.records("z1/a"))) == []

    # Outbox --------------------------------------------------------------------------------

    async def test_pokes_are_distinct_issues_with_all_their_rows(self, ledger: Ledger) -> None:
        busy = await told(ledger, "busy", "x")
        for hours in range(3):
            await write(ledger, busy.step(note(hours), poke=True))
        await told(ledger, "calm")
        assert await ledger.outbox_size() == 2
        async with ledger.take_pokes(1) as batch:
            (poke,) = batch.pokes
            assert poke.row.issue == busy.issue
            assert poke.row.notices == ("z1/busy/1/x",)
            await batch.done(["z1/busy"])
        assert await ledger.outbox_size() == 1
        async with ledger.take_pokes(10) as batch:
            assert [poke.row.issue.key for poke in batch.pokes] == ["calm"]

    async def test_what_did_not_succeed_stays(self, ledger: Ledger) -> None:
        for key in ("a", "b", "c"):
            await told(ledger, key)
        async with ledger.take_pokes(10) as batch:
            await batch.done(["z1/b", "z1/unknown"])
        async with ledger.take_pokes(10) as batch:
            assert [poke.row.issue.key for poke in batch.pokes] == ["a", "c"]

    async def test_what_was_done_stays_done_when_the_relay_fails(self, ledger: Ledger) -> None:
        for key in ("a", "b"):
            await told(ledger, key)

        async def fail() -> None:
            async with ledger.take_pokes(10) as batch:
                await batch.done(["z1/a"])
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            await fail()
        async with ledger.take_pokes(10) as batch:
            assert [poke.row.issue.key for poke in batch.pokes] == ["b"]

    async def test_two_relays_share_the_outbox(self, ledger: Ledger) -> None:
        for number in range(6):
            await told(ledger, f"i{number}")
        async with ledger.take_pokes(3) as one, ledger.take_pokes(3) as other:
            keys = [[poke.row.issue.key for poke in batch.pokes] for batch in (one, other)]
            async with ledger.take_pokes(3) as third:
                assert third.pokes == ()
        assert keys == [["i0", "i1", "i2"], ["i3", "i4", "i5"]]

    async def test_a_row_written_while_its_issue_is_taken_is_not_lost(self, ledger: Ledger) -> None:
        life = await told(ledger, "a")
        async with ledger.take_pokes(5) as batch:
            await write(ledger, life.step(note(), poke=True))
            await batch.done(["z1/a"])
        async with ledger.take_pokes(5) as batch:
            assert [poke.row.issue.version for poke in batch.pokes] == [2]

    async def test_answers_of_the_workflow_are_kept(self, ledger: Ledger) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        assert not await ledger.mark_answered("z1/a", at(12), 99)
        assert await ledger.mark_answered("z1/a", at(12), life.issue.version)
        row = await ledger.issue("z1/a")
        assert row is not None
        assert (row.answered, row.armed_due_at) == (True, at(12))

        assert await ledger.mark_unanswered(["z1/a", "z1/unknown"]) == 1
        row = await ledger.issue("z1/a")
        assert row is not None
        assert (row.answered, row.armed_due_at) == (False, None)
        async with ledger.take_pokes(5) as batch:
            assert [poke.row.issue.key for poke in batch.pokes] == ["a"]

    async def test_who_is_silent_is_poked_once_more_and_who_has_answered_is_not(
        self, ledger: Ledger
    ) -> None:
        life = Life("a")
        await write(ledger, life.step(reported()))
        await ledger.mark_unanswered(["z1/a"])
        assert await ledger.mark_unanswered(["z1/a"], silent=True) == 0  # one waits
        async with ledger.take_pokes(5) as batch:
            await batch.done(["z1/a"])
        assert await ledger.mark_unanswered(["z1/a", "z1/unknown"], silent=True) == 1
        assert await ledger.outbox_size() == 1
        async with ledger.take_pokes(5) as batch:
            await batch.done(["z1/a"])
        assert await ledger.mark_answered("z1/a", at(12), life.issue.version)
        assert await ledger.mark_unanswered(["z1/a"], silent=True) == 0
        row = await ledger.issue("z1/a")
        assert row is not None
        assert (row.answered, row.armed_due_at) == (True, at(12))
