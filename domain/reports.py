"""Stored reports, composed from what was counted: the same facts give the same bytes (part 2).

Pure: whoever makes a report reads the facts at one position; whoever doubts it reads them again.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from domain.days import ONE_DAY
from domain.figures import Plain
from domain.lights import WORST_FIRST, Light
from domain.model import written
from domain.report_forms import Item, Names, Said, column, items_table, listed, moment, table
from domain.report_matters import Counted, procedures_table, stated_table
from domain.routines import RoutineKind, Run

FORM: Final = 1
"""How bodies are laid out and worded. A body of another form is not composed again by this."""

MOVES: Final = (
    "issue_reported",
    "issue_accepted",
    "issue_turned_away",
    "issue_escalated",
    "issue_deescalated",
    "issue_handed_over",
    "issue_paused",
    "issue_parked",
    "resolution_proposed",
    "resolution_rejected",
    "sign_off_lapsed",
    "sign_off_disputed",
    "issue_closed_out",
    "issue_withdrawn",
    "issue_reopened",
    "emergency_declared",
)
"""The kinds of events that a report counts, in the order in which it names them."""
CLOSED: Final = frozenset({"issue_closed_out", "issue_turned_away", "issue_withdrawn"})
CAME, SILENT = "issue_reported", "sign_off_lapsed"


@dataclass(frozen=True, slots=True)
class Move:
    """An event of a period, as far as reports tell of it."""

    stream: str
    kind: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Attested:
    """What a post said of a day; None: nothing, up to when the report was cut off."""

    post: str
    no_abnormality: bool | None = None
    text: str = ""
    at: datetime | None = None
    late: bool = False


@dataclass(frozen=True, slots=True)
class Earlier:
    """A stored report that another compares itself with. `data` is that of its body."""

    number: str
    version: int
    sha256: str
    label: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a report is composed of. `open` and `before` are the open issues at the end of its
    period and at its beginning; `touched` what something happened to, as it stood at the end.
    `due_before`: until then what is due is listed. `figures` are the digits by definition."""

    number: str
    zone: str
    run: Run
    position: int
    terms: str
    due_before: datetime
    open: Sequence[Item] = ()
    before: Sequence[Item] = ()
    moves: Sequence[Move] = ()
    touched: Mapping[str, Item] = field(default_factory=dict)
    attested: Sequence[Attested] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    earlier: Sequence[Earlier] = ()
    procedures: Sequence[Counted] = ()


DIMENSIONS: Final = ("category", "segment", "tier", "grid")


def composed(facts: Facts, names: Names, sections: Iterable[Plain], data: Plain) -> Plain:
    """Return the body of a report around its sections."""
    run, kind = facts.run, facts.run.routine.value
    zone = names.handbook.name
    title = names.word(f"report.{kind}")
    return {
        "form": FORM,
        "title": {"zh": f"{zone.zh}{title['zh']}", "en": f"{zone.en}: {title['en']}"},
        "kind": kind,
        "zone": facts.zone,
        "number": facts.number,
        "period": {
            "from_on": run.from_on.isoformat(),
            "to_on": run.to_on.isoformat(),
            "from_at": written(run.from_at),
            "to_at": written(run.to_at),
        },
        "position": facts.position,
        "terms": facts.terms,
        "compared": [
            {"number": each.number, "version": each.version, "sha256": each.sha256}
            for each in facts.earlier
        ],
        "definitions": [f"{name}@{told['revision']}" for name, told in facts.figures.items()],
        "sections": list(sections),
        "data": data,
    }


def daily(facts: Facts, names: Names) -> Plain:
    """Return the report of a day: what came, moved, is due, is overdue, was silent; what the posts
    attested, that nothing was found included (domain.md 6C.7)."""
    came = [move.stream for move in facts.moves if move.kind == CAME]
    sections = [
        standing_by(facts, names, "tier"),
        moves_table(facts, names),
        items_table(names, "came", [facts.touched[s] for s in came if s in facts.touched]),
        items_table(names, "overdue", overdue(facts.open)),
        items_table(names, "due", due(facts)),
        silent_table(facts, names),
        _attested_table(facts, names),
        *procedures_table(names, facts.procedures),
    ]
    return composed(facts, names, sections, data_of(facts))


def weekly(facts: Facts, names: Names) -> Plain:
    """Return the weekly tracking (M46): how issues stand and moved, by every dimension."""
    sections = [
        *(standing_by(facts, names, each) for each in DIMENSIONS),
        holders_table(facts, names),
        moves_table(facts, names),
        items_table(names, "overdue", overdue(facts.open)),
        items_table(names, "due_week", due(facts)),
        silent_table(facts, names),
        *procedures_table(names, facts.procedures),
        *stated_table(names, facts.procedures),
    ]
    return composed(facts, names, sections, data_of(facts))


def overdue(items: Sequence[Item]) -> list[Item]:
    """Return the issues whose time is over, the longest first."""
    late = [item for item in items if item.light is Light.RED]
    return sorted(late, key=lambda each: (each.due_at or each.reported_at, each.stream))


def due(facts: Facts) -> list[Item]:
    """Return the issues that are due next, the soonest first."""
    soon = [
        item
        for item in facts.open
        if item.due_at is not None and facts.run.to_at <= item.due_at < facts.due_before
    ]
    return sorted(soon, key=lambda each: (each.due_at or each.reported_at, each.stream))


