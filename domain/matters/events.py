"""What can have happened in a matter of any aggregate. Facts: never edited, never removed."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from domain.matters.acts import CommonEvent
from domain.matters.campaign.events import CampaignEvent
from domain.matters.grant.events import GrantEvent
from domain.matters.match.events import MatchEvent
from domain.matters.pipeline.events import PipelineEvent
from domain.matters.register.events import RegisterEvent

MatterEvent = Annotated[
    CommonEvent | CampaignEvent | PipelineEvent | MatchEvent | RegisterEvent | GrantEvent,
    Field(discriminator="kind"),
]
MATTER_EVENT: TypeAdapter[MatterEvent] = TypeAdapter(MatterEvent)
