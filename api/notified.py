"""What the face tells of telling: receipts of notices, and breaches of which nobody was told."""

from collections.abc import Iterable, Sequence

from pydantic import BaseModel, Field

from audit.notified import Breach, breaches_told
from domain.chain import Record
from domain.model import Moment
from domain.notifying import ReceiptKind
from domain.responsibility import Holder
from domain.retold import TermsByHash
from face.looking import Look
from ledger.receipts import ReceiptRow


class ReceiptTold(BaseModel):
    """One thing that is known of a notice in one channel. sent, delivered and read are apart."""

    channel: str = Field(description="`inbox`, or a channel of the operator's file.")
    what: ReceiptKind
    at: Moment
    until_at: Moment | None = Field(description="When what is held back may go.")
    code: str = Field(description="The provider's answer, shortened.")
    final: bool = Field(description="Of a failure: no other attempt follows.")
    tries: int = Field(description="Of a failure: how often it was tried by then, at least.")
    bundle: str = Field(description="The message that told several at once; empty: its own.")
    content: str = Field(description="SHA-256 of what was told; empty for what waits.")


class ProofTold(BaseModel):
    """The receipt that shows that the holder knew before the deadline."""

    notice: str
    channel: str
    what: ReceiptKind
    at: Moment
    content: str
    inbox_only: bool = Field(description="Nobody need have looked: no other channel had it.")


class BreachTold(BaseModel):
    """A deadline that passed, and what shows that its holder knew of it in time (I17)."""

    clock: str
    cycle: int
    version: int = Field(description="Of the event by which it was a breach.")
    due_at: Moment
    holder: Holder
    unnotified: bool = Field(description="Nothing shows that the holder knew in time.")
    notices: list[str] = Field(description="Those about the duty, in time or not.")
    proof: ProofTold | None


def receipt_told(row: ReceiptRow) -> ReceiptTold:
    """Return a receipt as it is told: neither the address nor who read it."""
    return ReceiptTold(
        channel=row.channel,
        what=row.what,
        at=row.at,
        until_at=row.until_at if row.until_at > row.at else None,
        code=row.code,
        final=row.final,
        tries=row.tries,
        bundle=row.bundle,
        content=row.content,
    )


async def breaches_seen(
    look: Look, records: Sequence[Record], terms: TermsByHash
) -> list[BreachTold]:
    """Return the breaches of an issue as they were known from where the request looks."""
    ledger, stream = look.desk.ledger, look.row.issue.stream
    receipts: Iterable[ReceiptRow] = await ledger.receipts(stream)
    if look.at is not None:
        receipts = [each for each in receipts if each.at <= look.at]
    every = breaches_told(records, terms, await ledger.notices(stream), list(receipts))
    return [_told(each) for each in every]


def _told(breach: Breach) -> BreachTold:
    proof = breach.proof
    return BreachTold(
        clock=breach.clock,
        cycle=breach.cycle,
        version=breach.version,
        due_at=breach.due_at,
        holder=breach.holder,
        unnotified=breach.is_unnotified,
        notices=list(breach.notices),
        proof=None
        if proof is None
        else ProofTold(
            notice=proof.notice,
            channel=proof.channel,
            what=proof.what,
            at=proof.at,
            content=proof.content,
            inbox_only=proof.inbox_only,
        ),
    )
