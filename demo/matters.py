"""Act 2's matters: what a source tells of beside issues, each step at its instant."""

import tomllib
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, NaiveDatetime, ValidationError, model_validator

from demo.cases import CaseError, Source, require_told
from demo.stories import End
from domain.commands import Command
from domain.matters.commands import MatterAct
from domain.matters.words import MatterStanding
from domain.model import Code, Frozen, Key, Name, Short, Text
from domain.people import Actor

FOLDER = Path(__file__).with_suffix("")


class MatterStep(Frozen):
    """One act in a matter, or in an issue that a matter opened, at an instant of the zone's local
    time. `source` is a line of the seeds (`004:62`), or `assumed`; the instants are all ours."""

    at: NaiveDatetime
    key: Key
    by: Actor
    command: Annotated[MatterAct | Command, Field(discriminator="kind")]
    source: Short
    assumed: bool = False
    note: Text | None = None

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> Self:
        require_told(self.source, self.command, assumed=self.assumed)
        return self


class MatterEnd(Frozen):
    """Where a matter ends. `figures` are those that it comes to, as people read them; `rang` are
    the clocks that fell due in it, in order; `told` says of what kind of event who was told."""

    key: Key
    standing: MatterStanding
    figures: Annotated[dict[Code, Short], Field(min_length=1)]
    rang: tuple[Code, ...] = ()
    told: tuple[Short, ...] = ()


class IssueEnd(End):
    """Where an issue ends that a matter opened."""

    key: Key


class MatterStory(Frozen):
    """Matters of one source and the issues that they opened, played on the virtual clock until
    `until`, local time."""

    id: Code
    zone: Code
    title: Name
    source: Source
    until: NaiveDatetime
    not_stated: Annotated[tuple[Short, ...], Field(min_length=1)]
    matters: Annotated[tuple[MatterEnd, ...], Field(min_length=1)]
    issues: tuple[IssueEnd, ...]
    steps: Annotated[tuple[MatterStep, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _goes_forward_to_ends_that_are_told(self) -> Self:
        instants = [*(step.at for step in self.steps), self.until]
        if any(later < earlier for earlier, later in pairwise(instants)):
            raise ValueError("steps: one is earlier than that before it, or later than `until`")
        ends = {end.key for end in self.matters} | {end.key for end in self.issues}
        if ends != {step.key for step in self.steps}:
            raise ValueError(
                "steps: they are of other matters and issues than the ends are told of"
            )
        return self

    @property
    def issue_streams(self) -> list[tuple[str, str]]:
        """Return zone and key of each issue."""
        return [(self.zone, end.key) for end in self.issues]

    @property
    def matter_streams(self) -> list[tuple[str, str]]:
        """Return zone and key of each matter."""
        return [(self.zone, end.key) for end in self.matters]

    def is_of_matter(self, step: MatterStep) -> bool:
        """Return whether a step is one in a matter."""
        return any(end.key == step.key for end in self.matters)


def read_matter_stories() -> tuple[MatterStory, ...]:
    """Return the stories in order; raises CaseError naming the file."""
    return tuple(_read(file) for file in sorted(FOLDER.glob("M*.toml")))


def _read(file: Path) -> MatterStory:
    try:
        return MatterStory.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CaseError(f"{file.name}: {error}") from error
