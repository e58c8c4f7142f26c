"""`python -m benchmarks.exports`: how fast each form of export is and what it keeps in memory, and
whether pm4py, in an environment that is thrown away, reads the logs."""

import argparse
import asyncio
import json
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from audit.corpus import read_corpus
from audit.exports.choosing import Choice
from audit.exports.csv import Csv
from audit.exports.exporting import Asked, export
from audit.exports.forms import Form
from audit.exports.jsonl import JsonLines
from audit.exports.ocel import Ocel
from audit.exports.told import Told, order_steps, steps
from audit.exports.xes import Xes
from domain.chain import GENESIS, Record, link
from domain.orders import is_order_stream
from domain.streams import is_issue_stream
from ledger.connections import open_pool
from ledger.migrate import migrate
from ledger.port import CommandRow
from ledger.postgres import PostgresLedger
from ledger.projections import columns_of
from runtime.postgres import ADMIN, EmbeddedPostgres
from runtime.postgres_home import remove_home

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record]

CORPUS = Path(__file__).parent.parent / "tests" / "audit" / "corpus"
NAMES = ("rules-3-ladder", "rules-3-procedures", "rules-3")
FORMS = ("jsonl", "csv", "ocel", "xes")
WOVEN = 500
"""So many lives run at a time: their events lie among one another."""
MILLION = 1_000_000
READER = """
import json, sys
import pm4py
ocel = pm4py.read_ocel2_json(sys.argv[1])
log = pm4py.read_xes(sys.argv[2])
flat = pm4py.ocel_flattening(ocel, "issue")
graph, starts, ends = pm4py.discover_dfg(log)
print(json.dumps({
    "pm4py": pm4py.__version__,
    "ocel_events": len(ocel.events),
    "ocel_objects": len(ocel.objects),
    "ocel_relations": len(ocel.relations),
    "ocel_changes": len(ocel.object_changes),
    "object_types": sorted(map(str, pm4py.ocel_get_object_types(ocel))),
    "flattened_cases": int(flat["case:concept:name"].nunique()),
    "xes_cases": int(log["case:concept:name"].nunique()),
    "xes_events": len(log),
    "xes_edges": len(graph),
    "xes_starts": {str(k): int(v) for k, v in starts.items()},
}))
"""

Life = tuple[list[Record], list[CommandRow]]


def lives(count: int) -> Iterator[Life]:
    """Yield recorded lives again and again, each under a name of its own and hashed anew, until
    there are `count` events."""
    corpora = [read_corpus(CORPUS / f"{name}.jsonl.gz") for name in NAMES]
    made, turn = 0, 0
    while made < count:
        for number, corpus in enumerate(corpora):
            for stream, records in corpus.records_of.items():
                own = f"{stream}-{turn:05d}-{number}"
                yield (
                    list(_renamed(records, stream, own)),
                    [_command(row, stream, own) for row in corpus.commands_of[stream]],
                )
                made += len(records)
                if made >= count:
                    return
        turn += 1


def _renamed(records: list[Record], stream: str, own: str) -> Iterator[Record]:
    previous = GENESIS
    for record in records:
        text = record.text.replace(f'"stream":"{stream}"', f'"stream":"{own}"')
        id_ = f"{own}:{record.command_id}"
        text = text.replace(f'"command_id":"{record.command_id}"', f'"command_id":"{id_}"')
        hash_ = link(previous, text)
        yield Record(
            own,
            record.version,
            record.kind,
            record.at,
            record.occurred_at,
            id_,
            *(record.command_hash, record.terms, record.rules, text, previous, hash_),
        )
        previous = hash_


def _command(row: CommandRow, stream: str, own: str) -> CommandRow:
    body = row.body.replace(f'"{stream}"', f'"{own}"')
    return CommandRow(
        f"{own}:{row.id}",
        own,
        *(row.kind, row.at, row.actor, body, row.hash, row.terms, row.rules),
        *(row.first_version, row.count, row.result),
    )


