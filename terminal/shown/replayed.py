"""What a replay found: three answers, and each thing that does not fit."""

from collections.abc import Iterable
from dataclasses import asdict

from rich.console import Group, RenderableType
from rich.text import Text

from audit.replay import CrossCheck, LostSpan, Replayed, stream_of
from terminal.shown.findings import SHOWN_MAX, many, mark, rest
from terminal.shown.frames import SECOND, Column, Sheet, kept, wrapped


def plain(whole: Replayed) -> dict[str, object]:
    """Return all of it for a machine."""
    return {
        "sound": whole.is_sound,
        "streams": whole.streams,
        "decisions": asdict(whole.decided),
        "histories": {
            "archived": whole.archived,
            "running": whole.running,
            **asdict(whole.histories),
        },
        "records": {"sound": whole.checked.is_sound, **asdict(whole.checked)},
    }


def replayed(whole: Replayed) -> RenderableType:
    """Return a line for each of the three, what does not fit, and what is known to be missing."""
    decided, histories, checked = whole.decided, whole.histories, whole.checked
    said = many(checked.rings_in_both, "ring") + ", "
    said += many(checked.commands_in_both, "command") + " of door 2, "
    said += many(checked.deliveries_in_both, "told notice")
    read = whole.archived + whole.running
    lines: list[RenderableType] = [
        mark(
            f"decisions re-executed: {decided.identical} of {decided.decisions} identical",
            "",
            sound=decided.is_identical,
        ),
        mark(
            f"workflow histories replayed: {histories.replayed} of {read}",
            f"  {whole.running} of them not archived yet",
            sound=not histories.failures,
        ),
        mark(f"in both records: {said}", _aside(checked), sound=checked.is_sound),
    ]
    problems = list(_problems(whole))
    if problems:
        heads = (kept("Issue"), Column("Run"), kept("Event", right=True), wrapped("Field"))
        sheet = Sheet((*heads, wrapped("What does not fit")))
        for problem in problems[:SHOWN_MAX]:
            sheet.add(*problem)
        lines += [sheet, rest(len(problems))]
    lines += [Text(_lost(span), SECOND) for span in checked.lost_spans[:SHOWN_MAX]]
    for stream in checked.streams_without_workflow[:SHOWN_MAX]:
        lines.append(Text(f"{stream}: no workflow ever kept it", SECOND))
    return Group(*lines)


def _aside(checked: CrossCheck) -> str:
    """Say what is no finding and yet not in both."""
    lost = sum(len(span.rings) + len(span.deliveries) for span in checked.lost_spans)
    said = f"  {checked.pending} pending, {lost} in lost spans"
    if checked.unnamed:
        said += f", {checked.unnamed} told without a name"
    if checked.without_workflow:
        said += f", {checked.without_workflow} issues without a workflow"
    return said


def _lost(span: LostSpan) -> str:
    return f"{span.stream}: history lost from {span.from_at} to {span.to_at}, as the ledger says"


def _problems(whole: Replayed) -> Iterable[tuple[str, str, str, str, str]]:
    """Yield issue, run, event, field and what does not fit. Of a decision the event is the ledger's
    version; of histories it is Temporal's event id."""
    for each in whole.decided.differences:
        said = f"{each.command_id}: {each.message}"
        yield each.stream, "", _number(each.version), each.field or "", said
    for failure in whole.histories.failures:
        place = (failure.run_id, _number(failure.event_id), failure.field or "")
        yield stream_of(failure.workflow_id), *place, failure.problem
    for found in whole.checked.found:
        said = f"{found.about}: {found.message}" if found.about else found.message
        yield found.stream, found.run_id or "", _number(found.event_id), found.field, said


def _number(number: int | None) -> str:
    return "" if number is None else str(number)
