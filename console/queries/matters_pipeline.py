"""A pipeline on its page: where it stands, outside parties, hard dates, meetings."""

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
from console.queries.matters_values import joined, value_name, values_name
from domain.lights import Light
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.pipeline.state import Party, Pipeline
from domain.model import Name


def pipeline_sheets(matter: Pipeline, rule: PipelineProcedure, shown: Shown) -> Iterator[Sheet]:
    """Yield the tables of a pipeline."""
    if not rule.meets:
        yield _stages(matter, rule, shown)
    if matter.parties and (shown.only is None or not rule.meets):
        yield _parties(matter, rule, shown)
    if matter.dates:
        yield _dates(matter, rule, shown)
    if rule.meets:
        yield _meetings(matter, rule, shown)


def stage_name(rule: PipelineProcedure, id_: str) -> Name:
    """Return what a stage is called."""
    found = rule.stage(id_)
    return Name(zh=id_, en=id_) if found is None else found.name


def _stages(matter: Pipeline, rule: PipelineProcedure, shown: Shown) -> Sheet:
    rows = []
    for stage in rule.stages:
        reached, is_here = matter.reached_stage(stage.id), matter.at_stage == stage.id
        late = is_here and matter.overdue
        light = Light.RED if late else Light.GREEN if is_here else None
        rows.append(
            (
                Cell(stage.name, light=light),
                Cell(at=None if reached is None else reached.first_at),
                number_cell(None if reached is None else reached.times),
                Cell(
                    None
                    if reached is None or reached.amount is None
                    else value_name(reached.amount),
                    is_figure=True,
                ),
                text_cell(None if reached is None else values_name(reached.values, stage.fields)),
            )
        )
    return sheet("stages", heads("stage", "since", "times", "amount", "values"), rows, shown)


def _parties(matter: Pipeline, rule: PipelineProcedure, shown: Shown) -> Sheet:
    rows = [
        (
            text_cell(_party_name(each, rule)),
            text_cell(_status(each, rule)),
            Cell(at=each.known_at),
            Cell(
                None if each.next_check_on is None else each.next_check_on.isoformat(),
                light=Light.RED if each.missed else None,
            ),
        )
        for each in matter.parties
    ]
    return sheet("parties", heads("party", "status", "known_at", "next_check"), rows, shown)


def _party_name(party: Party, rule: PipelineProcedure) -> Name:
    kind = rule.party(party.type)
    own = party.name or party.party
    named = Name(zh=own, en=own)
    if kind is None or (party.name is None and party.party == party.type):
        return named if kind is None else kind.name
    return joined((kind.name, named), " · ") or named


def _status(party: Party, rule: PipelineProcedure) -> Name:
    if party.status is None:
        return word("matter.not_stated")
    kind = rule.party(party.type)
    known = () if kind is None else kind.statuses
    own = Name(zh=party.status, en=party.status)
    return next((each.name for each in known if each.id == party.status), own)


def _dates(matter: Pipeline, rule: PipelineProcedure, shown: Shown) -> Sheet:
    rows = []
    for each in matter.dates:
        of = rule.hard_date(each.id)
        left = (each.on - shown.terms.calendar.day_of(shown.at)).days
        light = Light.RED if each.passed else Light.YELLOW if left <= SOON_DAYS else Light.GREEN
        rows.append(
            (
                text_cell(Name(zh=each.id, en=each.id) if of is None else of.name),
                Cell(each.on.isoformat(), light=None if matter.ended else light),
                number_cell(each.changes),
            )
        )
    return sheet("dates", heads("date", "day", "changes"), rows, shown)


SOON_DAYS = 14


def _meetings(matter: Pipeline, rule: PipelineProcedure, shown: Shown) -> Sheet:
    rows = [
        (
            number_cell(meeting.number),
            day_cell(meeting.on),
            firm_cell(shown, each.enterprise),
            Cell(each.issue, link=each.issue, kind="issue" if each.issue else ""),
            text_cell(values_name(each.values, rule.outcome)),
            text_cell(each.note),
        )
        for meeting in reversed(matter.meetings)
        for each in meeting.outcomes
        if shown.only in (None, each.enterprise)
    ]
    named = heads("number", "day", "enterprise", "issue", "values", "note")
    return sheet("meetings", named, rows, shown)
