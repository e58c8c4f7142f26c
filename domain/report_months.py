"""The monthly analysis: figures, how they went over the months, who stands where, long lists."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from domain.figure_definitions import definition
from domain.figure_ranking import Ranked, rank, units_in
from domain.figures import Definition, Plain
from domain.report_forms import Item, Names, Said, column, items_table, listed, plain_name, table
from domain.report_matters import procedures_table, stated_table
from domain.reports import (
    DIMENSIONS,
    Facts,
    composed,
    data_of,
    holders_table,
    moves_table,
    overdue,
    silent_table,
    standing_by,
)
from domain.responsibility import Holder, HolderKind

FIGURES: Final = (
    "response",
    "on_time",
    "time_to_close",
    "resolution",
    "sign_off",
    "returned",
    "escalations",
    "hand_overs",
    "ping_pong",
    "breaches_by_tier",
    "time_held",
    "load",
    "standing",
)
"""What a month is analysed by, in this order; each in its newest revision when it is made."""
HEADLINES: Final = (
    ("response", "response"),
    ("on_time", "on_time"),
    ("sign_off", "acceptance"),
    ("sign_off", "deemed_accepted"),
    ("returned", "reopened"),
    ("escalations", "escalated"),
)
"""The ratios whose way over the months is shown; each is a share, from 0 to 1."""
RANKED: Final = (
    ("on_time", "on_time", False),
    ("response", "response", False),
    ("returned", "returned", True),
)
"""The ratios by which units are ranked, and whether the lowest comes first."""
MEANS: Final = frozenset({"satisfaction", "per_issue", "per_holding"})
"""The ratios that are no share of anything: they are told as a number."""
RANKED_MIN: Final = 5
"""A ratio of fewer is no ground for a place."""
MONTHS_COMPARED: Final = 11
LONGEST_MAX: Final = 30


def monthly(facts: Facts, names: Names) -> Plain:
    """Return the monthly analysis (M46). Every ratio says of how many, and who was left out."""
    revisions = {name: definition(name, told["revision"]) for name, told in facts.figures.items()}
    sections = [
        _figures(facts, names, revisions),
        _means(facts, names, revisions),
        *_trends(facts, names),
        *(_ranking(facts, names, revisions, each) for each in RANKED if each[0] in revisions),
        *_held(facts, names),
        *(standing_by(facts, names, each) for each in DIMENSIONS),
        *_by_list(facts, names),
        holders_table(facts, names),
        moves_table(facts, names),
        items_table(names, "overdue", overdue(facts.open)),
        items_table(names, "longest", _longest(facts.open)),
        silent_table(facts, names),
        *procedures_table(names, facts.procedures),
        *stated_table(names, facts.procedures),
    ]
    return composed(facts, names, sections, data_of(facts))


def _figures(facts: Facts, names: Names, revisions: Mapping[str, Definition]) -> Plain:
    lines: list[Plain] = []
    for name, digits in facts.figures.items():
        lines += _lines(revisions[name], digits["all"], names)
    return {"kind": "figures", "title": names.word("title.figures"), "lines": lines}


def _lines(of: Definition, told: Mapping[str, Any], names: Names) -> Iterator[Plain]:
    """Yield the lines of one figure: its ratios, else its lengths, else its counts."""
    stated = f"{of.name}@{of.revision}"
    title = {"zh": of.title.zh, "en": of.title.en}
    for ratio, value in told.get("ratios", {}).items():
        if ratio in MEANS:
            continue
        yield {
            "title": _of(title, names.word(f"ratio.{ratio}")),
            "definition": stated,
            "excluded": value.get("excluded", 0),
            "value": value,
            "unit": "ratio",
            "of": value["denominator"],
        }
    for length, value in told.get("lengths", {}).items():
        for percent in ("p50", "p90", "p95"):
            yield {
                "title": _of(title, names.word(f"length.{length}"), percent),
                "definition": stated,
                "excluded": value["excluded"],
                "value": value[percent],
                "unit": "length",
                "of": value["of"],
            }
    if not told.get("ratios") and not told.get("lengths"):
        for count, value in told["counts"].items():
            yield {
                "title": _of(title, names.word(f"count.{count}")),
                "definition": stated,
                "excluded": told.get("excluded", {}).get(count, 0),
                "value": value,
                "unit": "count",
            }


def _means(facts: Facts, names: Names, revisions: Mapping[str, Definition]) -> Plain:
    """Return the means, each with what it is of, rounded half up to two decimals."""
    rows: list[list[object]] = []
    for name, digits in facts.figures.items():
        of, told = revisions[name], digits["all"]
        title = {"zh": of.title.zh, "en": of.title.en}
        for ratio, value in told.get("ratios", {}).items():
            if ratio in MEANS:
                above, below = value["numerator"], value["denominator"]
                label = _of(title, names.word(f"ratio.{ratio}"))
                stated = f"{of.name}@{of.revision}"
                rows.append([label, _mean(above, below), above, below, stated])
    columns = [
        column(names, "figure", width=28),
        column(names, "mean"),
        column(names, "sum", "count"),
        column(names, "of", "count"),
        column(names, "definition", width=18),
    ]
    return table(names, "means", columns, rows)


def _mean(above: int, below: int) -> str | None:
    """Return a mean as text; of nothing there is none."""
    if not below:
        return None
    hundredths = (200 * above + below) // (2 * below)
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _of(title: Said, part: Said, rest: str = "") -> Said:
    """Return a title and what of it."""
    tail = f" {rest.upper()}" if rest else ""
    if title == part:
        return {"zh": f"{title['zh']}{tail}", "en": f"{title['en']}{tail}"}
    return {"zh": f"{title['zh']}：{part['zh']}{tail}", "en": f"{title['en']}: {part['en']}{tail}"}


def _trends(facts: Facts, names: Names) -> Iterator[Plain]:
    """Yield how the headline ratios went over the stored months and this one; a month whose ratio
    is of nothing has no value."""
    told = [(each.label, each.data.get("figures", {})) for each in facts.earlier]
    told.append((f"{facts.run.to_on:%Y-%m}", dict(facts.figures)))
    shown = [(name, ratio) for name, ratio in HEADLINES if name in facts.figures]
    values = {
        (name, ratio): [_ratio(figures, name, ratio) for _, figures in told]
        for name, ratio in shown
    }
    labels = [label for label, _ in told]
    yield {
        "kind": "chart",
        "chart": "lines",
        "title": names.word("title.trends"),
        "labels": labels,
        "unit": "%",
        "series": [
            {"name": names.word(f"headline.{name}.{ratio}"), "values": [*map(_percent, found)]}
            for (name, ratio), found in values.items()
        ],
        "description": names.word("text.trends"),
    }
    rows = [
        [names.word(f"headline.{name}.{ratio}"), *found] for (name, ratio), found in values.items()
    ]
    months: list[Plain] = [{"head": plain_name(label), "kind": "ratio"} for label in labels]
    yield table(names, "trend_table", [column(names, "figure", width=20), *months], rows)


def _ratio(figures: Mapping[str, Any], name: str, ratio: str) -> Plain | None:
    told = figures.get(name)
    found = None if told is None else told["all"].get("ratios", {}).get(ratio)
    return None if found is None else dict(found)


def _percent(ratio: Plain | None) -> float | None:
    """Return a ratio in per cent, rounded half up to one decimal; of nothing there is none."""
    if ratio is None or not ratio["denominator"]:
        return None
    above, below = int(str(ratio["numerator"])), int(str(ratio["denominator"]))
    return ((2000 * above + below) // (2 * below)) / 10


def _ranking(
    facts: Facts, names: Names, revisions: Mapping[str, Definition], by: tuple[str, str, bool]
) -> Plain:
    name, ratio, lowest_first = by
    groups = units_in(facts.figures[name])
    ranking = rank(groups, revisions[name], ratio, minimum=RANKED_MIN, lowest_first=lowest_first)
    columns: list[Plain] = [
        column(names, "place", "count"),
        column(names, "unit", width=20),
        {"head": names.word(f"headline.{name}.{ratio}"), "kind": "ratio"},
        column(names, "of", "count"),
    ]
    rows = [
        [each.place, _unit(names, each), _value(each), each.denominator] for each in ranking.entries
    ]
    told = listed(names, f"ranking_{name}", columns, rows)
    note = names.word("text.ranked_min")
    return told if "note" in told else told | {"note": note}


def _unit(names: Names, each: Ranked) -> Said:
    if each.kind is None or each.id is None:
        return names.word("text.nowhere")
    return names.holder(Holder(kind=HolderKind(each.kind), id=each.id))


def _value(each: Ranked) -> Plain:
    return {
        "numerator": each.numerator,
        "denominator": each.denominator,
        "excluded": each.excluded or 0,
    }


def _held(facts: Facts, names: Names) -> Iterator[Plain]:
    """Yield how long each held issues in the month, of working time: mean and percentiles."""
    told = facts.figures.get("time_held")
    if told is None:
        return
    found = [(each, each["lengths"]["working_ms"]) for each in told["by_holder"]]
    found.sort(key=lambda each: (-each[1]["sum"], each[0]["kind"], each[0]["id"]))
    rows = [
        [
            names.holder(Holder(kind=HolderKind(each["kind"]), id=each["id"])),
            length["of"],
            length["sum"],
            {"numerator": length["sum"], "denominator": length["of"]} if length["of"] else None,
            length["p50"],
            length["p90"],
            length["p95"],
        ]
        for each, length in found
    ]
    lengths = ("sum", "mean", "p50", "p90", "p95")
    columns = [
        column(names, "holder", width=20),
        column(names, "holdings", "count"),
        *(column(names, each, "length") for each in lengths),
    ]
    yield listed(names, "time_held", columns, rows)


def _by_list(facts: Facts, names: Names) -> Iterator[Plain]:
    """Yield how many issues of the enterprises of each list are open; one may stand on several."""
    if not names.handbook.lists:
        return
    rows = []
    for each in names.handbook.lists:
        own = [item for item in facts.open if each.id in item.lists]
        came = {move.stream for move in facts.moves if move.kind == "issue_reported"}
        new = [s for s in came if s in facts.touched and each.id in facts.touched[s].lists]
        late = [item for item in own if item.light.value == "red"]
        rows.append(
            [names.named("list", each.id), len(each.members), len(own), len(late), len(new)]
        )
    heads = ["members", "open", "red", "came"]
    columns = [column(names, "list", width=20), *(column(names, h, "count") for h in heads)]
    yield table(names, "standing_by_list", columns, rows)


def _longest(items: Sequence[Item]) -> list[Item]:
    return sorted(items, key=lambda each: (each.reported_at, each.stream))[:LONGEST_MAX]
