"""Ports of this machine: which one is free to serve on."""

import errno
import socket
from typing import Final

from runtime.errors import StackError

TRIED_MAX: Final = 50


def free_port(host: str, port: int, *, or_next: bool) -> int:
    """Return `port` if nobody listens there; `or_next`: else the first free one above it. Raises
    StackError. Somebody else may take it before it is served on: serving says so then."""
    for tried in range(port, min(port + (TRIED_MAX if or_next else 1), 65536)):
        if _is_free(host, tried):
            return tried
    raise StackError(
        f"Port {port} on {host} is taken by another program"
        + (f", and so are the next {TRIED_MAX - 1}." if or_next else ".")
        + " Set CLOSEOUT_API_ADDRESS to another."
    )


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise StackError(f"{host}:{port} cannot be served on: {error.strerror}.") from error
    return True
