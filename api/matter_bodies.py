"""What routes of matters are sent, and what they answer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from api.issue_bodies import Acted
from domain.commands import COUNT_MAX
from domain.matters.commands import MatterAct
from domain.matters.figures import Figure
from domain.matters.rules import AnyProcedure, aggregate_of
from domain.matters.state import Matter
from domain.matters.values import FieldRule, Value
from domain.matters.who import Who
from domain.matters.words import Aggregate, MatterStanding, Tying
from domain.model import Code, CommandId, Moment, Name
from domain.view import CommandResult
from face.matter_facts import MatterFact
from face.matters import next_due_told, plain_told, stage_told
from face.procedures import fact_name, figure_said, may_in
from face.words import Language


class MatterCommandAsked(Acted):
    """A command to a matter; one that opens a matter makes it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "command": {
                        "kind": "record_step",
                        "enterprise": "mill",
                        "step": "visited",
                        "problems": [
                            {
                                "category": "road-access",
                                "title": "The gate is blocked",
                                "text": "Lorries cannot reach the gate.",
                            }
                        ],
                    }
                }
            ]
        }
    )

    id: CommandId | None = Field(
        default=None, description="The command's id; the same as Idempotency-Key if both are given."
    )
    command: Annotated[
        MatterAct,
        Field(discriminator="kind", description="What is asked, told apart by `kind`."),
    ]
    expected_version: Annotated[int, Field(ge=0, le=COUNT_MAX)] | None = Field(
        default=None, description="The version that the matter has to stand at; or If-Match."
    )


class RowsTold(BaseModel):
    """Who may act, at one place of a procedure such as `steps.visited.by`. Where a place has no
    rows, who runs the procedure may."""

    place: str = Field(examples=["steps.visited.by"])
    rows: list[Who]
    said: list[str] = Field(examples=[["tier 1", "the enterprise itself"]])


class ProcedureTold(BaseModel):
    """A procedure of the handbook in force. `label` is its name in the caller's language."""

    id: Code
    name: Name
    label: str
    aggregate: Aggregate
    source: str | None
    asks: list[FieldRule] = Field(description="What a new matter has to say, in `details`.")
    may: list[RowsTold]


class ProcedureInFull(ProcedureTold):
    """A procedure with all that the handbook says of it."""

    revision: int = Field(description="Of the handbook.")
    rule: dict[str, JsonValue]


class Procedures(BaseModel):
    """The procedures of a zone, aggregate after aggregate."""

    zone: Code
    revision: int = Field(description="Of the handbook.")
    procedures: list[ProcedureTold]


class FigureCounted(BaseModel):
    """A figure. A rate has a `whole`, and only then is one; `part` null: the sources name it and do
    not state it. `derived`: worked out from what was stated. `said` is all that in words."""

    id: str
    name: Name
    label: str
    part: Value | None
    whole: Value | None
    derived: bool
    of: str | None
    note: str | None = Field(
        description="What has to be known beside it, in the caller's language."
    )
    said: str = Field(examples=["20 / 87 (22.98%)", "not stated"])


class ProcedureFigures(BaseModel):
    """What the matters of a procedure come to, counted now: every one of them, as it stood at
    `position`. Of more than 100,000 nothing is told but `too_many_matters`."""

    zone: Code
    procedure: Code
    revision: int = Field(description="Of the handbook that says what is counted.")
    at: Moment
    position: int
    matters: int
    figures: list[FigureCounted]


class TieTold(BaseModel):
    """An issue that hangs together with a matter, and how."""

    issue: str
    tying: Tying


class MatterNamed(BaseModel):
    """A matter as a list names it."""

    zone: Code
    key: str
    version: int
    aggregate: Aggregate
    procedure: Code
    title: str
    post: Code
    standing: MatterStanding
    stage: str | None
    opened_at: Moment
    changed_at: Moment
    closed_at: Moment | None
    next_due_at: Moment | None


class MatterTold(MatterNamed):
    """A matter. `matter` is all that its facts have made of it, by its aggregate; an enterprise is
    told its own lines alone, and no sums over others."""

    issues: list[TieTold]
    matter: dict[str, JsonValue]


class MattersTold(BaseModel):
    """A page of matters by key; `after` asks for the next one."""

    matters: list[MatterNamed]
    after: str | None


class MatterOutcome(BaseModel):
    """What a command came to, and the matter after it."""

    result: CommandResult
    matter: MatterTold | None = Field(
        description="How it stands now; null where a repeat is answered to somebody who does not "
        "see the matter any more."
    )


class FactTold(BaseModel):
    """A fact of a matter. `event` is what it says; `command_id` and `hash` are null where it is not
    told as it was written."""

    version: int
    position: int
    at: Moment
    occurred_at: Moment | None
    kind: str = Field(examples=["step_recorded"])
    title: Name
    label: str
    actor: dict[str, JsonValue]
    command_id: str | None
    hash: str | None
    event: dict[str, JsonValue]


class MatterTimeline(BaseModel):
    """Facts in order; `next` is the version to go on after, null at the end."""

    zone: Code
    key: str
    position: int
    facts: list[FactTold]
    next: int | None


def procedure_told(rule: AnyProcedure, language: Language) -> ProcedureTold:
    """Return a procedure as it is told."""
    return ProcedureTold(
        id=rule.id,
        name=rule.name,
        label=_label(rule.name, language),
        aggregate=aggregate_of(rule),
        source=rule.source,
        asks=list(rule.asks),
        may=[
            RowsTold(place=place, rows=list(rows), said=[str(row) for row in rows])
            for place, rows in may_in(rule)
        ],
    )


def figure_counted(figure: Figure, language: Language) -> FigureCounted:
    """Return a figure as it is told."""
    return FigureCounted(
        id=figure.id,
        name=figure.name,
        label=_label(figure.name, language),
        part=figure.part,
        whole=figure.whole,
        derived=figure.derived,
        of=figure.of,
        note=None if figure.note is None else _label(figure.note, language),
        said=figure_said(figure, language),
    )


def matter_named(whole: Matter, told: Matter) -> MatterNamed:
    """Return a matter as a list names it, where `told` is told of it."""
    return MatterNamed.model_validate(_head(whole, told))


def matter_in_full(whole: Matter, told: Matter, enterprise: str | None) -> MatterTold:
    """Return a matter, where `told` is told of it; to which enterprise, None: to an office."""
    ties = [{"issue": tie.issue, "tying": tie.tying} for tie in told.ties]
    plain = plain_told(told, enterprise)
    return MatterTold.model_validate({**_head(whole, told), "issues": ties, "matter": plain})


def fact_told(fact: MatterFact, position: int, language: Language) -> FactTold:
    """Return a fact as it is told."""
    record = fact.record
    title = fact_name(record.kind)
    return FactTold(
        version=fact.version,
        position=position,
        at=record.at,
        occurred_at=record.occurred_at,
        kind=record.kind,
        title=title,
        label=_label(title, language),
        actor=fact.by,
        command_id=fact.command_id,
        hash=fact.hash,
        event=fact.event,
    )


def _head(whole: Matter, told: Matter) -> dict[str, object]:
    names = ("zone", "key", "version", "aggregate", "procedure", "title", "post", "standing")
    moments = ("opened_at", "changed_at", "closed_at")
    return {name: getattr(told, name) for name in (*names, *moments)} | {
        "stage": stage_told(whole, told),
        "next_due_at": next_due_told(whole, told),
    }


def _label(name: Name, language: Language) -> str:
    return name.zh if language == "zh" else name.en
