"""`closeout user` and `closeout key`: who may come to the HTTP face. Secrets are printed once."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import Session, stdin_is_terminal

if TYPE_CHECKING:
    from pydantic import SecretStr

    from domain.access import Principal

LIST_MAX = 1000

Named = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
ZonesOption = Annotated[
    list[str] | None,
    typer.Option("--zone", metavar="ZONE", help="Only of this zone; may be repeated."),
]
FromStdin = Annotated[
    bool,
    typer.Option(
        "--password-stdin",
        help="Read the password from standard input; otherwise one is made and printed once.",
    ),
]
After = Annotated[str, typer.Option(metavar="NAME", help="Those after this one.")]
Limit = Annotated[int, typer.Option(min=1, max=LIST_MAX, help="How many at most.")]


async def user_add(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="NAME", help="a-z, 0-9, . _ -; given once.")],
    person: Annotated[
        str | None, typer.Option(metavar="CODE", help="Who it is in the handbook.")
    ] = None,
    enterprise: Annotated[
        str | None, typer.Option(metavar="CODE", help="Whom a representative speaks for.")
    ] = None,
    standing: Annotated[
        list[str] | None,
        typer.Option(metavar="STANDING", help="auditor or operator; may be repeated."),
    ] = None,
    zone: ZonesOption = None,
    password_stdin: FromStdin = False,
) -> None:
    """Let a user in: a person of the handbook, a representative, an auditor or an operator."""
    from desk.principals import NewUser, add_user
    from terminal.shown.principals import shown_once, shown_once_plain

    said = {"name": name, "person": person, "enterprise": enterprise}
    with _told_plainly():
        asked = NewUser.model_validate(said | {"standings": standing or (), "zones": zone or None})
    password = _typed_password() if password_stdin else None
    async with session.desk() as desk:
        made = await add_user(desk, asked, _whoever_types(), password)
    label = None if password_stdin else "password"
    session.out.answer(shown_once_plain(made, label), lambda: shown_once(made, label))


async def user_list(session: Session, after: After = "", limit: Limit = 100) -> None:
    """List users, also those who were turned out."""
    await _list(session, "user", after, limit)


async def user_password(session: Session, name: Named, password_stdin: FromStdin = False) -> None:
    """Give a user another password; their sessions end."""
    from desk.principals import change_password
    from terminal.shown.principals import shown_once, shown_once_plain

    password = _typed_password() if password_stdin else None
    async with session.desk() as desk:
        made = await change_password(desk, name, _whoever_types(), password)
    label = None if password_stdin else "password"
    session.out.answer(shown_once_plain(made, label), lambda: shown_once(made, label))


async def user_disable(session: Session, name: Named) -> None:
    """Turn a user out, for good; their sessions end."""
    from desk.principals import disable_user
    from terminal.shown.principals import principal_plain, turned_out

    async with session.desk() as desk:
        done = await disable_user(desk, name, _whoever_types())
    session.out.answer(principal_plain(done), lambda: turned_out(done))


async def key_create(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="As what the ledger knows the service.")
    ],
    standing: Annotated[
        list[str] | None,
        typer.Option(
            metavar="STANDING",
            help="service (unless another is named), auditor or operator; may be repeated.",
        ),
    ] = None,
    zone: ZonesOption = None,
    act: Annotated[
        list[str] | None,
        typer.Option(metavar="ACT", help="Only this, such as report; may be repeated."),
    ] = None,
    acting: Annotated[
        list[str] | None,
        typer.Option(
            metavar="FOR",
            help="officers or representatives: whom the service may speak for; may be repeated.",
        ),
    ] = None,
    days: Annotated[int, typer.Option(help="How long the key is good, 1 to 1,095.")] = 365,
) -> None:
    """Make a key for a service, and print it once: only its hash is kept."""
    from desk.principals import NewKey, add_key
    from terminal.shown.principals import shown_once, shown_once_plain

    said = {
        "name": name,
        "standings": standing or ("service",),
        "zones": zone or None,
        "acts": act or None,
        "acting": acting or (),
        "days": days,
    }
    with _told_plainly():
        asked = NewKey.model_validate(said)
    async with session.desk() as desk:
        made = await add_key(desk, asked, _whoever_types())
    session.out.answer(shown_once_plain(made, "key"), lambda: shown_once(made, "key"))


async def key_list(session: Session, after: After = "", limit: Limit = 100) -> None:
    """List keys, also those that are revoked or have expired."""
    await _list(session, "key", after, limit)


async def key_revoke(
    session: Session,
    key: Annotated[
        str, typer.Argument(metavar="ID", help="What follows `ck_` in the key, to the next `_`.")
    ],
) -> None:
    """Revoke a key, for good: the next request with it is refused."""
    from desk.principals import revoke_key
    from terminal.shown.principals import principal_plain, turned_out

    async with session.desk() as desk:
        done = await revoke_key(desk, key, _whoever_types())
    session.out.answer(principal_plain(done), lambda: turned_out(done))


async def _list(session: Session, family: str, after: str, limit: int) -> None:
    from desk.principals import admitted_after
    from terminal.shown.principals import principal_plain, principals_shown

    async with session.desk() as desk:
        found, following = await admitted_after(
            desk, f"{family}:", _whoever_types(), after=after, limit=limit
        )
        now = desk.clock.now()
    plain = {"items": [principal_plain(each) for each in found], "next": following}
    session.out.answer(plain, lambda: principals_shown(found, following, now))


def _whoever_types() -> "Principal":
    """Return the account at the terminal: it holds the database, and so is asked for nothing."""
    from domain.access import Principal, Standing
    from terminal.reads import account

    name = account()
    return Principal(id=f"account:{name}", name=name, standings=(Standing.OPERATOR,))


def _typed_password() -> "SecretStr":
    """Return the first line of standard input, which a person types without seeing it."""
    import getpass

    from pydantic import SecretStr

    if stdin_is_terminal():
        return SecretStr(getpass.getpass("Password: "))
    return SecretStr(sys.stdin.readline().removesuffix("\n").removesuffix("\r"))


@contextmanager
def _told_plainly() -> Iterator[None]:
    """Refuse what is typed wrongly in the words of a refusal. Raises InvalidRequestError."""
    from pydantic import ValidationError

    from domain.errors import from_validation

    try:
        yield
    except ValidationError as error:
        raise from_validation(error) from error
