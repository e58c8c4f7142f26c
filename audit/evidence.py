"""One signed file that proves one issue to whoever has the log's key and nothing else (I5)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from audit.evidence_text import told
from audit.facts import Facts, Life, read_life
from domain.canonical import canonical, sha256
from domain.chain import Record, breaks
from domain.checkpoints import NoteError, read_checkpoint, read_note
from domain.events_of_time import TermsAdopted
from domain.leaves import event_leaf, fact_leaf, plain_row, row_hash
from domain.merkle import Range, inclusion_ranges, is_included, leaf_hash
from domain.model import written
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.view import workflow_id
from ledger.log import AnchorRow, CheckpointRow, LogEntry, LogReading
from ledger.port import HistoryRow, IssueRow, LedgerError
from ledger.signing import Signer, is_signed_by

FORMAT: Final = "closeout-evidence"
REVISION: Final = 1
FILE_BYTES_MAX: Final = 16 * 2**20
ANCHORS_PAGE: Final = 1000

PlainRow = dict[str, object]


class EvidenceError(Exception):
    """The ledger cannot bear out what the file would say."""


class NotLoggedError(LedgerError):
    """What the file would prove is not under a checkpoint of this key yet: the log has to be
    carried on first."""


class Lives(Facts, Protocol):
    """Facts, what the list says of an issue, and the histories of the workflows that kept its
    time."""

    async def issue(self, stream: str) -> IssueRow | None:
        """Return one issue as its snapshot says."""
        ...

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        """Return the archived histories, of one workflow or of all."""
        ...


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file of evidence, and what it holds. `size`: the leaves under its checkpoint."""

    stream: str
    text: str
    events: int
    commands: int
    facts: int
    size: int


async def make_evidence(
    ledger: Lives, log: LogReading, stream: str, signer: Signer, made_at: datetime
) -> Evidence:
    """Return the evidence of an issue as of the log's newest checkpoint.

    Raises NotLoggedError if that checkpoint is not of the signer's key or does not reach the
    issue's last event, EvidenceError if the ledger contradicts itself or the issue is none.
    """
    kind = kind_of_stream(stream)
    if kind is StreamKind.ORDER:
        raise EvidenceError(f"{stream} is a supervision order: evidence is made of issues")
    if kind is StreamKind.MATTER:
        raise EvidenceError(f"{stream} is a matter: evidence is made of issues")
    row = await _checkpoint(log, signer)
    standing = await ledger.issue(stream)  # before its events: these may go on meanwhile
    life = await read_life(ledger, stream)
    if not life.records:
        raise EvidenceError(f"{stream} has no events")
    broken = next(breaks(life.records), None)
    if broken is not None:
        raise EvidenceError(f"{stream} event {broken.version}: {broken.problem}")
    prover = _Prover(log, row)
    decided = await _command_rows(log, life)
    await _require_none_gone(prover, life)
    events = await _events(prover, life, decided)
    _require_up_to(standing, life)
    runs = await ledger.histories(workflow_id(*stream_names(stream)))
    facts = await _facts(prover, life, decided, runs)
    anchors = await _anchors(log, row.size)
    body: PlainRow = {
        "anchors": [plain_row(_columns(each)) for each in anchors],
        "checkpoint": row.note,
        "commands": [plain_row(each) for each in decided if each["count"]],
        "events": events,
        "facts": facts,
        "format": FORMAT,
        "made_at": written(made_at),
        "revision": REVISION,
        "stream": stream,
        "timeline": told(life.records),
    }
    text = f"{canonical({'body': body, 'seal': _seal(body, stream, signer)})}\n"
    if len(text.encode()) > FILE_BYTES_MAX:
        raise EvidenceError(f"the evidence of {stream} is longer than {FILE_BYTES_MAX} bytes")
    return Evidence(stream, text, len(events), len(decided), len(facts), row.size)


