"""Stored reports read from the ledger: composed at a position, and composed again (issue 8 part 2).

What stood at the ends of the period is told from the past as it was known then; what happened is
what was recorded in it; none of it lies above the position. So two makers get the same bytes.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final, Protocol

from audit.facts import Facts as Read
from audit.facts import TermsOf, UnsoundTermsError, terms_reader
from audit.figure_counts import count_figures
from audit.matter_figures import counted_then
from domain.canonical import canonical, sha256
from domain.figure_definitions import definition
from domain.figures import Period, Plain
from domain.handbook_routines import routines_rule
from domain.issue import Issue
from domain.lights import light_then
from domain.model import Name
from domain.report_forms import Item, Names, Words
from domain.report_months import FIGURES, MONTHS_COMPARED, monthly
from domain.reports import (
    FORM,
    MOVES,
    Attested,
    Earlier,
    Facts,
    Move,
    daily,
    due_until,
    weekly,
)
from domain.responsibility import claim_on
from domain.routines import RoutineKind, Run, attesting_posts, next_run
from domain.sight import Sight
from domain.terms import Terms
from ledger.asof import AsOf, Filters, stood, told_row
from ledger.figures import Figures
from ledger.matters import Matters
from ledger.reports import AttestationRow, ReportRow, Reports

PAGE: Final = 5000
TOLD_AT_ONCE: Final = 100
KEPT_WITHIN: Final = timedelta(minutes=5)
"""What was attested is in the ledger by then, however the clocks of two processes differ."""
A_MOMENT: Final = timedelta(milliseconds=1)
"""The ledger's finest unit: what was recorded at the end of a period is not in it."""


class ReportFacts(Read, Figures, AsOf, Reports, Matters, Protocol):
    """The part of a ledger that reports are made from."""


class UnknownFormError(Exception):
    """A stored report is laid out in a way that this program does not compose."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A report as it is to be made. `attested_before`: until then what was attested is in it.
    `compared` and `definitions` None: what there is when it is made."""

    number: str
    zone: str
    run: Run
    position: int
    attested_before: datetime
    compared: Sequence[tuple[str, int]] | None = None
    definitions: Sequence[tuple[str, int]] | None = None


@dataclass(frozen=True, slots=True)
class RecomputedReport:
    """A stored report composed again. `problem`: why it cannot be; `body` is what came out."""

    row: ReportRow
    body: str
    problem: str = ""

    @property
    def same(self) -> bool:
        """Return whether the same bytes came out, and the row says their hash."""
        return (
            not self.problem
            and self.body == self.row.body
            and sha256(self.body) == (self.row.sha256)
        )


async def compose_report(ledger: ReportFacts, wanted: Wanted, terms: Terms) -> str:
    """Return the body of a report: canonical JSON."""
    run, names = wanted.run, Names(terms.handbook, words())
    end = Sight(run.to_at, wanted.position, known_at=run.to_at - A_MOMENT)
    begin = Sight(run.from_at, wanted.position, known_at=run.from_at - A_MOMENT)
    moves = await _moves(ledger, wanted)
    rule = routines_rule(terms.handbook.routines)
    following = next_run(rule, terms.calendar, run.routine, run.due_at)
    facts = Facts(
        number=wanted.number,
        zone=wanted.zone,
        run=run,
        position=wanted.position,
        terms=terms.hash,
        due_before=due_until(run.routine, run, following),
        open=await open_items(ledger, wanted.zone, end),
        before=await open_items(ledger, wanted.zone, begin),
        moves=moves,
        touched=await _touched(ledger, end, moves),
        attested=await _attested(ledger, wanted, terms),
        figures=await _figures(ledger, wanted),
        earlier=await _earlier(ledger, wanted),
        procedures=await counted_then(ledger, wanted.zone, terms.handbook, end),
    )
    match run.routine:
        case RoutineKind.DAILY:
            return canonical(daily(facts, names))
        case RoutineKind.WEEKLY:
            return canonical(weekly(facts, names))
        case RoutineKind.MONTHLY:
            return canonical(monthly(facts, names))
        case _:
            msg = f"{run.routine.value} is no report"
            raise ValueError(msg)


