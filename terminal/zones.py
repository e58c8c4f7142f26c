"""`closeout zones`: the handbooks, so that a newcomer finds what to type."""

from typing import Annotated

import typer

from terminal.session import Session


async def zones(
    session: Session,
    zone: Annotated[str | None, typer.Argument(metavar="ZONE", help="One zone, in full.")] = None,
) -> None:
    """List the zones; of one: its enterprises, categories, posts and people. Needs no stack."""
    from domain.errors import UnknownZoneError
    from handbooks import shelf
    from terminal.shown.handbook import zone_in_full, zone_list

    folder = session.settings.handbook_dir
    known = shelf.zones(folder)
    if zone is None:
        books = [shelf.read_terms(each, folder).handbook for each in known]
        plain = [
            {
                "zone": book.zone,
                "name": book.name,
                "revision": book.revision,
                "calendar": book.calendar,
                "tiers": len(book.tiers),
                "enterprises": len(book.enterprises),
                "categories": len(book.categories),
            }
            for book in books
        ]
        session.out.answer(plain, lambda: zone_list(books))
        return
    if zone not in known:
        raise UnknownZoneError(
            "No handbook is published for this zone.", field="zone", value=zone, allowed=known
        )
    terms = shelf.read_terms(zone, folder)
    book = terms.handbook
    session.out.answer(
        book.model_dump(mode="json", exclude={"clocks", "notices"}) | {"terms": terms.hash},
        lambda: zone_in_full(book),
    )
