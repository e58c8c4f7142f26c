"""What a zone says of a campaign as data: whom it may be about, its steps, its daily report."""

from collections import Counter
from enum import StrEnum
from graphlib import CycleError, TopologicalSorter
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.days import LocalTime
from domain.matters.procedure import DueRule, Procedure
from domain.matters.values import ChoiceRule, Fields
from domain.matters.who import Rows
from domain.model import Code, Frozen, Name, Short, is_none, is_unset
from domain.phases import Origin

STEPS_MAX = 64
TARGETS_MAX = 2_000
TIMES_MAX = 1_000
LATE_DAYS_MAX = 31
NAMED_MAX = 64
FIGURE_ID_MAX = 64
BY_FIGURE = "enterprises"

StepId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$")]
"""What a step is called: short and without dots, for it is part of what clocks are called."""
NamedCodes = Annotated[tuple[Code, ...], Field(max_length=NAMED_MAX)]


class RoundDays(StrEnum):
    """For which local days a report is asked."""

    EVERY_DAY = "every_day"
    WORKING_DAYS = "working_days"


class Eligibility(Frozen):
    """Which enterprises a campaign may be about. Each that names something narrows: an enterprise
    is in one of the segments, areas and grids, on one of the lists, and on none of `not_on`."""

    segments: NamedCodes = Field(default=(), exclude_if=is_unset)
    areas: NamedCodes = Field(default=(), exclude_if=is_unset)
    grids: NamedCodes = Field(default=(), exclude_if=is_unset)
    lists: NamedCodes = Field(default=(), exclude_if=is_unset)
    not_on: NamedCodes = Field(default=(), exclude_if=is_unset)


class StepRule(Frozen):
    """Something that each enterprise must get or give.

    `by` may record it (else who runs the campaign). `needs` are steps that the enterprise must have
    behind it. `once`: never a second time; else up to `times_max` times. `due` counts from when the
    enterprise came into the campaign, or from its step `from_step`. After a step that `ends`
    nothing more is asked of the enterprise. `states_abnormality`: whoever records it names what was
    found, or says outright that there was nothing. `tells` hear that it was recorded.
    """

    id: StepId
    name: Name
    by: Rows = ()
    needs: Annotated[tuple[StepId, ...], Field(max_length=STEPS_MAX)] = ()
    fields: Fields = ()
    once: bool = True
    times_max: Annotated[int, Field(ge=2, le=TIMES_MAX)] | None = Field(
        default=None, exclude_if=is_none
    )
    due: DueRule | None = Field(default=None, exclude_if=is_none)
    from_step: StepId | None = Field(default=None, exclude_if=is_none)
    ends: bool = Field(default=False, exclude_if=is_unset)
    states_abnormality: bool = Field(default=False, exclude_if=is_unset)
    origin: Origin = Origin.VISIT
    tells: Rows = Field(default=(), exclude_if=is_unset)
    source: Short | None = Field(default=None, exclude_if=is_none)

    @model_validator(mode="after")
    def _is_of_one_mind(self) -> Self:
        if self.once and self.times_max is not None:
            msg = f"step {self.id}: times_max is for a step that is not taken once"
            raise ValueError(msg)
        if self.from_step is not None and self.due is None:
            msg = f"step {self.id}: from_step says from where `due` counts, and there is none"
            raise ValueError(msg)
        return self


class CadenceRule(Frozen):
    """A report that is asked of every enterprise for each day, up to the local time `cut_off` of
    that day. Whose is missing then is told to `tells`, read for that enterprise. It is accepted,
    marked late, until the `late_days`-th further day for which a report is asked is over."""

    step: StepId
    cut_off: LocalTime
    days: RoundDays = RoundDays.EVERY_DAY
    late_days: Annotated[int, Field(ge=0, le=LATE_DAYS_MAX)] = 1
    tells: Rows = ()


class CampaignProcedure(Procedure):
    """A procedure that keeps a list of enterprises, and what each of them must get or give.

    `unanswered`: by when an enterprise must have given any sign at all. `exclusions` are the
    grounds on which one is taken out; with none, words suffice.
    """

    eligible: Eligibility = Eligibility()
    steps: Annotated[tuple[StepRule, ...], Field(max_length=STEPS_MAX)] = ()
    cadence: CadenceRule | None = Field(default=None, exclude_if=is_none)
    unanswered: DueRule | None = Field(default=None, exclude_if=is_none)
    exclusions: Annotated[tuple[ChoiceRule, ...], Field(max_length=32)] = Field(
        default=(), exclude_if=is_unset
    )

    @model_validator(mode="after")
    def _steps_hang_together(self) -> Self:
        problems = [*self._named_wrongly(), *self._reported_wrongly(), *self._named_too_long()]
        if problems:
            raise ValueError("; ".join(problems))
        try:
            TopologicalSorter({each.id: _waits_for(each) for each in self.steps}).prepare()
        except CycleError as error:
            msg = f"procedure {self.id}: steps wait for each other: {', '.join(error.args[1])}"
            raise ValueError(msg) from error
        return self

    def step(self, id_: str | None) -> StepRule | None:
        """Return the step called `id_`."""
        return next((each for each in self.steps if each.id == id_), None)

    def is_reported(self, step: str) -> bool:
        """Return whether a step is the report of the cadence."""
        return self.cadence is not None and self.cadence.step == step

    def _named_wrongly(self) -> list[str]:
        known = Counter(each.id for each in self.steps)
        exclusions = Counter(each.id for each in self.exclusions)
        problems = [f"procedure {self.id}: step {id_!r} twice" for id_, n in known.items() if n > 1]
        problems += [
            f"procedure {self.id}: exclusion {id_!r} twice"
            for id_, n in exclusions.items()
            if n > 1
        ]
        for each in self.steps:
            problems += [
                f"procedure {self.id}: step {each.id}: no other step {id_!r}"
                for id_ in _waits_for(each)
                if id_ not in known
            ]
        return problems

    def _reported_wrongly(self) -> list[str]:
        if self.cadence is None:
            return []
        step = self.step(self.cadence.step)
        if step is None:
            return [f"procedure {self.id}: cadence: no step {self.cadence.step!r}"]
        if step.once or step.times_max is not None or step.ends or step.due is not None:
            return [
                f"procedure {self.id}: cadence: step {step.id!r} is taken again and again: it has "
                "once = false, and no times_max, ends or due"
            ]
        return []

    def _named_too_long(self) -> list[str]:
        """Name fields whose figures could not be named: `<step>.<field>.<choice>`."""
        return [
            f"procedure {self.id}: step {step.id}: the ids of field {field.id!r} and the step are "
            f"too long together for figures, at most {FIGURE_ID_MAX}"
            for step in self.steps
            for field in step.fields
            for last in (max([BY_FIGURE, *(each.id for each in field.choices)], key=len),)
            if len(f"{step.id}.{field.id}.{last}") > FIGURE_ID_MAX
        ]


def _waits_for(step: StepRule) -> tuple[str, ...]:
    return step.needs if step.from_step is None else (*step.needs, step.from_step)
