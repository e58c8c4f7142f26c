"""Publish a figure, count a published one again, correct one by another (I13).

A figure is made from the events of a zone's issues at or below a position, read stream by stream:
memory holds one issue at a time. What came later moves no published figure; a restatement states it
anew at a later position, and says which issues moved.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from audit.facts import TermsOf, terms_reader
from audit.figure_streams import FigureFacts, Stream, UncountableStreamError, streams, uncountable
from domain import figure_definitions
from domain.canonical import canonical
from domain.days import zone_of
from domain.errors import InvalidRequestError, NotPermittedError
from domain.figure_story import Story
from domain.figures import (
    Definition,
    Listed,
    Period,
    Plain,
    Share,
    Sink,
    Sums,
    contribution,
    differing,
)
from domain.model import Frozen, Moment, Short, Text, written
from domain.people import Officer
from domain.permissions import Setting, officer_post
from domain.retold import terms_named
from domain.staffing import Role
from domain.terms import Terms
from ledger.figures import FigureRow, Figures

DIFFERENCES_MAX = 50
__all__ = ["FigureFacts", "UncountableStreamError"]

PUBLISHING_ROLES = (Role.COORDINATOR, Role.SUPERVISOR)
COMMAND = "publish_figures"
"""What a delegation has to name for a deputy to publish."""

Progress = Callable[[int], None]
DefinitionOf = Callable[[str, int | None], Definition]


@dataclass(frozen=True, slots=True)
class Scope:
    """A zone, or what one unit, or post without one, has there."""

    zone: str
    unit: str | None = None

    def __str__(self) -> str:
        return self.zone if self.unit is None else f"{self.zone}/{self.unit}"


@dataclass(frozen=True, slots=True)
class Asked:
    """A figure as somebody asks for it."""

    definition: Definition
    scope: Scope
    period: Period


class Signed(Frozen):
    """Who states a figure, when, and why."""

    at: Moment
    author: Short
    reason: Text


@dataclass(frozen=True, slots=True)
class Difference:
    """A place in the digits: what was published there, and what comes out now. None: nothing."""

    where: str
    published: object
    again: object


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A published figure counted again. `differences` names the first of them."""

    row: FigureRow
    digits: str
    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Return whether the same digits came out, to the byte."""
        return self.digits == self.row.digits


@dataclass(frozen=True, slots=True)
class Restated:
    """What a restatement came to: the figure that was in force, the new one, None if nothing moved
    and nothing was published, and the issues that moved, as far as they are listed."""

    before: FigureRow
    row: FigureRow | None
    moved: int
    issues: tuple[Plain, ...]


@dataclass(frozen=True, slots=True)
class Edition:
    """By which definition, up to which position."""

    definition: Definition
    horizon: int


@dataclass(frozen=True, slots=True)
class CountedAgain:
    """A figure counted as the ledger stands now, beside what was published; `differs`: whether
    that is worth another figure."""

    before: FigureRow
    asked: Asked
    edition: Edition
    digits: str
    moved: Listed
    differs: bool


async def publish(
    ledger: FigureFacts, asked: Asked, signed: Signed, *, progress: Progress = lambda _: None
) -> FigureRow:
    """Count a figure as the ledger stands, and keep it. Raises IssueError: what was published once
    is restated, never published again."""
    _require_past(asked.period, signed.at)
    definition, scope, period = asked.definition, str(asked.scope), asked.period
    newest = await ledger.newest_figure(definition.name, scope, period.from_at, period.to_at)
    if newest is not None:
        raise _published(newest)
    edition = Edition(definition, await ledger.safe_position())
    digits, _ = await _counted(ledger, asked.scope, period, (edition,), progress)
    kept = await ledger.put_figure(_row(asked, edition, digits, signed))
    if kept is None:
        raise _published(None)
    return kept


async def recompute(
    ledger: FigureFacts,
    sequence: int,
    *,
    definition_of: DefinitionOf = figure_definitions.definition,
    issues: Sink | None = None,
    moved: Sink | None = None,
    progress: Progress = lambda _: None,
) -> Recomputed:
    """Count a published figure again from the same prefix of the ledger. Raises IssueError.

    `issues` is given what each issue gave, `moved` what each gave before and after a restatement,
    however many there are.
    """
    row = await published_figure(ledger, sequence)
    editions = [Edition(definition_of(row.definition, row.revision), row.horizon)]
    if row.restates is not None:
        before = await published_figure(ledger, row.restates)
        editions.append(Edition(definition_of(before.definition, before.revision), before.horizon))
    period = Period(row.from_at, row.to_at)
    scope, sinks = scope_of(row.scope), (issues, moved)
    digits, _ = await _counted(ledger, scope, period, editions, progress, sinks)
    return Recomputed(row, digits, tuple(_differences(row.digits, digits)))


async def restate(
    ledger: FigureFacts,
    sequence: int,
    signed: Signed,
    *,
    revision: int | None = None,
    definition_of: DefinitionOf = figure_definitions.definition,
    progress: Progress = lambda _: None,
) -> Restated:
    """Count a published figure as the ledger stands now, and keep it beside the one it corrects,
    with the issues that moved. Where none did, nothing is kept. Raises IssueError.

    `revision` is that of the figure, unless another is named.
    """
    counted = await counted_again(ledger, sequence, revision, definition_of, progress)
    if not counted.differs:
        return Restated(counted.before, None, 0, ())
    before, moved = counted.before, counted.moved
    row = replace(
        _row(counted.asked, counted.edition, counted.digits, signed), restates=before.sequence
    )
    kept = await ledger.put_figure(row)
    if kept is None:
        raise InvalidRequestError(
            "Somebody has restated this figure meanwhile.",
            field="figure",
            value=sequence,
            allowed="the newest figure of its definition, scope and period",
        )
    return Restated(before, kept, moved.count, tuple(moved.kept))


async def counted_again(
    ledger: FigureFacts,
    sequence: int,
    revision: int | None,
    definition_of: DefinitionOf,
    progress: Progress,
) -> CountedAgain:
    """Count a figure again for its restatement. Raises IssueError: only the newest is restated."""
    before = await published_figure(ledger, sequence)
    asked = Asked(
        definition_of(before.definition, before.revision if revision is None else revision),
        scope_of(before.scope),
        Period(before.from_at, before.to_at),
    )
    await _require_newest(ledger, before)
    edition = Edition(asked.definition, await ledger.safe_position())
    former = Edition(definition_of(before.definition, before.revision), before.horizon)
    digits, moved = await _counted(ledger, asked.scope, asked.period, (edition, former), progress)
    differs = bool(moved.count) or edition.definition is not former.definition
    return CountedAgain(before, asked, edition, digits, moved, differs)


async def published_figure(ledger: Figures, sequence: int) -> FigureRow:
    """Return a published figure. Raises InvalidRequestError."""
    row = await ledger.figure(sequence)
    if row is None:
        raise InvalidRequestError(
            "No such figure was published.",
            field="figure",
            value=sequence,
            allowed="a number of `closeout figures list`",
        )
    return row


def scope_of(text: str) -> Scope:
    """Return the scope that a row names."""
    zone, slash, unit = text.partition("/")
    return Scope(zone, unit if slash else None)


def require_publisher(terms: Terms, actor: Officer, at: datetime) -> None:
    """Refuse whoever may not state figures of the zone. Raises NotPermittedError."""
    local = at.astimezone(zone_of(terms.calendar.time_zone))
    held = officer_post(actor, Setting(handbook=terms.handbook, local=local, command=COMMAND))
    if not set(held.roles).intersection(PUBLISHING_ROLES):
        raise NotPermittedError(
            "This post may not publish figures.",
            field="actor.post",
            value=held.id,
            allowed=[
                post.id
                for post in terms.handbook.posts
                if set(post.roles).intersection(PUBLISHING_ROLES)
            ],
        )


async def _counted(
    ledger: FigureFacts,
    scope: Scope,
    period: Period,
    editions: Sequence[Edition],
    progress: Progress,
    sinks: tuple[Sink | None, Sink | None] = (None, None),
) -> tuple[str, Listed]:
    """Return the digits of the first edition; beside a former one also the issues that moved."""
    edition, former = editions[0], editions[-1]
    sums, moved = Sums(edition.definition, scope.unit, sinks[0]), Listed(sinks[1])
    terms_of, issues = terms_reader(ledger), 0
    horizon = max(edition.horizon, former.horizon)
    async for stream in streams(ledger, scope.zone, horizon):
        name = stream[0][1].stream
        shares = await _shares(stream, edition, period, terms_of)
        now = sums.add(name, shares)
        if not _counts_alike(stream, edition, former):
            shares = await _shares(stream, former, period, terms_of)
            before = contribution(name, shares, scope.unit)
            if now.shares != before.shares:
                sides = {"before": list(before.shares), "after": list(now.shares)}
                moved.add({"stream": name, **sides})
        issues += 1
        progress(issues)
    digits = sums.digits()
    if former is not edition:
        digits["moved"] = moved.plain()
    return canonical(digits), moved


def _counts_alike(stream: Stream, edition: Edition, former: Edition) -> bool:
    """Return whether two editions count the same events of an issue by the same definition."""
    known = (sum(position <= each.horizon for position, _ in stream) for each in (edition, former))
    return edition.definition is former.definition and len(set(known)) == 1


async def _shares(
    stream: Stream, edition: Edition, period: Period, terms_of: TermsOf
) -> tuple[Share, ...]:
    """Return what an issue gives to an edition of a figure, by its events up to the horizon."""
    records = tuple(record for position, record in stream if position <= edition.horizon)
    if not edition.definition.concerns(records, period):
        return ()
    with uncountable(stream, edition.horizon):
        terms = {hash_: await terms_of(hash_) for hash_ in terms_named(records)}
        return edition.definition.given_by(Story(records, terms), period)


def _row(asked: Asked, edition: Edition, digits: str, signed: Signed) -> FigureRow:
    return FigureRow(
        sequence=0,
        definition=edition.definition.name,
        revision=edition.definition.revision,
        scope=str(asked.scope),
        from_at=asked.period.from_at,
        to_at=asked.period.to_at,
        horizon=edition.horizon,
        digits=digits,
        restates=None,
        at=signed.at,
        author=signed.author,
        reason=signed.reason,
    )


def _differences(published: str, again: str) -> list[Difference]:
    """Return the first places at which digits differ, each in one line."""
    if published == again:
        return []
    try:
        before = json.loads(published)
    except ValueError:
        return [Difference("digits", "no JSON", "JSON")]
    found = [Difference(*each) for each in differing(before, json.loads(again))]
    return found[:DIFFERENCES_MAX] or [Difference("digits", "not canonical", "canonical")]


def _require_past(period: Period, at: datetime) -> None:
    if not period.from_at < period.to_at <= at:
        raise InvalidRequestError(
            "A figure is of a period that is over.",
            field="period",
            value=f"{written(period.from_at)} to {written(period.to_at)}",
            allowed=f"an earlier instant and a later one, both before {written(at)}",
        )


async def _require_newest(ledger: FigureFacts, row: FigureRow) -> None:
    newest = await ledger.newest_figure(row.definition, row.scope, row.from_at, row.to_at)
    if newest is not None and newest.sequence != row.sequence:
        raise InvalidRequestError(
            "This figure has been restated: correct the restatement.",
            field="figure",
            value=row.sequence,
            allowed=f"figure {newest.sequence}",
        )


def _published(newest: FigureRow | None) -> InvalidRequestError:
    which = "the figure of `closeout figures list`" if newest is None else str(newest.sequence)
    return InvalidRequestError(
        "This was published already, and is corrected by a restatement.",
        field="figure",
        value=which,
        allowed=f"`closeout figures restate {'N' if newest is None else which} --reason …`",
    )
