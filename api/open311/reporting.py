"""A service request that somebody posts, as the report of an issue."""

import math
from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from api.open311.faults import Open311Error
from api.open311.forms import DESCRIPTION_CHARACTERS_MAX
from api.open311.receiving import Fields
from api.open311.telling import ATTRIBUTES, ENTERPRISE, OCCURRED_AT, PRIORITY, TITLE
from domain.canonical import sha256
from domain.commands import Report, Submission
from domain.handbook import Category, Handbook
from domain.model import SHORT_CHARACTERS_MAX, Moment
from domain.organization import enterprise
from domain.people import Actor
from domain.personal import PERSONAL_CHARACTERS_MAX, ContactPerson, Personal
from domain.phases import Origin, Priority
from face.preconditions import id_asked

ID_PREFIX: Final = "open311:"
KEY_PREFIX: Final = "o-"
DIGITS_KEPT: Final = 32
PLACES: Final = ("address_string", "address_id", "media_url")
DEGREES: Final = {"lat": 90.0, "long": 180.0}
URL_CHARACTERS_MAX: Final = 2000
SINGLE: Final = (
    *("jurisdiction_id", "api_key", "service_code", "description", "account_id"),
    *("email", "first_name", "last_name", "phone", "device_id", *PLACES, *DEGREES),
)
CALLED: Final = {"text": "description", "category": "service_code", "contact": "the contact"}
"""Fields of a report, as the form calls them. Others are attributes."""

_MOMENT: Final[TypeAdapter[Moment]] = TypeAdapter(Moment)


def single_fields(fields: Fields) -> dict[str, str]:
    """Return the fields of Open311's own, each sent once. Raises Open311Error."""
    twice = [name for name in SINGLE if len(fields.get(name, ())) > 1]
    if twice:
        raise Open311Error(400, *(f"{name} was given twice." for name in twice))
    return {name: fields[name][0] for name in SINGLE if name in fields}


