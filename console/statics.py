"""The files that pages are built of: ours or vendored, never from another host."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Final

from console.page import PREFIX

KINDS: Final[Mapping[str, str]] = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "LICENSE": "text/plain; charset=utf-8",
    "NOTICE": "text/plain; charset=utf-8",
}
MARK_CHARACTERS: Final = 16


@cache
def static_files() -> Mapping[str, bytes]:
    """Return every file by its name under /console/static/."""
    root = files("console").joinpath("static")
    found = {each.name: each.read_bytes() for each in root.iterdir() if each.is_file()}
    below = root.joinpath("vendor")
    found |= {f"vendor/{each.name}": each.read_bytes() for each in below.iterdir()}
    return {name: body for name, body in found.items() if name.rpartition(".")[2] in KINDS}


@cache
def mark_of(name: str) -> str:
    """Return what changes with a file: a browser keeps it for good under an address with this."""
    return hashlib.sha256(static_files()[name]).hexdigest()[:MARK_CHARACTERS]


def static_address(name: str) -> str:
    """Return where a file is."""
    return f"{PREFIX}/static/{mark_of(name)}/{name}"


def vendored() -> Mapping[str, str]:
    """Return the files that are not ours, each with the SHA-256 that it came with."""
    text = files("console").joinpath("static", "vendor", "vendor.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)["files"]
    return found