def seal_text(body: str, stream: str) -> str:
    """Return what is signed of a file: its form, its issue, and the hash of its body's text."""
    return f"{FORMAT} {REVISION}\n{stream}\nsha256 {sha256(body)}\n"


def _seal(body: PlainRow, stream: str, signer: Signer) -> str:
    return signer.signed(seal_text(canonical(body), stream)).whole


async def _checkpoint(log: LogReading, signer: Signer) -> CheckpointRow:
    row = await log.checkpoint()
    if row is None:
        raise NotLoggedError("The log has no checkpoint yet: carry it on and sign one first.")
    try:
        note = read_note(row.note)
        said = read_checkpoint(note.text)
    except NoteError as error:
        raise EvidenceError(
            f"the checkpoint of {row.size} leaves cannot be read: {error}"
        ) from error
    if (said.size, said.root.hex()) != (row.size, row.root):
        raise EvidenceError(f"the checkpoint of {row.size} leaves is not what its note says")
    if not is_signed_by(note, signer.key):
        raise NotLoggedError(
            f"The newest checkpoint, of {row.size} leaves, is not signed by {signer.key.text}: "
            "carry the log on under that key first."
        )
    return row


def _require_up_to(standing: IssueRow | None, life: Life) -> None:
    """Refuse what ends before the list says that it ends, or otherwise."""
    if standing is None:
        raise EvidenceError(f"{life.stream} is not in the list of issues")
    version, records = standing.issue.version, life.records
    if version > len(records) or records[version - 1].hash != standing.hash:
        raise EvidenceError(
            f"{life.stream} has {len(records)} events, and the list of issues says that event "
            f"{version} of them has the hash {standing.hash}"
        )


async def _require_none_gone(prover: "_Prover", life: Life) -> None:
    """Refuse if an event after the issue's last is gone: a leaf does not say whose it is."""
    last = await prover.log.log_entry_of_event(life.stream, life.records[-1].version)
    if last is None or not prover.holds(last):
        return
    start, size = last.index + 1, prover.row.size
    carried = await prover.log.log_carried(start, size)
    if carried.leaves != size - start:
        raise EvidenceError(f"of the leaves {start} to {size - 1}, {carried.leaves} are there")
    if carried.gone is not None:
        raise EvidenceError(
            f"the event at position {carried.gone} is gone, and it may be of {life.stream}: "
            "`closeout verify --all` says more"
        )


@dataclass(slots=True)
class _Prover:
    """Gives the places of facts under one checkpoint, each with the path that proves it."""

    log: LogReading
    row: CheckpointRow
    _roots: dict[Range, bytes] = field(default_factory=dict)

    async def event(self, record: Record, command: PlainRow | None) -> tuple[LogEntry, PlainRow]:
        """Return the leaf of an event, and it as the file holds it."""
        entry = await self.log.log_entry_of_event(record.stream, record.version)
        what = f"event {record.version} of {record.stream}"
        if entry is None or entry.position is None or not self.holds(entry):
            raise self.missing(what)
        caused = None if command is None else row_hash(command)
        leaf = event_leaf(record.stream, record.version, entry.position, record.hash, caused)
        return entry, await self._proved(entry, leaf, what)

    async def fact(self, kind: str, key: str, row: PlainRow) -> PlainRow | None:
        """Return another fact as the file holds it, None if it is not under the checkpoint."""
        entry = await self.log.log_entry_of(kind, key)
        if entry is None or not self.holds(entry):
            return None
        proved = await self._proved(entry, fact_leaf(kind, key, row), f"{kind} {key}")
        return {"kind": kind, "row": plain_row(row), **proved}

    def holds(self, entry: LogEntry) -> bool:
        """Return whether a leaf is under the checkpoint."""
        return entry.index < self.row.size

    def missing(self, what: str) -> NotLoggedError:
        """Return the error that says what is not under the checkpoint."""
        said = f"{what} has no place under the newest checkpoint, of {self.row.size} leaves"
        return NotLoggedError(f"{said}: carry the log on first.")

    async def _proved(self, entry: LogEntry, leaf: bytes, what: str) -> PlainRow:
        path = [await self._root(each) for each in inclusion_ranges(entry.index, self.row.size)]
        hash_, root = leaf_hash(leaf), bytes.fromhex(self.row.root)
        if hash_ != entry.hash or not is_included(hash_, entry.index, self.row.size, path, root):
            raise EvidenceError(
                f"{what} is not what the log has of it: `closeout verify` says more"
            )
        return {"index": entry.index, "path": [each.hex() for each in path]}

    async def _root(self, leaves: Range) -> bytes:
        if leaves not in self._roots:
            self._roots[leaves] = await self.log.log_root(leaves)
        return self._roots[leaves]


