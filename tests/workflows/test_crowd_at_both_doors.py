"""Two hundred clients at four issues, through HTTP and through Temporal, with commands that are
sent twice and commands that contradict one another: ledger and histories tell the same of it."""

import asyncio
from dataclasses import dataclass
from typing import Final

import builders as b
import httpx2
import pytest
from cities import City, city_on
from databases import Database
from deep import FOUND, IN_CHECK
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError
from test_both_doors import by_http, served

from audit.replay import cross_check
from audit.verify import verify_stream
from domain.commands import Submission
from runtime.settings import Settings

CLIENTS: Final = 200
ISSUES: Final = 4
BY_TEMPORAL_EVERY: Final = 5
TRIES_MAX: Final = 50
BUSY: Final = 503


@dataclass(frozen=True)
class Told:
    """What one client was told at last: the version, or why not."""

    sent: Submission
    version: int | None = None
    refused: str | None = None


def wanted(number: int, keys: list[str]) -> Submission:
    """Return what a client sends: a command of its own, one that others send alike, or one of some
    that bear one id and differ."""
    key, group = keys[number % ISSUES], number // (ISSUES * 15)
    match number // ISSUES % 3:
        case 0:
            id_, text = f"{key}:own-{number}", f"of client {number}"
        case 1:
            id_, text = f"{key}:alike-{group}", f"alike in group {group}"
        case _:
            id_, text = f"{key}:apart-{group}", f"of client {number}"
    return b.submission(b.NOTE.model_copy(update={"text": text}), key=key, id_=id_)


async def by_door_1(client: httpx2.AsyncClient, sent: Submission) -> Told:
    """Send a command over HTTP, again while others stand in the way."""
    for _ in range(TRIES_MAX):
        answer = await by_http(client, sent)
        if answer.status_code != BUSY:
            break
        await asyncio.sleep(0.01)
    told = answer.json()
    if answer.status_code == 200:
        return Told(sent, version=told["version"])
    return Told(sent, refused=f"{answer.status_code} {told['code']}")


async def by_door_2(city: City, sent: Submission, client: int) -> Told:
    """Send a command as an Update of an id of its own: Temporal lets it through to the desk."""
    try:
        done = await city.handle(sent.key).execute_update(
            "carry_out", sent, id=f"client-{client}", result_type=dict
        )
    except WorkflowUpdateFailedError as failed:
        is_ours = isinstance(failed.cause, ApplicationError)
        return Told(sent, refused=failed.cause.type if is_ours else repr(failed.cause))
    return Told(sent, version=done["version"])


@IN_CHECK
@pytest.mark.timeout(240)
async def test_two_hundred_clients_at_both_doors_leave_one_truth(
    database: Database, temporal: Client
) -> None:
    async with city_on(database, temporal, several=True) as city, served(city, Settings()) as door:
        keys = [city.another(f"crowd-{number}") for number in range(ISSUES)]
        for key in keys:
            await city.do(b.report(), b.ENTERPRISE, key=key)
            await city.do(b.ACCEPT, key=key)
        asked = [wanted(number, keys) for number in range(CLIENTS)]
        told = await asyncio.gather(
            *(
                by_door_2(city, sent, number)
                if number % BY_TEMPORAL_EVERY == 0
                else by_door_1(door, sent)
                for number, sent in enumerate(asked)
            )
        )
        await city.drained()
        histories = [await city.history(key) for key in keys]
        checked = await cross_check(city.ledger, [], live=histories)
        commands = {key: await city.ledger.commands(f"{b.ZONE}/{key}") for key in keys}
        verified = [await verify_stream(city.ledger, f"{b.ZONE}/{key}") for key in keys]

    acknowledged = [each for each in told if each.version is not None]
    refused = [each for each in told if each.version is None]
    first = {each.sent.id: each for each in acknowledged}
    # Which door a refusal comes from is chance: whoever was first at either has the id.
    assert {each.refused for each in refused} <= {"409 conflict", "conflict"}
    assert refused
    assert all(each.sent.id.split(":")[1].startswith("apart") for each in refused)
    for each in acknowledged:
        assert (each.sent.command, each.version) == (
            first[each.sent.id].sent.command,
            first[each.sent.id].version,
        )
    for key, rows in commands.items():
        held = [row.id for row in rows[2:]]
        assert sorted(held) == sorted(id_ for id_ in first if id_.startswith(f"{key}:"))
    assert checked.is_sound, checked.found
    assert checked.commands_in_both >= CLIENTS // BY_TEMPORAL_EVERY // 3
    assert all(each.is_sound for each in verified)
    FOUND.append(
        f"{CLIENTS} clients at both doors: {len(acknowledged)} acknowledged as {len(first)} "
        f"commands, {len(refused)} refused; {checked.commands_in_both} commands equal in ledger "
        "and histories"
    )
