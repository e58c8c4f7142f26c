"""The SQL of boards and dashboards. Columns stand in the order of the fields they are read into."""

from datetime import datetime
from typing import Final

from domain.access import Horizon
from domain.lights import Light
from ledger.dashboards import EQUAL, By, Shown
from ledger.list_queries import Query
from ledger.lists import Place, folded_case, parts_of

CARD: Final = """
SELECT b.stream, b.zone, b.version, b.number, b.title, b.enterprise, b.category, b.priority,
       b.phase, b.tier, b.owner, b.handler, b.holder_kind, b.holder, b.grid, b.reported_at,
       b.yellow_at, b.red_at, true AS open"""
# Of a closed issue there is no row on boards.
ANY_CARD: Final = """
SELECT i.stream, i.zone, i.version, i.number, i.title, i.enterprise, i.category, i.priority,
       i.phase, i.tier, i.owner, i.handler, b.holder_kind, b.holder, b.grid, i.reported_at,
       b.yellow_at, b.red_at, i.open"""
# Few issues are asked for: each has its row looked up, where a generic plan would read them all.
BOARD: Final = """LEFT JOIN LATERAL (
    SELECT * FROM issue_board WHERE stream = i.stream AND i.open OFFSET 0) b ON true"""
ISSUES: Final = f"FROM issue i {BOARD}"
WORST: Final = "coalesce(b.red_at, 'infinity')"
NEWS: Final = ("issue_escalated", "resolution_rejected", "sign_off_lapsed")
"""What an index of its own finds; a report is found by the issue it began."""
LIGHTS: Final[dict[Light, str]] = {
    Light.RED: "b.red_at <= {}",
    Light.YELLOW: "b.red_at > {0} AND b.yellow_at <= {0}",
    Light.GREEN: "b.yellow_at > {}",
    Light.NONE: "b.red_at IS NULL",
}
DUE: Final = "b.red_at > {} AND b.red_at <= {}"

Statement = tuple[str, list[object]]


def standing(horizon: Horizon, at: datetime, to_at: datetime) -> Statement:
    """Count by tier, by holder, by grid and by handler, as of one moment; `part` says by which, the
    other columns are NULL. The last column: what turns red by `to_at`, beside tiers alone. A whole
    zone is gone through in two halves in parallel, which one pass over grouping sets is not, nor
    are halves whose columns differ in type; a narrow horizon costs more to look through, and is
    once."""
    query, counts = _counting(horizon, at)
    due = f"count(*) FILTER (WHERE {DUE.format(query.given(at), query.given(to_at))}) AS due"
    source = f"FROM issue_board b WHERE {query.where} GROUP BY GROUPING SETS"
    once = f"""
SELECT CASE grouping(b.tier, b.holder, b.grid, b.handler)
       WHEN 7 THEN 1 WHEN 11 THEN 2 WHEN 13 THEN 3 ELSE 4 END AS part,
       b.tier, b.holder_kind, b.holder, b.grid, b.handler, {counts}, {due}
{source} ((b.tier), (b.holder_kind, b.holder), (b.grid), (b.handler))
"""
    halves = f"""
SELECT CASE grouping(b.tier, b.holder) WHEN 1 THEN 1 ELSE 2 END AS part,
       b.tier, b.holder_kind, b.holder, NULL::text AS grid, NULL::text AS handler, {counts}, {due}
{source} ((b.tier), (b.holder_kind, b.holder))
UNION ALL
SELECT CASE grouping(b.grid, b.handler) WHEN 1 THEN 3 ELSE 4 END,
       NULL::integer, NULL::text, NULL::text, b.grid, b.handler, {counts}, 0::bigint
{source} ((b.grid), (b.handler))
"""
    return halves if horizon.whole else once, query.arguments


def grouped(horizon: Horizon, at: datetime, *names: str) -> Statement:
    """Count by some columns at once, in their order."""
    query, counts = _counting(horizon, at)
    keys = ", ".join(f"b.{name}" for name in names)
    text = f"SELECT {keys}, {counts}\nFROM issue_board b WHERE {query.where} GROUP BY {keys}"
    return text, query.arguments


