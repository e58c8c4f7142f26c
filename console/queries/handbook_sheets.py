"""A handbook as tables, part by part: every field of it is in one of them."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from console.queries.handbook_matters import matters
from console.queries.handbook_people import enterprises, people
from console.queries.handbook_rules import (
    categories,
    clocks,
    handling,
    notices,
    signing_off,
    supervision,
    teams,
)
from console.queries.handbook_sheet import Sheet
from console.queries.handbook_words import Speaker


def sheets_of(part: str, speaker: Speaker, local: datetime) -> tuple[Sheet, ...]:
    """Return the tables of a part that have something in them. `local` says who is in a post."""
    return tuple(each for each in PARTS[part](speaker, local) if each.rows)


PARTS: Final[Mapping[str, Callable[[Speaker, datetime], tuple[Sheet, ...]]]] = {
    "clocks": clocks,
    "categories": categories,
    "handling": handling,
    "teams": teams,
    "sign_off": signing_off,
    "supervision": supervision,
    "notices": notices,
    "matters": matters,
    "people": people,
    "enterprises": enterprises,
}
"""The parts of the page, in their order."""
