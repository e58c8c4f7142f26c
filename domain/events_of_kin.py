"""What can have happened between issues: links, merges, suggestions, successors (R10)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.happening import Happened
from domain.issue import Promise
from domain.kin import LINEAGE_MAX, KinNews
from domain.model import Code, Key, Short, Text, is_none, is_unset
from domain.phases import LinkType, Outcome, Phase


class IssueLinked(Happened):
    """This issue stands so to another (R10.2). `lineage`: what that one leads to by such links, as
    the ledger had it then; this issue is not among them. `heard` is the version that it had."""

    kind: Literal["issue_linked"] = "issue_linked"
    type: LinkType
    target: Key
    reason: Text | None = Field(default=None, exclude_if=is_none)
    open: bool
    outcome: Outcome | None = Field(default=None, exclude_if=is_none)
    heard: int = Field(default=0, exclude_if=is_unset)
    lineage: Annotated[tuple[Key, ...], Field(max_length=LINEAGE_MAX)] = Field(
        default=(), exclude_if=is_unset
    )


class IssueUnlinked(Happened):
    kind: Literal["issue_unlinked"] = "issue_unlinked"
    type: LinkType
    target: Key
    reason: Text


class ChildAdded(Happened):
    """Another issue is part of this one, which now waits for it (R10.2)."""

    kind: Literal["child_added"] = "child_added"
    child: Key
    reason: Text | None = Field(default=None, exclude_if=is_none)
    open: bool
    outcome: Outcome | None = Field(default=None, exclude_if=is_none)
    heard: int = Field(default=0, exclude_if=is_unset)
    lineage: Annotated[tuple[Key, ...], Field(max_length=LINEAGE_MAX)] = Field(
        default=(), exclude_if=is_unset
    )


class ChildReleased(Happened):
    kind: Literal["child_released"] = "child_released"
    child: Key
    reason: Text


class KinRecorded(Happened):
    """What another issue, linked with this one, has told of itself."""

    kind: Literal["kin_recorded"] = "kin_recorded"
    other: Key
    news: KinNews


class MergedInto(Happened):
    """This issue goes on in another; its own history stays here, and it can be undone (R10.4).
    `heard` is the version that the other one had."""

    kind: Literal["merged_into"] = "merged_into"
    target: Key
    reason: Text
    from_phase: Phase
    heard: int = Field(default=0, exclude_if=is_unset)
    lineage: Annotated[tuple[Key, ...], Field(max_length=LINEAGE_MAX)] = Field(
        default=(), exclude_if=is_unset
    )


class IssueUnmerged(Happened):
    """It stands by itself again, where it stood. Owner and tier are those it had. The engine does
    it where the other one ended without anything being done."""

    kind: Literal["issue_unmerged"] = "issue_unmerged"
    target: Key
    reason: Text
    phase: Phase


class SuggestionJudged(Happened):
    """A person says whether what was suggested is the same matter (R10.5). `score`, from 0 to
    100, is by `method`."""

    kind: Literal["suggestion_judged"] = "suggestion_judged"
    suggested: Key
    same: bool
    score: Annotated[int, Field(ge=0, le=100)]
    method: Code
    note: Text | None = Field(default=None, exclude_if=is_none)


class SuccessorAsked(Happened):
    """Closed too long ago to be taken up itself: a new issue succeeds it (R10.1), or follows up
    what was promised or left over (Q17)."""

    kind: Literal["successor_asked"] = "successor_asked"
    successor: Key
    title: Short
    text: Text
    promise: Promise | None = Field(default=None, exclude_if=is_none)


KinEvent = (
    IssueLinked
    | IssueUnlinked
    | ChildAdded
    | ChildReleased
    | KinRecorded
    | MergedInto
    | IssueUnmerged
    | SuggestionJudged
    | SuccessorAsked
)
