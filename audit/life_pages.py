"""Whole lives of a zone's issues, a page at a time: two statements a page, however many issues."""

from collections.abc import AsyncIterator, Mapping
from typing import Final, Protocol

from audit.facts import Life, TermTexts
from domain.chain import Record
from domain.streams import is_issue_stream
from ledger.exports import Exports, StreamRow, ranges
from ledger.port import CommandRow

ISSUES_A_PAGE: Final = 200


class Pages(Exports, TermTexts, Protocol):
    """A ledger that gives whole lives by the page, and the terms that they name."""


async def issue_pages(ledger: Pages, zone: str, position: int) -> AsyncIterator[list[StreamRow]]:
    """Yield the issues that a zone had at `position`, with the version of each there, a page at a
    time, in order of stream."""
    after, before = ranges(zone)[0]
    while rows := await ledger.streams_between(position, after, before, ISSUES_A_PAGE):
        found = [row for row in rows if row.version and is_issue_stream(row.stream)]
        if found:
            yield found
        after = rows[-1].stream


async def read_lives(ledger: Pages, versions: Mapping[str, int]) -> list[Life]:
    """Return some streams up to a version each. Of a page that cannot be read the errors named in
    `audit.reexecute.SPOILT` are raised: its lives can be read one by one."""
    records: dict[str, list[Record]] = {stream: [] for stream in versions}
    commands: dict[str, list[CommandRow]] = {stream: [] for stream in versions}
    for _, record in await ledger.events_up_to(versions):
        records[record.stream].append(record)
    for row in await ledger.commands_of(list(versions)):
        if row.first_version <= versions[row.stream]:
            commands[row.stream].append(row)
    return [Life(each, tuple(records[each]), tuple(commands[each])) for each in versions]