async def fill(connection: "Connection", count: int) -> int:
    """Write `count` events or a few more, woven, with the rows of their issues."""
    position, source = 0, lives(count)
    await connection.execute("SET session_replication_role = replica")
    for name in NAMES:
        texts = read_corpus(CORPUS / f"{name}.jsonl.gz").texts
        await connection.executemany(
            "INSERT INTO terms (hash, zone, text, at) VALUES ($1, 'any', $2, now())"
            " ON CONFLICT DO NOTHING",
            list(texts.items()),
        )
    while batch := list(islice(source, WOVEN)):
        events: list[tuple[object, ...]] = []
        for turn in range(max(len(records) for records, _ in batch)):
            for records, _ in batch:
                if turn < len(records):
                    position += 1
                    events.append((position, *_values(records[turn], _EVENT[1:])))
        await _copy(connection, "event", _EVENT, events)
        commands = [row for _, rows in batch for row in rows]
        await _copy(connection, "command", _COMMAND, [_values(row, _COMMAND) for row in commands])
        streams = [records for records, _ in batch if is_issue_stream(records[0].stream)]
        await _copy(connection, "issue", _ISSUE, [_issue(records) for records in streams])
        orders = [records for records, _ in batch if is_order_stream(records[0].stream)]
        await _copy(
            connection, "supervision_order", _ORDER, [_order(records) for records in orders]
        )
    await connection.execute("SELECT setval('event_position_seq', $1)", position)
    await connection.execute("ANALYZE")
    return position


_EVENT = (
    *("position", "stream", "version", "kind", "at", "occurred_at", "command_id"),
    *("command_hash", "terms", "rules", "text", "previous", "hash"),
)
_COMMAND = (
    *("id", "stream", "kind", "at", "actor", "body", "hash", "terms", "rules"),
    *("first_version", "count", "result"),
)
_ISSUE = (
    *("stream", "zone", "key", "version", "hash", "terms", "phase", "outcome", "number"),
    *("category", "enterprise", "owner", "handler", "tier", "priority", "title", "reported_at"),
    *("closed_at", "next_due_at", "deadline_at", "open", "armed_due_at", "answered", "snapshot"),
)
_ORDER = (
    *("stream", "zone", "key", "version", "hash", "terms", "standing", "open", "instrument"),
    *("unit", "issuer", "issues", "issued_at", "ended_at", "news", "heard", "snapshot"),
)


async def _copy(
    connection: "Connection", table: str, columns: tuple[str, ...], rows: list[tuple[object, ...]]
) -> None:
    await connection.copy_records_to_table(table, records=rows, columns=columns)


def _values(row: object, columns: tuple[str, ...]) -> tuple[object, ...]:
    return tuple(getattr(row, column) for column in columns)


def _issue(records: list[Record]) -> tuple[object, ...]:
    *_, last = steps(Told(records[0].stream, tuple(enumerate(records))))
    issue, columns = last.after, columns_of(last.after)
    known = {
        "stream": records[0].stream,
        "zone": issue.zone,
        "key": issue.key,
        "version": issue.version,
        "hash": records[-1].hash,
        "terms": issue.terms,
        "number": None,  # a zone's numbers are its own, and these lives are copies
        "armed_due_at": None,
        "answered": True,
        "snapshot": "{}",
    }
    return tuple(known[name] if name in known else getattr(columns, name) for name in _ISSUE)


def _order(records: list[Record]) -> tuple[object, ...]:
    *_, last = order_steps(Told(records[0].stream, tuple(enumerate(records))))
    order = last.after
    return (
        *(records[0].stream, order.zone, order.key, order.version, records[-1].hash, order.terms),
        *(order.standing.value, order.is_open, order.instrument, order.unit, order.issuer.post),
        *(list(order.issues), order.issued_at, order.ended_at, 0, 0, "{}"),
    )


async def one(url: str, form: str, file: Path) -> None:
    """Export everything, and print what it took. Run in a process of its own."""
    before = peak_kb()
    asked = Asked(f"{form}-{time.time_ns()}", Choice(), '{"kind":"engine"}', datetime.now(UTC))
    ledger = PostgresLedger(await open_pool(url, size=1))
    began, cpu = time.perf_counter(), time.process_time()
    try:
        with ExitStack() as stack:
            made = _form(form, file.parent, stack)
            done = await export(ledger, ledger, made, file, asked, replace=True)
    finally:
        await ledger.close()
    told = {
        "form": form,
        "events": done.counts.events,
        "bytes": done.file.size,
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "before_kb": before,
        "peak_kb": peak_kb(),
    }
    print(json.dumps(told))


