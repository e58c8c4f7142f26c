"""What a drill sends, lives of issues in a zone whose clocks ring all the time, and comes to."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from temporalio.client import Client

from desk.second_door import send_through_workflow
from domain.commands import (
    Accept,
    Command,
    Confirm,
    Note,
    ProposeResolution,
    Report,
    Submission,
    Verify,
)
from domain.issue import Resolution, stream_name
from domain.people import Actor, Officer, Representative
from domain.phases import Origin, ResultClass
from domain.view import CommandResult

if TYPE_CHECKING:
    from desk.desk import Desk

ZONE: Final = "drill"
OFFICER: Final = Officer(person="drill-p01", post="drill-officer")
HEAD: Final = Officer(person="drill-p11", post="drill-head")
FIRM: Final = Representative(person="drill-firm-r01", enterprise="drill-firm")
TIME_TO_ANSWER: Final = timedelta(seconds=60)
NEW_SHARE: Final = 4
"""One issue in so many is reported only after the backup."""


@dataclass(frozen=True, slots=True)
class Drilled:
    """What a drill came to. `before` and `after` the backup so many commands were acknowledged;
    `named` of the latter the report names by id, `unnamed` counts the changes without one.

    `rpo_s`: from the instant of the backup's snapshot to the last acknowledgement before the loss.
    `rto_s`: from the beginning of the restore until every open issue's clock rang again.
    """

    issues: int
    before: int
    after: int
    named: int
    unnamed: int
    rungs: int
    rpo_s: float
    rto_s: float
    backup_s: float
    backup_bytes: int
    restore_s: dict[str, float]
    cores: int
    findings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A command and the door that it goes by, 1 or 2."""

    submission: Submission
    door: int

    @property
    def stream(self) -> str:
        """Return the stream that it is for."""
        return stream_name(self.submission.zone, self.submission.key)


def before(issues: int) -> Iterator[Sent]:
    """Yield what comes before the backup: every issue is reported, and noted."""
    for number in range(issues):
        key = f"old-{number}"
        yield Sent(_report(key), 1 + number % 2)
        yield Sent(_note(key, "before"), 2 - number % 2)


def after(issues: int) -> Iterator[Sent]:
    """Yield what comes after it: one issue is closed out, half are accepted, others are noted, and
    new ones are reported."""
    for number, step in enumerate(_to_the_end("old-0")):
        yield Sent(step, 1 + number % 2)
    for number in range(1, issues):
        key = f"old-{number}"
        if number % 2:
            yield Sent(_sent(key, "accept", OFFICER, Accept()), 1 + number // 2 % 2)
        yield Sent(_note(key, "after"), 1 + number % 2)
    for number in range(max(1, issues // NEW_SHARE)):
        yield Sent(_report(f"new-{number}"), 1 + number % 2)


def _to_the_end(key: str) -> Iterator[Submission]:
    solved = Resolution(result=ResultClass.SOLVED, summary="Supplies have arrived.")
    yield _sent(key, "accept", OFFICER, Accept())
    yield _sent(key, "propose", OFFICER, ProposeResolution(resolution=solved))
    yield _sent(key, "confirm", FIRM, Confirm())
    yield _sent(key, "verify", HEAD, Verify())


def _report(key: str) -> Submission:
    command = Report(
        enterprise="drill-firm",
        category="MAT-1",
        title=f"Supplies are short ({key})",
        text="A drill.",
        origin=Origin.ENTERPRISE,
    )
    return _sent(key, "report", FIRM, command)


def _note(key: str, when: str) -> Submission:
    return _sent(key, f"note-{when}", OFFICER, Note(text=f"Noted {when} the backup."))


def _sent(key: str, name: str, actor: Actor, command: Command) -> Submission:
    return Submission(id=f"{name}:{key}", zone=ZONE, key=key, actor=actor, command=command)


def lay_handbook(folder: Path) -> Path:
    """Lay the drill's zone into a folder of handbooks and return it."""
    zone = folder / ZONE
    zone.mkdir(parents=True)
    shutil.copy(Path(__file__).parent / "drills" / "organisation.toml", zone)
    return folder


@dataclass
class Caller:
    """Whoever sends, and keeps what was answered by the id of the command."""

    desk: "Desk"
    client: Client
    told: dict[str, CommandResult] = field(default_factory=dict)

    async def send(self, sent: Sent) -> CommandResult:
        """Send a command and keep the first answer. Raises what either door does."""
        if sent.door == 1:
            result = await self.desk.carry_out(sent.submission)
        else:
            result = await send_through_workflow(
                self.client, sent.submission, within=TIME_TO_ANSWER
            )
        self.told.setdefault(sent.submission.id, result)
        return result
