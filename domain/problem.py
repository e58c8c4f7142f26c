"""One reason not to publish a handbook."""

from domain.model import Frozen


class Problem(Frozen):
    """A broken rule: where it stands, which rule, and what shows it.

    `key` is the place in the handbook, such as `clocks.handling.pause.0`: conditions, budgets and
    rungs are counted from 0. `rule` is the number of a rule of the design, such as "R1.5".
    """

    key: str
    rule: str
    message: str
    counter_example: str

    def __str__(self) -> str:
        return f"{self.key}: {self.message} ({self.rule}). For example: {self.counter_example}."
