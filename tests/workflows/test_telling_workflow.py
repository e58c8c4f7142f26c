"""Telling on the real server: a bot that fails and comes back, and a storm that is flushed."""

from collections import Counter
from datetime import timedelta

import builders as b
import pytest
from cities import City, city_on
from databases import Database
from deep import IN_CHECK
from temporalio.client import Client

from activities.channels import Letter, NotTakenError, Taken, postman
from domain.notifying import ReceiptKind
from runtime.channels import ChannelBook
from worker import make_worker
from workflows.upkeep import NoticesWorkflow

pytestmark = IN_CHECK

BOOK = ChannelBook.model_validate(
    {
        "channels": {"bot": {"kind": "wecom", "url": "https://bot.example.com/k"}},
        "tell": [{"post": post, "channel": "bot"} for post in ("grid-east-1", "coordination")],
    }
)
TERMS = b.terms_of(telling={"storm": {"threshold": 1, "window_minutes": 10}})


class Provider:
    """Refuses the first letters for now, and takes the others."""

    def __init__(self, refuses: int) -> None:
        self.refuses = refuses
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> Taken:
        """Take a letter, or not yet."""
        if self.refuses:
            self.refuses -= 1
            raise NotTakenError("code 45009")
        self.letters.append(letter)
        return Taken(ReceiptKind.DELIVERED, "0")


async def what(city: City, key: str) -> Counter[tuple[str, str]]:
    """Count receipts by channel and kind."""
    receipts = await city.ledger.receipts(f"{b.ZONE}/{key}")
    return Counter((each.channel, each.what.value) for each in receipts)


async def test_what_a_bot_refuses_for_now_it_is_given_again_and_a_storm_ends_as_one_message(
    database: Database, temporal: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider = Provider(refuses=2)
    monkeypatch.setitem(postman.SENDERS, "wecom", provider)
    async with (
        city_on(database, temporal, terms=TERMS, worker=False) as city,
        make_worker(city.client, city.desk, task_queue=city.task_queue, channels=BOOK),
    ):
        await city.do(b.report(), b.ENTERPRISE)
        assert (await what(city, city.key))["bot", "failed"] in (1, 2)
        provider.refuses = 0
        waiting = await city.ledger.held_count()
        told = (await what(city, city.key))["bot", "delivered"]
        assert waiting + told == 2  # whichever of the two came first to the one address
        other = city.another("storm")
        await city.do(b.report(), b.ENTERPRISE, key=other)
        assert await what(city, other) == {("inbox", "delivered"): 2, ("bot", "bundled"): 2}
        city.clock.at += timedelta(minutes=10)
        handle = await city.client.start_workflow(
            NoticesWorkflow.run, id=f"flush/{city.task_queue}", task_queue=city.task_queue
        )
        assert await handle.result() == waiting + 2
        assert await city.ledger.held_count() == 0
        assert (await what(city, other))["bot", "delivered"] == 2
