"""The zones of a scenario: their terms, the enterprises that are made up, what does not fit."""

from collections.abc import Collection, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from audit.handling_times import family_of
from demo.scenario import Absence, Scenario, ScenarioError, Surge
from demo.scenario_arrivals import category_weights
from domain.handbook import Enterprise, Handbook
from domain.model import Name
from domain.terms import Terms
from handbooks.faults import Fault, HandbookError
from handbooks.shelf import read_terms

SOURCE: Final = "made up for a simulation"


def scenario_terms(scenario: Scenario, file: str) -> Terms:
    """Return the terms that a scenario names, once everything in it fits them. Raises
    ScenarioError, which calls the scenario `file`."""
    shelf = None if scenario.shelf is None else Path(scenario.shelf)
    try:
        terms = read_terms(scenario.zone, shelf)
    except HandbookError as error:
        raise ScenarioError(*error.faults) from error
    faults = [*_of_days(scenario, terms, file), *_of_names(scenario, terms.handbook, file)]
    if faults:
        raise ScenarioError(*faults)
    zone_terms(scenario, terms, 0)
    return terms


def zone_terms(scenario: Scenario, terms: Terms, place: int) -> Terms:
    """Return the terms of one of the zones: alone it is called as its handbook says, of several
    each has a number. Raises ScenarioError."""
    handbook = terms.handbook
    changed: dict[str, object] = {}
    if scenario.zones > 1:
        name = f"{handbook.zone}-{place + 1:03d}"
        changed["zone"] = name
        changed["posts"] = tuple(
            each.model_copy(update={"covers": name}) if each.covers == handbook.zone else each
            for each in handbook.posts
        )
    if scenario.enterprises:
        changed["enterprises"] = (*handbook.enterprises, *_made_up(scenario, handbook))
    if not changed:
        return terms
    own = {field: getattr(handbook, field) for field in Handbook.model_fields}
    try:
        made = Handbook.model_validate({**own, **changed})
    except ValidationError as error:
        said = error.errors(include_url=False)[0]["msg"]
        fault = Fault(
            file=scenario.zone,
            field="zones" if scenario.zones > 1 else "enterprises",
            problem=f"the handbook does not stand with so many: {said}",
            allowed=("zones = 1 and enterprises = 0",),
        )
        raise ScenarioError(fault) from error
    return Terms(handbook=made, calendar=terms.calendar, calendars=terms.calendars)


def _made_up(scenario: Scenario, handbook: Handbook) -> Iterator[Enterprise]:
    """Yield enterprises, spread evenly over the grids."""
    for number in range(1, scenario.enterprises + 1):
        grid = handbook.grids[(number - 1) % len(handbook.grids)]
        name = Name(zh=f"{number} 号企业", en=f"Enterprise {number}")
        yield Enterprise(id=f"made-up-{number:05d}", name=name, grid=grid.id, source=SOURCE)


def _of_days(scenario: Scenario, terms: Terms, file: str) -> Iterator[Fault]:
    """Name a year that the calendar does not know, and days outside of the year."""
    calendar, year = terms.calendar, scenario.year
    since, until = calendar.valid_from, calendar.valid_until
    if since > date(year, 1, 1) or until < date(year, 12, 31):
        first = since.year + (since > date(since.year, 1, 1))
        last = until.year - (until < date(until.year, 12, 31))
        yield Fault(
            file=file,
            field="year",
            value=str(year),
            problem=f"calendar {calendar.id} does not know every day of this year",
            allowed=(f"{first} to {last}",),
        )
    spans: list[tuple[str, Surge | Absence]] = [
        *((f"surges.{n}", each) for n, each in enumerate(scenario.surges)),
        *((f"absences.{n}", each) for n, each in enumerate(scenario.absences)),
    ]
    for field, each in spans:
        if not each.from_on.year == each.to_on.year == year:
            yield Fault(
                file=file,
                field=field,
                value=f"{each.from_on} to {each.to_on}",
                problem="these are not days of the year that is made up",
                allowed=(f"{year}-01-01 to {year}-12-31",),
            )


def _of_names(scenario: Scenario, handbook: Handbook, file: str) -> Iterator[Fault]:
    """Name what the handbook does not have."""
    posts, units = handbook.posts_by_id, [each.id for each in handbook.units]
    categories = [each.id for each in handbook.categories]
    kinds = dict.fromkeys([*categories, *map(family_of, categories)])
    tiers = [str(tier.level) for tier in handbook.tiers]
    seasons = scenario.seasons if "seasons" in scenario.model_fields_set else ()
    asked: list[tuple[str, object, Collection[str], str]] = [
        (f"seasons.{name}", name, kinds, "category") for name in seasons
    ]
    for n, surge in enumerate(scenario.surges):
        asked.append((f"surges.{n}.category", surge.category, kinds, "category"))
    for n, times in enumerate(scenario.handling):
        asked.append((f"handling.{n}.category", times.category, kinds, "category"))
    for n, absence in enumerate(scenario.absences):
        asked.append((f"absences.{n}.post", absence.post, posts, "post"))
    for n, roster in enumerate(scenario.rosters):
        asked.append((f"rosters.{n}.post", roster.post, posts, "post"))
        asked.append((f"rosters.{n}.unit", roster.unit, units, "unit"))
        tier = None if roster.tier is None else str(roster.tier)
        asked.append((f"rosters.{n}.tier", tier, tiers, "tier"))
    for field, name, known, what in asked:
        if name is not None and name not in known:
            yield Fault(
                file=file,
                field=field,
                value=str(name),
                problem=f"the handbook of {handbook.zone} has no such {what}",
                allowed=tuple(known),
            )
    for month, weight in enumerate(scenario.months):
        if weight and not any(category_weights(scenario, handbook, month).values()):
            yield Fault(
                file=file,
                field="seasons",
                value=str(month + 1),
                problem="in this month there are reports, and no category that any is of",
                allowed=("a number above 0 for one category in each month with reports",),
            )
    if not handbook.enterprises and not scenario.enterprises:
        yield Fault(
            file=file,
            field="enterprises",
            value="0",
            problem=f"the handbook of {handbook.zone} names no enterprise: somebody has to report",
            allowed=("1 or more",),
        )
