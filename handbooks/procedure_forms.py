"""The tables within a procedure's table, by the form of the table that holds them."""

from typing import Final

from domain.matters.campaign.rules import CadenceRule, CampaignProcedure, Eligibility, StepRule
from domain.matters.grant.rules import (
    ExpiryRule,
    GateItem,
    GrantProcedure,
    SourceRule,
    UnitRule,
    WatchRule,
)
from domain.matters.match.rules import MatchProcedure, ProposalStepRule
from domain.matters.pipeline.rules import (
    DateRule,
    DateWarning,
    PartyRule,
    PipelineProcedure,
    StageRule,
)
from domain.matters.procedure import DueRule
from domain.matters.register.rules import (
    ClassRule,
    MapRule,
    RateRule,
    RegisterProcedure,
    StatusRule,
)
from domain.matters.values import ChoiceRule, FieldRule
from domain.matters.who import Who
from domain.model import Frozen

_EVERY: Final[dict[str, type[Frozen]]] = {"runs": Who, "asks": FieldRule}

WITHIN_PROCEDURES: Final[dict[type[Frozen], dict[str, type[Frozen]]]] = {
    CampaignProcedure: {
        **_EVERY,
        "eligible": Eligibility,
        "steps": StepRule,
        "cadence": CadenceRule,
        "unanswered": DueRule,
        "exclusions": ChoiceRule,
    },
    StepRule: {"by": Who, "fields": FieldRule, "due": DueRule, "tells": Who},
    CadenceRule: {"tells": Who},
    PipelineProcedure: {
        **_EVERY,
        "stages": StageRule,
        "parties": PartyRule,
        "check": DueRule,
        "dates": DateRule,
        "exemptions": ChoiceRule,
        "meets_by": Who,
        "outcome": FieldRule,
    },
    StageRule: {"by": Who, "fields": FieldRule, "due": DueRule},
    PartyRule: {"by": Who, "statuses": ChoiceRule},
    DateRule: {"warnings": DateWarning, "tells": Who},
    DateWarning: {"tells": Who},
    MatchProcedure: {
        **_EVERY,
        "sides": ChoiceRule,
        "by": Who,
        "answers_by": Who,
        "steps": ProposalStepRule,
        "outcome": FieldRule,
        "due": DueRule,
        "reasons": ChoiceRule,
    },
    ProposalStepRule: {"by": Who, "fields": FieldRule},
    RegisterProcedure: {
        **_EVERY,
        "statuses": StatusRule,
        "classes": ClassRule,
        "subject_fields": FieldRule,
        "fields": FieldRule,
        "rates": RateRule,
        "by": Who,
        "check": DueRule,
        "supply_map": MapRule,
    },
    StatusRule: {"tells": Who},
    GrantProcedure: {
        **_EVERY,
        "units": UnitRule,
        "fields": FieldRule,
        "sources": SourceRule,
        "low_tells": Who,
        "refill": DueRule,
        "expiry": ExpiryRule,
        "gate": GateItem,
        "monitoring": FieldRule,
        "watch": WatchRule,
        "issues_by": Who,
        "receives_by": Who,
        "uses_by": Who,
    },
    ExpiryRule: {"tells": Who},
    WatchRule: {"tells": Who},
    DueRule: {"levels": Who},
    FieldRule: {"choices": ChoiceRule},
}
