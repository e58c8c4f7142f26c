"""A simulated year read back from its files into a ledger, through what the desk writes."""

from pathlib import Path

from audit.corpus import corpus_files, read_corpus
from audit.reexecute import number_recorded
from desk.changes import changes_of, head_after
from domain.chain import Record
from domain.commands import SUBMISSION
from domain.days import zone_of
from domain.decisions import Context, decide
from domain.issue import Issue
from domain.terms import Terms
from ledger.memory import MemoryLedger
from ledger.port import CommandRow, Head


async def laid(folder: Path) -> tuple[MemoryLedger, dict[str, Terms]]:
    """Return a ledger with all that the files of a folder hold, in order of time, and the terms of
    each zone. Every command is decided again: other events than those in the files fail."""
    ledger = MemoryLedger()
    texts: dict[str, str] = {}
    rows: list[CommandRow] = []
    stored: dict[str, list[Record]] = {}
    for path in corpus_files(folder):
        corpus = read_corpus(path)
        texts |= corpus.texts
        stored |= corpus.records_of
        rows += [row for own in corpus.commands_of.values() for row in own]
    terms = {hash_: Terms.model_validate_json(text) for hash_, text in texts.items()}
    known: dict[str, tuple[Head, Issue]] = {}
    for row in sorted(rows, key=lambda each: each.at):
        own = terms[row.terms]
        zone = own.handbook.zone
        if await ledger.terms(row.terms) is None:
            await ledger.put_terms(row.terms, zone, texts[row.terms], row.at)
        head, issue = known.get(row.stream, (None, None))
        first = row.first_version - 1
        records = tuple(stored[row.stream][first : first + row.count])
        submission = SUBMISSION.validate_json(row.body)
        context = Context(row.at, own, rules=row.rules, number=number_recorded(records))
        decision = decide(issue, submission, context)
        changes = changes_of(submission, row.body, issue, decision, own, head, heard=True)
        assert changes.records == records
        assert changes.command == row
        async with ledger.transaction() as transaction:
            if any(record.kind == "issue_accepted" for record in records):
                local = row.at.astimezone(zone_of(own.calendar.time_zone))
                await transaction.allot_number(zone, local.year)
            await transaction.append(head, changes)
        for errand in changes.errands:
            await ledger.drop_errand(errand.id)
        known[row.stream] = head_after(changes, decision.issue), decision.issue
    return ledger, {each.handbook.zone: each for each in terms.values()}
