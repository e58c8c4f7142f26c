"""Every recorded decision made again from what was sent, and compared byte for byte (I3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from pydantic import ValidationError

from audit.facts import Facts, Life, TermsOf, UnsoundTermsError, read_life, terms_reader
from audit.kin import kin_recorded
from domain.chain import GENESIS, Origin, Record, recorded
from domain.commands import SUBMISSION
from domain.commands_of_kin import LinkCommand
from domain.commands_of_time import Adoption
from domain.decisions import Context, decide
from domain.decisions.orders import decide_order
from domain.errors import IssueError
from domain.events import Event, IssueAccepted
from domain.evolve import evolve
from domain.issue import Issue
from domain.order_commands import ORDER_SUBMISSION, AdoptOrderTerms
from domain.order_events import OrderEvent
from domain.order_evolve import evolve_order
from domain.orders import SupervisionOrder, is_order_stream
from ledger.port import CommandRow

SHOWN_CHARACTERS_MAX = 160


@dataclass(frozen=True, slots=True)
class Difference:
    """A decision that does not come out again. `version` is of the event it would have caused."""

    stream: str
    command_id: str
    version: int | None
    message: str


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
    changed rule is named at each decision that it changes, and nowhere else."""
    life = await read_life(facts, stream)
    return await reexecute_life(life, terms_of or terms_reader(facts))


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
    issue: Issue | SupervisionOrder | None = None
    differences: list[Difference] = []
    identical, at = 0, 0
    for row in life.commands:
        stored = life.records[at : at + row.count]
        at += row.count
        found = [
            Difference(life.stream, row.id, version, message)
            for version, message in await _compared(life, row, issue, stored, terms_of)
        ]
        identical += not found
        differences += found
        try:
            issue = _folded(life, issue, stored)
        except ValueError as error:
            differences.append(_unreadable(life, row, stored, error))
            break
    if at < len(life.records) and not differences:
        left = life.records[at]
        differences.append(
            Difference(life.stream, left.command_id, left.version, "no stored command caused this")
        )
    return Reexecution(len(life.commands), identical, tuple(differences))


async def _compared(
    life: Life,
    row: CommandRow,
    issue: Issue | SupervisionOrder | None,
    stored: tuple[Record, ...],
    terms_of: TermsOf,
) -> list[tuple[int | None, str]]:
    first = 1 + (0 if issue is None else issue.version)
    previous = life.records[first - 2].hash if first > 1 else GENESIS
    try:
        events, occurred_at = await _decided(row, issue, stored, terms_of)
    except IssueError as error:
        return [(first if stored else None, f"decided again, it is refused: {error}")]
    except (UnsoundTermsError, ValidationError, ValueError, LookupError) as error:
        return [(first if stored else None, f"it cannot be decided again: {error}")]
    origin = Origin(
        stream=life.stream,
        command_id=row.id,
        command_hash=row.hash,
        terms=row.terms,
        rules=row.rules,
        occurred_at=occurred_at,
    )
    produced = recorded(events, origin, after_version=first - 1, previous=previous)
    return list(_differences(stored, produced))


async def _decided(
    row: CommandRow,
    issue: Issue | SupervisionOrder | None,
    stored: tuple[Record, ...],
    terms_of: TermsOf,
) -> tuple[Sequence[Event | OrderEvent], datetime | None]:
    """Return the events that the command causes by today's code, and when it says it took place."""
    terms = await terms_of(row.terms)
    if is_order_stream(row.stream):
        asked = ORDER_SUBMISSION.validate_json(row.body)
        order = issue if isinstance(issue, SupervisionOrder) else None
        move = asked.command if isinstance(asked.command, AdoptOrderTerms) else None
        target = None if move is None else await terms_of(move.terms)
        judged = Context(at=row.at, terms=terms, rules=row.rules, target=target)
        return decide_order(order, asked, judged).events, asked.occurred_at
    submission = SUBMISSION.validate_json(row.body)
    command, number = submission.command, _number_recorded(stored)
    target = await terms_of(command.terms) if isinstance(command, Adoption) else None
    known = issue if isinstance(issue, Issue) else None
    kin = kin_recorded(known, stored) if isinstance(command, LinkCommand) else None
    context = Context(row.at, terms, rules=row.rules, number=number, target=target, kin=kin)
    return decide(known, submission, context).events, submission.occurred_at


def _differences(
    stored: tuple[Record, ...], produced: tuple[Record, ...]
) -> Iterator[tuple[int | None, str]]:
    for was, comes in zip_longest(stored, produced):
        if was is None:
            yield comes.version, f"decided again, it also causes {comes.kind}"
        elif comes is None:
            yield was.version, f"decided again, it does not cause {was.kind}"
        elif was.text != comes.text:
            yield was.version, f"decided again, the text differs: {_first_difference(was, comes)}"
        elif was.hash != comes.hash:
            yield was.version, "decided again, the text is the same and the hash is not"


def _first_difference(was: Record, comes: Record) -> str:
    """Return both texts from a little before the place where they part."""
    pairs = enumerate(zip_longest(was.text, comes.text))
    place = max(0, next(index for index, (left, right) in pairs if left != right) - 30)
    end = place + SHOWN_CHARACTERS_MAX
    return f"stored …{was.text[place:end]}… and now …{comes.text[place:end]}…"


def _number_recorded(stored: tuple[Record, ...]) -> str | None:
    """A ledger number is allotted, not decided: what the acceptance recorded is given again."""
    for record in stored:
        event = record.event
        if isinstance(event, IssueAccepted):
            return event.number
    return None


def _folded(
    life: Life, before: Issue | SupervisionOrder | None, stored: tuple[Record, ...]
) -> Issue | SupervisionOrder | None:
    if is_order_stream(life.stream):
        order = before if isinstance(before, SupervisionOrder) else None
        for record in stored:
            event = record.order_event
            order = evolve_order(order, event, zone=life.zone, key=life.key, terms=record.terms)
        return order
    issue = before if isinstance(before, Issue) else None
    for record in stored:
        issue = evolve(issue, record.event, zone=life.zone, key=life.key, terms=record.terms)
    return issue


def _unreadable(
    life: Life, row: CommandRow, stored: tuple[Record, ...], error: ValueError
) -> Difference:
    return Difference(
        life.stream, row.id, stored[0].version, f"the events after this cannot be folded: {error}"
    )
