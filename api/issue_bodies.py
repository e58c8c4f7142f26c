"""What is sent to report an issue or to act on one."""

from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from domain.commands import (
    COUNT_MAX,
    Report,
    SignOffCommand,
    WorkCommand,
)
from domain.commands_of_callbacks import CallbackCommand
from domain.commands_of_exclusions import ExclusionCommand
from domain.commands_of_forms import FormCommand
from domain.commands_of_kin import KinCommand
from domain.commands_of_ladder import LadderCommand
from domain.commands_of_modes import ModeCommand
from domain.commands_of_rounds import RoundCommand
from domain.commands_of_team import TeamCommand
from domain.commands_of_time import TimeCommand
from domain.forms import ApplyAsked, RectifyAsked
from domain.model import Code, CommandId, Frozen, Key, Short, Text
from domain.people import Actor, Officer, Representative, Service
from domain.personal import ContactPerson
from domain.phases import Origin, Priority
from domain.team import DecisionRef
from face.moments import Instant

AskedCommand = Annotated[
    WorkCommand
    | SignOffCommand
    | LadderCommand
    | ModeCommand
    | TimeCommand
    | TeamCommand
    | RoundCommand
    | KinCommand
    | FormCommand
    | CallbackCommand
    | ExclusionCommand,
    Field(discriminator="kind", description="What is asked, told apart by `kind`."),
]
"""Every command but the report, which makes the issue, and those that only the engine gives."""

StatedActor = Annotated[
    Officer | Representative | Service,
    Field(discriminator="kind", description="Who acts, by the word of a service that may say so."),
]


class Acted(Frozen):
    """As whom the caller acts, and when it took place. A person in one post, a representative and a
    service need say nothing."""

    post: Code | None = Field(
        default=None, description="In which of their posts a person acts.", examples=["grid-1"]
    )
    on_behalf_of: Code | None = Field(
        default=None, description="The person in that post for whom a deputy acts."
    )
    actor: StatedActor | None = None
    occurred_at: Instant | None = Field(
        default=None,
        description="When it took place, if not now: it is recorded with both.",
        examples=["2026-03-02T01:30:00Z"],
    )

    @property
    def stated(self) -> Actor | None:
        """Return who is said to act."""
        return self.actor

    @model_validator(mode="after")
    def _has_no_link(self) -> Self:
        if isinstance(self.actor, Representative) and self.actor.link is not None:
            msg = "whoever answers by a one-time link does so at /v1/answers"
            raise ValueError(msg)
        return self


class ReportAsked(Frozen):
    """What is reported."""

    enterprise: Code = Field(description="Whose issue it is.", examples=["mill"])
    category: Code = Field(examples=["road-access"])
    title: Short = Field(examples=["The gate is blocked"])
    text: Text = Field(examples=["Lorries cannot reach the gate."])
    origin: Origin = Field(description="How it became known.")
    priority: Priority = Priority.ORDINARY
    tier: Annotated[int, Field(ge=1, le=5, description="Above 1 only by an officer of it.")] = 1
    incident: Key | None = Field(default=None, description="The emergency that it belongs to.")
    report_id: Key | None = Field(
        default=None, description="Shared by the issues of one message about several problems."
    )
    rectify: RectifyAsked | None = None
    application: ApplyAsked | None = None
    contact: ContactPerson | None = Field(
        default=None, description="Whom to reach. Sealed before anything is kept of it."
    )

    @property
    def command(self) -> Report:
        """Return the command that it is."""
        return Report(**{name: getattr(self, name) for name in self.model_fields_set})


class NewIssue(Acted):
    """A report to be made an issue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "zone": "xinghe",
                    "key": "A01",
                    "report": {
                        "enterprise": "mill",
                        "category": "road-access",
                        "title": "The gate is blocked",
                        "text": "Lorries cannot reach the gate.",
                        "origin": "enterprise",
                    },
                }
            ]
        }
    )

    zone: Code = Field(description="The zone, by its code.", examples=["xinghe"])
    key: Key | None = Field(
        default=None,
        description="What the caller calls the issue. Left out, it follows from Idempotency-Key.",
        examples=["A01"],
    )
    report: ReportAsked


class CommandAsked(Acted):
    """A command to an issue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"command": {"kind": "accept"}, "expected_version": 1},
                {"command": {"kind": "note", "text": "Called the mill."}, "post": "grid-1"},
            ]
        }
    )

    id: CommandId | None = Field(
        default=None, description="The command's id, unless Idempotency-Key names it."
    )
    command: AskedCommand
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = Field(
        default=None, description="Refuse it (409) if the issue has moved on from this version."
    )
    under: DecisionRef | None = Field(
        default=None, description="The decision of a meeting that it carries out."
    )
