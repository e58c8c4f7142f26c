"""As much of PromQL as our alert rules and dashboard use, by the definitions of Prometheus: what a
counter grew by is told from two samples at least and reckoned out to the window's bounds, a series
is gone with the scrape that no longer has it. Anything else is refused."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from prometheus_client.metrics_core import Metric

Labels = frozenset[tuple[str, str]]
Vector = dict[Labels, float]

LOOK_BACK_S: Final = 300.0
SPANS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400}
TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>\d+(?:\.\d+)?)(?![\w.])|(?P<span>\d+[smhd])|(?P<word>[a-zA-Z_:][\w:]*)"
    r'|"(?P<text>[^"]*)"|(?P<sign>=~|!~|!=|==|>=|<=|[-+*/<>=(){},\[\]]))'
)
COMPARE: Final[Mapping[str, Callable[[float, float], bool]]] = {
    ">": lambda a, b: a > b,
    "<": lambda a, b: a < b,
    ">=": lambda a, b: a >= b,
    "<=": lambda a, b: a <= b,
    "==": lambda a, b: a == b,
}
MATCH: Final[Mapping[str, Callable[[str, str], bool]]] = {
    "=": lambda has, want: has == want,
    "!=": lambda has, want: has != want,
    "=~": lambda has, want: re.fullmatch(want, has) is not None,
    "!~": lambda has, want: re.fullmatch(want, has) is None,
}


class PromQLError(Exception):
    """Not of what is understood here."""


@dataclass
class History:
    """What a Prometheus has scraped: of each instance, at which instant, which series."""

    scrapes: dict[str, list[tuple[float, dict[str, Vector]]]] = field(default_factory=dict)

    def scrape(
        self, at_s: float, page: Iterable[Metric] | None, instance: str, job: str = "closeout"
    ) -> None:
        """Keep a page; None where nobody answered."""
        target = frozenset({("instance", instance), ("job", job)})
        series: dict[str, Vector] = {"up": {target: 0.0 if page is None else 1.0}}
        for family in page or ():
            for sample in family.samples:
                labels = frozenset(sample.labels.items()) | target
                series.setdefault(sample.name, {})[labels] = sample.value
        self.scrapes.setdefault(instance, []).append((at_s, series))

    def now(self, name: str, at_s: float) -> Vector:
        """Return the series of a figure at an instant, by the last scrape of each instance."""
        found: Vector = {}
        for rows in self.scrapes.values():
            seen = [row for row in rows if at_s - LOOK_BACK_S < row[0] <= at_s]
            found |= seen[-1][1].get(name, {}) if seen else {}
        return found

    def within(
        self, name: str, at_s: float, length_s: float
    ) -> dict[Labels, list[tuple[float, float]]]:
        """Return the samples of a figure's series in a window that ends at an instant."""
        found: dict[Labels, list[tuple[float, float]]] = {}
        for rows in self.scrapes.values():
            for seen_s, series in rows:
                if at_s - length_s < seen_s <= at_s:
                    for labels, value in series.get(name, {}).items():
                        found.setdefault(labels, []).append((seen_s, value))
        return found


def evaluate(expression: str, history: History, at_s: float) -> Vector:
    """Return what an expression comes to at an instant. Raises PromQLError."""
    reader = _Reader(expression, history, at_s)
    found = reader.either()
    reader.end()
    return found if isinstance(found, dict) else {frozenset(): found}


def names_in(expression: str) -> set[str]:
    """Return the figures that an expression names."""
    return set(re.findall(r"\b(?:closeout_\w+|process_\w+|up)\b", expression))