def column_lights(horizon: Horizon, shown: Shown, by: By, at: datetime) -> Statement:
    """Count what each column of a board has."""
    query, counts = _counting(horizon, at)
    _narrow(query, shown, at)
    text = f"SELECT b.{by.value}::text, {counts}\nFROM issue_board b WHERE {query.where} GROUP BY 1"
    return text, query.arguments


def column(
    horizon: Horizon,
    shown: Shown,
    by: By,
    name: str,
    at: datetime,
    after: Place | None,
    limit: int,
) -> Statement:
    """List a column of a board, the worst first."""
    query = _within(horizon)
    query.require(f"b.{by.value} = {{}}", int(name) if by is By.TIER else name)
    _narrow(query, shown, at)
    if after is not None:
        worst = f"({WORST}, b.stream) > (coalesce({{}}::timestamptz, 'infinity'), {{}})"
        query.require(worst, after.value, after.stream)
    return _worst_first(query, limit)


def day_counts(horizon: Horizon, at: datetime, to_at: datetime) -> Statement:
    """Count what is red, what is yellow, and what turns red by `to_at`."""
    query = _within(horizon)
    now, end = query.given(at), query.given(to_at)
    counts = ", ".join(
        f"count(*) FILTER (WHERE {condition})"
        for condition in (
            LIGHTS[Light.RED].format(now),
            LIGHTS[Light.YELLOW].format(now),
            DUE.format(now, end),
        )
    )
    return f"SELECT {counts}\nFROM issue_board b WHERE {query.where}", query.arguments


def lit(horizon: Horizon, light: Light, at: datetime, limit: int) -> Statement:
    """List what shows a light, the worst first."""
    query = _within(horizon)
    query.require(LIGHTS[light], at)
    query.require(f"{WORST} {'<=' if light is Light.RED else '>'} {{}}", at)
    return _worst_first(query, limit)


def due(
    horizon: Horizon, at: datetime, to_at: datetime, limit: int, after: Place | None = None
) -> Statement:
    """List what turns red by `to_at`, the soonest first."""
    query = _within(horizon)
    if after is not None:
        query.require(f"({WORST}, b.stream) > ({{}}, {{}})", after.value, after.stream)
    query.require(f"{WORST} > {{}}", at)
    query.require(f"{WORST} <= {{}}", to_at)
    return _worst_first(query, limit)


def reported(
    horizon: Horizon, from_at: datetime, to_at: datetime, limit: int, after: Place | None = None
) -> Statement:
    """List what was reported, the last first, each with the count of all."""
    query = _of_issues(horizon)
    query.require("i.reported_at >= {}", from_at)
    query.require("i.reported_at <= {}", to_at)
    found = f"""
SELECT i.stream, i.reported_at AS at FROM issue i
WHERE {query.where}"""  # noqa: S608  # built of constants
    return _newest_first(found, query, limit, after)


def happened(
    kind: str,
    horizon: Horizon,
    from_at: datetime,
    to_at: datetime,
    limit: int,
    after: Place | None = None,
) -> Statement:
    """List what an event of this kind, one of NEWS, happened to, the last first, each with the
    count of all. The kind stands in the text: an index is chosen by it."""
    query = _of_issues(horizon)
    query.require("e.at >= {}", from_at)
    query.require("e.at <= {}", to_at)
    found = f"""
SELECT e.stream, max(e.at) AS at FROM event e JOIN issue i ON i.stream = e.stream
WHERE e.kind = '{kind}' AND {query.where} GROUP BY e.stream"""  # noqa: S608  # a constant of ours
    return _newest_first(found, query, limit, after)


def enterprise_counts(horizon: Horizon, enterprise: str, at: datetime) -> Statement:
    """Count the open issues of an enterprise by their lights, and the closed ones."""
    query = _of_issues(horizon)
    query.require("i.hands && ARRAY[{}]", f"enterprise:{enterprise}")
    now = query.given(at)
    counts = ", ".join(
        f"count(*) FILTER (WHERE i.open AND {LIGHTS[light].format(now)})" for light in LIGHTS
    )
    text = f"SELECT {counts}, count(*) FILTER (WHERE NOT i.open)\n{ISSUES}\nWHERE {query.where}"
    return text, query.arguments


