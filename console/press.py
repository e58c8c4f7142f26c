"""Printing of files: a few at a time, in threads of their own: pages do not wait for them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import BoundedSemaphore
from typing import Final

from face.problems import TooManyRequestsError

AT_ONCE_MAX: Final = 2
AGAIN_S: Final = 5

_threads: Final = ThreadPoolExecutor(AT_ONCE_MAX, thread_name_prefix="press")
_free: Final = BoundedSemaphore(AT_ONCE_MAX)


@asynccontextmanager
async def taken() -> AsyncIterator[None]:
    """Hold the press for what prints by itself, to the end of the block. Raises
    TooManyRequestsError while all are taken."""
    if not _free.acquire(blocking=False):
        raise TooManyRequestsError(AGAIN_S)
    try:
        yield
    finally:
        _free.release()


async def printed(make: Callable[[], bytes]) -> bytes:
    """Return what is made. Whoever stops waiting does not stop the press: it is taken until the
    file is made. Raises TooManyRequestsError while all are taken."""
    if not _free.acquire(blocking=False):
        raise TooManyRequestsError(AGAIN_S)
    making = _threads.submit(make)
    making.add_done_callback(lambda _: _free.release())
    return await asyncio.wrap_future(making)
