"""schemathesis over the routes of attachments, with a room that takes what it is sent."""

import asyncio
from math import ceil
from pathlib import Path

import pytest
from attached_files import room_in
from deep import FOUND, IN_CHECK, deep
from desks import Counter, StandingClock
from faces import PEOPLE, Face
from fuzzing import fuzz
from sampling import face_of_its_own

from ledger.memory import MemoryLedger

pytestmark = [pytest.mark.attack, IN_CHECK]

REQUESTS = deep("requests by the document to attachments", 2_000)


@pytest.fixture
def face(clock: StandingClock, tmp_path: Path) -> Face:
    """A face whose application is this test's own, with a room."""
    face = face_of_its_own(Counter(MemoryLedger(), clock))
    face.house.room = room_in(tmp_path)
    return face


@pytest.mark.timeout(600)
async def test_what_is_uploaded_is_answered_as_the_document_says(face: Face) -> None:
    await face.counter.accepted()
    only = r"^/v1/issues/\{zone\}/\{key\}/(attachments|uploads)"

    found = await asyncio.to_thread(
        fuzz, face, examples=ceil(REQUESTS / 7), only=only, principal=PEOPLE["officer"]
    )

    FOUND.append(
        f"{found.requests} requests by the document to attachments, "
        f"{len(found.wrong)} wrong answers"
    )
    assert found.wrong == [], "\n".join(found.wrong[:20])
    assert not [status for status in found.statuses if status >= 500]
    assert found.requests >= REQUESTS // 2  # an operation without a body has few forms
    assert {200, 201, 404, 422} <= found.statuses.keys()