def of_enterprise(horizon: Horizon, enterprise: str, after: Place | None, limit: int) -> Statement:
    """List the issues of an enterprise, the last reported first."""
    query = _of_issues(horizon)
    query.require("i.hands && ARRAY[{}]", f"enterprise:{enterprise}")
    if after is not None:
        query.require("(i.reported_at, i.stream) < ({}, {})", after.value, after.stream)
    text = f"{ANY_CARD}\n{ISSUES}\nWHERE {query.where}\nORDER BY i.reported_at DESC, i.stream DESC"
    return f"{text} LIMIT {query.given(limit)}", query.arguments


def _counting(horizon: Horizon, at: datetime) -> tuple[Query, str]:
    query = _within(horizon)
    now = query.given(at)
    counts = ", ".join(
        f"count(*) FILTER (WHERE {condition.format(now)})" for condition in LIGHTS.values()
    )
    return query, counts


def _within(horizon: Horizon) -> Query:
    """A post may stand over thousands of enterprises: they are looked up, not gone through."""
    query = Query()
    query.require("b.zone = {}", horizon.zone)
    if not horizon.whole:
        query.require(_seen("b", "parts"), *_names(horizon))
    return query


def _of_issues(horizon: Horizon) -> Query:
    query = Query()
    query.require("i.zone = {}", horizon.zone)
    if not horizon.whole:
        query.require(_seen("i", "hands"), *_names(horizon))
    return query


def _seen(table: str, hands: str) -> str:
    return (
        f"{table}.enterprise IN (SELECT unnest({{0}}::text[]))"
        f" OR {table}.owner IN (SELECT unnest({{1}}::text[]))"
        f" OR {table}.handler IN (SELECT unnest({{1}}::text[]))"
        f" OR {table}.{hands} && {{2}}::text[]"
    )


def _names(horizon: Horizon) -> tuple[list[str], list[str], list[str]]:
    posts = sorted(horizon.posts)
    team = sorted(parts_of(horizon.units)) + [f"post:{each}" for each in posts]
    return sorted(horizon.enterprises), posts, team


def _narrow(query: Query, shown: Shown, at: datetime) -> None:
    for name in EQUAL:
        value = getattr(shown, name)
        if value is not None:
            query.require(f"b.{name} = {{}}", value)
    if shown.enterprises is not None:
        some = "b.enterprise IN (SELECT unnest({}::text[]))"
        query.require(some, sorted(shown.enterprises))
    if shown.light is not None:
        condition = LIGHTS[shown.light]
        query.require(condition, *((at,) if "{" in condition else ()))
    if shown.title is not None:
        query.require('strpos(lower(b.title COLLATE "C"), {}) > 0', folded_case(shown.title))


def _worst_first(query: Query, limit: int) -> Statement:
    text = f"{CARD}\nFROM issue_board b WHERE {query.where}\nORDER BY {WORST}, b.stream"
    return f"{text} LIMIT {query.given(limit)}", query.arguments


def _newest_first(found: str, query: Query, limit: int, after: Place | None) -> Statement:
    """When it happened and the count of all come as the last columns, the count alone where no
    issue is asked for."""
    behind = ""
    if after is not None:
        last, stream = query.given(after.value), query.given(after.stream)
        behind = f"WHERE (at, stream) < ({last}::timestamptz, {stream})"
    limited = query.given(limit)
    cards = f"""
WITH found AS MATERIALIZED ({found}),
     first AS (SELECT stream, at FROM found {behind}
               ORDER BY at DESC, stream DESC LIMIT {limited})
{ANY_CARD}, first.at, n.count
FROM (SELECT count(*) AS count FROM found) n
LEFT JOIN first ON true
LEFT JOIN issue i ON i.stream = first.stream
{BOARD}
ORDER BY first.at DESC, first.stream DESC"""  # noqa: S608  # as above
    return cards, query.arguments