def standing_by(facts: Facts, names: Names, dimension: str) -> Plain:
    """Return how many issues are open and with which lights, how many were before, came and were
    closed, by a dimension; the last row is of all."""
    key, label = _dimension(names, dimension)
    now = _lights(facts.open, key)
    before = Counter(key(item) for item in facts.before)
    came, closed = _happened(facts, key)
    order = sorted({*now, *before, *came, *closed}, key=lambda each: (each is None, str(each)))
    rows = [
        _standing_row(label(each), now.get(each, Counter()), before[each], came[each], closed[each])
        for each in order
    ]
    every = sum(now.values(), Counter[Light]())
    total = (before.total(), came.total(), closed.total())
    rows.append(_standing_row(names.word("text.all"), every, *total))
    heads = ["red", "yellow", "green", "none", "open", "before", "change", "came", "closed"]
    columns = [column(names, dimension, width=20), *(column(names, h, "count") for h in heads)]
    return table(names, f"standing_by_{dimension}", columns, rows)


def _dimension(names: Names, dimension: str) -> tuple[Callable[[Item], Any], Callable[[Any], Said]]:
    if dimension == "tier":
        return (lambda item: item.tier), names.tier
    return (lambda item: getattr(item, dimension)), lambda id_: names.named(dimension, id_)


def _lights(items: Iterable[Item], key: Callable[[Item], Any]) -> dict[Any, Counter[Light]]:
    found: dict[Any, Counter[Light]] = {}
    for item in items:
        found.setdefault(key(item), Counter())[item.light] += 1
    return found


def _happened(facts: Facts, key: Callable[[Item], Any]) -> tuple[Counter[Any], Counter[Any]]:
    """Return what came and what was closed in the period, by where it stood at its end."""
    came: Counter[Any] = Counter()
    closed: Counter[Any] = Counter()
    for move in facts.moves:
        item = facts.touched.get(move.stream)
        if item is not None:
            came[key(item)] += move.kind == CAME
            closed[key(item)] += move.kind in CLOSED
    return +came, +closed


def _standing_row(
    label: Said, now: Counter[Light], before: int, came: int, closed: int
) -> list[object]:
    lights = [now[each] for each in WORST_FIRST]
    return [label, *lights, now.total(), before, now.total() - before, came, closed]


def holders_table(facts: Facts, names: Names) -> Plain:
    """Return whose time it is: the open issues by whoever has the next move."""
    found = _lights(facts.open, lambda item: item.holder)
    order = sorted(
        found.items(),
        key=lambda each: (-each[1].total(), "" if each[0] is None else f"{each[0]!r}"),
    )
    rows = [
        [names.holder(holder), *(lights[each] for each in WORST_FIRST), lights.total()]
        for holder, lights in order
    ]
    heads = ["red", "yellow", "green", "none", "open"]
    columns = [column(names, "holder", width=20), *(column(names, h, "count") for h in heads)]
    return table(names, "holders", columns, rows)


def moves_table(facts: Facts, names: Names) -> Plain:
    """Return how often what happened in the period; of some of it also to how many issues."""
    rows = [
        [
            names.word(f"move.{kind}"),
            sum(move.kind == kind for move in facts.moves),
            len({move.stream for move in facts.moves if move.kind == kind}),
        ]
        for kind in MOVES
    ]
    columns = [
        column(names, "move", width=20),
        column(names, "times", "count"),
        column(names, "issues", "count"),
    ]
    return table(names, "moves", columns, rows)


def silent_table(facts: Facts, names: Names) -> Plain:
    """Return the issues whose enterprises let their say lapse: never an acceptance (R8.2)."""
    rows = [
        [
            item.number,
            item.title,
            names.named("enterprise", item.enterprise),
            moment(move.at),
            names.holder(item.holder),
        ]
        for move in facts.moves
        if move.kind == SILENT and (item := facts.touched.get(move.stream)) is not None
    ]
    columns = [
        column(names, "number", width=18),
        column(names, "issue", width=28),
        column(names, "enterprise", width=20),
        column(names, "lapsed_at", "moment"),
        column(names, "holder", width=18),
    ]
    return listed(names, "silent", columns, rows)


def _attested_table(facts: Facts, names: Names) -> Plain:
    rows = []
    for each in facts.attested:
        said = {True: "nothing_found", False: "something_found", None: "not_attested"}
        late = names.word("text.late") if each.late else ""
        word = names.word(f"text.{said[each.no_abnormality]}")
        rows.append([names.named("post", each.post), word, each.text, moment(each.at), late])
    columns = [
        column(names, "post", width=20),
        column(names, "attested", width=16),
        column(names, "said", width=36),
        column(names, "attested_at", "moment"),
        column(names, "late"),
    ]
    return table(names, "attested", columns, rows)


def data_of(facts: Facts) -> Plain:
    """Return what later reports compare themselves with, and machines read."""
    lights = Counter(item.light for item in facts.open)
    return {
        "open": len(facts.open),
        "open_before": len(facts.before),
        "lights": {each.value: lights[each] for each in WORST_FIRST},
        "moves": {kind: sum(m.kind == kind for m in facts.moves) for kind in MOVES},
        "due": len(due(facts)),
        "attested": {each.post: each.no_abnormality for each in facts.attested},
        "figures": {name: _kept(told) for name, told in facts.figures.items()},
    }


def _kept(digits: Mapping[str, Any]) -> Plain:
    """Return a figure's digits without the list of issues: how many, and the hash of the list."""
    issues = {name: digits["issues"][name] for name in ("count", "sha256")}
    return {**digits, "issues": issues}


def due_until(kind: RoutineKind, run: Run, following: Run | None) -> datetime:
    """Return until when a report lists what is due: of a day until the next report, else for as
    long as its own period."""
    if kind is RoutineKind.DAILY:
        return run.to_at + ONE_DAY if following is None else following.to_at
    return run.to_at + (run.to_at - run.from_at)
