"""What is refused of what a pipeline is told: amounts, parties, hard dates, ends."""

from collections.abc import Iterable, Mapping

from domain.errors import InvalidRequestError, WrongPhaseError
from domain.matters.draft import MatterDraft
from domain.matters.pipeline.commands import PARTIES_MAX, PartyGiven, RecordParty
from domain.matters.pipeline.rules import DateRule, PartyRule, PipelineProcedure, StageRule
from domain.matters.pipeline.state import Party, Pipeline
from domain.matters.pipeline.waiting import require_day
from domain.matters.values import Amount, Value, require_fields
from domain.matters.who import Rows


def require_allowed(draft: MatterDraft, rows: Rows, enterprise: str | None) -> None:
    """Refuse who is not among the rows; without rows, who does not run the pipeline."""
    if rows:
        draft.require(rows, enterprise)
    else:
        draft.require_runs()


def require_going_on(state: Pipeline) -> None:
    """Refuse what makes no sense once a pipeline has come to its end."""
    if state.ended is not None:
        raise WrongPhaseError(
            "The pipeline has come to its end.",
            field="stage",
            value=state.at_stage,
            allowed="a stage that is no end",
        )


def known_stage(rule: PipelineProcedure, id_: str, where: str) -> StageRule:
    """Return a stage, or refuse one that the procedure does not have."""
    found = rule.stage(id_)
    if found is None:
        raise InvalidRequestError(
            "The procedure has no such stage.",
            field=where,
            value=id_,
            allowed=[each.id for each in rule.stages],
        )
    return found


def known_date(rule: PipelineProcedure, id_: str, where: str) -> DateRule:
    """Return a hard date's rule, or refuse one that the procedure does not have."""
    found = rule.hard_date(id_)
    if found is None:
        raise InvalidRequestError(
            "The procedure has no such date.",
            field=where,
            value=id_,
            allowed=[each.id for each in rule.dates] or "no date",
        )
    return found


def require_at_stage(
    rule: PipelineProcedure,
    stage: StageRule,
    amount: Amount | None,
    known: Amount | None,
    values: Mapping[str, Value],
) -> None:
    """Refuse an amount or values with which it cannot be at a stage. `known` is the amount as it
    was known before."""
    if amount is not None and amount.currency is None:
        raise InvalidRequestError(
            "An amount says in which currency it is.",
            field="amount.currency",
            allowed=rule.currency or "an ISO 4217 code, such as CNY",
        )
    if amount is not None and rule.currency is not None and amount.currency != rule.currency:
        raise InvalidRequestError(
            "The procedure counts in another currency.",
            field="amount.currency",
            value=amount.currency,
            allowed=rule.currency,
        )
    if stage.amount and amount is None and known is None:
        raise InvalidRequestError(
            "At this stage it is known how much money it is.", field="amount", allowed="an amount"
        )
    require_fields(stage.fields, values, "values")


def known_party(
    draft: MatterDraft,
    rule: PipelineProcedure,
    given: PartyGiven | RecordParty,
    before: Party | None,
    where: str = "",
) -> tuple[PartyRule, Party]:
    """Return how it stands with a party by what is told, and by which rule, or refuse it."""
    type_ = given.type or (given.party if before is None else before.type)
    found = rule.party(type_)
    if found is None or (before is not None and type_ != before.type):
        raise InvalidRequestError(
            "The procedure knows no such kind of party, or the party is of another.",
            field=f"{where}type",
            value=type_,
            allowed=[each.id for each in rule.parties] if before is None else before.type,
        )
    statuses = [each.id for each in found.statuses]
    if given.status is not None and statuses and given.status not in statuses:
        raise InvalidRequestError(
            "Such a party has statuses of its own.",
            field=f"{where}status",
            value=given.status,
            allowed=statuses,
        )
    _require_next_check(draft, given, f"{where}next_check_on")
    party = Party(
        party=given.party,
        type=type_,
        name=given.name or (None if before is None else before.name),
        status=given.status,
        known_at=None if given.status is None else draft.at,
        next_check_on=given.next_check_on,
    )
    return found, party


def require_room(parties: Iterable[Party]) -> None:
    """Refuse one party more than a pipeline has room for."""
    if len(tuple(parties)) >= PARTIES_MAX:
        raise InvalidRequestError(
            "The pipeline depends on too many parties.",
            field="party",
            allowed=f"at most {PARTIES_MAX}",
        )


def _require_next_check(draft: MatterDraft, given: PartyGiven | RecordParty, where: str) -> None:
    today, next_on = draft.local_day(), given.next_check_on
    if next_on is None:
        return
    if next_on < today:
        raise InvalidRequestError(
            "The next check lies in the past.",
            field=where,
            value=next_on,
            allowed=f"from {today} on",
        )
    require_day(draft, next_on, where)
