"""`closeout figures count` and `rank`: figures of the moment, which nobody has published."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.asking import Zone
from terminal.auditing import counting
from terminal.figures import LOCAL, Revision, period_of, require_unit
from terminal.session import Session

if TYPE_CHECKING:
    from desk.desk import Desk
    from domain.figure_dimensions import Dimension
    from domain.figures import Definition, Period, Plain
    from domain.terms import Terms

Name = Annotated[
    str, typer.Argument(metavar="NAME", help="A name of `closeout figures definitions`.")
]
From = Annotated[
    str, typer.Option("--from", metavar="TIME", help=f"Recorded at this or later: {LOCAL}")
]
To = Annotated[
    str | None, typer.Option(metavar="TIME", help="Recorded before this.", show_default="now")
]
By = Annotated[
    str | None,
    typer.Option(
        "--by", metavar="DIM", help="zone, area, grid, tier, unit, category, segment or list."
    ),
]


async def figures_count(
    session: Session,
    definition: Name,
    zone: Zone,
    from_: From,
    to: To = None,
    by: By = None,
    unit: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what this unit, or post without one, had")
    ] = None,
    revision: Revision = None,
) -> None:
    """Count a figure as the ledger stands, without publishing it.

    The digits are those that publishing it now would keep; with --by also told apart.
    """
    from domain import figure_definitions
    from terminal.shown.figure_counts import counted_plain, counted_shown

    chosen, dimension = figure_definitions.definition(definition, revision), _dimension(by)
    async with session.desk(reading=True) as desk:
        at = desk.clock.now()
        terms = await desk.shelf.current(zone, at)
        if unit is not None:
            require_unit(terms, unit)
        period = _period(from_, to, terms, at)
        position = await desk.ledger.safe_position()
        digits = await _counted(
            session, desk, zone, period, chosen, position=position, dimension=dimension, unit=unit
        )
    session.out.answer(
        counted_plain(chosen, zone, period, position, digits),
        lambda: counted_shown(chosen, zone, position, digits),
    )


async def figures_rank(
    session: Session,
    definition: Name,
    zone: Zone,
    ratio: Annotated[str, typer.Argument(metavar="RATIO", help="One of the figure's ratios.")],
    from_: From,
    minimum: Annotated[
        int, typer.Option(metavar="N", help="Of fewer than so many nobody is ranked.")
    ],
    to: To = None,
    by: By = None,
    lowest_first: Annotated[
        bool, typer.Option("--lowest-first", help="The lowest ratio has the first place.")
    ] = False,
    revision: Revision = None,
) -> None:
    """Rank units, or with --by the groups of a dimension, by a ratio of a figure.

    Equal ratios share a place. Who has fewer than the minimum has none, and of nothing there is no
    ratio.
    """
    from domain import figure_definitions
    from domain.figure_dimensions import Dimension
    from domain.figure_ranking import rank, units_in
    from terminal.shown.figure_counts import ranking_plain, ranking_shown

    chosen, dimension = figure_definitions.definition(definition, revision), _dimension(by)
    if dimension is Dimension.UNIT:
        dimension = None
    rank((), chosen, ratio, minimum=minimum)
    async with session.desk(reading=True) as desk:
        at = desk.clock.now()
        terms = await desk.shelf.current(zone, at)
        period = _period(from_, to, terms, at)
        position = await desk.ledger.safe_position()
        digits = await _counted(
            session, desk, zone, period, chosen, position=position, dimension=dimension
        )
    groups = units_in(digits) if dimension is None else _groups(digits)
    ranking = rank(groups, chosen, ratio, minimum=minimum, lowest_first=lowest_first)
    session.out.answer(
        ranking_plain(ranking, zone, period, position),
        lambda: ranking_shown(ranking, zone, position),
    )


def _groups(digits: "Plain") -> "list[Plain]":
    told = digits["by"]
    return list(told["groups"]) if isinstance(told, dict) else []


async def _counted(
    session: Session,
    desk: "Desk",
    zone: str,
    period: "Period",
    definition: "Definition",
    *,
    position: int,
    dimension: "Dimension | None",
    unit: str | None = None,
) -> "Plain":
    from audit.figure_counts import count_figures

    with counting(session, "counting") as progress:
        found = await count_figures(
            desk.ledger,
            zone,
            period,
            (definition,),
            position=position,
            dimension=dimension,
            unit=unit,
            progress=progress,
        )
    return found[definition.name]


def _period(from_: str, to: str | None, terms: "Terms", at: datetime) -> "Period":
    """Return the period, up to now if no end is given. Raises InvalidRequestError."""
    from domain.errors import InvalidRequestError
    from domain.model import written

    period = period_of(from_, written(at) if to is None else to, terms)
    if not period.from_at < period.to_at <= at:
        raise InvalidRequestError(
            "What has not happened yet is not counted.",
            field="period",
            value=f"{written(period.from_at)} to {written(period.to_at)}",
            allowed=f"an earlier instant and a later one, neither after {written(at)}",
        )
    return period


def _dimension(by: str | None) -> "Dimension | None":
    from domain.errors import InvalidRequestError
    from domain.figure_dimensions import Dimension

    if by is None:
        return None
    try:
        return Dimension(by)
    except ValueError as error:
        raise InvalidRequestError(
            "Figures are not told apart by this.",
            field="by",
            value=by,
            allowed=[each.value for each in Dimension],
        ) from error
