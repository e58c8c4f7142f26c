"""What somebody is told whose stack has come up."""

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from desk.first_access import FirstAccess
from runtime.stack import EmbeddedStack
from terminal.shown.frames import SECOND, facts


def stack_is_up(stack: EmbeddedStack, first: FirstAccess | None, seconds: float) -> RenderableType:
    """Return where things are, what to try, and how to stop; at the first start also how to get in:
    that is shown once."""
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
                *_face(stack, first),
                ("  addresses", f"{stack.data_dir / 'stack.json'}"),
                ("  try", "closeout zones · closeout report · closeout list · closeout doctor"),
                ("  stop", "Ctrl-C, or SIGTERM to this process; the data stays"),
            )
        ),
    )


def _face(stack: EmbeddedStack, first: FirstAccess | None) -> Iterator[tuple[str, str]]:
    if not stack.api_address:
        return
    yield "  console", f"http://{stack.api_address}/console"
    yield "  http", f"http://{stack.api_address}/v1, described at /docs"
    if first is None:
        yield "  access", "closeout user password operator · closeout user list"
        yield "", "closeout key create NAME"
        return
    yield "  first user", f"{first.user}, password {first.password.get_secret_value()}"
    yield "  first API key", first.key.get_secret_value()
    yield "", "password and key are shown this once and kept nowhere"
