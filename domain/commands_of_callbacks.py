"""What may be asked of a closed issue whose enterprise is called back (R8.5)."""

from typing import Annotated, Literal

from pydantic import Field

from domain.model import Frozen, Key, Short, Text, is_none
from domain.personal import Said
from domain.phases import CallbackAnswer


class RecordDraw(Frozen):
    """The engine notes that the issue came up in a draw."""

    kind: Literal["record_draw"] = "record_draw"
    draw: Key
    lot: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RecordCallback(Frozen):
    """Record what the enterprise said when it was called back. Not by whoever had a hand in the
    issue's result. `reopen`: its disagreement takes the issue up again."""

    kind: Literal["record_callback"] = "record_callback"
    draw: Key
    answer: CallbackAnswer
    note: Text | None = None
    recording: Short | None = None
    satisfaction: Annotated[int, Field(ge=1, le=5)] | None = None
    reopen: bool = False
    personal: Said | None = Field(default=None, exclude_if=is_none)


CallbackCommand = RecordCallback
