"""Every recorded decision made again from what was sent, and compared byte for byte (I3)."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import assert_never

from audit.facts import Facts, Life, TermsOf, UnsoundTermsError, read_life, terms_reader
from audit.kin import kin_recorded
from audit.replay_words import first_difference
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import SUBMISSION, Accept
from domain.commands_of_kin import LinkCommand
from domain.commands_of_time import Adoption
from domain.decisions import Context, decide
from domain.decisions.orders import decide_order
from domain.errors import IssueError
from domain.events import Event, IssueAccepted
from domain.evolve import evolve
from domain.issue import Issue
from domain.matters.acts import AdoptMatterTerms
from domain.matters.commands import MATTER_SUBMISSION
from domain.matters.decide import decide_matter
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.matter import MatterBase
from domain.matters.state import Matter
from domain.order_commands import ORDER_SUBMISSION, AdoptOrderTerms
from domain.order_events import OrderEvent
from domain.order_evolve import evolve_order
from domain.orders import SupervisionOrder
from domain.streams import StreamKind, kind_of_stream
from ledger.port import CommandRow, UnreadableRowError

SAID_CHARACTERS_MAX = 1000
SPOILT = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    RuntimeError,
    TypeError,
    UnreadableRowError,
    UnsoundTermsError,
    ValueError,
)
"""What reading on may raise once somebody has written what no desk writes: it is a finding."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that does not come out again. `version` is of the event it would have caused,
    `field` the way into its text to what differs."""

    stream: str
    command_id: str
    version: int | None
    message: str
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Reexecution:
    """How many decisions were made again, and how many came out the same to the byte."""

    decisions: int
    identical: int
    differences: tuple[Difference, ...]

    @property
    def is_identical(self) -> bool:
        """Return whether every decision came out the same."""
        return not self.differences

    def plus(self, other: "Reexecution") -> "Reexecution":
        """Return both together."""
        return Reexecution(
            self.decisions + other.decisions,
            self.identical + other.identical,
            self.differences + other.differences,
        )


NOTHING = Reexecution(0, 0, ())


async def reexecute(facts: Facts, stream: str, terms_of: TermsOf | None = None) -> Reexecution:
    """Decide every stored command of a stream again. Each is judged on the history as stored, so a
    changed rule is named at each decision that it changes, and nowhere else. What cannot be read
    is a difference too."""
    try:
        life = await read_life(facts, stream)
        return await reexecute_life(life, terms_of or terms_reader(facts))
    except SPOILT as error:
        told = f"its rows cannot be read: {in_words(error)}"
        return Reexecution(0, 0, (Difference(stream, "", None, told),))


async def reexecute_all(
    facts: Facts, *, progress: Callable[[int], None] = lambda _: None
) -> Reexecution:
    """Decide the commands of every stream again; `progress` hears how many streams are done."""
    total, terms_of, done = NOTHING, terms_reader(facts), 0
    async for stream in facts.streams():
        total = total.plus(await reexecute(facts, stream, terms_of))
        done += 1
        progress(done)
    return total


async def reexecute_life(life: Life, terms_of: TermsOf) -> Reexecution:
    """Decide the commands of a life that has been read."""
    issue: _Folded | None = None
    differences: list[Difference] = []
    identical, at = 0, 0
    for row in life.commands:
        stored = life.records[at : at + row.count]
        at += row.count
        problems, after = await _compared(life, row, issue, stored, terms_of)
        identical += not problems
        differences += [Difference(life.stream, row.id, *problem) for problem in problems]
        try:
            issue = _folded(life, issue, stored) if problems else after
        except SPOILT as error:
            differences.append(_unreadable(life, row, stored, error))
            break
    if at < len(life.records) and not differences:
        left = life.records[at]
        differences.append(
            Difference(life.stream, left.command_id, left.version, "no stored command caused this")
        )
    return Reexecution(len(life.commands), identical, tuple(differences))


_Folded = Issue | SupervisionOrder | Matter
"""What the events of a stream come to, by the kind of the stream."""
_Problem = tuple[int | None, str] | tuple[int | None, str, str]
"""The version of an event, what is wrong with it, and of a text the field."""


async def _compared(
    life: Life,
    row: CommandRow,
    issue: _Folded | None,
    stored: tuple[Record, ...],
    terms_of: TermsOf,
) -> tuple[list[_Problem], _Folded | None]:
    """Return what differs, and what the stream is of as this decision leaves it: events that are
    the same to the byte leave it as the stored ones do; these need not be read and folded."""
    first = 1 + (0 if issue is None else issue.version)
    previous = life.records[first - 2].hash if first > 1 else GENESIS
    try:
        events, after, occurred_at = await _decided(row, issue, stored, terms_of)
    except IssueError as error:
        return [(first if stored else None, f"decided again, it is refused: {error}")], None
    except SPOILT as error:
        return [(first if stored else None, f"it cannot be decided again: {in_words(error)}")], None
    origin = Origin(
        stream=life.stream,
        command_id=row.id,
        command_hash=row.hash,
        terms=row.terms,
        rules=row.rules,
        occurred_at=occurred_at,
    )
    produced = recorded(events, origin, after_version=first - 1, previous=previous)
    return list(_differences(stored, produced)), after


_Decided = tuple[Sequence[Event | OrderEvent | MatterEvent], _Folded, datetime | None]
"""The events that a command causes by today's code, what they leave, and when the command says it
took place."""


async def _decided(
    row: CommandRow, before: _Folded | None, stored: tuple[Record, ...], terms_of: TermsOf
) -> _Decided:
    kind = kind_of_stream(row.stream)
    match kind:
        case StreamKind.ISSUE:
            return await _issue_decided(row, before, stored, terms_of)
        case StreamKind.ORDER:
            return await _order_decided(row, before, terms_of)
        case StreamKind.MATTER:
            return await _matter_decided(row, before, terms_of)
        case _:
            assert_never(kind)


async def _order_decided(row: CommandRow, before: _Folded | None, terms_of: TermsOf) -> _Decided:
    asked = ORDER_SUBMISSION.validate_json(row.body)
    order = before if isinstance(before, SupervisionOrder) else None
    move = asked.command if isinstance(asked.command, AdoptOrderTerms) else None
    target = None if move is None else await terms_of(move.terms)
    context = Context(at=row.at, terms=await terms_of(row.terms), rules=row.rules, target=target)
    ruled = decide_order(order, asked, context)
    return ruled.events, ruled.order, asked.occurred_at


async def _matter_decided(row: CommandRow, before: _Folded | None, terms_of: TermsOf) -> _Decided:
    asked = MATTER_SUBMISSION.validate_json(row.body)
    matter = before if isinstance(before, MatterBase) else None
    move = asked.command if isinstance(asked.command, AdoptMatterTerms) else None
    target = None if move is None else await terms_of(move.terms)
    context = Context(at=row.at, terms=await terms_of(row.terms), rules=row.rules, target=target)
    decision = decide_matter(matter, asked, context)
    return decision.events, decision.matter, asked.occurred_at


async def _issue_decided(
    row: CommandRow, before: _Folded | None, stored: tuple[Record, ...], terms_of: TermsOf
) -> _Decided:
    terms = await terms_of(row.terms)
    submission = SUBMISSION.validate_json(row.body)
    command = submission.command
    number = number_recorded(stored) if isinstance(command, Accept) else None
    target = await terms_of(command.terms) if isinstance(command, Adoption) else None
    known = before if isinstance(before, Issue) else None
    kin = kin_recorded(known, stored) if isinstance(command, LinkCommand) else None
    context = Context(row.at, terms, rules=row.rules, number=number, target=target, kin=kin)
    decision = decide(known, submission, context)
    return decision.events, decision.issue, submission.occurred_at


def _differences(stored: tuple[Record, ...], produced: tuple[Record, ...]) -> Iterator[_Problem]:
    for was, comes in zip_longest(stored, produced):
        if was is None:
            yield comes.version, f"decided again, it also causes {comes.kind}"
        elif comes is None:
            yield was.version, f"decided again, it does not cause {was.kind}"
        elif was.text != comes.text:
            field, parts = _parting(was.text, comes.text)
            yield was.version, f"decided again, the text differs: {parts}", field
        elif was.hash != comes.hash:
            yield was.version, "decided again, the text is the same and the hash is not", "hash"


def _parting(was: str, comes: str) -> tuple[str, str]:
    """Return where two texts part first, and what each has there."""
    try:
        found = first_difference(json.loads(was), json.loads(comes), "")
    except (ValueError, RecursionError):
        return "text", "what is stored is not JSON that can be read"
    if found is None:
        return "text", "the same values, written otherwise"
    path, stored, now = found
    return path.removeprefix(".") or "text", f"{stored} is stored, and {now} comes out"


def number_recorded(stored: tuple[Record, ...]) -> str | None:
    """A ledger number is allotted, not decided: what the acceptance recorded is given again."""
    for record in stored:
        event = record.event
        if isinstance(event, IssueAccepted):
            return event.number
    return None


def _folded(life: Life, before: _Folded | None, stored: tuple[Record, ...]) -> _Folded | None:
    after, kind = before, kind_of_stream(life.stream)
    for record in stored:
        zone, key, terms = life.zone, life.key, record.terms
        match kind:
            case StreamKind.ISSUE:
                issue = after if isinstance(after, Issue) else None
                after = evolve(issue, record.event, zone=zone, key=key, terms=terms)
            case StreamKind.ORDER:
                order = after if isinstance(after, SupervisionOrder) else None
                after = evolve_order(order, record.order_event, zone=zone, key=key, terms=terms)
            case StreamKind.MATTER:
                matter = after if isinstance(after, MatterBase) else None
                after = evolve_matter(matter, record.matter_event, zone=zone, key=key, terms=terms)
            case _:
                assert_never(kind)
    return after


def _unreadable(
    life: Life, row: CommandRow, stored: tuple[Record, ...], error: Exception
) -> Difference:
    version = stored[0].version if stored else None
    told = f"the events after this cannot be folded: {in_words(error)}"
    return Difference(life.stream, row.id, version, told)


def in_words(error: Exception) -> str:
    """Return what an error says, in so many words that a finding can hold them."""
    text = str(error)
    named = text if isinstance(error, ValueError | UnreadableRowError | UnsoundTermsError) else ""
    return (named or f"{type(error).__name__}: {text}")[:SAID_CHARACTERS_MAX]
