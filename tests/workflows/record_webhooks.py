"""Records the golden histories of a subscription: `PYTHONPATH=.:tests:tests/workflows
.venv/bin/python tests/workflows/record_webhooks.py`. Only when they may be replaced.

One life in several runs: issues that fail and are tried again across runs, one that is given up and
replayed, a pause, the removal.
"""

import asyncio
import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from typing import Final

import builders as b
from post_offices import BY, PostOffice, office_on
from record import keep_runs, servers

from domain.webhooks import RETRY_AFTER, WebhookStanding, webhook_workflow_id

ANSWERED: Final = 204


async def followed(office: PostOffice) -> None:
    """Play the life of a subscription to its end."""
    failing = {"-slow", "-dead"}
    await office.subscribed()
    office.receiver.answer = lambda told: (
        500 if any(told["subject"].endswith(each) for each in failing) else ANSWERED
    )
    good, slow, _ = await office.reported("good", "slow", "dead")
    await office.lanes(2)
    for number in range(12):
        await office.noted(good)
        await office.until(lambda n=number: len(office.receiver.taken) == 3 + n)
    failing.discard("-slow")
    for wait in RETRY_AFTER:
        seen = len(office.receiver.came)
        await office.pass_(wait)
        await office.until(lambda seen=seen: len(office.receiver.came) > seen)
    subscriptions = office.courier.subscriptions
    await office.lanes(0)
    assert office.receiver.versions()[f"{b.ZONE}/{slow}"] == [1, 2]
    failing.clear()
    assert await subscriptions.replay(office.hook, by=BY) == len(("report", "acceptance"))
    await office.until(lambda: len(office.receiver.versions()) == len(("good", "slow", "dead")))
    await subscriptions.pause(office.hook, by=BY, reason="The receiver is being rebuilt.")
    await asyncio.sleep(1)
    await office.noted(good)
    await subscriptions.resume(office.hook, by=BY)
    await office.until(lambda: office.receiver.taken[-1]["key"] == good)
    assert (await subscriptions.find(office.hook)).standing is WebhookStanding.ACTIVE
    await subscriptions.remove(office.hook, by=BY, reason="It is over.")
    await asyncio.wait_for(office.handle.result(), timedelta(seconds=20).total_seconds())


async def record() -> None:
    """Play it on servers of its own and write every run."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder) / "keys"
        async with (
            servers(Path(folder)) as (database, _, forgetful),
            office_on(database, forgetful, keys) as office,
        ):
            await followed(office)
            await keep_runs("webhook", forgetful, webhook_workflow_id(office.hook))


if __name__ == "__main__":
    asyncio.run(record())
    sys.stdout.flush()
    os._exit(0)
