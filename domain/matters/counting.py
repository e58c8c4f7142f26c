"""The figures of one procedure: what its matters come to, counted one after the other."""

from collections.abc import Iterable

from domain.matters.campaign.figures import campaign_figures, take_campaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign
from domain.matters.figures import Figure
from domain.matters.grant.figures import grant_figures, take_grant
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match.figures import match_figures, take_match
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match
from domain.matters.pipeline.figures import pipeline_figures, take_pipeline
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.figures import register_figures, take_register
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.matters.tally import Tally

MATTERS_COUNTED_MAX = 100_000
"""Of one procedure, while somebody waits for its figures; more are refused, never left out."""


class Counting:
    """The count of one procedure: holds what the figures are made of, and none of the matters."""

    def __init__(self, rule: AnyProcedure) -> None:
        self._rule = rule
        self._tally = Tally()
        self.matters = 0

    def take(self, matter: Matter) -> None:
        """Count one matter more; one of another aggregate, kept under the same name by an earlier
        handbook, is passed over."""
        self.matters += 1
        match self._rule, matter:
            case CampaignProcedure() as rule, Campaign():
                take_campaign(rule, self._tally, matter)
            case PipelineProcedure() as rule, Pipeline():
                take_pipeline(rule, self._tally, matter)
            case MatchProcedure() as rule, Match():
                take_match(rule, self._tally, matter)
            case RegisterProcedure() as rule, Register():
                take_register(rule, self._tally, matter)
            case GrantProcedure() as rule, Grant():
                take_grant(rule, self._tally, matter)
            case _:
                pass

    def figures(self) -> tuple[Figure, ...]:
        """Return what the matters that were counted come to."""
        match self._rule:
            case CampaignProcedure():
                return campaign_figures(self._rule, self._tally)
            case PipelineProcedure():
                return pipeline_figures(self._rule, self._tally)
            case MatchProcedure():
                return match_figures(self._rule, self._tally)
            case RegisterProcedure():
                return register_figures(self._rule, self._tally)
            case GrantProcedure():
                return grant_figures(self._rule, self._tally)


def figures_of(rule: AnyProcedure, matters: Iterable[Matter]) -> tuple[Figure, ...]:
    """Return the figures of a procedure from its matters."""
    counting = Counting(rule)
    for matter in matters:
        counting.take(matter)
    return counting.figures()
