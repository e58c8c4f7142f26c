"""A zone's handbook comes into force: judged, stood for by two persons, stored whole (I8, R3.4).

What was reported before stays on its terms until a plan moves it (`closeout adopt`).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from desk.desk import Desk
from desk.planning import require_words
from desk.publishing import day_in, require_publisher
from desk.shelf import UnfitZoneError
from domain.calendar import WorkingCalendar
from domain.calendar_check import CalendarProblem, calendar_problems
from domain.canonical import canonical
from domain.days import to_ms
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError, UnknownZoneError
from domain.handbook import Handbook, Post
from domain.model import to_millisecond
from domain.organization import holders
from domain.people import Officer, identities_of, named
from domain.problem import Problem
from domain.terms import Terms
from handbooks.faults import Fault, HandbookError
from handbooks.shelf import judged
from ledger.port import LedgerError, LedgerUnavailableError, StreamConflictError
from ledger.publications import CalendarRow, HandbookPublicationRow, HandbookRow

HANDBOOK = "handbook-"
NONE_YET = 0
WHO_MAY = (
    "two persons of the zone, each a coordinator, a supervisor or in a post of the top tier, by "
    "the handbook in force (of a new zone: by the new one)"
)


@dataclass(frozen=True, slots=True)
class InForce:
    """What a zone has in force. `publication` is None while that is the shipped handbook."""

    terms: Terms
    publication: HandbookPublicationRow | None


@dataclass(frozen=True, slots=True)
class PostChange:
    """A post with other people: who is in it today by the old handbook and by the new, and how many
    open issues it owns. Both alike: the change comes later."""

    post: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    open_issues: int


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a publication does, or would do.

    `calendars` come into force with it. `open_elsewhere` are the zone's open issues on another
    handbook: they stay there until `closeout adopt` moves them.
    """

    terms: Terms
    present: InForce | None
    calendars: tuple[WorkingCalendar, ...]
    posts: tuple[PostChange, ...]
    open_elsewhere: int


