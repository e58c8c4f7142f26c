"""What the benchmarks send: the daily mix on open issues, and one whole life of 14 commands."""

import itertools
from collections.abc import Iterator

from benchmarks.peer import Request
from domain import commands as cmd
from domain.commands import Command, Submission
from domain.issue import Resolution
from domain.people import Actor, Officer, Representative
from domain.phases import Origin, PauseReason, Priority, ResultClass

ZONE = "bench"
MILL = Representative(person="b-41", enterprise="mill")
OFFICER = Officer(person="b-01", post="officer-1")
HEAD = Officer(person="b-11", post="head-1")
DIRECTOR = Officer(person="b-21", post="director-1")

NOTE = cmd.Note(text="Called the enterprise; the papers are on their way.")
ASSIGN = cmd.Assign(handler="roads-1")
ASSIGN_OTHER = cmd.Assign(handler="roads-2")
PAUSE = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="Papers are awaited.")
RESUME = cmd.Resume(note="The papers are here.")
ESCALATE = cmd.Escalate(reason="Beyond this tier.")
DEESCALATE = cmd.Deescalate(to_tier=1, reason="The grid can do it.")
PROPOSE = cmd.ProposeResolution(
    resolution=Resolution(result=ResultClass.SOLVED, summary="The road is open again.")
)

Act = tuple[Actor, Command]

_AN_HOUR: tuple[Act, ...] = (
    (OFFICER, NOTE),
    (OFFICER, ASSIGN),
    (OFFICER, PAUSE),
    (OFFICER, RESUME),
    (OFFICER, NOTE),
)
MIX: tuple[Act, ...] = (
    *_AN_HOUR,
    *((actor, ASSIGN_OTHER if command is ASSIGN else command) for actor, command in _AN_HOUR),
    *_AN_HOUR,
    (OFFICER, NOTE),
    (OFFICER, ESCALATE),
    (HEAD, NOTE),
    (HEAD, DEESCALATE),
    *_AN_HOUR,
)
"""Five in twelve move a deadline. Of one in eight the workflow must hear: escalate, deescalate, and
the assign after it, which brings the unit back."""
MIX_ROUNDS_MAX = 5
"""A handbook allows 20 pauses of one issue, and each round has four."""
MIX_TOLD = "of 24: 10 note, 4 assign, 4 pause, 4 resume, 1 escalate, 1 deescalate"


def report(priority: Priority = Priority.ORDINARY) -> cmd.Report:
    """Return the mill's report."""
    return cmd.Report(
        enterprise="mill",
        category="LOG-1",
        title="The gate is blocked",
        text="Lorries cannot reach the gate since the road works began.",
        origin=Origin.ENTERPRISE,
        priority=priority,
    )


LIFE: tuple[Act, ...] = (
    (MILL, report()),
    (OFFICER, cmd.Accept()),
    (OFFICER, ASSIGN),
    (OFFICER, NOTE),
    (OFFICER, PAUSE),
    (OFFICER, NOTE),
    (OFFICER, RESUME),
    (OFFICER, ESCALATE),
    (HEAD, cmd.HandOver(unit="roads", reason="A matter of roads.")),
    (HEAD, NOTE),
    (MILL, NOTE),
    (HEAD, PROPOSE),
    (MILL, cmd.Confirm()),
    (DIRECTOR, cmd.Verify()),
)
OPENING = LIFE[:2]


def submissions(key: str, acts: tuple[Act, ...], *, after: int = 0) -> list[Submission]:
    """Return `acts` as they are sent to the issue `key`, numbered from `after` + 1."""
    return [
        Submission(id=f"{key}:{number}", zone=ZONE, key=key, actor=actor, command=command)
        for number, (actor, command) in enumerate(acts, start=after + 1)
    ]


def mix_for_desk(key: str) -> Iterator[Submission]:
    """Yield every round of the mix for one open issue."""
    for turn in range(MIX_ROUNDS_MAX):
        yield from submissions(key, MIX, after=len(OPENING) + turn * len(MIX))


def life_for_peer(key: str) -> list[Request]:
    """Return one whole life for the peers."""
    return [_asked(key, number, *act) for number, act in enumerate(LIFE, start=1)]


def mix_for_peer(key: str) -> Iterator[Request]:
    """Yield the same for the peer, without end."""
    acts = itertools.cycle(MIX)
    for number, (actor, command) in enumerate(acts, start=1):
        yield _asked(key, number, actor, command)


def _asked(key: str, number: int, actor: Actor, command: Command) -> Request:
    return Request(
        id=f"{key}:{number}",
        issue=key,
        actor=actor.person if isinstance(actor, Officer | Representative) else actor.kind,
        kind=command.kind,
        fields=command.model_dump(mode="json", exclude={"kind"}, exclude_none=True),
    )
