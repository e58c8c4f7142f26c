"""What every route of the console asks of whoever opens it, and what its forms are sent with: the
one table that the matrix of access is made from, so that no route can be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from domain.access import Act

Z: Final = "/{zone}"


@dataclass(frozen=True, slots=True)
class Asks:
    """What a route asks: all of these acts. `about`: of what only those learn who see it."""

    acts: tuple[Act, ...]
    about: str | None = None
    of_enterprises: bool = False


@dataclass(frozen=True, slots=True)
class Free:
    """A route that asks no act, and why."""

    why: str
    signed_in: bool = False


def asks(*acts: Act, about: str | None = None, of_enterprises: bool = False) -> Asks:
    """Return what a route asks."""
    return Asks(acts, about, of_enterprises)


LETS_IN: Final = Free("lets people in, or shows their browser a language and a look")
LINK: Final = Free("the token of the link is the permission")

ASKED: Final[Mapping[tuple[str, str], Asks | Free]] = {
    ("GET", "/sign-in"): LETS_IN,
    ("POST", "/sign-in"): LETS_IN,
    ("POST", "/sign-out"): LETS_IN,
    ("POST", "/language"): LETS_IN,
    ("POST", "/theme"): LETS_IN,
    ("GET", "/sign-in/provider"): LETS_IN,
    ("GET", "/sign-in/back"): LETS_IN,
    ("GET", "/answer"): LINK,
    ("POST", "/answer"): LINK,
    ("POST", "/answer/said"): LINK,
    ("GET", ""): Free("tells callers which zones are theirs", signed_in=True),
    ("GET", Z): Free("sends callers to their first page", signed_in=True),
    ("GET", f"{Z}/news"): asks(Act.FOLLOW),
    ("GET", f"{Z}/issues/{{key}}/answer-link"): asks(Act.COMMAND, about="issue"),
    ("POST", f"{Z}/issues/{{key}}/answer-link"): asks(Act.COMMAND, about="issue"),
    ("GET", f"{Z}/mine"): asks(Act.READ_ISSUES, of_enterprises=True),
    ("GET", f"{Z}/mine/{{key}}"): asks(Act.READ_ISSUES, about="issue", of_enterprises=True),
    ("POST", f"{Z}/mine/{{key}}"): asks(Act.COMMAND, about="issue", of_enterprises=True),
    ("GET", f"{Z}/today"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/board"): asks(Act.READ_BOARD),
    ("POST", f"{Z}/board/views"): asks(Act.READ_BOARD),
    ("POST", f"{Z}/board/views/forget"): asks(Act.READ_BOARD),
    ("POST", f"{Z}/board/remind"): asks(Act.COMMAND),
    ("GET", f"{Z}/inbox"): asks(Act.READ_INBOX),
    ("POST", f"{Z}/inbox/read"): asks(Act.READ_INBOX),
    ("GET", f"{Z}/issues/{{key}}"): asks(Act.READ_ISSUES, about="issue"),
    ("GET", f"{Z}/issues/{{key}}/facts"): asks(Act.READ_ISSUES, about="issue"),
    ("GET", f"{Z}/issues/{{key}}/moved"): asks(Act.READ_ISSUES, about="issue"),
    ("POST", f"{Z}/issues/{{key}}/personal"): asks(Act.READ_PERSONAL, about="issue"),
    ("GET", f"{Z}/issues/{{key}}/do/{{kind}}"): asks(Act.COMMAND, about="issue"),
    ("POST", f"{Z}/issues/{{key}}/do/{{kind}}"): asks(Act.COMMAND, about="issue"),
    ("GET", f"{Z}/supervision"): asks(Act.READ_ORDERS),
    ("GET", f"{Z}/supervision/new-order"): asks(Act.GIVE_ORDERS),
    ("POST", f"{Z}/supervision/orders"): asks(Act.GIVE_ORDERS),
    ("GET", f"{Z}/supervision/orders/{{key}}"): asks(Act.READ_ORDERS, about="order"),
    ("POST", f"{Z}/supervision/orders/{{key}}"): asks(
        Act.GIVE_ORDERS, Act.READ_ORDERS, about="order"
    ),
    ("GET", f"{Z}/supervision/warnings"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/supervision/parked"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/supervision/callbacks"): asks(Act.READ_CALLBACKS),
    ("POST", f"{Z}/supervision/callbacks"): asks(Act.DRAW_CALLBACKS),
    ("GET", f"{Z}/supervision/callbacks/{{draw}}"): asks(Act.READ_CALLBACKS),
    ("POST", f"{Z}/supervision/callbacks/{{draw}}"): asks(Act.READ_CALLBACKS),
    ("GET", f"{Z}/matters"): asks(Act.READ_ISSUES),
    ("GET", f"{Z}/matters/{{procedure}}"): asks(Act.READ_ISSUES),
    ("GET", f"{Z}/matters/{{procedure}}/{{key}}"): asks(Act.READ_ISSUES, about="matter"),
    ("GET", f"{Z}/matters/{{procedure}}/{{key}}/do/{{kind}}"): asks(
        Act.COMMAND, Act.READ_ISSUES, about="matter"
    ),
    ("POST", f"{Z}/matters/{{procedure}}/{{key}}/do/{{kind}}"): asks(
        Act.COMMAND, Act.READ_ISSUES, about="matter"
    ),
    ("GET", f"{Z}/matter-new/{{procedure}}"): asks(Act.COMMAND),
    ("POST", f"{Z}/matter-new/{{procedure}}"): asks(Act.COMMAND),
    ("GET", f"{Z}/enterprises"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/enterprises/{{id}}"): asks(Act.READ_ISSUES, Act.READ_BOARD),
    ("GET", f"{Z}/territory"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/territory/grids/{{id}}"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/contact-board/{{id}}"): asks(Act.READ_CONTACT_BOARD),
    ("GET", f"{Z}/people"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/report"): asks(Act.REPORT),
    ("POST", f"{Z}/report"): asks(Act.REPORT, about="enterprise"),
    ("GET", f"{Z}/handbook"): asks(Act.READ_RULES),
    ("GET", f"{Z}/handbook/differences"): asks(Act.READ_RULES),
    ("GET", f"{Z}/handbook/proof"): asks(Act.CHECK_RULES),
    ("POST", f"{Z}/handbook/proof"): asks(Act.CHECK_RULES),
    ("GET", f"{Z}/handbook/backtest"): asks(Act.READ_FIGURES),
    ("POST", f"{Z}/handbook/backtest"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/calendars"): asks(Act.READ_RULES),
    ("GET", f"{Z}/reports/ledger"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/reports/ledger/file"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/reports/{{number}}/file"): asks(Act.READ_FIGURES),
    ("POST", f"{Z}/reports/make"): asks(Act.MAKE_REPORTS),
    ("GET", f"{Z}/reports/{{number}}/versions"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/reports/{{number}}/correction"): asks(Act.MAKE_REPORTS),
    ("POST", f"{Z}/reports/{{number}}/correction"): asks(Act.MAKE_REPORTS),
    ("GET", f"{Z}/figures/publish"): asks(Act.PUBLISH_FIGURES),
    ("POST", f"{Z}/figures/publish"): asks(Act.PUBLISH_FIGURES),
    ("GET", f"{Z}/figures/published/{{sequence}}/restate"): asks(Act.PUBLISH_FIGURES),
    ("POST", f"{Z}/figures/published/{{sequence}}/restate"): asks(Act.PUBLISH_FIGURES),
    ("GET", f"{Z}/handbook/proposals"): asks(Act.PUBLISH_RULES),
    ("POST", f"{Z}/handbook/proposals"): asks(Act.PUBLISH_RULES),
    ("GET", f"{Z}/handbook/proposals/{{id}}"): asks(Act.PUBLISH_RULES),
    ("POST", f"{Z}/handbook/proposals/{{id}}"): asks(Act.PUBLISH_RULES),
    ("GET", f"{Z}/reports"): asks(Act.READ_BOARD),
    ("POST", f"{Z}/reports/attest"): asks(Act.READ_BOARD),
    ("GET", f"{Z}/reports/{{number}}"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/figures"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/figures/of/{{name}}"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/figures/published"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/figures/published/{{sequence}}"): asks(Act.READ_FIGURES),
    ("POST", f"{Z}/figures/published/{{sequence}}"): asks(Act.READ_FIGURES),
    ("GET", f"{Z}/audit"): asks(Act.READ_VERIFICATION),
    ("GET", f"{Z}/audit/export"): asks(Act.EXPORT),
    ("GET", f"{Z}/audit/log"): asks(Act.READ_VERIFICATION),
    ("GET", f"{Z}/audit/reads"): asks(Act.READ_REFUSALS),
    ("GET", f"{Z}/audit/refusals"): asks(Act.READ_REFUSALS),
    ("GET", f"{Z}/audit/issue"): asks(Act.READ_VERIFICATION),
    ("POST", f"{Z}/audit/issue"): asks(Act.READ_VERIFICATION),
}
"""Every route of the console, and what it asks of whoever opens it."""

SHOWS_NO_DATA: Final = frozenset(
    {
        "",
        Z,
        f"{Z}/handbook/proof",
        f"{Z}/handbook/backtest",
        f"{Z}/audit/issue",
        f"{Z}/audit/refusals",
        f"{Z}/audit/export",
    }
)
"""Pages of which nothing is on record: an empty form, or the way to another page."""

FORMS: Final[Mapping[str, Mapping[str, Any]]] = {
    "/issues/{key}/answer-link": {"command_id": "link-1", "person": "mill.a"},
    "/mine/{key}": {
        "command": "note",
        "command_id": "note-{n}",
        "expected_version": 1,
        "text": "Seen.",
    },
    "/board/views": {"name": "all", "query": "by=tier"},
    "/board/views/forget": {"name": "all"},
    "/board/remind": {"form": "0" * 32, "text": "Please.", "issue": "{key}"},
    "/inbox/read": {"notice": "abc"},
    "/issues/{key}/personal": {},
    "/issues/{key}/do/{kind}": {"id": "do-{n}", "expected_version": 1, "text": "Seen."},
    "/supervision/orders": {
        "id": "order-{n}",
        "key": "order-{n}",
        "unit": "roads",
        "instrument": "reminder",
        "issues": "no-such-issue",
        "question": "Why?",
    },
    "/supervision/orders/{key}": {"id": "act-{n}", "expected_version": 1, "kind": "lift_order"},
    "/supervision/callbacks": {"id": "draw-{n}", "from_on": "2026-01-01", "to_on": "2026-01-31"},
    "/supervision/callbacks/{draw}": {},
    "/matters/{procedure}/{key}/do/{kind}": {
        "id": "matter-{n}",
        "expected_version": 1,
        "text": "Seen.",
    },
    "/matter-new/{procedure}": {"id": "new-{n}", "key": "new-{n}", "title": "A new one"},
    "/report": {
        "command_id": "report-{n}",
        "enterprise": "{enterprise}",
        "category": "road-access",
        "title": "The gate",
        "text": "It is blocked.",
    },
    "/handbook/proof": {},
    "/handbook/backtest": {"version": "in-force"},
    "/handbook/proposals": {"text": "revision = 2", "reason": "Posts change."},
    "/handbook/proposals/{id}": {"handbook": "0" * 64, "confirmed": "true"},
    "/reports/make": {"kind": "daily", "to_on": "2026-03-02"},
    "/reports/{number}/correction": {"expected_version": "1", "reason": "It was wrong."},
    "/figures/publish": {
        "definition": "standing",
        "from_on": "2026-01-01",
        "last_on": "2026-01-31",
        "reason": "The month is over.",
        "confirmed": "true",
    },
    "/figures/published/{sequence}/restate": {"reason": "It was wrong."},
    "/reports/attest": {"day": "2026-03-02", "nothing_found": "true"},
    "/figures/published/{sequence}": {},
    "/audit/issue": {"key": "{key}"},
}
QUERIES: Final[Mapping[str, str]] = {
    "/issues/{key}/facts": "?before=1",
    "/issues/{key}/moved": "?version=1",
    "/audit/export": "?form=csv",
    "/reports/ledger/file": "?form=xlsx",
    "/reports/{number}/file": "?form=xlsx",
}
