"""Letting in: users and keys are admitted, changed and turned out, each by a fact in the ledger."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final, Self

from pydantic import Field, SecretStr, StringConstraints, ValidationError, model_validator

from desk.desk import Desk
from domain.access import (
    Act,
    Acting,
    Principal,
    Standing,
    require_appointed,
)
from domain.canonical import canonical, sha256
from domain.errors import ConflictError, InvalidRequestError, IssueError, NotPermittedError
from domain.model import Code, Frozen, Moment, is_none, to_millisecond
from ledger.port import UnreadableRowError
from ledger.principals import AdmissionRow, CredentialRow
from runtime import passwords

USER: Final = "user:"
KEY: Final = "key:"
TERMINAL: Final = "terminal"
"""Who holds the database itself, and so is asked for nothing."""

KEY_DAYS: Final = 365
KEY_DAYS_MAX: Final = 1095
ZONES_MAX: Final = 100

UserName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
KeyId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{12}$")]
Zones = Annotated[tuple[Code, ...], Field(min_length=1, max_length=ZONES_MAX)]


class UnknownPrincipalError(IssueError):
    """No user of this name, or no key of this id, was ever let in."""

    code = "unknown_principal"


class NewUser(Frozen):
    """A user as whoever lets them in describes them. `zones` None: every zone."""

    name: UserName
    person: Code | None = None
    enterprise: Code | None = None
    zones: Zones | None = None
    standings: Annotated[tuple[Standing, ...], Field(max_length=2)] = ()

    @model_validator(mode="after")
    def _stands_somewhere(self) -> Self:
        if set(self.standings) - {Standing.AUDITOR, Standing.OPERATOR}:
            raise ValueError("of standings, a user may be given auditor and operator")
        if self.person is None and not self.standings:
            raise ValueError("a user is a person of the handbook, an auditor or an operator")
        if self.enterprise is not None and (self.person is None or self.standings):
            raise ValueError("a representative is a person, and nothing beside")
        return self


class NewKey(Frozen):
    """A key as whoever lets it in describes it. It is entered in the ledger by its name; `acts`
    None: all that its standings may; `zones` None: every zone."""

    name: Code
    standings: Annotated[tuple[Standing, ...], Field(min_length=1, max_length=3)] = (
        Standing.SERVICE,
    )
    zones: Zones | None = None
    acts: Annotated[tuple[Act, ...], Field(min_length=1, max_length=len(Act))] | None = None
    acting: Annotated[tuple[Acting, ...], Field(max_length=len(Acting))] = ()
    days: Annotated[int, Field(ge=1, le=KEY_DAYS_MAX)] = KEY_DAYS

    @model_validator(mode="after")
    def _stands_as_a_machine_may(self) -> Self:
        if set(self.standings) - {Standing.SERVICE, Standing.AUDITOR, Standing.OPERATOR}:
            raise ValueError("of standings, a key may be given service, auditor and operator")
        if self.acting and Standing.SERVICE not in self.standings:
            raise ValueError("only a service speaks for others")
        return self


class Entry(Frozen):
    """How a principal stands from one admission on. `credential` is the SHA-256 of the credential's
    row: one that was put in its place past the ledger is not taken."""

    principal: Principal
    credential: str
    expires_at: Moment | None = Field(default=None, exclude_if=is_none)
    is_closed: bool = False

    def is_open(self, at: datetime) -> bool:
        """Return whether the principal is let in at an instant."""
        return not self.is_closed and (self.expires_at is None or at < self.expires_at)


@dataclass(frozen=True, slots=True)
class Admitted:
    """A principal as its newest admission says. `used_at` is known to the hour."""

    entry: Entry
    revision: int
    kind: str
    at: datetime
    by: str
    used_at: datetime | None = None

    @property
    def name(self) -> str:
        """Return what the principal's id says after its family."""
        return self.entry.principal.id.partition(":")[2]


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown once: who was let in, and the password or the key."""

    admitted: Admitted
    secret: SecretStr


def require_administrator(principal: Principal) -> None:
    """Refuse whoever may not let others in. Users and keys belong to no zone."""
    require_appointed(principal, Act.ADMINISTER)


async def add_user(
    desk: Desk, asked: NewUser, by: Principal | None, password: SecretStr | None = None
) -> Shown:
    """Let in a user, with the password given or one made at random. `by` None: the terminal.
    Raises ConflictError if the name was ever given, NotPermittedError, InvalidRequestError."""
    principal = Principal(
        id=f"{USER}{asked.name}",
        name=asked.name,
        person=asked.person,
        enterprise=asked.enterprise,
        zones=asked.zones,
        standings=asked.standings,
    )
    _require_within(by, principal)
    return await _with_password(desk, principal, by, password, revision=1)


async def change_password(
    desk: Desk, name: str, by: Principal | None, password: SecretStr | None = None
) -> Shown:
    """Give a user another password; their sessions end. Raises UnknownPrincipalError,
    ConflictError for one who was turned out."""
    known = await admitted(desk, f"{USER}{name}", by)
    if known.entry.is_closed:
        raise ConflictError("This user was turned out.", field="name", value=name)
    principal, revision = known.entry.principal, known.revision + 1
    _require_within(by, principal)  # whoever sets a password can sign in by it
    return await _with_password(desk, principal, by, password, revision=revision)


async def disable_user(desk: Desk, name: str, by: Principal | None) -> Admitted:
    """Turn a user out, for good: their sessions end at once. Done again, it changes nothing."""
    known = await admitted(desk, f"{USER}{name}", by)
    if by is not None and by.id == known.entry.principal.id:
        raise NotPermittedError("You cannot turn yourself out.", field="name", value=name)
    return await _closed(desk, known, "disabled", by)


async def add_key(desk: Desk, asked: NewKey, by: Principal | None) -> Shown:
    """Let in a machine; the key is shown once and kept by its hash. Raises NotPermittedError."""
    made = passwords.new_key()
    principal = Principal(
        id=f"{KEY}{made.id}",
        name=asked.name,
        standings=asked.standings,
        zones=asked.zones,
        acts=asked.acts,
        acting=asked.acting,
    )
    _require_within(by, principal)
    now = to_millisecond(desk.clock.now())
    entry = Entry(
        principal=principal,
        credential=_named(principal.id, made.hash),
        expires_at=now + timedelta(days=asked.days),
    )
    put = await _put(desk, entry, "created", by, revision=1, credential=made.hash)
    return Shown(put, SecretStr(made.text))


async def revoke_key(desk: Desk, id_: str, by: Principal | None) -> Admitted:
    """Turn a key out, for good. Done again, it changes nothing. Raises UnknownPrincipalError."""
    return await _closed(desk, await admitted(desk, f"{KEY}{id_}", by), "revoked", by)


async def admitted(desk: Desk, id_: str, by: Principal | None) -> Admitted:
    """Return a principal. One of other zones than those of `by` is unknown to them. Raises
    UnknownPrincipalError."""
    found = await desk.ledger.admission(id_)
    known = None if found is None else read_admission(found[0], found[1])
    if known is None or not _is_within(by, known.entry.principal):
        family, _, name = id_.partition(":")
        raise UnknownPrincipalError(f"There is no such {family}.", field=family, value=name)
    return known


async def admitted_after(
    desk: Desk, family: str, by: Principal | None, *, after: str = "", limit: int = 100
) -> tuple[list[Admitted], str | None]:
    """Return principals of a family (USER, KEY) by id, and after which name the next page begins,
    None after the last. Those of other zones than those of `by` are left out."""
    start, found = f"{family}{after}" if after else "", list[Admitted]()
    while len(found) < limit:
        rows = await desk.ledger.admissions(family, after=start, limit=limit)
        listed = [read_admission(row, used_at=used_at) for row, used_at in rows]
        found += [each for each in listed if _is_within(by, each.entry.principal)]
        if len(rows) < limit:
            return found[:limit], found[limit - 1].name if len(found) > limit else None
        start = listed[-1].entry.principal.id
    return found[:limit], found[limit - 1].name


def read_admission(
    row: AdmissionRow, known_by: CredentialRow | None = None, *, used_at: datetime | None = None
) -> Admitted:
    """Return what a row says. Raises UnreadableRowError."""
    try:
        entry = Entry.model_validate_json(row.body)
    except ValidationError as error:
        raise UnreadableRowError(f"admission {row.id} cannot be read") from error
    used = known_by.used_at if known_by is not None else used_at
    return Admitted(entry, row.revision, row.kind, row.at, row.by, used)


def holds(admission: Admitted, known_by: CredentialRow | None) -> bool:
    """Return whether a credential is the one that the newest admission names."""
    if known_by is None:
        return False
    named = _named(known_by.principal, known_by.hash)
    return passwords.is_same(named, admission.entry.credential)


async def _with_password(
    desk: Desk,
    principal: Principal,
    by: Principal | None,
    password: SecretStr | None,
    *,
    revision: int,
) -> Shown:
    secret = SecretStr(passwords.random_password()) if password is None else password
    weakness = passwords.is_weak(secret.get_secret_value(), principal.name)
    if weakness is not None:
        raise InvalidRequestError(
            "This password is easily guessed.", field="password", allowed=weakness
        )
    hash_ = await asyncio.to_thread(passwords.hashed, secret.get_secret_value())
    entry = Entry(principal=principal, credential=_named(principal.id, hash_))
    kind = "created" if revision == 1 else "password_changed"
    return Shown(await _put(desk, entry, kind, by, revision=revision, credential=hash_), secret)


async def _closed(desk: Desk, known: Admitted, kind: str, by: Principal | None) -> Admitted:
    if known.entry.is_closed:
        return known
    entry = known.entry.model_copy(update={"is_closed": True})
    return await _put(desk, entry, kind, by, revision=known.revision + 1)


async def _put(
    desk: Desk,
    entry: Entry,
    kind: str,
    by: Principal | None,
    *,
    revision: int,
    credential: str | None = None,
) -> Admitted:
    row = AdmissionRow(
        principal=entry.principal.id,
        revision=revision,
        kind=kind,
        body=canonical(entry),
        at=to_millisecond(desk.clock.now()),
        by=TERMINAL if by is None else by.id,
    )
    if not await desk.ledger.put_admission(row, credential=credential):
        said = "This name was given before." if revision == 1 else "Somebody else was first."
        raise ConflictError(said, field="name", value=entry.principal.name)
    return read_admission(row)


def _named(principal: str, hash_: str) -> str:
    return sha256(f"{principal}\n{hash_}")


def _require_within(by: Principal | None, wanted: Principal) -> None:
    """Nobody gives, or takes over by a new password, more than they have: not other zones, acts,
    standings, nor others to speak for. An operator who is limited to no acts lets in whom they
    will: that is what they are for, and every admission is a fact that names them."""
    if not _is_within(by, wanted):
        raise NotPermittedError(
            "You may let in only for zones that you were let into.",
            field="zones",
            allowed=() if by is None else by.zones,
        )
    if by is None or by.acts is None:
        return
    if wanted.acts is None or not set(wanted.acts) <= set(by.acts):
        raise NotPermittedError(
            "You may let in only for acts that you may ask yourself.",
            field="acts",
            allowed=[act.value for act in by.acts],
        )
    if not set(wanted.standings) <= set(by.standings):
        raise NotPermittedError(
            "You may let in only as what you stand yourself.",
            field="standings",
            allowed=[standing.value for standing in by.standings],
        )
    if not set(wanted.acting) <= set(by.acting):
        raise NotPermittedError(
            "You may let nobody speak for others than you may yourself.",
            field="acting",
            allowed=[acting.value for acting in by.acting],
        )


def _is_within(by: Principal | None, other: Principal) -> bool:
    if by is None or by.zones is None:
        return True
    return other.zones is not None and set(other.zones) <= set(by.zones)
