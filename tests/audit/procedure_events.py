"""One event of each kind of teams, rounds, links, forms and callbacks, and its line."""

from datetime import UTC, datetime
from typing import Any

from domain.ballots import BallotRule, Elector
from domain.events import Event
from domain.events_of_callbacks import CallbackAnswered, CallbackDrawn, SignOffDisputed
from domain.events_of_exclusions import ExclusionAsked, ExclusionLifted, ExclusionReviewed
from domain.events_of_forms import (
    ApplicationApproved,
    ApplicationRefused,
    ApplicationRenewed,
    ApplicationSigned,
    ItemChecked,
    ItemSubmitted,
    RectificationDeclared,
    RectificationFailed,
)
from domain.events_of_kin import (
    ChildAdded,
    ChildReleased,
    IssueLinked,
    IssueUnlinked,
    IssueUnmerged,
    KinRecorded,
    MergedInto,
    SuccessorAsked,
    SuggestionJudged,
)
from domain.events_of_rounds import (
    AnswerLinkIssued,
    ClosingReviewCalled,
    RoundClosed,
    RoundOpened,
    SilenceExplained,
    TeamWanted,
    VoteCast,
)
from domain.events_of_team import (
    DecisionFollowed,
    MeetingHeld,
    PartAdded,
    PartLeft,
    PartReady,
    PartReplaced,
    PartRuled,
    TeamConcluded,
)
from domain.exclusion import FigureName
from domain.issue import Evidence
from domain.kin import KinNews
from domain.people import ENGINE
from domain.phases import (
    CallbackAnswer,
    Choice,
    Duty,
    LinkType,
    MeetingForm,
    Outcome,
    Phase,
    RoundOutcome,
    SignOffOutcome,
    Subject,
)
from domain.team import DecisionRef, MeetingDecision, PartAsked

AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
PART = PartAsked(id="dig", unit="power", duty=Duty.CO, deliverable="A trench.")
VOTERS = (Elector(person="a", post="p"), Elector(person="b", post="q"))
ANY, TWO = BallotRule(needs="any"), BallotRule(needs="at_least", n=2)
SHARE, WEIGHT = BallotRule(needs="percent", percent=60), BallotRule(needs="weighted", percent=60)
PAPERS = (Evidence(reference="one"), Evidence(reference="two"))
NEWS = KinNews(what="ended", type=LinkType.PART_OF, outcome=Outcome.CLOSED_OUT, version=9)


def _round(passes: BallotRule, **more: Any) -> RoundOpened:
    fields: dict[str, Any] = {
        "number": 1,
        "subject": Subject.PAUSE,
        "rule": "r",
        "passes": passes,
        "electors": VOTERS,
    }
    return _event(RoundOpened, **(fields | more))


def _event(kind: Any, **fields: Any) -> Any:
    return kind(at=AT, by=ENGINE, **fields)


