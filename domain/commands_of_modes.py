"""What may put an issue out of its ordinary course: green channel, emergency, parking."""

from typing import Literal

from domain.model import Code, Frozen, Key, Text
from domain.phases import Priority


class OpenGreenChannel(Frozen):
    """Open the green channel for the issue: other limits, by authority and for a reason."""

    kind: Literal["open_green_channel"] = "open_green_channel"
    reason: Text


class DeclareEmergency(Frozen):
    """Declare an emergency; `incident` is shared by all issues of one event, its own key if none is
    named."""

    kind: Literal["declare_emergency"] = "declare_emergency"
    incident: Key | None = None
    reason: Text


class EnterStage(Frozen):
    """Bring the emergency to a later stage."""

    kind: Literal["enter_stage"] = "enter_stage"
    stage: Code
    reason: Text


class EndEmergency(Frozen):
    """End the emergency; the issue goes on under `priority`."""

    kind: Literal["end_emergency"] = "end_emergency"
    priority: Priority = Priority.ORDINARY
    reason: Text


class AskParking(Frozen):
    """Ask that the issue be parked (挂账): nobody here can give what it lacks."""

    kind: Literal["ask_parking"] = "ask_parking"
    reason: Text


class ProlongParking(Frozen):
    """Keep the issue parked until the next review."""

    kind: Literal["prolong_parking"] = "prolong_parking"
    reason: Text


class Unpark(Frozen):
    """Take a parked issue up again."""

    kind: Literal["unpark"] = "unpark"
    reason: Text


ModeCommand = (
    OpenGreenChannel
    | DeclareEmergency
    | EnterStage
    | EndEmergency
    | AskParking
    | ProlongParking
    | Unpark
)
