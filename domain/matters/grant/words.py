"""The words of grants."""

from enum import StrEnum


class Keeps(StrEnum):
    """What is limited: goods in stock, permits with an end, places that people are in, or
    entitlements that are used up or run on."""

    STOCK = "stock"
    PERMITS = "permits"
    PLACES = "places"
    ENTITLEMENTS = "entitlements"


class StockLevel(StrEnum):
    """Whether there is enough of what is in stock."""

    HELD = "held"
    LOW = "low"
    EMPTY = "empty"


class Over(StrEnum):
    """How something that was held came to its end."""

    EXPIRED = "expired"
    REVOKED = "revoked"
    LEFT = "left"
    ENDED = "ended"
