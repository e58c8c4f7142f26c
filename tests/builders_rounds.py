"""The small zone with questions that several decide.

The board is the director's post (two people), supervision and coordination, in that order; two of
them approve, within a working day. Nobody wants to settle but the chancery.
"""

from typing import Any

import builders as b
from builders_ladder import LADDER_DATA, ladder_terms
from builders_zone import CLOSED, MON_9, MON_10

from domain.commands_of_rounds import SettleRound, Vote
from domain.people import Officer
from domain.phases import Choice
from domain.terms import Terms

DIRECTOR, VICE, SUPERVISOR, COORDINATOR = b.DIRECTOR, b.VICE_DIRECTOR, b.SUPERVISOR, b.COORDINATOR
BOARD = [{"post": "director"}, {"role": "supervisor"}, {"role": "coordinator"}]
VERIFIERS = {"electors": [{"post": "director"}, {"tier": 2}], "fallback": "director"}
"""Who may verify what the first tier proposed, and so vote on it."""

TWO = {"needs": "at_least", "n": 2}
BALLOT: dict[str, Any] = {
    "id": "ballot",
    "name": {"zh": "表决", "en": "ballot"},
    "start": [{"events": ["round_opened"]}],
    "stop": [{"events": ["round_closed"]}],
    "cancel": CLOSED,
    "budgets": [{"duration": {"kind": "working_days", "days": 1, "due": "same_time"}}],
    "rungs": [
        {"id": "half", "percent": 50, "effect": "remind"},
        {"id": "due", "percent": 100, "effect": "expire"},
    ],
}
CHANCERY = Officer(person="chancery-desk.a", post="chancery-desk")
VOTED_FOR = {
    "id": "votes",
    "post": "supervision",
    "principal": "supervision.a",
    "deputy": "head-west.a",
    "from_on": "2026-03-01",
    "to_on": "2026-03-31",
}
STAND_IN = Officer(person="head-west.a", post="supervision", on_behalf_of="supervision.a")
"""Stands in for the supervisor, all of March."""

AREAS_DEPUTY = Officer(person="coordination.d", post="head-east", on_behalf_of="head-east.a")
"""Stands in for a head of the second tier, all of March."""


def rule(subject: str, **changes: Any) -> dict[str, Any]:
    """Return how the board decides `subject`; `changes` replace fields."""
    fields = {
        "id": f"on-{subject}",
        "subject": subject,
        "electors": BOARD,
        "passes": TWO,
        "clock": "ballot",
        "fallback": "chancery-desk",
    }
    return fields | (VERIFIERS if subject == "verification" else {}) | changes


def round_terms(*rules: dict[str, Any], **changes: Any) -> Terms:
    """Return the zone's terms where these rules have several decide."""
    data = {
        "rounds": rules,
        "clocks": [*LADDER_DATA["clocks"], BALLOT],
        "delegations": [*LADDER_DATA["delegations"], VOTED_FOR],
    }
    return ladder_terms(**(data | changes))


def vote(choice: str, round_: int = 1, reason: str | None = None) -> Vote:
    """Return a vote."""
    return Vote(round=round_, choice=Choice(choice), reason=reason)


APPROVE, REJECT, ABSTAIN, RECUSE = (vote(each) for each in Choice)
SETTLE = SettleRound(round=1, approve=True, reason="The others are party to it.")
SETTLE_NOT = SettleRound(round=1, approve=False, reason="There is time enough.")

EXTENSION = round_terms(rule("extension"))
CHANNEL = round_terms(rule("green_channel"))
VERIFYING = round_terms(rule("verification"))
REVIEWING = round_terms(
    rule("closing_review"), sign_off={"rejections_max": 1, "rejected": ["same_unit"]}
)
ASKED = (*b.IN_HANDLING, b.Step(b.OFFICER, b.ASK_EXTENSION, MON_9))
ANSWERED = (*b.IN_SIGN_OFF, b.Step(b.ENTERPRISE, b.CONFIRM, MON_9))
REFUSED = (*b.IN_SIGN_OFF, b.Step(b.ENTERPRISE, b.REJECT, MON_9))


def asked(*steps: b.Step, terms: Terms = EXTENSION) -> Any:
    """Return an issue on whose extension the board votes, after `steps`."""
    return b.given(*ASKED, *steps, terms=terms)


def by(actor: Officer, command: Vote | SettleRound, at: Any = MON_10) -> b.Step:
    """Return a step of the voting."""
    return b.Step(actor, command, at)


FOR = (by(DIRECTOR, APPROVE), by(SUPERVISOR, APPROVE))
FOR_STRIKING_OFF = (by(DIRECTOR, APPROVE), by(b.HEAD, APPROVE))
NOT = (by(DIRECTOR, REJECT), by(SUPERVISOR, REJECT), by(COORDINATOR, REJECT))


def played(issue: Any, *steps: b.Step, terms: Terms = EXTENSION) -> Any:
    """Play acts on an issue and return the last decision."""
    decision = None
    for step in steps:
        decision = b.when(issue, step.command, step.actor, step.at, terms=terms)
        issue = decision.issue
    return decision
