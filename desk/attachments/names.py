"""What attachments are called: names that no system reads as a path, a device or a command."""

import re
import unicodedata
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import quote

from desk.attachments.kinds import KINDS

NAME_CHARACTERS_MAX: Final = 120
_SPACES: Final = re.compile(r"\s+")
_PATHS: Final = re.compile(r"[/\\]")
_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*%]')
_DEVICES: Final = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Categories of characters that nobody sees: controls, marks that turn the direction, halves."""
_PLAIN: Final = re.compile(r"[^A-Za-z0-9._ -]")


def cleaned(name: str, media_type: str) -> str:
    """Return a name by which a file of this kind may be shown and saved: the last part of a path,
    without what is not seen, of at most 120 characters, with an ending of its kind."""
    last = _PATHS.split(unicodedata.normalize("NFC", name))[-1]
    seen = "".join(" " if unicodedata.category(c) in _HIDDEN else c for c in last)
    plain = _NOT_IN_NAMES.sub("_", _SPACES.sub(" ", seen)).strip(". ")
    endings = KINDS[media_type].endings
    stem, ending = PurePosixPath(plain).stem, PurePosixPath(plain).suffix
    if ending.lower() not in endings:
        stem, ending = plain, endings[0]
    stem = stem[: NAME_CHARACTERS_MAX - len(ending)].strip(". ") or "file"
    if _DEVICES.match(stem):
        stem = f"_{stem}"[: NAME_CHARACTERS_MAX - len(ending)]
    return f"{stem}{ending}"


def unnamed(sha256: str, media_type: str) -> str:
    """Return what a file about a person is called in the ledger: nothing that says of whom."""
    return f"personal-{sha256[:12]}{KINDS[media_type].endings[0]}"


def disposition(name: str) -> str:
    """Return the header that has a browser save a file under this name and never show it (RFC
    6266)."""
    plain = _PLAIN.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
