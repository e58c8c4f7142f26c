"""XES logs, case by case: in bounded memory, and refused where they are not what they say."""

import gzip
import os
import stat
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, cast
from xml.parsers import expat

from desk.importing.problems import UnusableLogError

CHUNK_BYTES = 2**16
LOG_BYTES_MAX = 2**32
"""Of the text, unpacked."""
UNPACKED_FREE_BYTES = 2**24
UNPACKED_RATIO_MAX = 200
"""A log of events packs fifty to one; what packs beyond this, and is not small, is no log."""
TOKEN_BYTES_MAX = 2**20
"""A tag with its attributes. The parser keeps an unfinished one whole."""
DEPTH_MAX = 64
CASE_EVENTS_MAX = 100_000
CASE_CHARACTERS_MAX = 2**26
"""Of one case: it is held whole."""

ATTRIBUTES = frozenset({"string", "date", "int", "float", "boolean", "id"})
PLACES = {"log": ("",), "trace": ("log",), "event": ("log/trace", "log")}
"""Where the elements may stand that make up a log."""
GZIP_MAGIC = b"\x1f\x8b"


@dataclass(slots=True)
class LogEvent:
    """One event: the line it begins on, its place among the file's events, its attributes."""

    line: int
    number: int
    attributes: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class LogCase:
    """One trace with its events in the file's order. `number` counts the traces from 1."""

    line: int
    number: int
    attributes: dict[str, str] = field(default_factory=dict)
    events: list[LogEvent] = field(default_factory=list)


def read_log(path: Path) -> Iterator[LogCase | LogEvent]:
    """Yield the cases of a XES file, plain or gzipped, and the events that stand in no case.

    Raises UnusableLogError. No document type, and so no entity, is accepted.
    """
    with _opened(path) as (file, unpacked_max):
        yield from _Reader(path, unpacked_max).cases(file)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[BinaryIO, int]]:
    """Open a regular file; yield what gives its text, and how much text it may have."""
    try:
        # Without O_NONBLOCK the opening of a pipe waits for its writer.
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(handle, "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise UnusableLogError("The log is not a regular file.", where=str(path))
            packed = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
            file.seek(0)
            if not packed:
                yield file, LOG_BYTES_MAX
                return
            most = max(UNPACKED_FREE_BYTES, UNPACKED_RATIO_MAX * about.st_size)
            with gzip.GzipFile(fileobj=file) as unpacked:
                yield cast("BinaryIO", unpacked), min(most, LOG_BYTES_MAX)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnusableLogError(
            f"The log cannot be unpacked: {error}.", where=str(path), allowed="a whole gzip file"
        ) from error
    except (OSError, ValueError, LookupError) as error:
        # A parser that does not know the encoding says so with the last two.
        said = error.strerror if isinstance(error, OSError) else error
        raise UnusableLogError(f"The log cannot be read: {said}.", where=str(path)) from error


class _Reader:
    """Turns the parser's calls into cases. Only what stands directly in a trace or an event counts:
    attributes of attributes, globals and classifiers say nothing of one event."""

    def __init__(self, path: Path, bytes_max: int) -> None:
        self._path = path
        self._bytes_max = bytes_max
        self._stack: list[str] = []
        self._places: list[str] = [""]
        self._case: LogCase | None = None
        self._event: LogEvent | None = None
        self._done: list[LogCase | LogEvent] = []
        self._characters = 0
        self._cases = 0
        self._events = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    def cases(self, file: BinaryIO) -> Iterator[LogCase | LogEvent]:
        """Yield what is complete after each piece of the file."""
        fed = 0
        while True:
            piece = file.read(CHUNK_BYTES)
            fed += len(piece)
            if fed > self._bytes_max:
                raise self._problem(
                    "The log is too large for what it was packed into, or altogether.",
                    f"at most {self._bytes_max} bytes unpacked",
                )
            try:
                self._parser.Parse(piece, not piece)
            except expat.ExpatError as error:
                said = expat.ErrorString(error.code)
                raise self._problem(f"The log is not well-formed XML: {said}.", None) from error
            if fed - self._parser.CurrentByteIndex > TOKEN_BYTES_MAX + CHUNK_BYTES:
                raise self._problem("A tag does not end.", f"at most {TOKEN_BYTES_MAX} bytes a tag")
            yield from self._done
            self._done.clear()
            if not piece:
                return

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag, place = name.rpartition(":")[2], self._places[-1]
        if not self._stack and tag != "log":
            raise self._problem(f"The file begins with <{name}>.", "<log>, as XES has it")
        if tag in PLACES and place not in PLACES[tag]:
            inside = [f"<{where.rpartition('/')[2]}>" for where in PLACES[tag] if where]
            allowed = f"<{tag}> in {' or '.join(inside) or 'nothing'}"
            raise self._problem(f"<{tag}> stands in <{self._stack[-1]}>.", allowed)
        if tag == "trace":
            self._cases += 1
            self._characters = 0
            self._case = LogCase(self._parser.CurrentLineNumber, self._cases)
        elif tag == "event":
            self._begin_event()
        elif tag in ATTRIBUTES and place in ("log/trace", "log/trace/event", "log/event"):
            self._attribute(given)
        self._stack.append(tag)
        if len(self._stack) > DEPTH_MAX:
            raise self._problem("The log is nested too deeply.", f"at most {DEPTH_MAX} elements")
        self._places.append(f"{place}/{tag}" if place else tag)

    def _begin_event(self) -> None:
        self._events += 1
        self._event = LogEvent(self._parser.CurrentLineNumber, self._events)
        if self._case is None:
            self._characters = 0
            return
        self._case.events.append(self._event)
        if len(self._case.events) > CASE_EVENTS_MAX:
            raise self._problem("The case has too many events.", f"at most {CASE_EVENTS_MAX}")

    def _attribute(self, given: dict[str, str]) -> None:
        holder = self._event or self._case
        key, value = given.get("key"), given.get("value")
        if holder is None or key is None or value is None:
            raise self._problem("An attribute needs a key and a value.", None)
        if key in holder.attributes:
            raise self._problem(f"The attribute {key!r} is given twice.", "each key once")
        self._characters += len(key) + len(value)
        if self._characters > CASE_CHARACTERS_MAX:
            raise self._problem(
                "The case has too much text.", f"at most {CASE_CHARACTERS_MAX} characters"
            )
        holder.attributes[key] = value

    def _end(self, _name: str) -> None:
        tag = self._stack.pop()
        self._places.pop()
        if tag == "event" and self._event is not None:
            if self._case is None:
                self._done.append(self._event)
            self._event = None
        elif tag == "trace" and self._case is not None:
            self._done.append(self._case)
            self._case = None

    def _doctype(self, *_: object) -> None:
        raise self._problem("The log has a document type.", "none: entities are not expanded")

    def _problem(self, message: str, allowed: str | None) -> UnusableLogError:
        line = self._parser.CurrentLineNumber
        return UnusableLogError(message, where=f"{self._path}, line {line}", allowed=allowed)
