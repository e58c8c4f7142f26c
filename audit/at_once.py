"""Pages worked on by several processes, and what came of them in the order of the pages."""

import asyncio
import multiprocessing
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Final, TypeVar

PAGES_AHEAD: Final = 2
"""Pages that wait for each process."""
JOBS_MAX: Final = 64

Page = TypeVar("Page")
Outcome = TypeVar("Outcome")


async def at_once(
    pages: AsyncIterator[Page],
    work: Callable[[Page], Outcome],
    *,
    jobs: int,
    begin: Callable[..., None],
    given: tuple[object, ...],
) -> AsyncGenerator[Outcome, None]:
    """Yield what `work` makes of each page, in order, by as many processes as `jobs` says, at most
    JOBS_MAX. Each is fresh and begins with `begin(*given)`; both are functions of a module, and
    what goes in and out can be pickled."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(
        min(jobs, JOBS_MAX), mp_context=context, initializer=begin, initargs=given
    ) as pool:
        loop = asyncio.get_running_loop()
        ahead: deque[asyncio.Future[Outcome]] = deque()
        try:
            async for page in pages:
                ahead.append(loop.run_in_executor(pool, work, page))
                if len(ahead) >= PAGES_AHEAD * jobs:
                    yield await ahead.popleft()
            while ahead:
                yield await ahead.popleft()
        finally:
            for each in ahead:
                each.cancel()
