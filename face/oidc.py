"""Tokens of an OpenID provider: JWTs signed with RS256 or ES256, and what they say of a caller."""

import asyncio
import base64
import binascii
import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import httpx2
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, RSAKey
from pydantic import TypeAdapter, ValidationError

from domain.access import Principal, Standing
from domain.model import CODE_PATTERN, Code, Short
from face.problems import UnauthenticatedError
from runtime.errors import StackError
from runtime.marks import LONG_DIGITS, OF_THIS_PROCESS, Marks
from runtime.passwords import is_same
from runtime.settings import Settings, provider_address

log = structlog.get_logger()

ALGORITHMS: Final = {"RS256": RSAKey, "ES256": ECKey}
"""Which signatures are taken, and the keys that they are checked with. Nothing else is."""
TYPES: Final = frozenset({None, "jwt", "at+jwt", "application/jwt", "application/at+jwt"})
"""A token of another kind, such as one to sign out, says nothing of a caller."""
HEADER_FIELDS: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""Whatever else a header holds is either a key of the sender's own or meant to be understood."""

TOKEN_CHARACTERS_MAX: Final = 8192
HEADER_CHARACTERS_MAX: Final = 512
SEGMENTS: Final = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
LEEWAY_S: Final = 60
SUBJECT_CHARACTERS_MAX: Final = 190
EVERY_ZONE: Final = "*"
ZONES_MAX: Final = 1000

KEYS_KEPT_S: Final = 600
KEYS_STALE_S: Final = 24 * 3600
ASKED_AGAIN_S: Final = 30
ANSWER_BYTES_MAX: Final = 256 * 1024
ANSWER_S_MAX: Final = 5
KEYS_MAX: Final = 100
RSA_BITS_MIN: Final = 2048
CURVE: Final = "P-256"
PUBLIC_FIELDS: Final = ("kty", "n", "e", "crv", "x", "y")
OK: Final = 200

_NO_GOOD: Final = "This token is no good here."
_IS_CODE: Final = re.compile(CODE_PATTERN)
_SUBJECT: Final = TypeAdapter(Short)
_ZONES: Final = TypeAdapter(tuple[Code, ...])

Key = RSAKey | ECKey


class ProviderUnavailableError(StackError):
    """The provider's keys cannot be had just now, and none are known."""


class _NoKeysError(Exception):
    """What the provider answered holds no keys."""


@dataclass(frozen=True, slots=True)
class _Kept:
    kid: str | None
    key: Key


