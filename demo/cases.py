"""The traced cases of the five sources: what each states, and the commands that play it out."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, ValidationError, model_validator

from domain.commands import Command, Confirm, MarkUnreachable, Reject, SendBack, Verify
from domain.commands_of_forms import Inspect
from domain.model import Code, Frozen, Key, Name, Short, Text
from domain.people import Actor
from domain.phases import Outcome, Phase, SignOffOutcome

FOLDER = Path(__file__).with_suffix("")
PAPERS = FOLDER / "papers"
PAPER_MEDIA = "text/plain"
ASSUMED = "assumed"
SOURCE_PATTERN = re.compile(r"00[0-4]:\d+(-\d+)?")
SIGN_OFF_ACTS = (Confirm, Reject, MarkUnreachable, Verify, SendBack, Inspect)
"""No source says who signs off (domain finding 2): a step with one of these is ours."""


class CaseError(ValueError):
    """A case file cannot be read; the message names the file."""


class Source(Frozen):
    """Where a case is told: a file of the seeds and its lines, such as `9-13` or `44-46, 56`."""

    file: Short
    lines: Annotated[str, Field(pattern=r"^\d+(-\d+)?(, \d+(-\d+)?)*$")]


class Elapsed(Frozen):
    """How long the source says it took. An observation, never a limit."""

    value: Annotated[int, Field(ge=1)]
    unit: Literal["hour", "day"]
    comparator: Literal["exactly", "less_than"] = "exactly"


class Paper(Frozen):
    """A stand-in for a paper, given as evidence: no source holds any. `source` is the line that
    names the paper, or `assumed`."""

    file: Annotated[str, Field(pattern=r"^A\d\d-[a-z-]+\.txt$")]
    source: Annotated[str, Field(pattern=rf"^({SOURCE_PATTERN.pattern}|{ASSUMED})$")]

    def evidence(self) -> dict[str, object]:
        """Return what is known of the file itself."""
        content = (PAPERS / self.file).read_bytes()
        return {
            "reference": f"demo/cases/papers/{self.file}",
            "sha256": hashlib.sha256(content).hexdigest(),
            "size": len(content),
            "media_type": PAPER_MEDIA,
        }


def require_told(source: str, command: object, *, assumed: bool) -> None:
    """Raise ValueError unless a step says honestly where it comes from: a line, or assumed."""
    if assumed != (source == ASSUMED):
        raise ValueError(f"assumed = {assumed} does not go with source {source!r}")
    if not assumed and SOURCE_PATTERN.fullmatch(source) is None:
        raise ValueError(f"source {source!r}: allowed is a line such as 000:17, or assumed")
    if isinstance(command, SIGN_OFF_ACTS) and not assumed:
        raise ValueError(f"{command.kind}: no source says who signs off")


class Step(Frozen):
    """One act: who asks for what. `source` is a line of the seeds (`000:17`), or `assumed`.

    `papers` are the evidence of the command: of the resolution, if it proposes one.
    """

    by: Actor
    command: Command
    source: Short
    assumed: bool = False
    note: Text | None = None
    papers: tuple[Paper, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _hands_its_papers_in(cls, given: Any) -> Any:
        if not isinstance(given, dict) or not given.get("papers"):
            return given
        evidence = [Paper.model_validate(paper).evidence() for paper in given["papers"]]
        command = given["command"]
        if "resolution" in command:
            command = command | {"resolution": command["resolution"] | {"evidence": evidence}}
        else:
            command = command | {"evidence": evidence}
        return given | {"command": command}

    @model_validator(mode="after")
    def _says_where_it_comes_from(self) -> Self:
        require_told(self.source, self.command, assumed=self.assumed)
        return self


class Expect(Frozen):
    """Where a case ends. `assumed`: the source does not tell the end. `follow_up` is the key of the
    issue that follows a partial result, and is still to be accepted.

    Who signed off is told nowhere; the steps say so, one by one.
    """

    phase: Phase
    outcome: Outcome | None = None
    sign_off: SignOffOutcome | None = None
    tier_reached: Annotated[int, Field(ge=1, le=5)]
    assumed: bool
    follow_up: Key | None = None


class Case(Frozen):
    """One issue of one case. Issues that came with the same report share `report`."""

    id: Code
    report: Code
    zone: Code
    key: Code
    title: Name
    source: Source
    enterprise: Code
    category: Code
    problem: Text
    elapsed: Elapsed | None = None
    figures: dict[Code, int] = Field(default_factory=dict)
    """What the source counts, unit in the name; `_over`, `_under` and `_nearly` as it says."""
    not_stated: Annotated[tuple[Short, ...], Field(min_length=1)]
    expect: Expect
    steps: Annotated[tuple[Step, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _begins_with_its_own_report(self) -> Self:
        first = self.steps[0].command
        if first.kind != "report":
            raise ValueError(f"steps: the first is {first.kind}, allowed is report")
        told = (first.enterprise, first.category)
        if told != (self.enterprise, self.category):
            raise ValueError(f"steps: reports {told}, the case is {self.enterprise, self.category}")
        return self


def read_cases() -> tuple[Case, ...]:
    """Return the cases in order, one for each issue; raises CaseError."""
    return tuple(case for file in sorted(FOLDER.glob("A*.toml")) for case in _cases_in(file))


def _cases_in(file: Path) -> list[Case]:
    """Read one file. Where it holds several `issues`, what stands above them is common to all."""
    try:
        common = tomllib.loads(file.read_text(encoding="utf-8"))
        issues = common.pop("issues", [{}])
        return [Case.model_validate({"report": file.stem, **common, **own}) for own in issues]
    except (tomllib.TOMLDecodeError, ValidationError, OSError) as error:
        raise CaseError(f"{file.name}: {error}") from error
