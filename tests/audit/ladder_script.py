"""Lives in the fictional zone through every command and event of ladder, modes and supervision.

`ladder_engine` plays them; the stored corpora named `-ladder` were recorded so.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from domain import commands as cmd
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_time as tm
from domain import order_commands as oc
from domain.commands import Command
from domain.durations import WorkingDays
from domain.issue import Resolution
from domain.order_commands import OrderCommand
from domain.order_words import Ruling
from domain.orders import PersonGround, RuleGround
from domain.people import Actor, Officer, Representative
from domain.phases import Origin, PauseReason, Priority, ResultClass
from domain.staffing import LevelEffect

ZONE = "xinghe"
HELD = "held"
"""The issue that is reported while the whole top tier is vacant."""
BEIJING = timezone(timedelta(hours=8))
YEAR = 2026


def by(post: str, person: int, principal: int | None = None) -> Officer:
    """Return who acts in a post, perhaps for another."""
    for_whom = None if principal is None else f"{ZONE}-p{principal:02d}"
    return Officer(person=f"{ZONE}-p{person:02d}", post=f"{ZONE}-{post}", on_behalf_of=for_whom)


def of(enterprise: str) -> Representative:
    """Return somebody of an enterprise."""
    return Representative(person=f"{ZONE}-{enterprise}-r01", enterprise=f"{ZONE}-{enterprise}")


EAST_1, EAST_2, EAST_2B = by("grid-east-1", 1), by("grid-east-2", 3), by("grid-east-2", 4)
WEST_1, WEST_2 = by("grid-west-1", 6), by("grid-west-2", 7)
HEAD_EAST, HEAD_WEST, HEAD_WEST_B = by("area-east", 11), by("area-west", 13), by("area-west", 14)
HEADS_DEPUTY = by("area-west", 31, 13)
DIRECTOR, DIRECTOR_B = by("director", 21), by("director", 22)
ECONOMY, FINANCE, PERSONNEL = by("economy", 31), by("finance", 32), by("personnel", 33)
WORKS, SERVICE, BUREAU = by("works", 34), by("service", 37), by("emergency", 36)
COORDINATOR = by("coordinator", 41)
SUPERVISOR, SUPERVISOR_B = by("supervisor", 43), by("supervisor", 44)


@dataclass(frozen=True, slots=True)
class Act:
    """One act at a local time: of an issue, or of a supervision order."""

    at: str
    key: str
    actor: Actor
    command: Command | OrderCommand
    happened: str | None = None

    @property
    def instant(self) -> datetime:
        """Return when it is done."""
        return instant(self.at)


def instant(text: str) -> datetime:
    """Return the instant of a local time such as `04-20 10:00`."""
    return datetime.fromisoformat(f"{YEAR}-{text}").replace(tzinfo=BEIJING).astimezone(UTC)


def report(enterprise: str, category: str, **changes: object) -> cmd.Report:
    """Return a report of an enterprise's."""
    fields: dict[str, object] = {
        "enterprise": f"{ZONE}-{enterprise}",
        "category": category,
        "title": "企业诉求",
        "text": "请协调解决。",
        "origin": Origin.ENTERPRISE,
    }
    return cmd.Report.model_validate(fields | changes)


def refusal(suggested: str | None = None) -> ld.RefuseDispatch:
    return ld.RefuseDispatch(reason="不属本单位职责。", suggested=suggested)


def ruling(unit: str) -> ld.RuleDispatch:
    return ld.RuleDispatch(unit=unit, reason="按职责分工。")


ACCEPT = cmd.Accept()
SIGN = ld.Acknowledge()
CONFIRM, VERIFY = cmd.Confirm(), cmd.Verify()
PROPOSE = cmd.ProposeResolution(
    resolution=Resolution(result=ResultClass.SOLVED, summary="已办结。")
)
WITHDRAW = cmd.Withdraw(reason="企业已自行解决。")
MORE_TIME = tm.AskExtension(clock="handling", extra=WorkingDays(days=5), reason="等设备到货。")
GRANT, REFUSE = tm.Grant(note="同意。"), tm.Refuse(reason="不同意。")
ASK_PARKING = md.AskParking(reason="上位规划未批。")
UP, TO_TOP = (cmd.Escalate(to_tier=t, reason="需上级协调。") for t in (2, 3))
DOWN = cmd.Deescalate(to_tier=1, reason="网格可办。", others=LevelEffect.RUN_IN_PARALLEL)


