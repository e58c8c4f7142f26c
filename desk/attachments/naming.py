"""Which attachments the events of an issue name: those are kept for as long as the issue is."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from domain.issue import Evidence
from ledger.port import Ledger


async def named_in(ledger: Ledger, stream: str) -> frozenset[str]:
    """Return the hashes of all evidence that the events of an issue name."""
    records = await ledger.records(stream)
    return frozenset(
        each.sha256
        for record in records
        for each in evidence_in(record.event)
        if each.sha256 is not None
    )


def evidence_in(value: object) -> Iterator[Evidence]:
    """Yield every evidence within a value, however deep it stands."""
    if isinstance(value, Evidence):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from evidence_in(getattr(value, name))
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from evidence_in(each)
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from evidence_in(each)
