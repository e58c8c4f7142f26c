"""The history of exclusions from figures: what each event is called and says in one line."""

from typing import assert_never

from audit.phrases import short
from domain import events_of_exclusions as ex
from domain.model import Name

TITLES: dict[str, Name] = {
    "exclusion_asked": Name(zh="申请剔除", en="exclusion from figures asked"),
    "exclusion_reviewed": Name(zh="剔除审核", en="exclusion reviewed"),
    "exclusion_lifted": Name(zh="撤销剔除", en="exclusion lifted"),
}


def exclusion_line(event: ex.ExclusionEvent) -> str:
    """Return what such an event says in one line."""
    match event:
        case ex.ExclusionAsked():
            of = ", ".join(event.figures) or "all figures"
            shown = f"{short(event.reason)} [{len(event.evidence)} evidence]"
            return f"number {event.exclusion}, {event.code}, of {of}: {shown}"
        case ex.ExclusionReviewed():
            said = "accepted" if event.accepted else "refused"
            return f"number {event.exclusion}, {said}: {short(event.reason)}"
        case ex.ExclusionLifted():
            return f"number {event.exclusion}: {short(event.reason)}"
        case _:
            assert_never(event)
