"""The words that matters of every aggregate share."""

from enum import StrEnum


class Aggregate(StrEnum):
    """What a procedure keeps, and so what may happen to its matters."""

    CAMPAIGN = "campaign"
    PIPELINE = "pipeline"
    MATCH = "match"
    REGISTER = "register"
    GRANT = "grant"


class MatterStanding(StrEnum):
    """Whether anything more may happen to a matter."""

    OPEN = "open"
    CLOSED = "closed"


class Tying(StrEnum):
    """How a matter and an issue hang together."""

    ABOUT = "about"
    OPENED = "opened"
    ANSWERS = "answers"


class Precision(StrEnum):
    """How exactly a number was stated: as it stands, more than it, less than it, or about it."""

    EXACT = "exact"
    OVER = "over"
    UNDER = "under"
    ABOUT = "about"


class ValueKind(StrEnum):
    """What kind of value a field holds."""

    COUNT = "count"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    RATIO = "ratio"
    DAY = "day"
    CHOICE = "choice"
    WORDS = "words"
    FLAG = "flag"
