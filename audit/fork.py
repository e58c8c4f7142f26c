"""One issue with one act changed, and the rest of it under the same rules (I10).

Everything else stays as a back-test has it stay: acts at their instants, what a rule forbids now
left out and named, time's own doings by the rules. Nothing of it is written: a fork has no stream.
Without a change the events come out to the byte, hash by hash.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import takewhile
from typing import Final

from pydantic import TypeAdapter, ValidationError

from audit.again import Act, Again, Forbidden, Recorded, adopted
from audit.course import Course
from audit.facts import Life, TermsOf
from audit.reexecute import number_recorded
from domain.canonical import canonical, sha256
from domain.chain import Record
from domain.commands import (
    SUBMISSION,
    SUBMISSION_BYTES_MAX,
    Command,
    EngineCommand,
    Report,
    Submission,
)
from domain.commands_of_kin import LinkCommand
from domain.errors import InvalidRequestError, from_validation
from domain.issue import Issue
from domain.model import Frozen, Moment, written
from domain.people import Actor, Engine
from domain.terms import Terms
from ledger.port import CommandRow

NUMBER: Final = "FORK"
"""What an acceptance is numbered that was never recorded: no ledger number looks so."""
ID_CHARACTERS_MAX: Final = 400
VERSIONS_NAMED_MAX: Final = 50
_IN_FULL: Final = frozenset({"command", "actor", "at"})


class Instead(Frozen):
    """The act in place of the recorded one: by the same actor, at the same instant (UTC) unless it
    says otherwise."""

    command: Command
    actor: Actor | None = None
    at: Moment | None = None


_INSTEAD: Final = TypeAdapter(Instead)


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed: the command that caused the event of `version`. It is left out unless
    something is done `instead`."""

    version: int
    instead: Instead | None = None


@dataclass(frozen=True, slots=True)
class Fork:
    """An issue as it was and as it would have been, up to `until_at`. `changed` is the recorded
    command that was changed; `after` is None where it was the report and that is left out."""

    issue: Issue
    until_at: datetime
    changed: CommandRow | None
    instead: Instead | None
    was: Course
    after: Course | None
    recorded: tuple[Record, ...]
    records: tuple[Record, ...]
    forbidden: tuple[Forbidden, ...]

    @property
    def is_the_same(self) -> bool:
        """Return whether every event came out again to the byte."""
        return self.recorded == self.records

    @property
    def alike(self) -> int:
        """Return how many events are the same from the first on."""
        pairs = zip(self.recorded, self.records, strict=False)
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def read_instead(text: str | bytes) -> Instead:
    """Return what a JSON text wants done instead: a command, or an object with `command`, and
    `actor` and `at` where they are to be others. Raises InvalidRequestError."""
    sent = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(sent) > SUBMISSION_BYTES_MAX:
        raise InvalidRequestError(
            "The request is too large.",
            field="request",
            value=f"{len(sent)} bytes",
            allowed=f"at most {SUBMISSION_BYTES_MAX} bytes",
        )
    try:
        plain: object = json.loads(sent)
        if isinstance(plain, Mapping) and not plain.keys() <= _IN_FULL:
            plain = {"command": plain}
        text = json.dumps(plain)
    except (ValueError, RecursionError):
        raise InvalidRequestError("This is no JSON.", field="with", value=None) from None
    try:
        return _INSTEAD.validate_json(text)
    except ValidationError as error:
        raise from_validation(error) from None  # it names keys, and a key may be a personal text


