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
    figure_stating,
    figures,
    handbook,
    handbook_backtest,
    handbook_proposals,
    home,
    inbox,
    issue,
    issue_acting,
    ledger_page,
    matters,
    matters_acting,
    matters_one,
    mine,
    people,
    report,
    report_file,
    report_making,
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
    matters,
    matters_one,
    matters_acting,
    enterprises,
    territory,
    people,
    report,
    handbook,
    handbook_backtest,
    handbook_proposals,
    calendars,
    ledger_page,
    report_file,
    report_making,
    reports,
    figures,
    figure_stating,
    audit,
)
"""Every module that has routes."""

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(each.router for each in MODULES)
PAGES: Final[tuple[Page, ...]] = tuple(
    page for each in MODULES for page in getattr(each, "pages", ())
)
