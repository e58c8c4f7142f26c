"""The smallest of what could be asked of an issue, kind by kind: what offers are tried with."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from domain import commands as cmd
from domain import commands_of_exclusions as ex
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_ladder as ld
from domain import commands_of_modes as md
from domain import commands_of_rounds as rd
from domain import commands_of_team as tm
from domain import commands_of_time as ti
from domain.commands_of_callbacks import RecordCallback
from domain.durations import OpenHours, WorkingDays
from domain.exclusion import FigureName
from domain.handbook import Handbook
from domain.issue import Evidence, Issue, Promise, Resolution
from domain.likeness import METHODS
from domain.phases import (
    CallbackAnswer,
    Choice,
    CloseRule,
    Duty,
    LinkType,
    MeetingForm,
    PauseReason,
    Priority,
    ResultClass,
    TurnAwayCode,
)
from domain.team import PartAsked

ANY_TEXT = "…"
"""What stands where a person would write something: no rule asks what it says."""

OTHER = "any-other-issue"
"""Stands for the issue that a link would name."""

_UNITS_TRIED = 8
"""Of units and posts, all alike to most rules, so many are tried."""

_EVIDENCE = (Evidence(reference=ANY_TEXT),)
_SOON = timedelta(hours=1)


def smallest(issue: Issue, handbook: Handbook, at: datetime) -> Iterator[cmd.Command]:
    """Yield commands for an issue as it stands at `at`: of each kind as few as there are ways in
    which it may be refused for what it says."""
    yield from _of_work(issue, handbook)
    yield from _of_ladder(issue, handbook, at)
    yield from _of_modes(handbook)
    yield from _of_time(issue, handbook, at)
    yield from _of_teams(issue, handbook)
    yield from _of_parts(issue, handbook)
    yield from _of_sign_off(issue, handbook)
    yield from _of_kin(issue)
    yield from _of_forms(issue, handbook)
    yield from _of_figures(issue, handbook)


def _acting(handbook: Handbook) -> list[str]:
    """Return units that have a post."""
    named = (held.unit for held in handbook.posts if held.unit is not None)
    return list(dict.fromkeys(named))[:_UNITS_TRIED]


def _waits(handbook: Handbook) -> Iterator[tuple[PauseReason, str | None]]:
    yield PauseReason.WAITING_ENTERPRISE, None
    for unit in handbook.units:
        if unit.external:
            yield PauseReason.WAITING_OUTSIDE, unit.id
            return


def _of_work(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    yield from (cmd.Accept(), cmd.TurnAway(code=TurnAwayCode.OUT_OF_SCOPE, reason=ANY_TEXT))
    instructed = [each.handler for each in issue.instructions if each.handler is not None]
    posts = [held.id for held in handbook.posts]
    for handler in (*instructed, *posts[:2]):
        yield cmd.Assign(handler=handler)
    named = [held.unit for held in handbook.posts if held.id in instructed and held.unit]
    for unit in (*named, *_acting(handbook)):
        yield cmd.HandOver(unit=unit, reason=ANY_TEXT)
    yield cmd.Note(text=ANY_TEXT)
    yield cmd.Escalate(reason=ANY_TEXT)
    for tier in range(1, issue.tier):
        yield cmd.Deescalate(to_tier=tier, reason=ANY_TEXT)
    for reason, party in _waits(handbook):
        yield cmd.Pause(reason=reason, party=party, note=ANY_TEXT)
        yield ti.AskPause(reason=reason, party=party, note=ANY_TEXT)
    yield cmd.Resume(note=ANY_TEXT)


def _of_ladder(issue: Issue, handbook: Handbook, at: datetime) -> Iterator[cmd.Command]:
    yield from (ld.Acknowledge(), ld.TakeOver(reason=ANY_TEXT), ld.Urge(text=ANY_TEXT))
    yield ld.Instruct(text=ANY_TEXT, expires_at=at + _SOON)
    for order in issue.instructions:
        yield ld.LiftInstruction(number=order.number, reason=ANY_TEXT)
    yield ld.RefuseDispatch(reason=ANY_TEXT)
    for unit in _acting(handbook):
        yield ld.RuleDispatch(unit=unit, reason=ANY_TEXT)


def _of_modes(handbook: Handbook) -> Iterator[cmd.Command]:
    yield from (md.OpenGreenChannel(reason=ANY_TEXT), md.DeclareEmergency(reason=ANY_TEXT))
    stages = () if handbook.emergency is None else handbook.emergency.stages
    for stage in reversed(stages):
        yield md.EnterStage(stage=stage.id, reason=ANY_TEXT)
    yield from (md.EndEmergency(reason=ANY_TEXT), md.AskParking(reason=ANY_TEXT))
    yield from (md.ProlongParking(reason=ANY_TEXT), md.Unpark(reason=ANY_TEXT))


def _of_time(issue: Issue, handbook: Handbook, at: datetime) -> Iterator[cmd.Command]:
    yield from (ti.Contact(note=ANY_TEXT), ti.MakePlan(plan=ANY_TEXT))
    yield from (ti.DemandReply(question=ANY_TEXT), ti.GiveReply(reply=ANY_TEXT))
    for category in handbook.categories:
        if category.id != issue.category:
            yield ti.Reclassify(category=category.id, reason=ANY_TEXT)
            break
    for priority in Priority:
        if priority is not issue.priority:
            yield ti.Reclassify(priority=priority, reason=ANY_TEXT)
    rule = handbook.extensions
    for clock in issue.clocks if rule is not None else ():
        if rule is not None and clock.is_live and clock.rule in rule.clocks:
            yield ti.AskExtension(clock=clock.id, extra=rule.at_most, reason=ANY_TEXT)
    yield from (ti.Grant(note=ANY_TEXT), ti.Refuse(reason=ANY_TEXT))
    yield ti.Correct(version=issue.version, took_place_at=at, reason=ANY_TEXT)


def _of_teams(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    for template in handbook.teams:
        yield cmd.ConveneTeam(template=template.id, reason=ANY_TEXT)
    leads = [unit.id for unit in handbook.units if not unit.external]
    for part in _parts(handbook, "part-1"):
        for lead in leads[:1]:
            yield cmd.ConveneTeam(
                lead=lead, parts=(part,), reason=ANY_TEXT, closes=CloseRule.ALL_REQUIRED
            )
            yield cmd.ConveneTeam(lead=lead, parts=(part,), reason=ANY_TEXT)
    ids = () if issue.team is None else tuple(part.id for part in issue.team.parts)
    fresh = next(name for n in range(1, len(ids) + 2) if (name := f"part-{n}") not in ids)
    for part in _parts(handbook, fresh):
        yield tm.AddPart(part=part, reason=ANY_TEXT)
    yield tm.ConcludeTeam(reason=ANY_TEXT)
    yield tm.HoldMeeting(
        form=MeetingForm.COORDINATION, topic=ANY_TEXT, attended=(handbook.posts[0].id,)
    )


def _parts(handbook: Handbook, id_: str) -> Iterator[PartAsked]:
    """A part that has little time fits where one with all that the handbook gives does not."""
    for unit in handbook.units[:1]:
        asked = PartAsked(id=id_, unit=unit.id, duty=Duty.CO, deliverable=ANY_TEXT)
        yield asked
        if handbook.joint_team is not None:
            yield asked.model_copy(update={"budget": OpenHours(minutes=1)})


def _of_parts(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    units = [unit.id for unit in handbook.units][:_UNITS_TRIED]
    for part in () if issue.team is None else issue.team.parts:
        yield cmd.AcceptPart(part=part.id)
        yield cmd.RefusePart(part=part.id, reason=ANY_TEXT)
        yield cmd.FinishPart(part=part.id, summary=ANY_TEXT)
        yield cmd.WaivePart(part=part.id, reason=ANY_TEXT, answer=ANY_TEXT)
        yield tm.LeavePart(part=part.id, reason=ANY_TEXT)
        yield tm.RulePart(part=part.id, upheld=False, reason=ANY_TEXT)
        for unit in units:
            yield tm.ReplacePart(part=part.id, unit=unit, reason=ANY_TEXT)


def _of_sign_off(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    for resolution in _resolutions():
        yield cmd.ProposeResolution(resolution=resolution)
    yield from (cmd.Confirm(recording=ANY_TEXT), cmd.Reject(reason=ANY_TEXT))
    attempts = handbook.sign_off.unreachable_attempts_min
    yield cmd.MarkUnreachable(attempts=attempts, note=ANY_TEXT)
    yield from (cmd.Verify(), cmd.SendBack(reason=ANY_TEXT), cmd.Withdraw(reason=ANY_TEXT))
    yield cmd.Reopen(reason=ANY_TEXT)
    if issue.round is not None:
        for choice in (Choice.APPROVE, Choice.RECUSE):
            yield rd.Vote(round=issue.round.number, choice=choice)
        yield rd.SettleRound(round=issue.round.number, approve=False, reason=ANY_TEXT)
    yield rd.IssueAnswerLink(person=f"{issue.enterprise[:40]}.representative")
    for drawn in issue.callbacks:
        yield RecordCallback(draw=drawn.draw, answer=CallbackAnswer.NOT_REACHED)


def _resolutions() -> Iterator[Resolution]:
    yield Resolution(result=ResultClass.SOLVED, summary=ANY_TEXT, evidence=_EVIDENCE)
    for result in (ResultClass.EXPLAINED_CANNOT, ResultClass.PARTLY):
        yield Resolution(
            result=result,
            summary=ANY_TEXT,
            reason=ANY_TEXT,
            follow_up=Promise(text=ANY_TEXT, within=WorkingDays(days=1)),
        )


def _of_kin(issue: Issue) -> Iterator[cmd.Command]:
    yield kn.Link(type=LinkType.RELATES, target=OTHER)
    yield kn.AddChild(child=OTHER)
    yield kn.Merge(target=OTHER, reason=ANY_TEXT)
    yield kn.Unmerge(reason=ANY_TEXT)
    yield kn.JudgeSuggestion(suggested=OTHER, same=False, score=0, method=METHODS[0])
    for known in issue.suggestions[:1]:
        yield kn.JudgeSuggestion(suggested=known, same=False, score=0, method=METHODS[0])
    for tie in issue.ties:
        if tie.type in kn.OWN_LINKS and not tie.incoming:
            yield kn.Unlink(type=tie.type, target=tie.other, reason=ANY_TEXT)
        if tie.type is LinkType.PART_OF and tie.incoming:
            yield kn.ReleaseChild(child=tie.other, reason=ANY_TEXT)


def _of_forms(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    yield fm.DeclareRectified(summary=ANY_TEXT, evidence=_EVIDENCE, recording=ANY_TEXT)
    for passed in (False, True):
        yield fm.Inspect(passed=passed, reason=ANY_TEXT)
    application = issue.application
    for item in () if application is None else application.items:
        yield fm.SubmitItem(item=item.id, evidence=_EVIDENCE)
        for met in (False, True):
            yield fm.CheckItem(item=item.id, met=met)
    for role in _roles(issue, handbook):
        yield fm.SignApplication(role=role)
    yield from (fm.ApproveApplication(), fm.RefuseApplication(reason=ANY_TEXT))
    yield fm.Reapply(text=ANY_TEXT)


def _roles(issue: Issue, handbook: Handbook) -> Iterable[str]:
    form = None if issue.application is None else issue.application.form
    return [
        signer.id for rule in handbook.applications if rule.id == form for signer in rule.signers
    ]


def _of_figures(issue: Issue, handbook: Handbook) -> Iterator[cmd.Command]:
    for ground in handbook.exclusions:
        yield ex.ExcludeFromFigures(code=ground.id, reason=ANY_TEXT, evidence=_EVIDENCE)
        for figure in FigureName:
            yield ex.ExcludeFromFigures(
                code=ground.id, figures=(figure,), reason=ANY_TEXT, evidence=_EVIDENCE
            )
        break
    for excluded in issue.exclusions:
        yield ex.ReviewExclusion(exclusion=excluded.number, accept=False, reason=ANY_TEXT)
        yield ex.LiftExclusion(exclusion=excluded.number, reason=ANY_TEXT)
