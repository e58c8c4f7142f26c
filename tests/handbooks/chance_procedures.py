"""Commands by chance of teams, rounds, links, forms and callbacks; some zones have no rule for."""

from collections.abc import Iterator
from random import Random
from typing import Any

from domain import commands as cmd
from domain import commands_of_callbacks as cb
from domain import commands_of_forms as fm
from domain import commands_of_kin as kn
from domain import commands_of_rounds as rd
from domain import commands_of_team as tm
from domain.events import PartAsked
from domain.forms import ApplyAsked, ItemStanding, RectifyAsked
from domain.handbook import Handbook
from domain.issue import Evidence, Issue
from domain.kin import Kin, KinNews
from domain.phases import (
    CallbackAnswer,
    Choice,
    CloseRule,
    Duty,
    LinkType,
    MeetingForm,
    Origin,
    Outcome,
    Priority,
)
from domain.team import MeetingDecision

OTHER, CHILD, DRAW = "other", "child", "draw-1"
EITHER, MOSTLY = 0.5, 0.9
SEEN = (Evidence(reference="store/1"),)
TARGETS = {
    "link": "target",
    "merge": "target",
    "add_child": "child",
    "judge_suggestion": "suggested",
}


def reported(book: Handbook, chance: Random) -> dict[str, Any]:
    """Return what makes a report one of something to put right, or of an application; often
    nothing."""
    ways: list[dict[str, Any]] = [{}, {}]
    if book.rectification is not None:
        rectify = RectifyAsked(items=("The exits",))
        plain = {"origin": Origin.INSPECTION, "priority": Priority.ORDINARY}
        ways.append({**plain, "rectify": rectify})
    for form in book.applications:
        claims = chance.sample(form.claims, chance.randint(0, len(form.claims)))
        ways.append({"application": ApplyAsked(form=form.id, claims=tuple(claims))})
    return chance.choice(ways)


def kin_of(command: cmd.Command, issue: Issue | None) -> Kin | None:
    """Return what a ledger would know of the issue that a command names: an open one of the same
    enterprise."""
    named = TARGETS.get(command.kind)
    if named is None or issue is None:
        return None
    return Kin(key=getattr(command, named), enterprise=issue.enterprise, open=True)


def of_procedures(book: Handbook, chance: Random, issue: Issue | None) -> Iterator[cmd.Command]:
    """Yield one of each command, filled in by chance with what the issue has."""
    yield from _of_the_team(book, chance, issue)
    yield from _of_kin(chance, issue)
    yield from _of_forms(book, chance, issue)
    number = 1 if issue is None or issue.rounds == 0 else issue.rounds
    yield rd.Vote(round=number, choice=chance.choice(list(Choice)))
    yield rd.SettleRound(round=number, approve=chance.random() < EITHER, reason="-")
    yield rd.IssueAnswerLink(person="someone")
    yield cb.RecordDraw(draw=DRAW, lot="0" * 64)
    answer = chance.choice(list(CallbackAnswer))
    yield cb.RecordCallback(draw=DRAW, answer=answer, reopen=chance.random() < EITHER)


def _of_the_team(book: Handbook, chance: Random, issue: Issue | None) -> Iterator[cmd.Command]:
    parts = () if issue is None or issue.team is None else issue.team.parts
    part = chance.choice(parts).id if parts else "p-0"
    if book.units:
        unit = chance.choice(book.units).id
        asked = PartAsked(id="p-9", unit=unit, duty=Duty.CO, deliverable="-", required=False)
        if parts and book.joint_team is not None:
            asked = asked.model_copy(update={"depends_on": (part,)})
        yield tm.AddPart(part=asked, reason="-")
        yield tm.ReplacePart(part=part, unit=unit, reason="-")
        to = chance.choice([None, unit])
        disputed = next((each.id for each in parts if each.arbiter is not None), part)
        yield tm.RulePart(part=disputed, upheld=to is not None, unit=to, reason="-")
    for template in book.teams:
        closes = chance.choice([None, CloseRule.LEAD_DECIDES]) if book.joint_team else None
        yield cmd.ConveneTeam(template=template.id, closes=closes)
    yield tm.LeavePart(part=part, reason="-")
    yield tm.ConcludeTeam(reason="-")
    there = (book.posts[0].id,)
    decided = (MeetingDecision(id="one", text="-"),)
    yield tm.HoldMeeting(form=MeetingForm.ONE_MATTER, topic="-", attended=there, decisions=decided)


def _of_kin(chance: Random, issue: Issue | None) -> Iterator[cmd.Command]:
    type_ = chance.choice(kn.OWN_LINKS)
    yield kn.Link(type=type_, target=OTHER)
    yield kn.Unlink(type=type_, target=OTHER, reason="-")
    yield kn.AddChild(child=CHILD)
    yield kn.ReleaseChild(child=CHILD, reason="-")
    yield kn.Merge(target=OTHER, reason="-")
    yield kn.Unmerge(reason="-")
    yield kn.JudgeSuggestion(suggested=OTHER, same=False, score=50, method="by-hand")
    version = 1 if issue is None else issue.version
    ended = KinNews(
        what="ended", type=LinkType.PART_OF, version=version, outcome=Outcome.CLOSED_OUT
    )
    yield kn.RecordKin(other=CHILD, news=ended)


def _of_forms(book: Handbook, chance: Random, issue: Issue | None) -> Iterator[cmd.Command]:
    """What comes next is named: of the items the first that is due, of the roles one not signed."""
    application = None if issue is None else issue.application
    items = () if application is None else application.items
    handed_in = [item.id for item in items if item.standing is ItemStanding.SUBMITTED]
    wanted = [
        item.id for item in items if item.standing in (ItemStanding.OPEN, ItemStanding.FAILED)
    ]
    roles = [signer.id for form in book.applications for signer in form.signers]
    yield fm.DeclareRectified(summary="-")
    yield fm.Inspect(passed=chance.random() < EITHER, reason="-")
    yield fm.SubmitItem(item=next(iter(wanted), "none"), evidence=SEEN)
    yield fm.CheckItem(item=next(iter(handed_in), "none"), met=chance.random() < MOSTLY)
    yield fm.SignApplication(role=chance.choice(roles) if roles else "none")
    yield fm.ApproveApplication()
    yield fm.RefuseApplication(reason="-")
    yield fm.Reapply(text="-")
