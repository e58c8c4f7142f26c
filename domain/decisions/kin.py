"""Links between issues: what may be linked, and what is said of a suggestion (R10.2, R10.5)."""

from domain import commands_of_kin as cmd
from domain import events_of_kin as kn
from domain.decisions.draft import Draft
from domain.errors import InvalidRequestError, UnknownIssueError, WrongPhaseError
from domain.issue import Issue
from domain.kin import LINEAGE_MAX, TIES_ASKED_MAX, Kin
from domain.likeness import METHODS
from domain.phases import LinkType, Phase

SUGGESTIONS_MAX = 100


def link(draft: Draft, command: cmd.Link) -> None:
    """Let this issue stand so to another one of the zone."""
    issue = draft.issue
    _require_own(command.type)
    kin = require_kin(draft, command.target, "target")
    if _joined(issue, command.type, command.target):
        raise WrongPhaseError(
            "The two issues are linked so already.",
            field="target",
            value=command.target,
            allowed=f"unlink {command.type} first",
        )
    _require_one_primary(issue, command)
    require_room(issue, kin, "target")
    if command.type is not LinkType.RELATES:
        require_no_cycle(draft, kin, "target")
    draft.record(
        kn.IssueLinked(
            at=draft.at,
            by=draft.actor,
            type=command.type,
            target=command.target,
            reason=command.reason,
            open=kin.open,
            outcome=kin.outcome,
            heard=kin.version,
            lineage=kin.lineage,
        )
    )


def unlink(draft: Draft, command: cmd.Unlink) -> None:
    """Let this issue not stand so to another one any more."""
    _require_own(command.type)
    if draft.issue.tie(command.type, command.target) is None:
        raise InvalidRequestError(
            "This issue has no such link.",
            field="target",
            value=command.target,
            allowed=[
                tie.other
                for tie in draft.issue.ties
                if tie.type is command.type and not tie.incoming
            ]
            or f"no issue: {command.type} is not a link that this one has",
        )
    draft.record(
        kn.IssueUnlinked(
            at=draft.at,
            by=draft.actor,
            type=command.type,
            target=command.target,
            reason=command.reason,
        )
    )


def add_child(draft: Draft, command: cmd.AddChild) -> None:
    """Make another issue a part of this one, once it is accepted: it then cannot be closed before
    that. An issue may be part of one issue only."""
    draft.require_phase(Phase.HANDLING, Phase.SIGN_OFF, Phase.PARKED)
    kin = require_kin(draft, command.child, "child")
    if draft.issue.tie(LinkType.PART_OF, command.child, incoming=True) is not None:
        raise WrongPhaseError(
            "The issue is part of this one already.", field="child", value=command.child
        )
    if kin.has_parent:
        raise WrongPhaseError(
            "The issue is part of another one.",
            field="child",
            value=command.child,
            allowed="release_child there first",
        )
    require_room(draft.issue, kin, "child")
    require_no_cycle(draft, kin, "child", above=True)
    draft.record(
        kn.ChildAdded(
            at=draft.at,
            by=draft.actor,
            child=command.child,
            reason=command.reason,
            open=kin.open,
            outcome=kin.outcome,
            heard=kin.version,
            lineage=kin.lineage,
        )
    )


def release_child(draft: Draft, command: cmd.ReleaseChild) -> None:
    """Let another issue be no part of this one any more: it is not waited for."""
    issue = draft.issue
    if issue.tie(LinkType.PART_OF, command.child, incoming=True) is None:
        children = [t.other for t in issue.ties if t.type is LinkType.PART_OF and t.incoming]
        raise InvalidRequestError(
            "This is no part of the issue.",
            field="child",
            value=command.child,
            allowed=children or "no issue: this one has no parts",
        )
    draft.record(
        kn.ChildReleased(at=draft.at, by=draft.actor, child=command.child, reason=command.reason)
    )