def held() -> Iterator[Act]:
    """Nobody is in any post of the top tier: the issue is held."""
    yield Act("04-20 10:00", HELD, of("optics"), report("optics", "FIN-1"))
    yield Act("04-20 11:00", HELD, EAST_1, TO_TOP)
    yield Act("04-20 16:00", HELD, of("optics"), WITHDRAW)


def instructed() -> Iterator[Act]:
    """The sponsor's post is vacant: another leader has it, and names who handles it."""
    key = "instructed"
    yield Act("04-20 10:00", key, of("optics"), report("optics", "FIN-1"))
    yield Act("04-20 10:10", key, EAST_1, ACCEPT)
    yield Act("04-20 11:00", key, EAST_1, TO_TOP)
    instruct = ld.Instruct(
        text="东片区负责人牵头办理。",
        expires_at=instant("04-28 17:30"),
        handler=f"{ZONE}-area-east",
    )
    yield Act("04-21 09:00", key, DIRECTOR, instruct)
    yield Act("04-21 10:00", key, HEAD_EAST, tm.Contact(note="已上门。"))
    yield Act("04-21 15:00", key, HEAD_EAST, PROPOSE)
    yield Act("04-22 09:00", key, of("optics"), CONFIRM)
    yield Act("04-22 10:00", key, DIRECTOR, VERIFY)


def taken_over() -> Iterator[Act]:
    """Signed for, urged, taken over, held at its tier by an instruction, given back."""
    key = "taken"
    yield Act("04-22 09:00", key, of("materials"), report("materials", "MAT-1"))
    yield Act("04-22 09:10", key, EAST_2, ACCEPT)
    yield Act("04-22 09:30", key, EAST_2, SIGN)
    yield Act("04-22 11:00", key, SUPERVISOR, ld.Urge(text="请抓紧。"))
    over = ld.TakeOver(reason="片区直接办理。", others=LevelEffect.PAUSE)
    yield Act("04-22 14:00", key, HEAD_EAST, over)
    yield Act("04-22 14:10", key, HEAD_EAST, SIGN)
    instruct = ld.Instruct(
        text="一日内拿出办法，不得搁置。",
        expires_at=instant("04-30 17:30"),
        holds_tier=True,
        no_wait=True,
        clock="handling",
        limit=WorkingDays(days=1),
    )
    yield Act("04-22 15:00", key, DIRECTOR, instruct)
    lift = ld.LiftInstruction(number=1, reason="情况已清楚。")
    yield Act("04-23 09:00", key, DIRECTOR_B, lift)
    yield Act("04-23 09:30", key, HEAD_EAST, DOWN)
    wait = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="等合同。")
    yield Act("04-23 10:00", key, EAST_2, wait)
    yield Act("04-24 10:00", key, EAST_2, cmd.Resume(note="合同已到。"))
    yield Act("04-24 11:00", key, of("materials"), WITHDRAW)
    yield Act("04-24 15:00", key, HEAD_EAST, VERIFY)


def refused() -> Iterator[Act]:
    """Refused twice and bound; refused and nobody ruled; refused and overruled."""
    for key, enterprise, category in (
        ("disputed", "materials", "SUP-1"),
        ("unruled", "foods", "LAB-1"),
        ("overruled", "materials", "PER-3"),
    ):
        yield Act("04-27 09:00", key, of(enterprise), report(enterprise, category))
        yield Act("04-27 09:30", key, EAST_2, ACCEPT)
    yield Act("04-27 10:00", "disputed", ECONOMY, refusal("finance-office"))
    yield Act("04-27 10:00", "unruled", PERSONNEL, refusal())
    yield Act("04-27 10:00", "overruled", WORKS, refusal())
    yield Act("04-27 11:00", "overruled", COORDINATOR, ruling("works-bureau"))
    yield Act("04-27 14:00", "disputed", COORDINATOR, ruling("finance-office"))
    yield Act("04-27 15:00", "disputed", FINANCE, refusal())
    yield Act("04-27 16:00", "disputed", COORDINATOR, ruling("works-bureau"))
    for key in ("disputed", "overruled"):
        yield Act("04-28 10:00", key, WORKS, tm.MakePlan(plan="本周办结。"))
        yield Act("04-28 16:00", key, WORKS, PROPOSE)
        yield Act("04-29 09:00", key, of("materials"), CONFIRM)
        yield Act("04-29 10:00", key, HEAD_EAST, VERIFY)
    yield Act("05-20 10:00", "unruled", of("foods"), WITHDRAW)
    yield Act("05-20 15:00", "unruled", DIRECTOR, VERIFY)


