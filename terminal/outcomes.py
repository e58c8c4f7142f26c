"""`closeout outcomes`: what the sources tell in sums, read back from a ledger."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Protocol

import typer

from terminal.session import Session


class Outcome(Protocol):
    """One row of what the sources tell, as the ledger has it."""

    @property
    def id(self) -> str:
        """Return what it is called."""
        ...

    @property
    def zone(self) -> str:
        """Return where it is told of."""
        ...

    @property
    def source(self) -> str:
        """Return where it is told."""
        ...

    @property
    def what(self) -> tuple[str, str]:
        """Return what it is, in Chinese and in English."""
        ...

    @property
    def note(self) -> str | None:
        """Return what has to be said of it."""
        ...

    @property
    def sums(self) -> Sequence[tuple[str, Mapping[str, str | None]]]:
        """Return what is stated, sum by sum; None for what the source does not state."""
        ...

    @property
    def rates(self) -> Sequence[tuple[str, str | None, bool]]:
        """Return the rates that this gives, with both numbers, and whether one was derived; None
        where there is no denominator."""
        ...


async def outcomes(
    session: Session,
    id_: Annotated[
        str | None, typer.Argument(metavar="ID", help="One, such as B06.", show_default="all")
    ] = None,
) -> None:
    """Tell what the sources say in sums: B01 to B24, C01 to C13, and rates with denominators.

    Each is played into a ledger in memory as commands to matters, and read back. What a source
    names and does not state is null, and shown as "not stated" (未说明). Needs no stack.
    """
    from terminal.shown.outcomes import outcomes_told

    told = await session.wiring.tell_outcomes()
    found = [each for each in told if id_ in (None, each.id)]
    if not found:
        known = ", ".join(each.id for each in told)
        raise typer.BadParameter(f"no outcome {id_!r}; allowed: {known}", param_hint="ID")
    plain = [
        {
            "id": each.id,
            "zone": each.zone,
            "source": each.source,
            "what": dict(zip(("zh", "en"), each.what, strict=True)),
            "note": each.note,
            "sums": [{"label": label, "figures": dict(sums)} for label, sums in each.sums],
            "rates": [
                {"id": rate, "value": value, "derived": derived}
                for rate, value, derived in each.rates
            ],
        }
        for each in found
    ]
    session.out.answer({"outcomes": plain}, lambda: outcomes_told(found))
