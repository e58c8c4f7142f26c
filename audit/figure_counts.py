"""Figures counted without publishing them: all that are asked for, in one reading of the ledger."""

from collections.abc import Callable, Sequence

from audit.facts import terms_reader
from audit.figure_streams import FigureFacts, streams, uncountable
from domain.errors import InvalidRequestError
from domain.figure_dimensions import Dimension
from domain.figure_story import Story
from domain.figures import Definition, Period, Plain, Sums
from domain.retold import terms_named


async def count_figures(
    ledger: FigureFacts,
    zone: str,
    period: Period,
    definitions: Sequence[Definition],
    *,
    position: int,
    dimension: Dimension | None = None,
    unit: str | None = None,
    progress: Callable[[int], None] = lambda _: None,
) -> dict[str, Plain]:
    """Return the digits of each figure by its name, from the events at or below a position.

    They are those that publishing at this position would give, with `revision`, and by the groups
    of a dimension in `by`. Every stream is read once for all of them. Raises InvalidRequestError,
    UncountableStreamError.
    """
    _require_once(definitions)
    sums = [(each, Sums(each, unit, dimension=dimension)) for each in definitions]
    terms_of, issues = terms_reader(ledger), 0
    async for stream in streams(ledger, zone, position):
        records = tuple(record for _, record in stream)
        concerned = [each for each in sums if each[0].concerns(records, period)]
        if concerned:
            with uncountable(stream, position):
                terms = {hash_: await terms_of(hash_) for hash_ in terms_named(records)}
                story = Story(records, terms)
                for definition, own in concerned:
                    own.add(records[0].stream, definition.given_by(story, period))
        issues += 1
        progress(issues)
    return {each.name: {"revision": each.revision, **own.digits()} for each, own in sums}


def _require_once(definitions: Sequence[Definition]) -> None:
    names = [each.name for each in definitions]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise InvalidRequestError(
            "A figure is counted by one revision of its definition at a time.",
            field="definitions",
            value=", ".join(twice),
        )
