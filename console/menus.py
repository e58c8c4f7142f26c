"""The menu: the pages that a visitor may open in a zone, in groups."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.page import Menu, Page

if TYPE_CHECKING:
    from console.visit import ZoneVisit


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the menu."""

    page: Page
    address: str
    is_here: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Some lines under one heading."""

    menu: Menu
    entries: tuple[Entry, ...]


def menu_of(visit: "ZoneVisit", here: Page | None) -> list[Group]:
    """Return what a visitor may open; what they may not is not shown."""
    from console.registry import PAGES

    found = []
    for menu in Menu:
        entries = tuple(
            Entry(page, page.address(visit.zone), here is not None and page.name == here.name)
            for page in PAGES
            if page.menu is menu and visit.opens(page)
        )
        if entries:
            found.append(Group(menu, entries))
    return found
