"""Files that operators write, read within bounds: whatever a file is, it ends in a clear error."""

import json
import os
import re
import stat
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

FILE_BYTES_MAX = 4 * 2**20
DEPTH_MAX = 32
"""How many tables and arrays may stand in one another; no form needs ten."""
INTEGER_MAX = 2**63 - 1

_LONG_KEY = re.compile(
    r"(?<![A-Za-z0-9_\\-])"
    r"(?:(?:[A-Za-z0-9_-]++|\"(?:[^\"\\\n]++|\\.)*+\"|'[^'\n]*+')[ \t]*+\.[ \t]*+)"
    rf"{{{DEPTH_MAX}}}"
)
"""A dotted key that makes a table in a table for each of its dots. The parser keeps each of its
beginnings: of 300,000 parts they are more than any memory."""
_SYNTAX = re.compile(r"\(at line (\d+), column \d+\)")


class FileReadError(ValueError):
    """A file that cannot be read. `line` is where, as far as its form could be made out."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


def read_bytes(path: Path, bytes_max: int = FILE_BYTES_MAX) -> bytes:
    """Return what a regular file holds, never more than `bytes_max`; raises FileReadError.

    A pipe or a device is refused unread: it might have no end, or never begin.
    """
    if "\0" in str(path):
        raise FileReadError("cannot be read: no file has such a name")
    try:
        # Without O_NONBLOCK the opening of a pipe waits for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise FileReadError("cannot be read: not a regular file")
            content = file.read(bytes_max + 1)
    except IsADirectoryError as error:
        raise FileReadError("cannot be read: not a regular file") from error
    except OSError as error:
        raise FileReadError(f"cannot be read: {error.strerror}") from error
    if len(content) > bytes_max:
        raise FileReadError(f"larger than {bytes_max} bytes")
    return content


def text_of(content: bytes) -> str:
    """Return UTF-8 as text, without the mark that some editors put before it."""
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileReadError(f"not UTF-8 at byte {error.start}") from error


def toml_of(content: bytes) -> dict[str, object]:
    """Return the table of a TOML file; raises FileReadError."""
    text = text_of(content)
    if _LONG_KEY.search(text):
        raise _too_deep()
    data = _parsed("TOML", tomllib.loads, text)
    if not isinstance(data, dict):
        raise FileReadError("not a table of fields")
    return data


def json_of(content: bytes) -> object:
    """Return what a JSON file holds, each field given once; raises FileReadError."""
    return _parsed("JSON", _json, text_of(content))


def _json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_each_once)


def _parsed(form: str, parse: Callable[[str], object], text: str) -> object:
    try:
        data = parse(text)
    except tomllib.TOMLDecodeError as error:
        at = _SYNTAX.search(str(error))
        said = _SYNTAX.sub("", str(error)).strip()
        raise FileReadError(f"not TOML: {said}", int(at[1]) if at else None) from error
    except json.JSONDecodeError as error:
        raise FileReadError(f"not JSON: {error.msg}", error.lineno) from error
    except RecursionError as error:
        raise _too_deep() from error
    except ValueError as error:
        # Python reads no decimal of more than 4,300 digits; a TOML day may be the 31st of June.
        long = "integer string conversion" in str(error)
        said = "a number has too many digits" if long else str(error)
        raise FileReadError(f"not {form}: {said}") from error
    _refuse_depth_and_size(form, data)
    return data


def _refuse_depth_and_size(form: str, data: object) -> None:
    """Later readers copy, print and walk the content: it must be shallow, its numbers small."""
    level = [data]
    for _ in range(DEPTH_MAX + 1):
        below: list[object] = []
        for each in level:
            if isinstance(each, dict):
                below += each.values()
            elif isinstance(each, list):
                below += each
            elif isinstance(each, int) and abs(each) > INTEGER_MAX:
                raise FileReadError(f"not {form}: a number has too many digits")
        if not below:
            return
        level = below
    raise _too_deep()


def _too_deep() -> FileReadError:
    return FileReadError(f"nested too deeply; allowed are {DEPTH_MAX} levels")


def _each_once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    data = dict(pairs)
    if len(data) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = next(name for name, count in counts.items() if count > 1)
        raise json.JSONDecodeError(f"the field {twice[:80]!r} is given twice", "", 0)
    return data
