"""Steps of a campaign: what enterprises got and gave, recorded once, again, and put right."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from domain.errors import ConflictError, InvalidRequestError
from domain.issue import Evidence
from domain.matters.acts import Problem
from domain.matters.campaign.commands import CorrectStep, RecordStep, RecordStepForMany
from domain.matters.campaign.events import StepCorrected, StepRecorded
from domain.matters.campaign.rounds import report_day
from domain.matters.campaign.rules import CampaignProcedure, StepRule
from domain.matters.campaign.state import Campaign, Done, Target
from domain.matters.campaign.targets import require_target
from domain.matters.campaign.waiting import record_waiting, told, waits_after
from domain.matters.draft import MatterDraft
from domain.matters.values import Value, require_fields
from domain.matters.who import Who


@dataclass(frozen=True, slots=True)
class Taking:
    """A step as it is recorded of one enterprise or of several. `of_many`: these were listed."""

    enterprises: tuple[str, ...]
    values: Mapping[str, Value]
    on: date | None
    no_abnormality: bool
    note: str | None
    evidence: tuple[Evidence, ...] = ()
    problems: tuple[Problem, ...] = ()
    of_many: bool = False

    def place(self, number: int) -> str:
        """Return where in the command an enterprise stands."""
        return f"enterprises.{number}" if self.of_many else "enterprise"


def record_step(
    draft: MatterDraft, state: Campaign, command: RecordStep, rule: CampaignProcedure
) -> None:
    """Record a step of one enterprise."""
    taking = Taking(
        enterprises=(command.enterprise,),
        values=command.values,
        on=command.on,
        no_abnormality=command.no_abnormality,
        note=command.note,
        evidence=command.evidence,
        problems=command.problems,
    )
    _take(draft, state, taking, rule, require_step(rule, command.step))


def record_step_for_many(
    draft: MatterDraft, state: Campaign, command: RecordStepForMany, rule: CampaignProcedure
) -> None:
    """Record the same step of several enterprises: of all of them, or of none."""
    twice = [id_ for id_, number in Counter(command.enterprises).items() if number > 1]
    if twice:
        raise InvalidRequestError(
            "An enterprise is named twice.",
            field="enterprises",
            value=twice[0],
            allowed="once each",
        )
    taking = Taking(
        enterprises=command.enterprises,
        values=command.values,
        on=command.on,
        no_abnormality=command.no_abnormality,
        note=command.note,
        of_many=True,
    )
    _take(draft, state, taking, rule, require_step(rule, command.step))


def correct_step(
    draft: MatterDraft, state: Campaign, command: CorrectStep, rule: CampaignProcedure
) -> None:
    """Put other values in place of the last ones. Nothing else about the step changes."""
    step = require_step(rule, command.step)
    draft.require(rows_of(draft, step, rule), command.enterprise)
    done = require_target(state, command.enterprise).has_done(step.id)
    if done is None:
        raise InvalidRequestError(
            "Nothing was recorded of this step that could be corrected.",
            field="step",
            value=step.id,
        )
    is_report = rule.is_reported(step.id)
    on = command.on or done.on
    if is_report:
        _require_last_report(on, done.on)
    else:
        _require_day(draft, state, on)
    says_none = done.no_abnormality if command.no_abnormality is None else command.no_abnormality
    _require_stated(step, says_none=says_none, problems=(), note=command.reason)
    require_fields(step.fields, command.values, "values")
    draft.record(
        StepCorrected(
            at=draft.at,
            by=draft.actor,
            enterprise=command.enterprise,
            step=step.id,
            on=on,
            old_on=done.on,
            values=command.values,
            old=done.values,
            no_abnormality=says_none,
            report_on=on if is_report else None,
            reason=command.reason,
        )
    )


def _require_last_report(on: date, last_on: date) -> None:
    if on != last_on:
        raise InvalidRequestError(
            "Only the last report of an enterprise is corrected.",
            field="on",
            value=on,
            allowed=str(last_on),
        )


def require_step(rule: CampaignProcedure, id_: str) -> StepRule:
    """Return the rule of a step, or refuse one that the procedure does not know."""
    step = rule.step(id_)
    if step is None:
        raise InvalidRequestError(
            "The procedure has no such step.",
            field="step",
            value=id_,
            allowed=[each.id for each in rule.steps] or "no step",
        )
    return step


def _take(
    draft: MatterDraft, state: Campaign, taking: Taking, rule: CampaignProcedure, step: StepRule
) -> None:
    on = taking.on or draft.local_day()
    cadence = rule.cadence if rule.is_reported(step.id) else None
    late, finished = _late_and_finished(draft, state, taking, rule, step)
    _require_day(draft, state, on)
    _require_stated(
        step, says_none=taking.no_abnormality, problems=taking.problems, note=taking.note
    )
    require_fields(step.fields, taking.values, "values")
    whose = None if taking.of_many else taking.enterprises[0]
    record_waiting(
        draft,
        StepRecorded(
            at=draft.at,
            by=draft.actor,
            enterprises=taking.enterprises,
            step=step.id,
            on=on,
            report_on=None if cadence is None else on,
            values=dict(taking.values),
            no_abnormality=taking.no_abnormality,
            evidence=taking.evidence,
            note=taking.note,
            late=late,
            finished=finished,
            waits=() if state.ended_on is not None else waits_after(draft, rule, step.id),
            found=draft.found(taking.problems, step.origin, whose),
            tells=told(draft, step.tells, taking.enterprises),
        ),
    )


def _late_and_finished(
    draft: MatterDraft, state: Campaign, taking: Taking, rule: CampaignProcedure, step: StepRule
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of the enterprises are late with the step, and which are done with all; refuse
    any whose turn it is not."""
    rows, on = rows_of(draft, step, rule), taking.on or draft.local_day()
    late, finished = list[str](), list[str]()
    cadence = rule.cadence if rule.is_reported(step.id) else None
    for number, enterprise in enumerate(taking.enterprises):
        draft.require(rows, enterprise)
        target = _require_open(state, enterprise, rule, taking.place(number))
        _require_turn(target, step)
        if cadence is not None:
            is_late = report_day(draft, state, cadence, enterprise, on)
        else:
            is_late = step.id in target.overdue
        if is_late:
            late.append(enterprise)
        if _finishes(target, step, rule):
            finished.append(enterprise)
    return tuple(late), tuple(finished)


