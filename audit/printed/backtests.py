"""A back-test as a paper: its sums, the load of each holder, what would have been refused, and each
deadline that would have been another."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from audit.backtest import Trial
from audit.backtest_run import Backtest
from audit.backtest_totals import Pair, Totals
from audit.printed.paper import Cell, Column, Kind, Language, Paper, Paragraphs, Table
from audit.printed.words import word
from domain.handbook import Handbook
from domain.model import Name
from domain.responsibility import Holder, HolderKind

ROWS_MAX: Final = 100_000
"""Deadlines in one paper: a sheet of a workbook holds ten times as many."""
ACTS_TOLD_MAX: Final = 3
"""Acts of one issue that would have been refused: what follows is mostly of the first."""
MILLISECOND: Final = timedelta(milliseconds=1)
_NUMBER: Final = 10


@dataclass(frozen=True, slots=True)
class Tried:
    """What was tried: `name` is the handbook's, None where each issue was tried under what it stood
    under; reported from and to these local days; seen at `position`, by `at` (UTC)."""

    handbook: Handbook
    name: str | None
    from_on: str | None
    to_on: str | None
    position: int
    at: datetime
    time_zone: str


def backtest_paper(
    found: Backtest, tried: Tried, language: Language, *, rows_max: int = ROWS_MAX
) -> Paper:
    """Return what came of it, with so many deadlines at most."""
    zone = _said(tried.handbook.name, language)
    between = "" if language == "zh" else ": "
    told = tried.name or word("backtest.in_force", language)
    period = " – ".join(each or "…" for each in (tried.from_on, tried.to_on))
    asked = [("backtest.handbook", told)]
    if tried.from_on or tried.to_on:
        asked.append(("paper.period", period))
    return Paper(
        title=f"{zone}{between}{word('backtest.title', language)}",
        language=language,
        time_zone=tried.time_zone,
        made_at=tried.at,
        position=tried.position,
        facts=tuple((word(name, language), value) for name, value in asked),
        sections=(
            _sums(found.totals, tried.handbook, language),
            _load(found.totals, tried.handbook, language),
            _forbidden(found.totals, language),
            _deadlines(found, tried.handbook, language, rows_max),
            Paragraphs(
                word("backtest.unknown", language), (word("backtest.unknown_told", language),)
            ),
        ),
        landscape=True,
    )


def _said(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en


def _sums(totals: Totals, book: Handbook, language: Language) -> Table:
    columns = (
        Column(word("paper.label", language), Kind.TEXT, 30),
        Column(word("backtest.was", language), Kind.COUNT, _NUMBER),
        Column(word("backtest.after", language), Kind.COUNT, _NUMBER),
    )
    pairs: list[tuple[str, Pair]] = [
        (word("backtest.deadlines", language), totals.deadlines),
        (word("backtest.breaches", language), totals.breaches),
    ]
    names = {rule.id: _said(rule.name, language) for rule in book.clocks}
    of = word("backtest.of_clock", language)
    pairs += [
        (f"{of}{names.get(clock, clock)}", pair)
        for clock, pair in sorted(totals.breaches_by_clock.items())
    ]
    pairs.append((word("backtest.rungs", language), totals.rungs))
    pairs.append((word("backtest.escalations", language), totals.escalations))
    rows: list[tuple[Cell, ...]] = [(label, pair.was, pair.after) for label, pair in pairs]
    singles = ("differing", "earlier", "later", "owners", "unplayable", "unreadable")
    rows += [(word(f"backtest.{name}", language), None, getattr(totals, name)) for name in singles]
    rows.insert(0, (word("backtest.issues", language), totals.issues, totals.issues))
    return Table(word("backtest.sums", language), columns, rows)


def _load(totals: Totals, book: Handbook, language: Language) -> Table:
    columns = (
        Column(word("backtest.holder", language), Kind.TEXT, 30),
        Column(word("backtest.kind", language), Kind.TEXT, 12),
        Column(word("backtest.issues_was", language), Kind.COUNT, _NUMBER),
        Column(word("backtest.issues_after", language), Kind.COUNT, _NUMBER),
        Column(word("backtest.time_was", language), Kind.LENGTH, 14),
        Column(word("backtest.time_after", language), Kind.LENGTH, 14),
    )
    heaviest = sorted(
        totals.load.items(), key=lambda each: (-each[1].office_ms.was, each[0].kind, each[0].id)
    )
    rows = [
        (
            _holder(holder, book, language),
            word(f"holder.{holder.kind}", language),
            load.issues.was,
            load.issues.after,
            load.office_ms.was * MILLISECOND,
            load.office_ms.after * MILLISECOND,
        )
        for holder, load in heaviest
    ]
    return Table(word("backtest.load", language), columns, rows)


def _holder(holder: Holder, book: Handbook, language: Language) -> str:
    named: dict[str, Name] = {}
    match holder.kind:
        case HolderKind.UNIT:
            named = {each.id: each.name for each in book.units}
        case HolderKind.POST | HolderKind.ARBITER:
            named = {each.id: each.name for each in book.posts}
        case HolderKind.REPORTER:
            named = {each.id: each.name for each in book.enterprises}
        case _:
            pass  # a calendar, the platform, an outside body: its id is all there is
    name = named.get(holder.id)
    return holder.id if name is None else _said(name, language)


def _forbidden(totals: Totals, language: Language) -> Table:
    columns = (
        Column(word("backtest.command", language), Kind.TEXT, 24),
        Column(word("backtest.error", language), Kind.TEXT, 24),
        Column(word("backtest.acts", language), Kind.COUNT, _NUMBER),
    )
    rows = [(kind, code, count) for (kind, code), count in sorted(totals.forbidden.items())]
    return Table(word("backtest.forbidden", language), columns, rows)


def _deadlines(found: Backtest, book: Handbook, language: Language, rows_max: int) -> Table:
    columns = (
        Column(word("ledger.number", language), Kind.TEXT, 22),
        Column(word("ledger.enterprise", language), Kind.TEXT, 20),
        Column(word("ledger.category", language), Kind.TEXT, 12),
        Column(word("backtest.clock", language), Kind.TEXT, 20),
        Column(word("backtest.cycle", language), Kind.COUNT, 7),
        Column(word("backtest.due_was", language), Kind.MOMENT, 16),
        Column(word("backtest.due_after", language), Kind.MOMENT, 16),
        Column(word("backtest.acts_refused", language), Kind.TEXT, 30),
    )
    rows: list[tuple[Cell, ...]] = []
    left_out = found.left_out
    for trial in found.trials:
        lines = list(_lines(trial, book, language))
        left_out += len(rows) + len(lines) > rows_max
        rows += lines[: rows_max - len(rows)]
    note = "" if not left_out else word("backtest.left_out", language).format(n=left_out)
    return Table(word("backtest.each", language), columns, rows, note)


def _lines(trial: Trial, book: Handbook, language: Language) -> Iterator[tuple[Cell, ...]]:
    """Yield a row for each deadline that is another, one at least."""
    names = {rule.id: _said(rule.name, language) for rule in book.clocks}
    firms = {each.id: _said(each.name, language) for each in book.enterprises}
    refused = "; ".join(f"{act.kind}: {act.code}" for act in trial.forbidden[:ACTS_TOLD_MAX])
    if len(trial.forbidden) > ACTS_TOLD_MAX:
        refused += f"; … (+{len(trial.forbidden) - ACTS_TOLD_MAX})"
    head = (trial.number or trial.stream, firms.get(trial.enterprise, trial.enterprise))
    after = () if trial.after is None else trial.after.deadlines
    was = {(each.clock, each.cycle): each for each in trial.was.deadlines}
    now = {(each.clock, each.cycle): each for each in after}
    lines = 0
    for place in sorted(was.keys() | now.keys()):
        then, next_ = was.get(place), now.get(place)
        due = (then.due_at if then else None, next_.due_at if next_ else None)
        found = then or next_
        if due[0] != due[1] and found is not None:
            clock = names.get(found.rule, place[0])
            yield (*head, trial.category, clock, place[1], *due, "" if lines else refused)
            lines += 1
    if not lines:
        yield (*head, trial.category, "", None, None, None, refused)
