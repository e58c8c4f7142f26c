"""Boards over HTTP: lights, what is parked, warnings; each as far as the caller's sight goes."""

import builders as b
import builders_orders as o
import pytest
from faces import Face
from seats import face_over

from audit.lights import board_now
from desk.supervising import SupervisionDesk
from domain.order_commands import OrderCommand
from domain.people import Actor
from terminal.shown.lights import lights_plain

BOARD = f"/v1/boards/{b.ZONE}"


@pytest.fixture
async def lit() -> Face:
    """Two issues, of the mill and of the bakery, on the day after their handling was due."""
    face = face_over(o.TERMS)
    await face.counter.accepted("mill-1")
    await face.counter.do(b.report(enterprise="bakery"), b.OTHER_ENTERPRISE, key="bakery-1")
    face.counter.clock.at = b.WED_17
    return face


async def ordered(face: Face, command: OrderCommand, actor: Actor = o.SUPERVISOR) -> None:
    await SupervisionDesk(face.counter.desk).carry_out(o.submission(command, actor))


async def test_the_lights_are_those_of_the_command_line(lit: Face) -> None:
    async with lit.asked_as("supervisor") as client:
        answer = await client.get(BOARD)

    ledger, clock = lit.counter.ledger, lit.counter.clock
    board = await board_now(ledger, at=clock.now(), zone=b.ZONE)  # type: ignore[arg-type]  # a memory ledger has more
    plain = lights_plain(board)
    told = answer.json()
    assert answer.status_code == 200
    assert told["issues"] == plain["issues"] == 2
    assert told["lights"] == plain["lights"]
    assert [each["key"] for each in told["worst"]] == [lit_.issue.key for lit_ in board.worst]
    assert answer.headers["Closeout-Position"] == str(await ledger.safe_position())


async def test_everybody_counts_what_they_may_see(lit: Face) -> None:
    counted = {}
    for name in ("officer", "neighbour", "coordinator", "auditor"):
        async with lit.asked_as(name) as client:
            told = (await client.get(BOARD)).json()
        assert told["issues"] == sum(told["lights"].values())
        counted[name] = told["issues"]

    assert counted == {"officer": 1, "neighbour": 1, "coordinator": 2, "auditor": 2}


async def test_who_works_in_no_office_of_the_zone_has_no_board(lit: Face) -> None:
    for name in (None, "enterprise", "service", "operator", "elsewhere"):
        async with lit.asked_as(name) as client:
            for path in (BOARD, f"{BOARD}/parked", f"{BOARD}/warnings?period=2026-Q1"):
                answer = await client.get(path)
                assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


async def test_the_board_of_the_past_is_counted_as_it_was(lit: Face) -> None:
    async with lit.asked_as("supervisor") as client:
        then = (await client.get(BOARD, params={"as_of": "2026-03-02T09:00"})).json()
        at_1 = (await client.get(BOARD, params={"as_of": "1"})).json()
        ahead = await client.get(BOARD, params={"as_of": "2026-04-01T09:00"})
        garbled = await client.get(BOARD, params={"as_of": "then"})

    assert then["at"] == "2026-03-02T01:00:00.000Z"
    assert at_1["issues"] == 1
    assert (ahead.status_code, ahead.json()["field"]) == (422, "as_of")
    assert (garbled.status_code, garbled.json()["field"]) == (422, "as_of")


async def test_a_zone_that_is_not_there_has_no_board(lit: Face) -> None:
    async with lit.asked_as("supervisor") as client:
        answer = await client.get("/v1/boards/nowhere")

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_zone")


async def test_what_is_parked_is_counted_among_what_is_open_in_sight(lit: Face) -> None:
    async with lit.asked_as("officer") as client:
        told = (await client.get(f"{BOARD}/parked")).json()

    assert (told["parked"], told["open"], told["issues"]) == (0, 1, [])


async def test_warnings_are_told_to_the_unit_that_has_them_and_to_no_other(lit: Face) -> None:
    by_order = o.issue(instrument="order", issues=("mill-1",))
    await ordered(lit, by_order, o.LEADER)
    found = {}
    for name in ("supervisor", "section", "power"):
        async with lit.asked_as(name) as client:
            answer = await client.get(f"{BOARD}/warnings", params={"period": "2026-Q1"})
            found[name] = [
                (each["holder"]["id"], each["points"]) for each in answer.json()["units"]
            ]

    assert found == {"supervisor": [("roads", 2)], "section": [("roads", 2)], "power": []}


async def test_a_period_that_the_rule_does_not_count_by_is_refused(lit: Face) -> None:
    async with lit.asked_as("supervisor") as client:
        for asked in ({"period": "2026-13"}, {"period": "2026-03"}, {}):
            answer = await client.get(f"{BOARD}/warnings", params=asked)
            assert (answer.status_code, answer.json()["field"]) == (422, "period")


async def test_an_auditors_look_is_on_record_and_an_officers_is_not(lit: Face) -> None:
    for name in ("officer", "auditor"):
        async with lit.asked_as(name) as client:
            await client.get(BOARD, params={"unit": "roads"})

    reads = await lit.counter.ledger.audit_reads(kind="board")
    assert [each.actor for each in reads] == ['{"kind":"caller","name":"user:auditor"}']
    assert '"unit":"roads"' in reads[0].scope