class _Reader:
    """Reads and evaluates at once, one method for each strength of binding."""

    def __init__(self, text: str, history: History, at_s: float) -> None:
        self._history = history
        self._at_s = at_s
        self._tokens: list[tuple[str, str]] = []
        place = 0
        text = text.strip()
        while place < len(text):
            found = TOKEN.match(text, place)
            if found is None or found.lastgroup is None:
                raise PromQLError(f"not understood: {text[place:]}")
            self._tokens.append((found.lastgroup, found[found.lastgroup]))
            place = found.end()

    def end(self) -> None:
        if self._tokens:
            raise PromQLError(f"not understood: {self._tokens}")

    def _next(self) -> str:
        return self._tokens[0][1] if self._tokens else ""

    def _take(self, *wanted: str) -> str:
        if not self._tokens or (wanted and self._next() not in wanted):
            raise PromQLError(f"{wanted} was looked for in {self._tokens}")
        return self._tokens.pop(0)[1]

    def either(self) -> Vector | float:
        left = self._both()
        while self._next() == "or":
            self._take()
            one, other = _vector(left), _vector(self._both())
            left = {**{k: v for k, v in other.items() if k not in one}, **one}
        return left

    def _both(self) -> Vector | float:
        left = self._compared()
        while self._next() in ("and", "unless"):
            word = self._take()
            one, other = _vector(left), _vector(self._compared())
            left = {k: v for k, v in one.items() if (k in other) == (word == "and")}
        return left

    def _compared(self) -> Vector | float:
        left = self._added()
        if self._next() in COMPARE:
            holds, right = COMPARE[self._take()], self._added()
            if not isinstance(right, float):
                raise PromQLError("something is compared with more than a number")
            left = {k: v for k, v in _vector(left).items() if holds(v, right)}
        return left

    def _added(self) -> Vector | float:
        left = self._multiplied()
        while self._next() in ("+", "-"):
            sign = 1.0 if self._take() == "+" else -1.0
            left = _joined(left, self._multiplied(), lambda a, b, sign=sign: a + sign * b)
        return left

    def _multiplied(self) -> Vector | float:
        left = self._one()
        while self._next() in ("*", "/"):
            if self._take() == "*":
                left = _joined(left, self._one(), lambda a, b: a * b)
            else:
                left = _joined(left, self._one(), lambda a, b: a / b if b else float("nan"))
        return left

    def _one(self) -> Vector | float:
        if self._tokens and self._tokens[0][0] == "number":
            return float(self._take())
        word = self._take()
        if word == "(":
            inner = self.either()
            self._take(")")
            return inner
        if word == "time":
            self._take("(")
            self._take(")")
            return self._at_s
        if word in ("sum", "max", "min"):
            return self._gathered(word)
        if word in ("rate", "increase"):
            return self._grown(per_second=word == "rate")
        if word == "absent":
            return self._absent()
        if word == "histogram_quantile":
            return self._quantile()
        return self._selected(word)

    def _gathered(self, word: str) -> Vector:
        by = self._by()
        self._take("(")
        inner = _vector(self.either())
        self._take(")")
        by = by or self._by()
        gather: Callable[[list[float]], float] = {"sum": sum, "max": max, "min": min}[word]
        groups: dict[Labels, list[float]] = {}
        for labels, value in inner.items():
            kept = frozenset(each for each in labels if each[0] in by)
            groups.setdefault(kept, []).append(value)
        return {labels: gather(values) for labels, values in groups.items()}

    def _by(self) -> set[str]:
        found: set[str] = set()
        if self._next() == "by":
            self._take()
            self._take("(")
            while self._next() != ")":
                found.add(self._take())
                if self._next() == ",":
                    self._take()
            self._take(")")
        return found

    def _absent(self) -> Vector:
        self._take("(")
        inner = _vector(self.either())
        self._take(")")
        return {} if inner else {frozenset(): 1.0}

    def _grown(self, *, per_second: bool) -> Vector:
        self._take("(")
        name, fits = self._take(), self._fits()
        self._take("[")
        length_s = _seconds(self._take())
        self._take("]")
        self._take(")")
        found: Vector = {}
        for labels, samples in self._history.within(name, self._at_s, length_s).items():
            if fits(labels) and len(samples) > 1:
                grown = _increase(samples, self._at_s - length_s, self._at_s)
                found[labels] = grown / length_s if per_second else grown
        return found

    def _quantile(self) -> Vector:
        self._take("(")
        share = float(self._take())
        self._take(",")
        inner = _vector(self.either())
        self._take(")")
        groups: dict[Labels, list[tuple[float, float]]] = {}
        for labels, value in inner.items():
            bound = float(dict(labels)["le"])
            rest = frozenset(each for each in labels if each[0] != "le")
            groups.setdefault(rest, []).append((bound, value))
        return {labels: _quantile(share, sorted(rows)) for labels, rows in groups.items()}

    def _selected(self, name: str) -> Vector:
        fits = self._fits()
        at_s = self._at_s
        if self._next() == "offset":
            self._take()
            at_s -= _seconds(self._take())
        seen = self._history.now(name, at_s)
        return {labels: value for labels, value in seen.items() if fits(labels)}

    def _fits(self) -> Callable[[Labels], bool]:
        wanted: list[tuple[str, str, str]] = []
        if self._next() == "{":
            self._take()
            while self._next() != "}":
                wanted.append((self._take(), self._take(*MATCH), self._take()))
                if self._next() == ",":
                    self._take()
            self._take("}")
        return lambda labels: all(
            MATCH[how](dict(labels).get(label, ""), want) for label, how, want in wanted
        )


def _vector(found: Vector | float) -> Vector:
    if isinstance(found, float):
        raise PromQLError("a number stands where series should")
    return found


def _joined(
    left: Vector | float, right: Vector | float, do: Callable[[float, float], float]
) -> Vector | float:
    if isinstance(left, float) and isinstance(right, float):
        return do(left, right)
    if isinstance(right, float):
        return {labels: do(value, right) for labels, value in _vector(left).items()}
    if isinstance(left, float):
        return {labels: do(left, value) for labels, value in right.items()}
    return {labels: do(value, right[labels]) for labels, value in left.items() if labels in right}


def _seconds(span: str) -> float:
    if span[-1] not in SPANS:
        raise PromQLError(f"no length of time: {span}")
    return float(span[:-1]) * SPANS[span[-1]]


def _increase(samples: list[tuple[float, float]], from_s: float, to_s: float) -> float:
    """Return by how much a counter grew, reckoned out to the window's bounds as Prometheus does:
    by half a step where the series begins or ends within it, never to below zero."""
    (first_s, first), (last_s, last) = samples[0], samples[-1]
    grown = last - first
    before = first
    for _, value in samples[1:]:
        grown += before if value < before else 0.0
        before = value
    sampled_s = last_s - first_s
    step_s = sampled_s / (len(samples) - 1)
    start_s, end_s = first_s - from_s, to_s - last_s
    if start_s >= 1.1 * step_s:
        start_s = step_s / 2
    if grown > 0 and first >= 0:
        start_s = min(start_s, sampled_s * (first / grown))
    if end_s >= 1.1 * step_s:
        end_s = step_s / 2
    return grown * (sampled_s + start_s + end_s) / sampled_s


def _quantile(share: float, rows: list[tuple[float, float]]) -> float:
    """Return a quantile of a histogram, on a straight line within its bucket."""
    total = rows[-1][1]
    if not total:
        return float("nan")
    rank, below, bound_before = share * total, 0.0, 0.0
    for bound, count in rows:
        if count >= rank:
            if bound == float("inf"):
                return bound_before
            return bound_before + (bound - bound_before) * (rank - below) / (count - below)
        below, bound_before = count, bound
    return bound_before
