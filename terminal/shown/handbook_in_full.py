"""A handbook as tables: what it says, who is in its posts, and what of it no source says."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from pydantic import JsonValue
from rich.console import Group, RenderableType
from rich.text import Text

from domain.clock_rules import BudgetRule, ClockRule, ClockScope
from domain.days import zone_of
from domain.handbook import Handbook, Post
from domain.organization import holders, on_duty
from domain.supervision_rules import DEFAULT_SOURCE
from terminal.handbook_files import Shown
from terminal.shown.durations import brief_duration, rung_text
from terminal.shown.frames import SECOND, Column, Sheet, facts, inline, kept, wrapped
from terminal.shown.handbook_differences import shown_value
from terminal.shown.handbook_matters import matter_sheet
from terminal.shown.handbook_procedures import procedure_sheets

COUNTED = (
    *("tiers", "areas", "grids", "enterprises", "segments", "lists", "units", "posts", "rosters"),
    *("delegations", "categories", "routing", "teams", "rounds", "applications", "clocks"),
    *("exclusions", "notices"),
    *("campaigns", "pipelines", "matches", "registers", "grants"),
)
RULES = (
    *("sign_off", "pauses", "extensions", "ladder", "dispatch", "green_channel", "emergency"),
    *("parking", "instructions", "supervision", "late_record_minutes", "reclassified_times_max"),
    *("joint_team", "rectification", "callbacks", "merges", "stated"),
)
PLACES_SHOWN_MAX = 12


def handbook_plain(shown: Shown, at: datetime) -> dict[str, object]:
    """Return a handbook whole, with who is in its posts at an instant and where its words are from.

    `sources.default` are the places that no source states.
    """
    book = shown.version.handbook
    local = at.astimezone(zone_of(shown.version.calendar.time_zone))
    sources = list(sources_of(book))
    return {
        "version": shown.name,
        "note": shown.note,
        "zone": book.zone,
        "revision": book.revision,
        "hash": book.hash,
        "calendar_hash": shown.version.calendar.hash,
        "at": local.isoformat(),
        "counts": counts_of(book),
        "people": {
            post.id: {
                "people": holders(post, local.date()),
                "on_duty": on_duty(book, post, local),
            }
            for post in book.posts
        },
        "sources": {
            "default": [place for place, source in sources if _is_default(source)],
            "stated": {place: source for place, source in sources if not _is_default(source)},
        },
        "handbook": book.model_dump(mode="json"),
    }


def handbook_in_full(shown: Shown, at: datetime) -> RenderableType:
    """Return a handbook, table by table."""
    book, calendar = shown.version.handbook, shown.version.calendar
    local = at.astimezone(zone_of(calendar.time_zone))
    counts = ", ".join(f"{count} {what}" for what, count in counts_of(book).items() if count)
    head = facts(
        (
            ("  version", f"{shown.name}, revision {book.revision}"),
            ("  handbook", book.hash),
            ("  calendar", f"{calendar.id}, published to {calendar.valid_until}"),
            ("  people as of", f"{local:%Y-%m-%d %H:%M} ({calendar.time_zone})"),
            ("  counts", counts),
            ("  source", book.source),
        )
    )
    parts: list[RenderableType] = [
        Text.assemble((book.zone, "bold"), "  ", inline(book.name)),
        *([] if shown.note is None else [Text(f"  {shown.note}", "yellow")]),
        head,
    ]
    sheets = (_tiers(book), _posts(book, local), _units(book), _categories(book), *_clocks(book))
    for sheet in (*sheets, *procedure_sheets(book), matter_sheet(book), _rules(book)):
        if sheet.rows:
            parts += [Text(""), sheet]
    return Group(*parts, Text(""), _sources(book))


def counts_of(book: Handbook) -> dict[str, int]:
    """Return how many rows each table has."""
    return {table: len(getattr(book, table)) for table in COUNTED}


def sources_of(book: Handbook) -> Iterator[tuple[str, str]]:
    """Yield every place that says where it is from, and what it says."""
    yield from _within("", book.model_dump(mode="json"))


def _within(place: str, value: JsonValue) -> Iterator[tuple[str, str]]:
    match value:
        case dict():
            source = value.get("source")
            if isinstance(source, str):
                yield place or "handbook", source
            for name, inner in value.items():
                yield from _within(f"{place}.{name}" if place else name, inner)
        case list():
            for number, inner in enumerate(value):
                id_ = inner.get("id", number) if isinstance(inner, dict) else number
                yield from _within(f"{place}.{id_}", inner)


def _is_default(source: str) -> bool:
    return source.startswith(DEFAULT_SOURCE)


def _tiers(book: Handbook) -> Sheet:
    """A level's limits are those of the clocks that give single tiers their own."""
    own = [rule for rule in book.clocks if any(b.tier is not None for b in rule.budgets)]
    sheet = Sheet(
        (kept("Tier"), Column("Name"), wrapped("Limits of its own"), wrapped("If nobody is there"))
    )
    for tier in book.tiers:
        limits = [
            f"{rule.id}: {brief_duration(budget.duration)}{_when(budget)}"
            for rule in own
            for budget in _taken(rule, tier.level)
        ]
        empty = "—" if tier.on_empty is None else tier.on_empty.value
        then = "" if tier.on_timeout is None else f"\nwhen time is up: {tier.on_timeout.value}"
        sheet.add(
            str(tier.level),
            Text(f"{tier.id}  ").append_text(inline(tier.name)),
            "\n".join(limits) or "the same at every tier",
            f"{empty}{'' if tier.fallback is None else f' {tier.fallback}'}{then}",
        )
    return sheet


