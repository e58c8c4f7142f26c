"""What every ledger does with draws of closed issues, and with the texts of reports."""

from dataclasses import replace
from datetime import timedelta

from contract import LedgerContract
from lives import Life, at, closed_out, note, reported, write

from domain.drawing import CloseOut
from domain.events import IssueClosedOut, IssueReopened
from domain.events_of_callbacks import CallbackDrawn
from domain.events_of_kin import SuggestionJudged
from domain.likeness import bigrams, plain
from domain.people import ENGINE
from domain.phases import Outcome, SignOffOutcome
from ledger.draws import DrawRow
from ledger.port import Ledger
from ledger.texts import JudgedRow, TextRow

DRAW = DrawRow(
    id="d-1",
    zone="z1",
    seed="s",
    from_at=at(0),
    to_at=at(24),
    horizon=7,
    percent=10,
    at_least=1,
    population=3,
    population_hash="ab" * 32,
    drawn=1,
    method="m-1",
    drawn_at=at(25),
    actor='{"kind":"engine"}',
)
SINCE = at(-24)


def ended(outcome: Outcome, hours: float) -> IssueClosedOut:
    """An end of another kind than `closed_out`."""
    changes = {"outcome": outcome, "sign_off": SignOffOutcome.WITHDRAWN}
    return closed_out(hours).model_copy(update=changes)


def reopened(hours: float) -> IssueReopened:
    """Taken up again."""
    return IssueReopened(
        at=at(hours), by=ENGINE, reason="Again.", tier=1, owner="street", owner_person=None
    )


def judged(hours: float, *, same: bool, method: str = "m-1", of: str = "other") -> SuggestionJudged:
    """What somebody made of a suggestion."""
    return SuggestionJudged(
        at=at(hours), by=ENGINE, suggested=of, same=same, score=80, method=method
    )


def drawn(hours: float, draw: str, lot: str) -> CallbackDrawn:
    """Come up in a draw."""
    return CallbackDrawn(at=at(hours), by=ENGINE, draw=draw, lot=lot)


async def live(ledger: Ledger, key: str, *events: object, zone: str = "z1") -> Life:
    """Write an issue, one command for all its events."""
    life = Life(key, zone)
    await write(ledger, life.step(*events))  # type: ignore[arg-type]  # events of any kind
    return life


async def keys(ledger: Ledger, title: str, text: str = "", zone: str = "z1") -> list[str]:
    """Return what shares pairs with a text, by key."""
    pairs = bigrams(plain(title, text).whole)
    rows = await ledger.like(zone, pairs, since=SINCE, limit=10)
    return [row.stream.partition("/")[2] for row in rows]


class CallbacksContract(LedgerContract):
    """Populations and draws."""

    async def test_the_close_outs_of_a_zone_and_a_period_are_what_is_drawn_from(
        self, ledger: Ledger
    ) -> None:
        await live(ledger, "b", reported(), closed_out(8))
        await live(ledger, "a", reported(), closed_out(4), reopened(5), closed_out(9))
        await live(ledger, "reviewed", reported(), ended(Outcome.CLOSED_BY_REVIEW, 6))
        await live(ledger, "withdrawn", reported(), ended(Outcome.WITHDRAWN, 6))
        await live(ledger, "before", reported(), closed_out(3.99))
        await live(ledger, "after", reported(), closed_out(10))
        await live(ledger, "c", reported(), closed_out(8), zone="z11")
        horizon = await ledger.safe_position()

        found = await ledger.close_outs("z1", at(4), at(10), horizon=horizon, limit=9)

        listed = [("a", 2), ("a", 4), ("b", 2), ("reviewed", 2)]
        assert found == [CloseOut(f"z1/{key}", version) for key, version in listed]
        assert await ledger.close_outs("z1", at(4), at(10), horizon=horizon, limit=3) == found[:3]

    async def test_what_was_recorded_after_the_horizon_is_not_drawn_from(
        self, ledger: Ledger
    ) -> None:
        await live(ledger, "a", reported(), closed_out(4))
        horizon = await ledger.safe_position()
        await live(ledger, "b", reported(), closed_out(4))

        found = await ledger.close_outs("z1", at(0), at(10), horizon=horizon, limit=9)

        assert found == [CloseOut("z1/a", 2)]

    async def test_a_draw_is_kept_once_and_read_back(self, ledger: Ledger) -> None:
        assert await ledger.drawing("d-1") is None
        assert await ledger.put_draw(DRAW)
        assert not await ledger.put_draw(replace(DRAW, seed="other"))
        assert await ledger.drawing("d-1") == DRAW

    async def test_what_issues_recorded_of_a_draw_is_found_with_its_lots(
        self, ledger: Ledger
    ) -> None:
        await live(ledger, "b", reported(), closed_out(4), drawn(5, "d-1", "2" * 64))
        await live(ledger, "a", reported(), closed_out(4), drawn(5, "d-1", "1" * 64))
        await live(ledger, "c", reported(), closed_out(4), drawn(5, "d-2", "3" * 64))
        await live(ledger, "d", reported(), closed_out(4), drawn(5, "d-1", "4" * 64), zone="z11")

        assert await ledger.lots("z1", "d-1") == [("z1/a", "1" * 64), ("z1/b", "2" * 64)]

    async def test_a_command_without_events_is_told_from_one_with_and_from_none(
        self, ledger: Ledger
    ) -> None:
        life = Life("a", "z1")
        await write(ledger, with_events := life.step(reported()))
        await write(ledger, silent := life.step())

        ids = [with_events.command.id, silent.command.id, "draw:none"]
        assert await ledger.without_events(ids) == {silent.command.id}

    async def test_the_draws_of_a_zone_come_newest_first(self, ledger: Ledger) -> None:
        rows = [
            replace(DRAW, id="d-2", drawn_at=at(30)),
            replace(DRAW, id="d-3", drawn_at=at(30)),
            DRAW,
        ]
        for row in (*reversed(rows), replace(DRAW, id="d-4", zone="z11")):
            await ledger.put_draw(row)
        assert await ledger.draws("z1", limit=9) == rows
        assert await ledger.draws("z1", limit=2) == rows[:2]

    async def test_issues_are_read_by_their_streams(self, ledger: Ledger) -> None:
        for key in "cab":
            await live(ledger, key, reported())
        rows = await ledger.issues(["z1/c", "z1/a", "z1/missing", "z1/a"])
        assert [row.issue.stream for row in rows] == ["z1/a", "z1/c"]

    async def test_a_stream_begins_with_the_command_that_reported(self, ledger: Ledger) -> None:
        life = await live(ledger, "a", reported())
        await write(ledger, life.step(note()))
        first = await ledger.first_command("z1/a")
        assert first is not None
        assert (first.id, first.first_version) == ("z1/a#1", 1)
        assert await ledger.first_command("z1/b") is None

    async def test_a_command_is_found_by_its_stream_and_id(self, ledger: Ledger) -> None:
        life = await live(ledger, "a", reported())
        await live(ledger, "b", reported())
        await write(ledger, life.step(note()))
        found = await ledger.command("z1/a", "z1/a#1")
        assert found is not None
        assert (found.stream, found.id, found.first_version) == ("z1/a", "z1/a#1", 1)
        assert await ledger.command("z1/b", "z1/a#1") is None