def stalled() -> Iterator[Act]:
    """Signed for and left lying, twice."""
    key = "stalled"
    yield Act("05-11 09:00", key, of("foods"), report("foods", "MAT-1"))
    yield Act("05-11 09:30", key, EAST_2, ACCEPT)
    yield Act("05-11 09:40", key, EAST_2, MORE_TIME)
    yield Act("05-11 10:00", key, HEAD_EAST, GRANT)
    yield Act("05-11 10:30", key, EAST_2, SIGN)
    yield Act("05-14 09:00", key, EAST_2B, SIGN)
    yield Act("05-20 09:00", key, HEAD_EAST, SIGN)
    yield Act("05-26 10:00", key, of("foods"), WITHDRAW)
    yield Act("05-26 15:00", key, DIRECTOR, VERIFY)


def at_night() -> Iterator[Act]:
    """Reported on a Saturday night, when the roster has nobody."""
    key = "night"
    yield Act("05-16 22:00", key, of("textiles"), report("textiles", "MAT-1"))
    yield Act("05-18 09:00", key, HEAD_WEST, ACCEPT)
    yield Act("05-18 09:30", key, HEAD_WEST, DOWN)
    yield Act("05-18 10:00", key, WEST_2, SIGN)
    yield Act("05-18 11:00", key, WEST_2, PROPOSE)
    yield Act("05-18 14:00", key, of("textiles"), CONFIRM)
    yield Act("05-18 15:00", key, HEAD_WEST, VERIFY)


def parked() -> Iterator[Act]:
    """Parked and prolonged until time takes it up again; taken up by act; not parked at all; taken
    up by an emergency."""
    keys = ("parked", "unparked", "unparkable", "flooded-parked")
    for key in keys:
        yield Act("05-18 10:00", key, of("textiles"), report("textiles", "PRJ-1"))
        yield Act("05-18 10:30", key, WEST_2, ACCEPT)
        yield Act("05-18 11:00", key, WEST_2, ASK_PARKING)
    yield Act("05-18 15:00", "unparkable", DIRECTOR, REFUSE)
    for key in ("parked", "unparked", "flooded-parked"):
        yield Act("05-18 15:00", key, DIRECTOR, GRANT)
    yield Act("05-25 09:00", "unparked", HEAD_WEST, md.Unpark(reason="规划已批。"))
    yield Act("06-05 09:00", "parked", DIRECTOR_B, md.ProlongParking(reason="规划仍未批。"))
    emergency = md.DeclareEmergency(incident="landslide", reason="边坡滑塌。")
    yield Act("05-26 20:00", "flooded-parked", HEAD_WEST, emergency)
    end = md.EndEmergency(priority=Priority.EXPEDITED, reason="险情排除。")
    yield Act("05-26 21:00", "flooded-parked", DIRECTOR, end)
    for key, at in (("unparked", "05-27"), ("unparkable", "05-27"), ("flooded-parked", "05-27")):
        yield Act(f"{at} 10:00", key, of("textiles"), WITHDRAW)
        yield Act(f"{at} 15:00", key, DIRECTOR, VERIFY)
    yield Act("07-10 10:00", "parked", of("textiles"), WITHDRAW)
    yield Act("07-10 15:00", "parked", DIRECTOR, VERIFY)


def in_other_hands() -> Iterator[Act]:
    """The owner's post changes hands overnight; a deputy opens the green channel."""
    key = "hands"
    yield Act("06-29 10:00", key, of("software"), report("software", "MAT-1"))
    yield Act("06-29 10:30", key, by("grid-west-1", 5), ACCEPT)
    yield Act("07-01 10:00", key, WEST_1, SIGN)
    channel = md.OpenGreenChannel(reason="贷款明日到期。")
    yield Act("07-01 11:00", key, HEADS_DEPUTY, channel)
    yield Act("07-01 14:00", key, WEST_1, UP)
    yield Act("07-02 11:00", key, HEAD_WEST_B, PROPOSE)
    yield Act("07-02 14:00", key, of("software"), CONFIRM)
    yield Act("07-02 15:00", key, DIRECTOR, VERIFY)


