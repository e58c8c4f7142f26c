"""A handbook laid out for publication: its author proposes it, another person approves it (I8).

It lies in the inbox of every post that may approve it, word for word: the text under its own hash,
and who proposed what beside the notice. Nothing of it is in force until `approve` publishes it, and
it is overtaken once another handbook is in force than the one that it was laid over.
"""

import asyncio
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from desk.desk import Desk
from desk.handbooks import WHO_MAY, Foreseen, HandbookPublishing, InForce
from desk.notifying import NoticeOffice
from desk.publishing import leads, oversees, require_publisher
from desk.receipts_made import content_row, receipt_row
from desk.told_apart import PROPOSED
from domain.canonical import canonical, sha256
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, from_validation
from domain.handbook import Handbook
from domain.model import Code, Frozen, Moment, Text, to_millisecond
from domain.notice_text import LANGUAGES
from domain.notifying import ReceiptKind, fingerprint
from domain.people import Officer, identities_of, named
from domain.terms import Terms
from handbooks.posted import posted_terms
from ledger.port import NoticeRow, UnreadableRowError
from ledger.publications import HandbookPublicationRow
from ledger.receipts import INBOX, ReceiptRow, Telling

STREAM: Final = "proposal"
ID_DIGITS: Final = 16
LISTED_MAX: Final = 50


class Stage(StrEnum):
    """How a proposal stands: it waits for another person, is in force or was, or came too late."""

    OPEN = "open"
    PUBLISHED = "published"
    OVERTAKEN = "overtaken"


class Proposal(Frozen):
    """Who wants which handbook to come into force, and why. `text` is the hash of the zone's own
    tables as they were sent, `previous` the handbook that they were laid over: None if none."""

    id: Code
    zone: Code
    revision: int
    handbook: str
    text: str
    previous: str | None
    author: Officer
    reason: Text
    at: Moment


@dataclass(frozen=True, slots=True)
class Laid:
    """A proposal, how it stands, and what is in force in the zone."""

    proposal: Proposal
    stage: Stage
    present: InForce | None


