"""What a verification came to, as the ledger keeps it."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Final

from pydantic import TypeAdapter, ValidationError

from audit.checks import Finding
from audit.verification import Verification
from domain.canonical import canonical
from ledger.port import UnreadableRowError
from ledger.verifications import WHOLE, VerificationRow

FINDINGS_KEPT_MAX: Final = 200
SAID_CHARACTERS_MAX: Final = 1000
"""A finding may quote what somebody wrote into a table: so much of it is kept."""
_FINDINGS: Final = TypeAdapter(dict[str, tuple[Finding, ...]])


def verification_row(
    found: Verification,
    *,
    id_: str,
    stream: str | None,
    position: int,
    began_at: datetime,
    ended_at: datetime,
    by: str,
) -> VerificationRow:
    """Return what is kept of a verification of one stream, or of everything. `by` is canonical JSON
    of who verified, `position` how far the ledger went when it began."""
    size = None if found.log is None else found.log.newest_size
    return VerificationRow(
        id=id_,
        scope=WHOLE if stream is None else stream,
        since=found.since,
        position=position,
        size=size or 0,
        began_at=began_at,
        ended_at=ended_at,
        sound=found.is_sound,
        found=found.count,
        findings=_written(found.found[:FINDINGS_KEPT_MAX]),
        by=by,
    )


def kept_findings(row: VerificationRow) -> tuple[Finding, ...]:
    """Return the findings that were kept. Raises UnreadableRowError."""
    try:
        return _FINDINGS.validate_json(row.findings)["findings"]
    except (ValidationError, KeyError) as error:
        msg = f"verification {row.id}: its findings cannot be read: {error}"
        raise UnreadableRowError(msg) from error


def _written(found: Sequence[Finding]) -> str:
    return canonical({"findings": [_plain(each) for each in found]})


def _plain(finding: Finding) -> dict[str, object]:
    """Return a finding whose texts any reader takes: what it quotes may be no text at all."""
    return {
        name: _bounded(value) if isinstance(value, str) else value
        for name, value in asdict(finding).items()
    }


def _bounded(text: str) -> str:
    return text[:SAID_CHARACTERS_MAX].encode(errors="replace").decode()
