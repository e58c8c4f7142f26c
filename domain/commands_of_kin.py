"""What may be asked of how issues stand to each other (R10)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.issue import Resolution
from domain.kin import KinNews
from domain.model import Code, Frozen, Key, Text
from domain.phases import LinkType

OWN_LINKS = (
    LinkType.DUPLICATES,
    LinkType.CAUSED_BY,
    LinkType.RELATES,
    LinkType.SUCCEEDS,
)
"""The links that `link` makes; the others have commands of their own."""


class Link(Frozen):
    """Link this issue to another of the zone. A duplicate keeps its reporter, its clocks and its
    sign-off; the other's outcome is proposed to its enterprise too."""

    kind: Literal["link"] = "link"
    type: LinkType
    target: Key
    reason: Text | None = None


class Unlink(Frozen):
    kind: Literal["unlink"] = "unlink"
    type: LinkType
    target: Key
    reason: Text


class AddChild(Frozen):
    """Make another issue a part of this one, which then cannot be closed before it."""

    kind: Literal["add_child"] = "add_child"
    child: Key
    reason: Text | None = None


class ReleaseChild(Frozen):
    """Let another issue be no part of this one any more."""

    kind: Literal["release_child"] = "release_child"
    child: Key
    reason: Text


class Merge(Frozen):
    """Let this issue go on in another one. Nothing of it is moved, and it can be undone."""

    kind: Literal["merge"] = "merge"
    target: Key
    reason: Text


class Unmerge(Frozen):
    """Undo a merge: the issue stands by itself again, where it stood."""

    kind: Literal["unmerge"] = "unmerge"
    reason: Text


class JudgeSuggestion(Frozen):
    """Say whether a suggested issue is the same matter; it links nothing by itself (R10.5)."""

    kind: Literal["judge_suggestion"] = "judge_suggestion"
    suggested: Key
    same: bool
    score: Annotated[int, Field(ge=0, le=100)]
    method: Code
    note: Text | None = None


class Mirror(Frozen):
    """A resolution that another issue closed with, and who proposed it."""

    resolution: Resolution
    proposers: tuple[Code, ...] = ()


class RecordKin(Frozen):
    """The engine passes on what another issue has told. What no longer applies yields nothing.
    `mirror` is what it closed with, for its duplicates."""

    kind: Literal["record_kin"] = "record_kin"
    other: Key
    news: KinNews
    mirror: Mirror | None = None


KinCommand = Link | Unlink | AddChild | ReleaseChild | Merge | Unmerge | JudgeSuggestion
LinkCommand = Link | AddChild | Merge | JudgeSuggestion
"""What is decided with what the ledger knows of the other issue (`Context.kin`)."""
