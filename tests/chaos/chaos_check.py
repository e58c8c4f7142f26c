"""The invariant checker: what the clients were told, held against what is kept. It trusts neither
the engine's own tables nor its tests, and reads facts alone."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from chaos_log import Line
from chaos_plan import Manner
from chaos_zone import CLOCKS

from domain.chain import GENESIS, Record, link
from domain.commands import Note
from domain.events import RungFired
from domain.view import CommandResult
from ledger.port import CommandRow, FiringRow

LATE_MAX: Final = timedelta(seconds=10)
ENGINE_KINDS: Final = frozenset({"ring_rung", "record_history_lost"})
"""Commands that the engine gives; all others come from clients."""

Rung = tuple[str, int, str]


@dataclass(frozen=True, slots=True)
class Outage:
    """From the beginning of a fault until what it hit serves again. `jump_s`: by how much a clock
    was wrong meanwhile, and with it what was stamped."""

    from_at: datetime
    to_at: datetime
    what: str
    jump_s: float = 0.0


@dataclass(slots=True)
class Kept:
    """What the ledger keeps of one stream."""

    records: Sequence[Record]
    commands: Sequence[CommandRow]
    firings: Sequence[FiringRow]


@dataclass(slots=True)
class Checked:
    """What checking came to."""

    findings: list[str] = field(default_factory=list)
    fired: int = 0
    latest: timedelta = timedelta(0)
    """The most that a rung was late after its due time or the end of the outage before it."""

    def add(self, other: "Checked") -> None:
        """Take in what another check came to."""
        self.findings += other.findings
        self.fired += other.fired
        self.latest = max(self.latest, other.latest)


def check(
    kept: Mapping[str, Kept], log: Iterable[Line], outages: Sequence[Outage], now: datetime
) -> Checked:
    """Hold the clients' log and the streams against each other; `now`: when they were read."""
    checked = Checked()
    lines = {line.submission.id: line for line in log}
    for stream, of_stream in kept.items():
        checked.findings += [f"{stream}: {found}" for found in _of_chain(stream, of_stream)]
        checked.findings += [f"{stream}: {found}" for found in _of_commands(of_stream, lines)]
        checked.add(_of_rungs(stream, of_stream, outages, now))
    checked.findings += _of_log(kept, lines.values())
    return checked


def _of_chain(stream: str, kept: Kept) -> Iterator[str]:
    """No version is missing or there twice, and each is bound to the one before."""
    previous = GENESIS
    for version, record in enumerate(kept.records, start=1):
        if record.version != version or record.stream != stream:
            yield f"forked or torn: {record.stream} {record.version} stands where {version} should"
        if record.previous != previous:
            yield f"forked: version {record.version} does not follow the one before"
        if record.hash != link(record.previous, record.text):
            yield f"changed: version {record.version} is not what its hash says"
        previous = record.hash


def _of_commands(kept: Kept, lines: Mapping[str, Line]) -> Iterator[str]:
    """Every event comes of a command that is stored once, every command of a client or of time."""
    caused = Counter(record.command_id for record in kept.records)
    stored = Counter(row.id for row in kept.commands)
    for id_, times in stored.items():
        if times > 1:
            yield f"doubled: command {id_} is stored {times} times"
    for id_ in caused.keys() - stored.keys():
        yield f"foreign: events of {id_}, which is not stored"
    for row in kept.commands:
        if caused[row.id] != row.count:
            word = "doubled" if caused[row.id] > row.count else "lost"
            yield f"{word}: {caused[row.id]} events of {row.id}, which caused {row.count}"
        if row.kind not in ENGINE_KINDS and row.id not in lines:
            yield f"foreign: nobody sent {row.id}"


