"""Reporting an issue over HTTP."""

import hashlib
from typing import Any

import builders as b
import pytest
from faces import Face
from seats import face_over, hand_over

from domain.commands import Submission
from domain.people import Officer

ISSUES = "/v1/issues"
REPORT = {
    "enterprise": "mill",
    "category": "road-access",
    "title": "The gate is blocked",
    "text": "Lorries cannot reach the gate.",
    "origin": "enterprise",
}


def asked(**changes: Any) -> dict[str, Any]:
    """Return the body of a report."""
    return {"zone": b.ZONE, "key": b.KEY, "report": REPORT} | changes


def under(key: str) -> dict[str, str]:
    """Return the header that names the command."""
    return {"Idempotency-Key": key}


async def test_a_report_makes_an_issue_that_can_be_read_at_once(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        made = await client.post(ISSUES, json=asked(), headers=under("r-1"))
        waited = {"wait_for": made.headers["Closeout-Position"]}
        read = await client.get(made.headers["Location"], params=waited)

    assert made.status_code == 201
    assert made.headers["ETag"] == '"1"'
    assert made.headers["Location"] == f"{ISSUES}/{b.ZONE}/{b.KEY}"
    assert "Idempotency-Replayed" not in made.headers
    assert read.status_code == 200
    assert {**read.json(), "at": None} == {**made.json(), "at": None}
    assert made.json()["phase"] == "intake"


async def test_the_same_key_and_body_is_the_same_issue(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        first = await client.post(ISSUES, json=asked(), headers=under("r-1"))
        again = await client.post(ISSUES, json=asked(), headers=under('"r-1"'))

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json()
    assert await face.counter.ledger.safe_position() == 1


async def test_a_report_is_answered_again_to_whoever_sees_the_issue_no_more(face: Face) -> None:
    sent = asked(report=REPORT | {"origin": "visit"})
    async with face.asked_as("officer") as client:
        first = await client.post(ISSUES, json=sent, headers=under("r-1"))
        hand_over(face, b.OFFICER.post)
        gone = await client.get(first.headers["Location"])
        again = await client.post(ISSUES, json=sent, headers=under("r-1"))
        other = await client.post(
            ISSUES, json=asked(report=sent["report"] | {"title": "Else"}), headers=under("r-1")
        )
        new = await client.post(ISSUES, json=asked(key="k-2"), headers=under("r-2"))

    assert first.status_code == 201
    assert gone.status_code == 403
    assert (again.status_code, again.headers["Idempotency-Replayed"]) == (200, "true")
    assert {**again.json(), "at": None} == {**first.json(), "at": None}
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert new.status_code == 403


@pytest.mark.parametrize(
    "other",
    [{"report": REPORT | {"title": "Another"}}, {"key": "other"}, {"zone": b.ZONE, "key": None}],
)
async def test_the_same_key_for_another_body_is_a_conflict(
    face: Face, other: dict[str, Any]
) -> None:
    async with face.asked_as("enterprise") as client:
        await client.post(ISSUES, json=asked(), headers=under("r-1"))
        again = await client.post(ISSUES, json=asked(**other), headers=under("r-1"))

    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert await face.counter.ledger.safe_position() == 1


async def test_an_issue_without_a_name_is_named_by_the_key_of_its_report(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        made = await client.post(ISSUES, json=asked(key=None), headers=under("r-1"))
        again = await client.post(ISSUES, json=asked(key=None), headers=under("r-1"))

    assert made.json()["key"] == hashlib.sha256(b"r-1").hexdigest()[:32]
    assert again.json()["key"] == made.json()["key"]


async def test_a_report_without_a_key_is_asked_for_one(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        answer = await client.post(ISSUES, json=asked())

    assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
    assert await face.counter.ledger.safe_position() == 0


async def test_the_key_is_the_command_id_at_the_other_door_too(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        await client.post(ISSUES, json=asked(), headers=under("r-1"))

    sent = Submission(id="r-1", zone=b.ZONE, key=b.KEY, actor=b.ENTERPRISE, command=b.report())
    answer = await face.counter.desk.carry_out_for_workflow(sent)

    assert answer.result.repeated
    assert len(await face.counter.ledger.commands(f"{b.ZONE}/{b.KEY}")) == 1


async def test_a_service_speaks_for_an_officer_that_it_has_checked(face: Face) -> None:
    actor = b.OFFICER.model_dump(mode="json")
    async with face.asked_as("hotline") as client:
        as_officer = await client.post(ISSUES, json=asked(actor=actor), headers=under("r-1"))
        as_itself = await client.post(ISSUES, json=asked(key="k-2"), headers=under("r-2"))
    async with face.asked_as("service") as client:
        refused = await client.post(
            ISSUES, json=asked(actor=actor, key="k-3"), headers=under("r-3")
        )

    records = await face.counter.ledger.records(f"{b.ZONE}/{b.KEY}")
    assert isinstance(records[0].event.by, Officer)
    assert (as_officer.status_code, as_itself.status_code) == (201, 201)
    assert (refused.status_code, refused.json()["field"]) == (403, "actor.kind")


WRONG: list[tuple[Any, int, str | None]] = [
    (asked(zone="nowhere"), 404, "zone"),
    (asked(report=REPORT | {"category": "none"}), 422, "category"),
    (asked(report=REPORT | {"succeeds": "k"}), 422, "report.succeeds"),
    (asked(report=REPORT | {"reporters": ["mill"]}), 422, "report.reporters"),
    (asked(report=REPORT | {"text": "a\u0000b"}), 422, "report.text"),
    (asked(report=REPORT | {"tier": 9}), 422, "report.tier"),
    (asked(actor={"kind": "engine"}), 422, "actor"),
    (
        asked(actor={"kind": "representative", "person": "p", "enterprise": "e", "link": "l"}),
        422,
        None,
    ),
    (asked(key="a/b"), 422, "key"),
    (asked(occurred_at="2026-03-02T09:00:00"), 422, "occurred_at"),
    (asked(more=1), 422, "more"),
    ([], 422, None),
]


async def test_what_is_wrong_with_a_report_is_named_and_nothing_is_kept(face: Face) -> None:
    async with face.asked_as("hotline") as client:
        for body, status, field in WRONG:
            answer = await client.post(ISSUES, json=body, headers=under("r-1"))

            assert answer.status_code == status, answer.text
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert field in (None, answer.json()["field"])
    assert await face.counter.ledger.safe_position() == 0


async def test_a_key_that_is_no_command_id_is_refused(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        for key in ("", " ", "-x", "a b", "é", "x" * 401, "ring:x", "link:x"):
            sent = [(b"Idempotency-Key", key.encode())]
            answer = await client.post(ISSUES, json=asked(), headers=sent)

            assert answer.status_code == 422, key
    assert await face.counter.ledger.safe_position() == 0


async def test_those_who_may_not_report_are_refused(face: Face) -> None:
    for name in (None, "auditor", "operator"):
        async with face.asked_as(name) as client:
            answer = await client.post(ISSUES, json=asked(), headers=under("r-1"))

        assert answer.status_code == 403
    assert await face.counter.ledger.safe_position() == 0


async def test_nobody_reports_in_the_name_of_another_enterprise(face: Face) -> None:
    async with face.asked_as("enterprise") as client:
        answer = await client.post(
            ISSUES, json=asked(report=REPORT | {"enterprise": "bakery"}), headers=under("r-1")
        )

    assert answer.status_code == 403
    refusals = await face.counter.ledger.refusals(f"{b.ZONE}/{b.KEY}")
    assert [each.command_id for each in refusals] == ["r-1"]


async def test_under_anothers_key_nobody_learns_what_was_reported() -> None:
    face = face_over()
    bakery = {"enterprise": "bakery"}
    async with face.asked_as("enterprise") as client:
        await client.post(ISSUES, json=asked(), headers=under("r-1"))
    async with face.asked_as("bakery") as client:
        answers = [
            await client.post(ISSUES, json=asked(report=REPORT | change), headers=under(f"r-{n}"))
            for n, change in enumerate((bakery, bakery | {"title": "Another"}), start=2)
        ]
    async with face.asked_as("enterprise") as client:
        own = asked(report=REPORT | {"title": "Another"})
        told = await client.post(ISSUES, json=own, headers=under("r-9"))

    assert {(each.status_code, each.json()["detail"]) for each in answers} == {
        (409, answers[0].json()["detail"])
    }
    assert "enterprise" not in answers[0].text
    assert "title" in told.json()["detail"]
