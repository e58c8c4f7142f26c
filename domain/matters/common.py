"""What may be done in a matter of any aggregate."""

from collections.abc import Mapping
from typing import assert_never

from domain.errors import ConflictError, InvalidRequestError
from domain.matters import acts
from domain.matters.dispatch import require_closable, require_fits
from domain.matters.draft import MatterDraft
from domain.matters.matter import TIES_MAX, TOTALS_MAX, MatterTie
from domain.matters.permissions import is_post
from domain.matters.procedure import Procedure
from domain.matters.values import Value, require_fields, require_sound
from domain.phases import Origin


def require_sound_details(rule: Procedure, details: Mapping[str, Value]) -> None:
    """Refuse details that the procedure does not ask for, lacks, or cannot hold."""
    require_fields(rule.asks, details, "details")


def act_in_common(draft: MatterDraft, command: acts.CommonAct) -> None:
    """Carry out what may be asked of every matter."""
    draft.require_runs()
    match command:
        case acts.TieIssue():
            _tie(draft, command)
        case acts.UntieIssue():
            _untie(draft, command)
        case acts.StateTotal():
            _state(draft, command)
        case acts.NoteMatter():
            _note(draft, command)
        case acts.HandMatter():
            _hand(draft, command)
        case acts.CloseMatter():
            require_closable(draft.matter, draft.rule)
            draft.record(acts.MatterClosed(at=draft.at, by=draft.actor, ending=command.ending))
        case _:
            assert_never(command)


def adopt_terms(draft: MatterDraft, command: acts.AdoptMatterTerms) -> None:
    """Judge the matter by the target's terms from now on. Nothing happens if it is already, and it
    is refused if the target does not hold what the matter stands on."""
    target, matter = draft.target, draft.matter
    if target is None or target.hash != command.terms:
        msg = f"{matter.stream}: the terms {command.terms} were not given to decide by"
        raise LookupError(msg)
    if matter.terms == target.hash:
        return
    rule = target.handbook.procedure(matter.procedure)
    if rule is None or not is_post(target.handbook, matter.post):
        raise InvalidRequestError(
            "The handbook no longer holds what the matter names.",
            field="terms",
            value=matter.procedure if rule is None else matter.post,
        )
    require_fits(matter, rule)
    draft.terms = target
    draft.record(
        acts.MatterTermsAdopted(
            at=draft.at,
            by=draft.actor,
            from_terms=matter.terms,
            to_terms=target.hash,
            handbook=target.handbook.hash,
            calendar=target.calendar.hash,
        )
    )


def _tie(draft: MatterDraft, command: acts.TieIssue) -> None:
    ties = draft.matter.ties
    if any(each.issue == command.issue for each in ties):
        raise ConflictError(
            "The issue hangs together with the matter already.", field="issue", value=command.issue
        )
    if len(ties) >= TIES_MAX:
        raise InvalidRequestError(
            "Too many issues hang together with the matter.",
            field="issue",
            value=command.issue,
            allowed=f"at most {TIES_MAX}",
        )
    tie = MatterTie(issue=command.issue, tying=command.tying, at=draft.at)
    draft.record(acts.IssueTied(at=draft.at, by=draft.actor, tie=tie))


def _untie(draft: MatterDraft, command: acts.UntieIssue) -> None:
    tied = [each.issue for each in draft.matter.ties]
    if command.issue not in tied:
        raise InvalidRequestError(
            "No such issue hangs together with the matter.",
            field="issue",
            value=command.issue,
            allowed=tied,
        )
    draft.record(
        acts.IssueUntied(at=draft.at, by=draft.actor, issue=command.issue, reason=command.reason)
    )


def _state(draft: MatterDraft, command: acts.StateTotal) -> None:
    totals = draft.matter.totals
    require_sound(command.figures, "figures")
    standing = [each.number for each in totals if each.replaced_by is None]
    if command.replaces is not None and command.replaces not in standing:
        raise InvalidRequestError(
            "There is no such total to be corrected.",
            field="replaces",
            value=command.replaces,
            allowed=[str(number) for number in standing],
        )
    if command.as_of_on is not None and command.as_of_on > draft.local_day():
        raise InvalidRequestError(
            "A total is not stated for a day to come.",
            field="as_of_on",
            value=command.as_of_on,
            allowed=f"up to {draft.local_day()}",
        )
    if len(totals) >= TOTALS_MAX:
        raise InvalidRequestError(
            "Too many totals were stated.",
            field="command.kind",
            value=draft.command,
            allowed=f"at most {TOTALS_MAX}",
        )
    draft.record(
        acts.TotalStated(
            at=draft.at,
            by=draft.actor,
            number=len(totals) + 1,
            label=command.label,
            figures=command.figures,
            as_of_on=command.as_of_on,
            source=command.source,
            replaces=command.replaces,
        )
    )


def _note(draft: MatterDraft, command: acts.NoteMatter) -> None:
    if command.enterprise is not None:
        draft.require_enterprise(command.enterprise)
    found = draft.found(command.problems, Origin.FOLLOW_UP, command.enterprise)
    draft.record(
        acts.MatterNoted(
            at=draft.at,
            by=draft.actor,
            text=command.text,
            enterprise=command.enterprise,
            found=found,
        )
    )


def _hand(draft: MatterDraft, command: acts.HandMatter) -> None:
    present = draft.matter.post
    if not is_post(draft.handbook, command.post) or command.post == present:
        raise InvalidRequestError(
            "The matter goes to another post of the zone.", field="post", value=command.post
        )
    draft.record(
        acts.MatterHanded(
            at=draft.at,
            by=draft.actor,
            came_from=present,
            to=command.post,
            reason=command.reason,
            tells=(command.post,),
        )
    )
