"""The row of a decided command to an order or to a matter."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from desk.changes import actor_text
from domain.chain import Record
from domain.decisions.draft import RULES
from domain.matters.commands import MatterSubmission
from domain.order_commands import OrderSubmission
from domain.terms import Terms
from domain.view import CommandResult
from ledger.port import CommandRow


class Decided(Protocol):
    """What a command left behind."""

    @property
    def stream(self) -> str:
        """Return the name of the stream."""
        ...

    @property
    def version(self) -> int:
        """Return how many events there are now."""
        ...

    @property
    def changed_at(self) -> datetime:
        """Return when the last of them was recorded."""
        ...


def command_row_of(
    submission: OrderSubmission | MatterSubmission,
    body: str,
    hash_: str,
    terms: Terms,
    first: int,
    after: Decided,
    records: Sequence[Record],
) -> CommandRow:
    """Return the row of a command whose canonical text is `body`; `first` is the version before."""
    result = CommandResult(
        command_id=submission.id,
        zone=submission.zone,
        key=submission.key,
        at=after.changed_at,
        version=after.version,
        events=tuple(record.kind for record in records),
    )
    return CommandRow(
        id=submission.id,
        stream=after.stream,
        kind=submission.command.kind,
        at=after.changed_at,
        actor=actor_text(submission.actor),
        body=body,
        hash=hash_,
        terms=terms.hash,
        rules=RULES,
        first_version=first + 1,
        count=len(records),
        result=result.model_dump_json(),
    )
