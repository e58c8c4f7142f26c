"""Errors in plain words: what, where, what would be allowed, what to do."""

import json
import sys

from rich.table import Table
from rich.text import Text

from domain.errors import IssueError
from domain.model import NOT_TEXT
from ledger.port import LedgerError
from terminal.output import Output

ADVICE = {
    "invalid": "Correct the field and send it again. Nothing was recorded.",
    "unknown_zone": "`closeout zones` lists the zones.",
    "unknown_category": "`closeout zones ZONE` lists its categories.",
    "unknown_issue": "`closeout list` shows what was reported.",
    "unknown_order": "`closeout supervise list` shows what was issued.",
    "unknown_matter": "`closeout matters list ZONE` shows what was opened.",
    "unknown_procedure": "`closeout matters procedures ZONE` lists what the zone keeps.",
    "too_many_matters": "A weekly report tells the figures of any number of matters.",
    "wrong_phase": "`closeout show ZONE KEY` shows where it stands, `supervise show` an order.",
    "issue_closed": "`closeout do ZONE KEY reopen reason=…` takes it up again.",
    "conflict": "Look again with `closeout show ZONE KEY`; a new request needs a new --id.",
    "not_permitted": "`closeout zones ZONE` lists who holds which post; say who acts with --as.",
}
"""What to do about a refusal, by its code."""

VALUE_CHARACTERS_MAX = 60

AWAY = "`closeout doctor` says what is not as it should be."


def show_problem(out: Output, error: Exception, code: int) -> None:
    """Print why a command failed: as JSON on stdout if that was asked for, else on stderr."""
    told = {name: printable(text) for name, text in problem_of(error).items()}
    if out.as_json:
        text = json.dumps({"error": {**told, "exit": code}}, ensure_ascii=False, indent=2)
        sys.stdout.write(f"{text}\n")
        return
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    where = told.get("field")
    if where is not None:
        value = told.get("value", "")
        if len(value) > VALUE_CHARACTERS_MAX:
            value = f"{value[: VALUE_CHARACTERS_MAX - 1]}…"
        grid.add_row("  where", f"{where} = {value}" if value else where)
    for label in ("allowed", "do"):
        if label in told:
            grid.add_row(f"  {label}", told[label])
    out.aside.print(Text.assemble(("✗ ", "red"), (told["message"], "bold")))
    if grid.row_count:
        out.aside.print(grid)


def printable(text: str) -> str:
    """Return a text without what would steer the screen, or cannot be written to it."""
    return NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


def problem_of(error: Exception) -> dict[str, str]:
    """Return an error as plain fields: code, message, and where, allowed, do as far as known."""
    if isinstance(error, IssueError):
        told = error.details()
        advice = ADVICE.get(error.code)
        return told if advice is None else {**told, "do": advice}
    kind = type(error).__name__.removesuffix("Error")
    told = {"code": _snake(kind), "message": str(error) or kind}
    return {**told, "do": AWAY} if isinstance(error, LedgerError) else told


def _snake(name: str) -> str:
    return "".join(f"_{each.lower()}" if each.isupper() else each for each in name).lstrip("_")