def _of_log(kept: Mapping[str, Kept], lines: Iterable[Line]) -> Iterator[str]:
    """What was acknowledged is stored, with the answer given; what a note says is there once."""
    rows = {row.id: row for of_stream in kept.values() for row in of_stream.commands}
    said = Counter(
        text
        for of_stream in kept.values()
        for record in of_stream.records
        if (text := getattr(record.event, "text", None)) and record.kind != "issue_reported"
    )
    for line in lines:
        id_, row = line.submission.id, rows.get(line.submission.id)
        if line.is_acknowledged and row is None:
            yield f"lost: {id_} was acknowledged and is not stored"
        if row is not None and row.stream != line.stream:
            yield f"foreign: {id_} is stored under {row.stream}"
        if row is not None:
            stored = CommandResult.model_validate_json(row.result)
            for told in line.told:
                if told.model_copy(update={"repeated": False}) != stored:
                    yield f"forked: {id_} was answered {told}, and {stored} is stored"
        if isinstance(line.submission.command, Note):
            times = said[line.submission.command.text]
            if times != (row is not None):
                yield f"{'doubled' if times > 1 else 'lost'}: the note {id_} is there {times} times"
        if row is None and line.manner is not Manner.ABANDONED and not line.is_acknowledged:
            yield f"lost: {id_} was sent {line.tries} times and never acknowledged"
            yield f"odd: {id_} was last refused by {line.last_refusal}"
        for odd in line.odd:
            yield f"odd: {id_} was answered {odd}"


def _of_rungs(stream: str, kept: Kept, outages: Sequence[Outage], now: datetime) -> Checked:
    """Every rung that was due has fired, once, neither early nor late."""
    checked, found = Checked(), []
    pending: dict[Rung, datetime] = {}
    fired: Counter[Rung] = Counter()
    for record in kept.records:
        event = record.event
        if isinstance(event, RungFired) and event.clock in CLOCKS:
            name = (event.clock, event.cycle, event.rung)
            fired[name] += 1
            due_at = pending.pop(name, None)
            if due_at is None and fired[name] == 1:
                found.append(f"foreign: {name} fired and was not promised")
            if fired[name] == 1:
                _hold_to_time(name, due_at or event.due_at, event.at, outages, checked, found)
        for change in event.clocks:
            if change.clock in CLOCKS:
                found += _ended(pending, change.clock, event.at)
                if change.run is not None:
                    pending |= {
                        (change.clock, change.cycle, r.id): r.due_at for r in change.run.rungs
                    }
    for name, due_at in pending.items():
        if now > _to_be_done_by(due_at, outages)[0]:
            found.append(f"lost: {name}, due {due_at}, never fired")
    found += [f"doubled: {name} fired {times} times" for name, times in fired.items() if times > 1]
    rows = Counter((row.clock, row.cycle, row.rung) for row in kept.firings if row.clock in CLOCKS)
    if rows != fired:
        found.append(
            f"forked: events and the table of firings differ: {rows - fired | fired - rows}"
        )
    checked.fired = fired.total()
    checked.findings += [f"{stream}: {each}" for each in found]
    return checked


def _ended(pending: dict[Rung, datetime], clock: str, at: datetime) -> Iterator[str]:
    """A clock that stops takes its rungs along, but not those that were due."""
    for name in [name for name in pending if name[0] == clock]:
        due_at = pending.pop(name)
        if due_at <= at:
            yield f"lost: {name}, due {due_at}, had not fired when its clock stopped at {at}"


def _hold_to_time(
    name: Rung,
    due_at: datetime,
    at: datetime,
    outages: Sequence[Outage],
    checked: Checked,
    found: list[str],
) -> None:
    if at < due_at:
        found.append(f"early: {name}, due {due_at}, fired at {at}")
    by_at, excused_until = _to_be_done_by(due_at, outages)
    checked.latest = max(checked.latest, at - max(due_at, min(at, excused_until)))
    if at > by_at:
        found.append(f"late: {name}, due {due_at}, fired at {at}, {at - excused_until} too late")


def _to_be_done_by(due_at: datetime, outages: Sequence[Outage]) -> tuple[datetime, datetime]:
    """Return when a rung must have fired, and until when it was excused: an outage that begins
    while there is still time excuses until its end. A wrong clock stamps by so much more."""
    excused, jump = due_at, timedelta(0)
    for outage in sorted(outages, key=lambda each: each.from_at):
        if outage.from_at <= excused + LATE_MAX:
            excused = max(excused, outage.to_at)
            jump = max(jump, timedelta(seconds=outage.jump_s))
    return excused + LATE_MAX + jump, excused
