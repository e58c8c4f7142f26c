"""Who stands before a trusted proxy: its word for the client's address, and nobody else's."""

import ipaddress
import re
from functools import lru_cache
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from runtime.settings import Settings, networks_in

HOPS_MAX: Final = 20
_FOR: Final = re.compile(r'(?:^|;)\s*+for\s*+=\s*+"?([^";\s]++)"?\s*+(?:;|$)', re.IGNORECASE)
"""Never goes back over what it took: a header may be long, and made for it."""
_WITH_PORT: Final = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>[0-9.]+))(?::[0-9]{1,5})?$")

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class BehindProxies:
    """Puts the client's address in the place of a trusted proxy's, as the proxy says it. From any
    other address the header is passed over: everybody can write one."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] == "http" and scope.get("client"):
            settings: Settings = scope["app"].state.house.settings
            if settings.trusted_proxies:
                host, port = scope["client"]
                found = client_of(host, Headers(scope=scope), settings)
                scope["client"] = (found, port if found == host else 0)
        await self._app(scope, receive, send)


def client_of(peer: str, headers: Headers, settings: Settings) -> str:
    """Return the address of whoever asks: of the hops that are written down, the last that is no
    trusted proxy. What a proxy does not know or does not write legibly ends the search there."""
    trusted = _networks(settings.trusted_proxies)
    found = peer
    hops = ",".join(headers.getlist(settings.proxy_header)).split(",")
    for hop in [*reversed(hops)][:HOPS_MAX]:
        address = _address(found)
        if address is None or not any(address in network for network in trusted):
            break
        before = _address(_said(hop, settings.proxy_header))
        if before is None:
            break
        found = str(before)
    return found


@lru_cache(maxsize=8)
def _networks(text: str) -> tuple[Network, ...]:
    return networks_in(text)


def _said(hop: str, header: str) -> str:
    if header == "forwarded":
        found = _FOR.search(hop)
        hop = "" if found is None else found[1]
    hop = hop.strip()
    ported = _WITH_PORT.match(hop)
    return hop if ported is None else ported["six"] or ported["four"]


def _address(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address