class HandbookPublishing:
    """Publishes handbooks at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def present(self, zone: str) -> InForce | None:
        """Return what a zone has in force, None if nothing.

        Of a zone that cannot follow its newest publication that is the last one that can be read:
        by it the zone is repaired.
        """
        newest = (await self._desk.shelf.handbook_publications()).get(zone)
        try:
            terms: Terms | None = await self._desk.shelf.current(zone, self._now())
        except UnfitZoneError:
            terms = await self._last_readable(zone)
        except UnknownZoneError:
            terms = None
        return None if terms is None else InForce(terms, newest)

    async def _last_readable(self, zone: str) -> Terms | None:
        for row in reversed(await self._desk.ledger.handbook_publications(zone)):
            try:
                return await self._desk.shelf.published(row)
            except LedgerUnavailableError:
                raise
            except LedgerError:
                continue
        return self._desk.shelf.shipped(zone) or await self._last_kept(zone)

    async def _last_kept(self, zone: str) -> Terms | None:
        """Return the latest revision that a zone was ever judged by, though it has none now."""
        return max(
            await self._desk.shelf.kept(zone),
            key=lambda terms: (terms.handbook.revision, terms.calendar.valid_until),
            default=None,
        )

    async def foresee(self, terms: Terms) -> Foreseen:
        """Return what the publication of a handbook would do, or raise why it cannot be published:
        HandbookError for a broken rule, IssueError otherwise. Writes nothing."""
        calendars = await self._new_calendars(terms)
        await asyncio.to_thread(_require_sound, terms, calendars)
        present = await self.present(terms.handbook.zone)
        if present is not None:
            _require_greater_revision(terms.handbook, present.terms.handbook)
        return Foreseen(
            terms=terms,
            present=present,
            calendars=calendars,
            posts=await self._posts(terms, present),
            open_elsewhere=await self._open_elsewhere(terms.handbook),
        )

    async def publish(
        self, terms: Terms, *, author: Officer, approver: Officer, reason: str
    ) -> tuple[HandbookPublicationRow, Foreseen]:
        """Bring a handbook into force for all that is reported from now on, in every process within
        seconds. Raises HandbookError or IssueError; nothing is stored then, but for calendars that
        the handbook brought along if another was published at the same moment."""
        require_words(reason, author, approver)
        foreseen = await self.foresee(terms)
        present = foreseen.present
        before = await self._last_kept(terms.handbook.zone) if present is None else present.terms
        self._require_two(author, approver, before or terms)
        newest = None if present is None else present.publication
        at = self._now() if newest is None else max(self._now(), newest.at)
        try:
            for calendar in foreseen.calendars:
                await self._desk.ledger.publish(
                    _calendar_row(calendar, at),
                    after=NONE_YET,
                    previous=None,
                    author=named(author),
                    reason=reason,
                )
            row = await self._desk.ledger.publish_handbook(
                HandbookRow(
                    hash=terms.handbook.hash,
                    zone=terms.handbook.zone,
                    text=canonical(terms.handbook),
                    at=at,
                ),
                after=NONE_YET if newest is None else newest.sequence,
                previous=_hash_before(newest, before),
                author=named(author),
                approver=named(approver),
                reason=reason,
            )
        except StreamConflictError as error:
            raise ConflictError(
                "Another handbook of this zone, or one of its calendars, was published meanwhile. "
                "Look at it first.",
                field="zone",
                value=terms.handbook.zone,
            ) from error
        await self._desk.shelf.refresh()
        # Keeps it whole, with the shipped calendars that it names: a later program may lack them.
        await self._desk.shelf.current(row.zone, at)
        return row, foreseen

    def _require_two(self, author: Officer, approver: Officer, by: Terms) -> None:
        if set(identities_of(author)) & set(identities_of(approver)):
            raise NotPermittedError(
                "Nobody approves a handbook of their own.",
                field="approver.person",
                value=approver.person,
                allowed=WHO_MAY,
            )
        for field, officer in (("author", author), ("approver", approver)):
            require_publisher(
                officer,
                [by],
                self._desk.clock.now(),
                what="a handbook",
                field=field,
                allowed=WHO_MAY,
            )

    async def _new_calendars(self, terms: Terms) -> tuple[WorkingCalendar, ...]:
        """Return the calendars that come along, or refuse one that takes another's place: to move
        a calendar in force is a publication of its own, which moves open issues."""
        known = await self._desk.shelf.known_calendars(terms.handbook.zone)
        new = []
        for id_, calendar in sorted(terms.calendars_by_id.items()):
            there = known.get(id_)
            if there is None:
                new.append(calendar)
            elif there.hash != calendar.hash:
                raise InvalidRequestError(
                    "The handbook brings another version of a calendar that is there already. "
                    "`closeout calendar publish` publishes a version; or give it an id of its own.",
                    field=f"calendars.{id_}",
                    value=calendar.hash,
                    allowed=there.hash,
                )
        for calendar in new:
            if to_ms(self._desk.clock.now()) < calendar.at_minute(calendar.valid_from, 0):
                raise InvalidRequestError(
                    "The calendar begins only later: nothing could be counted until then.",
                    field=f"calendars.{calendar.id}.valid_from",
                    value=calendar.valid_from,
                    allowed="today or earlier",
                )
        return tuple(new)

    async def _posts(self, terms: Terms, present: InForce | None) -> tuple[PostChange, ...]:
        if present is None:
            return ()
        day = day_in(terms, self._desk.clock.now())
        owned: Counter[str] = Counter()
        for row in await self._desk.ledger.open_by_owner(terms.handbook.zone):
            owned[row.owner] += row.count
        old = {post.id: post for post in present.terms.handbook.posts}
        new = {post.id: post for post in terms.handbook.posts}
        return tuple(
            PostChange(
                post=id_,
                before=_in(old.get(id_), day),
                after=_in(new.get(id_), day),
                open_issues=owned[id_],
            )
            for id_ in dict.fromkeys((*old, *new))
            if _staff(old, id_) != _staff(new, id_)
        )

    async def _open_elsewhere(self, handbook: Handbook) -> int:
        count = 0
        for row in await self._desk.ledger.open_by_owner(handbook.zone):
            held = await self._desk.shelf.version(row.terms)
            count += row.count if held.handbook.hash != handbook.hash else 0
        return count

    def _now(self) -> datetime:
        return to_millisecond(self._desk.clock.now())


def handbook_name(publication: HandbookPublicationRow) -> str:
    """Return the name of a publication."""
    return f"{HANDBOOK}{publication.sequence}"


def _hash_before(newest: HandbookPublicationRow | None, before: Terms | None) -> str | None:
    if newest is not None:
        return newest.hash
    return None if before is None else before.handbook.hash


def _require_sound(terms: Terms, calendars: Iterable[WorkingCalendar] = ()) -> None:
    """Refuse what `closeout handbook check` would refuse. Calendars that are in force already are
    not asked again."""
    zone = terms.handbook.zone
    faults = [_fault(zone, each) for each in judged(terms)]
    faults += [
        _fault(f"{zone}, calendar {calendar.id}", each)
        for calendar in calendars
        for each in calendar_problems(calendar)
    ]
    if faults:
        raise HandbookError(*faults)


def _fault(where: str, problem: Problem | CalendarProblem) -> Fault:
    return Fault(
        file=where,
        field=problem.key,
        problem=problem.message,
        rule=problem.rule,
        counter_example=problem.counter_example,
    )


def _require_greater_revision(new: Handbook, old: Handbook) -> None:
    if new.revision <= old.revision:
        raise InvalidRequestError(
            "A handbook that takes the place of another has a greater revision.",
            field="revision",
            value=new.revision,
            allowed=f"{old.revision + 1} or more",
        )


def _calendar_row(calendar: WorkingCalendar, at: datetime) -> CalendarRow:
    return CalendarRow(
        hash=calendar.hash,
        id=calendar.id,
        text=canonical(calendar),
        valid_until=calendar.valid_until,
        at=at,
    )


def _staff(posts: Mapping[str, Post], id_: str) -> object:
    held = posts.get(id_)
    return None if held is None else (held.people, held.assignments)


def _in(held: Post | None, day: date) -> tuple[str, ...]:
    return () if held is None else holders(held, day)
