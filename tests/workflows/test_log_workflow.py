"""The log's workflow: one step a minute, on the real server, by whatever key holds the log then."""

from cities import City

from desk.log_keeper import LogKeeper
from domain.checkpoints import read_note
from ledger.postgres_log import log_of
from ledger.signing import Signer, is_signed_by
from worker import make_worker
from workflows.upkeep import LogWorkflow

OLD = Signer.from_bytes("example.org/ledger", bytes(32))
NEW = Signer.from_bytes("example.org/ledger", bytes(range(32)))


async def test_each_step_signs_what_was_written_and_a_hand_over_needs_no_restart(
    city: City,
) -> None:
    log, signers = log_of(city.ledger), [OLD]
    worker = make_worker(
        city.client, city.desk, task_queue="log", keeper=lambda: LogKeeper(log, signers[-1])
    )

    async with worker:
        first = await step(city, 1)
        again = await step(city, 2)
        await LogKeeper(log, OLD).hand_over(NEW, city.desk.clock.now())
        signers.append(NEW)
        later = await step(city, 3)

    sizes = [row.size for row in await log.checkpoints()]
    assert (again, sizes) == (first, [first, later])
    newest = await log.checkpoint()
    assert newest is not None
    assert is_signed_by(read_note(newest.note), NEW.key)


async def test_without_a_keeper_a_step_does_nothing(city: City) -> None:
    async with make_worker(city.client, city.desk, task_queue="log"):
        assert await step(city, 1) == 0

    assert await log_of(city.ledger).log_size() == 0


async def step(city: City, number: int) -> int:
    handle = await city.client.start_workflow(
        LogWorkflow.run, id=f"log/{city.task_queue}/{number}", task_queue="log"
    )
    return await handle.result()
