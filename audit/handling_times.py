"""How long people took, step by step, measured from what a ledger has recorded of them.

A step is what an issue waits for: somebody's next act, as its phase has it. What is measured is the
zone's opening time from the last act, or from what time brought about and made people think again,
to the next act of one whose step it is.
"""

import json
from array import array
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import pairwise
from typing import Annotated, Final, Protocol, Self

from pydantic import Field, model_validator

from audit.facts import Life, TermsOf, terms_reader
from audit.life_pages import Pages, issue_pages, read_lives
from audit.reexecute import SPOILT
from domain.evolve import evolve
from domain.issue import Issue
from domain.model import Code, Frozen
from domain.phases import Phase
from domain.terms import Terms
from ledger.port import CommandRow

HOUR_MS: Final = 3_600_000
HOURS_MAX: Final = 2_000
"""A year of office hours: whoever takes longer has not acted."""
QUANTILES_MAX: Final = 101
QUANTILES: Final = 20
"""Into so many parts what was measured is divided."""
SAMPLES_MIN: Final = 30
"""Of fewer nothing is said."""
SAMPLES_MAX: Final = 65_536
"""So many are kept of one step; of more every second, fourth, eighth …"""


class Step(StrEnum):
    """What an issue waits for: to be accepted; the next act of whoever handles it, an answer to
    what was asked for, the end of a pause, a part of a joint team; the enterprise's word and its
    verification; what a parked issue lacks; a reopening."""

    INTAKE = "intake"
    WORK = "work"
    ANSWER = "answer"
    PAUSE = "pause"
    PART = "part"
    SIGN_OFF = "sign_off"
    VERIFY = "verify"
    PARKED = "parked"
    REOPEN = "reopen"


OF_ENTERPRISES: Final = frozenset({Step.SIGN_OFF, Step.REOPEN})


class HandlingTime(Frozen):
    """How many opening hours a step takes: quantiles at equal distances, the least first and the
    most last; between two of them all are alike. `category` is one of the handbook's, or what
    several begin with before the hyphen; None: any other."""

    step: Step
    category: Code | None = None
    hours: Annotated[
        tuple[Annotated[float, Field(ge=0, le=HOURS_MAX, allow_inf_nan=False)], ...],
        Field(min_length=2, max_length=QUANTILES_MAX),
    ]

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if any(later < earlier for earlier, later in pairwise(self.hours)):
            msg = "quantiles rise from the least to the most"
            raise ValueError(msg)
        return self


class Recorded(Pages, Protocol):
    """A ledger whose issues are measured."""

    async def safe_position(self) -> int:
        """Return the position at and below which no event can appear any more."""
        ...


def step_of(issue: Issue) -> Step:
    """Return what an issue waits for."""
    match issue.phase:
        case Phase.INTAKE:
            return Step.INTAKE
        case Phase.SIGN_OFF:
            answered = issue.sign_off is not None and issue.sign_off.outcome is not None
            return Step.VERIFY if answered else Step.SIGN_OFF
        case Phase.PARKED:
            return Step.PARKED
        case Phase.CLOSED:
            return Step.REOPEN
        case Phase.HANDLING:
            if issue.request is not None:
                return Step.ANSWER
            if issue.pause is not None:
                return Step.PAUSE
            in_team = issue.team is not None and issue.team.open_parts
            return Step.PART if in_team else Step.WORK


def stage_of(issue: Issue) -> tuple[object, ...]:
    """Return what time may change so that people have to think again."""
    sign_off = issue.sign_off
    outcome = None if sign_off is None else sign_off.outcome
    return issue.phase, issue.tier, issue.pause is None, outcome, issue.under_review


def family_of(category: str) -> str:
    """Return what a category begins with, before the hyphen."""
    return category.partition("-")[0]


async def measured(ledger: Recorded, zone: str) -> tuple[HandlingTime, ...]:
    """Return the handling times of a zone: of each step, and of each family of categories in it, of
    which enough was recorded. An issue that cannot be read is left out, as if it were not there.
    Memory is bounded, whatever the ledger holds."""
    samples: dict[tuple[Step, str | None], _Sample] = {}
    terms_of, position = terms_reader(ledger), await ledger.safe_position()
    async for rows in issue_pages(ledger, zone, position):
        for life in await _readable(ledger, {row.stream: row.version for row in rows}):
            try:
                found = await _steps_of(life, terms_of)
            except SPOILT:
                continue
            for step, family, hours in found:
                samples.setdefault((step, None), _Sample()).add(hours)
                samples.setdefault((step, family), _Sample()).add(hours)
    told = sorted(samples.items(), key=lambda each: (each[0][0], each[0][1] or ""))
    return tuple(
        HandlingTime(step=step, category=family, hours=sample.quantiles())
        for (step, family), sample in told
        if sample.count >= SAMPLES_MIN
    )


async def _readable(ledger: Pages, versions: Mapping[str, int]) -> list[Life]:
    """Return the lives of a page that can be read."""
    try:
        return await read_lives(ledger, versions)
    except SPOILT:
        if len(versions) == 1:
            return []
    pages = [await _readable(ledger, {stream: version}) for stream, version in versions.items()]
    return [life for page in pages for life in page]


async def _steps_of(life: Life, terms_of: TermsOf) -> list[tuple[Step, str, float]]:
    terms = {row.terms: await terms_of(row.terms) for row in life.commands}
    return list(steps_of(life, terms))


def steps_of(life: Life, terms: dict[str, Terms]) -> Iterator[tuple[Step, str, float]]:
    """Yield every step of a life that somebody took: which, the family of the issue's category, and
    the opening hours that it took."""
    issue: Issue | None = None
    since_at, read = None, 0
    for row in life.commands:
        before, stored = issue, life.records[read : read + row.count]
        read += row.count
        for record in stored:
            issue = evolve(issue, record.event, zone=life.zone, key=life.key, terms=record.terms)
        if issue is None or not stored:
            continue
        if before is None or since_at is None:
            since_at = row.at
            continue
        kind, step = _actor_kind(row), step_of(before)
        if kind == "engine":
            since_at = row.at if stage_of(issue) != stage_of(before) else since_at
        elif (kind == "representative") is (step in OF_ENTERPRISES):
            spent_ms = terms[row.terms].calendar.working_ms(since_at, max(since_at, row.at))
            yield step, family_of(before.category), spent_ms / HOUR_MS
            since_at = row.at


def _actor_kind(row: CommandRow) -> str:
    return str(json.loads(row.actor)["kind"])


class _Sample:
    """So many of what was measured as fit, spread evenly over all of it."""

    def __init__(self) -> None:
        self.count = 0
        self._kept = array("d")
        self._every = 1

    def add(self, hours: float) -> None:
        if self.count % self._every == 0:
            self._kept.append(min(hours, HOURS_MAX))
        self.count += 1
        if len(self._kept) > SAMPLES_MAX:
            del self._kept[1::2]
            self._every *= 2

    def quantiles(self) -> tuple[float, ...]:
        """Return QUANTILES + 1 of them, the least and the most among them."""
        ordered, last = sorted(self._kept), len(self._kept) - 1
        return tuple(round(ordered[last * n // QUANTILES], 4) for n in range(QUANTILES + 1))
