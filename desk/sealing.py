"""Texts about persons: sealed at the door, before anything is decided or kept; opened for readers
who may, each of whom is recorded."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import uuid4

from domain.canonical import canonical
from domain.commands import Submission
from domain.days import zone_of
from domain.errors import InvalidRequestError
from domain.issue import stream_name
from domain.model import to_millisecond
from domain.people import Actor
from domain.permissions import Setting
from domain.permissions_of_personal import READ_PERSONAL, require_reader
from domain.personal import Personal, Sealed, require_sealed, said_in, sealed_by
from ledger.erasures import ERASURES_MAX
from ledger.reads import AuditReadRow
from runtime.seals import ErasedSubjectError, SubjectKeys, UnopenedTextError

if TYPE_CHECKING:
    from desk.desk import Desk
    from ledger.port import IssueRow, Ledger

Erasures = Mapping[tuple[str, str], datetime]
"""When it was erased, by subject and key."""


class Sealer:
    """Seals what is said of persons. Without keys it lets nothing of the kind pass."""

    def __init__(self, keys: SubjectKeys | None = None) -> None:
        self.keys = keys

    async def sealed(self, submission: Submission, ledger: "Ledger") -> Submission:
        """Return the submission with its personal texts sealed for its issue: for a service that
        sends it through the workflow. Whoever the ledger says was erased gets no other key, even if
        the folder of keys was lost with its tombstones. Raises InvalidRequestError."""
        said = said_in(submission.command)
        if not said:
            return submission
        await _require_none_erased(ledger, {each.said.subject for each in said})
        # Keys are files, and a new one is made durable first.
        return await asyncio.to_thread(self._sealed, submission)

    async def received(
        self, submission: Submission, ledger: "Ledger", *, by_workflow: bool
    ) -> Submission:
        """Return what a door was handed, sealed. What came through a workflow has to be sealed
        already: it stands in a history."""
        if by_workflow:
            require_sealed(submission.command)
        return await self.sealed(submission, ledger)

    def opened(self, stream: str, sealed: Sealed, erased: Erasures) -> str | None:
        """Return a text; None if it was erased, has no key here, or does not open. What was erased
        stays closed even if a backup has brought its key back."""
        gone = self.keys is None or (sealed.subject, sealed.key_id) in erased
        key = None if gone or self.keys is None else self.keys.find(sealed.subject)
        try:
            return None if key is None else key.opened(stream, sealed)
        except UnopenedTextError:
            return None

    def _sealed(self, submission: Submission) -> Submission:
        stream = stream_name(submission.zone, submission.key)
        for each in said_in(submission.command):
            if isinstance(each.said, Sealed):
                self._require_opens(stream, each.field, each.said)
        command = sealed_by(submission.command, lambda said: self._seal(stream, said))
        return submission.model_copy(update={"command": command})

    def _seal(self, stream: str, said: Personal) -> Sealed:
        if self.keys is None:
            raise InvalidRequestError("There are no keys here to seal a personal text with.")
        try:
            return self.keys.obtain(said.subject).seal(stream, said)
        except ErasedSubjectError as error:
            raise InvalidRequestError(str(error), field="subject", value=said.subject) from error

    def _require_opens(self, stream: str, field: str, sealed: Sealed) -> None:
        """Refuse a text that nobody could ever read: of no key, or sealed for another issue."""
        key = None if self.keys is None else self.keys.find(sealed.subject)
        if key is None or key.key_id != sealed.key_id:
            raise InvalidRequestError(
                f"There is no key {sealed.key_id} of {sealed.subject} here.", field=field
            )
        try:
            key.opened(stream, sealed)
        except UnopenedTextError as error:
            raise InvalidRequestError(str(error), field=field) from error


async def _require_none_erased(ledger: "Ledger", subjects: set[str]) -> None:
    """Refuse a subject whose texts were erased: its tombstone may be lost, the record is not."""
    for row in await ledger.erasures(sorted(subjects)):
        raise InvalidRequestError(
            str(ErasedSubjectError.of(row.subject)), field="subject", value=row.subject
        )


@dataclass(frozen=True, slots=True)
class PersonalText:
    """A personal text of an event, opened. `text` is None where it cannot be, `erased_at` says
    since when if its key was destroyed."""

    version: int
    kind: str
    at: datetime
    field: str
    subject: str
    text: str | None
    erased_at: datetime | None


async def personal_texts(desk: "Desk", row: "IssueRow", reader: Actor) -> list[PersonalText]:
    """Open the personal texts of an issue for whoever may read them; that it was done is recorded
    first. Raises NotPermittedError."""
    terms = await desk.shelf.version(row.issue.terms)
    at = to_millisecond(desk.clock.now())
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    setting = Setting(handbook=terms.handbook, local=local, command=READ_PERSONAL)
    require_reader(reader, row.issue, setting)
    await desk.ledger.put_audit_read(
        AuditReadRow(
            id=f"personal-{uuid4()}",
            kind="personal",
            scope=canonical({"issue": row.issue.stream}),
            position=await desk.ledger.safe_position(),
            actor=canonical(reader),
            at=at,
        )
    )
    found = [
        (record, each.field, each.said)
        for record in await desk.ledger.records(row.issue.stream)
        for each in said_in(record.event)
        if isinstance(each.said, Sealed)
    ]
    erased = await _erased_at(desk, {sealed.subject for _, _, sealed in found})

    def opened() -> list[PersonalText]:
        return [
            PersonalText(
                version=record.version,
                kind=record.kind,
                at=record.at,
                field=field,
                subject=sealed.subject,
                text=desk.sealer.opened(row.issue.stream, sealed, erased),
                erased_at=erased.get((sealed.subject, sealed.key_id)),
            )
            for record, field, sealed in found
        ]

    return await asyncio.to_thread(opened)


async def _erased_at(desk: "Desk", subjects: set[str]) -> "Erasures":
    named = sorted(subjects)
    pages = [named[at : at + ERASURES_MAX] for at in range(0, len(named), ERASURES_MAX)]
    rows = [row for page in pages for row in await desk.ledger.erasures(page)]
    return {(row.subject, row.key_id): row.at for row in rows}
