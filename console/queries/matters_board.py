"""The board of a procedure: its open matters, or what is in them, in columns by how they stand."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from console.queries.issue_timeline import word
from console.queries.matters import light_of, stages_in
from domain.lights import WORST_FIRST, Light
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.campaign.state import Campaign, Target
from domain.matters.match.state import Match, Proposal
from domain.matters.register.rules import RegisterProcedure
from domain.matters.register.state import Register
from domain.matters.rules import AnyProcedure
from domain.matters.state import Matter
from domain.model import Name

IN_COLUMN: Final = 20


@dataclass(frozen=True, slots=True)
class Card:
    """One card: of a matter, or of something in it; `enterprise` is whose it is."""

    key: str
    title: str
    light: Light
    enterprise: str | None = None
    note: str | None = None
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column: how many are in it, and the worst of them."""

    id: str
    name: Name
    count: int
    late: int
    cards: tuple[Card, ...]


def board_of(rule: AnyProcedure, matters: Sequence[Matter], at: datetime) -> tuple[Column, ...]:
    """Return the columns of a procedure."""
    names, placed = _columns(rule), list(_placed(rule, matters, at))
    known = {id_ for id_, _ in names}
    others = dict.fromkeys(id_ for id_, _ in placed if id_ not in known)
    every = [*names, *((id_, Name(zh=id_, en=id_)) for id_ in others)]
    return tuple(_column(id_, name, (c for at_, c in placed if at_ == id_)) for id_, name in every)


def _column(id_: str, name: Name, cards: Iterable[Card]) -> Column:
    found = sorted(cards, key=lambda each: (WORST_FIRST.index(each.light), each.key, each.title))
    late = sum(each.light is Light.RED for each in found)
    return Column(id_, name, len(found), late, tuple(found[:IN_COLUMN]))


FINISHED: Final = "~finished"
NOT_STATED: Final = "~not_stated"


def _columns(rule: AnyProcedure) -> list[tuple[str, Name]]:
    match rule:
        case CampaignProcedure():
            steps = [(each.id, each.name) for each in rule.steps if not rule.is_reported(each.id)]
            waiting = word("matter.waits_for")
            named = [
                (id_, Name(zh=f"{waiting.zh}{n.zh}"[:200], en=f"{waiting.en} {n.en}"[:200]))
                for id_, n in steps
            ]
            return [*named, (FINISHED, word("matter_standing.finished"))]
        case RegisterProcedure():
            return [
                *((each.id, each.name) for each in rule.statuses),
                (NOT_STATED, word("matter.not_stated")),
            ]
        case _:
            return list(stages_in(rule))


def _placed(
    rule: AnyProcedure, matters: Sequence[Matter], at: datetime
) -> Iterator[tuple[str, Card]]:
    for matter in matters:
        match matter, rule:
            case Campaign(), CampaignProcedure():
                for target in matter.targets:
                    if not target.excluded:
                        yield _next_step(target, rule), _of_target(matter, target)
            case Register(), RegisterProcedure():
                for subject in matter.subjects:
                    light = Light.RED if subject.overdue else Light.NONE
                    name = None if subject.enterprise == subject.id else subject.name or subject.id
                    yield (
                        subject.status or NOT_STATED,
                        Card(matter.key, name or "", light, subject.enterprise, matter.title),
                    )
            case _:
                yield matter.stage or NOT_STATED, _of_matter(matter, at)


def _of_matter(matter: Matter, at: datetime) -> Card:
    due = matter.next_due
    firms = matter.enterprises
    return Card(
        matter.key,
        matter.title,
        light_of(matter, at),
        firms[0] if len(firms) == 1 else None,
        _proposals(matter.proposals) if isinstance(matter, Match) else None,
        None if due is None else due.due_at,
    )


def _proposals(proposals: Sequence[Proposal]) -> str | None:
    return str(len(proposals)) if proposals else None


def _of_target(matter: Campaign, target: Target) -> Card:
    is_red = bool(target.overdue or target.silent) and target.is_left
    due_at = min((each.due_at for each in target.waits), default=None)
    light = Light.RED if is_red else Light.NONE if due_at is None else Light.GREEN
    return Card(matter.key, "", light, target.enterprise, matter.title, due_at)


def _next_step(target: Target, rule: CampaignProcedure) -> str:
    """Return the first step that an enterprise has not behind it and may take now."""
    if target.finished:
        return FINISHED
    for step in rule.steps:
        is_open = target.has_done(step.id) is None and not rule.is_reported(step.id)
        if is_open and all(target.has_done(each) is not None for each in step.needs):
            return step.id
    return FINISHED
