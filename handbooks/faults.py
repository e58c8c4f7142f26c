"""What is wrong with a handbook's files: where, against which rule, and what would be right."""

from dataclasses import dataclass

VALUE_CHARACTERS_MAX = 120


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong. `field` is a place such as `clocks.handling.budgets`, None for a whole file.

    `rule` is the number of a rule of the design; without one, the files are not in their form.
    """

    file: str
    problem: str
    field: str | None = None
    value: str | None = None
    rule: str | None = None
    counter_example: str | None = None
    allowed: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return everything on one line."""
        where = ""
        if self.field is not None:
            where = f" {self.field}{'' if self.value is None else f' = {self.value!r}'}:"
        rule = "" if self.rule is None else f" ({self.rule})"
        example = "" if self.counter_example is None else f" For example: {self.counter_example}."
        choice = f" Allowed: {', '.join(self.allowed)}." if self.allowed else ""
        return f"{self.file}:{where} {self.problem.rstrip('.')}{rule}.{example}{choice}"


def shown_value(value: object) -> str | None:
    """Return what stands in a field, not at any length; a table is not repeated."""
    if value is None or isinstance(value, dict | list | tuple):
        return None
    return str(value)[:VALUE_CHARACTERS_MAX]


class HandbookError(ValueError):
    """A handbook cannot be put in force; `faults` has all that was found, at least one.

    The first fault's fields are the error's own.
    """

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("\n".join(map(str, faults)))

    @property
    def file(self) -> str:
        """Return the file of the first fault."""
        return self.faults[0].file

    @property
    def field(self) -> str | None:
        """Return the place of the first fault."""
        return self.faults[0].field

    @property
    def value(self) -> str | None:
        """Return what stands at the first fault."""
        return self.faults[0].value

    @property
    def problem(self) -> str:
        """Return what the first fault is."""
        return self.faults[0].problem

    @property
    def allowed(self) -> tuple[str, ...]:
        """Return what could stand at the first fault."""
        return self.faults[0].allowed
