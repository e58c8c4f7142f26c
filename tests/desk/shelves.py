"""Handbooks to publish: the zone's in a later revision, with other people, and another zone."""

from datetime import date
from typing import Any

import builders as b
from adoptions import ENDS_2026, Office, calendar
from builders_sound import SOUND

from desk.handbooks import Foreseen, HandbookPublishing
from desk.shelf import assembled
from domain.calendar import WorkingCalendar
from domain.people import Officer
from domain.terms import Terms
from ledger.publications import HandbookPublicationRow

REASON = "轮岗 rotation of posts"
NEWCOMER = Officer(person="grid-east-1.new", post="grid-east-1")
"""Who holds the first-tier post by the revised handbook."""
ISLAND = "island"


def revised(revision: int = 2, **changes: Any) -> Terms:
    """Return the zone's terms in a later revision, whole fields replaced."""
    return Terms(
        handbook=b.handbook(**SOUND | {"revision": revision} | changes), calendar=ENDS_2026
    )


def posts(**people: list[str]) -> list[dict[str, Any]]:
    """Return the zone's posts, some with other people; `_` stands for `-` in a post's id."""
    named = {id_.replace("_", "-"): persons for id_, persons in people.items()}
    return [
        post | ({"people": named[post["id"]]} if post["id"] in named else {})
        for post in b.HANDBOOK_DATA["posts"]
    ]


REPLACED = revised(posts=posts(grid_east_1=[NEWCOMER.person]))
"""One person of the first tier is replaced."""


def island(revision: int = 1, named: WorkingCalendar = ENDS_2026) -> Terms:
    """Return the terms of a zone that nobody shipped."""
    data = b.HANDBOOK_DATA
    places = [
        post | ({"covers": ISLAND} if post["covers"] == b.ZONE else {}) for post in data["posts"]
    ]
    handbook = b.handbook(**SOUND, zone=ISLAND, revision=revision, posts=places, calendar=named.id)
    return assembled(handbook, {named.id: named})


TIDES = calendar(2027, date(2026, 3, 3), id="tides")
"""A calendar of the island's own."""


async def publish(
    office: Office,
    terms: Terms,
    *,
    author: Officer = b.COORDINATOR,
    approver: Officer = b.DIRECTOR,
    reason: str = REASON,
) -> tuple[HandbookPublicationRow, Foreseen]:
    """Publish a handbook at an office."""
    return await HandbookPublishing(office.desk).publish(
        terms, author=author, approver=approver, reason=reason
    )


async def hash_in_force(office: Office, zone: str = b.ZONE) -> str:
    """Return the handbook that new issues of a zone are judged by."""
    return (await office.desk.shelf.current(zone, office.clock.at)).handbook.hash