class Proposals:
    """Lays out handbooks at a desk, and approves them."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._publishing = HandbookPublishing(desk)

    async def propose(
        self, zone: str, text: str, author: Officer, reason: str
    ) -> tuple[Proposal, Foreseen]:
        """Judge a handbook as its publication would, and lay it out for approval. The same again is
        the same proposal. Raises HandbookError or IssueError; nothing is kept then."""
        await self._require_publisher(zone, author, "author")
        terms = await self._read(zone, text)
        foreseen = await self._publishing.foresee(terms)
        proposal = self._proposal(terms, text, foreseen.present, author, reason)
        await self._put(proposal, text, terms.handbook)
        return await self.find(zone, proposal.id), foreseen

    async def of_zone(self, zone: str) -> list[Laid]:
        """Return the newest proposals of a zone, newest first. Raises UnknownZoneError."""
        rows = await self._desk.ledger.receipts(_stream(zone))
        found: dict[str, ReceiptRow] = {}
        for row in rows:
            if (row.channel, row.what) == (INBOX, ReceiptKind.DELIVERED):
                found.setdefault(row.content, row)
        newest = list(found.values())[-LISTED_MAX:]
        return [await self.standing(await self._of(row)) for row in reversed(newest)]

    async def find(self, zone: str, id_: str) -> Proposal:
        """Return a proposal. Raises InvalidRequestError."""
        prefix = f"{_stream(zone)}/{id_}/"
        for row in await self._desk.ledger.receipts(_stream(zone)):
            if row.notice.startswith(prefix) and row.channel == INBOX:
                return await self._of(row)
        raise InvalidRequestError(
            "There is no such proposal.", field="proposal", value=id_, allowed="one of the zone's"
        )

    async def standing(self, proposal: Proposal) -> Laid:
        """Return how a proposal stands."""
        present = await self._publishing.present(proposal.zone)
        rows = await self._desk.ledger.handbook_publications(proposal.zone)
        if any(row.hash == proposal.handbook for row in rows):
            return Laid(proposal, Stage.PUBLISHED, present)
        in_force = None if present is None else present.terms.handbook.hash
        stage = Stage.OPEN if in_force == proposal.previous else Stage.OVERTAKEN
        return Laid(proposal, stage, present)

    async def terms(self, proposal: Proposal) -> Terms:
        """Return what a proposal would bring into force, read again. Raises InvalidRequestError
        where this program reads it otherwise than the one that it was proposed to."""
        text = await self._desk.ledger.notice_content(proposal.text)
        if text is None or sha256(text) != proposal.text:
            raise UnreadableRowError(f"proposal {proposal.id}: its text is not there")
        terms = await self._read(proposal.zone, text)
        if terms.handbook.hash != proposal.handbook:
            raise InvalidRequestError(
                "This text makes another handbook by now: propose it again.",
                field="proposal",
                value=proposal.id,
            )
        return terms

    async def foresee(self, proposal: Proposal) -> Foreseen:
        """Return what the publication of a proposal would do. Raises HandbookError, IssueError."""
        return await self._publishing.foresee(await self.terms(proposal))

    async def approve(
        self, proposal: Proposal, handbook: str, approver: Officer
    ) -> tuple[HandbookPublicationRow, Foreseen]:
        """Bring a proposal into force by a second person, who names the handbook that they looked
        at by its hash. Raises HandbookError or IssueError; nothing is published then."""
        if handbook != proposal.handbook:
            raise ConflictError(
                "This is not the handbook that is proposed.", field="handbook", value=handbook
            )
        if set(identities_of(proposal.author)) & set(identities_of(approver)):
            raise NotPermittedError(
                "Nobody approves a handbook of their own.",
                field="approver.person",
                value=approver.person,
                allowed=WHO_MAY,
            )
        await self._require_publisher(proposal.zone, approver, "approver")
        if (await self.standing(proposal)).stage is not Stage.OPEN:
            raise ConflictError(
                "Another handbook is in force than the one that this was laid over.",
                field="proposal",
                value=proposal.id,
                allowed="a proposal that is laid over the handbook in force",
            )
        return await self._publishing.publish(
            await self.terms(proposal),
            author=proposal.author,
            approver=approver,
            reason=proposal.reason,
        )

    async def _require_publisher(self, zone: str, officer: Officer, field: str) -> None:
        at = self._desk.clock.now()
        terms = await self._desk.shelf.current(zone, at)
        require_publisher(officer, [terms], at, what="a handbook", field=field, allowed=WHO_MAY)

    async def _read(self, zone: str, text: str) -> Terms:
        known = await self._desk.shelf.known_calendars(zone)
        return await asyncio.to_thread(posted_terms, zone, text.encode(), known)

    def _proposal(
        self, terms: Terms, text: str, present: InForce | None, author: Officer, reason: str
    ) -> Proposal:
        book = terms.handbook
        previous = None if present is None else present.terms.handbook.hash
        hash_ = sha256(text)
        told: dict[str, object] = {
            "text": hash_,
            "author": named(author),
            "reason": reason,
            "previous": previous,
        }
        try:
            return Proposal(
                id=sha256(canonical(told))[:ID_DIGITS],
                zone=book.zone,
                revision=book.revision,
                handbook=book.hash,
                text=hash_,
                previous=previous,
                author=author,
                reason=reason,
                at=to_millisecond(self._desk.clock.now()),
            )
        except ValidationError as error:
            raise from_validation(error) from error

    async def _put(self, proposal: Proposal, text: str, book: Handbook) -> None:
        """Put a proposal before everybody who may approve it, once."""
        stream = _stream(proposal.zone)
        if any(
            row.notice.startswith(f"{stream}/{proposal.id}/")
            for row in await self._desk.ledger.receipts(stream)
        ):
            return
        present = await self._desk.shelf.current(proposal.zone, proposal.at)
        able = [
            each.id
            for each in present.handbook.posts
            if oversees(each) or leads(each, present.handbook)
        ]
        told: dict[str, object] = {
            "proposal": proposal.model_dump(mode="json"),
            "texts": await self._said(proposal, book),
        }
        content = content_row(canonical(told), proposal.at)
        receipts = [_receipt(proposal, id_, content.hash) for id_ in able]
        await self._desk.ledger.put_telling(
            Telling(receipts=tuple(receipts), contents=(content, content_row(text, proposal.at)))
        )

    async def _said(self, proposal: Proposal, book: Handbook) -> dict[str, dict[str, str]]:
        office, values = NoticeOffice(self._desk), {}
        for language in LANGUAGES:
            values[language] = {
                "zone": proposal.zone,
                "zone_name": getattr(book.name, language),
                "proposal": proposal.id,
                "revision": proposal.revision,
                "author": named(proposal.author),
                "reason": proposal.reason,
                "handbook": proposal.handbook,
            }
        said = {
            language: await office.message_apart(PROPOSED, values, INBOX, language)
            for language in LANGUAGES
        }
        return {name: {"subject": each.subject, "body": each.body} for name, each in said.items()}

    async def _of(self, row: ReceiptRow) -> Proposal:
        text = await self._desk.ledger.notice_content(row.content)
        try:
            return Proposal.model_validate(json.loads(text or "")["proposal"])
        except (ValueError, KeyError, TypeError) as error:
            raise UnreadableRowError(f"receipt {row.id}: it is no proposal") from error


def _stream(zone: str) -> str:
    return f"{STREAM}/{zone}/handbook"


def _receipt(proposal: Proposal, addressee: str, content: str) -> ReceiptRow:
    stream, at = _stream(proposal.zone), proposal.at
    notice = NoticeRow(f"{stream}/{proposal.id}/{addressee}", stream, 0, PROPOSED, addressee, at)
    address = fingerprint(INBOX, f"{proposal.zone}/{addressee}")
    return receipt_row(
        notice,
        proposal.zone,
        INBOX,
        address,
        ReceiptKind.DELIVERED,
        at,
        content=content,
        template=f"shipped {PROPOSED}",
    )
