"""Published figures: their digits, what each is a ratio of, and the issues that moved."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from audit.figures import Recomputed, Restated
from domain.canonical import sha256
from domain.figures import PERCENTILES, Definition
from domain.model import written
from ledger.figures import FigureRow
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, inline, kept, wrapped
from terminal.shown.times import exact, local

SHOWN_MAX = 20
RATIOS_SHOWN = 2
UNREADABLE: dict[str, Any] = {
    "all": {"counts": {}},
    "by_holder": [],
    "issues": {"count": 0, "sha256": "unreadable: see `closeout figures recompute`"},
}
LOG_KIND = "figure"
"""The kind of its leaf in the log; the leaf's key is the figure's number."""


def definitions_plain(definitions: Sequence[Definition]) -> dict[str, object]:
    """Return the registry for a machine."""
    return {
        "definitions": [
            {
                "name": each.name,
                "revision": each.revision,
                "title": each.title,
                "counts": each.counts,
                "ratios": {
                    name: {"numerator": above, "denominator": below}
                    for name, (above, below) in each.ratios.items()
                },
                "medians": {} if each.ranked else each.lengths,
                "lengths": each.lengths if each.ranked else {},
                "excludes": each.excludes,
            }
            for each in definitions
        ]
    }


def definitions_shown(definitions: Sequence[Definition]) -> RenderableType:
    """Return the registry for people."""
    return Group(*(part for each in definitions for part in _definition(each)))


def _definition(each: Definition) -> Iterator[RenderableType]:
    head = Text.assemble((each.name, "bold"), (f"  revision {each.revision}  ", SECOND))
    yield head.append_text(inline(each.title))
    rows = list(each.counts.items())
    rows += [
        (f"{name} (ratio)", f"{above} of {below}") for name, (above, below) in each.ratios.items()
    ]
    kind = "mean, percentiles" if each.ranked else "median"
    rows += [(f"{name} ({kind})", says) for name, says in each.lengths.items()]
    if each.excludes:
        rows.append(("excluded", "issues that a reviewed exclusion leaves out: in none of these"))
    yield facts(rows)
    yield Text()


def figure_plain(row: FigureRow) -> dict[str, object]:
    """Return a figure for a machine, with what leads to its leaf in the log."""
    return {
        **_head(row),
        "digits": _digits(row),
        "sha256": sha256(row.digits),
        "log": {"kind": LOG_KIND, "key": str(row.sequence)},
    }


def figure_shown(row: FigureRow, time_zone: str) -> RenderableType:
    """Return a figure for people."""
    digits = _digits(row)
    head = Text.assemble((f"{row.sequence}  ", SECOND), (row.definition, "bold"))
    head.append(f"  revision {row.revision}", SECOND)
    said = facts(
        (
            ("of", row.scope),
            ("period", f"{local(row.from_at, time_zone)} to before {local(row.to_at, time_zone)}"),
            ("position", f"{row.horizon:,}"),
            ("restates", None if row.restates is None else str(row.restates)),
            ("published", f"{local(row.at, time_zone)} by {row.author}: {row.reason}"),
            ("times in", time_zone),
        )
    )
    sheet = Sheet((kept("Of"), wrapped("Ratios and medians"), wrapped("Counts")))
    sheet.add("all", "\n".join(rates_of(digits["all"])), counts_of(digits["all"]))
    for each in digits["by_holder"]:
        sheet.add(f"{each['kind']} {each['id']}", "\n".join(rates_of(each)), counts_of(each))
    parts: list[RenderableType] = [head, said, Text(), sheet]
    issues = digits["issues"]
    told = f"{many(issues['count'], 'issue')} gave to it, sha256 {issues['sha256']}"
    parts.append(Text(told, SECOND))
    if "moved" in digits:
        parts += _moved(digits["moved"]["count"], digits["moved"]["first"])
    return Group(*parts)


def list_plain(rows: Sequence[FigureRow]) -> dict[str, object]:
    """Return a list for a machine: of each figure the sums, without the issues."""
    return {
        "figures": [{**_head(row), "all": _digits(row)["all"]} for row in rows],
    }


def list_shown(rows: Sequence[FigureRow], times: Sequence[str]) -> RenderableType:
    """Return a list for people; `times` are the time zones that their periods are told in."""
    sheet = Sheet(
        (
            kept("Figure", right=True),
            kept("Definition"),
            kept("Of"),
            kept("Period"),
            kept("Position", right=True),
            wrapped("Says"),
        )
    )
    for row, zone_time in zip(rows, times, strict=True):
        name = f"{row.definition} {row.revision}"
        period = f"{local(row.from_at, zone_time)} to {local(row.to_at, zone_time)}"
        said = list(rates_of(_digits(row)["all"])) or [counts_of(_digits(row)["all"])]
        if row.restates is not None:
            said.append(f"restates {row.restates}")
        sheet.add(str(row.sequence), name, row.scope, period, f"{row.horizon:,}", "\n".join(said))
    return Group(sheet, Text(many(len(rows), "figure"), SECOND))


def recomputed_plain(found: Recomputed) -> dict[str, object]:
    """Return what counting again has shown, for a machine."""
    return {
        **_head(found.row),
        "same": found.same,
        "sha256": sha256(found.row.digits),
        "sha256_again": sha256(found.digits),
        "differences": found.differences,
        "digits": json.loads(found.digits),
    }


def recomputed_shown(found: Recomputed) -> RenderableType:
    """Return the same for people."""
    row = found.row
    told = f"figure {row.sequence}, {row.definition} revision {row.revision}"
    if found.same:
        said = f"{told}: the same digits again, from position {row.horizon:,}"
        return Text.assemble(("✓ ", "green"), said)
    lines = [Text.assemble(("✗ ", "red"), f"{told}: other digits come out")]
    lines += [
        Text(f"  {each.where}: published {_short(each.published)}, now {_short(each.again)}")
        for each in found.differences
    ]
    return Group(*lines)


def restated_plain(found: Restated) -> dict[str, object]:
    """Return a restatement for a machine: the issues that moved, as far as they are listed."""
    return {
        "restates": found.before.sequence,
        "published": found.row is not None,
        "figure": None if found.row is None else figure_plain(found.row),
        "moved": {"count": found.moved, "first": list(found.issues)},
    }


def restated_shown(found: Restated, time_zone: str) -> RenderableType:
    """Return the same for people."""
    if found.row is None:
        said = f"figure {found.before.sequence} stands: no issue has moved since, nothing written"
        return Text.assemble(("✓ ", "green"), said)
    return figure_shown(found.row, time_zone)


def _moved(count: int, issues: Sequence[Mapping[str, Any]]) -> list[RenderableType]:
    sheet = Sheet((kept("Moved"), wrapped("Before"), wrapped("After")))
    for each in issues[:SHOWN_MAX]:
        sheet.add(str(each["stream"]), _shares(each["before"]), _shares(each["after"]))
    parts: list[RenderableType] = [Text(), sheet]
    if count > SHOWN_MAX:
        parts.append(Text(f"and {count - min(SHOWN_MAX, len(issues)):,} more", SECOND))
    return parts


def _shares(shares: Sequence[Mapping[str, Any]]) -> str:
    lines = []
    for each in shares:
        told = [f"{name} {count}" for name, count in each["counts"].items()]
        told += [f"{name} {_listed(ms)}" for name, ms in each.get("lengths", {}).items()]
        lines.append(f"{each['kind']} {each['id']}: {', '.join(told)}")
    return "\n".join(lines) or "nothing"


def _listed(lengths: Sequence[int]) -> str:
    return " + ".join(exact(ms) for ms in lengths)


def rates_of(tally: Mapping[str, Any]) -> Iterator[str]:
    """Yield ratios and medians that are of anything; of many ratios those alone that are not 0."""
    ratios = tally.get("ratios", {})
    for name, ratio in ratios.items():
        above, below = ratio["numerator"], ratio["denominator"]
        if below and (above or len(ratios) <= RATIOS_SHOWN):
            left_out = ratio.get("excluded", 0)
            beside = f", {left_out:,} excluded" if left_out else ""
            yield f"{name} {percent(name, above, below)}{beside}"
    for name, found in tally.get("medians", {}).items():
        if found is not None:
            ms = found["numerator"] / found["denominator"]
            yield f"{name.removesuffix('_ms')} median {exact(round(ms))} of {found['of']:,}"
    for name, found in tally.get("lengths", {}).items():
        if found["of"]:
            mean = exact(round(found["sum"] / found["of"]))
            shares = (f"p{each} {exact(found[f'p{each}'])}" for each in PERCENTILES)
            told = f"{name.removesuffix('_ms')} mean {mean}, {', '.join(shares)}"
            yield f"{told} of {found['of']:,}"


def percent(name: str, above: int, below: int) -> str:
    """Return a ratio that is of anything, in words."""
    if name == "satisfaction":
        return f"{above / below:.2f} (n = {below:,})"
    return f"{above:,} of {below:,} ({100 * above / below:.1f} %)"


def counts_of(tally: Mapping[str, Any]) -> str:
    """Return the counts that are not 0, those left out by review apart."""
    told = [f"{name} {count:,}" for name, count in tally["counts"].items() if count]
    left_out = [f"{name} {count:,}" for name, count in tally.get("excluded", {}).items()]
    if left_out:
        told.append(f"excluded ({', '.join(left_out)})")
    return ", ".join(told) or "none of what it counts"


def _head(row: FigureRow) -> dict[str, object]:
    return {
        "figure": row.sequence,
        "definition": row.definition,
        "revision": row.revision,
        "scope": row.scope,
        "from": written(row.from_at),
        "to": written(row.to_at),
        "position": row.horizon,
        "restates": row.restates,
        "published_at": written(row.at),
        "author": row.author,
        "reason": row.reason,
    }


def _digits(row: FigureRow) -> Any:
    """Return the digits; what somebody spoilt so far that nothing can be read has none."""
    try:
        found = json.loads(row.digits)
    except ValueError:
        found = None
    whole = isinstance(found, dict) and {"all", "by_holder", "issues"} <= found.keys()
    return found if whole else UNREADABLE


def _short(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)[:80]
