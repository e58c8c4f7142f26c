"""The history of links, forms and callbacks: what each event is called and says in one line."""

from typing import assert_never

from audit.phrases import short, then
from domain import events_of_callbacks as cb
from domain import events_of_forms as fm
from domain import events_of_kin as kn
from domain.model import Name

TITLES: dict[str, Name] = {
    "issue_linked": Name(zh="关联", en="linked"),
    "issue_unlinked": Name(zh="解除关联", en="unlinked"),
    "child_added": Name(zh="归集子问题", en="child added"),
    "child_released": Name(zh="移出子问题", en="child released"),
    "kin_recorded": Name(zh="关联问题动态", en="news of a linked issue"),
    "merged_into": Name(zh="并案", en="merged"),
    "issue_unmerged": Name(zh="撤销并案", en="merge undone"),
    "suggestion_judged": Name(zh="疑似重复认定", en="suggestion judged"),
    "successor_asked": Name(zh="转后续问题", en="successor asked"),
    "rectification_declared": Name(zh="报告整改完成", en="rectification declared"),
    "rectification_failed": Name(zh="整改未通过", en="rectification failed"),
    "item_submitted": Name(zh="提交条件材料", en="item submitted"),
    "item_checked": Name(zh="核验条件", en="item checked"),
    "application_signed": Name(zh="责任人签字", en="application signed"),
    "application_approved": Name(zh="申请通过", en="application approved"),
    "application_refused": Name(zh="申请不通过", en="application refused"),
    "application_renewed": Name(zh="重新申请", en="applied again"),
    "callback_drawn": Name(zh="抽取回访", en="drawn for a callback"),
    "callback_answered": Name(zh="回访答复", en="callback answered"),
    "sign_off_disputed": Name(zh="回访不认可", en="sign-off disputed"),
}


def kin_line(event: kn.KinEvent) -> str:  # noqa: PLR0911  # one case an event
    """Return what a change of links says in one line."""
    match event:
        case kn.IssueLinked():
            return f"{event.type} {event.target}{then(':', event.reason)}"
        case kn.IssueUnlinked():
            return f"{event.type} {event.target}: {short(event.reason)}"
        case kn.ChildAdded():
            return f"{event.child}{then(':', event.reason)}"
        case kn.ChildReleased():
            return f"{event.child}: {short(event.reason)}"
        case kn.KinRecorded():
            return _news(event)
        case kn.MergedInto():
            return f"into {event.target}: {short(event.reason)}"
        case kn.IssueUnmerged():
            return f"from {event.target}, back to {event.phase}: {short(event.reason)}"
        case kn.SuggestionJudged():
            verdict = "the same" if event.same else "another matter"
            return f"{event.suggested}, score {event.score}: {verdict}{then(';', event.note)}"
        case kn.SuccessorAsked():
            return f"{event.successor}: {short(event.text)}"
        case _:
            assert_never(event)


def form_line(event: fm.FormEvent) -> str:  # one case an event
    """Return what an event of a rectification or an application says in one line."""
    match event:
        case fm.RectificationDeclared():
            said = f"number {event.number}{then(', recording', event.recording)}"
            return f"{said}: {short(event.summary)}{_shown(event.evidence)}"
        case fm.RectificationFailed():
            return f"number {event.number}: {short(event.reason)}{_shown(event.evidence)}"
        case fm.ItemSubmitted():
            return f"{event.item}{then(':', event.note)}{_shown(event.evidence)}"
        case fm.ItemChecked():
            return f"{event.item}: {'met' if event.met else 'not met'}{then(':', event.note)}"
        case fm.ApplicationSigned():
            return f"as {event.role}"
        case fm.ApplicationApproved():
            return short(event.note or "every item met, every signature given")
        case fm.ApplicationRefused():
            missing = ", ".join(event.missing) or "nothing of the list"
            return f"missing {missing}: {short(event.reason)}"
        case fm.ApplicationRenewed():
            return f"attempt {event.attempt}: {short(event.text)}"
        case _:
            assert_never(event)


def callback_line(event: cb.CallbackEvent) -> str:
    """Return what a callback says in one line."""
    match event:
        case cb.CallbackDrawn():
            return f"draw {event.draw}, lot {event.lot[:12]}…"
        case cb.CallbackAnswered():
            answer = f"draw {event.draw}: {event.answer.value.replace('_', ' ')}"
            return f"{answer}{then(', recording', event.recording)}{then(':', event.note)}"
        case cb.SignOffDisputed():
            return f"draw {event.draw}: the sign-off says {event.sign_off}"
        case _:
            assert_never(event)


def _news(event: kn.KinRecorded) -> str:
    news = event.news
    outcome = "" if news.outcome is None else f", {news.outcome}"
    return f"{event.other} ({news.type}): {news.what}{outcome}{then(':', news.reason)}"


def _shown(evidence: tuple[object, ...]) -> str:
    return "" if not evidence else f" [{len(evidence)} evidence]"
