"""Who calls: by a key, a token of the provider or a session. What is shown and is no good is
refused, never taken for nothing."""

from typing import Final

import httpx2
from starlette.requests import HTTPConnection

from desk.desk import Desk
from desk.sign_ins import SignIns
from domain.access import PUBLIC, Principal
from domain.vouching import Sent
from face.oidc import ProviderKeys, Tokens
from face.problems import UnauthenticatedError
from face.provider import Provider, provider_of
from face.sessions import COOKIE, require_own_form, sign_ins_for
from runtime.face_keys import FaceSigner
from runtime.marks import OF_THIS_PROCESS, Marks
from runtime.settings import Settings

KEY_PREFIX: Final = "ck_"
SHOWN_CHARACTERS_MAX: Final = 8192


def unsigned(submission: Sent, _principal: Principal, /) -> Sent:
    """Return the submission as it is, without a word of ours."""
    return submission


class FaceIdentity:
    """Says who callers are; `signer` adds this face's word to what they send. `provider` is where
    people sign in who have no password here."""

    def __init__(
        self,
        sign_ins: SignIns,
        tokens: Tokens | None = None,
        signer: FaceSigner = unsigned,
        provider: Provider | None = None,
    ) -> None:
        self.sign_ins = sign_ins
        self.provider = provider
        self._tokens = tokens
        self._signer = signer

    async def caller(self, connection: HTTPConnection) -> Principal:
        """Return who calls; PUBLIC if nothing is shown. Raises UnauthenticatedError, and
        NotPermittedError for what a session sends without its token."""
        shown = connection.headers.getlist("authorization")
        if shown:
            return await self._by_header(shown)
        session_id = connection.cookies.get(COOKIE)
        if session_id is None:
            return PUBLIC
        session = await self.sign_ins.by_session(session_id)
        if session is None:
            raise UnauthenticatedError("The session is over.")
        connection.state.session = session
        await require_own_form(connection, session_id)
        return session.principal

    def vouched(self, submission: Sent, principal: Principal) -> Sent:
        """Return the submission with this face's word for who sent it."""
        return self._signer(submission, principal)

    async def close(self) -> None:
        """Let go of threads and connections."""
        self.sign_ins.close()
        if self._tokens is not None:
            await self._tokens.close()

    async def _by_header(self, shown: list[str]) -> Principal:
        scheme, _, credential = shown[0].partition(" ")
        is_bounded = len(credential) <= SHOWN_CHARACTERS_MAX and credential.isascii()
        if len(shown) > 1 or scheme.lower() != "bearer" or not is_bounded:
            raise UnauthenticatedError("Show one key or one token: Authorization: Bearer …")
        if credential.startswith(KEY_PREFIX):
            principal = await self.sign_ins.by_key(credential)
            if principal is None:
                raise UnauthenticatedError("This key is not known, expired or revoked.")
            return principal
        if self._tokens is None:
            raise UnauthenticatedError("This is no key, and no provider of tokens is set up here.")
        return await self._tokens.principal(credential)


async def open_identity(
    settings: Settings,
    desk: Desk,
    *,
    signer: FaceSigner = unsigned,
    transport: httpx2.AsyncBaseTransport | None = None,
    marks: Marks = OF_THIS_PROCESS,
) -> FaceIdentity:
    """Return the identity of a face by the settings. `transport` is how the provider of tokens is
    reached, unset over the network; its keys are fetched when the first token comes."""
    tokens = provider = None
    if settings.oidc_issuer:
        keys = ProviderKeys(settings, transport=transport)
        tokens = Tokens(settings, keys, desk.clock.now, marks)
        provider = provider_of(settings, keys, tokens)
    return FaceIdentity(sign_ins_for(desk, settings), tokens, signer, provider)
