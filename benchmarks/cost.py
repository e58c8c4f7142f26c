"""What work costs beside time: CPU by process, what PostgreSQL writes, what Temporal is asked."""

import asyncio
import os
import re
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import asyncpg

from benchmarks.footprint import PROC, tree

TICKS_A_SECOND: Final = os.sysconf("SC_CLK_TCK")
SENDER: Final = "sender"
POSTGRES: Final = "PostgreSQL"
TEMPORAL: Final = "Temporal"
WORKER: Final = "worker + relay"
LISTENING: Final = "0A"
METRICS_LINE: Final = re.compile(r'^service_requests\{.*service_name="frontend".*\} ([0-9.e+]+)$')
ANSWER_SECONDS_MAX: Final = 5.0

SIZES = """
SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema')
"""
WAL = "SELECT (pg_current_wal_lsn() - '0/0'::pg_lsn)::bigint"


def seconds_of_stat(text: str) -> float:
    """Return the CPU seconds of one line of /proc/<pid>/stat: the process's own, and those of its
    children that have ended and been waited for."""
    # The name of a program stands in brackets and may hold anything, brackets and blanks too.
    fields = text.rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / TICKS_A_SECOND


def seconds_of_tree(pid: int) -> float:
    """Return the CPU seconds of a process and all its descendants, of the ended ones too."""
    total = 0.0
    for each in tree(pid):
        with suppress(OSError):
            total += seconds_of_stat((PROC / str(each) / "stat").read_text())
    return total


class Meter:
    """Reads the CPU seconds of processes by name; of this one alone, for the rest descend from it,
    as `SENDER`."""

    def __init__(self, pids: Mapping[str, int | None]) -> None:
        self._pids = {name: pid for name, pid in pids.items() if pid is not None}

    def read(self) -> dict[str, float]:
        """Return the seconds that each has taken until now."""
        others = {name: seconds_of_tree(pid) for name, pid in self._pids.items()}
        return {SENDER: time.process_time(), **others}


def ms_each(
    before: Mapping[str, float], after: Mapping[str, float], count: int
) -> dict[str, float]:
    """Return the CPU ms that each process took for each of `count` pieces of work."""
    return {name: (after[name] - before[name]) * 1000 / count for name in before}


def told(by_process: Mapping[str, float]) -> str:
    """Return costs by process in one line, after their sum."""
    parts = ", ".join(f"{name} {value:.2f}" for name, value in by_process.items())
    return f"{sum(by_process.values()):.2f} ({parts})"


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes since a server began (`wal`), and what stands in the tables of databases (`tables`)."""

    wal: int
    tables: int


async def written(urls: Iterable[str]) -> Written:
    """Return what has been written on the server of the databases, and what they hold: tables with
    their indexes and what is stored beside them."""
    wal, tables = 0, 0
    for url in urls:
        connection = await asyncpg.connect(url)
        try:
            wal = await connection.fetchval(WAL)
            tables += await connection.fetchval(SIZES)
        finally:
            await connection.close()
    return Written(wal, tables)


def requests_in(metrics: str) -> float:
    """Return how many requests a server of Temporal says that its front has taken."""
    found = map(METRICS_LINE.match, metrics.splitlines())
    return sum(float(each.group(1)) for each in found if each is not None)


def listening_ports(pid: int) -> list[int]:
    """Return the ports on which a process listens."""
    inodes = set()
    with suppress(OSError):
        for file in (PROC / str(pid) / "fd").iterdir():
            with suppress(OSError):
                inodes.add(os.readlink(file).removeprefix("socket:[").removesuffix("]"))
    ports = set()
    for table in ("tcp", "tcp6"):
        with suppress(OSError):
            ports |= _listening(PROC / str(pid) / "net" / table, inodes)
    return sorted(ports)


def _listening(table: Path, inodes: set[str]) -> set[int]:
    rows = [line.split() for line in table.read_text().splitlines()[1:]]
    return {
        int(row[1].rpartition(":")[2], 16)
        for row in rows
        if row[3] == LISTENING and row[9] in inodes
    }


class TemporalFront:
    """Asks an embedded server of Temporal how many requests its front has taken. The development
    server tells its metrics on a port that it picks itself."""

    def __init__(self, pid: int | None) -> None:
        self._pid = pid
        self._port: int | None = None

    async def requests(self) -> float | None:
        """Return the number since the server began, None where it cannot be had."""
        if self._pid is None:
            return None
        ports = [self._port] if self._port is not None else listening_ports(self._pid)
        for port in ports:
            said = await _metrics(port)
            if count := requests_in(said):
                self._port = port
                return count
        return None


async def _metrics(port: int) -> str:
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS_MAX):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(b"GET /metrics HTTP/1.0\r\nHost: localhost\r\n\r\n")
                return (await reader.read(-1)).decode(errors="replace")
            finally:
                writer.close()
    return ""
