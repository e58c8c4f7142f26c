"""The history of an issue's ladder and modes: what each event is called and says in one line."""

from typing import assert_never

from audit.phrases import short, then
from domain import events_of_ladder as ld
from domain import events_of_modes as md
from domain.duration_text import written_duration
from domain.model import Name, written

TITLES: dict[str, Name] = {
    "level_skipped": Name(zh="空岗跳过", en="level skipped"),
    "level_held": Name(zh="无人值守", en="nobody there"),
    "issue_acknowledged": Name(zh="签收", en="acknowledged"),
    "acknowledgement_expired": Name(zh="签收失效", en="acknowledgement expired"),
    "instruction_given": Name(zh="批示", en="instruction given"),
    "instruction_lifted": Name(zh="撤销批示", en="instruction lifted"),
    "issue_urged": Name(zh="催办", en="urged"),
    "post_handed_over": Name(zh="岗位交接", en="post in other hands"),
    "issue_routed": Name(zh="分流派单", en="routed"),
    "dispatch_refused": Name(zh="退单", en="dispatch refused"),
    "dispatch_ruled": Name(zh="裁定", en="dispatch ruled"),
    "dispatch_bound": Name(zh="兜底承办", en="fallback bound"),
    "green_channel_opened": Name(zh="开通绿色通道", en="green channel opened"),
    "emergency_declared": Name(zh="启动应急响应", en="emergency declared"),
    "emergency_stage_entered": Name(zh="应急转段", en="emergency stage entered"),
    "emergency_ended": Name(zh="结束应急响应", en="emergency ended"),
    "parking_asked": Name(zh="申请挂账", en="parking asked"),
    "issue_parked": Name(zh="挂账", en="parked"),
    "parking_prolonged": Name(zh="继续挂账", en="parking prolonged"),
    "issue_unparked": Name(zh="恢复办理", en="taken up again"),
}


def ladder_line(event: ld.LadderEvent) -> str:  # noqa: PLR0911  # one case an event
    """Return what an event of the ladder says in one line."""
    match event:
        case ld.LevelSkipped() | ld.LevelHeld():
            said = f"tier {event.tier}, {event.post}: {event.reason.value.replace('_', ' ')}"
            return f"{said}{then(', by roster', event.roster)}"
        case ld.IssueAcknowledged():
            return f"tier {event.tier}"
        case ld.AcknowledgementExpired():
            return f"tier {event.tier}, number {event.number}: clock {event.clock} ran out"
        case ld.InstructionGiven():
            return _instruction(event)
        case ld.InstructionLifted():
            return f"number {event.number}: {short(event.reason)}"
        case ld.IssueUrged():
            return short(event.text)
        case ld.PostHandedOver():
            return f"{event.post}: {_people(event.from_people)} to {_people(event.to_people)}"
        case ld.IssueRouted():
            row = "no row hit" if event.row is None else f"row {event.row}"
            return f"{row}{then(', unit', event.unit)}, handler {event.handler}"
        case ld.DispatchRefused() | ld.DispatchRuled() | ld.DispatchBound():
            return _dispatch(event)
        case _:
            assert_never(event)


def mode_line(event: md.ModeEvent) -> str:  # noqa: PLR0911  # one case an event
    """Return what a change of mode says in one line."""
    match event:
        case md.GreenChannelOpened():
            change = f"priority {event.from_priority} to {event.to_priority}"
            return f"{change}: {short(event.reason)}"
        case md.EmergencyDeclared():
            levels = ", ".join(
                f"{level.tier} {level.post} ({_people(level.people)})" for level in event.levels
            )
            incident = f"incident {event.incident}, {event.stage}, tiers {levels}"
            return f"{incident}{then(':', event.reason)}"
        case md.EmergencyStageEntered():
            return f"incident {event.incident}, {event.stage}: {short(event.reason)}"
        case md.EmergencyEnded():
            after = f"incident {event.incident}, priority {event.to_priority}"
            return f"{after}: {short(event.reason)}"
        case md.ParkingAsked():
            return short(event.reason)
        case md.IssueParked():
            return f"number {event.number}: {short(event.reason)}; {short(event.note)}"
        case md.ParkingProlonged():
            return f"number {event.number}: {short(event.reason)}"
        case md.IssueUnparked():
            if event.clock is not None:
                return f"clock {event.clock} ran out"
            return short(event.reason or "")
        case _:
            assert_never(event)


def _instruction(event: ld.InstructionGiven) -> str:
    limit = "" if event.limit is None else f", {event.clock} in {written_duration(event.limit)}"
    scope = (
        then(", handler", event.handler)
        + (", holds the tier" if event.holds_tier else "")
        + (", no waiting" if event.no_wait else "")
        + limit
    )
    until = f"until {written(event.expires_at)}"
    return f"number {event.number}, tier {event.tier}, {until}{scope}: {short(event.text)}"


def _dispatch(event: ld.DispatchRefused | ld.DispatchRuled | ld.DispatchBound) -> str:
    match event:
        case ld.DispatchRefused():
            arbiter = "no arbiter" if event.arbiter is None else f"arbiter {event.arbiter}"
            said = f"unit {event.unit}, refusal {event.hop}, {arbiter}"
            return f"{said}{then(', suggests', event.suggested)}: {short(event.reason)}"
        case ld.DispatchRuled():
            how = "overruled" if event.overruled else "binding" if event.binding else "moved"
            return f"{how}: unit {event.unit}, handler {event.handler}: {short(event.reason)}"
        case ld.DispatchBound():
            why = "nobody to rule" if event.clock is None else f"clock {event.clock} ran out"
            return f"unit {event.unit}, handler {event.handler}: {why}"
        case _:
            assert_never(event)


def _people(people: tuple[str, ...]) -> str:
    return ", ".join(people) or "nobody"
