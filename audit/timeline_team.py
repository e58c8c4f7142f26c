"""The history of joint teams, rounds and the enterprise's say: titles, and lines of English."""

from typing import assert_never

from audit.phrases import short, then
from domain import events_of_rounds as rd
from domain import events_of_team as tm
from domain.ballots import BallotRule, Needs
from domain.model import Name, written

TITLES: dict[str, Name] = {
    "part_added": Name(zh="增加联办任务", en="part added"),
    "part_replaced": Name(zh="更换联办单位", en="part replaced"),
    "part_left": Name(zh="退出联办", en="part left"),
    "part_ruled": Name(zh="异议裁定", en="objection ruled"),
    "part_ready": Name(zh="任务就绪", en="part ready"),
    "team_concluded": Name(zh="专班收尾", en="team concluded"),
    "meeting_held": Name(zh="专题会议", en="meeting held"),
    "decision_followed": Name(zh="落实会议决定", en="decision followed"),
    "round_opened": Name(zh="发起表决", en="round opened"),
    "vote_cast": Name(zh="表决", en="vote cast"),
    "round_closed": Name(zh="表决结束", en="round closed"),
    "silence_explained": Name(zh="告知逾期后果", en="silence explained"),
    "answer_link_issued": Name(zh="发出确认链接", en="answer link issued"),
    "team_wanted": Name(zh="要求联办", en="joint team wanted"),
    "closing_review_called": Name(zh="终结评审", en="closing review called"),
}


def team_line(event: tm.TeamEvent) -> str:  # one case an event
    """Return what a change of a joint team says in one line."""
    match event:
        case tm.PartAdded():
            part = event.part
            return f"part {part.id} ({part.unit}, {part.duty}): {short(event.reason)}"
        case tm.PartReplaced():
            moved = f"part {event.part}: {event.from_unit} to {event.unit}"
            return f"{moved}{then(', by', event.proxy)}: {short(event.reason)}"
        case tm.PartLeft():
            return f"part {event.part}: {short(event.reason)}"
        case tm.PartRuled():
            return _ruled(event)
        case tm.PartReady():
            return f"part {event.part}: all it depends on is settled"
        case tm.TeamConcluded():
            without = f" without {', '.join(event.unfinished)}" if event.unfinished else ""
            return f"concluded{without}: {short(event.reason)}"
        case tm.MeetingHeld():
            return _meeting(event)
        case tm.DecisionFollowed():
            said = f"meeting {event.decision.meeting}, decision {event.decision.decision}"
            return f"{said}: {event.command}"
        case _:
            assert_never(event)


def round_line(event: rd.RoundEvent) -> str:  # one case an event
    """Return what an event of a round, or around the enterprise's say, says in one line."""
    match event:
        case rd.RoundOpened():
            return _opened(event)
        case rd.VoteCast():
            late = ", too late to count" if event.late else ""
            vote = f"round {event.round}, {event.elector}: {event.choice}{late}"
            return f"{vote}{then(':', event.reason)}"
        case rd.RoundClosed():
            return _closed(event)
        case rd.SilenceExplained():
            return (
                f"round {event.round}: silence until {written(event.silent_at)} is {event.outcome}"
            )
        case rd.AnswerLinkIssued():
            until = written(event.expires_at)
            return f"round {event.round}, link {event.link} for {event.person}, until {until}"
        case rd.TeamWanted() | rd.ClosingReviewCalled():
            return f"round {event.round}"
        case _:
            assert_never(event)


def _ruled(event: tm.PartRuled) -> str:
    how = "upheld" if event.upheld else "the unit is bound"
    why = then(":", event.reason) if event.clock is None else f": clock {event.clock} ran out"
    return f"part {event.part}: {how}{then(', taken by', event.unit)}{why}"


def _meeting(event: tm.MeetingHeld) -> str:
    there = f"{len(event.attended)} there, {len(event.absent)} absent"
    decided = "; ".join(f"{each.id}: {short(each.text)}" for each in event.decisions)
    said = f"number {event.number}, {event.form}, {short(event.topic)} ({there})"
    return f"{said}; {decided}" if decided else said


def _opened(event: rd.RoundOpened) -> str:
    electors = ", ".join(each.person for each in event.electors) or "nobody"
    needs = _needs(event.passes)
    settled = then("; too few may vote, so it is settled by", event.decider)
    asked = f"number {event.number}, {event.subject}, {needs} of {electors}"
    return f"{asked}{settled}{then(':', event.reason)}"


def _needs(passes: BallotRule) -> str:
    match passes.needs:
        case Needs.AT_LEAST:
            return f"at least {passes.n}"
        case Needs.PERCENT:
            return f"{passes.percent} %"
        case Needs.WEIGHTED:
            return f"{passes.percent} % of the weight"
        case Needs.ANY | Needs.ALL:
            return str(passes.needs)
        case _:
            assert_never(passes.needs)


def _closed(event: rd.RoundClosed) -> str:
    votes = f"{event.approve} for, {event.reject} against, {event.abstain} abstained"
    out = f"{votes}, {event.recuse} recused, {event.unasked} not voted"
    expired = "" if event.clock is None else f"; clock {event.clock} ran out"
    said = f"number {event.number}, {event.subject}: {event.outcome}"
    return f"{said} ({out}){expired}{then(':', event.reason)}"
