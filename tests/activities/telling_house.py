"""A desk, its clock, a provider, and what tells people: for tests of telling."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from typing import Any

import builders as b
from temporalio.testing import ActivityEnvironment

from activities.bundling import Bundling
from activities.channels import Letter, NotTakenError, Taken
from activities.channels.journal import JournalChannel
from activities.notifier import Notifier
from demo.virtual import VirtualClock
from desk.desk import Desk
from desk.notifying import NoticeOffice
from desk.shelf import Shelf
from domain.notifying import ReceiptKind
from domain.terms import Terms
from ledger.memory import MemoryLedger
from ledger.receipts import ReceiptRow
from runtime.channels import ChannelBook

STREAM = f"{b.ZONE}/{b.KEY}"
HOUR = timedelta(hours=1)
BOTH_POSTS = [{"post": "grid-east-1", "channel": "bot"}, {"post": "coordination", "channel": "bot"}]
QUIET = {"quiet": {"begins": "22:00", "ends": "07:00"}}
STORM = {"storm": {"threshold": 2, "window_minutes": 10}}


class Provider:
    """Takes letters, or does what it is told to instead."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []
        self.error: NotTakenError | None = None
        self.dies = False

    async def __call__(self, letter: Letter) -> Taken:
        """Take a letter."""
        if self.error is not None:
            raise self.error
        self.letters.append(letter)
        if self.dies:
            raise ConnectionResetError("killed after the provider had it")
        return Taken(ReceiptKind.DELIVERED, "0")


class House:
    """A desk, its clock, a provider, and what tells people."""

    def __init__(
        self,
        terms: Terms = b.TERMS,
        tell: list[dict[str, Any]] | None = None,
        ledger: MemoryLedger | None = None,
    ) -> None:
        self.clock = VirtualClock(b.MON_9)
        self.ledger = ledger or MemoryLedger()
        self.desk = Desk(self.ledger, Shelf(self.ledger, {b.ZONE: terms}), self.clock)
        self.provider = Provider()
        book = {
            "channels": {"bot": {"kind": "wecom", "url": "https://bot.example.com/k"}},
            "tell": BOTH_POSTS if tell is None else tell,
        }
        self.office = NoticeOffice(self.desk, ChannelBook.model_validate(book))
        self.restart()

    def restart(self) -> None:
        """Have another process do the telling from now on."""
        self.notifier = Notifier(self.desk, JournalChannel(), self.office, self.provider)
        self.bundling = Bundling(self.office, self.provider)

    async def report(self, key: str = b.KEY, **fields: Any) -> list[str]:
        """Report an issue: its officer and the coordinator are to be told."""
        await self.desk.carry_out(b.submission(b.report(**fields), b.ENTERPRISE, key=key))
        return [each.id for each in await self.ledger.notices(f"{b.ZONE}/{key}")]

    async def tell(self, *ids: str, attempt: int = 1) -> None:
        """Tell notices as their workflow would."""
        environment = ActivityEnvironment()
        environment.info = replace(environment.info, attempt=attempt)
        for id_ in ids:
            await environment.run(self.notifier.tell, id_)

    async def flush(self) -> int:
        """Do one round of sending what was held back."""
        return await ActivityEnvironment().run(self.bundling.flush_notices)

    async def receipts(self, key: str = b.KEY) -> list[ReceiptRow]:
        """Return the receipts of an issue."""
        return await self.ledger.receipts(f"{b.ZONE}/{key}")

    async def what(self, key: str = b.KEY) -> Counter[tuple[str, str]]:
        """Count receipts by channel and kind."""
        return Counter((each.channel, each.what.value) for each in await self.receipts(key))
