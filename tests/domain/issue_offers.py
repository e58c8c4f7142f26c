"""What can be asked of an issue of the zone that uses every rule, and by whom. Not a test."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

from builders import ENGINE

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
from domain.durations import WorkingDays
from domain.exclusion import FigureName
from domain.forms import ApplyAsked, RectifyAsked
from domain.issue import Evidence, Issue, Promise, Resolution
from domain.kin import KinNews
from domain.people import Actor, Officer, Representative
from domain.phases import (
    CallbackAnswer,
    Choice,
    Duty,
    LinkType,
    MeetingForm,
    Origin,
    Outcome,
    PauseReason,
    Phase,
    Priority,
    ResultClass,
)
from domain.team import MeetingDecision, PartAsked
from domain.terms import Terms
from handbooks.shelf import read_terms

ZONE, KEY = "xinghe", "m1"
BEGINS_AT = datetime(2026, 7, 2, 1, 0, tzinfo=UTC)
WAITS = tuple(timedelta(hours=hours) for hours in (0, 0, 1, 5, 24, 72))
FAR = timedelta(days=40)
EVIDENCE = (Evidence(reference="store/1", sha256="a" * 64, size=10, media_type="image/png"),)
REASON = "For a reason."


@cache
def terms() -> Terms:
    """Return the terms of the zone that uses every rule."""
    return read_terms(ZONE)


@cache
def actors() -> tuple[Actor, ...]:
    """Return everybody in a post there, two of the enterprise, one of another, the engine."""
    day = BEGINS_AT.date()
    held = [
        Officer(person=person, post=post.id)
        for post in terms().handbook.posts
        for person in dict.fromkeys(
            (*post.people, *(each.person for each in post.assignments if each.covers(day)))
        )
    ]
    ours, other = (entry.id for entry in terms().handbook.enterprises[:2])
    people = [Representative(person=f"{ours}-r{n}", enterprise=ours) for n in (1, 2)]
    return (*held, *people, Representative(person="stranger", enterprise=other), ENGINE)


def reports() -> tuple[cmd.Report, ...]:
    """Return the ways in which an issue begins here: an ordinary one, one to put right, one applied
    for, one that follows another up."""
    handbook = terms().handbook
    plain = cmd.Report(
        enterprise=handbook.enterprises[0].id,
        category=handbook.categories[0].id,
        title="Something is wrong",
        text="It does not work.",
        origin=Origin.ENTERPRISE,
    )
    inspected = {"origin": Origin.INSPECTION, "rectify": RectifyAsked(items=("Exits",))}
    applied = {"application": ApplyAsked(form=handbook.applications[0].id)}
    later = {
        "origin": Origin.FOLLOW_UP,
        "succeeds": "m0",
        "promise": Promise(text="The rest.", within=WorkingDays(days=5)),
    }
    return plain, *(plain.model_copy(update=more) for more in (inspected, applied, later))


def onward(issue: Issue) -> Iterator[cmd.Command]:
    """Yield what brings an issue on from where it stands."""
    match issue.phase:
        case Phase.INTAKE:
            yield cmd.Accept()
        case Phase.HANDLING:
            yield from _bringing_on(issue)
        case Phase.SIGN_OFF:
            yield from (cmd.Confirm(satisfaction=4), cmd.Reject(reason=REASON), cmd.Verify())
            yield from (cmd.SendBack(reason=REASON), fm.Inspect(passed=True, reason="Seen."))
            yield fm.Inspect(passed=False, reason="Not yet.")
        case Phase.PARKED:
            yield md.Unpark(reason=REASON)
        case Phase.CLOSED:
            yield from (cmd.Reopen(reason=REASON), kn.Unmerge(reason=REASON))
            into = {"type": LinkType.MERGED_INTO, "version": issue.version, "outgoing": True}
            for outcome in (Outcome.CLOSED_OUT, Outcome.WITHDRAWN):
                news = KinNews(what="ended", outcome=outcome, **into)
                yield kn.RecordKin(other="other", news=news)
            yield cb.RecordDraw(draw="d1", lot="0" * 64)
            said = {"draw": "d1", "answer": CallbackAnswer.DISAGREES, "note": REASON}
            yield from (cb.RecordCallback(**said), cb.RecordCallback(**said, reopen=True))
            yield cb.RecordCallback(draw="d1", answer=CallbackAnswer.AGREES)
    if issue.round is not None and issue.round.is_open:
        for choice in (Choice.APPROVE, Choice.REJECT, Choice.RECUSE):
            yield rd.Vote(round=issue.round.number, choice=choice)
        yield rd.SettleRound(round=issue.round.number, approve=True, reason=REASON)
    if issue.request is not None:
        yield from (ti.Grant(note=REASON), ti.Refuse(reason=REASON))


def _bringing_on(issue: Issue) -> Iterator[cmd.Command]:
    solved = Resolution(result=ResultClass.SOLVED, summary="Done.", evidence=EVIDENCE)
    yield cmd.ProposeResolution(resolution=solved)
    if issue.rectification is not None:
        yield fm.DeclareRectified(summary="Put right.", evidence=EVIDENCE)
    if issue.application is not None:
        for item in issue.application.items:
            yield fm.SubmitItem(item=item.id, evidence=EVIDENCE)
            yield fm.CheckItem(item=item.id, met=True)
        for signer in terms().handbook.applications[0].signers:
            yield fm.SignApplication(role=signer.id)
        yield from (fm.ApproveApplication(), fm.RefuseApplication(reason=REASON))
        yield fm.Reapply(text="Again.")
    if issue.team is None:
        yield cmd.Escalate(to_tier=2, reason=REASON)
        yield cmd.ConveneTeam(template=terms().handbook.teams[0].id)
    for part in () if issue.team is None else issue.team.parts:
        if not part.is_settled:
            yield cmd.FinishPart(part=part.id, summary="Done.")
            yield cmd.RefusePart(part=part.id, reason=REASON)
            yield tm.RulePart(part=part.id, upheld=False, reason=REASON)


def offers(issue: Issue) -> tuple[tuple[cmd.Command, ...], ...]:
    """Return what can be asked of an issue, fitting or not, by family; what it names is mostly
    there. The first family brings it on."""
    work = (_of_work, _of_the_team, _of_sign_off, _of_limits, _of_kin, _of_forms)
    families = (onward, *work, _of_exclusions)
    return tuple(tuple(family(issue)) for family in families)


def _of_work(issue: Issue) -> Iterator[cmd.Command]:
    units = [unit.id for unit in terms().handbook.units]
    yield cmd.Accept()
    yield cmd.TurnAway(code="out_of_scope", reason=REASON)
    yield cmd.HandOver(unit=units[0], reason=REASON)
    yield cmd.Assign(handler=terms().handbook.posts[0].id)
    yield ld.Instruct(text="At once.", expires_at=BEGINS_AT + FAR, no_wait=True)
    yield ld.LiftInstruction(number=1, reason=REASON)
    yield cmd.Note(text="Seen.", evidence=EVIDENCE)
    yield cmd.Escalate(reason=REASON)
    yield cmd.Deescalate(to_tier=1, reason=REASON)
    yield cmd.Pause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note=REASON)
    yield cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note=REASON)
    yield cmd.Resume(note=REASON)
    yield ld.Acknowledge()
    yield ld.TakeOver(reason=REASON)
    yield ld.RefuseDispatch(reason=REASON)
    yield ld.RuleDispatch(unit=units[-1], reason=REASON)
    yield ld.Urge(text="How far is it?")
    yield md.OpenGreenChannel(reason=REASON)
    yield md.DeclareEmergency(reason=REASON)
    yield md.EndEmergency(priority=Priority.ORDINARY, reason=REASON)
    yield md.AskParking(reason=REASON)
    yield md.Unpark(reason=REASON)


def _of_the_team(issue: Issue) -> Iterator[cmd.Command]:
    handbook = terms().handbook
    yield cmd.ConveneTeam(template=handbook.teams[0].id)
    units = [unit.id for unit in handbook.units]
    first = PartAsked(id="first", unit=units[0], duty=Duty.CO, deliverable="A part.")
    second = PartAsked(
        id="second",
        unit=units[1],
        duty=Duty.CO,
        deliverable="Another.",
        required=False,
        budget=WorkingDays(days=1),
        depends_on=("first",),
    )
    yield cmd.ConveneTeam(lead=units[2], parts=(first, second), reason=REASON)
    yield tm.AddPart(part=first.model_copy(update={"id": "late"}), reason=REASON)
    yield tm.ConcludeTeam(reason=REASON)
    decisions = (MeetingDecision(id="a", text="Do it."),)
    there = (issue.owner,)
    yield tm.HoldMeeting(
        form=MeetingForm.THEMATIC_STUDY, topic="It", attended=there, decisions=decisions
    )
    for part in () if issue.team is None else issue.team.parts:
        yield cmd.AcceptPart(part=part.id)
        yield cmd.RefusePart(part=part.id, reason=REASON)
        yield cmd.FinishPart(part=part.id, summary="Done.", evidence=EVIDENCE)
        yield cmd.WaivePart(part=part.id, reason=REASON, answer="Agreed.")
        yield tm.ReplacePart(part=part.id, unit=units[-2], reason=REASON)
        yield tm.LeavePart(part=part.id, reason=REASON)
        yield tm.RulePart(part=part.id, upheld=False, reason=REASON)
        yield tm.RulePart(part=part.id, upheld=True, unit=units[-1], reason=REASON)
        yield tm.RulePart(part=part.id, upheld=True, reason=REASON)


def _of_sign_off(issue: Issue) -> Iterator[cmd.Command]:
    promise = Promise(text="The rest.", within=WorkingDays(days=3))
    yield cmd.ProposeResolution(
        resolution=Resolution(result=ResultClass.SOLVED, summary="Done.", evidence=EVIDENCE)
    )
    yield cmd.ProposeResolution(
        resolution=Resolution(
            result=ResultClass.PARTLY, summary="Half.", reason=REASON, follow_up=promise
        )
    )
    yield cmd.Confirm(satisfaction=4)
    yield cmd.Confirm(recording="call/1")
    yield cmd.Reject(reason=REASON, satisfaction=1)
    yield cmd.MarkUnreachable(attempts=3, note="Called.")
    yield cmd.Verify()
    yield cmd.SendBack(reason=REASON)
    yield cmd.Withdraw(reason=REASON)
    yield cmd.Reopen(reason=REASON)
    number = issue.rounds or 1
    for choice in Choice:
        yield rd.Vote(round=number, choice=choice)
    yield rd.SettleRound(round=number, approve=True, reason=REASON)
    yield rd.IssueAnswerLink(person="someone")
    yield cb.RecordDraw(draw="d1", lot="0" * 64)
    for answer in CallbackAnswer:
        yield cb.RecordCallback(draw="d1", answer=answer, note=REASON)


def _of_limits(issue: Issue) -> Iterator[cmd.Command]:
    yield ti.Contact(note="Spoken with.")
    yield ti.MakePlan(plan="So.")
    yield ti.DemandReply(question="Why?")
    yield ti.GiveReply(reply="So.")
    yield ti.Reclassify(category=terms().handbook.categories[-1].id, reason=REASON)
    yield ti.Correct(version=1, took_place_at=BEGINS_AT - FAR, reason=REASON)
    yield ti.Reclassify(priority=Priority.EXPEDITED, reason=REASON)
    rule = terms().handbook.extensions
    for clock in issue.clocks:
        if clock.is_live and rule is not None and clock.rule in rule.clocks:
            yield ti.AskExtension(clock=clock.id, extra=WorkingDays(days=1), reason=REASON)
    yield ti.AskPause(reason=PauseReason.WAITING_OUTSIDE, party="customs", note=REASON)
    yield ti.Grant(note=REASON)
    yield ti.Refuse(reason=REASON)


def _of_kin(issue: Issue) -> Iterator[cmd.Command]:
    yield kn.Link(type=LinkType.DUPLICATES, target="other")
    yield kn.Link(type=LinkType.RELATES, target="other")
    yield kn.AddChild(child="child")
    yield kn.ReleaseChild(child="child", reason=REASON)
    yield kn.Merge(target="other", reason=REASON)
    yield kn.Unmerge(reason=REASON)
    yield kn.JudgeSuggestion(suggested="other", same=True, score=90, method="by-hand")
    part_of = {"type": LinkType.PART_OF, "version": issue.version}
    ended = KinNews(what="ended", outcome=Outcome.CLOSED_OUT, **part_of)
    yield kn.RecordKin(other="child", news=ended)
    yield kn.RecordKin(other="child", news=KinNews(what="reopened", **part_of))
    primary = KinNews(
        what="ended",
        type=LinkType.DUPLICATES,
        outcome=Outcome.CLOSED_OUT,
        version=issue.version,
        outgoing=True,
    )
    solved = Resolution(result=ResultClass.SOLVED, summary="Done there.")
    proposers = tuple(person for post in terms().handbook.posts[:1] for person in post.people)
    mirror = kn.Mirror(resolution=solved, proposers=proposers)
    yield kn.RecordKin(other="other", news=primary, mirror=mirror)


def _of_exclusions(issue: Issue) -> Iterator[cmd.Command]:
    asked = len(issue.exclusions) or 1
    ground = terms().handbook.exclusions[0].id
    for figures in ((), (FigureName.ON_TIME, FigureName.SIGN_OFF)):
        yield ex.ExcludeFromFigures(code=ground, figures=figures, reason=REASON, evidence=EVIDENCE)
    yield ex.ReviewExclusion(exclusion=asked, accept=True, reason=REASON)
    yield ex.ReviewExclusion(exclusion=asked, accept=False, reason=REASON)
    yield ex.LiftExclusion(exclusion=asked, reason=REASON)


def _of_forms(issue: Issue) -> Iterator[cmd.Command]:
    yield fm.DeclareRectified(summary="Put right.", evidence=EVIDENCE)
    yield fm.Inspect(passed=True, reason="Seen.")
    yield fm.Inspect(passed=False, reason="Not yet.")
    for item in () if issue.application is None else issue.application.items:
        yield fm.SubmitItem(item=item.id, evidence=EVIDENCE)
        yield fm.CheckItem(item=item.id, met=True)
        yield fm.CheckItem(item=item.id, met=False)
    for signer in terms().handbook.applications[0].signers:
        yield fm.SignApplication(role=signer.id)
    yield fm.ApproveApplication()
    yield fm.RefuseApplication(reason=REASON)
    yield fm.Reapply(text="Again.")