class TextsContract(LedgerContract):
    """Texts of reports, and what is found by them."""

    async def test_a_report_is_found_by_what_it_tells_from_its_commit_on(
        self, ledger: Ledger
    ) -> None:
        life = await live(ledger, "a", reported(title="二号车间停电三十二小时"))
        await write(ledger, life.step(note()))
        await live(ledger, "b", reported(title="园区道路封闭"))
        found = await ledger.like("z1", bigrams("停电32小时"), since=SINCE, limit=10)
        assert [(row.stream, row.shared, row.title) for row in found] == [
            ("z1/a", 5, "二号车间停电三十二小时")
        ]
        assert found[0].plain.startswith("2号车间停电32小时")
        assert (found[0].enterprise, found[0].category) == ("E001", "lifts")
        assert (found[0].phase, found[0].outcome) == ("intake", None)

    async def test_most_is_shared_first_then_the_newest(self, ledger: Ledger) -> None:
        await live(ledger, "some", reported(0, title="停电"))
        await live(ledger, "old", reported(1, title="停电三天"))
        await live(ledger, "new", reported(2, title="停电三天"))
        await live(ledger, "far", reported(2, title="停电三天"), zone="z11")
        assert await keys(ledger, "停电三天") == ["new", "old", "some"]
        pairs = bigrams(plain("停电三天", "").whole)
        limited = await ledger.like("z1", pairs, since=at(1), limit=1)
        since = await ledger.like("z1", pairs, since=at(2) - timedelta(minutes=1), limit=9)
        assert [row.stream for row in limited] == [row.stream for row in since] == ["z1/new"]

    async def test_an_issue_that_is_closed_is_found_and_says_so(self, ledger: Ledger) -> None:
        await live(ledger, "a", reported(title="停电三天"), closed_out(4))
        pairs = bigrams(plain("停电三天", "").whole)
        found = await ledger.like("z1", pairs, since=SINCE, limit=9)
        assert [(row.phase, row.outcome) for row in found] == [("closed", "closed_out")]

    async def test_nothing_is_left_unread_and_what_is_read_stays(self, ledger: Ledger) -> None:
        await live(ledger, "a", reported(title="停电三天"))
        assert await ledger.unread_reports("z1", after="", limit=9) == []
        await ledger.put_texts([TextRow("z1/a", "z1", at(0), "other", ("ot", "th"))])
        assert await keys(ledger, "停电三天") == ["a"]
        assert await keys(ledger, "other") == []

    async def test_a_report_without_a_letter_is_kept_and_never_found(self, ledger: Ledger) -> None:
        silent = reported(title="——").model_copy(update={"text": "！？"})
        await live(ledger, "a", silent)
        assert await ledger.unread_reports("z1", after="", limit=9) == []
        assert await keys(ledger, "停电三天", "It stands.") == []

    async def test_of_each_judged_suggestion_the_last_verdict_counts_by_method(
        self, ledger: Ledger
    ) -> None:
        often = (judged(hour, same=True) for hour in (1, 2, 3))
        await live(ledger, "a", reported(), *often, judged(4, same=False))
        await live(ledger, "b", reported(), judged(1, same=True), judged(2, same=True, method="n"))
        await live(ledger, "d", reported(), judged(1, same=True), judged(2, same=True, of="third"))
        await live(ledger, "c", reported(), judged(1, same=False), zone="z11")
        assert await ledger.judged("z1") == [
            JudgedRow("m-1", False, 1),
            JudgedRow("m-1", True, 3),
            JudgedRow("n", True, 1),
        ]