TOLD: tuple[tuple[Event, str], ...] = (
    (_event(PartAdded, part=PART, reason="Now."), "part dig (power, co): Now."),
    (
        _event(PartReplaced, part="dig", from_unit="power", unit="gas", proxy="desk", reason="So."),
        "part dig: power to gas, by desk: So.",
    ),
    (_event(PartLeft, part="dig", reason="So."), "part dig: So."),
    (
        _event(PartRuled, part="dig", upheld=False, reason="Yours."),
        "part dig: the unit is bound: Yours.",
    ),
    (
        _event(PartRuled, part="dig", upheld=True, unit="gas", reason="Theirs."),
        "part dig: upheld, taken by gas: Theirs.",
    ),
    (
        _event(PartRuled, part="dig", upheld=False, clock="ruling.1.dig"),
        "part dig: the unit is bound: clock ruling.1.dig ran out",
    ),
    (_event(PartReady, part="dig"), "part dig: all it depends on is settled"),
    (_event(TeamConcluded, reason="So.", unfinished=("dig",)), "concluded without dig: So."),
    (
        _event(
            MeetingHeld,
            number=1,
            form=MeetingForm.ONE_MATTER,
            topic="The bridge",
            attended=("p", "q"),
            absent=("r",),
            decisions=(MeetingDecision(id="a", text="Build it."),),
        ),
        "number 1, one_matter, The bridge (2 there, 1 absent); a: Build it.",
    ),
    (
        _event(MeetingHeld, number=2, form=MeetingForm.COORDINATION, topic="It", attended=("p",)),
        "number 2, coordination, It (1 there, 0 absent)",
    ),
    (
        _event(DecisionFollowed, decision=DecisionRef(meeting=1, decision="a"), command="note"),
        "meeting 1, decision a: note",
    ),
    (_round(ANY, reason="Long."), "number 1, pause, any of a, b: Long."),
    (_round(TWO, electors=()), "number 1, pause, at least 2 of nobody"),
    (_round(SHARE), "number 1, pause, 60 % of a, b"),
    (
        _round(WEIGHT, decider="duty"),
        "number 1, pause, 60 % of the weight of a, b; too few may vote, so it is settled by duty",
    ),
    (
        _event(VoteCast, round=1, elector="a", choice=Choice.REJECT, reason="No.", late=True),
        "round 1, a: reject, too late to count: No.",
    ),
    (
        _event(
            RoundClosed,
            number=1,
            subject=Subject.PAUSE,
            outcome=RoundOutcome.EXPIRED_REJECTED,
            approve=1,
            unasked=1,
            clock="ballot",
        ),
        "number 1, pause: expired_rejected (1 for, 0 against, 0 abstained, 0 recused, "
        "1 not voted); clock ballot ran out",
    ),
    (
        _event(
            SilenceExplained,
            round=1,
            outcome=SignOffOutcome.DEEMED_ACCEPTED,
            silent_at=AT,
            clock="sign_off",
            rung="due",
        ),
        "round 1: silence until 2026-03-02T01:00:00.000Z is deemed_accepted",
    ),
    (
        _event(AnswerLinkIssued, round=1, link="1.1", person="m", expires_at=AT),
        "round 1, link 1.1 for m, until 2026-03-02T01:00:00.000Z",
    ),
    (_event(TeamWanted, round=2), "round 2"),
    (_event(ClosingReviewCalled, round=3), "round 3"),
    (
        _event(IssueLinked, type=LinkType.RELATES, target="k", reason="So.", open=True),
        "relates k: So.",
    ),
    (_event(IssueUnlinked, type=LinkType.RELATES, target="k", reason="No."), "relates k: No."),
    (_event(ChildAdded, child="k", open=True), "k"),
    (_event(ChildReleased, child="k", reason="So."), "k: So."),
    (_event(KinRecorded, other="k", news=NEWS), "k (part_of): ended, closed_out"),
    (_event(MergedInto, target="k", reason="So.", from_phase=Phase.INTAKE), "into k: So."),
    (
        _event(IssueUnmerged, target="k", reason="So.", phase=Phase.INTAKE),
        "from k, back to intake: So.",
    ),
    (
        _event(SuggestionJudged, suggested="k", same=True, score=80, method="m", note="Seen."),
        "k, score 80: the same; Seen.",
    ),
    (_event(SuccessorAsked, successor="k.s1", title="It", text="Again."), "k.s1: Again."),
    (
        _event(RectificationDeclared, number=1, summary="Done.", evidence=PAPERS),
        "number 1: Done. [2 evidence]",
    ),
    (_event(RectificationFailed, number=1, reason="No."), "number 1: No."),
    (_event(ItemSubmitted, item="plan", evidence=PAPERS, note="Ours."), "plan: Ours. [2 evidence]"),
    (_event(ItemChecked, item="plan", met=False, note="Thin."), "plan: not met: Thin."),
    (_event(ApplicationSigned, role="sector"), "as sector"),
    (_event(ApplicationApproved), "every item met, every signature given"),
    (_event(ApplicationRefused, missing=("plan",), reason="No."), "missing plan: No."),
    (_event(ApplicationRefused, missing=(), reason="No."), "missing nothing of the list: No."),
    (_event(ApplicationRenewed, attempt=2, text="Again."), "attempt 2: Again."),
    (_event(CallbackDrawn, draw="d", lot="0" * 64), "draw d, lot 000000000000…"),
    (
        _event(
            CallbackAnswered,
            draw="d",
            answer=CallbackAnswer.NOT_REACHED,
            recording="call/1",
            note="No answer.",
        ),
        "draw d: not reached, recording call/1: No answer.",
    ),
    (
        _event(SignOffDisputed, draw="d", sign_off=SignOffOutcome.ACCEPTED),
        "draw d: the sign-off says accepted",
    ),
    (
        _event(ExclusionAsked, exclusion=1, code="flood", reason="High water.", evidence=PAPERS),
        "number 1, flood, of all figures: High water. [2 evidence]",
    ),
    (
        _event(
            ExclusionAsked,
            exclusion=2,
            code="flood",
            figures=(FigureName.ON_TIME, FigureName.RESPONSE),
            reason="High water.",
            evidence=PAPERS[:1],
        ),
        "number 2, flood, of on_time, response: High water. [1 evidence]",
    ),
    (
        _event(ExclusionReviewed, exclusion=1, accepted=True, reason="So it was."),
        "number 1, accepted: So it was.",
    ),
    (
        _event(ExclusionReviewed, exclusion=2, accepted=False, reason="It was not."),
        "number 2, refused: It was not.",
    ),
    (_event(ExclusionLifted, exclusion=1, reason="In error."), "number 1: In error."),
)
