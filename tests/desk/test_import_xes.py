"""A log played as commands: what it counts, the ledger counts too, by the engine's own rules."""

import asyncio
import gzip
import os
import tempfile
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from deep import IN_CHECK, deep
from hypothesis import given, settings
from hypothesis import strategies as st
from written_logs import BEGINS_AT, HEAD_LINES, MAPPING, Wrote, event, log, trace, written

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.importing.counting import Figures, Row, rows_of
from desk.importing.mapping import LogMapping, read_mapping
from desk.importing.playing import Imported, import_xes
from desk.importing.zone import PAUSES_MAX, ImportedZone
from domain.chain import read_text
from domain.issue import Issue
from domain.phases import Phase
from domain.soundness import problems
from ledger.memory import MemoryLedger

REPOSITORY = Path(__file__).parents[2]
LOGS = Path(os.environ.get("CLOSEOUT_SHARED", REPOSITORY / "../shared")) / "data/eventlogs"
BPIC = LOGS / "06_bpic2013_closed.xes.gz"
TWO_YEARS_HOURS = 2 * 365 * 24

PING_PONG = (
    Wrote("Desk", "new"),
    Wrote("Desk", "taken", 1),
    Wrote("Lab 3rd", "taken", 2, who="Bo"),
    Wrote("Desk", "taken", 3),
    Wrote("Lab 3rd", "waits", 4, who="Bo"),
    Wrote("Lab 3rd", "done", 5, who="Bo"),
    Wrote("Lab 3rd", "closed", 6, who=None),
)
"""Up two tiers at once, back, up again, a wait, the whole sign-off."""
STRAIGHT = (
    Wrote("Field 2nd", "new"),
    Wrote("Depot 2nd", "new", 1),
    Wrote("Desk", "new", 2),
    Wrote("Yard", "taken", 3),
    Wrote("Yard", "closed", 4),
    Wrote("Yard", "taken", 5),
)
"""Hand-overs before anybody accepted, a tier down, a close-out and a reopening."""


async def played(
    folder: Path, cases: dict[str, tuple[Wrote | str, ...]], mapping: LogMapping = MAPPING
) -> tuple[Imported, MemoryLedger]:
    ledger = MemoryLedger()
    return await import_xes(written(folder, cases), mapping, ledger=ledger), ledger


async def kinds(ledger: MemoryLedger, key: str) -> list[str]:
    return [record.kind for record in await ledger.records(f"desk/{key}")]


async def issue(ledger: MemoryLedger, key: str) -> Issue:
    row = await ledger.issue(f"desk/{key}")
    assert row is not None
    return row.issue


async def test_log_and_ledger_count_the_same(tmp_path: Path) -> None:
    found, _ = await played(tmp_path, {"A 1": PING_PONG, "A 2": STRAIGHT})

    assert found.figures == Figures(
        cases=2,
        events=13,
        tier_reached={"2": 1, "3": 1},
        steps_up=2,
        steps_down=2,
        handovers=6,
        ping_pong_cases=1,
        last_status={"closed": 1, "taken": 1},
    )
    assert found.from_ledger == found.figures
    assert found.refused == ()
    assert found.unnamed == {"new": 4}


async def test_each_row_is_what_the_engine_would_have_been_asked_for(tmp_path: Path) -> None:
    _, ledger = await played(tmp_path, {"A 1": PING_PONG, "A 2": STRAIGHT})

    assert await kinds(ledger, "A-1") == [
        *("issue_reported", "issue_assigned", "note_added"),
        *("issue_accepted", "note_added"),
        *("issue_escalated", "issue_handed_over", "note_added"),
        *("issue_deescalated", "issue_handed_over", "note_added"),
        *("issue_escalated", "issue_handed_over", "note_added", "issue_paused"),
        *("note_added", "resolution_proposed"),
        *("note_added", "sign_off_answered", "issue_closed_out"),
    ]
    assert await kinds(ledger, "A-2") == [
        *("issue_reported", "issue_assigned", "note_added"),
        *("issue_assigned", "note_added"),
        *("issue_accepted", "issue_deescalated", "issue_handed_over", "note_added"),
        *("issue_handed_over", "note_added"),
        *("note_added", "resolution_proposed", "sign_off_answered", "issue_closed_out"),
        *("issue_reopened", "issue_handed_over", "note_added"),
    ]