async def _command_rows(log: LogReading, life: Life) -> list[PlainRow]:
    """Return the rows of a life's commands in the order in which they were decided."""
    rows = await log.fact_rows("command", [row.id for row in life.commands])
    missing = [row.id for row in life.commands if row.id not in rows]
    if missing:
        raise EvidenceError(f"command {missing[0]} of {life.stream} is not stored")
    return [rows[row.id] for row in life.commands]


async def _events(prover: _Prover, life: Life, decided: Sequence[PlainRow]) -> list[PlainRow]:
    causing = {(row["id"], row["first_version"]): row for row in decided if row["count"]}
    events = []
    for record in life.records:
        command = causing.get((record.command_id, record.version))
        entry, proved = await prover.event(record, command)
        columns = {
            **_columns(record),
            "at": written(record.at),
            "occurred_at": None if record.occurred_at is None else written(record.occurred_at),
            "position": entry.position,
        }
        events.append({"row": plain_row(columns), **proved})
    return events


async def _facts(
    prover: _Prover, life: Life, decided: Sequence[PlainRow], runs: Sequence[HistoryRow]
) -> list[PlainRow]:
    """Return the facts beside events: terms and keys must be there, what came after the checkpoint
    is left out of the rest."""
    log, named = prover.log, _terms_named(life, decided)
    vkeys = [row.vkey for row in await log.log_keys()]
    rows: dict[str, dict[str, PlainRow]] = {
        "command": {str(row["id"]): row for row in decided if not row["count"]},
        "log_key": await log.fact_rows("log_key", vkeys),
        "terms": await log.fact_rows("terms", sorted(named)),
        "workflow_history": await log.fact_rows("workflow_history", [row.run_id for row in runs]),
    }
    lacking = named - rows["terms"].keys()
    if lacking:
        raise EvidenceError(f"terms {min(lacking)}, which {life.stream} names, are not kept")
    facts = []
    for kind, of_kind in rows.items():
        for key, row in sorted(of_kind.items()):
            proved = await prover.fact(kind, key, row)
            if proved is not None:
                facts.append(proved)
            elif kind in {"log_key", "terms"}:
                raise prover.missing(f"{kind} {key}")
    return facts


def _terms_named(life: Life, decided: Iterable[PlainRow]) -> set[str]:
    """Return the terms that a life was judged by, and those that it was moved to."""
    moves = (r.event for r in life.records if r.kind == "terms_adopted")
    return {
        *(record.terms for record in life.records),
        *(str(row["terms"]) for row in decided),
        *(move.to_terms for move in moves if isinstance(move, TermsAdopted)),
    }


async def _anchors(log: LogReading, size: int) -> list[AnchorRow]:
    """Return where the checkpoint of `size` was put outside, and what came back."""
    found: list[AnchorRow] = []
    after = 0
    while page := await log.anchors(after=after, limit=ANCHORS_PAGE):
        found += [each for each in page if each.size == size]
        after = page[-1].sequence
    return found


def _columns(row: Record | AnchorRow) -> PlainRow:
    return {name: getattr(row, name) for name in row.__slots__}
