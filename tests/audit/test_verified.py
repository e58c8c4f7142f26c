"""What is kept of a verification: so much of it, and whatever its findings quote."""

from dataclasses import replace

import builders as b
import pytest

from audit.checks import Finding, Findings
from audit.log_checks import LogReport
from audit.verification import Verification
from audit.verified import FINDINGS_KEPT_MAX, SAID_CHARACTERS_MAX, kept_findings, verification_row
from ledger.port import UnreadableRowError
from ledger.verifications import WHOLE, VerificationRow


def kept(
    *found: Finding, stream: str | None = None, log: LogReport | None = None
) -> VerificationRow:
    return verification_row(
        Verification(Findings(1, 2, 3, found), log, since=4),
        id_="v-1",
        stream=stream,
        position=7,
        began_at=b.MON_9,
        ended_at=b.MON_10,
        by="{}",
    )


def test_a_sound_ledger_is_kept_as_such_with_the_checkpoint_over_it() -> None:
    row = kept(log=LogReport(newest_size=12))

    assert (row.sound, row.found, row.scope, row.since, row.size) == (True, 0, WHOLE, 4, 12)
    assert kept_findings(row) == ()
    assert (kept(log=LogReport()).size, kept(stream="z/a").scope) == (0, "z/a")


def test_the_first_findings_are_kept_and_the_others_counted() -> None:
    every = [Finding("fold", f"z/{n}", n, "is not the fold", "title") for n in range(250)]

    row = kept(*every)

    assert (row.sound, row.found) == (False, 250)
    assert list(kept_findings(row)) == every[:FINDINGS_KEPT_MAX]
    assert [each.field for each in kept_findings(row)] == ["title"] * FINDINGS_KEPT_MAX


def test_what_a_finding_quotes_is_bounded_and_becomes_text() -> None:
    said = "\udc80\x00 \u505c\u7535 " + "x" * 9000

    (one,) = kept_findings(kept(Finding("row", "\ud800", None, said)))

    assert (one.stream, one.version, one.field) == ("?", None, None)
    assert one.message == "?" + said[1:SAID_CHARACTERS_MAX]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"findings":[{}]}', '{"findings":1}'])
def test_findings_that_were_written_over_are_named_unreadable(text: str) -> None:
    with pytest.raises(UnreadableRowError, match="v-1"):
        kept_findings(replace(kept(), findings=text))
