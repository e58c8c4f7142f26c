"""The ledger in memory keeps the contract."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from contract import MakeLedger
from contract_asof import AsOfContract
from contract_callbacks import CallbacksContract, TextsContract
from contract_exports import ExportsContract
from contract_kin import KinContract
from contract_matters import MattersContract
from contract_matters_past import MattersPastContract
from contract_orders import OrdersContract
from contract_publications import PublicationsContract
from contract_reading import ReadingContract
from contract_receipts import ReceiptsContract
from contract_reports import ReportsContract
from contract_writing import WritingContract

from ledger.memory import MemoryLedger
from ledger.port import Ledger


@asynccontextmanager
async def memory_ledger() -> AsyncIterator[Ledger]:
    yield MemoryLedger()


class TestMemoryLedger(
    WritingContract,
    ReadingContract,
    PublicationsContract,
    OrdersContract,
    MattersContract,
    MattersPastContract,
    KinContract,
    CallbacksContract,
    TextsContract,
    ExportsContract,
    ReceiptsContract,
    ReportsContract,
    AsOfContract,
):
    @pytest.fixture
    def make_ledger(self) -> MakeLedger:
        return memory_ledger
