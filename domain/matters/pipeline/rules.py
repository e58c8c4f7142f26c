"""What a zone says of a pipeline as data: its stages, outside parties, hard dates, meetings."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.durations import OpenHours, Wall
from domain.matters.field_figures import FIGURE_ID_MAX, is_too_long
from domain.matters.procedure import DueRule, Procedure
from domain.matters.values import ChoiceRule, Currency, FieldRule, Fields
from domain.matters.who import Rows
from domain.model import Frozen, Name, Short, is_none, is_unset

STAGES_MAX = 64
PARTY_KINDS_MAX = 32
DATES_MAX = 16
WARNINGS_MAX = 4
ID_MAX = 32
STAGE, AT, STATUS, MEETINGS = "stage", "at", "status", "meetings"
"""What the ids of figures begin with."""

Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$")]
"""What a stage, a party or a hard date is called: short and without dots, for clocks and figures
are named after it."""


class Ending(StrEnum):
    """How a pipeline can come out."""

    DONE = "done"
    FAILED = "failed"


class StageRule(Frozen):
    """A stage. `by` may move a pipeline to it (else who runs it), and say `fields` then.

    From it the pipeline may go `to` these; with none, from an end nowhere, else anywhere but to
    itself. `due` is how long it may stay. `amount`: it has to be known here how much money it is.
    """

    id: Part
    name: Name
    by: Rows = ()
    fields: Fields = ()
    to: Annotated[tuple[Part, ...], Field(max_length=STAGES_MAX)] = ()
    due: DueRule | None = Field(default=None, exclude_if=is_none)
    end: Ending | None = Field(default=None, exclude_if=is_none)
    amount: bool = Field(default=False, exclude_if=is_unset)
    source: Short | None = Field(default=None, exclude_if=is_none)


class PartyRule(Frozen):
    """A kind of party outside the zone on which a pipeline depends: banks, customs, a national
    office. `by` may record how it stands there (else who runs the pipeline). With `statuses`, its
    status is one of them; without, words."""

    id: Part
    name: Name
    by: Rows = ()
    statuses: Annotated[tuple[ChoiceRule, ...], Field(max_length=32)] = ()


class DateWarning(Frozen):
    """Who is told so long before the day of a hard date is over."""

    before: Annotated[Wall | OpenHours, Field(discriminator="kind")]
    tells: Rows = ()


class DateRule(Frozen):
    """A day that others have set and the zone cannot move, such as a loan's maturity. When it is
    over, `tells` and the accountable post hear of it."""

    id: Part
    name: Name
    warnings: Annotated[tuple[DateWarning, ...], Field(max_length=WARNINGS_MAX)] = ()
    tells: Rows = ()
    required: bool = Field(default=False, exclude_if=is_unset)


class PipelineProcedure(Procedure):
    """A procedure that keeps one thing that an enterprise wants, on its way through stages.

    It begins at the first of them. `check` counts from the end of the day for which a look at a
    party was planned and is not there. Amounts are in `currency`, if it names one. `exemptions` are
    the grounds on which nobody is blamed for a failure. `meets`: it keeps meetings instead, of many
    enterprises with parties; `outcome` is what is asked of what each came to.
    """

    stages: Annotated[tuple[StageRule, ...], Field(min_length=1, max_length=STAGES_MAX)]
    parties: Annotated[tuple[PartyRule, ...], Field(max_length=PARTY_KINDS_MAX)] = ()
    check: DueRule | None = Field(default=None, exclude_if=is_none)
    dates: Annotated[tuple[DateRule, ...], Field(max_length=DATES_MAX)] = ()
    currency: Currency | None = Field(default=None, exclude_if=is_none)
    exemptions: Annotated[tuple[ChoiceRule, ...], Field(max_length=32)] = Field(
        default=(), exclude_if=is_unset
    )
    meets: bool = Field(default=False, exclude_if=is_unset)
    meets_by: Rows = Field(default=(), exclude_if=is_unset)
    outcome: Fields = Field(default=(), exclude_if=is_unset)

    @model_validator(mode="after")
    def _hangs_together(self) -> Self:
        problems = [*self._twice(), *self._led_wrongly(), *self._named_too_long()]
        if (self.outcome or self.meets_by) and not self.meets:
            problems.append("outcome and meets_by are for a procedure that meets")
        if problems:
            raise ValueError("; ".join(f"procedure {self.id}: {each}" for each in problems))
        return self

    def stage(self, id_: str) -> StageRule | None:
        """Return the stage called `id_`."""
        return next((each for each in self.stages if each.id == id_), None)

    def party(self, id_: str) -> PartyRule | None:
        """Return the kind of party called `id_`."""
        return next((each for each in self.parties if each.id == id_), None)

    def hard_date(self, id_: str) -> DateRule | None:
        """Return the hard date called `id_`."""
        return next((each for each in self.dates if each.id == id_), None)

    def next_stages(self, stage: StageRule) -> tuple[str, ...]:
        """Return the stages to which a pipeline may go from a stage."""
        if stage.to or stage.end is not None:
            return stage.to
        return tuple(each.id for each in self.stages if each.id != stage.id)

    def _twice(self) -> list[str]:
        held: dict[str, Iterable[StageRule | PartyRule | DateRule | ChoiceRule]] = {
            "stage": self.stages,
            "party": self.parties,
            "date": self.dates,
            "exemption": self.exemptions,
        }
        return [
            f"{what} {id_!r} twice"
            for what, entries in held.items()
            for id_, times in Counter(each.id for each in entries).items()
            if times > 1
        ]

    def _led_wrongly(self) -> list[str]:
        known = {each.id for each in self.stages}
        problems = [
            f"stage {each.id}: to: no stage {id_!r}"
            for each in self.stages
            for id_ in each.to
            if id_ not in known
        ]
        problems += [
            f"stage {each.id}: what is at its end has no `due`"
            for each in self.stages
            if each.end is not None and each.due is not None
        ]
        if self.stages[0].end is not None:
            problems.append(f"stage {self.stages[0].id}: the first stage is no end")
        return problems

    def _named_too_long(self) -> list[str]:
        """Name what figures could not be called after: `at.<stage>.<field>.<choice>`."""
        groups: list[tuple[str, Iterable[FieldRule]]] = [
            *((f"{AT}.{stage.id}", stage.fields) for stage in self.stages),
            (f"{MEETINGS}.outcome", self.outcome),
        ]
        problems = [
            f"{where}: the id of field {field.id!r} is too long for figures"
            for where, fields in groups
            for field in fields
            if is_too_long(where, field)
        ]
        problems += [
            f"the id of exemption {each.id!r} is too long for figures: at most {ID_MAX} characters"
            for each in self.exemptions
            if len(each.id) > ID_MAX
        ]
        problems += [
            f"party {party.id}: the id of status {each.id!r} is too long for figures"
            for party in self.parties
            for each in party.statuses
            if len(f"{STATUS}.{party.id}.{each.id}") > FIGURE_ID_MAX
        ]
        return problems
