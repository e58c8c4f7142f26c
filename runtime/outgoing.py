"""Requests to addresses that others named: looked up once, judged, and sent to that very address.

Whoever names an address must not get at what stands beside this program: no private, local or
reserved network, no odd port, no redirect. A name is looked up at every request anew, and the
request goes to the address that was judged: what the name says a moment later changes nothing.
"""

import asyncio
import ipaddress
import re
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self
from urllib.parse import urlsplit

import httpx2

from runtime.errors import SettingsError, StackError
from runtime.settings import Settings

URL_CHARACTERS_MAX: Final = 2000
HOST_CHARACTERS_MAX: Final = 253
CONNECT_TIMEOUT_S: Final = 5.0
WHOLE_TIMEOUT_S: Final = 15.0
BODY_BYTES_MAX: Final = 64 * 1024
ADDRESSES_TRIED_MAX: Final = 4
HTTPS_PORT: Final = 443
PORTS: Final = frozenset({HTTPS_PORT, 8443})
"""Where strangers may be sent something; any other port has to be allowed."""

_NAME = re.compile(r"^(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?$")
_SEEN = re.compile(r"^[\x21-\x7e]+$")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NEVER: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' own, and one cloud's metadata
        "168.63.129.16/32",  # one cloud's host, of a public form
        "192.0.0.0/24",
        "192.88.99.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",  # the next four lead to an IPv4 address that they hold
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "fec0::/10",
        "ff00::/8",
    )
)
_PUBLIC_V6: Final = ipaddress.ip_network("2000::/3")


class RefusedAddressError(StackError):
    """Nothing is sent to this address: it is malformed, or where nobody may be sent anything."""


class UnreachableError(Exception):
    """The other side could not be reached, did not answer in time, or not in HTTP."""


def is_public(address: Address) -> bool:
    """Return whether an address is on the open network, and leads nowhere else."""
    if any(address in network for network in _NEVER if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and (
        address.scope_id is not None or address not in _PUBLIC_V6
    ):
        return False
    return address.is_global


@dataclass(frozen=True, slots=True)
class Allowed:
    """What an operator allows beyond the rule: whole networks, and hosts by name. To them http and
    any port are allowed too. A name that is allowed may lead to a private address, never to a
    link's own, where clouds keep secrets: that takes its network."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    @classmethod
    def read(cls, said: str) -> Self:
        """Return what is said as "10.1.0.0/16, hooks.example.org". Raises SettingsError."""
        networks: list[Network] = []
        hosts: set[str] = set()
        for each in (part.strip().lower() for part in said.split(",") if part.strip()):
            try:
                networks.append(ipaddress.ip_network(each))
            except ValueError:
                if "/" in each or not _NAME.fullmatch(each):
                    raise SettingsError(
                        f"webhook_allow: {each!r} is neither a network (10.1.0.0/16) nor the name "
                        "of a host."
                    ) from None
                hosts.add(each.rstrip("."))
        return cls(tuple(networks), frozenset(hosts))

    def holds(self, host: str, address: Address) -> bool:
        """Return whether an address that a host was found at is allowed by an operator."""
        if any(address in net for net in self.networks if net.version == address.version):
            return True
        own_only = address.is_link_local or address.is_multicast or address.is_unspecified
        return host in self.hosts and not own_only

    def may_hold(self, host: str) -> bool:
        """Return whether what is said of a host may come out as allowed."""
        return bool(self.networks) or host in self.hosts


@dataclass(frozen=True, slots=True)
class Target:
    """An address taken apart. `host` is a name in ASCII or an address without brackets."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """Return the host as a request names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"https": HTTPS_PORT, "http": 80}[self.scheme]
        return host if self.port == usual else f"{host}:{self.port}"

    def at(self, address: Address) -> str:
        """Return the URL of this target at an address."""
        place = f"[{address}]" if isinstance(address, ipaddress.IPv6Address) else str(address)
        return f"{self.scheme}://{place}:{self.port}{self.path}"


def read_target(url: str, allowed: Allowed) -> Target:
    """Take a URL apart, as far as it can be judged without looking its name up. Raises
    RefusedAddressError."""
    if len(url) > URL_CHARACTERS_MAX or not _SEEN.fullmatch(url) or "\\" in url:
        raise RefusedAddressError(
            f"An address has at most {URL_CHARACTERS_MAX} printable ASCII characters, none of them "
            "a space or a backslash."
        )
    try:
        parts = urlsplit(url)
        port, host = parts.port, (parts.hostname or "").lower()
    except ValueError as error:
        raise RefusedAddressError(f"This is no address: {error}.") from None
    if parts.scheme not in ("https", "http"):
        raise RefusedAddressError("An address begins with https://.")
    if parts.username is not None or parts.password is not None or "@" in parts.netloc:
        raise RefusedAddressError("An address names no user: secrets do not belong in it.")
    if parts.fragment or "#" in url:
        raise RefusedAddressError("An address has no fragment.")
    if not _is_host(host) or ("[" in parts.netloc) != (":" in host):
        raise RefusedAddressError("An address names a host, in ASCII (xn--… for other scripts).")
    if parts.scheme == "http" and not allowed.may_hold(host):
        raise RefusedAddressError("An address begins with https://; an operator may allow others.")
    found = {"https": HTTPS_PORT, "http": 80}[parts.scheme] if port is None else port
    if found == 0 or (found not in PORTS and not allowed.may_hold(host)):
        raise RefusedAddressError(f"Nothing is sent to port {found}; an operator may allow it.")
    path = parts.path or "/"
    return Target(parts.scheme, host, found, path + (f"?{parts.query}" if parts.query else ""))


