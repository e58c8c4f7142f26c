"""A match on its page: proposals with both answers, steps, what came of it."""

from collections.abc import Iterator

from console.queries.issue_timeline import word
from console.queries.matters_sheets import (
    Cell,
    Sheet,
    Shown,
    day_cell,
    firm_cell,
    heads,
    number_cell,
    sheet,
    text_cell,
)
from console.queries.matters_values import joined, values_name
from domain.lights import Light
from domain.matters.match.rules import MatchProcedure
from domain.matters.match.state import Match, Proposal, StepTaken
from domain.model import Name


def match_sheets(matter: Match, rule: MatchProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a match."""
    own = shown.only
    seen = [e for e in matter.proposals if own in (None, matter.enterprise, e.enterprise)]
    rows = [_proposal(each, rule, shown) for each in seen]
    named = heads("proposal", "whom", "places", "posting", "counterpart", "standing", "outcome")
    yield sheet("proposals", named, rows, shown)
    steps = [(None, each) for each in matter.steps] if own in (None, matter.enterprise) else []
    taken = [*steps, *((each.id, step) for each in seen for step in each.steps)]
    if taken:
        yield sheet(
            "match_steps",
            heads("proposal", "step", "day", "times", "values"),
            [_step(id_, step, rule) for id_, step in taken],
            shown,
        )


def _proposal(each: Proposal, rule: MatchProcedure, shown: Shown) -> tuple[Cell, ...]:
    reasons = {reason.id: reason.name for reason in rule.reasons}
    standing = word(f"matter_standing.proposal_{each.standing}")
    why = reasons.get(each.reason or "")
    whom = firm_cell(shown, each.enterprise) if each.enterprise else text_cell(each.others)
    came = None if each.outcome is None else values_name(each.outcome.values, rule.outcome)
    filled = None if each.outcome is None else each.outcome.places
    return (
        text_cell(each.id),
        whom,
        number_cell(each.places),
        text_cell(word(f"matter_standing.answer_{each.posting}")),
        text_cell(word(f"matter_standing.answer_{each.counterpart}")),
        Cell(
            standing if why is None else joined((standing, why), ": "),
            light=Light.RED if each.overdue and each.is_pending else None,
        ),
        text_cell(_outcome(filled, came)),
    )


def _outcome(places: int | None, came: Name | None) -> Name | None:
    parts = [] if places is None else [Name(zh=str(places), en=str(places))]
    return joined(parts if came is None else [*parts, came], " · ")


def _step(id_: str | None, step: StepTaken, rule: MatchProcedure) -> tuple[Cell, ...]:
    of = rule.step(step.step)
    named = Name(zh=step.step, en=step.step) if of is None else of.name
    return (
        text_cell(id_),
        text_cell(named),
        day_cell(step.on),
        number_cell(step.times),
        text_cell(values_name(step.values, () if of is None else of.fields)),
    )