async def test_the_acts_take_place_when_the_log_says_and_by_whom(tmp_path: Path) -> None:
    _, ledger = await played(tmp_path, {"A 1": PING_PONG})

    records = await ledger.records("desk/A-1")
    proposed = next(read_text(r.text) for r in records if r.kind == "resolution_proposed")
    assert proposed.at == BEGINS_AT + timedelta(hours=5)
    assert proposed.by.model_dump() == {
        "kind": "officer",
        "person": "r.Bo",
        "post": "g.Lab-3rd",
    }
    assert (await issue(ledger, "A-1")).title == "A 1"


async def test_what_is_imported_stands_an_audit(tmp_path: Path) -> None:
    _, ledger = await played(tmp_path, {"A 1": PING_PONG, "A 2": STRAIGHT})

    verified, again = await verify_all(ledger), await reexecute_all(ledger)

    assert verified.found == ()
    assert verified.streams == 2
    assert list(again.differences) == []


async def test_what_the_engine_refuses_is_told_with_its_line(tmp_path: Path) -> None:
    late = (*STRAIGHT[:5], Wrote("Yard", "taken", TWO_YEARS_HOURS), Wrote("Desk", "closed", 17_600))

    found, _ = await played(tmp_path, {"A 1": PING_PONG, "A 2": late})

    first, second = found.refused
    a_2_begins = HEAD_LINES + len(PING_PONG) + 2
    assert (first.line, first.row, first.case) == (a_2_begins + 7, 13, "A-2")
    assert (first.act, first.code) == ("reopen", "wrong_phase")
    assert "time for reopening is over" in first.reason
    assert (second.line, second.row, second.act) == (a_2_begins + 8, 14, "reopen")
    assert not found.is_equal
    assert (found.figures.events, found.from_ledger.events) == (14, 12)
    assert found.from_ledger.last_status == {"closed": 2}


async def test_what_is_no_row_is_told_and_not_counted(tmp_path: Path) -> None:
    at = BEGINS_AT.isoformat()
    path = tmp_path / "log.xes"
    path.write_text(
        log(
            trace("empty", ()),
            trace(
                "A 1",
                (
                    event({"state": "taken"}, at),
                    event({"team": "Desk"}, at),
                    event({"team": "Desk", "state": "taken"}, None),
                    event({"team": "Desk", "state": "taken"}, "2026-03-02T09:00:00"),
                    event({"team": "Desk", "state": "taken"}, "yesterday"),
                    event({"team": "Desk", "state": "taken"}, "9999-12-31T23:59:59+00:00"),
                    event({"team": "D" * 201, "state": "taken"}, at),
                    Wrote("Desk", "taken", 1),
                ),
            ),
            event({"team": "Desk", "state": "taken"}, at),
        ),
        encoding="utf-8",
    )

    found = await import_xes(path, MAPPING)

    told = [(each.line - HEAD_LINES, each.row, each.reason) for each in found.refused]
    assert told == [
        (1, None, "The case has no events."),
        (4, 1, "The event has no 'team', and the mapping says nothing for `missing`."),
        (5, 2, "The event has no 'state', and the mapping says nothing for `missing`."),
        (6, 3, "The event has no 'time:timestamp'."),
        (7, 4, told[4][2]),
        (8, 5, "'time:timestamp' is no instant: 'yesterday'."),
        (9, 6, told[6][2]),
        (10, 7, told[7][2]),
        (13, 9, "The event stands in no case."),
    ]
    assert "has no time zone" in told[4][2]
    assert told[6][2].endswith("allowed are the years 1970 to 2188.")
    assert "at most 200 characters" in told[7][2]
    assert (found.figures.cases, found.figures.events) == (1, 1)
    assert found.is_equal


async def test_the_mapping_fills_what_is_missing(tmp_path: Path) -> None:
    mapping = MAPPING.model_copy(
        update={
            "group": MAPPING.group.model_copy(update={"missing": "Nobody 2nd"}),
            "time": MAPPING.time.model_copy(update={"zone": "Asia/Shanghai"}),
        }
    )
    row = event({"state": "taken", "team": " "}, "2026-03-02T17:00:00")

    found, ledger = await played(tmp_path, {"A 1": (row,)}, mapping)

    assert found.refused == ()
    assert (await issue(ledger, "A-1")).unit == "g.Nobody-2nd"
    assert (await issue(ledger, "A-1")).tier == 2
    assert (await issue(ledger, "A-1")).reported_at == BEGINS_AT


