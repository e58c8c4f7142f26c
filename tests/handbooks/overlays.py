"""Handbooks that are a shipped zone's but for a few fields: what an overlay says wins.

An overlay is TOML as in a zone's own file. `[remove]` names what is taken away: `settings = [...]`,
`fields = ["tiers.x.on_empty"]`, or a table's entries, such as `posts = [...]`. Comments at its head
say what is wrong, and then:

# over: the zone it is laid over
# finds: KEY RULE, one line for each problem
# shows: what the counter-example of the first of them must say
"""

import tomllib
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from domain.handbook import Handbook
from domain.problem import Problem
from domain.terms import Terms
from handbooks.laying import Draft
from handbooks.shelf import SHARED, SHIPPED, judged, read_terms

BAD = Path(__file__).parent / "bad"


@dataclass(frozen=True)
class Overlay:
    """One file of the corpus: what it says, and what it says of itself."""

    name: str
    why: str
    over: str
    finds: tuple[tuple[str, str], ...]
    shows: str
    data: dict[str, Any]


def read_overlay(file: Path) -> Overlay:
    text = file.read_text(encoding="utf-8")
    said: dict[str, list[str]] = {}
    for line in text.splitlines():
        head, colon, rest = line.removeprefix("# ").partition(": ")
        if line.startswith("# ") and colon and head in ("over", "finds", "shows"):
            said.setdefault(head, []).append(rest)
    finds = [found.rsplit(" ", 1) for found in said["finds"]]
    return Overlay(
        name=file.stem,
        why=text.splitlines()[0].removeprefix("# "),
        over=said["over"][0],
        finds=tuple((key, rule) for key, rule in finds),
        shows=said["shows"][0],
        data=tomllib.loads(text),
    )


def overlays() -> list[Overlay]:
    """Return the corpus of bad handbooks, in order."""
    return [read_overlay(file) for file in sorted(BAD.glob("*.toml"))]


def overlaid(zone: str, data: dict[str, Any]) -> tuple[Terms, Draft]:
    """Return a shipped zone's terms with an overlay, and the draft that knows where all is said."""
    draft = Draft(zone)
    for name in SHARED:
        draft.lay(name, _toml(SHIPPED / name), shared=True)
    for file in sorted((SHIPPED / zone).glob("*.toml")):
        draft.lay(f"{zone}/{file.name}", _toml(file), shared=False)
    draft.own.clear()
    removed = data.get("remove", {})
    draft.lay("bad.toml", {k: v for k, v in data.items() if k != "remove"}, shared=False)
    for what, ids in removed.items():
        for id_ in ids:
            if what == "settings":
                del draft.settings[(id_,)]
            elif what == "fields":
                table, entry, field = id_.split(".")
                del draft.entries[(table,)][entry][field]
            else:
                del draft.entries[(what,)][id_]
    return with_handbook(good(zone), draft.handbook()), draft


def with_handbook(terms: Terms, handbook: Handbook) -> Terms:
    """Return terms with another handbook, and every calendar that it names."""
    known = good("xinghe").calendars_by_id | terms.calendars_by_id
    others = sorted(Terms.named_calendars(handbook) - {handbook.calendar})
    return Terms(
        handbook=handbook,
        calendar=known[handbook.calendar],
        calendars=tuple(known[id_] for id_ in others),
    )


def faults(terms: Terms, draft: Draft) -> list[tuple[str, str, Problem]]:
    """Return key and rule of every problem, as `closeout handbook check` says them."""
    return [(draft.key_of(each.key), each.rule, each) for each in judged(terms)]


@lru_cache
def good(zone: str) -> Terms:
    return read_terms(zone)


def _toml(file: Path) -> dict[str, Any]:
    return deepcopy(_parsed(file))


@lru_cache
def _parsed(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))
