"""A calendar's new version comes into force: checked, stored whole, then open issues are moved."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import ValidationError

from desk.adopting import Adopter
from desk.desk import Desk
from desk.grounds import CalendarGround, publication_name
from desk.moves import IssueMove
from domain.calendar import WorkingCalendar
from domain.calendar_check import UnfitCalendarError, calendar_problems
from domain.canonical import canonical
from domain.commands_of_time import AdoptCalendar
from domain.days import to_ms, zone_of
from domain.errors import (
    ConflictError,
    InvalidRequestError,
    NotPermittedError,
    from_validation,
)
from domain.handbook import Handbook, Post, Role
from domain.model import to_millisecond
from domain.organization import holders
from domain.people import Officer, named
from domain.terms import Terms
from ledger.port import StreamConflictError
from ledger.publications import CalendarRow, PublicationRow

NONE_YET = 0
WHO_MAY = "a coordinator, a supervisor or a top-tier post of a zone that counts by the calendar"


@dataclass(frozen=True, slots=True)
class InForce:
    """What a new version takes the place of. `publication` is None while only the shipped version
    is in force; `zones` are the terms of those that count by the calendar."""

    calendar: WorkingCalendar
    publication: PublicationRow | None
    zones: tuple[Terms, ...]


class Publishing:
    """Publishes calendars at a desk."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def in_force(self, calendar_id: str) -> InForce:
        """Return the version of a calendar that new issues are judged by, and where."""
        newest = (await self._desk.shelf.publications()).get(calendar_id)
        at = to_millisecond(self._desk.clock.now())
        held = await self._desk.shelf.in_force(at)
        zones = tuple(terms for terms in held if calendar_id in terms.calendars_by_id)
        if not zones:
            known = {id_ for terms in held for id_ in terms.calendars_by_id}
            raise InvalidRequestError(
                "No zone counts by a calendar of this id.",
                field="calendar.id",
                value=calendar_id,
                allowed=known,
            )
        return InForce(zones[0].calendars_by_id[calendar_id], newest, zones)

    async def check(self, calendar: WorkingCalendar) -> InForce:
        """Return what the calendar would take the place of, or raise why it cannot: it breaks a
        rule, no zone counts by it, it is in force already, or it takes published days back."""
        problems = calendar_problems(calendar)
        if problems:
            raise UnfitCalendarError(problems)
        if to_ms(self._desk.clock.now()) < calendar.at_minute(calendar.valid_from, 0):
            raise InvalidRequestError(
                "The calendar begins only later: nothing could be counted until then.",
                field="calendar.valid_from",
                value=calendar.valid_from,
                allowed="today or earlier",
            )
        there = await self.in_force(calendar.id)
        await self._refuse_same(calendar, there)
        if calendar.valid_until < there.calendar.valid_until:
            raise InvalidRequestError(
                "What is published stays published: this version ends before the one in force.",
                field="calendar.valid_until",
                value=calendar.valid_until,
                allowed=f"{there.calendar.valid_until} or later",
            )
        return there

    def preview(self, calendar: WorkingCalendar, there: InForce) -> AsyncIterator[IssueMove]:
        """Yield what would become of each open issue. Writes nothing."""
        return Adopter(self._desk).preview(self._foreseen(calendar, there))

    async def publish(
        self,
        calendar: WorkingCalendar,
        *,
        reason: str,
        author: Officer,
        on_issue: Callable[[], None] = lambda: None,
    ) -> CalendarGround:
        """Bring a calendar into force for all that is reported from now on, in every process within
        seconds. Open issues stay where they are until an Adopter moves them by what is returned.

        Every open issue is tried first, and `on_issue` called after each. Raises IssueError or
        CalendarError; nothing is stored then.
        """
        _require_words(reason, author)
        there = await self.check(calendar)
        require_publisher(author, there.zones, self._desk.clock.now())
        await self._refuse_obstacles(calendar, there, on_issue)
        row = CalendarRow(
            hash=calendar.hash,
            id=calendar.id,
            text=canonical(calendar),
            valid_until=calendar.valid_until,
            at=to_millisecond(self._desk.clock.now()),
        )
        try:
            publication = await self._desk.ledger.publish(
                row,
                after=NONE_YET if there.publication is None else there.publication.sequence,
                previous=there.calendar.hash,
                author=named(author),
                reason=reason,
            )
        except StreamConflictError as error:
            raise ConflictError(
                "Another version of this calendar was published meanwhile. Look at it first.",
                field="calendar.id",
                value=calendar.id,
            ) from error
        await self._desk.shelf.refresh()
        return CalendarGround(self._desk, publication, calendar)

    async def _refuse_obstacles(
        self, calendar: WorkingCalendar, there: InForce, on_issue: Callable[[], None]
    ) -> None:
        """Nothing is half published: a version by which some open issue could not go on is none."""
        found: list[IssueMove] = []
        async for move in self.preview(calendar, there):
            on_issue()
            if move.obstacle is not None:
                found.append(move)
        if found:
            raise InvalidRequestError(
                f"{len(found)} open issues could not follow. The first: {found[0].obstacle}",
                field="calendar",
                value=found[0].stream,
                allowed="a version that holds every day on which open clocks have counted",
            )

    async def _refuse_same(self, calendar: WorkingCalendar, there: InForce) -> None:
        """A shipped version in force may be published if there are issues to be moved to it."""
        if calendar.hash != there.calendar.hash:
            return
        waiting = len((await self._foreseen(calendar, there).page("", 1)).rows)
        if there.publication is None and waiting:
            return
        known = "as it was shipped"
        if there.publication is not None:
            known = f"{publication_name(there.publication)} of {there.publication.at.date()}"
        raise InvalidRequestError(
            f"This very version is in force already: {known}"
            + ("; the guard moves what is still on another." if waiting else "."),
            field="calendar",
            value=calendar.hash,
            allowed="a version that differs",
        )

    def _foreseen(self, calendar: WorkingCalendar, there: InForce) -> CalendarGround:
        """Return the ground as it would be, with words that stand for those to come."""
        publication = PublicationRow(
            sequence=0,
            calendar=calendar.id,
            hash=calendar.hash,
            previous=there.calendar.hash,
            at=to_millisecond(self._desk.clock.now()),
            author="nobody yet",
            reason="none yet",
        )
        return CalendarGround(self._desk, publication, calendar)


