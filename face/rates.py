"""How much one caller may ask: buckets of tokens in this process, bounded in number.

Known callers have a bucket each; who shows nothing, or nothing good, shares that of the address.
"""

import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from fastapi import FastAPI
from starlette.requests import HTTPConnection

from domain.access import PUBLIC, Principal
from face.house import Identity
from face.problems import TooManyRequestsError, UnauthenticatedError
from runtime.settings import Settings

BUCKETS_MAX: Final = 10_000
NETWORK_BITS: Final = 64
"""One household has as many IPv6 addresses as it likes, all in one network of this size."""
SECONDS_PER_MINUTE: Final = 60


@dataclass(slots=True)
class _Bucket:
    left: float
    at: float
    """Monotonic seconds."""


class Buckets:
    """A bucket of tokens for each name: `burst` of them, refilled by `per_minute`; 0: no limit.

    Of more than BUCKETS_MAX names the one that was longest not heard of is forgotten.
    """

    def __init__(
        self,
        per_minute: float,
        burst: int,
        *,
        size_max: int = BUCKETS_MAX,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._per_second = per_minute / SECONDS_PER_MINUTE
        self._burst = burst
        self._size_max = size_max
        self._now = now
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, name: str) -> None:
        """Take a token. Raises TooManyRequestsError if there is none."""
        if self._per_second > 0:
            bucket = self._filled(name)
            self._require_token(bucket)
            bucket.left -= 1

    def require(self, name: str) -> None:
        """Raise TooManyRequestsError if there is no token; take none."""
        if self._per_second > 0 and name in self._buckets:
            self._require_token(self._filled(name))

    def give_back(self, name: str) -> None:
        """Put back a token that was taken."""
        bucket = self._buckets.get(name)
        if bucket is not None:
            bucket.left = min(self._burst, bucket.left + 1)

    def forget(self, name: str) -> None:
        """Fill the bucket of a name."""
        self._buckets.pop(name, None)

    def _filled(self, name: str) -> _Bucket:
        now = self._now()
        bucket = self._buckets.pop(name, None)
        if bucket is None:
            bucket = _Bucket(self._burst, now)
        bucket.left = min(self._burst, bucket.left + (now - bucket.at) * self._per_second)
        bucket.at = now
        self._buckets[name] = bucket
        while len(self._buckets) > self._size_max:
            self._buckets.popitem(last=False)
        return bucket

    def _require_token(self, bucket: _Bucket) -> None:
        if bucket.left < 1:
            raise TooManyRequestsError(math.ceil((1 - bucket.left) / self._per_second))


class Rates:
    """The limits of one application."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._known = Buckets(settings.rate_per_minute, settings.rate_burst, now=now)
        public = (settings.rate_public_per_minute, settings.rate_public_burst)
        self._unknown = Buckets(*public, now=now)
        self._refused = Buckets(*public, now=now)

    def refuse(self, connection: HTTPConnection) -> None:
        """Count what is no good against the address that showed it. What is good is let in from
        there all the same: others' faults are not theirs. Raises TooManyRequestsError."""
        self._refused.take(network_of(connection))

    def let_in(self, connection: HTTPConnection, principal: Principal) -> None:
        """Take a request of a caller. Raises TooManyRequestsError."""
        if principal.id == PUBLIC.id:
            self._unknown.take(network_of(connection))
        else:
            self._known.take(principal.id)


def install(app: FastAPI, settings: Settings) -> None:
    """Have the application limit its callers: whoever needs the caller asks `limited_caller`."""
    app.state.rates = Rates(settings)


async def limited_caller(connection: HTTPConnection, identity: Identity) -> Principal:
    """Return who calls, and take the request from what they may ask. Raises UnauthenticatedError,
    TooManyRequestsError."""
    rates = rates_of(connection)
    if rates is None:
        return await identity.caller(connection)
    try:
        principal = await identity.caller(connection)
    except UnauthenticatedError:
        rates.refuse(connection)
        raise
    rates.let_in(connection, principal)
    return principal


def rates_of(connection: HTTPConnection) -> Rates | None:
    """Return the limits of the application, if it has any."""
    rates: Rates | None = getattr(connection.app.state, "rates", None)
    return rates


def network_of(connection: HTTPConnection) -> str:
    """Return the address that a connection comes from, of IPv6 its network."""
    host = "" if connection.client is None else connection.client.host
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "?"
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, NETWORK_BITS), strict=False))
    return str(address)
