"""A zone whose clocks tick in seconds: rungs fall due all the time."""

from pathlib import Path

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

ZONE = "trial"
OFFICER = Officer(person="trial-p01", post="trial-officer")
HEAD = Officer(person="trial-p11", post="trial-head")
FIRM = Representative(person="trial-firm-r01", enterprise="trial-firm")

CLOCKS = ("pulse", "loop")
"""`pulse` fires every 3.6 s, sixteen times from the report on; `loop` begins anew at each firing,
6 s after the last one, as long as the issue is open."""

ORGANISATION = """
name = { zh = "试验园区", en = "Trial park" }
revision = 1
calendar = "round-the-clock"

[tiers]
officer = { level = 1, name = { zh = "网格员", en = "Officer" } }
head = { level = 2, name = { zh = "片区负责人", en = "Head" } }
director = { level = 3, name = { zh = "网格长", en = "Director" } }

[areas]
trial-area = { name = { zh = "片区", en = "Area" } }

[grids]
trial-grid = { name = { zh = "网格", en = "Grid" }, area = "trial-area" }

[enterprises]
trial-firm = { name = { zh = "试验企业", en = "Trial firm" }, grid = "trial-grid" }

[posts.trial-officer]
name = { zh = "网格员", en = "Officer" }
covers = "trial-grid"
tier = 1
people = ["trial-p01"]

[posts.trial-head]
name = { zh = "片区负责人", en = "Head" }
covers = "trial-area"
tier = 2
people = ["trial-p11"]

[posts.trial-director]
name = { zh = "网格长", en = "Director" }
covers = "trial"
tier = 3
people = ["trial-p21", "trial-p22"]

# One notice for each pulse, and none for the rest: deliveries go on beside the clocks.
[notices.overdue]
on = "rung_fired"
to = ["owner"]
clocks = ["pulse"]

# Parking, which no story does, ends it: it is no limit of the whole that others must fit into.
[clocks.pulse]
name = { zh = "脉冲", en = "Pulse" }
start = [{ events = ["issue_reported"] }]
stop = [{ phases = ["closed", "parked"] }]
budgets = [{ duration = { kind = "wall", minutes = 1 } }]
rungs = [RUNGS]

[clocks.loop]
name = { zh = "循环", en = "Loop" }
start = [{ events = ["issue_reported"] }]
reset = [{ events = ["issue_put_to_review"] }]
stop = [{ phases = ["closed"] }]
budgets = [{ duration = { kind = "wall", minutes = 1 } }]
rungs = [
  { id = "again", percent = 10, effect = "review" },
  { id = "due", percent = 100, effect = "record" },
]
"""


def write_handbooks(folder: Path) -> Path:
    """Write the trial zone's handbook and return the shelf that holds it."""
    percents = [*(6 * number for number in range(1, 16)), 100]
    rungs = ", ".join(
        f'{{ id = "r{number:02d}", percent = {percent}, effect = "record" }}'
        for number, percent in enumerate(percents, start=1)
    )
    zone = folder / ZONE
    zone.mkdir(parents=True)
    text = ORGANISATION.replace("RUNGS", rungs)
    zone.joinpath("organisation.toml").write_text(text, encoding="utf-8")
    return folder


def sent(key: str, id_: str, actor: Actor, command: Command) -> Submission:
    """Return a command to the trial zone."""
    return Submission(id=id_, zone=ZONE, key=key, actor=actor, command=command)


def report(key: str) -> Submission:
    """Return the report that opens issue `key`."""
    command = Report(
        enterprise="trial-firm",
        category="MAT-1",
        title=f"Protective supplies are short ({key})",
        text="口罩与消毒液短缺，影响复工。",
        origin=Origin.ENTERPRISE,
    )
    return sent(key, f"report:{key}", FIRM, command)


def note(key: str, number: int) -> Submission:
    """Return a note; no two are the same."""
    return sent(key, f"note:{key}:{number}", OFFICER, Note(text=f"Looked into it, {number}."))


def life(key: str) -> list[Submission]:
    """Return what takes issue `key` from its report to its close-out, at tier 1."""
    solved = Resolution(result=ResultClass.SOLVED, summary="Supplies have arrived.")
    return [
        report(key),
        sent(key, f"accept:{key}", OFFICER, Accept()),
        note(key, 0),
        sent(key, f"propose:{key}", OFFICER, ProposeResolution(resolution=solved)),
        sent(key, f"confirm:{key}", FIRM, Confirm()),
        sent(key, f"verify:{key}", HEAD, Verify()),
    ]
