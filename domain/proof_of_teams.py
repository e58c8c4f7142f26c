"""Whether joint teams can keep their time and settle their disputes (R7.1, R7.4)."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from graphlib import TopologicalSorter

from domain.calendar import CalendarError, WorkingCalendar
from domain.clock_rules import ClockRule, RungEffect
from domain.durations import Duration
from domain.handbook import Handbook
from domain.organization import holders, post, posts_of_unit
from domain.policies import TeamTemplate
from domain.problem import Problem
from domain.procedures import PartTemplate, TeamRule
from domain.proof_of_budgets import EVERY, classes, ends_at, local_text, longer
from domain.soundness_of_rungs import starts_tried
from domain.terms import Terms
from domain.timekeeping import budget_for


def team_problems(terms: Terms, days: Sequence[date]) -> Iterator[Problem]:
    """Name what of a team cannot end within the lead's time, and objections nobody can rule on."""
    handbook, rule = terms.handbook, terms.handbook.joint_team
    if rule is None:
        return
    ruling = terms.rules_by_id[rule.ruling]
    if not any(r.is_due_itself and r.effect is RungEffect.BIND_PART for r in ruling.rungs):
        yield Problem(
            key=f"clocks.{ruling.id}.rungs",
            rule="R7.4",
            message="an arbiter's silence binds nobody: no rung at the end has effect bind_part",
            counter_example=f"a unit objects → the arbiter says nothing → {ruling.id} runs out → "
            "the objection stays open",
        )
    yield from _within_the_lead(terms, rule)
    for template in handbook.teams:
        yield from _of_template(terms, rule, template)
    yield from _of_arbiters(handbook, rule, days)


def _within_the_lead(terms: Terms, rule: TeamRule) -> Iterator[Problem]:
    """A part fits, and so does one that is objected to, ruled on at the last moment and done."""
    lead, part = terms.rules_by_id[rule.lead], terms.rules_by_id[rule.part]
    dispute = terms.rules_by_id[rule.objection], terms.rules_by_id[rule.ruling]
    for key, rules, message in (
        ("joint_team.part", (part,), "a part may be given more time than the lead has"),
        (
            "joint_team.objection",
            (*dispute, part),
            "a part that is objected to and ruled upon may end after the lead's time",
        ),
    ):
        found = _exceeding(terms, rules, lead)
        if found is not None:
            yield Problem(key=key, rule="R7.1", message=message, counter_example=found)
            return


def _exceeding(terms: Terms, rules: Sequence[ClockRule], lead: ClockRule) -> str | None:
    for issue in classes(terms.handbook, *rules, lead):
        lengths = tuple(budget_for(each, issue) for each in rules)
        shown = longer(
            lengths, budget_for(lead, issue), terms.calendar_of(rules[-1]), terms.calendar_of(lead)
        )
        if shown is not None:
            return f"tier {issue.tier}, {issue.priority}: {shown}"
    return None


def _of_template(terms: Terms, rule: TeamRule, template: TeamTemplate) -> Iterator[Problem]:
    """The parts of a standing team, each after those that it depends on, fit within the lead's."""
    if not template.parts:
        return
    lead, part = terms.rules_by_id[rule.lead], terms.rules_by_id[rule.part]
    calendars = terms.calendar_of(part), terms.calendar_of(lead)
    known: set[tuple[Duration, Duration]] = set()
    for issue in classes(terms.handbook, part, lead):
        given = budget_for(part, issue), budget_for(lead, issue)
        if given in known:
            continue
        known.add(given)
        shown = _late(template.parts, *given, *calendars)
        if shown is not None:
            yield Problem(
                key=f"teams.{template.id}.parts",
                rule="R7.1",
                message="its parts, one after another as they depend, take more time than the lead "
                "has: the team can never be convened as it is",
                counter_example=f"tier {issue.tier}, {issue.priority}: {shown}",
            )
            return


def _late(
    parts: Sequence[PartTemplate],
    usual: Duration,
    whole: Duration,
    of_part: WorkingCalendar,
    of_lead: WorkingCalendar,
) -> str | None:
    by_id = {part.id: part for part in parts}
    order = tuple(TopologicalSorter({part.id: part.depends_on for part in parts}).static_order())
    for number, at in enumerate(starts_tried(of_lead)):
        if number % EVERY > 1:
            continue
        try:
            ends = _ends([by_id[id_] for id_ in order], usual, of_part, at)
            whole_at = ends_at(whole, of_lead, at)
        except CalendarError:
            continue
        last = max(ends, key=ends.__getitem__)
        if ends[last] > whole_at:
            begun, ended, whole_ends = (local_text(e, of_lead) for e in (at, ends[last], whole_at))
            return f"from {begun} {last} ends at {ended}, the lead's time at {whole_ends}"
    return None


def _ends(
    parts: Sequence[PartTemplate], usual: Duration, calendar: WorkingCalendar, at: datetime
) -> Mapping[str, datetime]:
    ends: dict[str, datetime] = {}
    for part in parts:
        begins_at = max((ends[id_] for id_ in part.depends_on), default=at)
        ends[part.id] = ends_at(part.budget or usual, calendar, begins_at)
    return ends


def _of_arbiters(handbook: Handbook, rule: TeamRule, days: Sequence[date]) -> Iterator[Problem]:
    """Whichever unit objects, an arbiter of another unit is there, and another person."""
    named = [held for id_ in rule.arbiters if (held := post(handbook, id_)) is not None]
    for unit in handbook.units:
        others = [held for held in named if held.unit != unit.id]
        for day in days:
            able = {person for held in others for person in holders(held, day)}
            asking = {p for held in posts_of_unit(handbook, unit.id) for p in holders(held, day)}
            alone = next((person for person in sorted(asking) if able <= {person}), None)
            if alone is not None:
                yield Problem(
                    key="joint_team.arbiters",
                    rule="R7.4",
                    message="an objection to being named can never be ruled on: the unit is bound "
                    "without being heard",
                    counter_example=f"on {day} {alone} objects for {unit.id} → arbiters of another "
                    f"unit: {', '.join(sorted(able)) or 'nobody'}",
                )
                return
