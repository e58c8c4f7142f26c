"""What can count against the units of a zone, read from the ledger (R11)."""

from collections.abc import Callable
from dataclasses import dataclass

from audit.facts import Facts, terms_reader
from domain.days import zone_of
from domain.retold import terms_named
from domain.streams import StreamKind, kind_of_stream, stream_names
from domain.warning_facts import Fact, issue_facts, order_facts
from domain.warnings import Span


@dataclass(frozen=True, slots=True)
class Read:
    """The facts of a zone in a span, and how many streams they were looked for in."""

    facts: tuple[Fact, ...]
    issues: int
    orders: int


async def read_facts(
    ledger: Facts,
    zone: str,
    span: Span,
    time_zone: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Read:
    """Return what happened in a zone on the days of `span`, stream by stream."""
    terms_of, here = terms_reader(ledger), zone_of(time_zone)
    facts: list[Fact] = []
    issues = orders = 0
    async for stream in ledger.streams():
        kind = kind_of_stream(stream)
        if kind is StreamKind.MATTER or stream_names(stream)[0] != zone:
            continue
        records = await ledger.records(stream)
        if kind is StreamKind.ORDER:
            orders += 1
            found = order_facts(records)
        else:
            issues += 1
            terms = {hash_: await terms_of(hash_) for hash_ in terms_named(records)}
            found = issue_facts(records, terms)
        facts += (f for f in found if span.from_on <= f.at.astimezone(here).date() <= span.to_on)
        progress(issues + orders)
    return Read(tuple(facts), issues, orders)