def rows_of(draft: MatterDraft, step: StepRule, rule: CampaignProcedure) -> tuple[Who, ...]:
    """Return who may record a step."""
    return step.by or (*rule.runs, Who(post=draft.matter.post))


def _require_open(state: Campaign, enterprise: str, rule: CampaignProcedure, where: str) -> Target:
    """Return a target of which something may be recorded, or refuse it."""
    target = require_target(state, enterprise, where)
    if target.excluded:
        raise InvalidRequestError(
            "The enterprise was taken out of the campaign.", field=where, value=enterprise
        )
    last = next((each for each in rule.steps if each.ends and target.has_done(each.id)), None)
    if last is not None:
        raise ConflictError(
            "Nothing more is asked of the enterprise: it has taken the last step.",
            field=where,
            value=enterprise,
            current={"step": last.id},
        )
    return target


def _require_turn(target: Target, step: StepRule) -> None:
    """Refuse a step whose turn it is not: before what it needs, or again though it is taken once,
    or more often than it may be."""
    done = target.has_done(step.id)
    if done is not None and step.once:
        raise ConflictError(
            "The enterprise has this step behind it: it is never recorded twice.",
            field="step",
            value=step.id,
            allowed="correct_step",
            current={"on": str(done.on)},
        )
    if done is not None and step.times_max is not None and done.times >= step.times_max:
        raise ConflictError(
            "The step was taken as often as it may be.",
            field="step",
            value=step.id,
            allowed=f"at most {step.times_max} times",
        )
    open_ = [id_ for id_ in step.needs if target.has_done(id_) is None]
    if open_:
        raise InvalidRequestError(
            "A step that comes before was not taken yet.",
            field="step",
            value=step.id,
            allowed=open_,
        )


def _require_day(draft: MatterDraft, state: Campaign, on: date) -> None:
    last = min(draft.local_day(), state.ended_on or draft.local_day())
    if not state.from_on <= on <= last:
        raise InvalidRequestError(
            "The day lies outside the campaign, or is still to come.",
            field="on",
            value=on,
            allowed=f"{state.from_on} to {last}",
        )


def _require_stated(
    step: StepRule, *, says_none: bool, problems: tuple[Problem, ...], note: str | None
) -> None:
    """Refuse a report that says both that nothing was wrong and what was, or neither."""
    if says_none and not step.states_abnormality:
        raise InvalidRequestError(
            "This step does not ask whether there was anything abnormal.",
            field="no_abnormality",
            value=says_none,
        )
    if says_none and problems:
        raise InvalidRequestError(
            "A report says that nothing was abnormal, or what was, not both.",
            field="no_abnormality",
            value=says_none,
            allowed="no problems",
        )
    if step.states_abnormality and not (says_none or problems or note):
        raise InvalidRequestError(
            "The report says outright that nothing was abnormal, or what was.",
            field="no_abnormality",
            allowed="no_abnormality, or a note or problems",
        )


def _finishes(target: Target, step: StepRule, rule: CampaignProcedure) -> bool:
    """Return whether nothing more is asked of a target that takes a step now."""
    return is_finished({step.id, *(each.step for each in target.done)}, rule)


def is_finished(done: Collection[str], rule: CampaignProcedure) -> bool:
    """Return whether nothing more is asked of whoever has these steps behind it: one of them ends
    all; or none of the procedure does, no report is asked, and they are all that it has."""
    last = [each.id for each in rule.steps if each.ends]
    if last or rule.cadence is not None:
        return any(id_ in done for id_ in last)
    return all(each.id in done for each in rule.steps)


def fits(done: Done, step: StepRule) -> bool:
    """Return whether what was recorded of a step could stand under a rule: what was counted is
    still counted in the same unit."""
    known = {each.id: each for each in step.fields}
    for id_, value in (*done.earlier.items(), *done.values.items()):
        rule = known.get(id_)
        if rule is not None and (
            rule.type is not value.kind
            or rule.currency not in (None, getattr(value, "currency", rule.currency))
            or rule.unit not in (None, getattr(value, "unit", rule.unit))
        ):
            return False
    return True