async def test_an_attribute_of_the_case_may_be_named(tmp_path: Path) -> None:
    mapping = MAPPING.model_copy(
        update={"group": MAPPING.group.model_copy(update={"attribute": "case:concept:name"})}
    )

    found, _ = await played(tmp_path, {"Lab 3rd": (Wrote(None, "taken"),)}, mapping)

    assert found.from_ledger.tier_reached == {"3": 1}


async def test_the_tier_may_change_while_the_group_stays(tmp_path: Path) -> None:
    mapping = MAPPING.model_copy(
        update={"tier": MAPPING.tier.model_copy(update={"attribute": "level"})}
    )
    rows = tuple(
        event({"team": "Desk", "state": "waits", "level": level}, BEGINS_AT.isoformat())
        for level in ("level 1", "level 3rd", "level 2nd")
    )

    found, ledger = await played(tmp_path, {"A 1": rows}, mapping)

    assert (found.from_ledger.steps_up, found.from_ledger.steps_down) == (1, 1)
    assert found.from_ledger.handovers == 0
    assert found.is_equal
    stands = await issue(ledger, "A-1")
    assert (stands.unit, stands.handler, stands.pauses) == ("g.Desk", "g.Desk", 3)


async def test_beyond_the_handbooks_waits_the_top_tier_is_asked(tmp_path: Path) -> None:
    waits = tuple(
        Wrote("Desk", state, hour)
        for hour, state in enumerate(("waits", "taken") * (PAUSES_MAX + 1))
    )

    found, ledger = await played(tmp_path, {"A 1": waits})

    told = Counter(await kinds(ledger, "A-1"))
    assert found.refused == ()
    assert (told["issue_paused"], told["issue_resumed"]) == (PAUSES_MAX + 1, PAUSES_MAX + 1)
    assert (told["pause_asked"], told["pause_granted"]) == (1, 1)


async def test_a_row_that_is_earlier_than_the_one_before_keeps_its_own_time(tmp_path: Path) -> None:
    rows = (Wrote("Desk", "taken", 5), Wrote("Yard", "taken", 3), Wrote("Yard", "closed", 6))

    found, ledger = await played(tmp_path, {"A 1": rows})

    records = await ledger.records("desk/A-1")
    moved = next(
        record for record in records if record.kind == "issue_handed_over" and record.version > 4
    )
    assert moved.at == BEGINS_AT + timedelta(hours=5)
    assert moved.occurred_at == BEGINS_AT + timedelta(hours=3)
    assert found.back_in_time == 1
    assert found.is_equal


async def test_work_taken_up_after_a_proposal_is_a_sending_back(tmp_path: Path) -> None:
    rows = (
        *(Wrote("Desk", "done"), Wrote("Desk", "new", 1), Wrote("Desk", "taken", 2)),
        *(Wrote("Desk", "done", 3), Wrote("Yard", "done", 4), Wrote("Yard", "closed", 5)),
    )

    found, ledger = await played(tmp_path, {"A 1": rows})

    told = Counter(await kinds(ledger, "A-1"))
    assert (told["resolution_proposed"], told["resolution_sent_back"]) == (3, 2)
    assert told["issue_escalated"] == 0
    assert (await issue(ledger, "A-1")).phase is Phase.CLOSED
    assert found.is_equal


async def test_two_cases_of_one_name_are_two_issues(tmp_path: Path) -> None:
    path = tmp_path / "log.xes"
    path.write_text(log(trace("A 1", STRAIGHT), trace("A 1", PING_PONG)), encoding="utf-8")
    ledger = MemoryLedger()

    found = await import_xes(path, MAPPING, ledger=ledger)

    assert found.from_ledger.cases == 2
    assert (await issue(ledger, "A-1.2")).title == "A 1"


async def test_groups_whose_codes_would_be_alike_stay_apart(tmp_path: Path) -> None:
    rows = (Wrote("市政 科", "taken"), Wrote("电力 科", "taken", 1), Wrote("Desk 1", "taken", 2))
    more = (Wrote("Desk-1", "taken", 3), Wrote("Desk 1.2", "taken", 4))

    found, _ = await played(tmp_path, {"A 1": (*rows, *more)})

    assert found.from_ledger.handovers == 4
    assert found.is_equal


