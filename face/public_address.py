"""Where links lead that this face makes: to its public address."""

import re
from typing import Final

from starlette.requests import HTTPConnection

from runtime.settings import Settings

_HOST: Final = re.compile(r"(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")


def public_address(connection: HTTPConnection, settings: Settings) -> str:
    """Return scheme, host and port, without a slash at the end: those of `console_origin`. Only
    where it is not set is a request's word taken for its host, and only if it is nothing but one;
    otherwise the address at which the face is served."""
    if settings.console_origin:
        return settings.console_origin.rstrip("/")
    host = connection.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        host = settings.api_address
    return f"{connection.url.scheme}://{host}"
