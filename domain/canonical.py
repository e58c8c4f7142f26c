"""One text for one value: RFC 8785 canonical JSON, and the hashes taken over it."""

import hashlib

import rfc8785
from pydantic import BaseModel


def canonical(value: BaseModel | dict[str, object]) -> str:
    """Return the RFC 8785 text of `value`. Floats do not occur in the ledger, by construction."""
    plain = value.model_dump(mode="json") if isinstance(value, BaseModel) else value
    return rfc8785.dumps(plain).decode()  # type: ignore[arg-type]  # its union has no name to cast to


def sha256(text: str) -> str:
    """Return the SHA-256 of the UTF-8 bytes of `text`, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def content_hash(value: BaseModel | dict[str, object]) -> str:
    """Return the hash that names `value` by its content."""
    return sha256(canonical(value))
