"""The fixed words of a supervision order's life."""

from enum import StrEnum


class OrderStanding(StrEnum):
    """Where an order stands. Open: the unit owes a reply; answered: the issuer's side a verdict."""

    OPEN = "open"
    ANSWERED = "answered"
    SETTLED = "settled"
    LIFTED = "lifted"


class ReplyVerdict(StrEnum):
    """What the issuer's side said to a reply."""

    ACCEPTED = "accepted"
    REFUSED = "refused"


class Ruling(StrEnum):
    """What becomes of a fact that was appealed."""

    UPHOLD = "uphold"
    ANNUL = "annul"
