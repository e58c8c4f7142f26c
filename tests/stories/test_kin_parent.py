"""A parent and its twenty-two parts (Hongyu's suppliers, case A02): it is closed after the last.

The zone has eight enterprises, so that some supply more than one thing.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable

import pytest
from databases import Database
from deep import IN_CHECK
from procedure_world import ProcedureWorld, procedures
from temporalio.client import Client

from audit.verify import verify_all
from domain import commands as cmd
from domain.commands import Submission
from domain.commands_of_kin import AddChild, ReleaseChild
from domain.errors import InvalidRequestError, WrongPhaseError
from domain.events import IssueReopened
from domain.issue import Resolution
from domain.people import Actor
from domain.phases import Origin, Outcome, Phase, ReopenMode, ResultClass

BUYER = "xinghe-optics"
CHILDREN = [f"supplier-{number:02d}" for number in range(1, 23)]
SUPPLIERS = (
    "xinghe-precision",
    "xinghe-materials",
    "xinghe-foods",
    "xinghe-software",
    "xinghe-logistics",
    "xinghe-medical",
    "xinghe-textiles",
)
DONE = cmd.ProposeResolution(resolution=Resolution(result=ResultClass.SOLVED, summary="已供货。"))
STILL_SHORT = cmd.Reopen(reason="又断供了。")


@pytest.fixture
async def xinghe(database: Database, skipper: Client) -> AsyncIterator[ProcedureWorld]:
    """The shipped zone, on the Monday of a plain week."""
    async with procedures(database, skipper) as world:
        yield world


async def all_at_once(
    world: ProcedureWorld, acts: Iterable[tuple[str, Actor, cmd.Command]]
) -> None:
    """Carry out acts on different issues at the same instant, and let all hear of them."""
    sent = [
        Submission(
            id=f"{act[2].kind}-{act[0]}-{world.number}",
            zone=world.zone,
            key=world.key(act[0]),
            actor=act[1],
            command=act[2],
        )
        for act in acts
    ]
    await asyncio.gather(*map(world.desk.carry_out, sent))
    await world.lapse.settle()


def supplier(name: str) -> str:
    return SUPPLIERS[CHILDREN.index(name) % len(SUPPLIERS)]


def report(enterprise: str, title: str) -> cmd.Report:
    return cmd.Report(
        enterprise=enterprise,
        category="MAT-1",
        title=title,
        text="原料断供。",
        origin=Origin.ENTERPRISE,
    )


async def twenty_two_parts(world: ProcedureWorld) -> None:
    """The buyer's issue, accepted, and its suppliers' as parts of it."""
    await world.accepted("buyer", BUYER, "MAT-1")
    await all_at_once(
        world, [(c, world.firm(supplier(c)), report(supplier(c), f"供货 {c}")) for c in CHILDREN]
    )
    owners = {child: await world.owner(child) for child in CHILDREN}
    await all_at_once(world, [(child, owners[child], cmd.Accept()) for child in CHILDREN])
    owner = await world.owner("buyer")
    for child in CHILDREN:
        await world.do("buyer", owner, AddChild(child=world.key(child), reason="配套企业。"))


async def close(world: ProcedureWorld, children: list[str]) -> None:
    """Let these parts be offered a result, agree to it, and be struck off."""
    owners = {child: await world.owner(child) for child in children}
    await all_at_once(world, [(child, owners[child], DONE) for child in children])
    await all_at_once(
        world, [(child, world.firm(supplier(child)), cmd.Confirm()) for child in children]
    )
    above = {child: await world.verifier(child) for child in children}
    await all_at_once(world, [(child, above[child], cmd.Verify()) for child in children])


@IN_CHECK
async def test_the_parent_waits_for_the_last_of_its_parts_and_is_reopened_with_one(
    xinghe: ProcedureWorld,
) -> None:
    await twenty_two_parts(xinghe)
    keys = tuple(map(xinghe.key, CHILDREN))
    assert (await xinghe.issue("buyer")).children_open == keys
    owner = await xinghe.owner("buyer")
    above = AddChild(child=xinghe.key("buyer"))
    first_owner = await xinghe.owner(CHILDREN[0])
    await xinghe.refused(CHILDREN[0], first_owner, above, InvalidRequestError, "cycle|itself|lead")

    error = await xinghe.refused("buyer", owner, DONE, WrongPhaseError, "still open")
    assert error.allowed == ", ".join(f"close {key} first" for key in keys)
    await close(xinghe, CHILDREN[:-1])
    last = CHILDREN[-1]
    assert (await xinghe.issue("buyer")).children_open == (xinghe.key(last),)
    error = await xinghe.refused("buyer", owner, DONE, WrongPhaseError, "still open")
    assert error.allowed == f"close {xinghe.key(last)} first"
    await close(xinghe, [last])

    # One part is taken up again while the buyer is asked: the buyer may answer, and it still waits.
    await xinghe.do("buyer", owner, DONE, at="2026-03-02 14:00")
    third = CHILDREN[2]
    await xinghe.do(third, xinghe.firm(supplier(third)), STILL_SHORT)
    await xinghe.do("buyer", xinghe.firm(BUYER), cmd.Confirm())
    verifier = await xinghe.verifier("buyer")
    await xinghe.refused("buyer", verifier, cmd.Verify(), WrongPhaseError, "still open")
    assert (await xinghe.issue("buyer")).phase is Phase.SIGN_OFF
    await xinghe.closed(third)
    await xinghe.do("buyer", verifier, cmd.Verify())
    assert (await xinghe.issue("buyer")).outcome is Outcome.CLOSED_OUT

    # One is taken up again after the parent was closed: the parent is too, by itself.
    seventh = CHILDREN[6]
    await xinghe.do(seventh, xinghe.firm(supplier(seventh)), STILL_SHORT, at="2026-03-04 10:00")
    issue = await xinghe.issue("buyer")
    assert (issue.phase, issue.reopened) == (Phase.HANDLING, 1)
    assert issue.children_open == (xinghe.key(seventh),)
    reopened = (await xinghe.events("buyer", "issue_reopened"))[0]
    assert isinstance(reopened, IssueReopened)
    assert (reopened.child, reopened.mode) == (xinghe.key(seventh), ReopenMode.RESUME)
    assert reopened.by.kind == "engine"

    # It may also be let go, with a reason; then nothing is waited for.
    released = ReleaseChild(child=xinghe.key(seventh), reason="改由他处供货。")
    await xinghe.do("buyer", await xinghe.owner("buyer"), released)
    await xinghe.closed("buyer")
    await xinghe.closed(seventh)
    assert (await xinghe.issue("buyer")).reopened == 1
    # The other parts lived as the first and the last.
    await xinghe.proved("buyer", CHILDREN[0], third, seventh, last)
    whole = await verify_all(xinghe.ledger)
    assert (whole.streams, whole.found) == (23, ())
