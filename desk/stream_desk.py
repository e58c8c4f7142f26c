"""What the desks of supervision orders and of matters have in common.

A stream beside the issues is judged by the terms in force: it is moved to them before each act.
"""

import asyncio
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import structlog

from desk.changes import result_of
from desk.desk import ATTEMPTS_MAX, Desk
from desk.kinship import RESERVED_IDS
from desk.repeats import is_repeat
from desk.shelf import UnfitZoneError
from desk.traced import carrying
from domain.canonical import canonical
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    UnknownZoneError,
)
from domain.matters.commands import MatterSubmission
from domain.model import to_millisecond
from domain.order_commands import OrderSubmission
from domain.people import Engine
from domain.terms import Terms
from domain.view import CommandResult, RingOutcome
from ledger.port import (
    CommandRow,
    LedgerError,
    LedgerUnavailableError,
    Refusal,
    StreamConflictError,
)

log = structlog.get_logger()


class NotDueError(Exception):
    """A ring named a rung that did not fire: nothing is written."""

    def __init__(self, outcome: RingOutcome) -> None:
        super().__init__(outcome)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Move:
    """From the terms that something was seen with, to others."""

    came_from: str
    to: Terms


class Folded(Protocol):
    """What the events of such a stream come to."""

    @property
    def zone(self) -> str:
        """Return the zone."""
        ...

    @property
    def key(self) -> str:
        """Return the key in the zone."""
        ...

    @property
    def version(self) -> int:
        """Return how many events there were."""
        ...

    @property
    def terms(self) -> str:
        """Return the hash of the terms by which it is judged."""
        ...

    @property
    def stream(self) -> str:
        """Return the name of the stream."""
        ...

    def is_seen_at(self, version: int) -> bool:
        """Return whether who saw this version saw all that was done."""
        ...


State = TypeVar("State", bound=Folded)
Row = TypeVar("Row")
Sent = TypeVar("Sent", OrderSubmission, MatterSubmission)


