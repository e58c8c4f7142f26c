"""Act 2's stories: invented issues on the real calendar of 2020, every step at its instant."""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated

from pydantic import Field, NaiveDatetime, ValidationError

from demo.cases import CaseError
from domain.commands import Command
from domain.model import Code, Frozen, Name
from domain.people import Actor
from domain.phases import Outcome, Phase, SignOffOutcome

FOLDER = Path(__file__).with_suffix("")


class TimedStep(Frozen):
    """One act, at an instant of the zone's local time."""

    at: NaiveDatetime
    by: Actor
    command: Command


class End(Frozen):
    """Where a story ends."""

    phase: Phase
    outcome: Outcome | None = None
    sign_off: SignOffOutcome | None = None
    tier_reached: Annotated[int, Field(ge=1, le=5)]
    late_parts: tuple[Code, ...] = ()
    rejections: int = 0


class Story(Frozen):
    """One issue that is played on the virtual clock until `until`, local time."""

    id: Code
    zone: Code
    key: Code
    title: Name
    enterprise: Code
    until: NaiveDatetime
    expect: End
    steps: Annotated[tuple[TimedStep, ...], Field(min_length=1)]


def read_stories() -> tuple[Story, ...]:
    """Return the stories in order; raises CaseError naming the file."""
    return tuple(_read(file) for file in sorted(FOLDER.glob("S*.toml")))


def in_order(stories: tuple[Story, ...]) -> list[tuple[datetime, Story, int, TimedStep]]:
    """Return every step of every story in the order of the clock; instants are local and naive."""
    steps = [
        (step.at, story, number, step)
        for story in stories
        for number, step in enumerate(story.steps, start=1)
    ]
    return sorted(steps, key=lambda entry: (entry[0], entry[1].id, entry[2]))


def _read(file: Path) -> Story:
    try:
        return Story.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise CaseError(f"{file.name}: {error}") from error
