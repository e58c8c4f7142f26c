"""Every page of the console, in the order of the menu."""

from typing import Final

from fastapi import APIRouter

from console.page import Page
from console.pages import (
    answer,
    audit,
    board,
    calendars,
    enterprises,
    figures,
    handbook,
    home,
    inbox,
    issue,
    issue_acting,
    ledger_page,
    mine,
    people,
    report,
    report_file,
    reports,
    sign_in,
    sign_in_elsewhere,
    supervision,
    supervision_side,
    territory,
    today,
)

MODULES: Final = (
    sign_in,
    sign_in_elsewhere,
    answer,
    home,
    mine,
    today,
    board,
    inbox,
    issue,
    issue_acting,
    supervision,
    supervision_side,
    enterprises,
    territory,
    people,
    report,
    handbook,
    calendars,
    ledger_page,
    report_file,
    reports,
    figures,
    audit,
)
"""Every module that has routes."""

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(each.router for each in MODULES)
PAGES: Final[tuple[Page, ...]] = tuple(
    page for each in MODULES for page in getattr(each, "pages", ())
)
