"""A face whose callers are known by what they show: keys, sessions, tokens of a provider."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any

import httpx2
from desks import Counter
from faces import Face
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey
from pydantic import SecretStr

from desk.principals import NewKey, NewUser, add_key, add_user
from face.house import House
from face.identity import FaceIdentity, open_identity
from runtime.settings import Settings

ISSUER = "https://login.example"
AUDIENCE = "closeout"
KEYS_URL = f"{ISSUER}/keys"
PASSWORD = "correct horse battery staple"
HOST = "https://closeout.test"

Key = RSAKey | ECKey


@cache
def rsa(name: str) -> RSAKey:
    """Return a key by its name, the same whenever it is asked for."""
    return RSAKey.generate_key(2048, {"kid": name})


@cache
def ec(name: str, curve: str = "P-256") -> ECKey:
    """Return a key by its name, the same whenever it is asked for."""
    return ECKey.generate_key(curve, {"kid": name})


@dataclass
class Provider:
    """A provider of tokens, and the network to it. `asked`: which addresses were asked for."""

    now: datetime
    keys: list[Key] = field(default_factory=lambda: [ec("ec-1"), rsa("rsa-1")])
    asked: list[str] = field(default_factory=list)
    answers: dict[str, httpx2.Response] = field(default_factory=dict)

    def claims(self, **said: object) -> dict[str, Any]:
        """Return what a good token says, some of it changed; None leaves a claim out."""
        at = int(self.now.timestamp())
        claims = {
            "iss": ISSUER,
            "aud": AUDIENCE,
            "sub": "s-1",
            "exp": at + 300,
            "iat": at,
            "closeout_person": "person.a",
            "closeout_zones": ["*"],
        }
        return {name: value for name, value in (claims | said).items() if value is not None}

    def token(
        self, key: Key | None = None, header: Mapping[str, object] | None = None, **said: object
    ) -> str:
        """Return a token; without changes a good one."""
        key = key or self.keys[0]
        algorithm = "RS256" if isinstance(key, RSAKey) else "ES256"
        whole = {"alg": algorithm, "kid": key.kid, **(header or {})}
        named = {name: value for name, value in whole.items() if value is not None}
        return jwt.encode(named, self.claims(**said), key, algorithms=[algorithm])

    def transport(self) -> httpx2.MockTransport:
        """Return the network."""
        return httpx2.MockTransport(self._answer)

    def _answer(self, request: httpx2.Request) -> httpx2.Response:
        url = str(request.url)
        self.asked.append(url)
        if url in self.answers:
            return self.answers[url]
        if url.endswith("/.well-known/openid-configuration"):
            return httpx2.Response(200, json={"issuer": ISSUER, "jwks_uri": KEYS_URL})
        told = {"keys": [key.as_dict(private=False) | {"use": "sig"} for key in self.keys]}
        return httpx2.Response(200, content=json.dumps(told).encode())


class Door(Face):
    """A face that knows its callers again."""

    identity: FaceIdentity

    @asynccontextmanager
    async def asked(self, bearer: str | None = None, **headers: str) -> AsyncIterator[Any]:
        """Yield a client that shows a key or a token, and keeps the cookies that it is given."""
        transport = httpx2.ASGITransport(app=self.app, raise_app_exceptions=False)
        shown = {} if bearer is None else {"Authorization": f"Bearer {bearer}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url=HOST, headers=shown | headers
        ) as client:
            yield client

    @asynccontextmanager
    async def signed_in(self, name: str) -> AsyncIterator[Any]:
        """Yield a client in a session of a user, without the token against forged requests."""
        async with self.asked() as client:
            answer = await client.post("/v1/sessions", json={"name": name, "password": PASSWORD})
            assert answer.status_code == 201, answer.text
            client.csrf = answer.json()["csrf_token"]
            yield client

    async def user(self, name: str, **said: Any) -> None:
        """Let a user in, by PASSWORD."""
        asked = NewUser.model_validate({"name": name, **said})
        await add_user(self.counter.desk, asked, None, SecretStr(PASSWORD))

    async def key(self, name: str = "bus", **said: Any) -> str:
        """Let a key in."""
        made = await add_key(self.counter.desk, NewKey.model_validate({"name": name, **said}), None)
        return made.secret.get_secret_value()


async def door_of(counter: Counter, provider: Provider | None = None, **settings: Any) -> Door:
    """Return a face over a counter; of a provider if there is one; without limits unless given."""
    free = {"rate_per_minute": 0, "rate_public_per_minute": 0}
    named = {} if provider is None else {"oidc_issuer": ISSUER, "oidc_audience": AUDIENCE}
    chosen = Settings(**{**free, **named, **settings})
    transport = None if provider is None else provider.transport()
    identity = await open_identity(chosen, counter.desk, transport=transport)
    door = Door(counter, House(counter.desk, chosen, identity))
    door.identity = identity
    return door
