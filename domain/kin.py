"""How issues stand to each other: typed links, each known in both streams (R10.2)."""

import hashlib
from typing import Annotated, Literal

from pydantic import Field

from domain.model import Code, Frozen, Key, Text, is_none, is_unset
from domain.phases import LinkType, Outcome, SignOffOutcome

TIES_MAX = 500
TIES_ASKED_MAX = 450
"""How many links people may make of one issue, at either end: the rest is for what closeout itself
links, and for what is still on its way."""
PARTED_MAX = 100
"""Of how many links of others that are no more an issue knows; the oldest are forgotten."""
LINEAGE_MAX = 64
"""How far up a chain of links is followed; a longer one is refused."""
KEY_CHARACTERS_KEPT = 40


class Tie(Frozen):
    """A link as one of its two issues knows it. `incoming`: the other issue has the link, and this
    one is what it names. `open`, `outcome`: of the other issue, where this one depends on it.
    `heard` is the version of the other issue by which it is known so: what is older comes too late.
    """

    type: LinkType
    other: Key
    incoming: bool = Field(default=False, exclude_if=is_unset)
    open: bool | None = Field(default=None, exclude_if=is_none)
    outcome: Outcome | None = Field(default=None, exclude_if=is_none)
    heard: int = Field(default=0, exclude_if=is_unset)

    def joins_as(self, tie: "Tie") -> bool:
        """Return whether `tie` is the same link, whatever is known of the other issue."""
        mine = (self.type, self.other, self.incoming)
        return mine == (tie.type, tie.other, tie.incoming)


class Kin(Frozen):
    """What the ledger knows of the issue that a link names, at the instant of the decision.

    `lineage` are the issues that it leads to by links of the same type, nearest first: none of them
    may be the one that the link starts from. To add a child it is the chain that goes up from the
    parent instead, and `has_parent` says whether the child is part of an issue already. `version`
    is that of the issue itself. `at_intake`: nobody has taken it on yet. `ties`: how many links it
    has, of its own and of others.
    """

    key: Key
    enterprise: Code
    open: bool
    outcome: Outcome | None = None
    lineage: Annotated[tuple[Key, ...], Field(max_length=LINEAGE_MAX)] = ()
    has_parent: bool = False
    version: Annotated[int, Field(ge=0)] = 0
    at_intake: bool = False
    ties: Annotated[int, Field(ge=0)] = 0


class KinNews(Frozen):
    """What one issue tells another that it is linked with. `version` is the teller's own, by which
    news that comes late or twice is known. `linked` says with which `outcome` the teller took the
    told issue to be closed, None: open."""

    what: Literal["linked", "unlinked", "ended", "reopened"]
    type: LinkType
    version: Annotated[int, Field(ge=1)]
    outgoing: bool = Field(default=False, exclude_if=is_unset)
    """Whether the link is the told issue's own: it then leads from the told one to the teller."""
    outcome: Outcome | None = Field(default=None, exclude_if=is_none)
    sign_off: SignOffOutcome | None = Field(default=None, exclude_if=is_none)
    reason: Text | None = Field(default=None, exclude_if=is_none)


def derived_key(key: str, ending: str) -> str:
    """Return the key of an issue that comes of another: `<key>.<ending>`, cut to 64 characters."""
    plain = f"{key}.{ending}"
    if len(plain) <= 64:  # noqa: PLR2004  # the longest key (domain.model.Key)
        return plain
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{key[:KEY_CHARACTERS_KEPT]}.{digest}.{ending}"
