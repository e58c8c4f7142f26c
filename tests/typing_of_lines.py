"""Lines typed in process: Typer's runner, given what an application makes of each line."""

from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner, Result

from terminal.application import Application


def type_line(application: Application, words: Sequence[str], **given: Any) -> Result:
    """Type a line, as the process of a shell would be given it."""
    return CliRunner().invoke(application.typed(words), words, **given)