async def recompute_report(ledger: ReportFacts, row: ReportRow) -> RecomputedReport:
    """Compose a stored report again from the prefix of the ledger that it was made from."""
    try:
        body = json.loads(row.body)
        wanted = _wanted(row, body)
        terms = await terms_reader(ledger)(row.terms)
        return RecomputedReport(row, await _composed_again(ledger, row, wanted, terms))
    except (UnknownFormError, UnsoundTermsError) as error:
        return RecomputedReport(row, "", str(error))
    except (ValueError, KeyError, TypeError) as error:
        said = str(error).splitlines()
        return RecomputedReport(row, "", f"{type(error).__name__}: {said[0] if said else ''}")


async def _composed_again(ledger: ReportFacts, row: ReportRow, wanted: Wanted, terms: Terms) -> str:
    """Return the body as it comes out; if it is another, then as it does without what may have
    been attested just before the end and kept only after the report was made."""
    body = await compose_report(ledger, wanted, terms)
    if body == row.body or wanted.run.routine is not RoutineKind.DAILY:
        return body
    end = wanted.attested_before
    attested = await ledger.attestations(wanted.zone, wanted.run.to_on.isoformat())
    for at in sorted({each.at for each in attested if end - KEPT_WITHIN <= each.at < end}):
        without = await compose_report(ledger, replace(wanted, attested_before=at), terms)
        if without == row.body:
            return without
    return body


@lru_cache(maxsize=1)
def words() -> Words:
    """Return what reports call things, by `family.code`."""
    text = files("audit").joinpath("report_words.toml").read_text(encoding="utf-8")
    return dict(_words(tomllib.loads(text), ""))


def _words(table: Mapping[str, Any], prefix: str) -> list[tuple[str, Name]]:
    found: list[tuple[str, Name]] = []
    for key, value in table.items():
        if isinstance(value.get("zh"), str):
            found.append((f"{prefix}{key}", Name.model_validate(value)))
        else:
            found += _words(value, f"{prefix}{key}.")
    return found


def _wanted(row: ReportRow, body: Mapping[str, Any]) -> Wanted:
    """Return how a stored report was asked for. Raises UnknownFormError."""
    if body.get("form") != FORM:
        raise UnknownFormError(f"form {body.get('form')} is not composed by this program")
    run = Run(
        RoutineKind(row.kind),
        date.fromisoformat(row.from_on),
        date.fromisoformat(row.to_on),
        row.from_at,
        row.to_at,
        row.to_at,
    )
    return Wanted(
        number=row.number,
        zone=row.zone,
        run=run,
        position=row.position,
        attested_before=cut_off(run, row.version, row.at),
        compared=[(each["number"], each["version"]) for each in body["compared"]],
        definitions=[_revision(each) for each in body["definitions"]],
    )


def cut_off(run: Run, version: int, at: datetime) -> datetime:
    """Return until when what was attested is in a version of a report: the first ends with its
    period, a correction knows all that came before it."""
    return run.to_at if version == 1 else at


def _revision(text: str) -> tuple[str, int]:
    name, _, revision = text.rpartition("@")
    return name, int(revision)


async def open_items(ledger: ReportFacts, zone: str, sight: Sight) -> list[Item]:
    """Return the open issues of a zone as they are seen, by stream."""
    terms_of = terms_reader(ledger)
    filters = Filters(zone=zone, open_only=True)
    return [
        await _item(row.issue, terms_of, sight.at) async for row in stood(ledger, sight, filters)
    ]


async def _touched(ledger: ReportFacts, sight: Sight, moves: Sequence[Move]) -> dict[str, Item]:
    """Return what something happened to as it stood at the end, by stream."""
    terms_of, found = terms_reader(ledger), dict[str, Item]()
    streams = sorted({move.stream for move in moves})
    for first in range(0, len(streams), TOLD_AT_ONCE):
        page = streams[first : first + TOLD_AT_ONCE]
        records = await ledger.records_seen(page, position=sight.position, known_at=sight.known_at)
        for stream in page:
            row = told_row(sight, [each for each in records if each.stream == stream])
            if row is not None:
                found[stream] = await _item(row.issue, terms_of, sight.at)
    return found


