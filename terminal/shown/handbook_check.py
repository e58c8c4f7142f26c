"""What a check of handbooks found, zone by zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from domain.proof import Proof
from domain.terms import Terms
from handbooks.faults import Fault
from terminal.shown.frames import SECOND

HASH_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Proved:
    """A sound handbook with what its proof examined, and how long reading and proving took."""

    terms: Terms
    proof: Proof
    seconds: float


def checked(found: Mapping[str, Sequence[Fault]], sound: Mapping[str, Proved]) -> RenderableType:
    """Return every broken rule with its counter-example; of a zone without one, what was proved."""
    parts: list[RenderableType] = []
    for zone, faults in found.items():
        if faults:
            count = "1 problem" if len(faults) == 1 else f"{len(faults)} problems"
            parts.append(Text.assemble(("✗ ", "red"), (zone, "bold"), f": {count}"))
            parts += [_fault(fault) for fault in faults]
            continue
        terms = sound[zone].terms
        told = f"  revision {terms.handbook.revision}, {len(terms.handbook.clocks)} clocks, "
        told += f"calendars {', '.join(sorted(terms.calendars_by_id))}, "
        told += f"terms {terms.hash[:HASH_SHOWN]}"
        parts.append(Text.assemble(("✓ ", "green"), (zone, "bold"), (told, SECOND)))
        parts.append(Text(f"    {_proved(sound[zone])}", SECOND))
    return Group(*parts)


def _proved(found: Proved) -> str:
    proof = found.proof
    return (
        f"proved in {found.seconds:.1f} s: {proof.states} states of all clocks together after "
        f"{proof.moments} moments, {proof.entries} entries into the ladder from {proof.first_on} "
        f"to {proof.last_on}, {proof.kinds} kinds of issue routed"
    )


def _fault(fault: Fault) -> Text:
    """Return a fault in a few lines: none is cut, for a key and a life are there to be read."""
    text = Text.assemble("  ", (fault.field or "the whole file", "bold"))
    if fault.value is not None:
        text.append(f" = {fault.value}")
    text.append(f"  {fault.file}", SECOND)
    rule = "" if fault.rule is None else f" ({fault.rule})"
    text.append(f"\n    {fault.problem}{rule}")
    if fault.counter_example is not None:
        text.append(f"\n    for example: {fault.counter_example}")
    if fault.allowed:
        text.append(f"\n    allowed: {', '.join(fault.allowed)}", SECOND)
    return text
