"""Lives in the fictional zone that are to be left out of figures, on every ground, in every way.

The stored corpora named `-exclusions` were recorded so.
"""

from collections.abc import Iterator
from itertools import product

from ladder_script import (
    ACCEPT,
    CONFIRM,
    COORDINATOR,
    HEAD_WEST,
    PROPOSE,
    SUPERVISOR,
    SUPERVISOR_B,
    VERIFY,
    ZONE,
    Act,
    instant,
    of,
    report,
)
from procedure_acts import WEST
from procedure_engine import ProcedureEngine

from domain import commands as cmd
from domain import commands_of_exclusions as ex
from domain.commands import Command
from domain.exclusion import FigureName
from domain.issue import Evidence
from domain.people import Actor
from domain.phases import PauseReason
from handbooks.shelf import read_terms
from ledger.memory import MemoryLedger

ENDS = "03-20 18:00"
PAPER = (Evidence(reference="notice-1", sha256="2" * 64, size=1, media_type="image/png"),)
ENDINGS = ("asked", "refused", "accepted", "lifted", "asked again")
WAIT = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="等待材料。")
SOME = (FigureName.ON_TIME, FigureName.RESPONSE)


def asked(ground: str, *figures: FigureName) -> ex.ExcludeFromFigures:
    """Return that an issue be left out on a ground."""
    return ex.ExcludeFromFigures(code=ground, figures=figures, reason="见附件。", evidence=PAPER)


def reviewed(number: int, *, accept: bool) -> ex.ReviewExclusion:
    """Return what the review says."""
    reason = "情况属实。" if accept else "依据不足。"
    return ex.ReviewExclusion(exclusion=number, accept=accept, reason=reason)


def life(day: str, ground: str, ending: str) -> Iterator[tuple[str, Actor, Command]]:
    """Yield one issue: reported, done, and at some point to be left out."""
    firm = of("software")
    yield f"{day} 09:00", firm, report("software", "MAT-1")
    yield f"{day} 09:10", WEST, ACCEPT
    while_open = ground.endswith("s")
    if while_open:
        yield f"{day} 09:30", WEST, asked(ground, *SOME)
    if ending == "accepted":
        yield f"{day} 09:40", WEST, WAIT
        yield f"{day} 09:50", WEST, cmd.Resume(note="材料已到。")
    yield f"{day} 10:00", WEST, PROPOSE
    yield f"{day} 11:00", firm, CONFIRM
    yield f"{day} 14:00", HEAD_WEST, VERIFY
    if not while_open:
        yield f"{day} 15:00", SUPERVISOR, asked(ground)
    if ending != "asked":
        accept = ending in ("accepted", "lifted")
        yield f"{day} 16:00", SUPERVISOR_B, reviewed(1, accept=accept)
    if ending == "lifted":
        yield f"{day} 17:00", COORDINATOR, ex.LiftExclusion(exclusion=1, reason="审核有误。")
    if ending == "asked again":
        yield f"{day} 17:00", COORDINATOR, asked(ground)
        yield f"{day} 17:30", SUPERVISOR, reviewed(2, accept=True)


def acts() -> list[tuple[str, str, Actor, Command]]:
    """Return every act of every life, in order, with its issue."""
    grounds = [each.id for each in read_terms(ZONE).handbook.exclusions]
    found = []
    for number, (ground, ending) in enumerate(product(grounds, ENDINGS)):
        day, key = f"03-{2 + number % 5:02d}", f"left-out-{number}"
        found += [(at, key, who, what) for at, who, what in life(day, ground, ending)]
    return sorted(found, key=lambda act: instant(act[0]))


async def played_exclusions() -> MemoryLedger:
    """Return a ledger in which every life has been played, all of them at once."""
    todo = acts()
    engine = ProcedureEngine(instant(todo[0][0]))
    for number, (at, key, actor, command) in enumerate(todo):
        await engine.do(number, Act(at, key, actor, command))
    await engine.pass_until(instant(ENDS))
    return engine.ledger
