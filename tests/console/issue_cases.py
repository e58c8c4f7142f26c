"""Commands of every kind that has a form: the smallest of several issues, and some that say more.
Not a test."""

from datetime import date
from functools import cache

import builders as b

from domain import commands as cmd
from domain import commands_of_callbacks as cb
from domain import commands_of_exclusions as ex
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_rounds as rd
from domain import commands_of_team as tm
from domain import commands_of_time as ti
from domain.commands import Command
from domain.durations import NaturalDays, OpenHours, Wall, WorkingDays
from domain.exclusion import FigureName
from domain.issue import Evidence, Promise, Resolution
from domain.offer_examples import smallest
from domain.personal import Personal
from domain.phases import (
    CallbackAnswer,
    Choice,
    CloseRule,
    Duty,
    LinkType,
    MeetingForm,
    ResultClass,
)
from domain.staffing import LevelEffect
from domain.team import MeetingDecision, PartAsked

EVIDENCE = (Evidence(reference="store/1", sha256="a" * 64), Evidence(reference="store/2"))
WHY = "For a reason."


@cache
def examples() -> tuple[Command, ...]:
    """Return commands of every kind that a form can mean."""
    issue = b.given(*b.WITH_A_TEAM)
    plain = {each.kind: each for each in smallest(issue, b.HANDBOOK, b.MON_10)}
    return (*plain.values(), *_full(), *_full_of_others())


def _full() -> tuple[Command, ...]:
    first = PartAsked(id="a", unit="roads", duty=Duty.CO, deliverable="A survey.")
    second = PartAsked(
        id="b",
        unit="customs",
        duty=Duty.ADVISE,
        deliverable="A permit.",
        required=False,
        budget=WorkingDays(days=2, due="same_time"),
        depends_on=("a", "c"),
        proxy="roads-desk",
    )
    third = first.model_copy(update={"id": "c"})
    said = Personal(subject="p-1", text="Is ill.")
    resolution = Resolution(
        result=ResultClass.PARTLY,
        summary="Half.\nThe rest follows.",
        reason=WHY,
        evidence=EVIDENCE,
        follow_up=Promise(text="The rest.", within=NaturalDays(days=20)),
    )
    return (
        cmd.Accept(category="power-supply"),
        cmd.Note(text="Seen.", evidence=EVIDENCE, personal=said),
        cmd.Escalate(to_tier=3, reason=WHY, others=LevelEffect.PAUSE),
        cmd.ConveneTeam(
            lead="roads", parts=(first, second, third), closes=CloseRule.QUORUM, quorum=2
        ),
        cmd.ProposeResolution(resolution=resolution),
        cmd.Confirm(note="Fine.", recording="call-1", satisfaction=5, personal=said),
        tm.AddPart(part=second, reason=WHY),
        tm.RulePart(part="a", upheld=True, unit="power", reason=WHY),
        tm.HoldMeeting(
            form=MeetingForm.ONE_MATTER,
            topic="It",
            attended=("director", "head-east"),
            absent=("roads-desk",),
            decisions=(
                MeetingDecision(id="a", text="Do it."),
                MeetingDecision(id="b", text="Noted.", for_the_record=True),
            ),
        ),
    )


def _full_of_others() -> tuple[Command, ...]:
    return (
        ti.MakePlan(plan="So.", finish_on=date(2026, 3, 9)),
        ti.AskExtension(clock="handling", extra=Wall(minutes=90), reason=WHY),
        ti.Correct(version=2, took_place_at=b.MON_9, reason=WHY, evidence=EVIDENCE),
        ld.Instruct(
            text="At once.",
            expires_at=b.TUE_9,
            handler="roads-desk",
            holds_tier=True,
            no_wait=True,
            clock="handling",
            limit=OpenHours(minutes=240),
        ),
        ld.LiftInstruction(number=1, reason=WHY),
        ld.RefuseDispatch(reason=WHY, suggested="power"),
        md.EnterStage(stage="late", reason=WHY),
        md.DeclareEmergency(incident="storm-1", reason=WHY),
        rd.Vote(round=2, choice=Choice.RECUSE, reason=WHY),
        rd.SettleRound(round=2, approve=False, reason=WHY),
        cb.RecordCallback(
            draw="d1",
            answer=CallbackAnswer.DISAGREES,
            note=WHY,
            recording="call-2",
            satisfaction=1,
            reopen=True,
        ),
        kn.Unlink(type=LinkType.RELATES, target="other", reason=WHY),
        kn.ReleaseChild(child="other", reason=WHY),
        fm.SubmitItem(item="plan", evidence=EVIDENCE, note="Here."),
        fm.CheckItem(item="plan", met=True),
        fm.SignApplication(role="owner"),
        ex.ExcludeFromFigures(
            code="storm",
            figures=(FigureName.ON_TIME, FigureName.RESPONSE),
            reason=WHY,
            evidence=EVIDENCE,
        ),
        ex.ReviewExclusion(exclusion=1, accept=True, reason=WHY),
        ex.LiftExclusion(exclusion=1, reason=WHY),
    )
