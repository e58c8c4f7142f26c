"""The issues of one emergency, and what came of bringing them to a stage."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Group, RenderableType
from rich.text import Text

from terminal.shown.frames import SECOND, Column, Sheet, kept, names, stacked
from terminal.shown.issues import Seen
from terminal.shown.times import near
from terminal.shown.words import word

if TYPE_CHECKING:
    from desk.incidents import Sent


def incident_shown(name: str, issues: Sequence[Seen], sent: "Sequence[Sent]") -> RenderableType:
    """Return each issue with its enterprise and stage; below it what was refused."""
    sheet = Sheet(
        (
            kept("Issue"),
            Column("Enterprise"),
            Column("Stage"),
            kept("Phase"),
            Column("Owner"),
            kept("Deadline"),
        )
    )
    for seen in issues:
        view, called = seen.view, seen.names
        stream = f"{view.zone}/{view.key}"
        due = "—"
        if view.deadline_at is not None:
            due = near(view.deadline_at, view.at, called.time_zone)
        sheet.add(
            Text(stream) if view.number is None else stacked(view.number, stream),
            names(called.enterprise(view.enterprise)),
            _stage(seen),
            names(word(view.phase if view.outcome is None else view.outcome)),
            names(called.post(view.owner)),
            due,
        )
    enterprises = {seen.view.enterprise for seen in issues}
    zones = sorted({seen.names.time_zone for seen in issues})
    end = f"{len(issues)} issues of {len(enterprises)} enterprises; times in {', '.join(zones)}"
    return Group(Text(name, "bold"), sheet, *_sent(sent), Text(end, SECOND))


def _stage(seen: Seen) -> Text:
    incident = seen.view.incident
    if incident is None:
        return Text("—", SECOND)
    text = names(seen.names.stage(incident.stage))
    return text if incident.ended_at is None else text.append(" ended", SECOND)


def _sent(sent: "Sequence[Sent]") -> list[Text]:
    lines = [
        Text.assemble(("✗ ", "red"), f"{each.issue.stream}: {each.refusal}")
        for each in sent
        if each.refusal is not None
    ]
    done = len(sent) - len(lines)
    if sent:
        mark = ("✗ ", "red") if lines else ("✓ ", "green")
        lines.append(Text.assemble(mark, f"{done} of {len(sent)} issues"))
    return lines
