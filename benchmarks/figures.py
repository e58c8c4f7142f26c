"""Figures, how they are summed up, and how they are shown."""

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Figure:
    """One number of ours beside the peer's or a limit. `aim` bounds ours / beside, or ours itself
    where `beside` is that bound."""

    section: str
    name: str
    unit: str
    ours: float
    beside: float | None = None
    beside_is: str = "peer"
    at_most: float | None = None
    at_least: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours divided by what stands beside it."""
        return self.ours / self.beside if self.beside else None

    @property
    def is_met(self) -> bool | None:
        """Whether the aim is met; None where there is none."""
        if self.ratio is None or (self.at_most is None and self.at_least is None):
            return None
        if self.at_most is not None and self.ratio > self.at_most:
            return False
        return self.at_least is None or self.ratio >= self.at_least


@dataclass(slots=True)
class Results:
    """Everything that one run measured, and under what conditions."""

    conditions: dict[str, object]
    figures: list[Figure] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    plans: dict[str, object] = field(default_factory=dict)
    """Query plans, for the file alone."""
    broken: list[str] = field(default_factory=list)
    """Which sections failed before their end, and by what."""

    def write(self, file: Path) -> None:
        """Write all of it as JSON."""
        file.parent.mkdir(parents=True, exist_ok=True)
        figures = [
            asdict(figure) | {"ratio": figure.ratio, "is_met": figure.is_met}
            for figure in self.figures
        ]
        body = {"conditions": self.conditions, "figures": figures, "notes": self.notes}
        body |= {"plans": self.plans} if self.plans else {}
        body |= {"broken": self.broken} if self.broken else {}
        file.write_text(json.dumps(body, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    def show(self, console: Console) -> None:
        """Print all of it."""
        table = Table(title="One run, medians")
        for column in ("", "measured", "ours", "beside", "", "ratio", "aim", "met"):
            table.add_column(column, justify="right" if column in ("ours", "beside") else "left")
        section = ""
        for figure in self.figures:
            table.add_row(
                "" if figure.section == section else figure.section,
                figure.name,
                f"{_number(figure.ours)} {figure.unit}",
                "" if figure.beside is None else f"{_number(figure.beside)} {figure.unit}",
                "" if figure.beside is None else figure.beside_is,
                "" if figure.ratio is None else f"{figure.ratio:.2f}",
                _aim(figure),
                {None: "", True: "[green]yes[/]", False: "[red]no[/]"}[figure.is_met],
                end_section=False,
            )
            section = figure.section
        console.print(table)
        for name, value in self.conditions.items():
            console.print(f"{name}: {value}", style="dim", soft_wrap=True)
        for note in self.notes:
            console.print(note, soft_wrap=True)
        for each in self.broken:
            console.print(each, style="red", soft_wrap=True, markup=False)


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


median = statistics.median


def _number(value: float) -> str:
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _aim(figure: Figure) -> str:
    if figure.at_most is not None:
        return f"at most {figure.at_most:g}"
    return "" if figure.at_least is None else f"at least {figure.at_least:g}"
