"""Which enterprises a campaign is about: chosen at its opening, taken in and out later."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import ConflictError, InvalidRequestError
from domain.handbook import Handbook
from domain.matters.campaign.commands import AddTarget, ExcludeTarget, OpenCampaign
from domain.matters.campaign.events import TargetAdded, TargetExcluded
from domain.matters.campaign.rules import TARGETS_MAX, CampaignProcedure, Eligibility
from domain.matters.campaign.state import Campaign, Target, Wait
from domain.matters.campaign.waiting import record_waiting, waits_again, waits_on_coming
from domain.matters.draft import MatterDraft
from domain.territory import Enterprise, EnterpriseList


@dataclass(frozen=True, slots=True)
class Chosen:
    """The targets of a new campaign, and those of the list that are not eligible."""

    targets: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    taken_from: EnterpriseList | None = None


def is_eligible(enterprise: Enterprise, rule: Eligibility, handbook: Handbook) -> bool:
    """Return whether the rules let a campaign be about this enterprise."""
    grid = handbook.grids_by_id[enterprise.grid]
    return (
        (not rule.segments or enterprise.segment in rule.segments)
        and (not rule.areas or grid.area in rule.areas)
        and (not rule.grids or grid.id in rule.grids)
        and (not rule.lists or _is_on(enterprise.id, rule.lists, handbook))
        and not _is_on(enterprise.id, rule.not_on, handbook)
    )


def choose(draft: MatterDraft, command: OpenCampaign, rule: CampaignProcedure) -> Chosen:
    """Return the targets that an opening names, or the handbook's: refused if there is none, if
    there are too many, if one named is not eligible."""
    if command.targets and command.from_list is not None:
        raise InvalidRequestError(
            "The targets are named, or taken from a list, not both.",
            field="from_list",
            value=command.from_list,
        )
    chosen = _named(draft, command, rule) if command.targets else _matched(draft, command, rule)
    if not chosen.targets:
        raise InvalidRequestError(
            "No enterprise is eligible for the campaign.",
            field="targets",
            value=command.from_list,
            allowed="at least one",
        )
    if len(chosen.targets) > TARGETS_MAX:
        raise InvalidRequestError(
            "The campaign has too many targets.",
            field="targets",
            value=len(chosen.targets),
            allowed=f"at most {TARGETS_MAX}",
        )
    return chosen


def add_target(
    draft: MatterDraft, state: Campaign, command: AddTarget, rule: CampaignProcedure
) -> None:
    """Take an enterprise in, or back in."""
    draft.require_runs()
    require_running(state)
    before = state.target(command.enterprise)
    if before is not None and not before.excluded:
        raise ConflictError(
            "The enterprise is among the targets already.",
            field="enterprise",
            value=command.enterprise,
        )
    _require_eligible(draft, command.enterprise, rule, "enterprise")
    if before is None and len(state.targets) >= TARGETS_MAX:
        raise InvalidRequestError(
            "The campaign has too many targets.",
            field="targets",
            value=len(state.targets) + 1,
            allowed=f"at most {TARGETS_MAX}",
        )
    record_waiting(
        draft,
        TargetAdded(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            reason=command.reason,
            waits=_waits(draft, state, before, rule),
            finished=before is not None and before.finished,
        ),
    )


def exclude_target(
    draft: MatterDraft, state: Campaign, command: ExcludeTarget, rule: CampaignProcedure
) -> None:
    """Take an enterprise out: what it got and gave stays a fact, nothing more is asked of it."""
    draft.require_runs()
    target = require_target(state, command.enterprise)
    if target.excluded:
        raise ConflictError(
            "The enterprise was taken out of the campaign before.",
            field="enterprise",
            value=command.enterprise,
        )
    grounds = [each.id for each in rule.exclusions]
    is_named = command.code in grounds if grounds else command.code is None
    if not is_named:
        raise InvalidRequestError(
            "An enterprise is taken out on one of the procedure's grounds.",
            field="code",
            value=command.code,
            allowed=grounds or "none is named",
        )
    record_waiting(
        draft,
        TargetExcluded(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            code=command.code,
            reason=command.reason,
        ),
    )


def require_target(state: Campaign, enterprise: str, where: str = "enterprise") -> Target:
    """Return what the campaign knows of an enterprise, or refuse one that was never in it."""
    target = state.target(enterprise)
    if target is None:
        raise InvalidRequestError(
            "The enterprise is not among the campaign's targets.", field=where, value=enterprise
        )
    return target


def require_running(state: Campaign) -> None:
    """Refuse what only a campaign can have that is not over."""
    if state.ended_on is not None:
        raise InvalidRequestError(
            "The campaign has ended.", field="stage", value=state.stage, allowed="before its end"
        )


def _waits(
    draft: MatterDraft, state: Campaign, before: Target | None, rule: CampaignProcedure
) -> tuple[Wait, ...]:
    """Return what is waited for from an enterprise that comes in, or back with what it did."""
    if before is None or not before.done:
        return waits_on_coming(draft, rule, state.from_on)
    if before.finished:
        return ()
    return waits_again(draft, rule, before, {each.step for each in before.done})


def _named(draft: MatterDraft, command: OpenCampaign, rule: CampaignProcedure) -> Chosen:
    twice = [id_ for id_, number in Counter(command.targets).items() if number > 1]
    if twice:
        raise InvalidRequestError(
            "An enterprise is named twice.", field="targets", value=twice[0], allowed="once each"
        )
    for number, id_ in enumerate(command.targets):
        _require_eligible(draft, id_, rule, f"targets.{number}")
    return Chosen(command.targets)


def _matched(draft: MatterDraft, command: OpenCampaign, rule: CampaignProcedure) -> Chosen:
    handbook = draft.handbook
    taken_from = None
    if command.from_list is not None:
        taken_from = next((e for e in handbook.lists if e.id == command.from_list), None)
        if taken_from is None:
            raise InvalidRequestError(
                "The zone's handbook has no such list.",
                field="from_list",
                value=command.from_list,
                allowed=[each.id for each in handbook.lists] or "no list",
            )
    pool = handbook.enterprises_by_id if taken_from is None else taken_from.members
    fit = {id_: _is_fit(id_, rule.eligible, handbook) for id_ in pool}
    return Chosen(
        targets=tuple(id_ for id_, fits in fit.items() if fits),
        left_out=() if taken_from is None else tuple(id_ for id_, fits in fit.items() if not fits),
        taken_from=taken_from,
    )


def _is_fit(id_: str, rule: Eligibility, handbook: Handbook) -> bool:
    known = handbook.enterprises_by_id.get(id_)
    return known is not None and is_eligible(known, rule, handbook)


def _require_eligible(draft: MatterDraft, id_: str, rule: CampaignProcedure, where: str) -> None:
    draft.require_enterprise(id_, where)
    if not _is_fit(id_, rule.eligible, draft.handbook):
        raise InvalidRequestError(
            "The enterprise is not eligible by the procedure's rules.", field=where, value=id_
        )


def _is_on(id_: str, lists: Sequence[str], handbook: Handbook) -> bool:
    return any(id_ in each.members for each in handbook.lists if each.id in lists)
