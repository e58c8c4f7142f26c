"""What is refused of what a match is told, and who may tell it."""

from datetime import date

from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from domain.matters.draft import MatterDraft
from domain.matters.match.commands import Decline, Propose, RecordOutcome
from domain.matters.match.rules import Counterpart, MatchProcedure
from domain.matters.match.state import Answer, Match, Proposal, ProposalStanding, Side
from domain.matters.who import Rows, Who
from domain.people import Officer, Representative


def require_allowed(
    draft: MatterDraft, rows: Rows, state: Match, proposal_of: str | None = None
) -> None:
    """Refuse who is not among the rows, read for either enterprise; without rows, who does not run
    the match. `proposal_of` is the enterprise that is proposed."""
    if not rows:
        draft.require_runs()
    elif proposal_of is None or not draft.may(rows, proposal_of):
        draft.require(rows, state.enterprise)


def require_answerer(
    draft: MatterDraft, state: Match, proposal: Proposal, side: Side, rule: MatchProcedure
) -> bool:
    """Refuse who may not answer for a side. Return whether it is done on an enterprise's behalf."""
    rows = rule.answers_by or (*rule.runs, Who(post=state.post))
    whose = state.whose(proposal, side)
    draft.require((*rows, Who(enterprise=True)), whose)
    return whose is not None and not isinstance(draft.actor, Representative)


def told(draft: MatterDraft, state: Match, *enterprises: str | None) -> tuple[str, ...]:
    """Return enterprises and the accountable post, without who acts: it knows."""
    own: str | None = None
    match draft.actor:
        case Representative(enterprise=enterprise):
            own = enterprise
        case Officer(post=post):
            own = post
        case _:
            pass
    names = (each for each in (*enterprises, state.post) if each is not None and each != own)
    return tuple(dict.fromkeys(names))


def known_proposal(state: Match, id_: str) -> Proposal:
    """Return a proposal, or refuse one that was never made."""
    found = state.proposal(id_)
    if found is None:
        raise InvalidRequestError(
            "No such proposal was made.",
            field="proposal",
            value=id_,
            allowed=[each.id for each in state.proposals] or "no proposal",
        )
    return found


def require_pending(proposal: Proposal) -> None:
    """Refuse what is about a proposal of which nothing more can come."""
    if not proposal.is_pending:
        raise ConflictError(
            "The proposal is over.",
            field="proposal",
            value=proposal.standing,
            allowed="a proposal that is open or agreed",
        )


def require_unanswered(proposal: Proposal, side: Side) -> None:
    """Refuse a second answer of one side."""
    require_pending(proposal)
    if proposal.answer(side) is not Answer.ASKED:
        raise ConflictError(
            "This side has answered the proposal already.",
            field="side",
            value=side,
            allowed="one answer of each side",
        )


def require_counterpart(
    draft: MatterDraft, state: Match, command: Propose, rule: MatchProcedure
) -> None:
    """Refuse a counterpart that the procedure does not match, the posting enterprise itself, or one
    to whom a proposal is open already."""
    wants_enterprise = rule.counterpart is Counterpart.ENTERPRISE
    if (command.enterprise is not None) != wants_enterprise or (
        (command.others is not None) == wants_enterprise
    ):
        raise InvalidRequestError(
            "The procedure matches with counterparts of another kind.",
            field="enterprise" if command.enterprise is None else "others",
            value=command.enterprise or command.others,
            allowed="an enterprise" if wants_enterprise else "others, in words",
        )
    if command.enterprise is None:
        return
    _require_itself(draft, command.enterprise)
    draft.require_enterprise(command.enterprise)
    if command.enterprise == state.enterprise:
        raise InvalidRequestError(
            "Nobody is matched with itself.",
            field="enterprise",
            value=command.enterprise,
            allowed="another enterprise",
        )
    pending = {each.enterprise for each in state.proposals if each.is_pending}
    if command.enterprise in pending:
        raise ConflictError(
            "The enterprise has a proposal already that is not over.",
            field="enterprise",
            value=command.enterprise,
        )


def _require_itself(draft: MatterDraft, enterprise: str) -> None:
    """Refuse a representative who names another enterprise: who meets whom the office proposes, and
    neither side could try who was proposed before both have consented."""
    actor = draft.actor
    if isinstance(actor, Representative) and actor.enterprise != enterprise:
        raise NotPermittedError(
            "An enterprise proposes itself only.",
            field="enterprise",
            value=enterprise,
            allowed=actor.enterprise,
        )


def require_proposed_places(state: Match, command: Propose, rule: MatchProcedure) -> None:
    """Refuse more places than are left; of persons more may come than there are places."""
    _require_counted(rule, command.places)
    if state.left == 0:
        raise ConflictError(
            "All places are filled.", field="proposal", value=command.proposal, allowed="none"
        )
    if rule.counterpart is not Counterpart.GROUP:
        _require_left(state, command.places)


def require_filled(
    state: Match, proposal: Proposal, command: RecordOutcome, rule: MatchProcedure
) -> None:
    """Refuse an outcome without both sides' yes, without its number of places, or with more than
    are left or were proposed."""
    if proposal.standing is ProposalStanding.OPEN:
        raise ConflictError(
            "Both sides have to consent first.",
            field="proposal",
            value=proposal.id,
            allowed="a proposal to which both sides said yes",
        )
    require_pending(proposal)
    _require_counted(rule, command.places)
    if rule.places is not None and command.places is None:
        raise InvalidRequestError(
            "An outcome says how many places it fills.", field="places", allowed="a number"
        )
    _require_left(state, command.places)
    if proposal.places is not None and (command.places or 0) > proposal.places:
        raise InvalidRequestError(
            "More places are filled than were proposed.",
            field="places",
            value=command.places,
            allowed=f"at most {proposal.places}",
        )


def require_reason(command: Decline, rule: MatchProcedure) -> None:
    """Refuse a no without a reason that the procedure knows, or, where it names none, without
    words."""
    known = [each.id for each in rule.reasons]
    if known and command.reason not in known:
        raise InvalidRequestError(
            "A no is given for one of the procedure's reasons.",
            field="reason",
            value=command.reason,
            allowed=known,
        )
    if not known and (command.reason is not None or command.note is None):
        raise InvalidRequestError(
            "The procedure names no reasons: words say why.",
            field="note" if command.reason is None else "reason",
            value=command.reason,
            allowed="a note",
        )


def day_of_act(draft: MatterDraft, on: date | None) -> date:
    """Return the local day on which something happened, or refuse one that has not come, or that
    the calendar does not hold."""
    today, first = draft.local_day(), draft.terms.calendar.valid_from
    if on is not None and not first <= on <= today:
        raise InvalidRequestError(
            "What is recorded has happened already.",
            field="on",
            value=on,
            allowed=f"{first} to {today}",
        )
    return on or today


def _require_counted(rule: MatchProcedure, places: int | None) -> None:
    if rule.places is None and places is not None:
        raise InvalidRequestError(
            "The procedure counts no places.", field="places", value=places, allowed="no number"
        )


def _require_left(state: Match, places: int | None) -> None:
    left = state.left
    if left is not None and (places or 0) > left:
        raise ConflictError(
            "More places than are left.", field="places", value=places, allowed=f"at most {left}"
        )
