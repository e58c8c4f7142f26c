"""The proof of a whole handbook before it is published (I8): what no clock shows by itself.

`domain.soundness` judges each kind of clock. Here their sum is judged with the organisation: that
no open issue lacks a deadline or an owner, that whatever is asked can be answered, that parts fit
in the whole, that every rule can come to bear. Each search is exhaustive within bounds that are
stated; a bound that is met is a problem, never a silent pass.
"""

from collections.abc import Iterable
from datetime import date

from domain.model import Frozen
from domain.problem import Problem
from domain.proof_of_approvals import approval_problems
from domain.proof_of_budgets import fit_problems
from domain.proof_of_deadlines import deadline_problems, searched
from domain.proof_of_people import owner_problems
from domain.proof_of_procedures import procedure_problems
from domain.proof_of_routes import idle_problems, route_problems
from domain.proof_of_rules import rule_problems
from domain.proof_of_supervision import supervision_problems
from domain.proof_times import period_of
from domain.terms import Terms


class Proof(Frozen):
    """What was examined of a handbook, and every problem that was found.

    `states` of all clocks together after `moments`; `entries` of issues into the ladder, each at an
    instant of an enterprise's, from `first_on` to `last_on`; `kinds` of issue put to the routing
    table.
    """

    states: int
    moments: int
    entries: int
    kinds: int
    first_on: date
    last_on: date
    problems: tuple[Problem, ...] = ()


def proved(terms: Terms) -> Proof:
    """Return what a proof of a handbook comes to."""
    handbook, period = terms.handbook, period_of(terms.calendar)
    search = searched(handbook)
    owned = owner_problems(handbook, period)
    routed = route_problems(handbook)
    return Proof(
        states=search.states,
        moments=search.moments,
        entries=owned.entries,
        kinds=routed.kinds,
        first_on=period[0],
        last_on=period[1],
        problems=_once(
            (
                *deadline_problems(handbook),
                *owned.problems,
                *approval_problems(handbook, period),
                *fit_problems(terms),
                *routed.problems,
                *idle_problems(handbook, period),
                *rule_problems(handbook),
                *procedure_problems(terms, period),
                *supervision_problems(handbook, period, terms.calendar),
            )
        ),
    )


def proof_problems(terms: Terms) -> tuple[Problem, ...]:
    """Return every problem that a proof of a handbook finds."""
    return proved(terms).problems


def _once(found: Iterable[Problem]) -> tuple[Problem, ...]:
    return tuple(dict.fromkeys(found))
