"""Inbox: what the visitor's posts, or their enterprise, were told; marked as read by themselves."""

from typing import Annotated, Final

from fastapi import Form, Query, Response
from pydantic import Field

from console.asked import address_of
from console.page import Menu, Page
from console.queries.inbox import SHOWN, open_all, told_to
from console.queries.naming import Naming
from console.routing import page_router
from console.visit import InZone
from domain.access import Act
from face.inboxes import CURSOR_CHARACTERS_MAX, InboxId, read_inbox_cursor

PAGE: Final = Page("inbox", "/inbox", frozenset({Act.READ_INBOX}), Menu.WORK, live=True)
pages: Final = (PAGE,)
router = page_router()

LEADS: Final = {"issue": "issues", "order": "supervision/orders"}
"""Where what a notice tells of is shown; an enterprise has pages of its own."""
OWN_LEADS: Final = {"issue": "mine"}

Cursor = Annotated[str, Field(min_length=1, max_length=CURSOR_CHARACTERS_MAX)]


@router.get("/{zone}/inbox")
async def inbox(
    visit: InZone,
    unread: Annotated[bool, Query()] = False,
    after: Annotated[Cursor | None, Query()] = None,
) -> Response:
    """Show what lies in the visitor's inboxes. Looking opens nothing."""
    visit.within(Act.READ_INBOX)
    lying = await told_to(
        visit.house.desk,
        visit.caller,
        visit.zone,
        visit.language,
        after=None if after is None else read_inbox_cursor(after),
        unread_only=unread,
    )
    here = PAGE.address(visit.zone)
    further = None if lying.next is None else _address(here, unread=unread, after=lying.next)
    data = {
        "lying": lying,
        "naming": Naming(visit.handbook),
        "unread": unread,
        "after": after,
        "address": here,
        "further": further,
        "leads": LEADS if visit.caller.enterprise is None else OWN_LEADS,
        "is_own_person": lambda addressee: addressee == f"person.{visit.caller.person}",
    }
    return visit.show(PAGE, data)


@router.post("/{zone}/inbox/read")
async def mark_read(
    visit: InZone,
    notice: Annotated[list[InboxId], Form(min_length=1, max_length=SHOWN)],
    unread: Annotated[bool, Form()] = False,
    after: Annotated[Cursor | None, Form()] = None,
) -> Response:
    """Record that the visitor opened these."""
    visit.within(Act.READ_INBOX)
    await open_all(visit.house.desk, visit.caller, visit.zone, notice)
    return visit.elsewhere(_address(PAGE.address(visit.zone), unread=unread, after=after))


def _address(here: str, *, unread: bool, after: str | None) -> str:
    return address_of(here, {"unread": unread, "after": after})
