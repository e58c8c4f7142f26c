"""The zone that chaos runs in: its clocks tick in parts of a second, its people are few."""

from pathlib import Path
from typing import Final

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
from domain.issue import Resolution
from domain.people import Actor, Officer, Representative
from domain.phases import Origin, ResultClass

ZONE: Final = "chaos"
OFFICER: Final = Officer(person="chaos-p01", post="chaos-officer")
HEAD: Final = Officer(person="chaos-p11", post="chaos-head")
FIRM: Final = Representative(person="chaos-firm-r01", enterprise="chaos-firm")

CLOCKS: Final = ("pulse", "loop")
"""`pulse` fires 0.6, 1.2, 2.4, 4.2, 6, 9, 12, 18 and 30 s after the report, each with a notice;
`loop` puts the issue to review 1.8 s after it began, and begins anew with that."""

HANDBOOK: Final = """
name = { zh = "试验园区", en = "Trial park" }
revision = 1
calendar = "round-the-clock"

[tiers]
officer = { level = 1, name = { zh = "网格员", en = "Officer" } }
head = { level = 2, name = { zh = "片区负责人", en = "Head" } }
director = { level = 3, name = { zh = "网格长", en = "Director" } }

[areas]
chaos-area = { name = { zh = "片区", en = "Area" } }

[grids]
chaos-grid = { name = { zh = "网格", en = "Grid" }, area = "chaos-area" }

[enterprises]
chaos-firm = { name = { zh = "试验企业", en = "Trial firm" }, grid = "chaos-grid" }

[posts.chaos-officer]
name = { zh = "网格员", en = "Officer" }
covers = "chaos-grid"
tier = 1
people = ["chaos-p01"]

[posts.chaos-head]
name = { zh = "片区负责人", en = "Head" }
covers = "chaos-area"
tier = 2
people = ["chaos-p11"]

[posts.chaos-director]
name = { zh = "网格长", en = "Director" }
covers = "chaos"
tier = 3
people = ["chaos-p21", "chaos-p22"]

[notices.overdue]
on = "rung_fired"
to = ["owner"]
clocks = ["pulse"]

[clocks.pulse]
name = { zh = "脉冲", en = "Pulse" }
start = [{ events = ["issue_reported"] }]
stop = [{ phases = ["closed", "parked"] }]
budgets = [{ duration = { kind = "wall", minutes = 1 } }]
rungs = [
  { id = "r01", percent = 1, effect = "record" },
  { id = "r02", percent = 2, effect = "record" },
  { id = "r04", percent = 4, effect = "record" },
  { id = "r07", percent = 7, effect = "record" },
  { id = "r10", percent = 10, effect = "record" },
  { id = "r15", percent = 15, effect = "record" },
  { id = "r20", percent = 20, effect = "record" },
  { id = "r30", percent = 30, effect = "record" },
  { id = "r50", percent = 50, effect = "record" },
  { id = "due", percent = 100, effect = "record" },
]

[clocks.loop]
name = { zh = "循环", en = "Loop" }
start = [{ events = ["issue_reported"] }]
reset = [{ events = ["issue_put_to_review"] }]
stop = [{ phases = ["closed"] }]
budgets = [{ duration = { kind = "wall", minutes = 1 } }]
rungs = [
  { id = "again", percent = 3, effect = "review" },
  { id = "due", percent = 100, effect = "record" },
]
"""


def write_handbook(folder: Path) -> Path:
    """Write the zone's handbook and return the shelf that holds it."""
    zone = folder / ZONE
    zone.mkdir(parents=True)
    zone.joinpath("organisation.toml").write_text(HANDBOOK, encoding="utf-8")
    return folder


def sent(key: str, step: str, actor: Actor, command: Command) -> Submission:
    """Return a command to the zone."""
    return Submission(id=f"{step}:{key}", zone=ZONE, key=key, actor=actor, command=command)


def report(key: str) -> Submission:
    """Return the report that opens issue `key`."""
    command = Report(
        enterprise="chaos-firm",
        category="MAT-1",
        title=f"Protective supplies are short ({key})",
        text="口罩与消毒液短缺，影响复工。",
        origin=Origin.ENTERPRISE,
    )
    return sent(key, "report", FIRM, command)


def note(key: str, number: int) -> Submission:
    """Return a note. No two say the same: an effect done twice is seen whatever bears it."""
    return sent(key, f"note{number}", OFFICER, Note(text=f"Looked into {key}, {number}."))


def ending(key: str) -> list[Submission]:
    """Return what takes an accepted issue to its close-out, in order."""
    solved = Resolution(result=ResultClass.SOLVED, summary="Supplies have arrived.")
    return [
        sent(key, "propose", OFFICER, ProposeResolution(resolution=solved)),
        sent(key, "confirm", FIRM, Confirm()),
        sent(key, "verify", HEAD, Verify()),
    ]


def acceptance(key: str) -> Submission:
    """Return the acceptance of issue `key`."""
    return sent(key, "accept", OFFICER, Accept())