def flood() -> Iterator[Act]:
    """Two in the morning of a Sunday: two enterprises, one incident, two stages, late records."""
    firms = {"flood-a": "optics", "flood-b": "materials"}
    owners = {"flood-a": by("grid-east-1", 2), "flood-b": EAST_2}
    urgent = {"priority": Priority.EMERGENCY, "incident": "donggang-flood"}
    for key, firm in firms.items():
        yield Act("07-19 02:00", key, of(firm), report(firm, "EMG-1", **urgent))
    yield Act("07-19 02:10", "flood-a", owners["flood-a"], ACCEPT)
    yield Act("07-19 02:20", "flood-a", BUREAU, tm.Contact(note="已到现场。"))
    note = cmd.Note(text="夜间转移八十三人。")
    for key, owner in owners.items():
        yield Act("07-19 09:00", key, owner, note, happened="07-19 03:30")
    recover = md.EnterStage(stage="recovery", reason="水已退。")
    for key in firms:
        yield Act("07-19 14:00", key, COORDINATOR, recover)
        yield Act("07-20 10:00", key, DIRECTOR, md.EndEmergency(reason="已复产。"))
    for key, firm in firms.items():
        yield Act("07-20 11:00", key, of(firm), WITHDRAW)
    yield Act("07-20 15:00", "flood-a", DIRECTOR_B, VERIFY)


def order(instrument: str, unit: str, *issues: str) -> oc.IssueOrder:
    """Return an order about some issues, on a person's words."""
    return oc.IssueOrder(
        instrument=instrument,
        unit=unit,
        ground=PersonGround(words="企业第三次催问。"),
        issues=issues,
        question="为何逾期？何时办结？",
    )


def supervised() -> Iterator[Act]:
    """Orders: one that time raises to the last instrument, one that is argued about, one without a
    duty to reply."""
    reply = oc.ReplyToOrder(text="本周办结。")
    silent = order("notice", "service-centre", "unruled").model_copy(
        update={"ground": RuleGround(rule="handling")}
    )
    yield Act("04-29 10:00", "silent", SUPERVISOR, silent)
    yield Act("05-19 10:00", "silent", SERVICE, reply)
    yield Act("05-19 11:00", "silent", SUPERVISOR_B, oc.RefuseReply(reason="未说明原因。"))
    yield Act("05-19 15:00", "silent", SERVICE, reply)
    yield Act("05-19 16:00", "silent", SUPERVISOR_B, oc.AcceptReply(note="可。"))
    yield Act("05-19 16:30", "silent", SERVICE, oc.AppealOrder(reason="未收到通知。"))
    yield Act(
        "05-20 09:00", "silent", DIRECTOR, oc.RuleAppeal(ruling=Ruling.UPHOLD, reason="已送达。")
    )
    argued = order("order", "finance-office", "instructed", "disputed")
    yield Act("04-29 11:00", "argued", SUPERVISOR, argued)
    yield Act("04-29 14:00", "argued", SUPERVISOR_B, oc.RaiseOrder(to="criticism", reason="推诿。"))
    yield Act("04-29 15:00", "argued", FINANCE, oc.AppealOrder(reason="此件已裁给他局。"))
    annul = oc.RuleAppeal(ruling=Ruling.ANNUL, reason="确已改派。")
    yield Act("04-29 16:00", "argued", DIRECTOR_B, annul)
    yield Act("04-29 16:30", "argued", SUPERVISOR, oc.LiftOrder(reason="已改派。"))
    told = order("reminder", "economy-bureau", "disputed")
    yield Act("04-27 11:30", "reminder", COORDINATOR, told)


LIVES: tuple[Callable[[], Iterator[Act]], ...] = (
    held,
    instructed,
    taken_over,
    refused,
    stalled,
    at_night,
    parked,
    in_other_hands,
    flood,
    supervised,
)
PUBLISHED, ENDS = "05-06 12:00", "08-03 09:00"
"""When more days are published and what is open is moved to them; until when it goes on."""
