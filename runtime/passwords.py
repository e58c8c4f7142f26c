"""Passwords and secrets: made at random, kept as hashes, compared in constant time."""

import base64
import binascii
import hashlib
import hmac
import re
import secrets
import unicodedata
from dataclasses import dataclass
from typing import Final

PASSWORD_CHARACTERS_MIN: Final = 12
PASSWORD_CHARACTERS_MAX: Final = 128
DISTINCT_MIN: Final = 5
NAME_LOOKED_FOR_MIN: Final = 3
SALT_BYTES: Final = 16
DIGEST_BYTES: Final = 32
SECRET_BYTES: Final = 32
SESSION_BYTES: Final = 32
KEY_ID_BYTES: Final = 6

KEY_FORM: Final = re.compile(r"ck_([0-9a-f]{12})_([0-9a-f]{64})")
KEPT_FORM: Final = re.compile(
    r"scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9+/=]{8,64})\$([A-Za-z0-9+/=]{44})"
)
SESSION_FORM: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Cost:
    """What one guess costs: scrypt's n is 2 to the power of `log_n`; it takes 128·n·r bytes."""

    log_n: int = 15
    r: int = 8
    p: int = 3

    @property
    def memory_bytes(self) -> int:
        """Return the bound that OpenSSL is given: what scrypt needs, and room beside it."""
        return 128 * self.r * ((1 << self.log_n) + self.p + 2) + 2**20


COST = Cost()
"""A fifth of a second and 32 MiB."""
MOST: Final = Cost(log_n=20, r=16, p=16)
"""More is not computed, whoever wrote it into the database."""


def is_weak(password: str, name: str) -> str | None:
    """Return what is wrong with a password for the user `name`, or None. There are no rules of
    composition: length is what counts."""
    plain = _normal(password)
    if not PASSWORD_CHARACTERS_MIN <= len(plain) <= PASSWORD_CHARACTERS_MAX:
        return f"{PASSWORD_CHARACTERS_MIN} to {PASSWORD_CHARACTERS_MAX} characters"
    if len(set(plain)) < DISTINCT_MIN:
        return f"at least {DISTINCT_MIN} different characters"
    if len(name) >= NAME_LOOKED_FOR_MIN and name.casefold() in plain.casefold():
        return "a password without the user's name in it"
    return None


def random_password() -> str:
    """Return a password that nobody can guess and a person can type: 120 bits in groups of five."""
    text = base64.b32encode(secrets.token_bytes(15)).decode().lower()
    return "-".join(text[at : at + 6] for at in range(0, len(text), 6))


def hashed(password: str, cost: Cost | None = None) -> str:
    """Return what is kept of a password: the cost, COST unless given, a salt, scrypt's digest."""
    cost = cost or COST
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _digest(password, salt, cost)
    said = (base64.b64encode(part).decode() for part in (salt, digest))
    return "$".join(("scrypt", str(cost.log_n), str(cost.r), str(cost.p), *said))


def matches(password: str, kept: str) -> bool:
    """Return whether `kept` was made of this password; what is not of its form matches none."""
    read = _read(kept)
    if read is None or len(password) > PASSWORD_CHARACTERS_MAX:
        return False
    cost, salt, digest = read
    return hmac.compare_digest(_digest(password, salt, cost), digest)


def _read(kept: str) -> tuple[Cost, bytes, bytes] | None:
    found = KEPT_FORM.fullmatch(kept)
    if found is None:
        return None
    cost = Cost(int(found[1]), int(found[2]), int(found[3]))
    if not (1 <= cost.log_n <= MOST.log_n and 1 <= cost.r <= MOST.r and 1 <= cost.p <= MOST.p):
        return None
    try:
        salt, digest = (base64.b64decode(found[each], validate=True) for each in (4, 5))
    except binascii.Error:
        return None
    return cost, salt, digest


def _digest(password: str, salt: bytes, cost: Cost) -> bytes:
    return hashlib.scrypt(
        _normal(password).encode(),
        salt=salt,
        n=1 << cost.log_n,
        r=cost.r,
        p=cost.p,
        maxmem=cost.memory_bytes,
        dklen=DIGEST_BYTES,
    )


def _normal(password: str) -> str:
    """The same keys give the same password, whatever the keyboard composes. Lone halves of pairs,
    which JSON can carry, are no text."""
    return unicodedata.normalize("NFKC", password.encode(errors="replace").decode())


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key as it is shown once: its id, and the whole of it."""

    id: str
    text: str
    hash: str


def new_key() -> NewKey:
    """Return a key with a secret of 256 random bits."""
    id_, secret = secrets.token_hex(KEY_ID_BYTES), secrets.token_hex(SECRET_BYTES)
    return NewKey(id_, f"ck_{id_}_{secret}", secret_hash(secret))


def new_session() -> str:
    """Return the id of a session: 256 random bits."""
    return secrets.token_hex(SESSION_BYTES)


def read_key(text: str) -> tuple[str, str] | None:
    """Return the id of a key and the hash of its secret, or None for what is no key."""
    found = KEY_FORM.fullmatch(text)
    return None if found is None else (found[1], secret_hash(found[2]))


def secret_hash(secret: str) -> str:
    """Return what is kept of a random secret. Of 256 random bits nothing can be guessed, however
    fast: SHA-256 is enough, and a slow hash would only let callers wear us out."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_same(one: str, other: str) -> bool:
    """Compare two hashes in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


def csrf_token(session: str) -> str:
    """Return the token that goes with a session: whoever cannot read the cookie cannot make it."""
    return hmac.new(session.encode(), b"closeout csrf", hashlib.sha256).hexdigest()
