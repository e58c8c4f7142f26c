"""`closeout handbook check`: whether handbooks may be put in force, before anybody does."""

from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import Session

if TYPE_CHECKING:
    from handbooks.faults import Fault
    from terminal.shown.handbook_check import Proved

UNSOUND = 3
"""The exit code where a handbook breaks a rule."""


async def handbook_check(
    session: Session,
    zone: Annotated[
        str | None, typer.Argument(metavar="ZONE", help="One zone.", show_default="all")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every zone on the shelf.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="The shelf: a folder with a folder for each zone.",
            exists=True,
            file_okay=False,
            show_default="the handbooks in force",
        ),
    ] = None,
) -> int:
    """Name every broken rule of a handbook, its clocks and its calendars. Needs no stack.

    Each with file, key, rule and a counter-example; of a sound one, what was proved and by how much
    searching. Exit code 3 if a rule is broken.
    """
    from domain.calendar import CalendarError
    from domain.proof import proved
    from handbooks import shelf
    from handbooks.faults import Fault
    from terminal.shown.handbook_check import Proved, checked

    if zone is not None and every:
        raise typer.BadParameter("name a zone, or --all", param_hint="--all")
    place = folder or session.settings.handbook_dir
    named = shelf.zones(place) if zone is None else [zone]
    if not named:
        raise typer.BadParameter(f"{place} has no zone's handbook", param_hint="--folder")
    sound: dict[str, Proved] = {}
    found: dict[str, tuple[Fault, ...]] = {}
    for each in named:
        begun = perf_counter()
        try:
            terms = shelf.read_terms(each, place, proved=frozenset())
            sound[each] = Proved(terms, proved(terms), perf_counter() - begun)
            found[each] = ()
        except shelf.HandbookError as error:
            found[each] = error.faults
        except (CalendarError, OSError) as error:
            found[each] = (Fault(file=each, problem=f"cannot be judged: {error}"),)
    plain = {
        "sound": len(sound) == len(found),
        "problems": [
            {"zone": each, **_plain(fault)} for each, faults in found.items() for fault in faults
        ],
        "handbooks": [_about(each) for each in sound.values()],
    }
    session.out.answer(plain, lambda: checked(found, sound))
    return 0 if len(sound) == len(found) else UNSOUND


def _plain(fault: "Fault") -> dict[str, object]:
    told = asdict(fault)
    return {
        "file": told.pop("file"),
        "key": told.pop("field"),
        "message": told.pop("problem"),
    } | told


def _about(found: "Proved") -> dict[str, object]:
    terms, proof, book = found.terms, found.proof, found.terms.handbook
    return {
        "zone": book.zone,
        "revision": book.revision,
        "terms": terms.hash,
        "clocks": [rule.id for rule in book.clocks],
        "procedures": [rule.id for rule in book.matter_procedures],
        "calendars": sorted(terms.calendars_by_id),
        "proved": proof.model_dump(mode="json", exclude={"problems"})
        | {"seconds": round(found.seconds, 3)},
    }
