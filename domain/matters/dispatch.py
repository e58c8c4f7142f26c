"""To which aggregate a command, or an instant that passed, belongs."""

from domain.errors import InvalidRequestError
from domain.matters.acts import OpeningCommand
from domain.matters.campaign import decide as campaigns
from domain.matters.campaign.commands import CampaignCommand, OpenCampaign
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign
from domain.matters.commands import MatterCommand
from domain.matters.draft import MatterDraft, pass_due
from domain.matters.grant import decide as grants
from domain.matters.grant.commands import GrantCommand, OpenGrant
from domain.matters.grant.rules import GrantProcedure
from domain.matters.grant.state import Grant
from domain.matters.match import decide as matches
from domain.matters.match.commands import MatchCommand, OpenMatch
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match
from domain.matters.matter import Due
from domain.matters.pipeline import decide as pipelines
from domain.matters.pipeline.commands import OpenPipeline, PipelineCommand
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.register import decide as registers
from domain.matters.register.commands import OpenRegister, RegisterCommand
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter


def open_own(draft: MatterDraft, command: OpeningCommand, rule: AnyProcedure) -> None:
    """Open a matter of the procedure's aggregate; that the command is of it has been checked."""
    match command, rule:
        case OpenCampaign(), CampaignProcedure():
            campaigns.open_campaign(draft, command, rule)
        case OpenPipeline(), PipelineProcedure():
            pipelines.open_pipeline(draft, command, rule)
        case OpenMatch(), MatchProcedure():
            matches.open_match(draft, command, rule)
        case OpenRegister(), RegisterProcedure():
            registers.open_register(draft, command, rule)
        case OpenGrant(), GrantProcedure():
            grants.open_grant(draft, command, rule)
        case _:
            msg = f"{command!r} opens nothing of {rule.id}"
            raise TypeError(msg)


def act(draft: MatterDraft, command: MatterCommand) -> None:
    """Carry out a command of the matter's own aggregate, or refuse one of another."""
    match draft.matter, draft.rule:
        case Campaign() as state, CampaignProcedure() as rule if isinstance(
            command, CampaignCommand
        ):
            campaigns.act_on_campaign(draft, state, command, rule)
        case Pipeline() as state, PipelineProcedure() as rule if isinstance(
            command, PipelineCommand
        ):
            pipelines.act_on_pipeline(draft, state, command, rule)
        case Match() as state, MatchProcedure() as rule if isinstance(command, MatchCommand):
            matches.act_on_match(draft, state, command, rule)
        case Register() as state, RegisterProcedure() as rule if isinstance(
            command, RegisterCommand
        ):
            registers.act_on_register(draft, state, command, rule)
        case Grant() as state, GrantProcedure() as rule if isinstance(command, GrantCommand):
            grants.act_on_grant(draft, state, command, rule)
        case _:
            raise InvalidRequestError(
                "This is not a command to such a matter.",
                field="command.kind",
                value=command.kind,
                allowed=f"a command to a {draft.matter.aggregate}",
            )


def fire(draft: MatterDraft, due: Due) -> None:
    """Let an instant pass: whoever has to hear of it is told, and the aggregate does the rest."""
    match draft.matter, draft.rule:
        case Campaign() as state, CampaignProcedure() as rule:
            by, whose = campaigns.due_rule_in_campaign(state, due, rule)
            passed = pass_due(draft, due, by, whose)
            campaigns.passed_in_campaign(draft, state, passed, rule)
        case Pipeline() as state, PipelineProcedure() as rule:
            by, whose = pipelines.due_rule_in_pipeline(state, due, rule)
            passed = pass_due(draft, due, by, whose)
            pipelines.passed_in_pipeline(draft, state, passed, rule)
        case Match() as state, MatchProcedure() as rule:
            by, whose = matches.due_rule_in_match(state, due, rule)
            passed = pass_due(draft, due, by, whose)
            matches.passed_in_match(draft, state, passed, rule)
        case Register() as state, RegisterProcedure() as rule:
            by, whose = registers.due_rule_in_register(state, due, rule)
            passed = pass_due(draft, due, by, whose)
            registers.passed_in_register(draft, state, passed, rule)
        case Grant() as state, GrantProcedure() as rule:
            by, whose = grants.due_rule_in_grant(state, due, rule)
            passed = pass_due(draft, due, by, whose)
            grants.passed_in_grant(draft, state, passed, rule)
        case matter, rule:
            raise TypeError(mismatch(matter, rule))


def require_closable(matter: Matter, rule: AnyProcedure) -> None:
    """Refuse to close what is not finished."""
    match matter, rule:
        case Campaign(), CampaignProcedure():
            campaigns.require_campaign_closable(matter, rule)
        case Pipeline(), PipelineProcedure():
            pipelines.require_pipeline_closable(matter, rule)
        case Match(), MatchProcedure():
            matches.require_match_closable(matter, rule)
        case Register(), RegisterProcedure():
            registers.require_register_closable(matter, rule)
        case Grant(), GrantProcedure():
            grants.require_grant_closable(matter, rule)
        case _:
            raise TypeError(mismatch(matter, rule))


def require_fits(matter: Matter, rule: AnyProcedure) -> None:
    """Refuse terms whose procedure lacks what the matter stands on, or keeps something else."""
    match matter, rule:
        case Campaign(), CampaignProcedure():
            campaigns.require_campaign_fits(matter, rule)
        case Pipeline(), PipelineProcedure():
            pipelines.require_pipeline_fits(matter, rule)
        case Match(), MatchProcedure():
            matches.require_match_fits(matter, rule)
        case Register(), RegisterProcedure():
            registers.require_register_fits(matter, rule)
        case Grant(), GrantProcedure():
            grants.require_grant_fits(matter, rule)
        case _:
            raise InvalidRequestError(
                "The procedure keeps matters of another kind by now.",
                field="procedure",
                value=rule.id,
            )


def mismatch(matter: Matter, rule: AnyProcedure) -> str:
    """Return what to say of a matter whose procedure is of another aggregate: a bug."""
    return f"{matter.stream} is a {matter.aggregate}, its procedure {rule.id} is not"
