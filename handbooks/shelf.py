"""The handbooks on the shelf: a zone's TOML files read into the domain's form, and judged."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from functools import cache
from pathlib import Path
from typing import Any

from domain.calendar import WorkingCalendar
from domain.calendar_check import calendar_problems
from domain.handbook import Handbook
from domain.problem import Problem
from domain.proof import proof_problems
from domain.soundness import problems
from domain.terms import CALENDARS_MAX, Terms
from handbooks.calendars import calendar_ids, read_calendar
from handbooks.calendars.files import read_calendar_file
from handbooks.calendars.problems import CalendarFileError
from handbooks.faults import Fault, HandbookError
from handbooks.laying import ORGANISATION, Draft
from handbooks.operator_files import FileReadError, read_bytes, toml_of

__all__ = [
    "ORGANISATION",
    "SHIPPED",
    "Fault",
    "HandbookError",
    "judged",
    "proved_before",
    "read_handbook",
    "read_terms",
    "zones",
]

SHIPPED = Path(__file__).parent
SHARED = ("defaults.toml", "categories.toml")
"""What all zones begin with. A shelf without one of these takes the shipped one."""
CALENDARS = "calendars"
"""The folder of a zone's own calendars, `ID.toml` or `ID.json`; they win over shipped ones."""
FORMS = (".toml", ".json")
PROVED = "proved.txt"


def zones(folder: Path | None = None) -> list[str]:
    """Return the zones that have a handbook on the shelf, in order."""
    return sorted(file.parent.name for file in (folder or SHIPPED).glob(f"*/{ORGANISATION}"))


def judged(of: Terms | Handbook) -> tuple[Problem, ...]:
    """Return every rule that a handbook breaks: what a check names and a publication refuses.

    The whole is proved once each clock is sound by itself: the sum of unsound ones says nothing.
    """
    found = problems(of)
    return found if found or not isinstance(of, Terms) else proof_problems(of)


def read_terms(
    zone: str,
    folder: Path | None = None,
    known: Mapping[str, WorkingCalendar] | None = None,
    *,
    proved: AbstractSet[str] | None = None,
) -> Terms:
    """Return a zone's handbook with every calendar that it counts by; raises HandbookError.

    A handbook that breaks a rule is refused whole: nothing of it comes into force. `known` are
    calendars that are published; they win over shipped ones, and a zone's own over both. Terms
    whose hash is among `proved`, by default the shipped ones, were proved before and are not proved
    again: a hash names all that a proof looks at.
    """
    shelf = folder or SHIPPED
    draft = _laid(zone, shelf)
    handbook = draft.handbook()
    published = known or {}
    calendars, faults = _calendars(zone, shelf, handbook, draft, published)
    if faults:
        raise HandbookError(*faults, *_clock_faults(handbook, draft))
    terms = Terms(
        handbook=handbook,
        calendar=calendars[handbook.calendar],
        calendars=tuple(
            calendar for id_, calendar in sorted(calendars.items()) if id_ != handbook.calendar
        ),
    )
    shipped = {id_: each for id_, each in calendars.items() if each is not published.get(id_)}
    if terms.hash in (proved_before() if proved is None else proved):
        return terms
    faults = [*_calendar_faults(zone, shelf, shipped), *_clock_faults(terms, draft)]
    if faults:
        raise HandbookError(*faults)
    return terms


@cache
def proved_before() -> frozenset[str]:
    """Return the hashes of the shipped terms. A test proves each of them, and that the list is
    whole, so that no process has to prove them again as it starts."""
    return frozenset((SHIPPED / PROVED).read_text(encoding="utf-8").split())


def read_handbook(zone: str, folder: Path | None = None) -> Handbook:
    """Return a zone's handbook: the shared files, with the zone's own fields laid over them.

    Whether its clocks are sound is not asked. Raises HandbookError.
    """
    return _laid(zone, folder or SHIPPED).handbook()


