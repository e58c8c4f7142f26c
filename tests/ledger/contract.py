"""What every ledger does, whatever it keeps its rows in: the fixtures that the parts share."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import pytest

from ledger.port import Ledger

MakeLedger = Callable[[], AbstractAsyncContextManager[Ledger]]


class LedgerContract(ABC):
    """The base of the parts of the contract; one test class a ledger has them all."""

    @pytest.fixture
    @abstractmethod
    def make_ledger(self) -> MakeLedger:
        """Return what opens an empty ledger."""

    @pytest.fixture
    async def ledger(self, make_ledger: MakeLedger) -> AsyncIterator[Ledger]:
        """An empty ledger."""
        async with make_ledger() as ledger:
            yield ledger