def require_publisher(
    officer: Officer,
    zones: Sequence[Terms],
    at: datetime,
    *,
    what: str = "a calendar",
    field: str = "author",
    allowed: str = WHO_MAY,
) -> None:
    """Refuse unless the person holds, on the day of `at`, a post of one of these zones that may
    publish: it coordinates, supervises or is of the top tier. A deputy does not."""
    held = [
        (post, terms) for terms in zones for post in terms.handbook.posts if post.id == officer.post
    ]
    if not held:
        raise NotPermittedError(
            "No zone that this concerns has such a post.",
            field=f"{field}.post",
            value=officer.post,
            allowed=allowed,
        )
    if officer.on_behalf_of is not None:
        raise NotPermittedError(
            f"Nobody publishes {what} for another.",
            field=f"{field}.on_behalf_of",
            value=officer.on_behalf_of,
            allowed=allowed,
        )
    theirs = [
        (post, terms) for post, terms in held if officer.person in holders(post, day_in(terms, at))
    ]
    if not theirs:
        raise NotPermittedError(
            f"This person does not hold the post {officer.post}.",
            field=f"{field}.person",
            value=officer.person,
        )
    if not any(oversees(post) or leads(post, terms.handbook) for post, terms in theirs):
        raise NotPermittedError(
            f"This post may not publish {what}.",
            field=f"{field}.post",
            value=officer.post,
            allowed=allowed,
        )


def day_in(terms: Terms, at: datetime) -> date:
    """Return the day that it is in a zone at an instant."""
    return at.astimezone(zone_of(terms.calendar.time_zone)).date()


def oversees(post: Post) -> bool:
    """Return whether a post coordinates or supervises."""
    return Role.COORDINATOR in post.roles or Role.SUPERVISOR in post.roles


def leads(post: Post, handbook: Handbook) -> bool:
    """Return whether a post is of its zone's top tier."""
    return post.tier == handbook.top_tier


def _require_words(reason: str, author: Officer) -> None:
    """Refuse words that the events to come could not hold."""
    try:
        AdoptCalendar(terms="0" * 64, reference="none", reason=reason, author=named(author))
    except ValidationError as error:
        raise from_validation(error) from error
