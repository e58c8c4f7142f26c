"""`closeout fork`: one issue with one act changed, and what would have become of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.auditing import FOUND
from terminal.looking import Named, NamedKey
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from audit.fork import Change

At = Annotated[
    int | None,
    typer.Option(
        "--at", metavar="VERSION", min=1, help="Change the act that caused this event (history)."
    ),
]
With = Annotated[
    Path | None,
    typer.Option(
        "--with",
        metavar="FILE",
        help="JSON: the command to do instead, or its `command`, `actor` and `at`.",
    ),
]
Without = Annotated[bool, typer.Option("--without", help="Leave the act out.")]


async def fork(
    session: Session,
    issue: Named,
    key: NamedKey = None,
    at: At = None,
    with_: With = None,
    without: Without = False,
) -> int:
    """Change one act of an issue and see the rest under the same rules; nothing is written.

    Everything else stays as and when it was recorded; what a rule forbids then is left out and
    named. Without a change every event must come out again to the byte: exit code 6 if not.
    """
    from audit.facts import read_life, terms_reader
    from audit.fork import fork as forked
    from domain.retold import terms_named
    from terminal.reads import note_read
    from terminal.shown.forks import fork_plain, fork_shown
    from terminal.shown.names import Names

    change = _change(at, with_, without=without)
    async with session.desk(reading=True) as desk:
        row = await find_issue(desk, issue, key)
        scope = {"stream": row.issue.stream, "at": at, "without": without or None}
        await note_read(session, desk, "fork", scope)
        life = await read_life(desk.ledger, row.issue.stream)
        terms_of = terms_reader(desk.ledger)
        found = await forked(life, terms_of, desk.clock.now(), change)
        terms = {
            hash_: await terms_of(hash_) for hash_ in terms_named([*found.recorded, *found.records])
        }
    names = Names(terms[found.recorded[-1].terms])
    session.out.answer(fork_plain(found), lambda: fork_shown(found, terms, names))
    return FOUND if change is None and not found.is_the_same else 0


def _change(at: int | None, with_: Path | None, *, without: bool) -> "Change | None":
    """Return what the options ask for. Raises InvalidRequestError for what cannot be meant."""
    from audit.fork import Change, read_instead
    from domain.commands import SUBMISSION_BYTES_MAX
    from domain.errors import InvalidRequestError
    from handbooks.operator_files import FileReadError, read_bytes

    if with_ is None and not without:
        if at is None:
            return None
        raise InvalidRequestError(
            "Nothing is said of what is changed.",
            field="with",
            value=None,
            allowed="--with FILE or --without",
        )
    if at is None or (with_ is not None and without):
        raise InvalidRequestError(
            "A fork changes one act.",
            field="at",
            value=at,
            allowed="--at VERSION with one of --with FILE and --without",
        )
    if with_ is None:
        return Change(at)
    try:
        text = read_bytes(with_, SUBMISSION_BYTES_MAX)
    except FileReadError as error:
        raise InvalidRequestError(f"The file {error}.", field="with", value=with_) from error
    return Change(at, read_instead(text))
