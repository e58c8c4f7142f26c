"""Which issues go into a file, and their lives as the ledger had them at one position."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from audit.exports.told import Told, matter_steps, steps
from domain.chain import Record
from domain.issue import stream_name
from domain.model import written
from domain.streams import StreamKind, is_issue_stream, kind_of_stream, stream_names
from ledger.exports import Exports, StreamRow, ranges, ranges_of_others
from ledger.port import CommandRow

STREAMS_A_PAGE = 500
EVENTS_A_READ = 2000
"""So many events are asked for at once, or those of one stream if it has more."""


class Source(Exports, Protocol):
    """The part of a ledger that lives are read from."""

    async def terms(self, hash_: str) -> str | None:
        """Return the text of the terms called `hash_`."""
        ...


@dataclass(frozen=True, slots=True)
class Choice:
    """Which issues are in, each whole or not at all, as they stood at the position.

    `from_at` and `to_at` bound the report, the second itself left out; `issue` is a stream's name.
    A supervision order is in if an issue that it covers is, a matter if one that hangs together
    with it is; without any of these but a zone, each.
    """

    zone: str | None = None
    category: str | None = None
    from_at: datetime | None = None
    to_at: datetime | None = None
    open: bool | None = None
    issue: str | None = None

    @property
    def plain(self) -> dict[str, object]:
        """Return what is set, as statements and records say it."""
        given: dict[str, object] = {
            "zone": self.zone,
            "category": self.category,
            "from": None if self.from_at is None else written(self.from_at),
            "to": None if self.to_at is None else written(self.to_at),
            "open": self.open,
            "issue": self.issue,
        }
        return {name: value for name, value in given.items() if value is not None}

    @property
    def is_by_issue(self) -> bool:
        """Return whether it hangs on the issue, and not on its zone alone, what is in."""
        return bool(self.plain.keys() - {"zone"})

    def fits(self, stream: str, category: str, *, is_open: bool, reported_at: datetime) -> bool:
        """Return whether an issue that stands so is in."""
        return (
            self.issue in (None, stream)
            and self.category in (None, category)
            and self.open in (None, is_open)
            and (self.from_at is None or self.from_at <= reported_at)
            and (self.to_at is None or reported_at < self.to_at)
        )


async def lives(
    source: Source,
    choice: Choice,
    position: int,
    *,
    with_commands: bool = False,
    with_others: bool = True,
    passed: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[Told]:
    """Yield the chosen streams, by name within the issues, orders and matters of a zone.

    `with_others`: orders and matters too. One read is held at a time. `passed` hears of how many
    streams more are done with.
    """
    async for page in _pages(source, choice, position):
        chosen = [
            row
            for row in page
            if (with_others or is_issue_stream(row.stream))
            and await _is_in(source, choice, position, row)
        ]
        for batch in _batches(chosen):
            names = [row.stream for row in batch]
            events = await source.events_up_to({row.stream: row.version for row in batch})
            commands = await source.commands_of(names) if with_commands else []
            for told in _parted(batch, events, commands):
                yield told
        passed(len(page))


async def _pages(source: Source, choice: Choice, position: int) -> AsyncIterator[list[StreamRow]]:
    between = ranges(choice.zone)
    if choice.issue is not None:
        yield await source.streams_named(position, [choice.issue])
        zone, _ = stream_names(choice.issue)
        between = ranges_of_others(zone)  # of its zone: none of another names it
    for first, last in between:
        after = first
        while page := await source.streams_between(position, after, last, STREAMS_A_PAGE):
            after = page[-1].stream
            if choice.issue is not None:
                page = [row for row in page if not is_issue_stream(row.stream)]
            yield page


async def _is_in(source: Source, choice: Choice, position: int, row: StreamRow) -> bool:
    if row.version == 0:
        return False
    zone, _ = stream_names(row.stream)
    if choice.zone not in (None, zone):
        return False
    if not choice.is_by_issue:
        return True
    if is_issue_stream(row.stream):
        return await _fits(source, choice, position, row)
    covered = [stream_name(zone, key) for key in await _named(source, row)]
    for issue in await source.streams_named(position, covered):
        if issue.version and await _fits(source, choice, position, issue):
            return True
    return False


async def _named(source: Source, row: StreamRow) -> tuple[str, ...]:
    """Return the issues that an order covers, which never change, or those that hung together with
    a matter at the position."""
    if kind_of_stream(row.stream) is StreamKind.ORDER or row.row_version == row.version:
        return row.issues
    told = Told(row.stream, tuple(await source.events_up_to({row.stream: row.version})))
    *_, last = matter_steps(told)
    return tuple(tie.issue for tie in last.after.ties)


async def _fits(source: Source, choice: Choice, position: int, row: StreamRow) -> bool:
    """The issue's row tells, unless the issue has moved on since the position: then its events."""
    if row.row_version == row.version and row.category is not None:
        if row.open is None or row.reported_at is None:
            return False
        return choice.fits(row.stream, row.category, is_open=row.open, reported_at=row.reported_at)
    told = Told(row.stream, tuple(await source.events_up_to({row.stream: row.version})))
    *_, last = steps(told)
    issue = last.after
    return choice.fits(
        row.stream, issue.category, is_open=issue.is_open, reported_at=issue.reported_at
    )


def _batches(rows: Sequence[StreamRow]) -> Iterator[list[StreamRow]]:
    batch: list[StreamRow] = []
    events = 0
    for row in rows:
        if batch and events + row.version > EVENTS_A_READ:
            yield batch
            batch, events = [], 0
        batch.append(row)
        events += row.version
    if batch:
        yield batch


def _parted(
    batch: Sequence[StreamRow],
    events: Sequence[tuple[int, Record]],
    commands: Sequence[CommandRow],
) -> Iterator[Told]:
    """A command that changed nothing has no position: it is in if it was decided on what is in."""
    events_of: dict[str, list[tuple[int, Record]]] = {row.stream: [] for row in batch}
    commands_of: dict[str, list[CommandRow]] = {row.stream: [] for row in batch}
    for each in events:
        events_of[each[1].stream].append(each)
    newest = {row.stream: row.version for row in batch}
    for command in commands:
        if command.first_version + command.count <= newest[command.stream] + 1:
            commands_of[command.stream].append(command)
    for row in batch:
        yield Told(row.stream, tuple(events_of[row.stream]), tuple(commands_of[row.stream]))
