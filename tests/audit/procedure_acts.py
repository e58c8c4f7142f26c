"""What the lives of `procedure_script` and `procedure_laid` are written in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from ladder_script import (
    ACCEPT,
    CONFIRM,
    PROPOSE,
    VERIFY,
    ZONE,
    by,
    instant,
    of,
    report,
)

from desk.callbacks import Asked
from domain import commands as cmd
from domain import commands_of_rounds as rd
from domain import commands_of_team as ct
from domain import commands_of_time as tm
from domain.commands import Command
from domain.commands_of_callbacks import RecordCallback
from domain.people import Actor
from domain.phases import (
    CallbackAnswer,
    Choice,
    Duty,
    MeetingForm,
    PauseReason,
)
from domain.team import DecisionRef, MeetingDecision, PartAsked

WEST = by("grid-west-1", 5)
MARKET, DUTY = by("market", 35), by("duty", 38)
STAND_IN = by("supervisor", 37, 43)
"""May vote for a supervisor, where the handbook is the one laid over the zone's."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act at a local time: of an issue, or a draw for callbacks. `under`: what it carries out.
    `laid`: what is reported so is judged by the handbook laid over the zone's."""

    at: str
    key: str
    actor: Actor
    command: Command | Asked
    under: DecisionRef | None = None
    laid: bool = False

    @property
    def instant(self) -> datetime:
        """Return when it is done."""
        return instant(self.at)


def begun(day: str, key: str, firm: str, category: str, owner: Actor) -> Iterator[Act]:
    """Reported and accepted on a day's morning."""
    yield Act(f"{day} 09:00", key, of(firm), report(firm, category))
    yield Act(f"{day} 09:10", key, owner, ACCEPT)


def struck_off(
    day: str, key: str, firm: str, owner: Actor, verifier: Actor, proposal: Command = PROPOSE
) -> Iterator[Act]:
    """Through the three acts within a day."""
    yield Act(f"{day} 10:00", key, owner, proposal)
    yield Act(f"{day} 11:00", key, of(firm), CONFIRM)
    yield Act(f"{day} 15:00", key, verifier, VERIFY)


def part(id_: str, unit: str, **more: object) -> PartAsked:
    fields: dict[str, object] = {"id": id_, "unit": unit, "duty": Duty.CO, "deliverable": "一项"}
    return PartAsked.model_validate(fields | more)


def finish(id_: str) -> cmd.FinishPart:
    return cmd.FinishPart(part=id_, summary="已完成。")


def objection(id_: str) -> cmd.RefusePart:
    return cmd.RefusePart(part=id_, reason="不属本单位职责。")


def ruling(id_: str, unit: str | None = None) -> ct.RulePart:
    upheld = unit is not None
    return ct.RulePart(part=id_, upheld=upheld, unit=unit, reason="按职责分工。")


def vote(round_: int, choice: Choice) -> rd.Vote:
    return rd.Vote(round=round_, choice=choice, reason="已核。")


YES, NO, RECUSE = Choice.APPROVE, Choice.REJECT, Choice.RECUSE
BANK = part("bank-advice", "xinghe-bank", duty=Duty.ADVISE, required=False, proxy=f"{ZONE}-finance")
CUSTOMS = part("customs", "xinghe-customs", required=False, proxy=f"{ZONE}-economy")
MEETING = ct.HoldMeeting(
    form=MeetingForm.THEMATIC_STUDY,
    topic="用电成本专题研究",
    attended=(f"{ZONE}-director", f"{ZONE}-economy"),
    absent=(f"{ZONE}-finance",),
    decisions=(
        MeetingDecision(id="customs", text="请海关参加。"),
        MeetingDecision(id="noted", text="企业已知悉。", for_the_record=True),
    ),
)


NOT_DONE = cmd.Reject(reason="没有办成。", satisfaction=1)


WAIT = {
    "reason": PauseReason.WAITING_OUTSIDE,
    "party": "power-company",
    "note": "等供电方案。",
}
ASK_PAUSE = tm.AskPause.model_validate(WAIT)


def waited_out(day: str, key: str, owner: Actor) -> Iterator[Act]:
    """An issue waits as often as its owner may let it."""
    for number in range(5):
        yield Act(f"{day} 10:{number}0", key, owner, cmd.Pause.model_validate(WAIT))
        yield Act(f"{day} 10:{number}5", key, owner, cmd.Resume(note="暂告一段。"))


AGAIN = cmd.Reopen(reason="问题又出现了。")


DRAW = "march"


def said(answer: CallbackAnswer, *, reopen: bool = False) -> RecordCallback:
    agrees = answer is CallbackAnswer.AGREES
    return RecordCallback(
        draw=DRAW,
        answer=answer,
        note=None if agrees else "又停电了。",
        recording="rec-2",
        satisfaction=5 if agrees else None,
        reopen=reopen,
    )


AGREES, NOT_REACHED = said(CallbackAnswer.AGREES), said(CallbackAnswer.NOT_REACHED)
DISAGREES = said(CallbackAnswer.DISAGREES)
