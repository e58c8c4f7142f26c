"""The `closeout` command: async commands, the options that all share, errors in plain words."""

import asyncio
import inspect
import sys
import traceback
from collections.abc import Callable, Coroutine
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


class Application(typer.Typer):
    """A Typer whose commands are coroutines that are given a Session first."""

    def __init__(self, wiring: Wiring) -> None:
        super().__init__(
            help=HELP,
            no_args_is_help=True,
            add_completion=False,
            pretty_exceptions_enable=False,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self._wiring = wiring
        self._families: dict[str, typer.Typer] = {}
        self.callback()(_root)

    def offer(self, body: Body, panel: str, *, under: str | None = None) -> None:
        """Make `body` a command of its own name, under a heading of the help or in a family.

        A body of a family is named after it: `calendar_add` is `closeout calendar add`.
        """
        name = body.__name__.rstrip("_")
        if under is None:
            self.command(name, rich_help_panel=panel)(_runner(body, self._wiring))
        else:
            name = name.removeprefix(f"{under}_").replace("_", "-")
            self._families[under].command(name)(_runner(body, self._wiring))

    def family(self, name: str, summary: str, panel: str) -> None:
        """Open a family of commands: `closeout NAME …`."""
        self._families[name] = typer.Typer(
            help=summary,
            no_args_is_help=True,
            context_settings={"help_option_names": ["-h", "--help"]},
        )
        self.add_typer(self._families[name], name=name, rich_help_panel=panel)

    def run(self) -> None:
        """Read the command line and do what it says; ends the process."""
        sys.excepthook = _told_briefly
        typer.main.get_command(self)()


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
