"""A transparency log over facts that a test keeps in lists: what evidence is made from."""

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from played_ledger import PlayedLedger

from audit.facts import Facts
from domain.chain import Record
from domain.checkpoints import Checkpoint, VerifierKey, hand_over_text
from domain.evolve import evolve
from domain.leaves import event_leaf, fact_leaf, row_hash
from domain.merkle import Range, leaf_hash, root_of
from domain.streams import is_issue_stream
from domain.view import workflow_id
from ledger.log import AnchorRow, Carried, CheckpointRow, LogEntry, LogKeyRow
from ledger.port import CommandRow, HistoryRow, IssueRow
from ledger.signing import Signer

NAME = "log.example"
SIGNER = Signer.from_bytes(NAME, b"\x11" * 32)
NEXT = Signer.from_bytes(NAME, b"\x22" * 32)
AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)

Row = dict[str, object]


@dataclass
class LoggedFacts:
    """The facts of a ledger, and every leaf of them. `rows`: every other fact by kind and key."""

    facts: Facts
    entries: list[LogEntry] = field(default_factory=list)
    rows: dict[str, dict[str, Row]] = field(default_factory=dict)
    kept: list[HistoryRow] = field(default_factory=list)
    keys: list[LogKeyRow] = field(default_factory=list)
    signed: list[CheckpointRow] = field(default_factory=list)
    given: list[AnchorRow] = field(default_factory=list)

    async def records(self, stream: str, *, after_version: int = 0) -> list[Record]:
        return await self.facts.records(stream, after_version=after_version)

    async def commands(self, stream: str) -> list[CommandRow]:
        return await self.facts.commands(stream)

    async def terms(self, hash_: str) -> str | None:
        return await self.facts.terms(hash_)

    def streams(self, *, batch: int = 500):  # type: ignore[no-untyped-def]  # as the facts have it
        return self.facts.streams(batch=batch)

    async def histories(self, workflow_id: str | None = None) -> list[HistoryRow]:
        return [row for row in self.kept if workflow_id in (None, row.workflow_id)]

    async def issue(self, stream: str) -> IssueRow | None:
        """As the facts have it, if they have a list of issues; else as the events say."""
        if isinstance(self.facts, PlayedLedger):
            return await self.facts.issue(stream)
        zone, _, key = stream.partition("/")
        issue, records = None, await self.records(stream)
        for record in records:
            issue = evolve(issue, record.event, zone=zone, key=key, terms=record.terms)
        return issue and IssueRow(issue, records[-1].hash, None, True, ())

    async def log_carried(self, start: int, end: int) -> Carried:
        return Carried(len(self.entries[start:end]), None)

    async def log_entry_of_event(self, stream: str, version: int) -> LogEntry | None:
        return self._places.get((stream, version))

    async def log_entry_of(self, kind: str, key: str) -> LogEntry | None:
        return self._places.get((kind, key))

    async def log_root(self, leaves: Range) -> bytes:
        return root_of(entry.hash for entry in self.entries[slice(*leaves)])

    async def checkpoint(self, size: int | None = None) -> CheckpointRow | None:
        return next((row for row in self.signed[::-1] if size in (None, row.size)), None)

    async def log_keys(self) -> list[LogKeyRow]:
        return self.keys

    async def anchors(self, *, after: int = 0, limit: int = 1000) -> list[AnchorRow]:
        return [row for row in self.given if row.sequence > after][:limit]

    async def fact_rows(self, kind: str, keys: Sequence[str]) -> dict[str, Row]:
        of_kind = self.rows.get(kind, {})
        return {key: of_kind[key] for key in keys if key in of_kind}

    def add(self, kind: str, key: str, row: Row) -> None:
        """Put a fact into its table, and give it its place."""
        self.rows.setdefault(kind, {})[key] = row
        self._place(kind, key, None, fact_leaf(kind, key, row), (kind, key))

    def add_key(self, signer: Signer, note: str | None = None) -> None:
        """Let a key sign from now on."""
        row = LogKeyRow(len(self.keys) + 1, signer.key.text, note, AT)
        self.keys.append(row)
        self.add("log_key", row.vkey, asdict(row))

    def hand_over(self, before: Signer, after: Signer) -> None:
        """Let the one key take over from the other, both signing."""
        text = hand_over_text(before.key, after.key, AT)
        first = before.signed(text)
        self.add_key(after, after.signed(text, *first.signatures).whole)

    def add_history(self, stream: str, run: str = "run-1") -> None:
        """Archive the history of a run of an issue's workflow."""
        zone, _, key = stream.partition("/")
        archive = run.encode()
        digest = hashlib.sha256(archive).hexdigest()
        row = HistoryRow(run, workflow_id(zone, key), "completed", 9, digest, archive, AT)
        self.kept.append(row)
        self.add("workflow_history", run, asdict(row))

    def sign(self, signer: Signer = SIGNER) -> None:
        """Sign a checkpoint of all leaves, and give it to somebody."""
        size = len(self.entries)
        root = root_of(entry.hash for entry in self.entries)
        note = signer.signed(Checkpoint(signer.name, size, root, AT).text).whole
        self.signed.append(CheckpointRow(size, root.hex(), AT, note))
        self.given.append(AnchorRow(len(self.given) + 1, size, "file", "/a", "sha256 1", AT))

    async def take(self, stream: str) -> None:
        """Give every fact of a stream its place, terms before what names them."""
        rows = self.rows.setdefault("command", {})
        commands, records = await self.commands(stream), await self.records(stream)
        named = {row.terms for row in commands} | {record.terms for record in records}
        moved = {r.event.to_terms for r in records if r.kind == "terms_adopted"}  # type: ignore[union-attr]  # so named
        for hash_ in sorted((named | moved) - self.rows.get("terms", {}).keys()):
            text = await self.terms(hash_)
            self.add("terms", hash_, {"hash": hash_, "zone": "z", "text": text, "at": AT})
        causing: dict[int, Row] = {}
        for command in commands:
            row = {"sequence": len(rows) + 1, **asdict(command)}
            rows[command.id] = row
            if command.count:
                causing[command.first_version] = row
            else:
                self._place("command", command.id, None, fact_leaf("command", command.id, row))
        for record in records:
            position = len(self.entries) * 2 + 1
            first = causing.get(record.version)
            caused = None if first is None else row_hash(first)
            leaf = event_leaf(stream, record.version, position, record.hash, caused)
            self._place("event", None, position, leaf, (stream, record.version))

    def __post_init__(self) -> None:
        self._places: dict[tuple[str, object], LogEntry] = {}

    def _place(
        self,
        kind: str,
        key: str | None,
        position: int | None,
        leaf: bytes,
        name: tuple[str, object] | None = None,
    ) -> None:
        entry = LogEntry(len(self.entries), kind, key, position, leaf_hash(leaf))
        self.entries.append(entry)
        self._places[name or (kind, key)] = entry


async def logged(facts: Facts) -> tuple[LoggedFacts, list[str]]:
    """Return a ledger's facts in a log that one key signs, and its issues."""
    whole = LoggedFacts(facts)
    whole.add_key(SIGNER)
    issues = [s async for s in facts.streams() if is_issue_stream(s)]
    for stream in issues:
        await whole.take(stream)
        whole.add_history(stream, f"run of {stream}")
    whole.sign()
    return whole, issues


def other_key(text: str) -> VerifierKey:
    """Return a key of the same name that signs nothing here."""
    return Signer.from_bytes(NAME, text.encode().ljust(32, b"\x00")).key
