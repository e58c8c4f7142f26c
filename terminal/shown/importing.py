"""What an imported log came to: the same figures from the log and from the ledger, side by side."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from rich.console import Group, RenderableType
from rich.text import Text

from desk.importing.counting import Figures, SignedFigures
from desk.importing.marks import Mark
from desk.importing.playing import Imported
from desk.importing.problems import NotTaken
from terminal.shown.findings import SHOWN_MAX, many, mark, rest
from terminal.shown.frames import SECOND, Sheet, kept, wrapped

LABELS = {
    "cases": "cases",
    "events": "events",
    "steps_up": "steps up",
    "steps_down": "steps down",
    "handovers": "hand-overs",
    "ping_pong_cases": "cases with ping-pong",
}


def plain(found: Imported) -> dict[str, object]:
    """Return all of it for a machine: the log's figures, then the ledger's under `from_ledger`."""
    return {
        **asdict(found.figures),
        **_signed(found.signed),
        "refused": [asdict(each) for each in found.refused],
        "from_ledger": {**asdict(found.from_ledger), **_signed(found.signed_in_ledger)},
        "marked": _marked(found.marked),
        "marked_in_ledger": _marked(found.marked_in_ledger),
        "ledger_events": dict(sorted(found.kinds.items())),
        "equal": found.is_equal,
        "commands": found.commands,
        "statuses_unnamed": found.unnamed,
        "statuses_unseen": found.unseen,
        "rows_back_in_time": found.back_in_time,
    }


def _signed(figures: SignedFigures | None) -> dict[str, int]:
    return {} if figures is None else asdict(figures)


def _marked(marked: Mapping[Mark, int]) -> list[dict[str, object]]:
    """Return how many rows stand by the log's authority, for each refusal."""
    return [
        {"act": mark.act, "code": mark.code, "rows": marked[mark]}
        for mark in sorted(marked, key=lambda each: (each.act, each.code))
    ]


def imported(found: Imported, file: Path) -> RenderableType:
    """Return both counts, where they differ in red, and everything that was not taken over."""
    sheet = Sheet((wrapped("What"), kept("Log", right=True), kept("Ledger", right=True)))
    of_log = _lines(found.figures, found.signed, found.marked)
    of_ledger = _lines(found.from_ledger, found.signed_in_ledger, found.marked_in_ledger)
    for what in {**of_log, **of_ledger}:
        here, there = of_log.get(what, 0), of_ledger.get(what, 0)
        sheet.add(what, str(here), str(there), style=None if here == there else "red")
    said = "the ledger says what the log says" if found.is_equal else "log and ledger differ"
    more = f"  {file.name}, {many(found.commands, 'command')}"
    lines: list[RenderableType] = [mark(said, more, sound=found.is_equal), sheet]
    if found.unnamed:
        named = ", ".join(f"{text} ({rows})" for text, rows in found.unnamed.items())
        lines.append(Text(f"statuses that the mapping does not name: {named}", SECOND))
    if found.unseen:
        said = f"statuses that it names and no row has: {', '.join(found.unseen)}"
        lines.append(Text(said, SECOND))
    if found.back_in_time:
        rows = many(found.back_in_time, "row")
        lines.append(Text(f"{rows} earlier than the row before", SECOND))
    lines += _refused(found.refused)
    return Group(*lines)


def _lines(
    figures: Figures, signed: SignedFigures | None, marked: Mapping[Mark, int]
) -> Mapping[str, int]:
    told = asdict(figures)
    return {
        **{name.replace("_", " "): count for name, count in _signed(signed).items()},
        **{f"by the log's authority: {m.act}, {m.code}": count for m, count in marked.items()},
        **{label: told[name] for name, label in LABELS.items()},
        **{f"highest tier {tier}": count for tier, count in figures.tier_reached.items()},
        **{f"last status {text}": count for text, count in figures.last_status.items()},
    }


def _refused(refused: tuple[NotTaken, ...]) -> list[RenderableType]:
    if not refused:
        return [Text("nothing refused", SECOND)]
    sheet = Sheet(
        (kept("Line", right=True), kept("Issue"), kept("Act"), wrapped("Refused because"))
    )
    for each in refused[:SHOWN_MAX]:
        sheet.add(str(each.line), each.case or "", each.act or "", each.reason)
    return [Text(f"{len(refused)} refused", "bold"), sheet, rest(len(refused))]