async def fork(
    life: Life, terms_of: TermsOf, until_at: datetime, change: Change | None = None
) -> Fork:
    """Play an issue again up to `until_at` (UTC) with one act changed.

    Raises InvalidRequestError for a change that cannot be made, and what the desk would refuse the
    changed act with; of a life that cannot be read the errors named in `audit.reexecute.SPOILT`.
    """
    replaced = None if change is None else _replaced(life, change, until_at)
    instead = None if change is None else change.instead
    made = None if replaced is None or instead is None else _Made(replaced, instead)
    recorded, again = Recorded(life), Again(life, _as_recorded, keep=True)
    for row in life.commands:
        if row.at > until_at:
            break
        if made is not None and made.comes_before(row):
            await _play(made, life, terms_of, recorded, again)
            made = None
        terms = await terms_of(row.terms)
        submission = SUBMISSION.validate_json(row.body)
        target = await adopted(submission.command, terms_of)
        again.pass_time(row.at, spared=recorded.due_by(row.at))
        stored = recorded.next_of(row, terms if target is None else target)
        if replaced is None or row.id != replaced.id:
            again.act(Act(row, submission, terms, target, stored))
    if made is not None:
        await _play(made, life, terms_of, recorded, again)
    again.pass_time(until_at, spared=recorded.due_by(until_at))
    return Fork(
        issue=recorded.known,
        until_at=until_at,
        changed=replaced,
        instead=instead,
        was=recorded.maker.course(until_at),
        after=None if again.issue is None else again.maker.course(until_at),
        recorded=tuple(takewhile(lambda record: record.at <= until_at, life.records)),
        records=tuple(again.records),
        forbidden=tuple(again.forbidden),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """The act that is done instead, of the row that it takes the place of."""

    row: CommandRow
    instead: Instead

    @property
    def at(self) -> datetime:
        return self.instead.at or self.row.at

    def comes_before(self, row: CommandRow) -> bool:
        """Return whether it is done before a recorded command: of one instant, in its own place or
        last."""
        return self.at < row.at or (self.at == row.at and row.id == self.row.id)

    @property
    def submission(self) -> Submission:
        recorded = SUBMISSION.validate_json(self.row.body)
        return Submission(
            id=f"fork:{recorded.id}"[:ID_CHARACTERS_MAX],
            zone=recorded.zone,
            key=recorded.key,
            actor=self.instead.actor or recorded.actor,
            command=self.instead.command,
        )


async def _play(
    made: _Made, life: Life, terms_of: TermsOf, recorded: Recorded, again: Again
) -> None:
    """Do what is done instead. Raises what it is refused with."""
    submission, at = made.submission, made.at
    row = replace(made.row, id=submission.id, at=at, hash=sha256(canonical(submission)))
    number = number_recorded(life.records) or NUMBER
    again.pass_time(at, spared=recorded.due_by(at))
    refused = again.act(Act(row, submission, await terms_of(row.terms), None, (), number))
    if refused is not None:
        raise refused


def _as_recorded(terms: Terms) -> Terms:
    return terms


def _replaced(life: Life, change: Change, until_at: datetime) -> CommandRow:
    """Return the command that is changed. Raises InvalidRequestError where it cannot be."""
    versions = {row.first_version + each: row for row in life.commands for each in range(row.count)}
    row = versions.get(change.version)
    if row is None:
        raise InvalidRequestError(
            "The issue has no such event.",
            field="at",
            value=change.version,
            allowed=f"1 to {max(versions, default=0)}",
        )
    recorded = SUBMISSION.validate_json(row.body)
    if isinstance(recorded.actor, Engine):
        raise InvalidRequestError(
            "Nobody did this: only what people and services did can be changed.",
            field="at",
            value=change.version,
            allowed=_done_by_people(life),
        )
    instead = change.instead
    if instead is None:
        return row
    if isinstance(instead.command, EngineCommand | LinkCommand):
        raise InvalidRequestError(
            "This is the engine's to do, or needs other issues: a fork is of one issue alone.",
            field="command",
            value=instead.command.kind,
            allowed="what a person or a service does with one issue",
        )
    _check_instant(life, instead, is_report=isinstance(recorded.command, Report), until_at=until_at)
    return row


def _done_by_people(life: Life) -> list[str]:
    acts = (
        row
        for row in life.commands
        if row.count and not isinstance(SUBMISSION.validate_json(row.body).actor, Engine)
    )
    return [str(row.first_version) for row in acts][:VERSIONS_NAMED_MAX]


def _check_instant(life: Life, instead: Instead, *, is_report: bool, until_at: datetime) -> None:
    """Refuse an act before the issue was reported, or after what is played."""
    first_at = life.records[0].at
    if instead.at is None or is_report or first_at <= instead.at <= until_at:
        return
    raise InvalidRequestError(
        "The act would stand outside of what is played.",
        field="at",
        value=written(instead.at),
        allowed=f"{written(first_at)} to {written(until_at)}",
    )
