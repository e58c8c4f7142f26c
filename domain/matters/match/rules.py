"""What a zone says of a match as data: its sides, what may be proposed, what comes of it."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.matters.field_figures import is_too_long
from domain.matters.procedure import DueRule, Procedure
from domain.matters.values import ChoiceRule, FieldRule, Fields
from domain.matters.who import Rows
from domain.model import Frozen, Name, Short, is_none, is_unset

SIDES_MAX = 8
STEPS_MAX = 32
REASONS_MAX = 32
ID_MAX = 32

Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
"""What a side, a step or a reason is called: short and without dots, for figures are named after
it."""


class Counterpart(StrEnum):
    """Who may be proposed: an enterprise of the zone, a group of persons such as seekers of work,
    or a party outside."""

    ENTERPRISE = "enterprise"
    GROUP = "group"
    PARTY = "party"


class ProposalStepRule(Frozen):
    """Something on the way: an interview, a viewing, a trial. `by` may record it (else who runs the
    match). `on_posting`: it is of the posting as a whole, such as a bus, not of one proposal."""

    id: Part
    name: Name
    by: Rows = ()
    fields: Fields = ()
    on_posting: bool = Field(default=False, exclude_if=is_unset)
    source: Short | None = Field(default=None, exclude_if=is_none)


class MatchProcedure(Procedure):
    """A procedure that keeps one need or one offer, and who might meet it.

    `asks` are the fields of what is needed or offered, `sides` what a posting can be: need, offer.
    `zone_posts`: a posting may be the zone's own. `places`: what is asked for in numbers, such as
    vacancies; without, nothing is. `by` may propose, withdraw, and say what came of it;
    `answers_by` may answer for a side, beside the enterprise itself; who runs the match does both
    if there are no rows. `due` is when both answers have to be there, `reasons` why one may be no;
    with none, words say it.
    """

    sides: Annotated[tuple[ChoiceRule, ...], Field(min_length=1, max_length=SIDES_MAX)]
    counterpart: Counterpart = Counterpart.ENTERPRISE
    zone_posts: bool = Field(default=False, exclude_if=is_unset)
    places: Name | None = Field(default=None, exclude_if=is_none)
    by: Rows = Field(default=(), exclude_if=is_unset)
    answers_by: Rows = Field(default=(), exclude_if=is_unset)
    steps: Annotated[tuple[ProposalStepRule, ...], Field(max_length=STEPS_MAX)] = ()
    outcome: Fields = ()
    due: DueRule | None = Field(default=None, exclude_if=is_none)
    reasons: Annotated[tuple[ChoiceRule, ...], Field(max_length=REASONS_MAX)] = ()

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = [*self._twice(), *self._named_too_long()]
        if problems:
            raise ValueError("; ".join(f"procedure {self.id}: {each}" for each in problems))
        return self

    def step(self, id_: str) -> ProposalStepRule | None:
        """Return the step called `id_`."""
        return next((each for each in self.steps if each.id == id_), None)

    def _twice(self) -> list[str]:
        held: dict[str, Iterable[ChoiceRule | ProposalStepRule]] = {
            "side": self.sides,
            "step": self.steps,
            "reason": self.reasons,
        }
        return [
            f"{what} {id_!r} twice"
            for what, entries in held.items()
            for id_, times in Counter(each.id for each in entries).items()
            if times > 1
        ]

    def _named_too_long(self) -> list[str]:
        """Name what figures could not be called after: `step.<step>.<field>.<choice>`."""
        groups: list[tuple[str, Iterable[FieldRule]]] = [
            *((f"step.{step.id}", step.fields) for step in self.steps),
            ("outcome", self.outcome),
        ]
        problems = [
            f"{where}: the id of field {field.id!r} is too long for figures"
            for where, fields in groups
            for field in fields
            if is_too_long(where, field)
        ]
        problems += [
            f"the id of {each.id!r} is too long for figures: at most {ID_MAX} characters"
            for each in (*self.sides, *self.reasons)
            if len(each.id) > ID_MAX
        ]
        return problems
