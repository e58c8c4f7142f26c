"""An event that is told alone says to an enterprise what the whole timeline says of it."""

from matter_engine import played_matters
from matter_lives import TERMS

from domain.matters.matter import is_matter_stream
from face.matter_facts import (
    fact_told_to,
    facts_told_to,
    is_learnt_from,
    issues_named,
    needs_before,
)


async def test_each_event_of_a_matter_says_alone_what_it_says_in_the_timeline() -> None:
    ledger = await played_matters()
    told, quiet, with_before = 0, 0, 0
    streams = {record.stream for _, record in await ledger.follow(0, 10**6)}
    for stream in sorted(filter(is_matter_stream, streams)):
        records, row = await ledger.records(stream), await ledger.matter(stream)
        assert row is not None
        learnt = [(e.version, e.matter_event) for e in records if is_learnt_from(e)]
        for enterprise in row.matter.enterprises[:3]:
            hidden = frozenset(issues_named(records))
            given = (row.matter, enterprise, TERMS.handbook, hidden)
            whole = {each.version: each for each in facts_told_to(records, *given)}
            for record in records:
                earlier = [event for version, event in learnt if version < record.version]
                before = earlier if needs_before(record) else []
                fact = fact_told_to(record, before, *given)
                assert fact == whole.get(record.version), (record.kind, enterprise)
                told += fact is not None
                quiet += fact is None
                with_before += fact is not None and needs_before(record)
    assert min(told, quiet) > 100
    assert with_before > 5
