"""The history of an issue as plain rows: when, who, what, in one line each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import assert_never

from audit import timeline_exclusions, timeline_kin, timeline_ladder, timeline_team
from audit.phrases import short, then
from audit.timeline_exclusions import exclusion_line
from audit.timeline_kin import callback_line, form_line, kin_line
from audit.timeline_ladder import ladder_line, mode_line
from audit.timeline_team import round_line, team_line
from domain import events as ev
from domain import events_of_time as tm
from domain.chain import Record
from domain.days import to_ms
from domain.duration_text import written_duration
from domain.events_of_callbacks import CallbackEvent
from domain.events_of_exclusions import ExclusionEvent
from domain.events_of_forms import FormEvent
from domain.events_of_import import IssueImported
from domain.events_of_kin import KinEvent
from domain.events_of_ladder import LadderEvent
from domain.events_of_modes import ModeEvent
from domain.events_of_rounds import RoundEvent
from domain.events_of_team import TeamEvent
from domain.evolve import FamilyEvent, SignOffEvent
from domain.issue import Evidence
from domain.lateness import emergencies, recorded_late_ms
from domain.model import Name, written
from domain.people import named
from domain.retold import TermsByHash
from domain.terms import Terms

NO_TERMS: TermsByHash = MappingProxyType({})

TITLES: dict[str, Name] = {
    **timeline_ladder.TITLES,
    **timeline_team.TITLES,
    **timeline_kin.TITLES,
    **timeline_exclusions.TITLES,
    "issue_reported": Name(zh="问题上报", en="reported"),
    "issue_imported": Name(zh="旧台账转入", en="imported"),
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
    "enterprise_contacted": Name(zh="联系企业", en="enterprise contacted"),
    "plan_made": Name(zh="制定方案", en="plan made"),
    "reply_demanded": Name(zh="督办", en="reply demanded"),
    "reply_given": Name(zh="督办回复", en="reply given"),
    "issue_reclassified": Name(zh="调整类别", en="reclassified"),
    "extension_asked": Name(zh="申请延期", en="extension asked"),
    "extension_granted": Name(zh="同意延期", en="extension granted"),
    "pause_asked": Name(zh="申请暂停", en="pause asked"),
    "pause_granted": Name(zh="同意暂停", en="pause granted"),
    "request_refused": Name(zh="不同意申请", en="request refused"),
    "fact_corrected": Name(zh="更正事实", en="fact corrected"),
    "terms_adopted": Name(zh="改用新规则", en="terms adopted"),
    "clock_migrated": Name(zh="时限调整", en="clock migrated"),
}
"""What each kind of event is called."""


@dataclass(frozen=True, slots=True)
class Row:
    """One event as a line. `at` is when it was recorded, `occurred_at` when it took place by the
    actor's word, if that differs; `recorded_late_ms` lies between them where that is more than the
    handbook lets pass (Q9)."""

    version: int
    at: datetime
    occurred_at: datetime | None
    actor: str
    kind: str
    title: Name
    summary: str
    recorded_late_ms: int | None = None


def timeline(records: Iterable[Record], terms: TermsByHash = NO_TERMS) -> list[Row]:
    """Return one row for each event of a stream, in order. Those recorded late are flagged as far
    as `terms` holds the terms that they name."""
    told = list(records)
    return [
        row_of(record, terms.get(record.terms), emergency=emergency)
        for record, emergency in zip(told, emergencies(told), strict=True)
    ]


def row_of(record: Record, terms: Terms | None = None, *, emergency: bool = False) -> Row:
    """Return an event as a row. `emergency`: the issue was one."""
    event = record.event
    late_ms = None
    if terms is not None:
        late_ms = recorded_late_ms(record, terms.handbook, emergency=emergency)
    return Row(
        version=record.version,
        at=record.at,
        occurred_at=record.occurred_at,
        actor=named(event.by),
        kind=event.kind,
        title=TITLES[event.kind],
        summary=summary(event),
        recorded_late_ms=late_ms,
    )


def summary(event: ev.Event) -> str:  # noqa: C901, PLR0911, PLR0912  # one case an event
    """Return what the event says in one line of English, with its own values."""
    match event:
        case ev.IssueReported():
            what = f"{event.category}, {event.priority}, tier {event.tier}, owner {event.owner}"
            return f"{event.enterprise}: {short(event.title)} ({what})"
        case IssueImported():
            said = f"number {event.number}, {event.phase}, tier {event.tier}, owner {event.owner}"
            return f"{event.enterprise}: {short(event.title)} ({said}; row {event.source.line})"
        case ev.IssueAccepted():
            return f"number {event.number}, category {event.category}, handler {event.handler}"
        case ev.IssueTurnedAway():
            return f"{event.code}: {short(event.reason)}{then('; turn to', event.referral)}"
        case ev.IssueAssigned():
            return f"handler {event.handler}{then(':', event.reason)}"
        case ev.IssueHandedOver():
            return f"to unit {event.unit}, handler {event.handler}: {short(event.reason)}"
        case ev.NoteAdded():
            return f"{short(event.text)}{_evidence(event.evidence)}"
        case ev.IssueEscalated():
            return _escalated(event)
        case ev.IssueDeescalated():
            tiers = f"tier {event.from_tier} to {event.to_tier}"
            return f"{tiers}, owner {event.owner}: {short(event.reason)}"
        case ev.TeamConvened():
            parts = ", ".join(f"{part.id} ({part.unit}, {part.duty})" for part in event.parts)
            return f"team {event.number}, lead {event.lead}: {parts}{then(';', event.reason)}"
        case ev.PartAccepted():
            return f"part {event.part}"
        case ev.PartRefused() | ev.PartWaived():
            return f"part {event.part}: {short(event.reason)}"
        case ev.PartFinished():
            return f"part {event.part}: {short(event.summary)}{_evidence(event.evidence)}"
        case ev.IssuePaused():
            return f"{event.reason}{then(', for', event.party)}: {short(event.note)}"
        case ev.IssueResumed():
            return short(event.note)
        case ev.RungFired():
            return _rung(event)
        case ev.IssuePutToReview():
            return f"clock {event.clock} ran out at the top tier"
        case ev.HistoryLost():
            return f"run {event.run}, from {written(event.from_at)} to {written(event.to_at)}"
        case _:
            return _of_family(event)


def _of_family(event: FamilyEvent) -> str:  # noqa: PLR0911  # one a family
    if isinstance(event, TeamEvent):
        return team_line(event)
    if isinstance(event, RoundEvent):
        return round_line(event)
    if isinstance(event, KinEvent):
        return kin_line(event)
    if isinstance(event, FormEvent):
        return form_line(event)
    if isinstance(event, CallbackEvent):
        return callback_line(event)
    if isinstance(event, ExclusionEvent):
        return exclusion_line(event)
    if isinstance(event, SignOffEvent):
        return _sign_off(event)
    if isinstance(event, LadderEvent):
        return ladder_line(event)
    return mode_line(event) if isinstance(event, ModeEvent) else _time(event)


def _sign_off(event: SignOffEvent) -> str:
    match event:
        case ev.ResolutionProposed():
            resolution = event.resolution
            said = f"{resolution.result}: {short(resolution.summary)}"
            return f"round {event.round}, {said}{_evidence(resolution.evidence)}"
        case ev.SignOffAnswered():
            attempts = "" if event.attempts is None else f" after {event.attempts} attempts"
            answer = f"round {event.round}, {event.outcome}{attempts}"
            return f"{answer}{then(', recording', event.recording)}{then(':', event.note)}"
        case ev.ResolutionRejected() | ev.ResolutionSentBack():
            return f"round {event.round}: {short(event.reason)}"
        case ev.SignOffLapsed():
            return f"round {event.round}, deemed accepted: no answer in time"
        case ev.IssueClosedOut():
            return f"{event.outcome}, sign-off {event.sign_off}{then(':', event.note)}"
        case ev.IssueWithdrawn():
            follows = "closed at once" if event.closes else "a verifier must confirm"
            return f"{follows}: {short(event.reason)}"
        case ev.IssueReopened():
            return f"tier {event.tier}, owner {event.owner}: {short(event.reason)}"
        case _:
            assert_never(event)


def _time(event: tm.TimeEvent) -> str:  # noqa: PLR0911  # one case an event
    match event:
        case tm.EnterpriseContacted():
            return f"{short(event.note)}{then(', by', event.channel)}"
        case tm.PlanMade():
            by_day = "" if event.finish_on is None else f", to be done by {event.finish_on}"
            return f"{short(event.plan)}{by_day}"
        case tm.ReplyDemanded():
            return short(event.question)
        case tm.ReplyGiven():
            return short(event.reply)
        case tm.IssueReclassified():
            return f"{_reclassified(event)}: {short(event.reason)}"
        case tm.ExtensionAsked() | tm.ExtensionGranted():
            return _extension(event)
        case tm.PauseAsked():
            return f"{event.reason}{then(', for', event.party)}: {short(event.note)}"
        case tm.PauseGranted():
            return short(event.note)
        case tm.RequestRefused():
            return f"{event.asked}: {short(event.reason)}"
        case tm.FactCorrected():
            took_place = f"event {event.version} took place at {written(event.took_place_at)}"
            return f"{took_place}: {short(event.reason)}{_evidence(event.evidence)}"
        case tm.TermsAdopted() | tm.ClockMigrated():
            return _migrated(event)
        case _:
            assert_never(event)


def _reclassified(event: tm.IssueReclassified) -> str:
    changes = (
        ("category", event.from_category, event.to_category),
        ("priority", event.from_priority, event.to_priority),
    )
    return ", ".join(f"{what} {old} to {new}" for what, old, new in changes if old != new)


def _extension(event: tm.ExtensionAsked | tm.ExtensionGranted) -> str:
    """Return what is asked or given; both deadlines stand in the clock transition."""
    more = f"{written_duration(event.extra)} more for {event.clock} {event.cycle}"
    if isinstance(event, tm.ExtensionAsked):
        return f"{more}: {short(event.reason)}"
    aims = [change.retarget for change in event.clocks if change.retarget is not None]
    dues = [
        f", due {written(aim.from_due_at)} to {written(aim.to_due_at)}"
        for aim in aims
        if aim.from_due_at is not None and aim.to_due_at is not None
    ]
    return f"{more}{''.join(dues)}: {short(event.note)}"


def _migrated(event: tm.TermsAdopted | tm.ClockMigrated) -> str:
    if isinstance(event, tm.TermsAdopted):
        approved = then(", approved by", event.approver)
        which = f"{event.ground} {event.reference}, by {event.author}{approved}"
        hashes = f"{event.from_terms[:12]} to {event.to_terms[:12]}"
        return f"{which} ({hashes}): {short(event.reason)}"
    old, new = (
        "none while it stands" if due_at is None else written(due_at)
        for due_at in (event.old_due_at, event.new_due_at)
    )
    provisional = " (provisional)" if event.is_provisional else ""
    return f"{event.clock} {event.cycle}, due {old} to {new}{provisional}: {short(event.reason)}"


def _escalated(event: ev.IssueEscalated) -> str:
    tiers = f"tier {event.from_tier} to {event.to_tier}, owner {event.owner}"
    skipped = f", skipping {', '.join(map(str, event.skipped))}" if event.skipped else ""
    passed = "" if event.passed is None else f": clock {event.passed} ran out"
    return f"{tiers}{skipped}{passed}{then(':', event.reason)}"


def _rung(event: ev.RungFired) -> str:
    late_ms = to_ms(event.at) - to_ms(event.due_at)
    late = f", {late_ms / 1000:.3f} s late" if late_ms else ""
    ours = " by our fault" if event.late_by_us else ""
    share = "" if event.percent is None else f" at {event.percent} %"
    name = f"{event.clock} {event.cycle} {event.rung}{share}"
    stands_for = f", for {', '.join(event.skipped)} as well" if event.skipped else ""
    return f"{name} ({event.effect}), due {written(event.due_at)}{late}{ours}{stands_for}"


def _evidence(evidence: tuple[Evidence, ...]) -> str:
    return "" if not evidence else f" [{len(evidence)} evidence]"
