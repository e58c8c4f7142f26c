"""What may be asked of an issue: each command, its fields, and who may."""

from rich.console import Group, RenderableType
from rich.text import Text

from domain.model import Frozen
from domain.permissions import PERMITTED
from terminal.fields import kinds
from terminal.shown.frames import SECOND, Sheet, kept, wrapped

REPORT = "`closeout report` reports an issue. [field] may be left out."


def _fields(command: type[Frozen]) -> list[str]:
    return [
        name if field.is_required() else f"[{name}]"
        for name, field in command.model_fields.items()
        if name != "kind"
    ]


def commands_plain() -> list[dict[str, object]]:
    """Return the commands for a machine."""
    return [
        {
            "command": kind,
            "fields": _fields(command),
            "permitted": sorted(PERMITTED[kind]),
            "schema": command.model_json_schema(),
        }
        for kind, command in kinds()
    ]


def command_list() -> RenderableType:
    """Return the commands for people."""
    sheet = Sheet((kept("Command"), wrapped("Fields"), wrapped("Who may")))
    for kind, command in kinds():
        sheet.add(
            kind.replace("_", "-"),
            " ".join(_fields(command)) or "—",
            Text(", ".join(sorted(PERMITTED[kind])), SECOND),
        )
    inner = "closeout do ZONE KEY propose-resolution resolution.result=solved resolution.summary=…"
    return Group(sheet, Text(f"{REPORT}\nA field within a field: {inner}", SECOND))
