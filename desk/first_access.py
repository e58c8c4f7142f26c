"""The first user and the first key of a ledger, shown once to whoever sets it up."""

from dataclasses import dataclass
from typing import Final

from pydantic import SecretStr

from desk.desk import Desk
from desk.principals import (
    KEY,
    TERMINAL,
    USER,
    Admitted,
    NewKey,
    NewUser,
    add_key,
    add_user,
    admitted_after,
    change_password,
    read_admission,
    revoke_key,
)
from domain.access import Acting, Standing
from domain.errors import ConflictError

FIRST_USER: Final = "operator"
FIRST_KEY: Final = "local"


@dataclass(frozen=True, slots=True)
class FirstAccess:
    """What whoever sets a ledger up is shown once: a user who may let others in, and the key of a
    service that may speak for officers and representatives."""

    user: str
    password: SecretStr
    key: SecretStr


async def first_access(desk: Desk, *, unseen: bool = False) -> FirstAccess | None:
    """Let in the first user and the first key of a ledger; None if that was done before. The user
    comes last: what was stopped in between is done again.

    `unseen`: an earlier start may have ended before its secrets were shown. Unless one of them was
    used since, its key is revoked and its user given another password.
    """
    known = await first_user(desk)
    if known is not None and not (unseen and known.used_at is None and not known.entry.is_closed):
        return None
    if unseen:
        earlier = await _first_keys(desk)
        if known is not None and any(each.used_at is not None for each in earlier):
            return None
        for each in earlier:
            if each.used_at is None:
                await revoke_key(desk, each.name, None)
    service = NewKey(name=FIRST_KEY, acting=(Acting.OFFICERS, Acting.REPRESENTATIVES))
    key = await add_key(desk, service, None)
    operator = NewUser(name=FIRST_USER, standings=(Standing.OPERATOR,))
    try:
        if known is None:
            user = await add_user(desk, operator, None)
        else:
            user = await change_password(desk, FIRST_USER, None)
    except ConflictError:
        await revoke_key(desk, key.admitted.name, None)
        return None
    return FirstAccess(FIRST_USER, user.secret, key.secret)


async def first_user(desk: Desk) -> Admitted | None:
    """Return the first user; None if nobody was let in under that name."""
    found = await desk.ledger.admission(f"{USER}{FIRST_USER}")
    return None if found is None else read_admission(*found)


async def _first_keys(desk: Desk) -> list[Admitted]:
    """Return the keys that are as a start makes its own, and open."""
    found: list[Admitted] = []
    after: str | None = ""
    while after is not None:
        page, after = await admitted_after(desk, KEY, None, after=after)
        found += [each for each in page if _is_first_key(each)]
    return found


def _is_first_key(known: Admitted) -> bool:
    principal = known.entry.principal
    is_let_in_so = known.by == TERMINAL and not known.entry.is_closed
    return is_let_in_so and principal.name == FIRST_KEY and len(principal.acting) == len(Acting)
