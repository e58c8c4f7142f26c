"""How a meeting is recorded: one event that answers many issues."""

from domain.errors import InvalidRequestError
from domain.matters.draft import MatterDraft
from domain.matters.matter import TIES_MAX, MatterTie
from domain.matters.pipeline.commands import RecordMeeting
from domain.matters.pipeline.events import MeetingRecorded
from domain.matters.pipeline.guards import require_allowed, require_going_on
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Pipeline
from domain.matters.values import require_fields
from domain.matters.words import Tying
from domain.phases import Origin

ANSWERED_MAX = 200
MEETINGS_MAX = 100
OUTCOMES_KEPT_MAX = 2_000


def record_meeting(
    draft: MatterDraft, state: Pipeline, command: RecordMeeting, rule: PipelineProcedure
) -> None:
    """Record a meeting. Each issue that it answers is tied to the matter by the same event."""
    if not rule.meets:
        raise InvalidRequestError(
            "The procedure keeps no meetings.", field="command.kind", value=command.kind
        )
    require_allowed(draft, rule.meets_by, None)
    require_going_on(state)
    _require_held(draft, state, command)
    _require_outcomes(draft, state, command, rule)
    issues = _answered(state, command)
    draft.record(
        MeetingRecorded(
            at=draft.at,
            by=draft.actor,
            number=len(state.meetings) + 1,
            on=command.on,
            parties=command.parties,
            outcomes=command.outcomes,
            ties=tuple(
                MatterTie(issue=issue, tying=Tying.ANSWERS, at=draft.at) for issue in issues
            ),
            note=command.note,
            found=draft.found(command.problems, Origin.FOLLOW_UP, None),
            tells=tuple(dict.fromkeys(each.enterprise for each in command.outcomes)),
        )
    )


def _require_held(draft: MatterDraft, state: Pipeline, command: RecordMeeting) -> None:
    if command.on > draft.local_day():
        raise InvalidRequestError(
            "A meeting is recorded once it was held.",
            field="on",
            value=command.on,
            allowed=f"up to {draft.local_day()}",
        )
    known = [each.party for each in state.parties]
    for number, party in enumerate(command.parties):
        if party not in known or party in command.parties[:number]:
            raise InvalidRequestError(
                "The meetings have no such party, or it is named twice.",
                field=f"parties.{number}",
                value=party,
                allowed=known or "no party",
            )
    if len(state.meetings) >= MEETINGS_MAX:
        raise InvalidRequestError(
            "Too many meetings were held.",
            field="command.kind",
            value=command.kind,
            allowed=f"at most {MEETINGS_MAX}",
        )


def _require_outcomes(
    draft: MatterDraft, state: Pipeline, command: RecordMeeting, rule: PipelineProcedure
) -> None:
    for number, each in enumerate(command.outcomes):
        where = f"outcomes.{number}"
        draft.require_enterprise(each.enterprise, f"{where}.enterprise")
        require_fields(rule.outcome, each.values, f"{where}.values")
    kept = sum(len(each.outcomes) for each in state.meetings)
    if kept + len(command.outcomes) > OUTCOMES_KEPT_MAX:
        raise InvalidRequestError(
            "The meetings came to too much for one matter.",
            field="outcomes",
            value=len(command.outcomes),
            allowed=f"at most {OUTCOMES_KEPT_MAX} in all",
        )


def _answered(state: Pipeline, command: RecordMeeting) -> tuple[str, ...]:
    issues: list[str] = []
    for number, each in enumerate(command.outcomes):
        if each.issue is not None and each.issue in issues:
            raise InvalidRequestError(
                "A meeting answers an issue once.",
                field=f"outcomes.{number}.issue",
                value=each.issue,
            )
        issues += [] if each.issue is None else [each.issue]
    new = {*issues} - {tie.issue for tie in state.ties}
    if len(issues) > ANSWERED_MAX or len(state.ties) + len(new) > TIES_MAX:
        raise InvalidRequestError(
            "The meeting answers too many issues.",
            field="outcomes",
            value=len(issues),
            allowed=f"at most {ANSWERED_MAX} at once, {TIES_MAX} in all",
        )
    return tuple(issues)
