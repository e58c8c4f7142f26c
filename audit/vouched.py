"""Who vouched for the actors of a ledger: every word checked again, and what bears none counted."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from audit.checks import Finding
from audit.facts import Life
from audit.sent import sent_to
from domain.vouching import SKEW, TrustedFace
from ledger.port import CommandRow
from ledger.vouching import wrong_with

MARK = '"vouched":{'
ENGINE = "engine"


class VouchTally:
    """How many commands bear a face's word, by the kind of their actor. `unchecked`: of those, how
    many could not be held against a key, for nobody said whose word was taken."""

    def __init__(self) -> None:
        self.vouched: Counter[str] = Counter()
        self.unvouched: Counter[str] = Counter()
        self.unchecked = 0

    def take_in(self, other: "VouchTally") -> None:
        """Take in what was counted elsewhere."""
        self.vouched += other.vouched
        self.unvouched += other.unvouched
        self.unchecked += other.unchecked

    def plain(self) -> dict[str, Any]:
        """Return the counts for a machine."""
        return {
            "vouched": dict(sorted(self.vouched.items())),
            "unvouched": dict(sorted(self.unvouched.items())),
            "unchecked": self.unchecked,
        }

    @classmethod
    def of_plain(cls, plain: dict[str, Any]) -> "VouchTally":
        """Return the tally that `plain` tells of."""
        tally = cls()
        tally.vouched.update(plain["vouched"])
        tally.unvouched.update(plain["unvouched"])
        tally.unchecked = int(plain["unchecked"])
        return tally


def vouch_findings(
    life: Life, faces: tuple[TrustedFace, ...] | None, tally: VouchTally
) -> Iterator[Finding]:
    """Yield each word that is not taken: of a key that is not trusted, with a signature that does
    not hold, or for more than the key may say. The engine's own commands need none."""
    trusted = None if faces is None else {face.id: face for face in faces}
    for row in life.commands:
        kind = _kind(row)
        if kind == ENGINE:
            continue
        if MARK not in row.body:
            tally.unvouched[kind] += 1
            continue
        try:
            sent = sent_to(life.stream, row.body)
        except ValueError:
            continue  # told of already: the body cannot be read
        if sent.vouched is None:  # the mark stood in a text
            tally.unvouched[kind] += 1
            continue
        tally.vouched[kind] += 1
        if trusted is None:
            tally.unchecked += 1
            continue
        wrong = wrong_with(sent, sent.vouched, trusted, row.at, skew=SKEW)
        if wrong is not None:
            first = row.first_version if row.count else None
            said = f"command {row.id}: the word of {sent.vouched.by}: {wrong.message}"
            yield Finding("vouch", life.stream, first, said, wrong.field)


def _kind(row: CommandRow) -> str:
    try:
        kind = json.loads(row.actor)["kind"]
    except (ValueError, KeyError, TypeError):
        return "unreadable"
    return kind if isinstance(kind, str) else "unreadable"