def judge_suggestion(draft: Draft, command: cmd.JudgeSuggestion) -> None:
    """Keep what a person says of a suggested issue; nothing is linked by it (R10.5)."""
    issue = draft.issue
    if command.suggested == issue.key:
        raise InvalidRequestError(
            "An issue is not suggested to itself.",
            field="suggested",
            value=command.suggested,
            allowed="another issue",
        )
    if command.method not in METHODS:
        raise InvalidRequestError(
            "There is no such way of finding like issues.",
            field="method",
            value=command.method,
            allowed=METHODS,
        )
    require_kin(draft, command.suggested, "suggested")
    if command.suggested not in issue.suggestions and len(issue.suggestions) >= SUGGESTIONS_MAX:
        raise WrongPhaseError(
            "As many suggestions have been judged as may be.",
            field="suggested",
            value=len(issue.suggestions),
            allowed=f"at most {SUGGESTIONS_MAX}",
        )
    draft.record(
        kn.SuggestionJudged(
            at=draft.at,
            by=draft.actor,
            suggested=command.suggested,
            same=command.same,
            score=command.score,
            method=command.method,
            note=command.note,
        )
    )


def require_kin(draft: Draft, key: str, field: str) -> Kin:
    """Return what is known of the issue that a command names, or refuse: none such, or itself."""
    if key == draft.issue.key:
        raise InvalidRequestError(
            "An issue is not linked with itself.", field=field, value=key, allowed="another issue"
        )
    if draft.kin is None:
        raise UnknownIssueError(
            "No issue of this zone was reported under this key.", field=field, value=key
        )
    return draft.kin


def require_no_cycle(draft: Draft, kin: Kin, field: str, *, above: bool = False) -> None:
    """Refuse a link by which an issue would lead to itself; `above`: the lineage is of this issue,
    not of the one that is named. A chain too long to follow is refused as well."""
    if len(kin.lineage) >= LINEAGE_MAX:
        raise InvalidRequestError(
            "The chain of such links is too long.",
            field=field,
            value=kin.key,
            allowed=f"fewer than {LINEAGE_MAX} issues in a chain",
        )
    start, end = (draft.issue.key, kin.key) if above else (kin.key, draft.issue.key)
    if end in kin.lineage:
        chain = (start, *kin.lineage[: kin.lineage.index(end) + 1])
        raise InvalidRequestError(
            f"The issue would lead to itself: {' → '.join(chain)}.",
            field=field,
            value=kin.key,
            allowed="an issue that does not lead to this one",
        )


def _require_own(type_: LinkType) -> None:
    if type_ not in cmd.OWN_LINKS:
        raise InvalidRequestError(
            "This link has a command of its own.",
            field="type",
            value=type_,
            allowed=[*cmd.OWN_LINKS, "add_child and release_child", "merge and unmerge"],
        )


def _joined(issue: Issue, type_: LinkType, other: str) -> bool:
    if issue.tie(type_, other) is not None:
        return True
    return type_ is LinkType.RELATES and issue.tie(type_, other, incoming=True) is not None


def _require_one_primary(issue: Issue, command: cmd.Link) -> None:
    if command.type is not LinkType.DUPLICATES:
        return
    of_type = (tie for tie in issue.ties if tie.type is LinkType.DUPLICATES)
    primary = next((tie.other for tie in of_type if not tie.incoming), None)
    if primary is not None:
        raise WrongPhaseError(
            "The issue duplicates another one already.",
            field="target",
            value=command.target,
            allowed=f"{primary}; unlink it first",
        )


def require_room(issue: Issue, kin: Kin, field: str) -> None:
    """Refuse a link where one of the two issues has as many as people may make."""
    for named, count in (("ties", len(issue.ties)), (field, kin.ties)):
        if count >= TIES_ASKED_MAX:
            whose = "The issue" if named == "ties" else f"The issue {kin.key}"
            raise WrongPhaseError(
                f"{whose} has as many links as it may.",
                field=named,
                value=count,
                allowed=f"fewer than {TIES_ASKED_MAX} links already there",
            )
