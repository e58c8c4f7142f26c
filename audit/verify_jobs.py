"""Pages of streams verified in order: here, or by processes with connections of their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from audit.across import Across, Depth
from audit.at_once import at_once
from audit.checks import Findings
from audit.facts import TermsOf, terms_reader
from audit.reexecute import SPOILT
from audit.verify import STREAMS_A_PAGE, Everything, spoilt, verify_stream
from ledger.connections import open_pool
from ledger.pages import Paged
from ledger.postgres import PostgresLedger

TIMEOUT_S = 120.0


class Streams(Everything, Paged, Protocol):
    """A ledger that gives pages of its streams."""


@dataclass(frozen=True, slots=True)
class PageDone:
    """What came of one page. `after` is its last stream."""

    after: str
    findings: Findings
    across: Across


async def verify_page(
    ledger: Streams, names: Sequence[str], terms_of: TermsOf, depth: Depth
) -> PageDone:
    """Verify some streams as of one moment."""
    try:
        page = await ledger.stream_page(names)
    except SPOILT as error:
        return await _one_by_one(ledger, names, terms_of, depth, error)
    total, across = Findings(0, 0, 0, ()), Across()
    for name in names:
        total = total.plus(await verify_stream(page, name, terms_of, across, depth))
    return PageDone(names[-1], total, across)


async def _one_by_one(
    ledger: Streams, names: Sequence[str], terms_of: TermsOf, depth: Depth, error: Exception
) -> PageDone:
    """A stream in which a column holds what cannot be read at all hides none of the others."""
    if len(names) == 1:
        return PageDone(names[0], spoilt(names[0], error), Across())
    total, across = Findings(0, 0, 0, ()), Across()
    for name in names:
        done = await verify_page(ledger, [name], terms_of, depth)
        total = total.plus(done.findings)
        across.take_in(done.across)
    return PageDone(names[-1], total, across)


async def pages_done(
    ledger: Streams, depth: Depth, *, after: str, since_size: int, jobs: int, url: str | None
) -> AsyncIterator[PageDone]:
    """Verify page after page of the streams behind `after`, and yield what came of each, in order.

    With several `jobs`, as many processes do it, each with a connection to `url`.
    """
    names_of = _names(ledger, after, since_size)
    if jobs == 1 or url is None:
        terms_of = terms_reader(ledger)
        async for names in names_of:
            yield await verify_page(ledger, names, terms_of, depth)
        return
    work = partial(_verified, depth=depth)
    async with aclosing(at_once(names_of, work, jobs=jobs, begin=_open, given=(url,))) as outcomes:
        async for done in outcomes:
            yield done


async def _names(ledger: Paged, after: str, since_size: int) -> AsyncIterator[list[str]]:
    while names := await ledger.stream_names_after(after, STREAMS_A_PAGE, since_size=since_size):
        yield names
        after = names[-1]


class _Hand:
    """One process: its loop and its connection."""

    def __init__(self, url: str) -> None:
        self._runner = asyncio.Runner()
        pool = self._runner.run(open_pool(url, size=1, command_timeout_s=TIMEOUT_S))
        self._ledger = PostgresLedger(pool)
        self._terms_of = terms_reader(self._ledger)

    def verified(self, names: Sequence[str], depth: Depth) -> PageDone:
        return self._runner.run(verify_page(self._ledger, names, self._terms_of, depth))


_hands: list[_Hand] = []


def _open(url: str) -> None:
    _hands.append(_Hand(url))


def _verified(names: Sequence[str], depth: Depth) -> PageDone:
    return _hands[0].verified(names, depth)
