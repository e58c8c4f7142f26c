"""Draws of closed issues, what drawing again shows, how far callbacks and sign-offs agree."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from desk.callbacks import Callbacks, Drawn, Redrawn
from domain.drawing import CHOSEN
from domain.model import written
from ledger.draws import DrawRow
from terminal.shown.findings import many
from terminal.shown.frames import SECOND, Sheet, facts, kept
from terminal.shown.times import local

LOT_CHARACTERS = 12


def drawn_plain(drawn: Drawn) -> dict[str, object]:
    """Return a draw for a machine."""
    return {
        **_row(drawn.row),
        "repeated": drawn.repeated,
        "recorded": drawn.recorded,
        "issues": _lots(drawn.lots),
    }


def drawn_shown(drawn: Drawn, time_zone: str) -> RenderableType:
    """Return a draw for people."""
    row = drawn.row
    head = Text.assemble(("✓ ", "green"), (row.id, "bold"))
    if drawn.repeated:
        head.append("  drawn before", SECOND)
    return Group(head, _facts(row, time_zone), _sheet(drawn.lots))


def redrawn_plain(redrawn: Redrawn) -> dict[str, object]:
    """Return what drawing again has shown, for a machine."""
    return {
        **_row(redrawn.row),
        "same": not redrawn.differences,
        "differences": list(redrawn.differences),
        "missing": list(redrawn.missing),
        "over_limit": list(redrawn.over_limit),
        "issues": _lots(redrawn.lots),
    }


def redrawn_shown(redrawn: Redrawn) -> RenderableType:
    """Return the same for people."""
    lines = [Text.assemble(("✗ ", "red"), each) for each in redrawn.differences]
    lines += [
        Text.assemble(("✗ ", "red"), f"{stream} has no event of this draw")
        for stream in redrawn.missing
    ]
    if not lines:
        row = redrawn.row
        said = f"{row.id}: the same {many(row.drawn, 'lot')} of {row.population:,} again"
        lines = [Text.assemble(("✓ ", "green"), said)]
    lines += [
        Text(f"{stream} has come up in as many draws as it may: it was told, and is not called")
        for stream in redrawn.over_limit
    ]
    return Group(*lines, Text(f"seed {_seed(redrawn.row)}", SECOND))


def draws_plain(zone: str, found: Sequence[Callbacks]) -> dict[str, object]:
    """Return the draws of a zone for a machine. A share is of those who answered, None of none."""
    return {
        "zone": zone,
        "draws": [
            {
                **_row(each.row),
                "issues": each.issues,
                "answered": each.answered,
                "agree": each.agree,
                "disagree": each.disagree,
                "not_reached": each.not_reached,
                "open": each.waiting,
                "untold": each.missing,
                "over_limit": each.over_limit,
                "agreement_percent": each.agreement_percent,
            }
            for each in found
        ],
    }


def draws_shown(zone: str, found: Sequence[Callbacks], time_zone: str) -> RenderableType:
    """Return the same for people."""
    sheet = Sheet(
        (
            kept("Draw"),
            kept("Drawn"),
            kept("Of", right=True),
            kept("Issues", right=True),
            kept("Answered", right=True),
            kept("Agree", right=True),
            kept("Disagree", right=True),
            kept("Not reached", right=True),
            kept("Seed"),
        )
    )
    for each in found:
        row, share = each.row, each.agreement_percent
        percent = "" if share is None else f" ({share} %)"
        sheet.add(
            row.id,
            local(row.drawn_at, time_zone),
            f"{row.population:,}",
            f"{each.issues:,}",
            f"{each.answered:,} of {each.issues:,}",
            f"{each.agree:,} of {each.answered:,}{percent}",
            f"{each.disagree:,}",
            f"{each.not_reached:,}",
            "chosen" if row.method == CHOSEN else "by chance",
        )
    return Group(sheet, Text(f"{many(len(found), 'draw')} of {zone}; times in {time_zone}", SECOND))


def _row(row: DrawRow) -> dict[str, object]:
    return {
        "id": row.id,
        "zone": row.zone,
        "seed": row.seed,
        "seed_chosen": row.method == CHOSEN,
        "from": written(row.from_at),
        "to": written(row.to_at),
        "horizon": row.horizon,
        "percent": row.percent,
        "at_least": row.at_least,
        "population": row.population,
        "population_hash": row.population_hash,
        "drawn": row.drawn,
        "method": row.method,
        "drawn_at": written(row.drawn_at),
    }


def _lots(lots: dict[str, str]) -> list[dict[str, str]]:
    return [{"stream": stream, "lot": number} for stream, number in lots.items()]


def _facts(row: DrawRow, time_zone: str) -> RenderableType:
    rule = f"{row.percent} %, at least {row.at_least}"
    return facts(
        [
            ("period", f"{local(row.from_at, time_zone)} to {local(row.to_at, time_zone)}"),
            ("drawn", f"{row.drawn:,} of {many(row.population, 'close-out')} ({rule})"),
            ("seed", _seed(row)),
            ("population", row.population_hash),
            ("horizon", f"{row.horizon:,}"),
        ]
    )


def _seed(row: DrawRow) -> str:
    return f"{row.seed}, {'chosen by whoever drew' if row.method == CHOSEN else 'by chance'}"


def _sheet(lots: dict[str, str]) -> Sheet:
    sheet = Sheet((kept("Issue"), kept("Lot")))
    for stream, number in lots.items():
        sheet.add(stream, Text(f"{number[:LOT_CHARACTERS]}…", SECOND))
    return sheet
