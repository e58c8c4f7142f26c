"""What can have happened in a campaign. Facts: never edited, never removed."""

from datetime import date
from typing import Literal

from pydantic import Field

from domain.issue import Evidence
from domain.matters.acts import MatterHappened, MatterOpened
from domain.matters.campaign.rules import StepId
from domain.matters.campaign.state import Wait
from domain.matters.values import Values
from domain.model import Code, Frozen, Moment, Text, is_none, is_unset


class CampaignOpened(MatterOpened):
    """A campaign was opened. `left_out` are those of `from_list` that were not eligible; `waits`
    hold for every target."""

    kind: Literal["campaign_opened"] = "campaign_opened"
    targets: tuple[Code, ...]
    from_list: Code | None = Field(default=None, exclude_if=is_none)
    list_revision: int | None = Field(default=None, exclude_if=is_none)
    left_out: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    from_on: date
    to_on: date | None = Field(default=None, exclude_if=is_none)
    waits: tuple[Wait, ...] = Field(default=(), exclude_if=is_unset)


class StepRecorded(MatterHappened):
    """Enterprises got or gave something on a local day. `report_on` is that day for a daily report.
    `late` are those of them for whom it came late, `finished` those of whom nothing more is asked;
    `waits` hold for all of them, where they have not done yet what is waited for."""

    kind: Literal["step_recorded"] = "step_recorded"
    enterprises: tuple[Code, ...]
    step: StepId
    on: date
    report_on: date | None = Field(default=None, exclude_if=is_none)
    values: Values = Field(default={}, exclude_if=is_unset)
    no_abnormality: bool = Field(default=False, exclude_if=is_unset)
    evidence: tuple[Evidence, ...] = Field(default=(), exclude_if=is_unset)
    note: Text | None = Field(default=None, exclude_if=is_none)
    late: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    finished: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    waits: tuple[Wait, ...] = Field(default=(), exclude_if=is_unset)


class StepCorrected(MatterHappened):
    """Other values stand in place of those last recorded for a step, which are `old`."""

    kind: Literal["step_corrected"] = "step_corrected"
    enterprise: Code
    step: StepId
    on: date
    old_on: date
    values: Values = Field(default={}, exclude_if=is_unset)
    old: Values = Field(default={}, exclude_if=is_unset)
    no_abnormality: bool = Field(default=False, exclude_if=is_unset)
    report_on: date | None = Field(default=None, exclude_if=is_none)
    reason: Text


class StepStruck(MatterHappened):
    """What was last recorded of a step was taken back: it was `old`, `times` are left. `drops` are
    steps that are no longer waited for, since only this one set them off."""

    kind: Literal["step_struck"] = "step_struck"
    enterprise: Code
    step: StepId
    on: date
    old: Values = Field(default={}, exclude_if=is_unset)
    times: int
    finished: bool = Field(default=False, exclude_if=is_unset)
    waits: tuple[Wait, ...] = Field(default=(), exclude_if=is_unset)
    drops: tuple[StepId, ...] = Field(default=(), exclude_if=is_unset)
    reason: Text


class TargetAdded(MatterHappened):
    """An enterprise came into the campaign, or back into it."""

    kind: Literal["target_added"] = "target_added"
    enterprise: Code
    reason: Text | None = Field(default=None, exclude_if=is_none)
    waits: tuple[Wait, ...] = Field(default=(), exclude_if=is_unset)
    finished: bool = Field(default=False, exclude_if=is_unset)


class TargetExcluded(MatterHappened):
    """An enterprise was taken out."""

    kind: Literal["target_excluded"] = "target_excluded"
    enterprise: Code
    code: Code | None = Field(default=None, exclude_if=is_none)
    reason: Text


class Overdue(Frozen):
    """Of whom something was due and is not there, and until when it is waited for next."""

    enterprise: Code
    due_at: Moment
    next_at: Moment | None = Field(default=None, exclude_if=is_none)
    provisional: bool = Field(default=False, exclude_if=is_unset)


class StepOverdue(MatterHappened):
    """A step was due from enterprises, for the `level`-th time; without a step: any sign at all."""

    kind: Literal["step_overdue"] = "step_overdue"
    step: StepId | None = Field(default=None, exclude_if=is_none)
    level: int
    overdue: tuple[Overdue, ...]


class ReportsClosed(MatterHappened):
    """The cut-off of a day's reports passed. Reports for days before `late_from` are no longer
    accepted."""

    kind: Literal["reports_closed"] = "reports_closed"
    on: date
    expected: int
    reported: int
    late_from: date


class ReportsMissing(MatterHappened):
    """At the cut-off reports for a day were not there."""

    kind: Literal["reports_missing"] = "reports_missing"
    on: date
    missing: tuple[Code, ...]


class CampaignEnded(MatterHappened):
    """The campaign is over: its last day passed, or somebody ended it and said why. `left` counts
    the enterprises of which something was still asked."""

    kind: Literal["campaign_ended"] = "campaign_ended"
    on: date
    left: int
    reason: Text | None = Field(default=None, exclude_if=is_none)


CampaignEvent = (
    CampaignOpened
    | StepRecorded
    | StepCorrected
    | StepStruck
    | TargetAdded
    | TargetExcluded
    | StepOverdue
    | ReportsClosed
    | ReportsMissing
    | CampaignEnded
)
