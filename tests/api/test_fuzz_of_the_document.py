"""schemathesis over the whole document: no failure inside, no answer that it does not describe."""

import asyncio
from math import ceil

import builders as b
import pytest
from deep import FOUND, IN_CHECK, IN_FULL, deep
from desks import Counter, StandingClock
from faces import Face
from fuzzing import STATES, fuzz
from sampling import face_of_its_own, whole_document, with_its_own
from seats import SEATS, face_over
from test_first_acts import LOAN, NEED, TERMS
from test_matter_routes import OPEN_VISITS, sent

from api.describing import operations
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

REQUESTS = deep("requests by the document", 10_000)
WALKS = deep("walks along the links", 100)


@pytest.fixture
def face(clock: StandingClock) -> Face:
    """A face whose application is this test's own."""
    return face_of_its_own(Counter(MemoryLedger(), clock))


@IN_CHECK
@pytest.mark.timeout(3000)
async def test_whatever_the_document_allows_or_forbids_is_answered_as_it_says(face: Face) -> None:
    await face.counter.accepted()
    await face.counter.reported("A02")
    await face.counter.closed_out("A03")
    described = {f"{method.upper()} {path}" for method, path, _ in operations(whole_document())}
    each = ceil(REQUESTS / len(described))

    found = await asyncio.to_thread(fuzz, face, examples=each, coverage=IN_FULL, walks=WALKS)

    FOUND.append(
        f"{found.requests} requests by the document to {len(found.operations)} operations, "
        f"{len(found.wrong)} wrong answers"
    )
    assert found.wrong == [], "\n".join(found.wrong[:20])
    assert not [status for status in found.statuses if status >= 500 and status != 503]
    assert found.unavailable <= {"not_set_up"}  # a ledger in memory has no log to prove from
    assert described == found.operations
    assert found.requests >= REQUESTS


STATED = deep("requests by the document to what is stated for good", 2_000)


@IN_CHECK
@pytest.mark.timeout(600)
async def test_what_an_office_states_is_answered_as_the_document_says(face: Face) -> None:
    await face.counter.closed_out("A03")
    only = r"^/v1/(reports/|figures/|handbooks/\{zone\}/proposals)"

    found = await asyncio.to_thread(
        fuzz, face, examples=ceil(STATED / 15), coverage=IN_FULL, only=only, principal=STATES
    )

    FOUND.append(
        f"{found.requests} requests by the document to what is stated for good, "
        f"{len(found.wrong)} wrong answers"
    )
    assert found.wrong == [], "\n".join(found.wrong[:20])
    assert not [status for status in found.statuses if status >= 500]
    assert {200, 403, 404, 422} & found.statuses.keys()


ACTED = deep("requests by the document to matters", 2_000)
OPENED = {b.KEY: NEED, "A02": LOAN, "A03": OPEN_VISITS}


@IN_CHECK
@pytest.mark.timeout(600)
@pytest.mark.parametrize("seat", ["coordinator", "bakery"])
async def test_what_is_done_in_matters_is_answered_as_the_document_says(seat: str) -> None:
    face = face_over(TERMS)
    with_its_own(face)
    for key, command in OPENED.items():
        opened = await sent(face, "coordinator", command, key=key, id_=f"o-{key}")
        assert opened.status_code == 201, opened.text
    only = r"^/v1/zones/\{zone\}/(matters|procedures)"

    found = await asyncio.to_thread(
        fuzz, face, examples=ceil(ACTED / 8), only=only, principal=SEATS[seat]
    )

    FOUND.append(
        f"{found.requests} requests by the document to matters as {seat}, "
        f"{len(found.wrong)} wrong answers"
    )
    assert found.wrong == [], "\n".join(found.wrong[:20])
    assert not [status for status in found.statuses if status >= 500]
    assert found.requests >= ACTED
    assert {200, 404, 422} <= found.statuses.keys()
