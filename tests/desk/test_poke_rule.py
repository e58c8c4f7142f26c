"""The armed rule: who must hear, and what the workflow is then taken to wait for."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import builders as b
import pytest
from desks import STREAM, Counter, StandingClock

from domain.commands import Command
from domain.people import Actor
from ledger.memory import MemoryLedger

SILENT = b.terms_of(notices=[])
"""A handbook that tells nobody anything: what is left are deadlines and what lists show."""


@dataclass(frozen=True)
class Act:
    """One act on an issue, and what the outbox and the armed rung are to be after it."""

    name: str
    given: tuple[tuple[Command, Actor], ...]
    command: Command
    actor: Actor
    pokes: bool
    armed_at: datetime | None = None


REPORTED = ((b.report(), b.ENTERPRISE),)
ACCEPTED = (*REPORTED, (b.ACCEPT, b.OFFICER))
PAUSED = (*ACCEPTED, (b.PAUSE, b.OFFICER))
PROPOSED = (*ACCEPTED, (b.PROPOSE, b.OFFICER))
AT_TIER_2 = (*ACCEPTED, (b.ESCALATE, b.OFFICER))

FIRST_WARNING = b.MON_11
"""Half of the four hours for an acceptance."""

ACTS = [
    Act("a report starts the workflow", (), b.report(), b.ENTERPRISE, True, FIRST_WARNING),
    Act("a note", REPORTED, b.NOTE, b.OFFICER, False),
    Act("an acceptance changes the phase", REPORTED, b.ACCEPT, b.OFFICER, True),
    Act("a pause takes deadlines away", ACCEPTED, b.PAUSE, b.OFFICER, False),
    Act("a resumption brings deadlines back", PAUSED, b.RESUME, b.OFFICER, True, b.MON_17),
    Act("an escalation shows", ACCEPTED, b.ESCALATE, b.OFFICER, True),
    Act("a hand-over shows its unit", ACCEPTED, b.HAND_OVER, b.OFFICER, True),
    Act("a team's parts are due sooner", AT_TIER_2, b.CONVENE, b.HEAD, True, b.MON_13),
    Act("a proposal changes the phase", ACCEPTED, b.PROPOSE, b.OFFICER, True),
    Act("a confirmation", PROPOSED, b.CONFIRM, b.ENTERPRISE, False),
    Act("a rejection is due sooner", PROPOSED, b.REJECT, b.ENTERPRISE, True, b.MON_17),
    Act("a withdrawal at intake closes", REPORTED, b.WITHDRAW, b.ENTERPRISE, True),
]


async def played(memory: Counter, given: tuple[tuple[Command, Actor], ...]) -> Counter:
    """Return a counter at which `given` was done and whose workflow has heard of it all."""
    office = Counter(MemoryLedger(), memory.clock, terms=SILENT)
    for command, actor in given:
        await office.do(command, actor)
    if given:
        await office.desk.look(b.ZONE, b.KEY, heard=True)
    async with office.ledger.take_pokes(9) as batch:
        await batch.done([poke.row.issue.stream for poke in batch.pokes])
    return office


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
async def test_which_commands_the_workflow_must_hear_of(memory: Counter, act: Act) -> None:
    office = await played(memory, act.given)
    before = await office.ledger.issue(STREAM)
    await office.do(act.command, act.actor)
    after = await office.ledger.issue(STREAM)
    assert after is not None
    assert await office.ledger.outbox_size() == int(act.pokes)
    was_armed_at = None if before is None else before.armed_due_at
    assert after.armed_due_at == (act.armed_at or was_armed_at)


async def test_a_deadline_that_moved_later_leaves_the_alarm_alone(
    memory: Counter, clock: StandingClock
) -> None:
    office = await played(memory, ACCEPTED)
    armed_at = (await office.next_rung()).due_at
    clock.at = b.MON_10
    await office.do(b.ASK_EXTENSION)
    await office.do(b.GRANT, b.HEAD)
    assert (await office.next_rung()).due_at > armed_at
    row = await office.ledger.issue(STREAM)
    assert row is not None
    assert row.armed_due_at == armed_at  # the alarm still goes then, and finds that it may sleep on
    assert await office.ledger.outbox_size() == 0


WORD = {
    "id": "word",
    "name": {"zh": "回话", "en": "word"},
    "start": [{"events": ["note_added"]}],
    "stop": [{"phases": ["closed"]}],
    "budgets": [{"duration": {"kind": "open_hours", "minutes": 240}}],
    "rungs": [{"id": "due", "percent": 100, "effect": "record"}],
}


async def test_a_deadline_between_the_alarm_and_what_the_workflow_knows_of_pokes(
    clock: StandingClock,
) -> None:
    """At the alarm the workflow would sleep on, to the later deadline that it has heard of."""
    terms = b.terms_of(notices=[], clocks=[*b.CLOCKS, WORD])
    office = Counter(MemoryLedger(), clock, terms=terms)
    await office.reported()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    armed_at = (await office.next_rung()).due_at
    await office.do(b.ACCEPT)
    known_at = (await office.next_rung()).due_at
    async with office.ledger.take_pokes(9) as batch:
        await batch.done([STREAM])

    await office.do(b.NOTE)

    row = await office.ledger.issue(STREAM)
    assert row is not None
    assert row.armed_due_at == armed_at < (await office.next_rung()).due_at < known_at
    assert await office.ledger.outbox_size() == 1


async def test_something_to_tell_pokes_whatever_the_deadlines(
    memory: Counter, clock: StandingClock
) -> None:
    terms = b.terms_of(notices=[{"on": "note_added", "to": ["owner"]}])
    office = Counter(MemoryLedger(), clock, terms=terms)
    await office.accepted()
    await office.desk.look(b.ZONE, b.KEY, heard=True)
    async with office.ledger.take_pokes(9) as batch:
        await batch.done([STREAM])
    await office.do(b.NOTE)
    assert await office.ledger.outbox_size() == 1


@pytest.mark.parametrize("act", ACTS, ids=lambda act: act.name)
async def test_a_command_that_the_workflow_hears_of_never_pokes(memory: Counter, act: Act) -> None:
    office = await played(memory, act.given)
    answer = await office.desk.carry_out_for_workflow(b.submission(act.command, act.actor))
    row = await office.ledger.issue(STREAM)
    assert row is not None
    assert await office.ledger.outbox_size() == 0
    next_rung = answer.glimpse.next_rung
    assert row.armed_due_at == (None if next_rung is None else next_rung.due_at)
    assert row.answered


async def test_the_relay_is_woken_after_the_commit_and_only_for_news(
    memory: Counter, clock: StandingClock
) -> None:
    ledger = MemoryLedger()
    woken: list[int] = []
    office: Counter

    async def told() -> int:
        return len(await ledger.records(STREAM))

    office = Counter(ledger, clock, terms=SILENT, on_poke=lambda: woken.append(1))
    steps: list[Callable[[], Awaitable[object]]] = [
        office.reported,
        lambda: office.do(b.NOTE),
        lambda: office.do(b.ACCEPT),
    ]
    seen = []
    for step in steps:
        await step()
        seen.append((len(woken), await told()))
    assert seen == [(1, 1), (1, 2), (2, 3)]


async def test_an_alarm_that_has_gone_off_hides_no_later_deadline() -> None:
    """The workflow heard that nothing is due and slept on untold; then time comes back."""
    clock = StandingClock()
    office = Counter(MemoryLedger(), clock, terms=SILENT)
    for command, actor in PAUSED:
        await office.do(command, actor)
        await office.desk.look(b.ZONE, b.KEY, heard=True)
    await office.ledger.mark_answered(
        STREAM, b.MON_11, (await office.desk.row(b.ZONE, b.KEY)).issue.version
    )
    async with office.ledger.take_pokes(10) as batch:
        await batch.done([STREAM])

    clock.at = b.TUE_9
    await office.do(b.RESUME, b.OFFICER)

    row = await office.desk.row(b.ZONE, b.KEY)
    assert row.issue.next_rung is not None
    assert row.issue.next_rung[1].due_at > b.TUE_9
    assert await office.ledger.outbox_size() == 1


async def test_a_look_that_was_overtaken_tells_of_the_issue_as_it_is() -> None:
    """What the workflow is told and what it is taken to wait for are of one version."""
    office = Counter(MemoryLedger(), StandingClock(), terms=SILENT)
    for command, actor in ACCEPTED:
        await office.do(command, actor)
    before = await office.desk.row(b.ZONE, b.KEY)
    await office.do(b.PROPOSE, b.OFFICER)

    heard = await office.desk._hear(before)

    row = await office.desk.row(b.ZONE, b.KEY)
    assert heard.issue == row.issue
    assert row.issue.next_rung is not None
    assert row.armed_due_at == row.issue.next_rung[1].due_at
