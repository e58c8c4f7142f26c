"""Recorded lives of every kind in a ledger of their own, their events among one another."""

from pathlib import Path

from audit.corpus import read_corpus
from audit.exports.told import Told, order_steps, steps
from domain.orders import is_order_stream
from ledger.memory import MemoryLedger
from ledger.memory_tables import OrderKept, Row
from ledger.projections import columns_of

CORPUS = Path(__file__).parent / "corpus"
NAMES = ("rules-3-ladder", "rules-3-procedures", "rules-3")


class KeptLedger(MemoryLedger):
    """A ledger filled from the stored corpus. `behind` leaves the last events out."""

    def __init__(self, *, names: tuple[str, ...] = NAMES, rows: bool = True) -> None:
        super().__init__()
        tables = self._tables
        for name in names:
            corpus = read_corpus(CORPUS / f"{name}.jsonl.gz")
            tables.terms.update(corpus.texts)
            for stream, records in corpus.records_of.items():
                if stream not in tables.records:
                    tables.records[stream] = records
                    tables.commands |= {row.id: row for row in corpus.commands_of[stream]}
        every = (record for records in tables.records.values() for record in records)
        tables.positions = sorted(every, key=lambda r: (r.at, r.stream, r.version))
        if rows:
            for stream in list(tables.records):
                self._stand(stream)

    def _stand(self, stream: str) -> None:
        told = Told(stream, tuple(enumerate(self._tables.records[stream])))
        if is_order_stream(stream):
            *_, last_of_order = order_steps(told)
            order = last_of_order.after
            self._tables.orders[stream] = OrderKept(order, last_of_order.record.hash, 0, 0)
        else:
            *_, last = steps(told)
            issue, hash_ = last.after, last.record.hash
            row = Row(issue, columns_of(issue), issue.version, hash_, None, True)
            self._tables.issues[stream] = row

    @property
    def streams_kept(self) -> list[str]:
        """Every stream, by name."""
        return sorted(self._tables.records)