class ProviderKeys:
    """The keys of a provider: fetched, kept, and fetched again when a token names one that is not
    known, but never oftener than every ASKED_AGAIN_S. `now` gives monotonic seconds."""

    def __init__(
        self,
        settings: Settings,
        *,
        transport: httpx2.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._issuer = settings.oidc_issuer
        self._keys_url = settings.oidc_jwks_url
        self._client = httpx2.AsyncClient(
            trust_env=False, follow_redirects=False, timeout=ANSWER_S_MAX, transport=transport
        )
        self._now = now
        self._lock = asyncio.Lock()
        self._kept: tuple[_Kept, ...] = ()
        self._fetched_at: float | None = None
        self._asked_at: float | None = None

    async def key(self, kid: str | None, algorithm: str) -> Key | None:
        """Return the key that a token names, or the only one there is. Raises
        ProviderUnavailableError."""
        if self._age() > KEYS_KEPT_S:
            await self._refresh()
        found = self._named(kid, algorithm)
        if found is None and kid is not None:
            await self._refresh()
            found = self._named(kid, algorithm)
        if self._age() > KEYS_STALE_S:
            raise ProviderUnavailableError("The keys of the token provider cannot be had.")
        return found

    async def discovered(self) -> dict[str, Any]:
        """Return the provider's own description. Raises ProviderUnavailableError."""
        where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                told = await self._answer(where)
        except (httpx2.HTTPError, TimeoutError, ValueError, _NoKeysError) as error:
            log.warning("provider_unknown", error=repr(error)[:300])
            raise ProviderUnavailableError("The provider cannot be reached just now.") from error
        if told.get("issuer") != self._issuer:
            raise ProviderUnavailableError("The provider's description is of another issuer.")
        return told

    async def exchanged(self, address: str, form: Mapping[str, str]) -> dict[str, Any]:
        """Return what the provider gives for a code. Raises UnauthenticatedError,
        ProviderUnavailableError."""
        try:
            async with asyncio.timeout(ANSWER_S_MAX):
                return await self._answer(address, form)
        except _NoKeysError as error:
            log.info("code_refused", why=str(error))
            raise UnauthenticatedError(_NO_GOOD) from error
        except (httpx2.HTTPError, TimeoutError, ValueError) as error:
            log.warning("provider_unknown", error=repr(error)[:300])
            raise ProviderUnavailableError("The provider cannot be reached just now.") from error

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    def _age(self) -> float:
        return float("inf") if self._fetched_at is None else self._now() - self._fetched_at

    def _named(self, kid: str | None, algorithm: str) -> Key | None:
        fitting = [each for each in self._kept if isinstance(each.key, ALGORITHMS[algorithm])]
        if kid is not None:
            fitting = [each for each in fitting if each.kid == kid]
        return fitting[0].key if len(fitting) == 1 else None

    async def _refresh(self) -> None:
        async with self._lock:
            if self._asked_at is not None and self._now() - self._asked_at < ASKED_AGAIN_S:
                return
            self._asked_at = self._now()
            try:
                async with asyncio.timeout(ANSWER_S_MAX):
                    found = _keys_in(await self._answer(await self._place()))
            except (httpx2.HTTPError, TimeoutError, ValueError, _NoKeysError) as error:
                log.warning("provider_keys_missing", error=repr(error)[:300])
                return
            self._kept, self._fetched_at = found, self._now()

    async def _place(self) -> str:
        """Return where the keys are: the discovery document must be the issuer's own."""
        if self._keys_url:
            return self._keys_url
        where = f"{self._issuer.rstrip('/')}/.well-known/openid-configuration"
        told = await self._answer(where)
        if told.get("issuer") != self._issuer or not isinstance(told.get("jwks_uri"), str):
            raise _NoKeysError("the discovery document is of another issuer, or names no keys")
        return provider_address(told["jwks_uri"])

    async def _answer(self, url: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        asked = self._client.stream("GET", url)
        if form is not None:
            asked = self._client.stream("POST", url, data=dict(form))
        async with asked as answer:
            if answer.status_code != OK:
                raise _NoKeysError(f"answered {answer.status_code}")
            body = b""
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise _NoKeysError("the answer is too long")
        told = json.loads(body)
        if not isinstance(told, dict):
            raise _NoKeysError("the answer is no object")
        return told


class Tokens:
    """Reads the tokens of one provider."""

    def __init__(
        self,
        settings: Settings,
        keys: ProviderKeys,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        marks: Marks = OF_THIS_PROCESS,
    ) -> None:
        self._settings = settings
        self._keys = keys
        self._marks = marks
        self._now = now

    async def principal(self, token: str) -> Principal:
        """Return who a token says its bearer is. Raises UnauthenticatedError,
        ProviderUnavailableError."""
        claims = await self._claims(token, self._settings.oidc_audience)
        return principal_in(claims, self._settings, self._marks)

    async def person(self, token: str, nonce: str) -> Principal:
        """Return whom an ID token was given for, that was asked for with `nonce`. A machine signs
        in nowhere. Raises UnauthenticatedError, ProviderUnavailableError."""
        client = self._settings.oidc_client_id
        claims = dict(await self._claims(token, client))
        authorized = claims.pop("azp", client)
        claims.pop("client_id", None)
        if not is_same(str(claims.get("nonce", "")), nonce) or authorized != client:
            raise UnauthenticatedError(_NO_GOOD)
        found = principal_in(claims, self._settings, self._marks)
        if Standing.SERVICE in found.standings:
            raise UnauthenticatedError(_NO_GOOD)
        return found

    async def close(self) -> None:
        """Close the connections."""
        await self._keys.close()

    async def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        header = read_header(token)
        key = await self._keys.key(header.kid, header.algorithm)
        if key is None:
            raise UnauthenticatedError(_NO_GOOD)
        try:
            claims = jwt.decode(token, key, algorithms=[header.algorithm]).claims
            self._rules(audience).validate(claims)
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            log.info("token_refused", why=type(error).__name__)
            raise UnauthenticatedError(_NO_GOOD) from None
        return claims

    def _rules(self, audience: str) -> jwt.JWTClaimsRegistry:
        return jwt.JWTClaimsRegistry(
            now=int(self._now().timestamp()),
            leeway=LEEWAY_S,
            iss={"essential": True, "value": self._settings.oidc_issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
        )


@dataclass(frozen=True, slots=True)
class TokenHeader:
    """What of a token's header is heeded."""

    algorithm: str
    kid: str | None


def read_header(token: str) -> TokenHeader:
    """Return the header of a token that is of the one form in which it can be written. Raises
    UnauthenticatedError."""
    parts = SEGMENTS.fullmatch(token) if len(token) <= TOKEN_CHARACTERS_MAX else None
    if parts is None or len(parts[1]) > HEADER_CHARACTERS_MAX:
        raise UnauthenticatedError(_NO_GOOD)
    try:
        header = json.loads(_plain(parts[1]), object_pairs_hook=_once)
        for each in (parts[2], parts[3]):
            _plain(each)
    except (ValueError, RecursionError):
        raise UnauthenticatedError(_NO_GOOD) from None
    if not isinstance(header, dict) or not header.keys() <= HEADER_FIELDS:
        raise UnauthenticatedError(_NO_GOOD)
    algorithm, kid, kind = (header.get(name) for name in ("alg", "kid", "typ"))
    is_taken = isinstance(algorithm, str) and algorithm in ALGORITHMS
    is_named = kid is None or isinstance(kid, str)
    is_meant = kind is None or (isinstance(kind, str) and kind.lower() in TYPES)
    if not (is_taken and is_named and is_meant):
        raise UnauthenticatedError(_NO_GOOD)
    return TokenHeader(str(algorithm), kid)


def principal_in(
    claims: Mapping[str, Any], settings: Settings, marks: Marks = OF_THIS_PROCESS
) -> Principal:
    """Return who the claims say somebody is. What the provider calls them may be a mailbox, and ids
    go into the ledger for good: the id has its mark. Raises UnauthenticatedError for claims that
    are not of the form that they should have: half of what a provider says is not taken."""
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 1 <= len(subject) <= SUBJECT_CHARACTERS_MAX:
        raise UnauthenticatedError(_NO_GOOD)
    standings = tuple(
        standing
        for standing in (Standing.SERVICE, Standing.AUDITOR, Standing.OPERATOR)
        if standing.value in _words(_claim(claims, settings.oidc_standings_claim))
    )
    person = _text(_claim(claims, settings.oidc_person_claim))
    enterprise = _text(_claim(claims, settings.oidc_enterprise_claim))
    if enterprise is not None and person is None:
        raise UnauthenticatedError(_NO_GOOD)
    zones = _words(_claim(claims, settings.oidc_zones_claim))
    machine = _text(claims.get("client_id")) or _text(claims.get("azp"))
    id_ = f"oidc:{marks.mark(settings.oidc_issuer, subject, digits=LONG_DIGITS)}"
    is_name = Standing.SERVICE in standings and _IS_CODE.fullmatch(subject) is not None
    try:
        _SUBJECT.validate_python(subject)
        return Principal(
            id=id_,
            name=person or machine or (subject if is_name else id_),
            standings=standings,
            zones=None if EVERY_ZONE in zones else _ZONES.validate_python(tuple(zones)),
            person=person,
            enterprise=enterprise,
        )
    except ValidationError as error:
        log.info("token_refused", why="claims", fields=[each["loc"] for each in error.errors()])
        raise UnauthenticatedError(_NO_GOOD) from None


def _claim(claims: Mapping[str, Any], path: str) -> Any:
    """Return a claim by its name, or by the dotted path to it."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _text(claim: Any) -> str | None:
    if claim is None or claim == "":
        return None
    if not isinstance(claim, str):
        raise UnauthenticatedError(_NO_GOOD)
    return claim


def _words(claim: Any) -> Sequence[str]:
    """Return the words of a list, or of a text that has spaces between them."""
    if claim is None:
        return ()
    words = claim.split() if isinstance(claim, str) else claim
    if not isinstance(words, list) or len(words) > ZONES_MAX:
        raise UnauthenticatedError(_NO_GOOD)
    if not all(isinstance(word, str) for word in words):
        raise UnauthenticatedError(_NO_GOOD)
    return words


def _plain(segment: str) -> bytes:
    """Return the bytes of a segment. Raises ValueError unless it is their one form in base64url."""
    try:
        plain = base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    except binascii.Error as error:
        raise ValueError("no base64url") from error
    if base64.urlsafe_b64encode(plain).rstrip(b"=").decode() != segment:
        raise ValueError("not the one form in base64url")
    return plain


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _keys_in(told: Mapping[str, Any]) -> tuple[_Kept, ...]:
    listed = told.get("keys")
    if not isinstance(listed, list):
        raise _NoKeysError("there is no list of keys")
    found = [kept for each in listed[:KEYS_MAX] if (kept := _usable(each)) is not None]
    if not found:
        raise _NoKeysError("there is no key to check RS256 or ES256 with")
    return tuple(found)


def _usable(said: Any) -> _Kept | None:
    """Return a key for signatures; those for something else, of other kinds and of few bits are
    passed over."""
    if not isinstance(said, dict) or said.get("use", "sig") != "sig":
        return None
    kid, kind = said.get("kid"), said.get("kty")
    plain = {name: said[name] for name in PUBLIC_FIELDS if isinstance(said.get(name), str)}
    if not (kid is None or isinstance(kid, str)):
        return None
    try:
        if kind == "RSA" and said.get("alg") in (None, "RS256"):
            rsa = RSAKey.import_key(plain)
            return _Kept(kid, rsa) if rsa.raw_value.key_size >= RSA_BITS_MIN else None
        if kind == "EC" and said.get("crv") == CURVE and said.get("alg") in (None, "ES256"):
            return _Kept(kid, ECKey.import_key(plain))
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    return None
