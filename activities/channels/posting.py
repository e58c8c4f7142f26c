"""One POST of JSON: no proxy of the environment, no redirect, bounded in time and in size."""

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus

import httpx2

from activities.channels import Json, NotTakenError

TIMEOUT_S = 10.0
ANSWER_BYTES_MAX = 64 * 1024
RETRIED = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Answered:
    """A provider's answer: its status, and its JSON if it is an object."""

    status: int
    said: Json


async def post(
    url: str, content: bytes, headers: dict[str, str] | None = None, *, timeout_s: float = TIMEOUT_S
) -> Answered:
    """Post JSON, and return a 2xx answer. Raises NotTakenError: what may pass (no connection, no
    answer in time, 408, 425, 429, 5xx) is not final, any other status is."""
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    try:
        async with asyncio.timeout(timeout_s):
            status, answer = await _posted(url, content, sent)
    except TimeoutError as error:
        raise NotTakenError("timeout") from error
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol) as error:
        raise NotTakenError("bad_address", is_final=True) from error
    except httpx2.HTTPError as error:  # its text may have the address, hence the secret
        raise NotTakenError(type(error).__name__) from None
    if not HTTPStatus(200) <= status < HTTPStatus(300):
        again = status in RETRIED or status >= HTTPStatus.INTERNAL_SERVER_ERROR
        raise NotTakenError(f"http {status}", is_final=not again)
    return Answered(status, _object(answer))


async def _posted(url: str, content: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
    async with (
        httpx2.AsyncClient(trust_env=False, follow_redirects=False) as client,
        client.stream("POST", url, content=content, headers=headers, timeout=None) as answer,
    ):
        read = bytearray()
        async for piece in answer.aiter_bytes():
            read += piece
            if len(read) > ANSWER_BYTES_MAX:
                raise NotTakenError("answer_too_large")
        return answer.status_code, bytes(read)


def _object(answer: bytes) -> Json:
    try:
        said = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}