def attributes_of(fields: Fields) -> dict[str, str]:
    """Return the attributes by code: `attribute[code]`, or `attribute[code][]`. Raises
    Open311Error for one that no definition has, or that has several values."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for name, values in fields.items():
        if not name.startswith("attribute["):
            continue
        code = name.removeprefix("attribute[").removesuffix("[]").removesuffix("]")
        if code not in ATTRIBUTES:
            wrong.append(f"There is no such attribute; there are {', '.join(ATTRIBUTES)}.")
        elif len(values) > 1 or code in found:
            wrong.append(f"attribute[{code}] has one value.")
        else:
            found[code] = values[0]
    if wrong:
        raise Open311Error(400, *dict.fromkeys(wrong))
    return found


def category_of(handbook: Handbook, code: str | None) -> Category:
    """Return the category that a service code names. Raises Open311Error."""
    if code is None:
        raise Open311Error(400, "service_code was not provided.")
    found = next((each for each in handbook.categories if each.id == code), None)
    if found is None:
        raise Open311Error(404, "service_code was not found.")
    return found


def enterprise_of(handbook: Handbook, given: Mapping[str, str], asked: Mapping[str, str]) -> str:
    """Return whose issue it is: by attribute[enterprise], else by account_id. Raises
    Open311Error."""
    code = (asked.get(ENTERPRISE) or given.get("account_id") or "").strip()
    if not code:
        raise Open311Error(
            400,
            "attribute[enterprise] was not provided, nor account_id: an issue is an enterprise's.",
        )
    if enterprise(handbook, code) is None:
        raise Open311Error(
            400, "attribute[enterprise] or account_id names no enterprise of this jurisdiction."
        )
    return code


def command_id_of(idempotency_key: str | None) -> str:
    """Return the id of the command. The same Idempotency-Key is the same command; without one no
    repeat is recognised."""
    return f"{ID_PREFIX}{uuid4()}" if idempotency_key is None else id_asked(idempotency_key)


def submission_of(
    zone: str,
    actor: Actor,
    category: Category,
    given: Mapping[str, str],
    asked: Mapping[str, str],
    *,
    enterprise_id: str,
    command_id: str,
    key: str | None = None,
) -> Submission:
    """Return the report as a command. Raises Open311Error naming every field that is wrong."""
    description = given.get("description")
    if description is not None:
        description = description.replace("\r\n", "\n")
    if description is not None and len(description) > DESCRIPTION_CHARACTERS_MAX:
        raise Open311Error(400, f"description has at most {DESCRIPTION_CHARACTERS_MAX} characters.")
    fallback = f"{category.name.zh} {category.name.en}"
    try:
        report = Report.model_validate(
            {
                "enterprise": enterprise_id,
                "category": category.id,
                "title": asked.get(TITLE) or _first_line(description or fallback),
                "text": "\n".join([description or asked.get(TITLE) or fallback, *_places(given)]),
                "origin": Origin.SERVICE,
                "priority": asked.get(PRIORITY, Priority.ORDINARY),
                "contact": _contact(given, command_id),
            }
        )
        occurred_at = _MOMENT.validate_python(asked[OCCURRED_AT]) if OCCURRED_AT in asked else None
    except ValidationError as error:
        raise Open311Error(400, *_wrong(error)) from None
    return Submission(
        id=command_id,
        zone=zone,
        key=key or f"{KEY_PREFIX}{sha256(command_id)[:DIGITS_KEPT]}",
        actor=actor,
        command=report,
        occurred_at=occurred_at,
    )


def _first_line(text: str) -> str:
    line = " ".join(text.strip().split("\n", maxsplit=1)[0].split())
    return line if len(line) <= SHORT_CHARACTERS_MAX else f"{line[: SHORT_CHARACTERS_MAX - 1]}…"


def _places(given: Mapping[str, str]) -> list[str]:
    """Return lines that say where it is: the ledger knows places by their enterprises alone. The
    lines are the same in every language, so that a report sent again is the same report."""
    lines = [f"{name}: {given[name].strip()}" for name in PLACES if name in given]
    url = given.get("media_url", "https://").strip()
    if not url.startswith(("https://", "http://")) or len(url) > URL_CHARACTERS_MAX:
        raise Open311Error(400, "media_url is an address of the web (https://…).")
    if ("lat" in given) != ("long" in given):
        raise Open311Error(400, "lat and long go together.")
    if "lat" in given:
        where = ", ".join(f"{_degrees(name, given[name]):.6f}" for name in DEGREES)
        lines.append(f"lat, long: {where}")
    return lines


def _degrees(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.inf
    if not abs(value) <= DEGREES[name]:
        raise Open311Error(400, f"{name} is a number from -{DEGREES[name]:g} to {DEGREES[name]:g}.")
    return value


def _contact(given: Mapping[str, str], command_id: str) -> ContactPerson | None:
    """Return whom to reach, under a pseudonym that is made of nothing about the person."""
    names = [given[name].strip() for name in ("first_name", "last_name") if name in given]
    mail = [f"<{given['email'].strip()}>"] if "email" in given else []
    phone = given.get("phone")
    if not (names or mail or phone):
        return None
    name = " ".join([*names, *mail]) or (phone or "")
    too_long = max(len(name), len(phone or "")) > PERSONAL_CHARACTERS_MAX
    if too_long:
        raise Open311Error(400, f"A contact has at most {PERSONAL_CHARACTERS_MAX} characters.")
    subject = f"open311-{sha256(command_id)[:DIGITS_KEPT]}"
    return ContactPerson(
        name=Personal(subject=subject, text=name),
        phone=None if phone is None else Personal(subject=subject, text=phone),
    )


def _wrong(error: ValidationError) -> list[str]:
    """Name every field that is wrong, as the form calls it, never what was given."""
    told = []
    for each in error.errors(include_url=False, include_input=False):
        place = str(each["loc"][0]) if each["loc"] else OCCURRED_AT
        told.append(f"{CALLED.get(place, f'attribute[{place}]')}: {each['msg']}.")
    return list(dict.fromkeys(told))
