"""Names met in a long log, each once, on disk and not in memory."""

import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

BUCKETS = 64
REMEMBERED_MAX = 20_000


class Distinct:
    """Names with their types, spread over files; one file's worth is in memory at a time.

    A name is *met* where something refers to it, and *told* where it is described.
    """

    def __init__(self, folder: Path) -> None:
        self._open = ExitStack()
        self._files = [
            self._open.enter_context((folder / f"names-{number:02d}").open("w+", encoding="utf-8"))
            for number in range(BUCKETS)
        ]
        self._lately: set[tuple[str, str]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def meet(self, type_: str, name: str) -> None:
        """Note that something refers to a name. Neither has a line break or a tab."""
        if (type_, name) in self._lately:
            return
        if len(self._lately) >= REMEMBERED_MAX:
            self._lately.clear()
        self._lately.add((type_, name))
        self._write(name, type_)

    def tell(self, name: str) -> None:
        """Note that a name is described elsewhere."""
        self._write(name, "")

    def untold(self) -> Iterator[tuple[str, str]]:
        """Yield types and names that were met and are nowhere described, each once."""
        for file in self._files:
            file.seek(0)
            types: dict[str, str] = {}
            told: set[str] = set()
            for line in file:
                name, _, type_ = line.rstrip("\n").partition("\t")
                if type_:
                    types[name] = type_
                else:
                    told.add(name)
            for name in sorted(types.keys() - told):
                yield types[name], name

    def _write(self, name: str, type_: str) -> None:
        file = self._files[zlib.crc32(name.encode()) % BUCKETS]
        file.write(f"{name}\t{type_}\n")
