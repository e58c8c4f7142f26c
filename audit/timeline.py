"""The history of an issue as plain rows: when, who, what, in one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from domain import events as ev
from domain.chain import Record
from domain.days import to_ms
from domain.issue import Evidence
from domain.model import Name, written
from domain.people import named

SHOWN_TEXT_CHARACTERS_MAX = 100

TITLES: dict[str, Name] = {
    "issue_reported": Name(zh="问题上报", en="reported"),
    "issue_accepted": Name(zh="受理登记", en="accepted"),
    "issue_turned_away": Name(zh="不予受理", en="turned away"),
    "issue_assigned": Name(zh="指定承办", en="assigned"),
    "issue_handed_over": Name(zh="转办", en="handed over"),
    "note_added": Name(zh="备注", en="note"),
    "issue_escalated": Name(zh="升级", en="escalated"),
    "issue_deescalated": Name(zh="退回下级", en="given back"),
    "team_convened": Name(zh="组织会办", en="joint team convened"),
    "part_accepted": Name(zh="协办接受", en="part accepted"),
    "part_refused": Name(zh="协办拒绝", en="part refused"),
    "part_finished": Name(zh="协办完成", en="part finished"),
    "part_waived": Name(zh="协办免除", en="part waived"),
    "issue_paused": Name(zh="暂停计时", en="paused"),
    "issue_resumed": Name(zh="恢复计时", en="resumed"),
    "resolution_proposed": Name(zh="提交办理结果", en="resolution proposed"),
    "sign_off_answered": Name(zh="企业签收", en="sign-off answered"),
    "resolution_rejected": Name(zh="企业不认可", en="resolution rejected"),
    "sign_off_lapsed": Name(zh="逾期未签收", en="sign-off lapsed"),
    "resolution_sent_back": Name(zh="核销退回", en="sent back"),
    "issue_closed_out": Name(zh="销号", en="closed out"),
    "issue_withdrawn": Name(zh="撤回", en="withdrawn"),
    "issue_reopened": Name(zh="重新办理", en="reopened"),
    "rung_fired": Name(zh="时限提醒", en="rung fired"),
    "issue_put_to_review": Name(zh="提请专题研究", en="put to review"),
    "history_lost": Name(zh="流程历史缺失", en="workflow history lost"),
}
"""What each kind of event is called."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as a line. `at` is when it was recorded, `occurred_at` when it took place by the
    actor's word, if that differs."""

    version: int
    at: datetime
    occurred_at: datetime | None
    actor: str
    kind: str
    title: Name
    summary: str


def timeline(records: Iterable[Record]) -> list[Row]:
    """Return one row for each event, in order."""
    return [row_of(record) for record in records]


def row_of(record: Record) -> Row:
    """Return an event as a row."""
    event = record.event
    return Row(
        version=record.version,
        at=record.at,
        occurred_at=record.occurred_at,
        actor=named(event.by),
        kind=event.kind,
        title=TITLES[event.kind],
        summary=summary(event),
    )


