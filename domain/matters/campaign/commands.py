"""What may be asked of a campaign."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.issue import Evidence
from domain.matters.acts import ActCommand, OpeningCommand
from domain.matters.campaign.rules import TARGETS_MAX, StepId
from domain.matters.values import Values
from domain.model import Code, Frozen, Text

EVIDENCE_MAX = 20

EvidenceGiven = Annotated[tuple[Evidence, ...], Field(max_length=EVIDENCE_MAX)]


class OpenCampaign(OpeningCommand):
    """Open a campaign, from one local day to another; without the first from today, without the
    last until it is ended. Its targets are those named, or the eligible ones of a list of the
    handbook, or, with neither, every eligible enterprise of the zone."""

    kind: Literal["open_campaign"] = "open_campaign"
    targets: Annotated[tuple[Code, ...], Field(max_length=TARGETS_MAX)] = ()
    from_list: Code | None = None
    from_on: date | None = None
    to_on: date | None = None


class RecordStep(ActCommand):
    """Record that an enterprise got or gave something on a local day, today if none is said; for a
    daily report, the day that it is about."""

    kind: Literal["record_step"] = "record_step"
    enterprise: Code
    step: StepId
    values: Values = Field(default={})
    on: date | None = None
    no_abnormality: bool = False
    evidence: EvidenceGiven = ()


class RecordStepForMany(Frozen):
    """Record the same of several enterprises at once: a notice that went to all of them."""

    kind: Literal["record_step_for_many"] = "record_step_for_many"
    enterprises: Annotated[tuple[Code, ...], Field(min_length=1, max_length=TARGETS_MAX)]
    step: StepId
    values: Values = Field(default={})
    on: date | None = None
    no_abnormality: bool = False
    note: Text | None = None


class CorrectStep(Frozen):
    """Put other values in place of those last recorded for a step. The old ones stay a fact.
    Without `on` or `no_abnormality` that stays as it was recorded."""

    kind: Literal["correct_step"] = "correct_step"
    enterprise: Code
    step: StepId
    values: Values = Field(default={})
    on: date | None = None
    no_abnormality: bool | None = None
    reason: Text


class StrikeStep(Frozen):
    """Take back what was last recorded of a step: it was another enterprise's, it never was."""

    kind: Literal["strike_step"] = "strike_step"
    enterprise: Code
    step: StepId
    reason: Text


class AddTarget(Frozen):
    """Take an enterprise into the campaign, or back into it."""

    kind: Literal["add_target"] = "add_target"
    enterprise: Code
    reason: Text | None = None


class ExcludeTarget(Frozen):
    """Take an enterprise out: found ineligible, moved away. `code` is one of the procedure's
    grounds, where it names any."""

    kind: Literal["exclude_target"] = "exclude_target"
    enterprise: Code
    code: Code | None = None
    reason: Text


class EndCampaign(Frozen):
    """End the campaign before its last day, or one that has none."""

    kind: Literal["end_campaign"] = "end_campaign"
    reason: Text


CampaignCommand = (
    OpenCampaign
    | RecordStep
    | RecordStepForMany
    | CorrectStep
    | StrikeStep
    | AddTarget
    | ExcludeTarget
    | EndCampaign
)
