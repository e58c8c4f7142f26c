"""Keys and users: let in, listed, turned out, by operators."""

from datetime import datetime
from typing import Annotated, Self

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field, SecretStr

from api.describing import PROBLEMS
from desk.principals import (
    KEY,
    USER,
    Admitted,
    KeyId,
    NewKey,
    NewUser,
    UserName,
    add_key,
    add_user,
    admitted_after,
    change_password,
    disable_user,
    require_administrator,
    revoke_key,
)
from domain.access import Act, Acting, Standing
from face.dependencies import Caller, TheHouse
from runtime.passwords import PASSWORD_CHARACTERS_MAX

router = APIRouter(tags=["principals"])

PAGE_MAX = 200

KeyName = Annotated[KeyId, Path(description="The key's id: what follows `ck_`, to the next `_`.")]
UserNamed = Annotated[UserName, Path(description="The user's name.", examples=["operator"])]
After = Annotated[
    str,
    Query(max_length=64, pattern=r"^[a-z0-9._-]*$", description="The `next` of the page before."),
]
Limit = Annotated[int, Query(ge=1, le=PAGE_MAX, description="How many at most.")]
Given = Annotated[SecretStr, Field(min_length=1, max_length=PASSWORD_CHARACTERS_MAX)]


class Let(BaseModel):
    """A user or a key, as it stands. Nothing here lets anybody in."""

    id: str = Field(examples=["key:0f3a5b7c9d1e", "user:operator"])
    name: str = Field(description="A key's name is that under which the ledger knows the service.")
    standings: list[Standing]
    person: str | None
    enterprise: str | None
    zones: list[str] | None = Field(description="null: every zone")
    acts: list[Act] | None = Field(description="null: all that the standings may")
    acting: list[Acting]
    is_closed: bool = Field(description="Disabled or revoked, for good.")
    expires_at: datetime | None
    changed_at: datetime = Field(description="When it came to stand as it does.")
    changed_by: str = Field(description="The principal who did that, or `terminal`.")
    used_at: datetime | None = Field(description="When it was last used, to the hour.")

    @classmethod
    def of(cls, admitted: Admitted) -> Self:
        """Return what is shown of a principal."""
        said = admitted.entry.principal
        return cls(
            id=said.id,
            name=said.name,
            standings=list(said.standings),
            person=said.person,
            enterprise=said.enterprise,
            zones=None if said.zones is None else list(said.zones),
            acts=None if said.acts is None else list(said.acts),
            acting=list(said.acting),
            is_closed=admitted.entry.is_closed,
            expires_at=admitted.entry.expires_at,
            changed_at=admitted.at,
            changed_by=admitted.by,
            used_at=admitted.used_at,
        )


class LetKey(Let):
    """A key that was just made. This is the only time that it is shown."""

    key: str = Field(description="Send it as `Authorization: Bearer …`.", examples=["ck_…"])


class LetUser(Let):
    """A user with a password that was just made at random. This is the only time it is shown."""

    password: str | None = Field(description="null: the one that was given.")


class Page(BaseModel):
    """Users or keys, by name or id."""

    items: list[Let]
    next: str | None = Field(description="The `after` of the next page; null: there is none.")


class AskedUser(NewUser):
    """A user to be let in. Without a password one is made at random and shown once."""

    password: Given | None = None


class AskedPassword(BaseModel):
    """Another password. Without one it is made at random and shown once."""

    password: Given | None = None


@router.get("/keys", summary="Keys of services")
async def list_keys(house: TheHouse, caller: Caller, after: After = "", limit: Limit = 100) -> Page:
    """Return keys by their ids, also those that are revoked or have expired."""
    return await _page(house, caller, KEY, after, limit)


@router.post("/keys", status_code=201, summary="Make a key", responses=PROBLEMS(403, 409, 422))
async def make_key(house: TheHouse, caller: Caller, body: NewKey, response: Response) -> LetKey:
    """Let in a service by a key that is shown once: only its hash is kept. Whoever makes it can
    give no more than they have: not other zones, not other acts."""
    require_administrator(caller)
    made = await add_key(house.desk, body, caller)
    response.headers["Cache-Control"] = "no-store"
    let = Let.of(made.admitted)
    return LetKey(**let.model_dump(), key=made.secret.get_secret_value())


@router.delete("/keys/{id}", summary="Revoke a key", responses=PROBLEMS(403, 404, 409))
async def end_key(house: TheHouse, caller: Caller, id: KeyName) -> Let:
    """Revoke a key, for good: the next request with it is refused. Done again, nothing changes."""
    require_administrator(caller)
    return Let.of(await revoke_key(house.desk, id, caller))


@router.get("/users", summary="Users of this house")
async def list_users(
    house: TheHouse, caller: Caller, after: After = "", limit: Limit = 100
) -> Page:
    """Return users by name, also those that are disabled."""
    return await _page(house, caller, USER, after, limit)


@router.post("/users", status_code=201, summary="Let a user in", responses=PROBLEMS(403, 409, 422))
async def make_user(
    house: TheHouse, caller: Caller, body: AskedUser, response: Response
) -> LetUser:
    """Let in a person of the handbook, a representative, an auditor or an operator. A name is given
    once: who had it is in the ledger."""
    require_administrator(caller)
    asked = NewUser.model_validate(body.model_dump(exclude={"password"}))
    made = await add_user(house.desk, asked, caller, body.password)
    response.headers["Cache-Control"] = "no-store"
    shown = made.secret.get_secret_value() if body.password is None else None
    return LetUser(**Let.of(made.admitted).model_dump(), password=shown)


@router.put(
    "/users/{name}/password",
    summary="Give a user another password",
    responses=PROBLEMS(403, 404, 409, 422),
)
async def renew_password(
    house: TheHouse, caller: Caller, name: UserNamed, body: AskedPassword, response: Response
) -> LetUser:
    """Give a user another password: their sessions end."""
    require_administrator(caller)
    made = await change_password(house.desk, name, caller, body.password)
    response.headers["Cache-Control"] = "no-store"
    shown = made.secret.get_secret_value() if body.password is None else None
    return LetUser(**Let.of(made.admitted).model_dump(), password=shown)


@router.post("/users/{name}/disable", summary="Turn a user out", responses=PROBLEMS(403, 404, 409))
async def turn_out(house: TheHouse, caller: Caller, name: UserNamed) -> Let:
    """Turn a user out, for good: their sessions end. Done again, nothing changes."""
    require_administrator(caller)
    return Let.of(await disable_user(house.desk, name, caller))


async def _page(house: TheHouse, caller: Caller, family: str, after: str, limit: int) -> Page:
    require_administrator(caller)
    found, following = await admitted_after(house.desk, family, caller, after=after, limit=limit)
    return Page(items=[Let.of(each) for each in found], next=following)
