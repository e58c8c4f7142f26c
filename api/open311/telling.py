"""Issues as service requests, categories as services: what Closeout tells in the words of Open311.

Of persons it tells nothing: who reported, whom to reach and who handles an issue stay inside; the
agency is a unit or a post.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from api.open311.forms import (
    Attribute,
    DataType,
    Definition,
    RequestStatus,
    Service,
    ServiceRequest,
    Value,
)
from domain.access import Horizon
from domain.days import zone_of
from domain.handbook import Category, Enterprise, Handbook
from domain.issue import Issue
from domain.model import Name
from domain.organization import enterprise, post, unit
from domain.phases import Priority
from domain.terms import Terms
from face.words import Language, said

ENTERPRISE: Final = "enterprise"
TITLE: Final = "title"
PRIORITY: Final = "priority"
OCCURRED_AT: Final = "occurred_at"
ATTRIBUTES: Final = (ENTERPRISE, TITLE, PRIORITY, OCCURRED_AT)
ENTERPRISES_LISTED_MAX: Final = 1000
"""With more, a list to choose from is no help: the code is asked for as text."""


def request_id(zone: str, key: str) -> str:
    """Return what Open311 calls an issue: the same for good, also before it has its number."""
    return f"{zone}.{key}"


def service_of(handbook: Handbook, category: Category, language: Language) -> Service:
    """Return a category as a service."""
    units = [
        _name(found.name, language) for each in category.units if (found := unit(handbook, each))
    ]
    return Service(
        service_code=category.id,
        service_name=_name(category.name, language),
        description=_name(category.name, language),
        keywords=", ".join(units) or None,
        group=_name(handbook.name, language),
    )


def definition_of(
    handbook: Handbook, category: Category, within: Horizon, language: Language
) -> Definition:
    """Return what a report of a category is asked for. `within`: for whom the caller reports."""
    own = [each for each in handbook.enterprises if within.reports_for(each.id)]
    listed = own if len(own) <= ENTERPRISES_LISTED_MAX else []
    return Definition(
        service_code=category.id,
        attributes=(
            _asked(
                ENTERPRISE, DataType.ONE_OF_SOME if listed else DataType.STRING, language
            ).model_copy(update={"required": True, "values": _values(listed, language)}),
            _asked(TITLE, DataType.STRING, language),
            _asked(PRIORITY, DataType.ONE_OF_SOME, language).model_copy(
                update={
                    "values": tuple(
                        Value(key=each, name=said(f"open311.priority_{each}", language))
                        for each in Priority
                    )
                }
            ),
            _asked(OCCURRED_AT, DataType.DATETIME, language),
        ),
    )


def request_of(terms: Terms, issue: Issue, language: Language) -> ServiceRequest:
    """Return an issue as a service request."""
    handbook = terms.handbook
    kind = next((each for each in handbook.categories if each.id == issue.category), None)
    due_at = None if issue.deadline is None else issue.deadline.due_at
    return ServiceRequest(
        service_request_id=request_id(issue.zone, issue.key),
        status=RequestStatus.OPEN if issue.is_open else RequestStatus.CLOSED,
        status_notes=_notes(issue, language),
        service_name=None if kind is None else _name(kind.name, language),
        service_code=issue.category,
        description=issue.title,
        agency_responsible=_agency(handbook, issue, language),
        requested_datetime=local(terms, issue.reported_at),
        updated_datetime=local(terms, issue.closed_at or issue.changed_at),
        expected_datetime=None if due_at is None or not issue.is_open else local(terms, due_at),
        address=_address(handbook, issue.enterprise, language),
        address_id=issue.enterprise,
    )


def local(terms: Terms, at: datetime) -> str:
    """Return an instant as the W3 writes it, to the second, in the zone's own time."""
    return at.astimezone(zone_of(terms.calendar.time_zone)).isoformat(timespec="seconds")


def _asked(code: str, datatype: DataType, language: Language) -> Attribute:
    return Attribute(
        code=code,
        datatype=datatype,
        required=False,
        datatype_description=said(f"open311.form_{code}", language),
        order=ATTRIBUTES.index(code) + 1,
        description=said(f"open311.attribute_{code}", language),
    )


def _values(enterprises: Sequence[Enterprise], language: Language) -> tuple[Value, ...]:
    return tuple(Value(key=each.id, name=_name(each.name, language)) for each in enterprises)


def _notes(issue: Issue, language: Language) -> str:
    stands = (
        f"open311.phase_{issue.phase}"
        if issue.outcome is None or issue.is_open
        else f"open311.outcome_{issue.outcome}"
    )
    words = said(stands, language)
    return words if issue.number is None else f"{issue.number}: {words}"


def _agency(handbook: Handbook, issue: Issue, language: Language) -> str | None:
    held = unit(handbook, issue.unit) if issue.unit is not None else post(handbook, issue.owner)
    return None if held is None else _name(held.name, language)


def _address(handbook: Handbook, enterprise_id: str, language: Language) -> str | None:
    place = enterprise(handbook, enterprise_id)
    if place is None:
        return None
    grid = handbook.grids_by_id[place.grid]
    area = next((each for each in handbook.areas if each.id == grid.area), None)
    names = [place.name, grid.name, *(() if area is None else (area.name,)), handbook.name]
    return ", ".join(_name(each, language) for each in names)


def _name(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en