def peak_kb() -> int:
    """Return the most memory that this program has held. `getrusage` would tell that of the
    process that it was forked from, if that had more."""
    for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return 0


def _form(name: str, folder: Path, stack: ExitStack) -> Form:
    if name == "ocel":
        return stack.enter_context(Ocel(folder))
    simple: dict[str, Callable[[], Form]] = {"jsonl": JsonLines, "csv": Csv, "xes": Xes}
    return simple[name]()


def measured(url: str, form: str, folder: Path) -> dict[str, float]:
    """Export in a process of its own."""
    file = folder / f"log.{form}"
    words = [sys.executable, "-m", "benchmarks.exports", "--one", url, form, str(file)]
    said = subprocess.run(words, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(said)
    return found


def read_by_pm4py(folder: Path, python: Path | None) -> dict[str, object] | None:
    """Have pm4py read the logs in `folder`; None, and a reason printed, where it cannot be had."""
    place = folder / "pm4py"
    if python is None:
        venv.create(place, with_pip=True)
        python = place / "bin" / "python"
        words = [
            str(python),
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "pm4py",
        ]
        asked = subprocess.run(words, capture_output=True, text=True, check=False)
        if asked.returncode:
            print(f"pm4py: skipped, it cannot be installed here: {asked.stderr.strip()[-300:]}")
            return None
    logs = [str(folder / "log.ocel.json"), str(folder / "log.xes")]
    shutil.copyfile(folder / "log.ocel", logs[0])
    read = subprocess.run(
        [str(python), "-c", READER, *logs], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(read.stdout.strip().splitlines()[-1])
    return found


async def run(counts: list[int], python: Path | None, *, with_pm4py: bool) -> None:
    """Measure each form at each size; the logs of the first are read by pm4py."""
    folder = Path(tempfile.mkdtemp(prefix="closeout-exports-"))
    try:
        async with EmbeddedPostgres(folder / "postgres") as server:
            for number, count in enumerate(counts):
                await _at_size(server, f"exports_{number}", count, folder)
                if number == 0 and with_pm4py:
                    print(json.dumps(read_by_pm4py(folder, python), ensure_ascii=False, indent=2))
    finally:
        remove_home(folder / "postgres")
        shutil.rmtree(folder, ignore_errors=True)


async def _at_size(server: EmbeddedPostgres, database: str, count: int, folder: Path) -> None:
    await server.create_database(database)
    url = server.url(ADMIN, database)
    await migrate(server.url("closeout_owner", database))
    connection = await asyncpg.connect(url)
    try:
        began = time.perf_counter()
        written = await fill(connection, count)
        print(f"{written:,} events written in {time.perf_counter() - began:.0f} s", flush=True)
    finally:
        await connection.close()
    for form in FORMS:
        found = await asyncio.to_thread(measured, url, form, folder)
        pace = found["events"] / found["seconds"]
        print(
            f"{form:6} {found['events']:>9,.0f} events {found['bytes'] / 1e6:>8,.1f} MB"
            f" {found['seconds']:>7.1f} s, {pace:>7,.0f} events/s"
            f" ({found['events'] / found['cpu_s']:>7,.0f} a second of our own CPU)"
            f"  memory {found['before_kb'] / 1024:,.0f} -> {found['peak_kb'] / 1024:,.0f} MB"
            f"  a million: {MILLION / pace:,.0f} s",
            flush=True,
        )


def main() -> None:
    """Read the flags and measure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.exports", description=__doc__)
    parser.add_argument("--events", default="3000,30000,120000", help="sizes of the ledger")
    parser.add_argument("--no-pm4py", action="store_true", help="do not ask pm4py")
    parser.add_argument("--python", type=Path, help="of an environment that has pm4py already")
    parser.add_argument("--one", nargs=3, metavar=("URL", "FORM", "FILE"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        url, form, file = given.one
        asyncio.run(one(url, form, Path(file)))
        return
    counts = [int(count) for count in given.events.split(",")]
    asyncio.run(run(counts, given.python, with_pm4py=not given.no_pm4py))


if __name__ == "__main__":
    main()
