"""AWS Signature Version 4, as S3-compatible stores ask for it: a request is signed with its method,
path, query, some headers and the hash of its body. The secret itself is never sent.

Source: "Signature Version 4 signing process", the steps canonical request, string to sign, signing
key, signature. The path is encoded once, as S3 wants it.
"""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

ALGORITHM: Final = "AWS4-HMAC-SHA256"
SERVICE: Final = "s3"
ENDING: Final = "aws4_request"
UNRESERVED: Final = "-._~"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Whose requests they are, and where."""

    access_key: str
    secret_key: str = field(repr=False)
    region: str


def signed_headers(
    credentials: Credentials,
    method: str,
    host: str,
    path: str,
    *,
    query: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    body_sha256: str,
    at: datetime,
) -> dict[str, str]:
    """Return the headers that sign a request, with those that were given. `path` is not encoded
    yet; `host` is as it is sent, with a port that is not the scheme's own."""
    moment = at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    scope = "/".join((moment[:8], credentials.region, SERVICE, ENDING))
    sent = dict(headers or {}) | {"x-amz-content-sha256": body_sha256, "x-amz-date": moment}
    signed = {name.lower(): " ".join(value.split()) for name, value in sent.items()}
    signed["host"] = host
    names = ";".join(sorted(signed))
    asked = "\n".join(
        (
            method,
            encoded_path(path),
            encoded_query(query or {}),
            "".join(f"{name}:{signed[name]}\n" for name in sorted(signed)),
            names,
            body_sha256,
        )
    )
    to_sign = "\n".join((ALGORITHM, moment, scope, hashlib.sha256(asked.encode()).hexdigest()))
    key = f"AWS4{credentials.secret_key}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    return sent | {
        "Authorization": f"{ALGORITHM} Credential={credentials.access_key}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}"
    }


def encoded_path(path: str) -> str:
    """Return a path as it is signed and sent."""
    return quote(path, safe=f"/{UNRESERVED}")


def encoded_query(query: Mapping[str, str]) -> str:
    """Return a query as it is signed and sent: in order of the encoded names."""
    pairs = (
        (quote(name, safe=UNRESERVED), quote(value, safe=UNRESERVED))
        for name, value in query.items()
    )
    return "&".join(f"{name}={value}" for name, value in sorted(pairs))
