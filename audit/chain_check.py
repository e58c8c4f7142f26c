"""The chain of a stream, without parsing what need not be parsed.

Canonical text (RFC 8785) puts its keys in order, so all that the columns say stands at its two
ends; between them lies the body, which no column repeats. Where both ends are as the columns say
and the hash holds, the record is sound; anything else is left to `domain.chain.breaks`.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from domain.chain import GENESIS, Break, Record, breaks
from domain.model import written

ACTORS_KEPT_MAX = 4096
ACTOR_ENDS = '},"at":"'
QUOTES = 26
"""Quotation marks in what follows the body, unless something is in it that JSON escapes."""
MILLISECOND_US = 1000


def chain_breaks(records: Sequence[Record]) -> Iterator[Break]:
    """Yield what `breaks` does of one stream, in order of version: most streams have nothing."""
    if not is_whole(records):
        yield from breaks(records)


def is_whole(records: Sequence[Record]) -> bool:
    """Return whether nothing at all is wrong with a stream, as far as its two ends of text tell.

    False says nothing yet. What lies between the ends was hashed; whether it is an event, the fold
    says, which has to read it.
    """
    previous, last_at = GENESIS, None
    for version, record in enumerate(records, start=1):
        text, at = record.text, record.at
        if record.version != version or record.previous != previous:
            return False
        hash_ = record.hash
        if sha256((previous + text).encode()).hexdigest() != hash_:
            return False
        if last_at is not None and at < last_at:
            return False
        occurred, quotes = "null", QUOTES
        if record.occurred_at is not None:
            occurred, quotes = f'"{_exactly(record.occurred_at)}"', QUOTES + 2
        tail = (
            f'}},"command_hash":"{record.command_hash}","command_id":"{record.command_id}",'
            f'"kind":"{record.kind}","occurred_at":{occurred},"rules":{record.rules},'
            f'"stream":"{record.stream}","terms":"{record.terms}","version":{version}}}'
        )
        if not text.endswith(tail) or tail.count('"') != quotes or "\\" in tail:
            return False
        end = text.find(ACTOR_ENDS)
        if not text.startswith(f'"at":"{_exactly(at)}","body":{{', end + 2):
            return False
        if not _is_actor(text[: end + 1]):
            return False
        previous, last_at = hash_, at
    return True


@lru_cache(maxsize=ACTORS_KEPT_MAX)
def _is_actor(text: str) -> bool:
    """Return whether `text`, with a last brace, is an object with an actor and nothing else: then
    what follows is of the event itself, and no part of the actor looks like it."""
    try:
        plain = json.loads(text + "}")
    except (ValueError, RecursionError):
        return False
    return isinstance(plain, dict) and list(plain) == ["actor"] and isinstance(plain["actor"], dict)


def _exactly(at: datetime) -> str:
    """Return `at` as it is written, and what is never written if it holds more than that."""
    return written(at) if at.microsecond % MILLISECOND_US == 0 else ""
