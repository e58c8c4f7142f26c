"""Whether an inspector can set a limit, and the clock of rectifications counts it (M33, Q43)."""

from collections.abc import Iterator, Sequence
from datetime import date

from domain.duration_text import written_duration
from domain.handbook import Handbook
from domain.organization import chain_posts, holders
from domain.problem import Problem
from domain.procedures import RectificationRule
from domain.proof_of_budgets import counts_within, joint_space, longer
from domain.proof_of_people import alike
from domain.terms import Terms

RULE = "Q43"


def rectification_problems(terms: Terms, days: Sequence[date]) -> Iterator[Problem]:
    """Name limits out of order, a day without an inspector, and time that nobody counts."""
    handbook, rule = terms.handbook, terms.handbook.rectification
    if rule is None:
        return
    clock = terms.rules_by_id[rule.clock]
    calendar = terms.calendar_of(clock)
    for name, shorter, limit in (
        ("at_least", rule.at_least, rule.limit),
        ("limit", rule.limit, rule.at_most),
    ):
        shown = longer((shorter,), limit, calendar, calendar)
        if shown is not None:
            yield Problem(
                key=f"rectification.{name}",
                rule=RULE,
                message=f"{written_duration(shorter)} may be more than {written_duration(limit)}; "
                "allowed: at_least ≤ limit ≤ at_most",
                counter_example=shown,
            )
    for each in rule.replaces:
        replaced = terms.rules_by_id[each]
        if not counts_within(replaced, clock, joint_space(replaced, clock, terms)):
            yield Problem(
                key="rectification.replaces",
                rule="I8",
                message=f"{clock.id} does not count wherever {each} would: a rectification could "
                "be without that deadline",
                counter_example=f"at some moment of an issue's life {each} counts and {clock.id} "
                "does not",
            )
    yield from _of_inspectors(handbook, rule, days)


def _of_inspectors(
    handbook: Handbook, rule: RectificationRule, days: Sequence[date]
) -> Iterator[Problem]:
    for firm in alike(handbook):
        chain = [
            held for tier in handbook.tiers for held in chain_posts(handbook, firm.id, tier.level)
        ]
        named = [held for held in handbook.posts if held.id in rule.inspectors] or chain
        for day in days:
            if not any(holders(held, day) for held in named):
                yield Problem(
                    key="rectification.inspectors",
                    rule=RULE,
                    message="nobody may inspect: no post that may has a person",
                    counter_example=f"on {day} {firm.id} has put it right → nobody looks",
                )
                return