def _is_host(host: str) -> bool:
    if not 0 < len(host) <= HOST_CHARACTERS_MAX:
        return False
    if ":" in host:
        try:
            return ipaddress.IPv6Address(host).scope_id is None
        except ValueError:
            return False
    return _NAME.fullmatch(host) is not None


Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]


async def looked_up(host: str, port: int) -> list[Address]:
    """Return the addresses of a host. Raises UnreachableError."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return list(dict.fromkeys(ipaddress.ip_address(each[4][0]) for each in found))
    except (OSError, UnicodeError, ValueError) as error:
        raise UnreachableError(f"{host} is not found ({type(error).__name__})") from None


def judged(target: Target, found: Sequence[Address], allowed: Allowed) -> list[Address]:
    """Return the addresses that a request may go to. Raises RefusedAddressError if one of them is
    where nobody may be sent anything: a name that leads to both is none to trust."""
    for address in found:
        if allowed.holds(target.host, address):
            continue
        if not is_public(address):
            raise RefusedAddressError(
                # Not at which: nobody outside learns how the inside is built.
                f"{target.host} leads to an address that is not on the open network."
            )
        if target.scheme != "https" or target.port not in PORTS:
            raise RefusedAddressError(
                f"To {target.host} something is sent by https and to ports {sorted(PORTS)} only."
            )
    if not found:
        raise UnreachableError(f"{target.host} has no address")
    return list(found[:ADDRESSES_TRIED_MAX])


@dataclass(frozen=True, slots=True)
class Reply:
    """What the other side said: of its body as much as is read. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Outgoing:
    """Sends requests, guarded. One for a process; `close` lets go of it.

    No redirect is followed, no proxy or `.netrc` of the environment is heeded, no connection is
    used twice: one that was made for a name is never taken for another at the same address.
    """

    def __init__(
        self,
        allowed: Allowed | None = None,
        *,
        resolve: Resolve = looked_up,
        connect_timeout_s: float = CONNECT_TIMEOUT_S,
        whole_timeout_s: float = WHOLE_TIMEOUT_S,
    ) -> None:
        self.allowed = allowed or Allowed()
        self._resolve = resolve
        self._connect_timeout_s = connect_timeout_s
        self._whole_timeout_s = whole_timeout_s
        self._client: httpx2.AsyncClient | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send `body` and return what was said to it, whatever its status.

        Raises RefusedAddressError, and UnreachableError after at most 15 s, the connection having
        been tried for at most 5 s an address.
        """
        try:
            async with asyncio.timeout(self._whole_timeout_s):
                return await self._post(read_target(url, self.allowed), body, headers)
        except TimeoutError:
            raise UnreachableError(f"no answer within {self._whole_timeout_s:g} s") from None

    async def require_reachable(self, url: str) -> None:
        """Look an address up and judge it, and send nothing. Raises RefusedAddressError; a name
        that is not found just now may be found later."""
        target = read_target(url, self.allowed)
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                judged(target, await self._resolve(target.host, target.port), self.allowed)
        except (TimeoutError, UnreachableError):
            return

    async def close(self) -> None:
        """Let go of what is open."""
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    async def _post(self, target: Target, body: bytes, headers: Mapping[str, str]) -> Reply:
        found = await self._resolve(target.host, target.port)
        failure: Exception | None = None
        for address in judged(target, found, self.allowed):
            try:
                return await self._sent(target, address, body, headers)
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error
            except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError) as error:
                raise UnreachableError(_said(error)) from None
        raise UnreachableError("no connection" if failure is None else _said(failure))

    async def _sent(
        self, target: Target, address: Address, body: bytes, headers: Mapping[str, str]
    ) -> Reply:
        own = {"Host": target.named, "Accept-Encoding": "identity", "Connection": "close"}
        # The certificate is held against the name, though the connection goes to the address.
        named = {"sni_hostname": target.host}
        async with self._opened().stream(
            "POST", target.at(address), content=body, headers={**headers, **own}, extensions=named
        ) as answer:
            read = bytearray()
            async for piece in answer.aiter_raw(8192):
                read += piece[: BODY_BYTES_MAX - len(read)]
                if len(read) >= BODY_BYTES_MAX:
                    break
            return Reply(answer.status_code, dict(answer.headers.items()), bytes(read))

    def _opened(self) -> httpx2.AsyncClient:
        if self._client is None:
            self._client = httpx2.AsyncClient(
                trust_env=False,
                follow_redirects=False,
                timeout=httpx2.Timeout(self._whole_timeout_s, connect=self._connect_timeout_s),
                limits=httpx2.Limits(max_connections=100, max_keepalive_connections=0),
                headers={"User-Agent": "closeout"},
            )
        return self._client


def outgoing_of(settings: Settings) -> Outgoing:
    """Return what sends requests within what the settings allow. Raises SettingsError."""
    return Outgoing(Allowed.read(settings.webhook_allow))


def _said(error: Exception) -> str:
    """Return what failed, without an address that nobody outside needs to learn."""
    return type(error).__name__