def _laid(zone: str, shelf: Path) -> Draft:
    if zone not in zones(shelf):
        raise HandbookError(
            Fault(
                file=f"{zone}/{ORGANISATION}",
                field="zone",
                value=zone,
                problem="no handbook on the shelf",
                allowed=tuple(zones(shelf)),
            )
        )
    draft = Draft(zone)
    for name in SHARED:
        file = shelf / name
        _lay(draft, file if file.exists() else SHIPPED / name, name, shared=True)
    for file in sorted((shelf / zone).glob("*.toml")):
        _lay(draft, file, f"{zone}/{file.name}", shared=False)
    return draft


def _lay(draft: Draft, file: Path, name: str, *, shared: bool) -> None:
    try:
        data: dict[str, Any] = toml_of(read_bytes(file))
    except FileReadError as error:
        line = None if error.line is None else f"line {error.line}"
        draft.faults.append(Fault(file=name, field=line, problem=str(error)))
        return
    draft.lay(name, data, shared=shared)


def _calendars(
    zone: str,
    shelf: Path,
    handbook: Handbook,
    draft: Draft,
    published: Mapping[str, WorkingCalendar],
) -> tuple[dict[str, WorkingCalendar], list[Fault]]:
    """Return the calendars that a handbook names, and why any of them is not at hand."""
    named = {handbook.calendar: "calendar"}
    for rule in handbook.clocks:
        if rule.calendar is not None:
            named.setdefault(rule.calendar, f"clocks.{rule.id}.calendar")
    found: dict[str, WorkingCalendar] = {}
    faults: list[Fault] = []
    own = _own_calendars(zone, shelf)
    for id_, key in named.items():
        if id_ in own:
            calendar, wrong = _read_own(own[id_], id_, zone)
            faults += wrong
            if calendar is not None:
                found[id_] = calendar
        elif id_ in published:
            found[id_] = published[id_]
        elif id_ in calendar_ids():
            found[id_] = read_calendar(id_)
        else:
            faults.append(
                Fault(
                    file=draft.file_of(key),
                    field=key,
                    value=id_,
                    problem=f"no such calendar is shipped{' or published' if published else ''}, "
                    f"and none is in {zone}/{CALENDARS}",
                    rule="R2.2",
                    counter_example="a budget of such a clock counts nothing and is never due",
                    allowed=tuple(sorted({*calendar_ids(), *published, *own})),
                )
            )
    if len(named) - 1 > CALENDARS_MAX:
        faults.append(
            Fault(
                file=f"{zone}/{ORGANISATION}",
                field="clocks",
                problem=f"{len(named)} calendars are named; allowed are {CALENDARS_MAX + 1}",
            )
        )
    return found, faults


def _own_calendars(zone: str, shelf: Path) -> dict[str, Path]:
    folder = shelf / zone / CALENDARS
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {file.stem: file for file in files if file.suffix in FORMS}


def _read_own(path: Path, id_: str, zone: str) -> tuple[WorkingCalendar | None, list[Fault]]:
    name = f"{zone}/{CALENDARS}/{path.name}"
    try:
        calendar = read_calendar_file(path)
    except CalendarFileError as error:
        return None, [
            Fault(
                file=name,
                field=each.key,
                problem=each.message,
                rule=each.rule,
                counter_example=each.counter_example,
                allowed=each.allowed,
            )
            for each in error.problems
        ]
    if calendar.id != id_:
        problem = "a calendar's file has the calendar's id for its name"
        return None, [
            Fault(file=name, field="id", value=calendar.id, problem=problem, allowed=(id_,))
        ]
    return calendar, []


def _calendar_faults(
    zone: str, shelf: Path, calendars: dict[str, WorkingCalendar]
) -> Iterator[Fault]:
    """Judge the shipped calendars; a zone's own were judged as they were read."""
    own = _own_calendars(zone, shelf)
    for id_, calendar in calendars.items():
        for each in () if id_ in own else calendar_problems(calendar):
            yield Fault(
                file=f"{CALENDARS}/{id_}.toml",
                field=each.key,
                problem=each.message,
                rule=each.rule,
                counter_example=each.counter_example,
            )


def _clock_faults(of: Terms | Handbook, draft: Draft) -> Iterator[Fault]:
    for each in judged(of):
        yield Fault(
            file=draft.file_of(each.key),
            field=draft.key_of(each.key),
            problem=each.message,
            rule=each.rule,
            counter_example=each.counter_example,
        )
