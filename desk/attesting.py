"""Daily attestations, zero reports (无异常) included: silence is never "nothing was found"."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pydantic import Field, model_validator

from desk.desk import Desk
from domain.canonical import canonical
from domain.days import zone_of
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.handbook_routines import routines_rule
from domain.model import Code, Frozen, Text, is_none, to_millisecond
from domain.people import Officer
from domain.permissions import Setting, officer_post
from domain.routines import at_local, attesting_posts
from domain.terms import Terms
from ledger.reports import AttestationRow

COMMAND = "attest_daily"
"""What a delegation has to name for a deputy to attest."""
LATE_FOR = timedelta(days=31)
"""So long after a day it can still be attested, late."""
ATTEMPTS_MAX = 8


class AttestDaily(Frozen):
    """What a post says of a day: that nothing was found, or, in `text`, what was."""

    zone: Code
    day: date
    no_abnormality: bool
    text: Text | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _says_what_was_found(self) -> "AttestDaily":
        if not self.no_abnormality and self.text is None:
            raise ValueError("text: say what was found, or attest that nothing was")
        return self


@dataclass(frozen=True, slots=True)
class DayAttested:
    """What was attested of a day. `limit_at`: by when; None: the day is not worked. `given` is the
    last word of each post; `wanted` have to attest, `missing` have not yet."""

    zone: str
    day: date
    limit_at: datetime | None
    given: tuple[AttestationRow, ...]
    wanted: tuple[str, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the posts that have to attest and have not yet."""
        said = {row.post for row in self.given}
        return tuple(post for post in self.wanted if post not in said)

    def is_overdue(self, at: datetime) -> bool:
        """Return whether the limit has passed and somebody has not attested."""
        return self.limit_at is not None and at > self.limit_at and bool(self.missing)


async def attest_daily(desk: Desk, asked: AttestDaily, actor: Officer) -> AttestationRow:
    """Keep what an officer attests for their post. The same again is a repeat; something else is
    the post's next word, beside the one before. One after the limit stays late.

    Raises IssueError.
    """
    at = to_millisecond(desk.clock.now())
    terms = await desk.shelf.current(asked.zone, at)
    post = _require_attester(terms, actor, at)
    limit_at = _require_day(terms, asked.day, at)
    day = asked.day.isoformat()
    for _ in range(ATTEMPTS_MAX):
        known = await desk.ledger.attestations(asked.zone, day)
        own = [row for row in known if row.post == post]
        said = (asked.no_abnormality, asked.text or "")
        if own and (own[-1].no_abnormality, own[-1].text) == said:
            return own[-1]
        version = len(own) + 1
        row = AttestationRow(
            id=f"{asked.zone}/{day}/{post}/{version}",
            zone=asked.zone,
            day=day,
            post=post,
            version=version,
            no_abnormality=asked.no_abnormality,
            text=asked.text or "",
            limit_at=limit_at,
            at=at,
            actor=canonical(actor),
        )
        if await desk.ledger.put_attestation(row):
            return row
    raise ConflictError("Others of this post attest at the same time.", field="day", value=day)


async def attestations_of(desk: Desk, zone: str, day: date) -> DayAttested:
    """Return what was attested of a day, and who still has to. Raises UnknownZoneError."""
    terms = await desk.shelf.current(zone, to_millisecond(desk.clock.now()))
    newest = {row.post: row for row in await desk.ledger.attestations(zone, day.isoformat())}
    rule, book = routines_rule(terms.handbook.routines), terms.handbook
    works = terms.calendar.works_on(day)
    return DayAttested(
        zone=zone,
        day=day,
        limit_at=at_local(terms.calendar, day, rule.attest_by) if works else None,
        given=tuple(newest.values()),
        wanted=attesting_posts(rule, book.posts) if works else (),
    )


async def missing_attestations(desk: Desk, zone: str, at: datetime | None = None) -> DayAttested:
    """Return the same of the local day of an instant: of today, for whoever looks at the day."""
    now = to_millisecond(at or desk.clock.now())
    terms = await desk.shelf.current(zone, now)
    return await attestations_of(desk, zone, terms.calendar.day_of(now))


def _require_attester(terms: Terms, actor: Officer, at: datetime) -> str:
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    held = officer_post(actor, Setting(handbook=terms.handbook, local=local, command=COMMAND))
    wanted = attesting_posts(routines_rule(terms.handbook.routines), terms.handbook.posts)
    if held.id not in wanted:
        raise NotPermittedError(
            "This post has nothing to attest.", field="actor.post", value=held.id, allowed=wanted
        )
    return held.id


def _require_day(terms: Terms, day: date, at: datetime) -> datetime:
    """Return by when a day had to be attested. Raises InvalidRequestError."""
    today = terms.calendar.day_of(at)
    if not today - LATE_FOR <= day <= today:
        raise InvalidRequestError(
            "This day cannot be attested.",
            field="day",
            value=day.isoformat(),
            allowed=f"{(today - LATE_FOR).isoformat()} to {today.isoformat()}",
        )
    if not terms.calendar.works_on(day):
        raise InvalidRequestError(
            "This day is not worked: there is nothing to attest.",
            field="day",
            value=day.isoformat(),
            allowed="a working day of the zone",
        )
    rule = routines_rule(terms.handbook.routines)
    return at_local(terms.calendar, day, rule.attest_by)
