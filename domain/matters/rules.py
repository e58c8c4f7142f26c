"""The procedures of every aggregate that a handbook can hold."""

from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.rules import GrantProcedure
from domain.matters.match.rules import MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.register.rules import RegisterProcedure
from domain.matters.words import Aggregate

AnyProcedure = (
    CampaignProcedure | PipelineProcedure | MatchProcedure | RegisterProcedure | GrantProcedure
)


def aggregate_of(rule: AnyProcedure) -> Aggregate:
    """Return what a procedure keeps."""
    match rule:
        case CampaignProcedure():
            return Aggregate.CAMPAIGN
        case PipelineProcedure():
            return Aggregate.PIPELINE
        case MatchProcedure():
            return Aggregate.MATCH
        case RegisterProcedure():
            return Aggregate.REGISTER
        case GrantProcedure():
            return Aggregate.GRANT
