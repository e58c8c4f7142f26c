"""The files that the face serves: the page that shows the document, and what it is built of. All
of them are ours or vendored; a browser that opens the page asks no other host for anything."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

PAGE: Final = "docs.html"
FILES: Final[Mapping[str, tuple[str, str]]] = {
    "docs.js": ("docs.js", "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js": ("swagger-ui/swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
    "swagger-ui-bundle.js.LICENSE.txt": (
        "swagger-ui/swagger-ui-bundle.js.LICENSE.txt",
        "text/plain; charset=utf-8",
    ),
    "swagger-ui.css": ("swagger-ui/swagger-ui.css", "text/css; charset=utf-8"),
}
"""What is served under /docs/, by its name there: where it lies, and its content type."""

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Served:
    """One file, with the tag by which a browser knows that it has it already."""

    body: bytes
    content_type: str
    tag: str


@cache
def page() -> Served:
    """Return the page that shows the document."""
    return _read(PAGE, "text/html; charset=utf-8")


@cache
def file(name: str) -> Served | None:
    """Return a file that the page is built of; None if there is none of that name."""
    found = FILES.get(name)
    return None if found is None else _read(*found)


def vendored() -> Mapping[str, str]:
    """Return the files that are not ours, each with the SHA-256 that it came with."""
    text = files("api").joinpath("static", "vendor.json").read_text(encoding="utf-8")
    found: dict[str, str] = json.loads(text)["files"]
    return found


def _read(path: str, content_type: str) -> Served:
    body = files("api").joinpath("static", *path.split("/")).read_bytes()
    return Served(body, content_type, f'"{hashlib.sha256(body).hexdigest()[:32]}"')
