"""What the rules of teams, rounds, sign-off, forms name and the handbook does not hold."""

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from domain.clock_rules import ClockScope
from domain.phases import Duty, Subject
from domain.policies import TeamTemplate
from domain.procedures import ApplicationRule, RoundRule

if TYPE_CHECKING:
    from domain.handbook import Handbook


class Named(Protocol):
    """An entry that is known by an id."""

    @property
    def id(self) -> str:
        """Return what it is known by."""
        ...


def twice(entries: Iterable[Named]) -> list[str]:
    """Return the ids that more than one entry has."""
    counts = Counter(entry.id for entry in entries)
    return sorted(id_ for id_, count in counts.items() if count > 1)


def missing(
    who: str, what: str, named: Iterable[object | None], known: Container[object]
) -> Iterator[str]:
    """Name each of what `who` names that is not known."""
    for each in named:
        if each is not None and each not in known:
            yield f"{who}: no {what} {each!r}"


def repeated_in_procedures(handbook: "Handbook") -> Iterator[str]:
    """Name what has the same id twice within one rule, and what two rules decide."""
    held: list[tuple[str, Sequence[Named]]] = []
    held += [(f"team {each.id}: part", each.parts) for each in handbook.teams]
    for form in handbook.applications:
        held += [
            (f"application {form.id}: item", form.items),
            (f"application {form.id}: signer", form.signers),
            (f"application {form.id}: batch", form.batches),
        ]
    for what, entries in held:
        yield from (f"{what} {id_!r} twice" for id_ in twice(entries))
    subjects = Counter(rule.subject for rule in handbook.rounds)
    for subject, count in subjects.items():
        if count > 1:
            yield f"rounds: {count} rules decide on {subject}; allowed: one"


def of_procedures(handbook: "Handbook") -> Iterator[str]:
    """Name every reference of these rules to what the handbook does not hold."""
    yield from _of_joint_teams(handbook)
    for template in handbook.teams:
        yield from _of_template(handbook, template)
    for rule in handbook.rounds:
        yield from _of_round(handbook, rule)
    yield from _of_sign_off(handbook)
    yield from _of_rectification(handbook)
    for form in handbook.applications:
        yield from _of_application(handbook, form)


def _clock(
    handbook: "Handbook", who: str, id_: str, scope: ClockScope = ClockScope.ISSUE
) -> Iterator[str]:
    rule = next((clock for clock in handbook.clocks if clock.id == id_), None)
    if rule is None:
        yield f"{who}: no clock {id_!r}"
    elif rule.scope is not scope:
        yield f"{who}: clock {id_!r} has scope {rule.scope}; allowed: {scope}"


def _of_joint_teams(handbook: "Handbook") -> Iterator[str]:
    rule = handbook.joint_team
    if rule is None:
        return
    yield from _clock(handbook, "joint_team.lead", rule.lead)
    yield from _clock(handbook, "joint_team.part", rule.part, ClockScope.PART)
    yield from _clock(handbook, "joint_team.objection", rule.objection, ClockScope.PART)
    yield from _clock(handbook, "joint_team.ruling", rule.ruling, ClockScope.PART)
    parts = Counter((rule.part, rule.objection, rule.ruling))
    for id_, count in parts.items():
        if count > 1:
            yield f"joint_team: clock {id_!r} cannot count two of part, objection, ruling"
    yield from missing("joint_team", "post", rule.arbiters, handbook.posts_by_id)


def _of_template(handbook: "Handbook", template: TeamTemplate) -> Iterator[str]:
    units = {unit.id for unit in handbook.units}
    ids = {part.id for part in template.parts}
    for part in template.parts:
        who = f"team {template.id}: part {part.id}"
        yield from missing(who, "unit", [part.unit], units)
        yield from missing(who, "other part", part.depends_on, ids)
        if part.unit in units and part.unit not in (template.lead, *template.members):
            yield f"{who}: {part.unit!r} is neither the lead nor a member"
        if part.duty is Duty.LEAD and part.unit != template.lead:
            yield f"{who}: duty lead is the lead's, {template.lead!r}"
        ruled = part.budget is not None or part.depends_on
        if ruled and handbook.joint_team is None:
            yield f"{who}: budget and depends_on need the table joint_team"
    try:
        TopologicalSorter({part.id: part.depends_on for part in template.parts}).prepare()
    except CycleError as error:
        yield f"team {template.id}: parts wait for each other: {', '.join(error.args[1])}"


def _of_round(handbook: "Handbook", rule: RoundRule) -> Iterator[str]:
    who = f"round {rule.id}"
    yield from _clock(handbook, who, rule.clock)
    yield from missing(who, "post", [rule.fallback], handbook.posts_by_id)
    for elector in rule.electors:
        yield from missing(who, "post", [elector.post], handbook.posts_by_id)
        if elector.tier is not None and elector.tier > handbook.top_tier:
            yield f"{who}: no tier {elector.tier}"
        if elector.role is not None and not any(
            elector.role in post.roles for post in handbook.posts
        ):
            yield f"{who}: no post has the role {elector.role}"


def _of_sign_off(handbook: "Handbook") -> Iterator[str]:
    rule = handbook.sign_off
    yield from missing("sign_off.team", "team", [rule.team], {each.id for each in handbook.teams})
    if rule.rejections_max is not None and handbook.round_for(Subject.CLOSING_REVIEW) is None:
        yield "sign_off.rejections_max: no round decides on closing_review"
    if rule.promise is not None:
        yield from _clock(handbook, "sign_off.promise", rule.promise)
    days = [row.within_days for row in rule.reopening]
    if any(later <= row for row, later in pairwise(days)):
        yield f"sign_off.reopening: within_days must grow from row to row, not {days}"


def _of_rectification(handbook: "Handbook") -> Iterator[str]:
    rule = handbook.rectification
    if rule is None:
        return
    yield from _clock(handbook, "rectification.clock", rule.clock)
    clocks = {clock.id for clock in handbook.clocks}
    yield from missing("rectification.replaces", "clock", rule.replaces, clocks)
    if rule.overdue is not None:
        yield from _clock(handbook, "rectification.overdue", rule.overdue)
    if rule.overdue in (rule.clock, *rule.replaces):
        yield f"rectification.overdue: {rule.overdue!r} counts something else already"
    if rule.clock in rule.replaces:
        yield f"rectification.replaces: {rule.clock!r} is the clock of rectifications itself"
    yield from missing("rectification", "post", rule.inspectors, handbook.posts_by_id)


def _of_application(handbook: "Handbook", form: ApplicationRule) -> Iterator[str]:
    who = f"application {form.id}"
    for signer in form.signers:
        yield from missing(f"{who}: signer {signer.id}", "post", signer.posts, handbook.posts_by_id)
    for batch in form.batches:
        yield from missing(f"{who}: batch {batch.id}", "claim", batch.claims, form.claims)
