"""One text for one value: RFC 8785 canonical JSON, and the hashes taken over it."""

import hashlib
import json
import re
from typing import Any

import rfc8785
from pydantic import BaseModel

INTEGER_MAX = 2**53 - 1
SURROGATE = re.compile(r"[\ud800-\udfff]")

_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def canonical(value: BaseModel | dict[str, object]) -> str:
    """Return the RFC 8785 text of `value`. Floats do not occur in the ledger, by construction."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if _is_simple(plain):
        text = _encode(plain)
        if text.isascii() or not SURROGATE.search(text):
            return text
    return rfc8785.dumps(plain).decode()  # type: ignore[arg-type]  # its union has no name to cast to


def sha256(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of `text`, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(value: BaseModel | dict[str, object]) -> str:
    """Return the hash that names `value` by its content."""
    return sha256(canonical(value))


def _is_simple(plain: Any) -> bool:
    """Return whether the standard library writes `plain` byte for byte as RFC 8785 does, five times
    as fast. Floats, long integers, and keys that it may put in another order are left to rfc8785.
    """
    containers = [plain]
    for container in containers:  # grows as it is read
        if type(container) is dict:
            for key in container:
                if type(key) is not str or not key.isascii():
                    return False
            values = container.values()
        else:
            values = container
        for value in values:
            kind = type(value)
            if kind is str or value is None or kind is bool:
                continue
            if kind is dict or kind is list or kind is tuple:
                containers.append(value)
            elif kind is not int or not -INTEGER_MAX <= value <= INTEGER_MAX:
                return False
    return True
