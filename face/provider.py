"""Signing in at a provider of identities: the authorization code flow of OpenID Connect, with PKCE.

What a browser brings back counts only with what it was sent away with: a state, a nonce and a
verifier, which lie in a cookie of this host alone, for a few minutes.
"""

import base64
import hashlib
import json
import secrets
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from pydantic import ValidationError

from domain.access import Principal
from domain.model import Frozen
from face.oidc import ProviderKeys, ProviderUnavailableError, Tokens
from face.problems import UnauthenticatedError
from runtime.passwords import is_same
from runtime.settings import Settings, provider_address

COOKIE: Final = "__Host-closeout-away"
AWAY_S_MAX: Final = 600
BACK: Final = "/console/sign-in/back"
SCOPE: Final = "openid"
RANDOM_BYTES: Final = 32
CODE_CHARACTERS_MAX: Final = 2000
COOKIE_CHARACTERS_MAX: Final = 2000


class Away(Frozen):
    """What a browser was sent away with, and where it wanted to go."""

    state: str
    nonce: str
    verifier: str
    wanted: str


@dataclass(frozen=True, slots=True)
class Departure:
    """Where a browser is sent, and the cookie that it takes along."""

    address: str
    cookie: str


class Provider:
    """The provider at which people sign in. `keys` reach it, `tokens` are read by its keys."""

    def __init__(self, settings: Settings, keys: ProviderKeys, tokens: Tokens) -> None:
        self._settings = settings
        self._keys = keys
        self._tokens = tokens

    async def departure(self, wanted: str) -> Departure:
        """Send a browser to the provider; `wanted` is where it goes on afterwards, unless it is too
        long for a cookie. Raises ProviderUnavailableError."""
        away = Away(state=_random(), nonce=_random(), verifier=_random(), wanted=wanted)
        challenge = hashlib.sha256(away.verifier.encode()).digest()
        asked = {
            "response_type": "code",
            "client_id": self._settings.oidc_client_id,
            "redirect_uri": self._back,
            "scope": SCOPE,
            "state": away.state,
            "nonce": away.nonce,
            "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
            "code_challenge_method": "S256",
        }
        there = _address(await self._keys.discovered(), "authorization_endpoint")
        joint = "&" if "?" in there else "?"
        packed = _packed(away)
        if len(packed) > COOKIE_CHARACTERS_MAX:
            packed = _packed(away.model_copy(update={"wanted": ""}))
        return Departure(f"{there}{joint}{urlencode(asked)}", packed)

    async def arrival(
        self, cookie: str, *, code: str, state: str, issuer: str | None
    ) -> tuple[Principal, str]:
        """Return who has come back, and where they wanted to go. Raises UnauthenticatedError,
        ProviderUnavailableError."""
        if not code:
            raise UnauthenticatedError("The provider did not sign anybody in.")
        away = _read(cookie)
        is_theirs = issuer in (None, self._settings.oidc_issuer)
        if away is None or not is_same(state, away.state) or not is_theirs:
            raise UnauthenticatedError("This sign-in was not begun here, or too long ago.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._back,
            "client_id": self._settings.oidc_client_id,
            "code_verifier": away.verifier,
        }
        if self._settings.oidc_client_secret is not None:
            form["client_secret"] = self._settings.oidc_client_secret.get_secret_value()
        there = _address(await self._keys.discovered(), "token_endpoint")
        token = (await self._keys.exchanged(there, form)).get("id_token")
        if not isinstance(token, str):
            raise UnauthenticatedError("The provider gave no ID token.")
        return await self._tokens.person(token, away.nonce), away.wanted

    @property
    def _back(self) -> str:
        return self._settings.console_origin.rstrip("/") + BACK


def provider_of(settings: Settings, keys: ProviderKeys, tokens: Tokens) -> Provider | None:
    """Return the provider at which people sign in, if the settings name all that it needs."""
    if not (settings.oidc_client_id and settings.console_origin):
        return None
    return Provider(settings, keys, tokens)


def _address(told: dict[str, Any], name: str) -> str:
    try:
        return provider_address(str(told[name]))
    except (KeyError, ValueError) as error:
        raise ProviderUnavailableError(f"The provider names no good {name}.") from error


def _packed(away: Away) -> str:
    return base64.urlsafe_b64encode(away.model_dump_json().encode()).decode()


def _read(cookie: str) -> Away | None:
    if len(cookie) > COOKIE_CHARACTERS_MAX:
        return None
    try:
        return Away.model_validate(json.loads(base64.urlsafe_b64decode(cookie)))
    except (ValueError, ValidationError):
        return None


def _random() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)
