"""Figures over HTTP: what can be published, what was, the digits of one."""

import json
from dataclasses import replace

import builders as b
import pytest
from faces import Face
from seats import face_over

from audit.figures import Asked, Scope, Signed, publish
from domain.canonical import sha256
from domain.figure_definitions import DEFINITIONS
from domain.figures import Period
from ledger.figures import FigureRow

FIGURES = f"/v1/figures/{b.ZONE}"


@pytest.fixture
async def published() -> tuple[Face, list[FigureRow]]:
    """Two published figures of a zone whose one issue was closed out on Monday."""
    face = face_over()
    await face.counter.closed_out()
    signed = Signed(at=b.WED_9, author="supervision", reason="The month is over.")
    rows = [
        await publish(
            face.counter.ledger,
            Asked(definition, Scope(b.ZONE), Period(b.MON_9, b.TUE_9)),
            signed,
        )
        for definition in DEFINITIONS[:2]
    ]
    return face, rows


async def test_what_was_published_is_listed_and_shown_to_the_digit(
    published: tuple[Face, list[FigureRow]],
) -> None:
    face, (first, last) = published
    async with face.asked_as("auditor") as client:
        page = (await client.get(FIGURES, params={"limit": 1})).json()
        rest = (await client.get(FIGURES, params={"before": page["before"]})).json()
        one = (await client.get(f"{FIGURES}/{first.sequence}")).json()
        known = (await client.get("/v1/figure-definitions")).json()["definitions"]

    assert [each["figure"] for each in page["figures"]] == [last.sequence]
    assert [each["figure"] for each in rest["figures"]] == [first.sequence]
    assert rest["before"] is None
    assert one["digits"] == json.loads(first.digits)
    assert (one["sha256"], one["position"]) == (sha256(first.digits), first.horizon)
    assert rest["figures"][0]["all"] == json.loads(first.digits)["all"]
    assert [(each["name"], each["revision"]) for each in known] == [
        (each.name, each.revision) for each in DEFINITIONS
    ]


async def test_who_does_not_oversee_reads_no_figures(
    published: tuple[Face, list[FigureRow]],
) -> None:
    face, (first, _) = published
    paths = (FIGURES, f"{FIGURES}/{first.sequence}", "/v1/figure-definitions")
    for name in ("officer", "enterprise", "service", "operator", "elsewhere", None):
        async with face.asked_as(name) as client:
            for path in paths:
                assert (await client.get(path)).status_code == 403


async def test_what_is_not_there_is_told_apart_from_what_cannot_be(
    published: tuple[Face, list[FigureRow]],
) -> None:
    face, _ = published
    async with face.asked_as("supervisor") as client:
        found = {
            path: (await client.get(path)).status_code
            for path in (
                f"{FIGURES}/99",
                "/v1/figures/nowhere",
                f"{FIGURES}?definition=luck",
                f"{FIGURES}/one",
                f"{FIGURES}/99999999999999999999",
            )
        }

    assert list(found.values()) == [404, 404, 422, 422, 422]


async def test_a_figure_of_an_unknown_revision_is_listed_as_not_readable(
    published: tuple[Face, list[FigureRow]],
) -> None:
    face, (first, last) = published
    later = await face.counter.ledger.put_figure(replace(first, revision=99, scope=b.ZONE + "/x"))
    assert later is not None
    async with face.asked_as("supervisor") as client:
        told = (await client.get(f"/v1/figures/{b.ZONE}")).json()["figures"]
    assert [(each["revision"], each["readable"]) for each in told] == [
        (99, False),
        (last.revision, True),
        (first.revision, True),
    ]
