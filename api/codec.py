"""What Temporal's UI and command line send to have payloads sealed and opened (remote codec)."""

import base64
import binascii
from typing import Annotated, Final, Self

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from temporalio.api.common.v1 import Payload

from domain.errors import InvalidRequestError

UNDER: Final = "/codec/"
PAYLOADS_MAX: Final = 500
METADATA_MAX: Final = 16
CHARACTERS_MAX: Final = 4 * 1024 * 1024
METHODS: Final = "POST, OPTIONS"
HEADERS: Final = "authorization, content-type, x-namespace"
REMEMBERED_S: Final = 600

Base64 = Annotated[str, Field(max_length=CHARACTERS_MAX)]


class PayloadBody(BaseModel):
    """One payload as Temporal writes it in JSON: bytes are base64."""

    model_config = ConfigDict(extra="ignore")

    metadata: Annotated[dict[str, Base64], Field(max_length=METADATA_MAX)] = Field(
        default={}, examples=[{"encoding": "anNvbi9wbGFpbg=="}]
    )
    data: Base64 = Field(default="", examples=["eyJ6b25lIjoieGluZ2hlIn0="])

    def payload(self, place: int) -> Payload:
        """Return it as a payload. Raises InvalidRequestError naming its place among the others."""
        metadata = {
            name: _plain(value, f"payloads.{place}.metadata.{name}"[:100])
            for name, value in self.metadata.items()
        }
        return Payload(metadata=metadata, data=_plain(self.data, f"payloads.{place}.data"))

    @classmethod
    def of(cls, payload: Payload) -> Self:
        """Return a payload as it is written."""
        metadata = {name: _text(value) for name, value in payload.metadata.items()}
        return cls(metadata=metadata, data=_text(payload.data))


class PayloadsBody(BaseModel):
    """Payloads, as they come and as they go."""

    model_config = ConfigDict(extra="ignore")

    payloads: Annotated[list[PayloadBody], Field(max_length=PAYLOADS_MAX)] = []


class ForOneOrigin:
    """Lets the pages of one origin, Temporal's UI, ask under `/codec/` and read what is answered,
    refusals too. No cookie goes along: such a page shows a token."""

    def __init__(self, app: ASGIApp, origin: str) -> None:
        self._app = app
        self._origin = origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_ours = scope["type"] == "http" and scope["path"].startswith(UNDER)
        if not is_ours:
            await self._app(scope, receive, send)
            return
        is_theirs = Headers(scope=scope).get("origin") == self._origin

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if is_theirs:
                    headers["Access-Control-Allow-Origin"] = self._origin
                    headers["Access-Control-Allow-Methods"] = METHODS
                    headers["Access-Control-Allow-Headers"] = HEADERS
                    headers["Access-Control-Max-Age"] = str(REMEMBERED_S)
            await send(message)

        await self._app(scope, receive, sending)


def install(app: FastAPI, origin: str | None) -> None:
    """Have pages of one origin let in, if one is named."""
    if origin is not None:
        app.add_middleware(ForOneOrigin, origin=origin)


def _plain(text: str, field: str) -> bytes:
    try:
        return base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error) as error:
        raise InvalidRequestError(
            "These are no bytes in base64.", field=field, allowed="base64 with padding"
        ) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
