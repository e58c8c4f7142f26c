"""What is noted of who looked, and what is told of a position that is not reached."""

import json
from datetime import timedelta
from functools import partial

import builders as b
import pytest
from faces import PEOPLE, Face

from desk import travelling
from face.looked import SCOPE_CHARACTERS_MAX, put_on_record


async def test_what_is_asked_at_length_is_noted_in_short(face: Face) -> None:
    caller = PEOPLE["auditor"]

    await put_on_record(face.house, caller, "issues", {"zone": b.ZONE, "of": ["x" * 99] * 99})
    await put_on_record(face.house, caller, "issues", {"zone": b.ZONE, "owner": None})

    longer, shorter = sorted(
        (json.loads(row.scope) for row in await face.counter.ledger.audit_reads()),
        key=len,
        reverse=True,
    )
    assert set(longer) == {"zone", "cut"}
    assert len(json.dumps(longer)) < SCOPE_CHARACTERS_MAX
    assert shorter == {"zone": b.ZONE}


async def test_a_position_that_the_ledger_does_not_come_to_is_told(
    face: Face, monkeypatch: pytest.MonkeyPatch
) -> None:
    await face.counter.accepted()
    at_once = partial(travelling.wait_for, within=timedelta(0))
    monkeypatch.setattr(travelling, "wait_for", at_once)

    async with face.asked_as("officer") as client:
        for path in (f"/v1/issues/{b.ZONE}/{b.KEY}", "/v1/issues"):
            answer = await client.get(path, params={"wait_for": 99})
            assert (answer.status_code, answer.json()["code"]) == (412, "not_reached")
