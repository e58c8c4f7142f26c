"""Lives in the fictional zone through every command and event of teams, rounds, links, forms and
callbacks.

`procedure_engine` plays them; the stored corpora named `-procedures` were recorded so. Those of
`procedure_laid` are judged by a handbook laid over the zone's, until all that is open moves to it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace

from ladder_script import (
    ACCEPT,
    BUREAU,
    CONFIRM,
    COORDINATOR,
    DIRECTOR,
    DIRECTOR_B,
    EAST_1,
    EAST_2,
    ECONOMY,
    FINANCE,
    HEAD_EAST,
    HEAD_WEST,
    PERSONNEL,
    PROPOSE,
    SERVICE,
    SUPERVISOR,
    SUPERVISOR_B,
    TO_TOP,
    UP,
    VERIFY,
    WEST_2,
    WITHDRAW,
    WORKS,
    ZONE,
    instant,
    of,
    report,
)
from procedure_acts import (
    AGAIN,
    AGREES,
    ASK_PAUSE,
    BANK,
    CUSTOMS,
    DISAGREES,
    DRAW,
    DUTY,
    MARKET,
    MEETING,
    NO,
    NOT_DONE,
    NOT_REACHED,
    RECUSE,
    WEST,
    YES,
    Act,
    begun,
    finish,
    objection,
    part,
    ruling,
    said,
    struck_off,
    vote,
    waited_out,
)
from procedure_laid import LIVES as LAID

from desk.callbacks import Asked
from domain import commands as cmd
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_rounds as rd
from domain import commands_of_team as ct
from domain import commands_of_time as tm
from domain.durations import WorkingDays
from domain.forms import ApplyAsked, RectifyAsked
from domain.issue import Evidence, Promise, Resolution
from domain.people import Representative
from domain.phases import (
    CallbackAnswer,
    Choice,
    CloseRule,
    Duty,
    LinkType,
    Origin,
    ResultClass,
)
from domain.team import DecisionRef


def worked_in_team() -> Iterator[Act]:
    """The standing team: one unit bound by a ruling, one by silence, one released; a part late, the
    next one cut to the lead's end and given away; one waived, one left, one by a proxy. A day off
    is published while its clocks run."""
    key = "team"
    yield from begun("03-02", key, "precision", "COS-1", EAST_1)
    yield Act("03-02 09:20", key, EAST_1, TO_TOP)
    convene = cmd.ConveneTeam(template="troubleshooting", parts=(BANK,))
    yield Act("03-02 09:30", key, DIRECTOR, convene)
    yield Act("03-02 10:00", key, DIRECTOR, MEETING)
    yield Act("03-02 10:30", key, FINANCE, objection("funding"))
    yield Act("03-02 10:40", key, WORKS, objection("site"))
    yield Act("03-02 11:00", key, COORDINATOR, ruling("funding"))
    yield Act("03-02 11:10", key, MARKET, objection("prices"))
    yield Act("03-02 14:00", key, COORDINATOR, ruling("prices", "service-centre"))
    decided = DecisionRef(meeting=1, decision="customs")
    add = ct.AddPart(part=CUSTOMS, reason="会议决定。")
    yield Act("03-03 09:30", key, ECONOMY, add, under=decided)
    leave = ct.LeavePart(part="customs", reason="无关进口。")
    yield Act("03-03 11:00", key, ECONOMY, leave)
    yield Act("03-04 09:00", key, FINANCE, cmd.AcceptPart(part="funding"))
    yield Act("03-04 10:00", key, FINANCE, finish("funding"))
    yield Act("03-04 11:00", key, FINANCE, finish("bank-advice"))
    waive = cmd.WaivePart(part="prices", reason="已由企业核清。", answer="同意。")
    yield Act("03-05 09:00", key, ECONOMY, waive)
    yield Act("03-10 10:00", key, WORKS, finish("site"))
    away = ct.ReplacePart(part="staffing", unit="emergency-bureau", reason="人手在应急局。")
    yield Act("03-10 14:00", key, ECONOMY, away)
    yield Act("03-12 09:30", key, BUREAU, finish("staffing"))
    yield from struck_off("03-12", key, "precision", DIRECTOR, DIRECTOR_B)


LATER = cmd.ProposeResolution(
    resolution=Resolution(
        result=ResultClass.PARTLY,
        summary="办结一半。",
        reason="另一半待材料。",
        evidence=(
            Evidence(reference="report-7", sha256="7" * 64, size=7, media_type="text/plain"),
        ),
        follow_up=Promise(text="十个工作日内办结其余。", within=WorkingDays(days=10)),
    )
)


def done_otherwise() -> Iterator[Act]:
    """A team that its lead concludes and what it leaves over is promised; one done by a quorum."""
    design = part("design", "works-bureau", duty=Duty.LEAD)
    parts = (design, part("survey", "market-bureau"))
    convene = cmd.ConveneTeam(lead="works-bureau", parts=parts, closes=CloseRule.LEAD_DECIDES)
    by_quorum = convene.model_copy(update={"closes": CloseRule.QUORUM, "quorum": 1})
    for key, command in (("concluded", convene), ("quorum", by_quorum)):
        yield from begun("03-03", key, "materials", "UPG-1", EAST_2)
        yield Act("03-03 09:20", key, EAST_2, UP)
        yield Act("03-03 09:30", key, HEAD_EAST, command)
        yield Act("03-03 14:00", key, WORKS, finish("design"))
    conclude = ct.ConcludeTeam(reason="其余另行办理。")
    yield Act("03-03 15:00", "concluded", WORKS, conclude)
    yield from struck_off("03-04", "concluded", "materials", HEAD_EAST, DIRECTOR, LATER)
    yield from struck_off("03-04", "quorum", "materials", HEAD_EAST, DIRECTOR)
    yield Act("03-05 09:00", "concluded.f1", EAST_2, ACCEPT)
    yield from struck_off("03-05", "concluded.f1", "materials", EAST_2, HEAD_EAST)


def voted_on() -> Iterator[Act]:
    """Five rounds on one more wait: approved, and a vote too late; needed no more; expired; settled
    for too few, one way and the other."""
    key = "waits"
    yield from begun("03-02", key, "foods", "LAB-2", EAST_2)
    yield from waited_out("03-02", key, EAST_2)
    yield Act("03-02 11:00", key, EAST_2, ASK_PAUSE)
    yield Act("03-02 11:10", key, DIRECTOR, vote(1, Choice.ABSTAIN))
    for voter in (DIRECTOR, COORDINATOR, DIRECTOR_B):
        yield Act("03-02 14:00", key, voter, vote(1, YES))
    yield Act("03-02 15:00", key, SUPERVISOR, vote(1, NO))
    yield Act("03-03 09:00", key, EAST_2, cmd.Resume(note="方案已到。"))
    yield Act("03-03 10:00", key, EAST_2, ASK_PAUSE)
    yield Act("03-03 10:30", key, EAST_2, TO_TOP)
    yield Act("03-03 11:00", key, DIRECTOR, ASK_PAUSE)
    for round_, hour, approve in ((4, "09", True), (5, "14", False)):
        yield Act(f"03-09 {hour}:00", key, DIRECTOR, ASK_PAUSE)
        for voter in (COORDINATOR, SUPERVISOR):
            yield Act(f"03-09 {hour}:30", key, voter, vote(round_, RECUSE))
        settle = rd.SettleRound(round=round_, approve=approve, reason="按值班意见。")
        yield Act(f"03-09 {hour}:40", key, DUTY, settle)
        if approve:
            yield Act("03-09 11:00", key, DIRECTOR, cmd.Resume(note="方案已到。"))
    yield Act("03-10 10:00", key, of("foods"), WITHDRAW)
    yield Act("03-10 15:00", key, DIRECTOR_B, VERIFY)


def refused() -> Iterator[Act]:
    """Every step of the ladder of refusals, to a closing review that lets the result stand; taken
    up again, it can only be succeeded."""
    key, firm = "refused", of("materials")
    yield from begun("03-02", key, "materials", "COS-2", EAST_2)
    for hour, owner in (("10", EAST_2), ("14", EAST_2)):
        yield Act(f"03-02 {hour}:00", key, owner, PROPOSE)
        yield Act(f"03-02 {hour}:30", key, firm, NOT_DONE)
    yield Act("03-03 09:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-03 09:30", key, firm, NOT_DONE)
    for id_, unit in (("funding", FINANCE), ("site", WORKS), ("staffing", PERSONNEL)):
        yield Act("03-03 10:00", key, unit, finish(id_))
    yield Act("03-03 14:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-03 15:00", key, firm, NOT_DONE)
    yield Act("03-03 16:00", key, HEAD_EAST, tm.GiveReply(reply="已当面说明。"))
    yield Act("03-04 09:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-04 10:00", key, firm, NOT_DONE)
    for voter in (DIRECTOR, DIRECTOR_B, SUPERVISOR, COORDINATOR):
        yield Act("03-05 10:00", key, voter, vote(1, YES))
    yield Act("04-10 10:00", key, firm, AGAIN)
    yield Act("04-13 10:00", f"{key}.s1", firm, WITHDRAW)


BY_LINK = Representative(person=f"{ZONE}-precision-r02", enterprise=f"{ZONE}-precision", link="1.1")


def answered() -> Iterator[Act]:
    """Silence; nobody reached; by proxy; by a one-time link."""
    for key in ("silent", "unreached", "by-proxy", "by-link"):
        yield from begun("03-02", key, "precision", "FIN-3", EAST_1)
        yield Act("03-02 10:00", key, EAST_1, PROPOSE)
    by_phone = cmd.Confirm(note="电话确认。", recording="rec-1", satisfaction=4)
    yield Act("03-02 11:00", "by-proxy", COORDINATOR, by_phone)
    link = rd.IssueAnswerLink(person=BY_LINK.person)
    yield Act("03-02 11:00", "by-link", COORDINATOR, link)
    yield Act("03-03 20:00", "by-link", BY_LINK, cmd.Confirm(satisfaction=5))
    tries = cmd.MarkUnreachable(attempts=3, note="三次无人接听。")
    yield Act("03-06 09:00", "unreached", COORDINATOR, tries)
    for key in ("silent", "unreached", "by-proxy", "by-link"):
        yield Act("03-06 10:00", key, HEAD_EAST, VERIFY)


def reopened() -> Iterator[Act]:
    """Closed alike and taken up again after days, weeks and more: in three ways."""
    for key, day in (("resumed", "03-05"), ("renewed", "03-16"), ("succeeded", "04-10")):
        yield from begun("03-02", key, "software", "MAT-1", WEST)
        yield from struck_off("03-03", key, "software", WEST, HEAD_WEST)
        yield Act(f"{day} 09:00", key, of("software"), AGAIN)
        goes_on = "succeeded.s1" if key == "succeeded" else key
        if goes_on != key:
            yield Act(f"{day} 09:10", goes_on, WEST, ACCEPT)
        yield from struck_off(day, goes_on, "software", WEST, HEAD_WEST)


def of_one_plant() -> Iterator[Act]:
    """A parent that waits for its parts, and comes back with one of them; one released; one merged,
    unmerged, merged again; a suggestion judged; links made and undone."""
    firm, key, parts = "logistics", "plant", ("plant-a", "plant-b", "plant-c")
    for each in (key, *parts, "plant-d"):
        yield from begun("03-02", each, firm, "MAT-1", WEST)
    for each in parts:
        yield Act("03-02 10:00", key, WEST, kn.AddChild(child=each, reason="同一厂房。"))
    release = kn.ReleaseChild(child="plant-c", reason="另一厂房。")
    yield Act("03-02 11:00", key, WEST, release)
    judged = kn.JudgeSuggestion(suggested="plant-a", same=False, score=71, method="by-hand")
    yield Act("03-02 11:10", "plant-c", WEST, judged)
    cause = kn.Link(type=LinkType.CAUSED_BY, target="plant-a", reason="同一停电。")
    yield Act("03-02 11:20", "plant-c", WEST, cause)
    unlink = kn.Unlink(type=LinkType.CAUSED_BY, target="plant-a", reason="并非同一停电。")
    yield Act("03-02 14:00", "plant-c", WEST, unlink)
    yield Act("03-02 14:10", "plant-c", WEST, kn.Link(type=LinkType.RELATES, target=key))
    yield Act("03-02 14:20", "plant-d", HEAD_WEST, kn.Merge(target=key, reason="同一事项。"))
    yield Act("03-03 09:00", "plant-d", WEST, kn.Unmerge(reason="合并有误。"))
    again = kn.Merge(target="plant-c", reason="同一厂房。")
    yield Act("03-03 09:30", "plant-d", HEAD_WEST, again)
    for each in ("plant-a", "plant-b"):
        yield from struck_off("03-03", each, firm, WEST, HEAD_WEST)
    yield Act("03-04 09:00", key, WEST, PROPOSE)
    yield Act("03-04 10:00", key, of(firm), CONFIRM)
    yield Act("03-04 11:00", "plant-a", of(firm), AGAIN)
    yield from struck_off("03-05", "plant-a", firm, WEST, HEAD_WEST)
    yield Act("03-05 16:00", key, HEAD_WEST, VERIFY)
    yield Act("03-06 09:00", "plant-b", of(firm), AGAIN)
    yield from struck_off("03-09", "plant-b", firm, WEST, HEAD_WEST)
    yield from struck_off("03-10", key, firm, HEAD_WEST, DIRECTOR)
    yield Act("03-04 14:00", "plant-c", of(firm), WITHDRAW)
    yield Act("03-04 15:00", "plant-c", HEAD_WEST, VERIFY)


def mirrored() -> Iterator[Act]:
    """Two duplicates of another enterprise's issue: its outcome is proposed to both. One accepts,
    the other does not."""
    for key in ("twin", "other-twin"):
        yield from begun("03-02", key, "textiles", "MAT-1", WEST_2)
        twin = kn.Link(type=LinkType.DUPLICATES, target="plant-b")
        yield Act("03-02 15:00", key, WEST_2, twin)
    yield Act("03-04 09:00", "twin", of("textiles"), CONFIRM)
    yield Act("03-04 10:00", "twin", HEAD_WEST, VERIFY)
    yield Act("03-04 09:00", "other-twin", of("textiles"), NOT_DONE)
    yield from struck_off("03-05", "other-twin", "textiles", WEST_2, HEAD_WEST)


PAPER = (Evidence(reference="photo-1", sha256="1" * 64, size=1, media_type="image/jpeg"),)
PUT_RIGHT = fm.DeclareRectified(summary="已整改。", evidence=PAPER)


def rectified() -> Iterator[Act]:
    """Ordered by an inspector, declared, found wanting, declared again, passed."""
    key = "extinguishers"
    asked = RectifyAsked(items=("更换灭火器",), limit=WorkingDays(days=3))
    order = report("foods", "SAF-2", origin=Origin.INSPECTION, rectify=asked)
    yield Act("03-02 09:00", key, MARKET, order)
    yield Act("03-02 09:10", key, EAST_2, ACCEPT)
    yield Act("03-03 10:00", key, of("foods"), PUT_RIGHT)
    yield Act("03-03 14:00", key, MARKET, fm.Inspect(passed=False, reason="尚缺两具。"))
    told = PUT_RIGHT.model_copy(update={"recording": "rec-0304-01"})
    yield Act("03-04 10:00", key, COORDINATOR, told)
    done = fm.Inspect(passed=True, reason="现场查验合格。", evidence=PAPER)
    yield Act("03-05 10:00", key, MARKET, done)


ITEMS = ("resumption-plan", "hazard-sweep", "key-posts", "all-trained", "key-safety")


def applied_for() -> Iterator[Act]:
    """An application with one item wanting: refused, renewed, signed by three, approved."""
    key, firm = "resumption", of("precision")
    asked = ApplyAsked(form="resumption", claims=("local-staff",))
    yield Act("03-02 09:00", key, firm, report("precision", "POL-2", application=asked))
    yield Act("03-02 09:10", key, EAST_1, ACCEPT)
    for item in ITEMS:
        handed_in = fm.SubmitItem(item=item, evidence=PAPER, note="见附件。")
        yield Act("03-02 10:00", key, firm, handed_in)
        judged = fm.CheckItem(item=item, met=item != "all-trained", note="已核。")
        yield Act("03-02 11:00", key, SERVICE, judged)
    yield Act("03-02 14:00", key, EAST_1, fm.RefuseApplication(reason="培训不全。"))
    yield Act("03-02 15:00", key, firm, fm.Reapply(text="培训已补齐。"))
    trained = fm.SubmitItem(item="all-trained", evidence=PAPER)
    yield Act("03-02 16:00", key, COORDINATOR, trained)
    yield Act("03-02 17:00", key, SERVICE, fm.CheckItem(item="all-trained", met=True))
    signers = (("area-head", HEAD_EAST), ("sector-head", ECONOMY), ("company-head", firm))
    for role, signer in signers:
        yield Act("03-03 09:00", key, signer, fm.SignApplication(role=role))
    yield Act("03-03 09:30", key, EAST_1, fm.ApproveApplication(note="准予复工。"))
    yield from struck_off("03-03", key, "precision", EAST_1, HEAD_EAST)


def called_back() -> Iterator[Act]:
    """All close-outs of a month are drawn: one agrees, one is reached late, one disagrees, one is
    taken up again for it."""
    asked = Asked(
        id=DRAW, zone=ZONE, from_at=instant("03-01 00:00"), to_at=instant("03-31 00:00"), seed="7"
    )
    yield Act("03-31 09:00", DRAW, SUPERVISOR, asked, laid=True)
    yield Act("03-31 10:00", "by-link", SUPERVISOR, AGREES)
    yield Act("03-31 10:10", "unreached", SUPERVISOR, NOT_REACHED)
    yield Act("03-31 10:20", "by-proxy", SUPERVISOR_B, DISAGREES)
    again = said(CallbackAnswer.DISAGREES, reopen=True)
    yield Act("03-31 10:30", "silent", SUPERVISOR_B, again)
    yield Act("04-01 10:00", "unreached", SUPERVISOR, AGREES)
    yield from struck_off("04-01", "silent", "precision", EAST_1, HEAD_EAST)


OWN: tuple[Callable[[], Iterator[Act]], ...] = (
    worked_in_team,
    done_otherwise,
    voted_on,
    refused,
    answered,
    reopened,
    of_one_plant,
    mirrored,
    rectified,
    applied_for,
    called_back,
)
DAY_OFF = "03-11"
PUBLISHED, MOVED, ENDS = "03-10 12:00", "03-18 12:00", "04-24 09:00"
"""When a day off is published; when all that is open moves to the zone's handbook; until when it
goes on."""


def acts() -> list[Act]:
    """Return every act of every life, in order."""
    laid = (replace(act, laid=True) for life in LAID for act in life())
    own = (act for life in OWN for act in life())
    return sorted((*own, *laid), key=lambda act: act.instant)


AUTHOR, APPROVER = COORDINATOR, DIRECTOR
"""Who stand for the publication and for the plan."""