def _taken(rule: ClockRule, level: int) -> Iterator[BudgetRule]:
    """Yield the budgets that an issue of a tier can be given: none behind one that fits all."""
    for budget in rule.budgets:
        if budget.tier in (None, level):
            yield budget
            if budget.priority is None and not budget.categories:
                return


def _posts(book: Handbook, local: datetime) -> Sheet:
    sheet = Sheet(
        (kept("Post"), Column("Name"), kept("Tier"), Column("For"), wrapped("People today"))
    )
    for post in book.posts:
        sheet.add(
            post.id,
            inline(post.name),
            "—" if post.tier is None else str(post.tier),
            ", ".join((post.covers, *([post.unit] if post.unit else []), *post.roles)),
            _people(book, post, local),
        )
    return sheet


def _people(book: Handbook, post: Post, local: datetime) -> Text:
    there = holders(post, local.date())
    if not there:
        return Text("vacant", "yellow")
    if post.roster is None:
        return Text(", ".join(there))
    duty = ", ".join(on_duty(book, post, local)) or "nobody"
    return Text.assemble(", ".join(there), (f"\non duty now: {duty} ({post.roster})", SECOND))


def _units(book: Handbook) -> Sheet:
    sheet = Sheet((kept("Unit"), Column("Name"), kept(""), Column("Posts")))
    for unit in book.units:
        acting = [post.id for post in book.posts if post.unit == unit.id]
        external = Text("external" if unit.external else "", SECOND)
        sheet.add(unit.id, inline(unit.name), external, ", ".join(acting) or "—")
    return sheet


def _categories(book: Handbook) -> Sheet:
    sheet = Sheet((kept("Category"), Column("Name"), wrapped("Units")))
    for category in book.categories:
        units = ", ".join(category.units) or "the owner"
        sheet.add(category.id, inline(category.name), units)
    return sheet


def _clocks(book: Handbook) -> Sequence[Sheet]:
    sheet = Sheet((kept("Clock"), Column("Name"), wrapped("Budgets"), wrapped("Rungs")))
    for rule in book.clocks:
        part = "\n(of a part)" if rule.scope is ClockScope.PART else ""
        sheet.add(f"{rule.id}{part}", inline(rule.name), _budgets(rule), _rungs(rule))
    return [sheet]


def _budgets(rule: ClockRule) -> str:
    return "\n".join(
        f"{brief_duration(each.duration)}{_when(each)}"
        f"{'' if each.tier is None else f' at tier {each.tier}'}"
        for each in rule.budgets
    )


def _rungs(rule: ClockRule) -> str:
    return "\n".join(f"{rung_text(rung)} → {rung.effect.value}" for rung in rule.rungs)


def _when(budget: BudgetRule) -> str:
    asked = [*([budget.priority.value] if budget.priority else []), *budget.categories]
    return f" if {', '.join(asked)}" if asked else ""


def _rules(book: Handbook) -> Sheet:
    """The remaining rules, as they are written."""
    sheet = Sheet((kept("Rule"), wrapped("Says")))
    for name in RULES:
        plain = book.model_dump(mode="json", include={name}).get(name)
        if plain is None:
            continue
        sheet.add(name, "\n".join(_lines("", plain)))
    return sheet


def _lines(place: str, value: JsonValue) -> Iterator[str]:
    """Yield what a rule says, a line a field; of rows their ids, for each is a table of its own."""
    label = f"{place}: " if place else ""
    match value:
        case {"kind": _}:
            yield f"{label}{shown_value(value)}"
        case dict():
            for name, inner in value.items():
                yield from _lines(f"{place}.{name}" if place else name, inner)
        case list() if value and all(isinstance(each, dict) and "id" in each for each in value):
            rows = [each for each in value if isinstance(each, dict)]
            ids = [f"{row['id']} {row['count']}" if "count" in row else row["id"] for row in rows]
            yield f"{label}{', '.join(map(str, ids))}"
        case _:
            yield f"{label}{shown_value(value)}"


def _sources(book: Handbook) -> Text:
    sources = list(sources_of(book))
    default = [place for place, source in sources if _is_default(source)]
    text = Text(f"Sources: {len(sources) - len(default)} places name one.", SECOND)
    if default:
        named = ", ".join(default[:PLACES_SHOWN_MAX])
        more = len(default) - PLACES_SHOWN_MAX
        text.append(f"\n{DEFAULT_SOURCE}: {named}", "yellow")
        text.append(f" and {more} more (--json has all)" if more > 0 else "", "yellow")
    return text
