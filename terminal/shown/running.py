"""What somebody is told whose stack has come up."""

from rich.console import Group, RenderableType
from rich.text import Text

from runtime.stack import EmbeddedStack
from terminal.shown.frames import SECOND, facts


def stack_is_up(stack: EmbeddedStack, seconds: float) -> RenderableType:
    """Return where things are, what to try, and how to stop."""
    return Group(
        Text.assemble(("✓ ", "green"), ("Closeout runs", "bold"), (f"  {seconds:.1f} s", SECOND)),
        facts(
            (
                ("  folder", str(stack.data_dir)),
                ("  postgresql", f"database closeout, log {stack.postgres.log_file.name}"),
                (
                    "  temporal",
                    f"{stack.temporal.address}, namespace {stack.temporal.namespace}, "
                    f"log {stack.temporal.log_file.name}",
                ),
                ("  addresses", f"{stack.data_dir / 'stack.json'}"),
                ("  try", "closeout zones · closeout report · closeout list · closeout doctor"),
                ("  stop", "Ctrl-C, or SIGTERM to this process; the data stays"),
            )
        ),
    )
