"""A matter of any aggregate."""

from typing import Annotated

from pydantic import Field, TypeAdapter

from domain.matters.campaign.state import Campaign
from domain.matters.grant.state import Grant
from domain.matters.match.state import Match
from domain.matters.pipeline.state import Pipeline
from domain.matters.register.state import Register

Matter = Annotated[Campaign | Pipeline | Match | Register | Grant, Field(discriminator="aggregate")]
MATTER: TypeAdapter[Matter] = TypeAdapter(Matter)
