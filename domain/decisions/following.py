"""Issues that come of others: what succeeds a closed one, what follows up a promise (R10.1, Q17).

The new issue is reported by an errand, under a key that its origin gives.
"""

import re

from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError
from domain.events_of_kin import SuccessorAsked
from domain.issue import Promise
from domain.kin import derived_key
from domain.people import ENGINE, Actor, Engine
from domain.phases import Outcome, ReopenMode

FOLLOWED_UP = "f"
SUCCEEDED = "s"
"""How the keys of such issues end, before their number."""
DERIVED = re.compile(rf"\.[{FOLLOWED_UP}{SUCCEEDED}][0-9]+$")


def follow_up(draft: Draft) -> None:
    """Ask for the issue that follows up what was promised, once its origin is closed out."""
    issue = draft.issue
    if not draft.handbook.sign_off.follow_up or issue.sign_off is None:
        return
    promise = issue.sign_off.resolution.follow_up
    if promise is None or issue.outcome not in (Outcome.CLOSED_OUT, Outcome.CLOSED_BY_REVIEW):
        return
    ask(draft, FOLLOWED_UP, promise.text, by=ENGINE, promise=promise)


def ask(draft: Draft, ending: str, text: str, *, by: Actor, promise: Promise | None = None) -> None:
    """Ask for an issue that comes of this one."""
    issue = draft.issue
    draft.record(
        SuccessorAsked(
            at=draft.at,
            by=by,
            successor=derived_key(issue.key, f"{ending}{issue.successors + 1}"),
            title=issue.title,
            text=text,
            promise=promise,
        )
    )


def require_own_key(draft: Draft) -> None:
    """Refuse a report under a key that an issue which comes of another may be given later."""
    rule = draft.handbook.sign_off
    succeeded = any(row.mode is ReopenMode.SUCCESSOR for row in rule.reopening)
    kept = rule.follow_up or succeeded
    if kept and not isinstance(draft.actor, Engine) and DERIVED.search(draft.key):
        raise InvalidRequestError(
            "Keys that end so are for issues that follow up or succeed another one.",
            field="key",
            value=draft.key,
            allowed=f"any other key than one that ends in .{FOLLOWED_UP}<n> or .{SUCCEEDED}<n>",
        )
