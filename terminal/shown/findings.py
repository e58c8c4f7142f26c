"""What an audit found: of a verification, and of a replay."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from rich.console import Group, RenderableType
from rich.text import Text

from audit.reexecute import Reexecution
from audit.replay import CrossCheck, ReplayReport
from audit.verify import Findings
from terminal.shown.frames import SECOND, Sheet, kept, wrapped

SHOWN_MAX = 50


def findings(found: Findings) -> RenderableType:
    """Return what a verification looked at, and each thing that is not as it was written."""
    looked = f"{many(found.streams, 'issue')}, {many(found.events, 'event')}, "
    looked += many(found.commands, "command")
    if found.is_sound:
        more = "\n  Chains, folds, commands, rungs, clocks and terms are as they were written."
        return mark(f"{looked}: nothing found", more, sound=True)
    head = mark(f"{looked}: {many(len(found.found), 'finding')}", "", sound=False)
    sheet = Sheet((kept("Issue"), kept("Event"), kept("Kind"), wrapped("Finding")))
    for each in found.found[:SHOWN_MAX]:
        event = "—" if each.version is None else str(each.version)
        sheet.add(each.stream, event, each.kind, each.message)
    return Group(head, sheet, rest(len(found.found)))


@dataclass(frozen=True, slots=True)
class Replayed:
    """The three answers of a replay. `archived` and `running` are histories that were read."""

    decided: Reexecution
    histories: ReplayReport
    checked: CrossCheck
    archived: int
    running: int

    @property
    def is_sound(self) -> bool:
        """Return whether everything came out as it is written."""
        return self.decided.is_identical and not self.histories.failures and self.checked.is_sound

    def plain(self) -> dict[str, object]:
        """Return all of it for a machine."""
        return {
            "sound": self.is_sound,
            "decisions": asdict(self.decided),
            "histories": {"archived": self.archived, **asdict(self.histories)},
            "rings": {**asdict(self.checked), "running_histories": self.running},
        }


def replayed(whole: Replayed) -> RenderableType:
    """Return a line for each of the three, and what does not fit."""
    decided, histories, checked = whole.decided, whole.histories, whole.checked
    loose = len(checked.only_in_ledger) + len(checked.only_in_history)
    rings = checked.rings_in_both + loose
    lost = sum(len(span.rings) for span in checked.lost_spans)
    lines: list[RenderableType] = [
        mark(
            f"decisions re-executed: {decided.identical} of {decided.decisions} identical",
            "",
            sound=decided.is_identical,
        ),
        mark(
            f"workflow histories replayed: {histories.replayed} of {whole.archived}",
            f"  {whole.running} more still run",
            sound=not histories.failures,
        ),
        mark(
            f"rings found in both records: {checked.rings_in_both} of {rings}",
            f"  {checked.pending} pending, {lost} in lost spans",
            sound=checked.is_sound,
        ),
    ]
    problems = list(_problems(whole))
    if problems:
        sheet = Sheet((wrapped("Where"), wrapped("What does not fit")))
        for where, what in problems[:SHOWN_MAX]:
            sheet.add(where, what)
        lines += [sheet, rest(len(problems))]
    for span in checked.lost_spans:
        said = (
            f"{span.stream}: history lost from {span.from_at} to {span.to_at}, as the ledger says"
        )
        lines.append(Text(said, SECOND))
    return Group(*lines)


def _problems(whole: Replayed) -> Iterable[tuple[str, str]]:
    for each in whole.decided.differences:
        event = "" if each.version is None else f" event {each.version}"
        yield f"{each.stream}{event}", f"{each.command_id}: {each.message}"
    for failure in whole.histories.failures:
        yield failure.workflow_id, f"run {failure.run_id} {failure.problem}"
    for ring in whole.checked.only_in_ledger:
        yield ring, "in the ledger, and no workflow asked for it"
    for ring in whole.checked.only_in_history:
        yield ring, "a workflow rang it, and the ledger does not have it"


def mark(text: str, more: str, *, sound: bool) -> Text:
    """Return a line with a tick or a cross before it; `more` stands back."""
    sign = ("✓ ", "green") if sound else ("✗ ", "red")
    return Text.assemble(sign, text, (more, SECOND))


def rest(count: int) -> Text:
    """Return how many findings were left out."""
    left = count - SHOWN_MAX
    return Text(f"and {left} more: --json has them all" if left > 0 else "", SECOND)


def many(count: int, what: str) -> str:
    """Return a count with its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
