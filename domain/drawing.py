"""A draw that anyone can draw again: seeded lots over a fixed population (R8.5)."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.canonical import canonical, content_hash, sha256
from domain.procedures import CallbackRule

METHOD = "sha256-lowest-1"
CHOSEN = f"{METHOD}-chosen-seed"
"""The names of this way of drawing, with a seed of chance and with one that the drawer named: who
names it may have tried others before. Another way takes another name."""
METHODS = (METHOD, CHOSEN)
POPULATION_MAX = 200_000
DRAWN_MAX = 20_000


@dataclass(frozen=True, slots=True, order=True)
class CloseOut:
    """One close-out that may be drawn: its stream, and the version of the event. An issue that was
    reopened and closed again stands there once for each."""

    stream: str
    version: int


@dataclass(frozen=True, slots=True)
class Lot:
    """A close-out and its number in a draw, 64 hexadecimal digits."""

    number: str
    close_out: CloseOut


@dataclass(frozen=True, slots=True)
class Drawing:
    """What was drawn: the lots in order, and of how many, known by their hash."""

    population: int
    population_hash: str
    drawn: tuple[Lot, ...]

    @property
    def issues(self) -> dict[str, str]:
        """Return the streams that came up, each with its lowest lot."""
        found: dict[str, str] = {}
        for lot in self.drawn:
            found.setdefault(lot.close_out.stream, lot.number)
        return found


def population_hash(population: Iterable[CloseOut]) -> str:
    """Return the SHA-256 of the canonical list of the close-outs, sorted, each once."""
    listed = [[each.stream, each.version] for each in sorted(set(population))]
    return content_hash({"population": listed})


def lot(seed: str, hash_: str, close_out: CloseOut) -> Lot:
    """Return the number of a close-out in the draw of a population whose hash is `hash_`."""
    what = {
        "seed": seed,
        "population": hash_,
        "stream": close_out.stream,
        "version": close_out.version,
    }
    return Lot(sha256(canonical(what)), close_out)


def drawn_count(rule: CallbackRule, population: int) -> int:
    """Return how many are drawn: the rule's share rounded up, at least its least number, never more
    than there are."""
    share = -(-rule.percent * population // 100)
    return min(population, max(rule.at_least, share))


def draw(population: Iterable[CloseOut], seed: str, count: int) -> Drawing:
    """Draw the `count` lowest lots. The order in which the population is given does not
    matter."""
    members = sorted(set(population))
    hash_ = population_hash(members)
    lots = sorted(
        (lot(seed, hash_, each) for each in members),
        key=lambda each: (each.number, each.close_out),
    )
    return Drawing(len(members), hash_, tuple(lots[:count]))
