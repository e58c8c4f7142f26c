"""One text for one value: RFC 8785 canonical JSON, and the hashes taken over it."""

import hashlib
import json
import re
from typing import Any

import rfc8785
from pydantic import BaseModel

INTEGER_MAX = 2**53 - 1
_TEXT = frozenset({str})
_PLAIN = frozenset({str, bool, type(None)})
_CONTAINERS = frozenset({dict, list, tuple})
SURROGATE = re.compile(r"[\ud800-\udfff]")

_encode = json.JSONEncoder(
    sort_keys=True,
    separators=(",", ":"),
    ensure_ascii=False,
    allow_nan=False,
    check_circular=False,  # `_is_simple` has come to an end of it
).encode


def canonical(value: BaseModel | dict[str, object]) -> str:
    """Return the RFC 8785 text of `value`. Floats do not occur in the ledger, by construction."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    if _is_simple(plain):
        text = _encode(plain)
        if text.isascii() or (_has_ascii_keys(plain) and not SURROGATE.search(text)):
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
    as fast, if its keys are ASCII: others it may put in another order. Floats and long integers
    are left to rfc8785.
    """
    containers = [plain]
    for container in containers:  # grows as it is read
        if type(container) is dict:
            if not _TEXT.issuperset(map(type, container)):
                return False
            values = container.values()
        else:
            values = container
        if _PLAIN.issuperset(map(type, values)):
            continue
        for value in values:
            kind = type(value)
            if kind is str or value is None or kind is bool:
                continue
            if kind is dict or kind is list or kind is tuple:
                containers.append(value)
            elif kind is not int or not -INTEGER_MAX <= value <= INTEGER_MAX:
                return False
    return True


def _has_ascii_keys(plain: Any) -> bool:
    containers = [plain]
    for container in containers:  # grows as it is read
        values = container
        if type(container) is dict:
            if not all(map(str.isascii, container)):
                return False
            values = container.values()
        containers += [value for value in values if type(value) in _CONTAINERS]
    return True