def summary(event: ev.Event) -> str:  # noqa: C901, PLR0911, PLR0912  # one case an event
    """Return what the event says in one line of English, with its own values."""
    match event:
        case ev.IssueReported():
            what = f"{event.category}, {event.priority}, tier {event.tier}, owner {event.owner}"
            return f"{event.enterprise}: {_short(event.title)} ({what})"
        case ev.IssueAccepted():
            return f"number {event.number}, category {event.category}, handler {event.handler}"
        case ev.IssueTurnedAway():
            return f"{event.code}: {_short(event.reason)}{_then('; turn to', event.referral)}"
        case ev.IssueAssigned():
            return f"handler {event.handler}{_then(':', event.reason)}"
        case ev.IssueHandedOver():
            return f"to unit {event.unit}, handler {event.handler}: {_short(event.reason)}"
        case ev.NoteAdded():
            return f"{_short(event.text)}{_evidence(event.evidence)}"
        case ev.IssueEscalated():
            return _escalated(event)
        case ev.IssueDeescalated():
            tiers = f"tier {event.from_tier} to {event.to_tier}"
            return f"{tiers}, owner {event.owner}: {_short(event.reason)}"
        case ev.TeamConvened():
            parts = ", ".join(f"{part.id} ({part.unit}, {part.duty})" for part in event.parts)
            return f"team {event.number}, lead {event.lead}: {parts}{_then(';', event.reason)}"
        case ev.PartAccepted():
            return f"part {event.part}"
        case ev.PartRefused() | ev.PartWaived():
            return f"part {event.part}: {_short(event.reason)}"
        case ev.PartFinished():
            return f"part {event.part}: {_short(event.summary)}{_evidence(event.evidence)}"
        case ev.IssuePaused():
            return f"{event.reason}{_then(', for', event.party)}: {_short(event.note)}"
        case ev.IssueResumed():
            return _short(event.note)
        case ev.RungFired():
            return _rung(event)
        case ev.IssuePutToReview():
            return f"clock {event.clock} ran out at the top tier"
        case ev.HistoryLost():
            return f"run {event.run}, from {written(event.from_at)} to {written(event.to_at)}"
        case _:
            return _sign_off(event)


def _sign_off(
    event: ev.ResolutionProposed
    | ev.SignOffAnswered
    | ev.ResolutionRejected
    | ev.SignOffLapsed
    | ev.ResolutionSentBack
    | ev.IssueClosedOut
    | ev.IssueWithdrawn
    | ev.IssueReopened,
) -> str:
    match event:
        case ev.ResolutionProposed():
            resolution = event.resolution
            said = f"{resolution.result}: {_short(resolution.summary)}"
            return f"round {event.round}, {said}{_evidence(resolution.evidence)}"
        case ev.SignOffAnswered():
            attempts = "" if event.attempts is None else f" after {event.attempts} attempts"
            answer = f"round {event.round}, {event.outcome}{attempts}"
            return f"{answer}{_then(', recording', event.recording)}{_then(':', event.note)}"
        case ev.ResolutionRejected() | ev.ResolutionSentBack():
            return f"round {event.round}: {_short(event.reason)}"
        case ev.SignOffLapsed():
            return f"round {event.round}, deemed accepted: no answer in time"
        case ev.IssueClosedOut():
            return f"{event.outcome}, sign-off {event.sign_off}{_then(':', event.note)}"
        case ev.IssueWithdrawn():
            follows = "closed at once" if event.closes else "a verifier must confirm"
            return f"{follows}: {_short(event.reason)}"
        case ev.IssueReopened():
            return f"tier {event.tier}, owner {event.owner}: {_short(event.reason)}"
        case _:
            assert_never(event)


def _escalated(event: ev.IssueEscalated) -> str:
    tiers = f"tier {event.from_tier} to {event.to_tier}, owner {event.owner}"
    skipped = f", skipping {', '.join(map(str, event.skipped))}" if event.skipped else ""
    passed = "" if event.passed is None else f": clock {event.passed} ran out"
    return f"{tiers}{skipped}{passed}{_then(':', event.reason)}"


def _rung(event: ev.RungFired) -> str:
    late_ms = to_ms(event.at) - to_ms(event.due_at)
    late = f", {late_ms / 1000:.3f} s late" if late_ms else ""
    name = f"{event.clock} {event.cycle} {event.rung} at {event.percent} %"
    return f"{name} ({event.effect}), due {written(event.due_at)}{late}"


def _evidence(evidence: tuple[Evidence, ...]) -> str:
    return "" if not evidence else f" [{len(evidence)} evidence]"


def _then(before: str, text: str | None) -> str:
    return "" if text is None else f"{before} {_short(text)}"


def _short(text: str) -> str:
    """Return a text on one line, cut where a line would be too long."""
    line = " ".join(text.split())
    if len(line) <= SHOWN_TEXT_CHARACTERS_MAX:
        return line
    return f"{line[: SHOWN_TEXT_CHARACTERS_MAX - 1]}…"