async def _item(issue: Issue, terms_of: TermsOf, at: datetime) -> Item:
    terms = await terms_of(issue.terms)
    shown = light_then(issue, terms, at).shown
    clock = shown.clock or issue.deadline
    book = terms.handbook
    enterprise = book.enterprises_by_id.get(issue.enterprise)
    return Item(
        stream=issue.stream,
        number=issue.number or issue.key,
        title=issue.title,
        enterprise=issue.enterprise,
        category=issue.category,
        segment=None if enterprise is None else enterprise.segment,
        grid=None if enterprise is None else enterprise.grid,
        tier=issue.tier,
        phase=issue.phase.value,
        open=issue.is_open,
        holder=claim_on(issue, book, ruled=False)[0] if issue.is_open else None,
        light=shown.light,
        due_at=None if clock is None else clock.due_at,
        reported_at=issue.reported_at,
        lists=tuple(each.id for each in book.lists if issue.enterprise in each.members),
    )


async def _moves(ledger: ReportFacts, wanted: Wanted) -> list[Move]:
    run, found, after = wanted.run, list[Move](), 0
    while True:
        page = await ledger.recorded(
            wanted.zone,
            run.from_at,
            run.to_at,
            position=wanted.position,
            kinds=MOVES,
            after=after,
            limit=PAGE,
        )
        found += [Move(record.stream, record.kind, record.at) for _, record in page]
        if len(page) < PAGE:
            return sorted(found, key=lambda each: (each.at, each.stream, MOVES.index(each.kind)))
        after = page[-1][0]


async def _attested(ledger: ReportFacts, wanted: Wanted, terms: Terms) -> list[Attested]:
    """Return what each post said of the day of a daily report: the last of it."""
    run, book = wanted.run, terms.handbook
    if run.routine is not RoutineKind.DAILY:
        return []
    said: dict[str, AttestationRow] = {}
    for row in await ledger.attestations(wanted.zone, run.to_on.isoformat()):
        if row.at < wanted.attested_before:
            said[row.post] = row
    wanted_of = attesting_posts(routines_rule(book.routines), book.posts)
    posts = (*wanted_of, *sorted(set(said) - set(wanted_of)))
    return [_attestation(post, said.get(post)) for post in posts]


def _attestation(post: str, row: AttestationRow | None) -> Attested:
    if row is None:
        return Attested(post)
    return Attested(post, row.no_abnormality, row.text, row.at, row.late)


async def _figures(ledger: ReportFacts, wanted: Wanted) -> dict[str, Plain]:
    run = wanted.run
    if run.routine is not RoutineKind.MONTHLY:
        return {}
    if wanted.definitions is None:
        revisions = [definition(name) for name in FIGURES]
    else:
        revisions = [definition(name, revision) for name, revision in wanted.definitions]
    period = Period(run.from_at, run.to_at)
    return await count_figures(ledger, wanted.zone, period, revisions, position=wanted.position)


async def _earlier(ledger: ReportFacts, wanted: Wanted) -> list[Earlier]:
    """Return the stored reports of the months before, oldest first: those that a body names, or the
    newest version of each."""
    run = wanted.run
    if run.routine is not RoutineKind.MONTHLY:
        return []
    if wanted.compared is None:
        end = (run.from_on.isoformat(), "")
        kind = RoutineKind.MONTHLY.value
        rows = await ledger.reports(wanted.zone, kind=kind, before=end, limit=MONTHS_COMPARED)
        rows.reverse()
    else:
        named = [await ledger.report(*each) for each in wanted.compared]
        rows = [row for row in named if row is not None]
    return [
        Earlier(
            row.number,
            row.version,
            row.sha256,
            row.to_on[:7],
            json.loads(row.body)["data"],
        )
        for row in rows
    ]
