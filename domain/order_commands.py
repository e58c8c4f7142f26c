"""What may be asked of a supervision order. Each is judged in `decisions/orders.py`."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from domain.commands import COUNT_MAX, SUBMISSION_BYTES_MAX
from domain.errors import InvalidRequestError, from_validation
from domain.issue import Evidence, Hash
from domain.model import Code, CommandId, Frozen, Key, Moment, Text, is_none
from domain.order_words import Ruling
from domain.orders import ISSUES_MAX, OrderGround
from domain.people import Actor
from domain.vouching import Vouch

Version = Annotated[int, Field(ge=1, le=COUNT_MAX)]


class IssueOrder(Frozen):
    """Put a question about some issues to a unit, with an instrument of the handbook's."""

    kind: Literal["issue_order"] = "issue_order"
    instrument: Code
    unit: Code
    ground: OrderGround
    issues: Annotated[tuple[Key, ...], Field(min_length=1, max_length=ISSUES_MAX)]
    question: Text


class ReplyToOrder(Frozen):
    """Answer for the target unit."""

    kind: Literal["reply_to_order"] = "reply_to_order"
    text: Text
    evidence: Annotated[tuple[Evidence, ...], Field(max_length=20)] = ()


class AcceptReply(Frozen):
    """Be content with the reply: the order is settled."""

    kind: Literal["accept_reply"] = "accept_reply"
    note: Text | None = None


class RefuseReply(Frozen):
    """Ask for another reply, within a fresh limit."""

    kind: Literal["refuse_reply"] = "refuse_reply"
    reason: Text


class LiftOrder(Frozen):
    """Take the order back."""

    kind: Literal["lift_order"] = "lift_order"
    reason: Text


class RaiseOrder(Frozen):
    """Go on with a stronger instrument, one further down the handbook's list."""

    kind: Literal["raise_order"] = "raise_order"
    to: Code
    reason: Text


class AppealOrder(Frozen):
    """Object to a fact: the event of this version; without one, the newest that may be appealed."""

    kind: Literal["appeal_order"] = "appeal_order"
    version: Version | None = None
    reason: Text


class RuleAppeal(Frozen):
    """Rule on an appeal; without a version, on the one that waits."""

    kind: Literal["rule_appeal"] = "rule_appeal"
    version: Version | None = None
    ruling: Ruling
    reason: Text


class RingOrder(Frozen):
    """The engine says that a threshold has passed. What no longer stands yields nothing."""

    kind: Literal["ring_order"] = "ring_order"
    cycle: Version
    rung: Code


class AdoptOrderTerms(Frozen):
    """The engine says that the zone is judged by other terms by now."""

    kind: Literal["adopt_order_terms"] = "adopt_order_terms"
    terms: Hash


OrderAct = (
    ReplyToOrder | AcceptReply | RefuseReply | LiftOrder | RaiseOrder | AppealOrder | RuleAppeal
)
OrderEngineCommand = RingOrder | AdoptOrderTerms
OrderCommand = Annotated[IssueOrder | OrderAct | OrderEngineCommand, Field(discriminator="kind")]


class OrderSubmission(Frozen):
    """A command on its way to an order. The fields say what those of `Submission` do."""

    id: CommandId
    zone: Code
    key: Key
    actor: Actor
    command: OrderCommand
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = None
    occurred_at: Moment | None = None
    vouched: Vouch | None = Field(default=None, exclude_if=is_none)


ORDER_SUBMISSION: TypeAdapter[OrderSubmission] = TypeAdapter(OrderSubmission)


def read_order_submission(text: str | bytes) -> OrderSubmission:
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
        return ORDER_SUBMISSION.validate_json(sent)
    except ValidationError as error:
        raise from_validation(error) from error
