"""The `closeout` command: async commands, the options that all share, errors in plain words."""

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable, Coroutine, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Annotated, Any

import typer

from terminal.session import Session, Wiring

Body = Callable[..., Coroutine[Any, Any, int | None]]
"""A command: given its session and its own arguments, it returns an exit code, None for 0."""

COMMON = "Common"
SHARED: dict[str, tuple[object, object]] = {
    "as_json": (
        Annotated[
            bool,
            typer.Option("--json", help="JSON on stdout, nothing else.", rich_help_panel=COMMON),
        ],
        False,
    ),
    "data_dir": (
        Annotated[
            Path | None,
            typer.Option(
                metavar="FOLDER",
                help="The local stack's folder.",
                show_default=".closeout",
                rich_help_panel=COMMON,
            ),
        ],
        None,
    ),
    "debug": (
        Annotated[
            bool,
            typer.Option(
                "--debug",
                help="Log everything; show tracebacks.",
                rich_help_panel=COMMON,
            ),
        ],
        False,
    ),
}
"""The options of every command: annotation and default."""

HELP = (
    "企业问题销号 Closeout: every issue of an enterprise is owned, escalated, solved and signed "
    "off in time.\n\nStart with `closeout up` in one terminal; in another, `closeout zones` shows "
    "what can be typed, and `closeout report` reports an issue."
)


HELP_NAMES = {"help_option_names": ["-h", "--help"]}


class Application:
    """Commands that are coroutines and are given a Session first, and what is typed of them.

    Typer looks at every parameter of whatever it is given, a third of a second for all there is: it
    is given what a line names, and the whole when a line names nothing that is known.
    """

    def __init__(self, wiring: Wiring) -> None:
        self._wiring = wiring
        self._alone: dict[str, tuple[Body, str]] = {}
        self._families: dict[str, tuple[str, str, dict[str, Body]]] = {}

    def offer(self, body: Body, panel: str, *, under: str | None = None) -> None:
        """Make `body` a command of its own name, under a heading of the help or in a family.

        A body of a family is named after it: `calendar_add` is `closeout calendar add`.
        """
        name = body.__name__.rstrip("_")
        if under is None:
            self._alone[name] = (body, panel)
        else:
            name = name.removeprefix(f"{under}_").replace("_", "-")
            self._families[under][2][name] = body

    def family(self, name: str, summary: str, panel: str) -> None:
        """Open a family of commands: `closeout NAME …`."""
        self._families[name] = (summary, panel, {})

    def typed(self, words: Sequence[str]) -> typer.Typer:
        """Return what Typer needs to know to do what a line of words says, or to say what is wrong
        with it."""
        first, second = [*_plain(words, 2), "", ""][:2]
        known = first in self._alone or first in self._families
        root = typer.Typer(
            help=HELP,
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            context_settings=HELP_NAMES,
        )
        root.callback()(_root)
        for name, (body, panel) in self._alone.items():
            if not known or name == first:
                root.command(name, rich_help_panel=panel)(_runner(body, self._wiring))
        for name, (summary, panel, members) in self._families.items():
            if not known or name == first:
                named = {second: members[second]} if known and second in members else members
                family = typer.Typer(
                    help=summary, no_args_is_help=True, context_settings=HELP_NAMES
                )
                for member, body in named.items():
                    family.command(member)(_runner(body, self._wiring))
                root.add_typer(family, name=name, rich_help_panel=panel)
        return root

    def run(self) -> None:
        """Read the command line and do what it says; ends the process."""
        sys.excepthook = _told_briefly
        typer.main.get_command(self.typed(sys.argv[1:]))()


def _plain(words: Sequence[str], count: int) -> list[str]:
    """Return the words that a line begins with, as far as nothing but words stand there."""
    return list(takewhile(lambda word: not word.startswith("-"), words[:count]))


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"closeout {version('closeout')}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Take the options that stand before any command."""


def _runner(body: Body, wiring: Wiring) -> Callable[..., None]:
    """Return what Typer calls: `body` with the shared options in place of its session."""

    def run(**given: Any) -> None:
        typed = dict(given)
        shared = {name: given.pop(name) for name in SHARED}
        session = Session(wiring, **shared)
        code = _carried_out(session, body, given, typed)
        if code:
            raise typer.Exit(code)

    own = list(inspect.signature(body, eval_str=True).parameters.values())[1:]
    extra = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=kind, default=default)
        for name, (kind, default) in SHARED.items()
    ]
    run.__doc__ = body.__doc__
    run.__name__ = body.__name__
    run.__signature__ = inspect.Signature(  # type: ignore[attr-defined]  # what inspect reads
        [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + extra
    )
    run.__annotations__ = {each.name: each.annotation for each in [*own, *extra]}
    return run


def _carried_out(session: Session, body: Body, given: dict[str, Any], typed: dict[str, Any]) -> int:
    session.prepare_log()
    codes = session.wiring.exit_codes
    try:
        _require_text(typed)
        return asyncio.run(body(session, **given)) or 0
    except tuple(codes()) as error:  # asked for only once something went wrong: it imports much
        if session.debug:
            traceback.print_exception(error)
        from terminal.problems import show_problem

        code = next(codes()[kind] for kind in type(error).__mro__ if kind in codes())
        show_problem(session.out, error, code)
        return code


def _require_text(given: dict[str, Any]) -> None:
    """Refuse bytes that are no UTF-8: as Python has them, no text that is stored or printed."""
    for name, value in given.items():
        for text in value if isinstance(value, list | tuple) else (value,):
            if not isinstance(text, str | Path) or _is_utf8(str(text)):
                continue
            from domain.errors import InvalidRequestError

            raise InvalidRequestError(
                "This is no text.",
                field=name.rstrip("_"),
                value=str(text).encode(errors="replace").decode(),
                allowed="UTF-8",
            )


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _told_briefly(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """Say in one line what nobody foresaw; the traceback is for those who ask for it."""
    if "--debug" in sys.argv:
        sys.__excepthook__(kind, error, error.__traceback__)
        return
    from terminal.problems import printable

    sys.stderr.write(
        f"Unexpected {kind.__name__}: {printable(str(error))}\n"
        "This is a fault of the program. Run it again with --debug and report what it prints.\n"
    )