class StreamDesk(ABC, Generic[State, Row, Sent]):
    """Carries out commands as the desk does to issues, on its ledger and by its clock."""

    what: str
    """The word for one of these, in logs and in the names of events."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.ledger = desk.ledger

    async def carry_out(self, submission: Sent) -> CommandResult:
        """Carry out what a person asks. A refusal raises IssueError and is kept.

        It is judged by the terms in force, to which the stream is moved first (`follow`).
        """
        try:
            self._require_outsider(submission)
            submission = self._received(submission, self.desk.clock.now())
            if await self._prepared(submission) and await self._is_seen(submission):
                await self.follow(submission.zone, submission.key)
            return await self._with_retries(submission)
        except IssueError as refusal:
            await self._keep(refusal, submission)
            raise

    async def follow(self, zone: str, key: str) -> bool:
        """Move a stream to the terms in force, if they hold what it names; return whether it moved.

        Who may act changes with them; what was set before keeps its instant or its length.
        """
        row = await self._stored(self._stream(zone, key))
        if row is None:
            return False
        try:
            if (await self._in_force(zone)).hash == self._state(row).terms:
                return False
            # What moved it was published before: a look that begins now sees it too.
            await self.desk.shelf.refresh()
            target = await self._in_force(zone)
        except (UnknownZoneError, UnfitZoneError):
            return False  # nothing is in force there: it lives on by its own terms
        return await self._follow(row, target)

    async def catch_up(self, limit: int) -> int:
        """Move what is open in every zone to the terms in force there; return how many moved."""
        moved = 0
        for held in await self.desk.shelf.in_force(to_millisecond(self.desk.clock.now())):
            zone, target, after = held.handbook.zone, held, ""
            while moved < limit and (
                page := await self._on_other_terms(zone, target.hash, after, limit)
            ):
                await self.desk.shelf.refresh()  # as in `follow`: after they were read
                try:
                    target = await self._in_force(zone)
                except (UnknownZoneError, UnfitZoneError):
                    break
                moved += sum([await self._follow_if_able(row, target) for row in page])
                after = self._state(page[-1]).stream
        return moved

    # What differs

    @abstractmethod
    def _stream(self, zone: str, key: str) -> str:
        """Return the name of a stream."""

    @abstractmethod
    def _state(self, row: Row) -> State:
        """Return what a row shows."""

    @abstractmethod
    async def _stored(self, stream: str) -> Row | None:
        """Return the row of a stream."""

    @abstractmethod
    async def _on_other_terms(self, zone: str, terms: str, after: str, limit: int) -> list[Row]:
        """Return what is open and judged by other terms than these."""

    @abstractmethod
    def _received(self, submission: Sent, at: datetime) -> Sent:
        """Return what was handed in, the word of whoever vouches for it checked."""

    @abstractmethod
    def _is_the_engines(self, submission: Sent) -> bool:
        """Return whether the command is one that the engine alone gives."""

    @abstractmethod
    async def _prepared(self, submission: Sent) -> bool:
        """Refuse what names what is not there; return whether there is a stream already that the
        command is for."""

    @abstractmethod
    def _adoption(self, state: State, target: Terms, id_: str) -> Sent:
        """Return the engine's command that moves a stream to other terms."""

    @abstractmethod
    async def _attempt(self, submission: Sent, move: Move | None) -> CommandResult:
        """Decide and write, once."""

    # What is the same

    def _require_outsider(self, submission: Sent) -> None:
        """Whoever sends a command is outside: nobody there rings, or takes a ring's id."""
        if isinstance(submission.actor, Engine) or self._is_the_engines(submission):
            raise NotPermittedError(
                "The engine alone rings and adopts terms, and asks for nothing else.",
                field="command.kind",
                value=submission.command.kind,
            )
        if submission.id.startswith(RESERVED_IDS):
            raise InvalidRequestError(
                "Ids that begin so are the engine's own.",
                field="id",
                value=submission.id,
                allowed="an id that begins otherwise",
            )

    async def _is_seen(self, submission: Sent) -> bool:
        """Return whether the stream is where its sender saw it: a refusal moves nothing."""
        expected = submission.expected_version
        row = await self._stored(self._stream(submission.zone, submission.key))
        return row is not None and (expected is None or self._state(row).is_seen_at(expected))

    async def _follow_if_able(self, row: Row, target: Terms) -> bool:
        """One whose terms or rows cannot be read holds up no other."""
        try:
            return await self._follow(row, target)
        except LedgerUnavailableError:
            raise
        except LedgerError as error:
            state = self._state(row)
            log.warning(f"{self.what}_not_moved", **self._named(state), error=str(error))
            return False

    async def _in_force(self, zone: str) -> Terms:
        return await self.desk.shelf.current(zone, to_millisecond(self.desk.clock.now()))

    async def _follow(self, row: Row, target: Terms) -> bool:
        """Move a stream forward only, and only by what every process sees: of two with different
        handbooks or calendars of their own, neither takes back what the other did."""
        state = self._state(row)
        if state.terms == target.hash:
            return False
        present = await self.desk.shelf.version(state.terms)
        newer = target.handbook.revision - present.handbook.revision
        if newer < 0 or (newer == 0 and not self.desk.shelf.parted_by(present, target)):
            log.info(f"{self.what}_stays_with_newer_terms", **self._named(state), terms=state.terms)
            return False
        id_ = f"adopt:{state.stream}:{state.version}:{target.hash[:8]}"
        adoption = self._adoption(state, target, id_)
        try:
            done = await self._with_retries(adoption, move=Move(state.terms, target))
        except InvalidRequestError as obstacle:
            log.info(f"{self.what}_stays_with_its_terms", **self._named(state), why=str(obstacle))
            return False
        return not done.repeated and f"{self.what}_terms_adopted" in done.events

    def _named(self, state: State) -> dict[str, str]:
        return {self.what: state.stream}

    async def _with_retries(self, submission: Sent, *, move: Move | None = None) -> CommandResult:
        with carrying(submission, self._stream(submission.zone, submission.key)):
            for attempt in range(1, ATTEMPTS_MAX + 1):
                try:
                    return await self._attempt(submission, move)
                except StreamConflictError:
                    if attempt == ATTEMPTS_MAX:
                        raise
                    await asyncio.sleep(0.002 * attempt)
        msg = f"{submission.id}: not carried out after {ATTEMPTS_MAX} attempts"
        raise LedgerError(msg)

    async def _terms(self, submission: Sent, stream: str) -> Terms:
        """Return the terms that a stream is judged by: a new one by those in force."""
        row = await self._stored(stream)
        if row is not None:
            return await self.desk.shelf.version(self._state(row).terms)
        return await self._in_force(submission.zone)

    async def _keep(self, refusal: IssueError, submission: Sent) -> None:
        """Keep a refusal where an auditor finds it; the refusal itself must reach the caller."""
        if isinstance(submission.actor, Engine):
            return
        self.desk.on_refused(refusal.code)
        entry = Refusal(
            command_id=submission.id,
            stream=self._stream(submission.zone, submission.key),
            kind=submission.command.kind,
            at=to_millisecond(self.desk.clock.now()),
            actor=canonical(submission.actor),
            code=refusal.code,
            message=str(refusal),
        )
        try:
            await self.ledger.put_refusal(entry)
            refusal.is_kept = True
        except LedgerError as error:
            log.warning("refusal_not_kept", command=submission.id, error=str(error))


def nothing(
    submission: OrderSubmission | MatterSubmission, version: int, at: datetime
) -> CommandResult:
    """Another was quicker: it is judged by those terms already, and nothing is written."""
    return CommandResult(
        command_id=submission.id,
        zone=submission.zone,
        key=submission.key,
        at=at,
        version=version,
        events=(),
    )


def repeated(submission: Sent, stored: CommandRow, hash_: str) -> CommandResult:
    """The same id again: the first answer, if it is the same request."""
    if not is_repeat(stored, submission, hash_):
        raise ConflictError(
            "This command id stands for another request.",
            field="id",
            value=submission.id,
            allowed="a new id for a new request",
        )
    return result_of(stored).model_copy(update={"repeated": True})
