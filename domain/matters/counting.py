"""The figures of one procedure: what its matters come to, by the aggregate that it keeps."""

from collections.abc import Sequence

from domain.matters.campaign.figures import count_campaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign
from domain.matters.figures import Figure
from domain.matters.grant.figures import count_grant
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match.figures import count_match
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match
from domain.matters.pipeline.figures import count_pipeline
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.figures import count_register
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter


def figures_of(rule: AnyProcedure, matters: Sequence[Matter]) -> tuple[Figure, ...]:
    """Return the figures of a procedure from its matters; those of another aggregate, kept under
    the same name by an earlier handbook, are passed over."""
    match rule:
        case CampaignProcedure():
            return count_campaign(rule, [each for each in matters if isinstance(each, Campaign)])
        case PipelineProcedure():
            return count_pipeline(rule, [each for each in matters if isinstance(each, Pipeline)])
        case MatchProcedure():
            return count_match(rule, [each for each in matters if isinstance(each, Match)])
        case RegisterProcedure():
            return count_register(rule, [each for each in matters if isinstance(each, Register)])
        case GrantProcedure():
            return count_grant(rule, [each for each in matters if isinstance(each, Grant)])
