"""What a verification found."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from domain.model import written
from terminal.shown.frames import SECOND, Sheet, kept, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.checks import Finding
    from audit.log_checks import LogReport
    from audit.verification import Verification
    from audit.vouched import VouchTally

SHOWN_MAX = 50


def findings(found: "Verification") -> RenderableType:
    """Return what a verification looked at, and each thing that is not as it was written."""
    looked = f"{many(found.streams.streams, 'issue')}, {many(found.streams.events, 'event')}, "
    looked += many(found.streams.commands, "command")
    if found.reports:
        looked += f", {many(found.reports, 'stored report')}"
    log = [] if found.log is None else list(_log(found.log))
    if found.vouches is not None:
        log += _vouches(found.vouches)
    if found.since:
        said = f"  Only what came after {many(found.since, 'leaf', 'leaves')}; nothing before it "
        log.insert(0, Text(said + "was looked at.", "yellow"))
    if found.is_sound:
        more = "\n  Chains, lists, commands, rungs, clocks and terms are as they were written, and "
        more += f"every decision{' and every report' if found.reports else ''} comes out again."
        return Group(mark(f"{looked}: nothing found", more, sound=True), *log)
    head = mark(f"{looked}: {many(found.count, 'finding')}", "", sound=False)
    return Group(head, *log, finding_sheet(found.found), rest(found.count))


def finding_sheet(found: "Sequence[Finding]") -> Sheet:
    """Return a line for each of the first findings."""
    sheet = Sheet((kept("Where"), kept("Event"), kept("Kind"), wrapped("Finding")))
    for each in found[:SHOWN_MAX]:
        event = "—" if each.version is None else str(each.version)
        field = "" if each.field is None else f" ({each.field})"
        sheet.add(each.stream, event, each.kind, f"{each.message}{field}")
    return sheet


def _log(log: "LogReport") -> Iterator[Text]:
    """Say how much of the log is signed, by whom, and what is not yet."""
    said = f"  Log: {many(log.leaves, 'leaf', 'leaves')}, {many(log.checkpoints, 'checkpoint')}"
    if log.newest_at is not None:
        said += f", the newest of {written(log.newest_at)}"
    yield Text(f"{said}; {many(log.outside, 'note')} from outside held against it.", SECOND)
    if log.outside_left_out:
        said = f"  {many(log.outside_left_out, 'older note')} from outside left out."
        yield Text(said, "yellow")
    if log.beyond or log.waiting:
        beyond = (
            f"{many(log.beyond, 'leaf', 'leaves')}, and {many(log.waiting, 'fact')} without one"
        )
        yield Text(f"  Not yet under a checkpoint: {beyond}.", SECOND)
    if log.played:
        yield Text(f"  {many(log.played, 'fact')} at the times of another system's log.", SECOND)
    if not log.is_trusted:
        said = "  Signatures were held against the key that the database itself names: "
        yield Text(said + "CLOSEOUT_LOG_TRUST names keys to trust instead.", "yellow")


def _vouches(tally: "VouchTally") -> Iterator[Text]:
    """Say for how many commands a face gave its word, and what that could be held against."""
    vouched, not_vouched = tally.vouched.total(), tally.unvouched.total()
    if not vouched:
        return
    kinds = ", ".join(f"{count:,} of {kind}s" for kind, count in sorted(tally.vouched.items()))
    bare = f"; {not_vouched:,} without one" if not_vouched else ""
    yield Text(f"  Faces gave their word for {many(vouched, 'command')}: {kinds}{bare}.", SECOND)
    if tally.unchecked:
        said = f"  {tally.unchecked:,} of these words were held against no key: there is no "
        yield Text(said + "faces.toml in CLOSEOUT_KEYS_DIR.", "yellow")


def mark(text: str, more: str, *, sound: bool) -> Text:
    """Return a line with a tick or a cross before it; `more` stands back."""
    sign = ("✓ ", "green") if sound else ("✗ ", "red")
    return Text.assemble(sign, text, (more, SECOND))


def rest(count: int) -> Text:
    """Return how many findings were left out."""
    left = count - SHOWN_MAX
    return Text(f"and {left} more: --json has them all" if left > 0 else "", SECOND)


def many(count: int, what: str, several: str | None = None) -> str:
    """Return a count with its noun."""
    return f"{count:,} {what if count == 1 else several or what + 's'}"
