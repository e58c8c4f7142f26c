"""What may be asked of a matter of any aggregate."""

from typing import Annotated

from pydantic import Field, TypeAdapter, ValidationError

from domain.commands import COUNT_MAX, SUBMISSION_BYTES_MAX
from domain.errors import InvalidRequestError, from_validation
from domain.matters.acts import CommonAct, MatterEngineCommand
from domain.matters.campaign.commands import CampaignCommand
from domain.matters.grant.commands import GrantCommand
from domain.matters.match.commands import MatchCommand
from domain.matters.matter import MatterKey
from domain.matters.pipeline.commands import PipelineCommand
from domain.matters.register.commands import RegisterCommand
from domain.model import Code, CommandId, Frozen, Moment, is_none
from domain.people import Actor
from domain.vouching import Vouch

MatterAct = (
    CommonAct | CampaignCommand | PipelineCommand | MatchCommand | RegisterCommand | GrantCommand
)
"""What people and services may ask."""
MatterCommand = Annotated[MatterAct | MatterEngineCommand, Field(discriminator="kind")]


class MatterSubmission(Frozen):
    """A command on its way to a matter. The fields say what those of `Submission` do."""

    id: CommandId
    zone: Code
    key: MatterKey
    actor: Actor
    command: MatterCommand
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    occurred_at: Moment | None = None
    vouched: Vouch | None = Field(default=None, exclude_if=is_none)


MATTER_SUBMISSION: TypeAdapter[MatterSubmission] = TypeAdapter(MatterSubmission)


def read_matter_submission(text: str | bytes) -> MatterSubmission:
    """Return the submission that a JSON text holds, or refuse it naming field, value and bounds."""
    sent = text.encode(errors="surrogatepass") if isinstance(text, str) else text
    if len(sent) > SUBMISSION_BYTES_MAX:
        raise InvalidRequestError(
            "The request is too large.",
            field="request",
            value=f"{len(sent)} bytes",
            allowed=f"at most {SUBMISSION_BYTES_MAX} bytes",
        )
    try:
        return MATTER_SUBMISSION.validate_json(sent)
    except ValidationError as error:
        raise from_validation(error) from error
