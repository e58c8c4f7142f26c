"""What every ledger does with published figures, and with the events that they are made from."""

from dataclasses import replace

from contract import LedgerContract
from contract_callbacks import live
from lives import Life, at, closed_out, note, reported, write

from ledger.figures import FigureRow
from ledger.port import Ledger

FIGURE = FigureRow(
    sequence=0,
    definition="on_time",
    revision=1,
    scope="z1",
    from_at=at(0),
    to_at=at(24),
    horizon=7,
    digits='{"all":{}}',
    restates=None,
    at=at(25),
    author="coordination (a)",
    reason="The month is over.",
)


async def put(ledger: Ledger, **changes: object) -> FigureRow:
    """Keep a figure that nobody has published before."""
    row = await ledger.put_figure(replace(FIGURE, **changes))  # type: ignore[arg-type]  # any field
    assert row is not None
    return row


class FiguresContract(LedgerContract):
    """Figures, and prefixes of zones."""

    async def test_a_figure_is_kept_and_read_back(self, ledger: Ledger) -> None:
        row = await put(ledger)

        assert row == replace(FIGURE, sequence=row.sequence)
        assert await ledger.figure(row.sequence) == row
        assert await ledger.figure(row.sequence + 1) is None

    async def test_one_definition_scope_and_period_is_published_once(self, ledger: Ledger) -> None:
        row = await put(ledger)

        for again in (FIGURE, replace(FIGURE, revision=2, horizon=9, digits="{}")):
            assert await ledger.put_figure(again) is None
        others = [
            await put(ledger, scope="z1/roads"),
            await put(ledger, definition="standing"),
            await put(ledger, to_at=at(48)),
        ]
        assert len({each.sequence for each in (row, *others)}) == 4

    async def test_a_figure_is_restated_once_and_the_restatement_is_in_force(
        self, ledger: Ledger
    ) -> None:
        row = await put(ledger)
        restated = await put(ledger, restates=row.sequence, horizon=9)
        assert await ledger.put_figure(replace(FIGURE, restates=row.sequence)) is None
        again = await put(ledger, restates=restated.sequence)

        subject = (FIGURE.definition, FIGURE.scope, FIGURE.from_at, FIGURE.to_at)
        assert await ledger.newest_figure(*subject) == again
        assert await ledger.newest_figure("standing", *subject[1:]) is None

    async def test_figures_are_listed_newest_first_by_zone_and_definition(
        self, ledger: Ledger
    ) -> None:
        first = await put(ledger)
        of_unit = await put(ledger, scope="z1/roads")
        elsewhere = await put(ledger, scope="z11")
        other = await put(ledger, definition="standing")

        async def listed(zone: str | None, definition: str | None = None) -> list[FigureRow]:
            return await ledger.figures(zone=zone, definition=definition, before=None, limit=9)

        assert await listed(None) == [other, elsewhere, of_unit, first]
        assert await listed("z1") == [other, of_unit, first]
        assert await listed("z1", "on_time") == [of_unit, first]
        page = await ledger.figures(zone=None, definition=None, before=other.sequence, limit=2)
        assert page == [elsewhere, of_unit]

    async def test_the_prefix_of_a_zone_is_read_stream_by_stream_up_to_a_position(
        self, ledger: Ledger
    ) -> None:
        b, a = Life("b"), Life("a")
        await write(ledger, b.step(reported()))
        await write(ledger, a.step(reported(), note(1)))
        await live(ledger, "c", reported(), zone="z11")
        await live(ledger, "c", reported(), zone="z")
        await write(ledger, b.step(closed_out(2)))
        horizon = await ledger.safe_position()
        await write(ledger, a.step(note(3)))

        async def read(horizon: int, limit: int) -> list[tuple[int, str, int]]:
            found, after = [], ("", 0)
            while page := await ledger.prefix("z1", after=after, horizon=horizon, limit=limit):
                found += [(position, each.stream, each.version) for position, each in page]
                after = page[-1][1].stream, page[-1][1].version
            return found

        whole = [(2, "z1/a", 1), (3, "z1/a", 2), (1, "z1/b", 1), (6, "z1/b", 2)]
        for limit in (1, 3, 9):
            assert await read(horizon, limit) == whole
        assert await read(2, 9) == [(2, "z1/a", 1), (1, "z1/b", 1)]
        assert await read(0, 9) == []
