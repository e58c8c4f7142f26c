"""Ledgers kept as files: what was sent, what came of it, and the terms; no database needed."""

import gzip
import json
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, assert_never

from pydantic import TypeAdapter

from audit.facts import Facts, Life, read_life
from audit.reexecute import Reexecution, reexecute_all
from domain.canonical import canonical
from domain.chain import Record
from domain.events_of_time import TermsAdopted
from domain.matters.acts import MatterTermsAdopted
from domain.model import written
from domain.order_events import OrderTermsAdopted
from domain.streams import StreamKind, kind_of_stream
from ledger.port import CommandRow

FORMAT = 1
SUFFIX = ".jsonl.gz"

_RECORD: TypeAdapter[Record] = TypeAdapter(Record)
_COMMAND: TypeAdapter[CommandRow] = TypeAdapter(CommandRow)


class CorpusError(Exception):
    """A corpus file is not one, or is damaged."""


@dataclass(slots=True)
class Corpus:
    """A ledger read from a file; it answers as far as a re-execution asks."""

    name: str
    texts: dict[str, str] = field(default_factory=dict)
    records_of: dict[str, list[Record]] = field(default_factory=dict)
    commands_of: dict[str, list[CommandRow]] = field(default_factory=dict)

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        """Return the events of a stream in order of version."""
        return [r for r in self.records_of.get(stream, []) if r.version > after_version]

    async def commands(self, stream: str) -> list[CommandRow]:
        """Return the commands of a stream in the order in which they were decided."""
        return self.commands_of.get(stream, [])

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        return self.texts.get(hash_)

    async def streams(self, *, batch: int = 500) -> AsyncIterator[str]:
        """Yield every stream, in order; `batch` is of no account here."""
        del batch
        for stream in sorted(self.records_of.keys() | self.commands_of.keys()):
            yield stream


async def write_corpus(
    facts: Facts, folder: Path, *, name: str = "ledger", streams: Iterable[str] | None = None
) -> Path:
    """Write a ledger, or some streams of it, to `folder`; the same ledger gives the same bytes."""
    chosen = [stream async for stream in facts.streams()] if streams is None else sorted(streams)
    path = folder / f"{name}{SUFFIX}"
    with writing(path) as written_to:
        for stream in chosen:
            life = await read_life(facts, stream)
            for hash_ in written_to.unknown(life):
                written_to.terms(hash_, await facts.terms(hash_))
            written_to.life(life)
    return path


class Writer:
    """A corpus file that is being written: the terms that a life names, then the life."""

    def __init__(self, packed: gzip.GzipFile) -> None:
        self._packed = packed
        self._known: set[str] = set()

    def unknown(self, life: Life) -> list[str]:
        """Return which terms the life names that are not in the file, in order."""
        return sorted(_named(life) - self._known)

    def terms(self, hash_: str, text: str | None) -> None:
        """Write terms; None where the ledger does not have them."""
        self._known.add(hash_)
        self._packed.write(_line("terms", {"hash": hash_, "text": text}))

    def life(self, life: Life) -> None:
        """Write everything recorded of one stream."""
        self._packed.writelines(_line("command", asdict(row)) for row in life.commands)
        self._packed.writelines(_line("event", asdict(row)) for row in life.records)


@contextmanager
def writing(path: Path, level: int = 9) -> Iterator[Writer]:
    """Write a corpus file life by life; `level`: how hard it is packed, 1 to 9. The same lives in
    the same order give the same bytes."""
    with _packing(path, level) as packed:
        name = path.name.removesuffix(SUFFIX)
        packed.write(_line("corpus", {"format": FORMAT, "name": name}))
        yield Writer(packed)


def _named(life: Life) -> set[str]:
    """Return the terms that a life was judged by, and those that it was moved to."""
    return {
        *(row.terms for row in life.commands),
        *(row.terms for row in life.records),
        *_moved_to(life),
    }


def _moved_to(life: Life) -> Iterator[str]:
    kind = kind_of_stream(life.stream)
    for record in life.records:
        match kind:
            case StreamKind.ISSUE:
                event: object = record.event
            case StreamKind.ORDER:
                event = record.order_event
            case StreamKind.MATTER:
                event = record.matter_event
            case _:
                assert_never(kind)
        if isinstance(event, TermsAdopted | OrderTermsAdopted | MatterTermsAdopted):
            yield event.to_terms


def read_corpus(path: Path) -> Corpus:
    """Return the ledger that a file holds. Raises CorpusError."""
    corpus = Corpus(path.name.removesuffix(SUFFIX))
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            head = json.loads(next(lines, "{}"))
            if head.get("corpus", {}).get("format") != FORMAT:
                raise CorpusError(f"{path.name} is no corpus of format {FORMAT}")
            for line in lines:
                _take(corpus, json.loads(line))
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise CorpusError(f"{path.name} cannot be read: {error}") from error
    return corpus


async def reexecute_corpus(folder: Path) -> dict[str, Reexecution]:
    """Decide again everything in every corpus file of `folder`, by the name of the file."""
    return {path.name: await reexecute_all(read_corpus(path)) for path in corpus_files(folder)}


def corpus_files(folder: Path) -> list[Path]:
    """Return the corpus files of a folder, in order."""
    return sorted(folder.glob(f"*{SUFFIX}"))


@contextmanager
def _packing(path: Path, level: int) -> Iterator[gzip.GzipFile]:
    """Open a gzip file that carries neither a name nor a time of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file, gzip.GzipFile("", "wb", level, file, 0) as packed:
        yield packed


def _line(kind: str, row: dict[str, Any]) -> bytes:
    in_text = {
        key: written(entry) if isinstance(entry, datetime) else entry for key, entry in row.items()
    }
    return f"{canonical({kind: in_text})}\n".encode()


def _take(corpus: Corpus, line: dict[str, Any]) -> None:
    match line:
        case {"terms": {"hash": str(hash_), "text": str(text)}}:
            corpus.texts[hash_] = text
        case {"terms": {"hash": str(), "text": None}}:
            pass
        case {"event": row}:
            record = _RECORD.validate_python(row)
            corpus.records_of.setdefault(record.stream, []).append(record)
        case {"command": row}:
            command = _COMMAND.validate_python(row)
            corpus.commands_of.setdefault(command.stream, []).append(command)
        case _:
            raise CorpusError(f"{corpus.name} has a line of an unknown kind: {sorted(line)}")
