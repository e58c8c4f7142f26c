"""Who sits where when the other routes of the face are asked, and a face over terms of a test's."""

import builders as b
from desks import Counter, StandingClock
from faces import Face, face_of

from desk.shelf import Shelf
from domain.access import Principal, Standing
from domain.people import Officer
from domain.terms import Terms
from ledger.memory import MemoryLedger
from ledger.port import Ledger
from runtime.settings import Settings


def seated(name: str, officer: Officer) -> Principal:
    """Return a person who is signed in, by the name that tests ask as."""
    return Principal(id=f"user:{name}", name=name, person=officer.person)


SEATS = {
    "coordinator": seated("coordinator", b.COORDINATOR),
    "supervisor": seated("supervisor", b.SUPERVISOR),
    "section": seated("section", b.SECTION),
    "power": seated("power", b.POWER_SECTION),
    "director": seated("director", b.DIRECTOR),
    "neighbour": seated("neighbour", b.NEIGHBOUR),
    "bakery": Principal(
        id="user:bakery",
        name="bakery",
        person=b.OTHER_ENTERPRISE.person,
        enterprise=b.OTHER_ENTERPRISE.enterprise,
    ),
    "elsewhere": Principal(
        id="user:elsewhere", name="elsewhere", standings=(Standing.AUDITOR,), zones=("mountain",)
    ),
}
"""Beside those of `faces`: an auditor of another zone, the neighbours, the units."""


def face_over(
    terms: Terms = b.TERMS,
    ledger: Ledger | None = None,
    clock: StandingClock | None = None,
    *,
    settings: Settings | None = None,
) -> Face:
    """Return a face over a zone with these terms, in memory if no ledger is given."""
    counter = Counter(ledger or MemoryLedger(), clock or StandingClock(), terms=terms)
    face = face_of(counter, settings=settings)
    face.house.identity.people |= SEATS  # type: ignore[attr-defined]  # the identity of tests has them
    return face


def hand_over(face: Face, post: str, terms: Terms = b.TERMS) -> None:
    """Have somebody else hold a post from now on."""
    posts = [
        each.model_copy(update={"people": ("p.successor",)}) if each.id == post else each
        for each in terms.handbook.posts
    ]
    book = terms.handbook.model_copy(update={"posts": tuple(posts), "delegations": ()})
    changed = Terms.model_validate_json(
        terms.model_copy(update={"handbook": book}).model_dump_json()
    )
    face.counter.desk.shelf = Shelf(face.counter.ledger, {b.ZONE: changed})