def test_the_zone_that_is_made_is_sound() -> None:
    zone = ImportedZone("desk", 3, {"Desk": ["Ann"], "Lab 3rd": []})

    assert problems(zone.terms) == ()


GROUPS = ("Desk", "Yard", "Depot 2nd", "Lab 3rd", "Test 3rd")
STATES = ("new", "taken", "waits", "done", "closed")
ROWS = st.lists(
    st.builds(
        Wrote,
        st.sampled_from(GROUPS),
        st.sampled_from(STATES),
        st.integers(min_value=-48, max_value=24 * 300),
        st.sampled_from(("Ann", "Bo", None)),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=deep("little logs", 600), deadline=None)
@given(st.lists(ROWS, min_size=1, max_size=3))
def test_no_little_log_is_refused_or_counted_otherwise(cases: list[list[Wrote]]) -> None:
    async def play() -> tuple[Imported, dict[str, list[Row]]]:
        ledger = MemoryLedger()
        named = {f"case-{n}": tuple(rows) for n, rows in enumerate(cases)}
        with tempfile.TemporaryDirectory() as folder:
            found = await import_xes(written(Path(folder), named), MAPPING, ledger=ledger)
        return found, {rows[0].case: rows async for rows in rows_of(ledger)}

    found, of_ledger = asyncio.run(play())

    tiers = {"Desk": 1, "Yard": 1, "Depot 2nd": 2, "Lab 3rd": 3, "Test 3rd": 3}
    assert found.refused == ()
    assert of_ledger == {
        f"case-{n}": [
            Row(f"case-{n}", tiers[row.team or ""], row.team or "", row.state or "") for row in rows
        ]
        for n, rows in enumerate(cases)
    }
    assert found.is_equal


@IN_CHECK
@pytest.mark.skipif(
    not BPIC.is_file(), reason=f"no {BPIC.name} beside this clone (CLOSEOUT_SHARED)"
)
async def test_three_support_lines_of_a_public_log_end_with_the_same_counts() -> None:
    ledger, mapping = MemoryLedger(), read_mapping(REPOSITORY / "docs/howto/bpic2013.toml")

    found = await import_xes(BPIC, mapping, ledger=ledger)

    counted = independent_count()
    plain = {name: getattr(found.from_ledger, name) for name in counted}
    assert plain == counted
    assert found.refused == ()
    assert found.is_equal
    told = Counter(record.kind for _, record in await ledger.follow(0, 1_000_000))
    assert told["issue_escalated"] == counted["steps_up"]
    assert told["issue_deescalated"] == counted["steps_down"]
    assert told["issue_closed_out"] - told["issue_reopened"] == counted["cases"]


def independent_count() -> dict[str, object]:
    """Count the public log with another parser, another way round, and no code of ours."""
    names = "{http://www.xes-standard.org/}"
    with gzip.open(BPIC) as file:
        tree = ElementTree.parse(file)  # noqa: S314  # a file of known content
    cases = [
        [
            {each.get("key"): each.get("value") or "" for each in one}
            for one in case.iter(f"{names}event")
        ]
        for case in tree.iter(f"{names}trace")
    ]
    groups = [[row["organization involved"] for row in rows] for rows in cases]
    lines = [[{"2nd": 2, "3rd": 3}.get(name[-3:], 1) for name in each] for each in groups]
    steps = [after - before for each in lines for before, after in pairwise(each)]
    moves = [[(a, b) for a, b in pairwise(each) if a != b] for each in groups]
    return {
        "cases": len(cases),
        "events": sum(map(len, cases)),
        "tier_reached": {str(n): k for n, k in sorted(Counter(map(max, lines)).items())},
        "steps_up": sum(step > 0 for step in steps),
        "steps_down": sum(step < 0 for step in steps),
        "handovers": sum(map(len, moves)),
        "ping_pong_cases": sum(
            any(one[0] == two[1] for one, two in pairwise(each)) for each in moves
        ),
        "last_status": dict(Counter(rows[-1]["lifecycle:transition"] for rows in cases)),
    }
