"""Whether supervision comes to an end and to a person (R11): the steps an unanswered order takes,
who may issue each, and who rules on an appeal."""

from collections.abc import Iterator, Mapping
from datetime import date

from domain.calendar import WorkingCalendar
from domain.handbook import Handbook, Post
from domain.order_permissions import may_use
from domain.organization import holders
from domain.problem import Problem
from domain.proof_times import days_of
from domain.soundness_of_rungs import too_early
from domain.supervision_rules import Instrument, SupervisionRule

RULE = "R11"
PARTIES = 2
"""Who issued the order and who appeals: of more than these one may rule."""


def supervision_problems(
    handbook: Handbook, period: tuple[date, date], calendar: WorkingCalendar
) -> Iterator[Problem]:
    """Name what keeps an order from an issuer, from an end, or an appeal from a judge."""
    rule = handbook.supervision
    if rule is None:
        return
    for instrument in rule.instruments:
        yield from _before_its_start(instrument, calendar)
        yield from _in_a_circle(rule, instrument)
        yield from _without_user(handbook, instrument, period)
    if rule.warnings is not None:
        yield from _without_judge(handbook, rule, rule.warnings.appeal_to_tier, period)


def _before_its_start(instrument: Instrument, calendar: WorkingCalendar) -> Iterator[Problem]:
    for place, rung in enumerate(instrument.rungs):
        if instrument.limit is None or rung.before is None:
            continue
        shown = too_early("limit", instrument.limit, rung.before, calendar)
        if shown is not None:
            yield Problem(
                key=f"supervision.instruments.{instrument.id}.rungs.{place}.before",
                rule="R4.1",
                message=f"{rung.before.minutes} minutes before the end of the limit is not after "
                "its start",
                counter_example=shown,
            )


def _in_a_circle(rule: SupervisionRule, first: Instrument) -> Iterator[Problem]:
    path, at = [first.id], first.on_timeout
    while at is not None and at not in path:
        path.append(at)
        found = rule.instrument(at)
        at = None if found is None else found.on_timeout
    if at == first.id:
        yield Problem(
            key=f"supervision.instruments.{first.id}.on_timeout",
            rule=RULE,
            message="an unanswered order goes round in a circle and never comes to its last step",
            counter_example=" → ".join([*path, at]) + ": each time the unit says nothing",
        )


def _without_user(
    handbook: Handbook, instrument: Instrument, period: tuple[date, date]
) -> Iterator[Problem]:
    """Whoever is to use an instrument belongs to another unit than the one that it is put to."""
    able = [held for held in handbook.posts if may_use(held, instrument)]
    for day in days_of(handbook, able, period):
        if any(holders(held, day) for held in able):
            continue
        yield Problem(
            key=f"supervision.instruments.{instrument.id}",
            rule=RULE,
            message="nobody may use this instrument: no post with a role or a tier for it has a "
            "person",
            counter_example=f"on {day:%A %Y-%m-%d} an order comes to {instrument.id} → "
            + (", ".join(f"{held.id}: nobody holds it" for held in able) or "no post may use it"),
        )
        return


def _without_judge(
    handbook: Handbook, rule: SupervisionRule, tier: int, period: tuple[date, date]
) -> Iterator[Problem]:
    """Whoever issued the order, and whichever unit it is put to, somebody else of the tier rules.
    The unit that holds the tier alone has nobody above it within the zone."""
    judges = [held for held in handbook.posts if held.tier is not None and held.tier >= tier]
    issuers = [p for p in handbook.posts if any(may_use(p, i) for i in rule.instruments)]
    units = {held.unit for held in handbook.posts if held.unit is not None}
    units = {each for each in units if any(held.unit != each for held in judges)}
    acting = [held for held in handbook.posts if held.unit is not None]
    for day in days_of(handbook, (*judges, *issuers), period):
        there = {held.id: holders(held, day) for held in (*judges, *issuers, *acting)}
        for unit in sorted(units):
            found = _unjudged(judges, issuers, [p for p in acting if p.unit == unit], there, day)
            if found is not None:
                yield Problem(
                    key="supervision.warnings.appeal_to_tier",
                    rule=RULE,
                    message="an appeal that nobody may rule on: whoever could has issued the order "
                    "or appeals against it",
                    counter_example=found,
                )
                return


def _unjudged(
    judges: list[Post],
    issuers: list[Post],
    acting: list[Post],
    there: Mapping[str, tuple[str, ...]],
    day: date,
) -> str | None:
    """Say how nobody is left to rule on an appeal of the posts `acting` for a unit."""
    unit = acting[0].unit
    able = {person for held in judges if held.unit != unit for person in there[held.id]}
    if len(able) > PARTIES:
        return None
    of_unit = [person for held in acting for person in there[held.id]]
    for issuer in issuers:
        for person in () if issuer.unit == unit else there[issuer.id]:
            for appealing in of_unit or ["nobody"]:
                if able <= {person, appealing}:
                    return (
                        f"on {day} {person} ({issuer.id}) issues an order to {unit} → {appealing} "
                        f"appeals → may rule: {', '.join(sorted(able)) or 'nobody'}; nobody else"
                    )
    return None
