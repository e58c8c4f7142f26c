"""What can have happened to a closed issue when its enterprise was called back (R8.5)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.happening import Happened
from domain.model import Code, Key, Short, Text, is_none, is_unset
from domain.personal import Sealed
from domain.phases import CallbackAnswer, SignOffOutcome


class CallbackDrawn(Happened):
    """The issue came up in a recorded draw. `lot` is its number in it: the lowest are drawn.

    Of the close-out that it was drawn for: whose `hands` were in it, none of whom calls back, and
    the `sign_off` that the enterprise may dispute.
    """

    kind: Literal["callback_drawn"] = "callback_drawn"
    draw: Key
    lot: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    hands: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    sign_off: SignOffOutcome | None = Field(default=None, exclude_if=is_none)


class CallbackAnswered(Happened):
    """What the enterprise said when it was called back."""

    kind: Literal["callback_answered"] = "callback_answered"
    draw: Key
    answer: CallbackAnswer
    note: Text | None = Field(default=None, exclude_if=is_none)
    recording: Short | None = Field(default=None, exclude_if=is_none)
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = Field(default=None, exclude_if=is_none)
    personal: Sealed | None = Field(default=None, exclude_if=is_none)


class SignOffDisputed(Happened):
    """The enterprise disagrees with what its sign-off says."""

    kind: Literal["sign_off_disputed"] = "sign_off_disputed"
    draw: Key
    sign_off: SignOffOutcome


CallbackEvent = CallbackDrawn | CallbackAnswered | SignOffDisputed
