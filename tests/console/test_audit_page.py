"""The audit: verifications, findings in words, refusals and reads for those who may, exports."""

import json

import builders as b
import pytest
from consoles import Console
from supervised import NASTY, NASTY_SHOWN, ROOT, part_of, sent, status

from console.texts import has
from domain.errors import IssueError
from ledger.reads import AuditReadRow
from ledger.verifications import WHOLE, VerificationRow

FINDINGS: list[dict[str, object]] = [
    {"kind": "chain", "stream": f"{b.ZONE}/a", "version": 2, "message": NASTY},
    {"kind": "tree", "stream": "7", "version": None, "message": "Another root."},
    {"kind": "head", "stream": "mountain/b", "version": 1, "message": "Another head."},
]


def verified(*findings: dict[str, object]) -> VerificationRow:
    """Return what a verification of everything came to."""
    plain = [each | {"field": None} for each in findings]
    return VerificationRow(
        id="v-1",
        scope=WHOLE,
        since=0,
        position=3,
        size=2,
        began_at=b.MON_9,
        ended_at=b.MON_10,
        sound=not findings,
        found=len(findings),
        findings=json.dumps({"findings": plain}),
        by='{"kind":"caller","name":"user:auditor"}',
    )


async def test_an_auditor_sees_what_was_found_in_words(console: Console) -> None:
    await console.counter.ledger.put_verification(verified(*FINDINGS))
    text = await console.page("auditor", f"{ROOT}/audit", language="zh")
    assert "发现 3 处不一致" in text
    assert "指纹链断裂" in text
    assert NASTY_SHOWN in text
    assert "<script>alert" not in text
    assert text.count('data-label="类别"') == len(FINDINGS)


async def test_a_sound_ledger_and_one_that_was_never_verified_are_told_apart(
    console: Console,
) -> None:
    assert "was never verified" in await console.page("auditor", f"{ROOT}/audit")
    await console.counter.ledger.put_verification(verified())
    text = await console.page("auditor", f"{ROOT}/audit")
    assert "was never verified" not in text
    assert 'class="notice good"' in text


def test_every_kind_of_finding_has_words() -> None:
    kinds = (
        "chain event fold head column row command decision vouch rung clock notice link errand "
        "number task terms publication leaf tree checkpoint key anchor time"
    )
    assert [kind for kind in kinds.split() if not has(f"audit_finding.{kind}")] == []


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("auditor", (200, 200, 200)),
        ("operator", (200, 403, 403)),
        ("supervisor", (403, 403, 403)),
        ("enterprise", (403, 403, 403)),
        ("elsewhere", (403, 403, 403)),
    ],
)
async def test_who_may_not_audit_sees_nothing(
    console: Console, name: str, expected: tuple[int, ...]
) -> None:
    paths = ("/audit", "/audit/reads", "/audit/refusals")
    assert tuple([await status(console, name, path) for path in paths]) == expected


async def test_looking_is_itself_on_record(console: Console) -> None:
    await console.page("auditor", f"{ROOT}/audit/log")
    text = await console.page("auditor", f"{ROOT}/audit/reads")
    kept = await console.counter.ledger.audit_reads(limit=10)
    assert len(kept) == 2
    assert text.count("<code>verification</code>") == 2
    await console.counter.ledger.put_audit_read(
        AuditReadRow(
            "r-1", "issue", json.dumps({"key": NASTY}), 1, '{"kind":"caller","name":"x"}', b.MON_9
        )
    )
    only = await console.page("auditor", f"{ROOT}/audit/reads?kind=issue")
    assert only.count('data-label="How"') == 1
    assert "<script>alert" not in only


async def test_what_was_refused_of_an_issue_is_listed(console: Console) -> None:
    await console.counter.accepted()
    before = await console.page("auditor", f"{ROOT}/audit/refusals?stream={b.ZONE}/{b.KEY}")
    assert "Nothing was refused." in before
    with pytest.raises(IssueError):
        await console.counter.do(b.VERIFY, b.OFFICER)
    text = await console.page("auditor", f"{ROOT}/audit/refusals?stream={b.ZONE}/{b.KEY}")
    kept = await console.counter.ledger.refusals(f"{b.ZONE}/{b.KEY}", 0, 10)
    assert text.count("<code>verify</code>") == len(kept) == 1
    assert await status(console, "auditor", "/audit/refusals?stream=%3Cx%3E") == 422


async def test_an_issue_is_verified_while_one_waits_and_that_is_kept(console: Console) -> None:
    await console.counter.closed_out()
    answer = await sent(console, "auditor", "/audit/issue", {"key": b.KEY})
    assert "as it was written" in answer.text
    assert f"/v1/issues/{b.ZONE}/{b.KEY}/evidence" in answer.text
    kept = await console.counter.ledger.last_verification(f"{b.ZONE}/{b.KEY}")
    assert kept is not None
    assert kept.sound
    assert (await sent(console, "auditor", "/audit/issue", {"key": "none"})).status_code == 404
    assert (await sent(console, "officer", "/audit/issue", {"key": b.KEY})).status_code == 403


async def test_an_export_is_asked_for_without_what_was_left_empty(console: Console) -> None:
    query = "form=csv&category=&issue=&from=2026-03-01&to=&open=true"
    async with console.opened_as("auditor") as browser:
        answer = await browser.get(f"{ROOT}/audit/export?{query}")
        assert answer.status_code == 303
        assert answer.headers["location"] == (
            f"/v1/exports/csv?zone={b.ZONE}&from=2026-03-01&open=true"
        )
        file = await browser.get(answer.headers["location"])
    assert file.status_code == 200
    assert file.headers["content-disposition"].startswith("attachment")
    assert await status(console, "supervisor", f"/audit/export?{query}") == 403


async def test_every_part_refreshes_alone(console: Console) -> None:
    for path in ("", "/log", "/reads", "/refusals", "/issue"):
        assert "<h1>" in await part_of(console, "auditor", f"/audit{path}")
