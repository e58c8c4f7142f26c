"""What every ledger does with saved views."""

import asyncio
from datetime import UTC, datetime, timedelta

from contract import LedgerContract

from ledger.port import Ledger
from ledger.saved_views import VIEWS_MAX, SavedViewRow, SavedViewsFullError

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)


def view(
    name: str, query: str = "light=red", *, of: str = "user:a", zone: str = "z"
) -> SavedViewRow:
    return SavedViewRow(of, zone, name, query, AT)


async def kept(ledger: Ledger, row: SavedViewRow) -> bool:
    try:
        await ledger.put_saved_view(row)
    except SavedViewsFullError:
        return False
    return True


class SavedViewsContract(LedgerContract):
    async def test_views_are_listed_by_name_of_one_principal_in_one_zone(
        self, ledger: Ledger
    ) -> None:
        rows = [
            view("late"),
            view("汇总"),
            view("Late"),
            view("x", of="user:b"),
            view("y", zone="w"),
        ]
        for row in rows:
            await ledger.put_saved_view(row)
        found = await ledger.saved_views("user:a", "z")
        assert found == [rows[2], rows[0], rows[1]]
        assert await ledger.saved_views("user:b", "z") == [rows[3]]
        assert await ledger.saved_views("user:c", "z") == []

    async def test_a_view_of_the_same_name_is_replaced(self, ledger: Ledger) -> None:
        await ledger.put_saved_view(view("late"))
        again = SavedViewRow("user:a", "z", "late", "tier=2", AT + timedelta(hours=1))
        await ledger.put_saved_view(again)
        assert await ledger.saved_views("user:a", "z") == [again]

    async def test_a_view_is_forgotten_by_its_owner_alone(self, ledger: Ledger) -> None:
        await ledger.put_saved_view(view("late"))
        assert not await ledger.forget_saved_view("user:b", "z", "late")
        assert not await ledger.forget_saved_view("user:a", "w", "late")
        assert await ledger.forget_saved_view("user:a", "z", "late")
        assert not await ledger.forget_saved_view("user:a", "z", "late")

    async def test_there_are_only_so_many_whoever_saves_at_the_same_moment(
        self, ledger: Ledger
    ) -> None:
        for n in range(VIEWS_MAX - 2):
            assert await kept(ledger, view(f"v{n:02}"))
        together = await asyncio.gather(*(kept(ledger, view(f"w{n}")) for n in range(4)))
        assert sum(together) == 2
        assert len(await ledger.saved_views("user:a", "z")) == VIEWS_MAX
        assert await kept(ledger, view("v00", "tier=1"))
        assert await kept(ledger, view("more", zone="w"))
        assert await ledger.forget_saved_view("user:a", "z", "v05")
        assert await kept(ledger, view("more"))
        assert not await kept(ledger, view("too many"))
