"""A log of sign-offs played: rejections are acts, and what the engine forbids is marked."""

import asyncio
import gzip
import os
import tempfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest
from deep import IN_FULL, deep
from hypothesis import given, settings
from hypothesis import strategies as st
from written_logs import Wrote, written

from audit.reexecute import reexecute_all
from audit.verify import verify_all
from desk.importing.counting import SignedFigures, rows_of
from desk.importing.mapping import LogMapping, Signature, read_mapping
from desk.importing.marks import AUTHORITY, Mark
from desk.importing.playing import Imported, import_xes
from desk.importing.problems import UnusableMappingError
from desk.importing.zone import ImportedZone
from domain.chain import read_text
from domain.events import Event, NoteAdded, SignOffAnswered
from domain.issue import Issue
from domain.people import Officer, Representative
from domain.phases import Outcome, Phase, SignOffOutcome
from domain.soundness import problems
from ledger.memory import MemoryLedger
from ledger.port import Ledger

REPOSITORY = Path(__file__).parents[2]
LOGS = Path(os.environ.get("CLOSEOUT_SHARED", REPOSITORY / "../shared")) / "data/eventlogs"
PUBLIC = ("RequestForPayment", "DomesticDeclarations", "PrepaidTravelCost")
SLICE_CASES = 100
MAPPING = LogMapping.model_validate(
    {
        "group": {"attribute": "team"},
        "resource": {"attribute": "who"},
        "status": {"attribute": "state", "closed": ["paid"]},
        "signatures": {
            "submitted": "SUBMITTED",
            "approved": "APPROVED",
            "final_approved": "FINAL_APPROVED",
            "rejected": "REJECTED",
        },
    }
)


def told(*said: str) -> tuple[Wrote, ...]:
    """Return a case by what was said, an hour apart: who stands after ` by `."""
    return tuple(
        Wrote("Office", each, hour, who=each.partition(" by ")[2] or "machine")
        for hour, each in enumerate(said)
    )


TWICE = told(
    *("SAVED by staff", "SUBMITTED by staff", "APPROVED by desk", "REJECTED by budget"),
    *("SUBMITTED by staff", "APPROVED by desk", "FINAL_APPROVED by head", "ordered", "paid"),
)


async def played(folder: Path, **cases: tuple[Wrote, ...]) -> tuple[Imported, MemoryLedger]:
    ledger = MemoryLedger()
    return await import_xes(written(folder, cases), MAPPING, ledger=ledger), ledger


async def events(ledger: MemoryLedger, key: str) -> list[Event]:
    return [read_text(record.text) for record in await ledger.records(f"log/{key}")]


async def issue(ledger: MemoryLedger, key: str) -> Issue:
    row = await ledger.issue(f"log/{key}")
    assert row is not None
    return row.issue


async def test_a_rejection_and_a_resubmission_are_two_rounds_of_a_sign_off(tmp_path: Path) -> None:
    found, ledger = await played(tmp_path, a=TWICE)

    assert [each.kind for each in await events(ledger, "a")] == [
        *("issue_reported", "issue_assigned", "note_added"),
        *("issue_accepted", "resolution_proposed", "note_added"),
        "note_added",
        *("resolution_rejected", "note_added"),
        *("resolution_proposed", "note_added"),
        "note_added",
        *("sign_off_answered", "note_added"),
        "note_added",
        *("note_added", "issue_closed_out"),
    ]
    stands = await issue(ledger, "a")
    assert (stands.outcome, stands.tier, stands.rejections) == (Outcome.CLOSED_OUT, 1, 1)
    assert stands.sign_off is not None
    assert (stands.sign_off.round, stands.sign_off.outcome) == (2, SignOffOutcome.ACCEPTED)
    assert (found.marked, found.refused, found.is_equal) == (Counter(), (), True)
    assert found.unnamed == {"SAVED by staff": 1, "ordered": 1}


async def test_each_signs_in_the_own_name(tmp_path: Path) -> None:
    _, ledger = await played(tmp_path, a=TWICE)

    acts = {each.kind: each.by for each in await events(ledger, "a")}
    assert acts["resolution_proposed"] == Officer(person="r.staff", post="g.Office")
    assert acts["resolution_rejected"] == Representative(person="r.budget", enterprise="log")
    assert acts["sign_off_answered"] == Representative(person="r.head", enterprise="log")


async def test_the_cases_are_counted_in_the_log_and_from_the_acts_in_the_ledger(
    tmp_path: Path,
) -> None:
    found, _ = await played(
        tmp_path,
        a=TWICE,
        b=told("SUBMITTED by staff", "REJECTED by desk", "REJECTED by staff"),
        c=told("SUBMITTED by staff", "FINAL_APPROVED by head", "paid"),
        d=told("REJECTED by desk", "SUBMITTED by staff"),
        e=told("SAVED by staff"),
    )

    assert found.signed == SignedFigures(
        cases_rejected=3, cases_resubmitted=2, cases_final_approved=2
    )
    assert found.signed_in_ledger == found.signed
    assert (found.figures.events, found.from_ledger.events) == (18, 18)
    assert found.is_equal


async def test_what_the_phase_forbids_stands_as_a_note_with_a_mark(tmp_path: Path) -> None:
    found, ledger = await played(
        tmp_path, a=told("SUBMITTED by staff", "REJECTED by desk", "REJECTED by staff")
    )

    *_, last = await events(ledger, "a")
    assert isinstance(last, NoteAdded)
    assert (last.by, last.text) == (AUTHORITY, "REJECTED by staff")
    assert last.evidence[0].reference == (
        "imported by the log's authority: reject refused: wrong_phase"
    )
    assert Mark.on(last) == Mark("reject", "wrong_phase")
    assert found.marked == found.marked_in_ledger == Counter({Mark("reject", "wrong_phase"): 1})
    assert (await issue(ledger, "a")).phase is Phase.HANDLING
    assert (found.refused, found.is_equal) == ((), True)


async def test_whoever_approves_the_own_submission_is_stood_in_for_by_proxy(tmp_path: Path) -> None:
    found, ledger = await played(
        tmp_path, a=told("SUBMITTED by staff", "FINAL_APPROVED by staff", "paid")
    )

    assert found.marked == Counter({Mark("confirm", "not_permitted"): 1})
    (answer,) = [e for e in await events(ledger, "a") if isinstance(e, SignOffAnswered)]
    assert (answer.outcome, answer.recording) == (
        SignOffOutcome.ACCEPTED_BY_PROXY,
        "line 5 of the log",
    )
    assert (
        answer.note
        == "Line 5 of the log: FINAL_APPROVED by staff. Imported by the log's authority."
    )
    assert (await issue(ledger, "a")).outcome is Outcome.CLOSED_OUT
    assert found.is_equal


@pytest.mark.parametrize(
    ("said", "marks", "phase"),
    [
        (("SUBMITTED by a", "SUBMITTED by b"), ["propose_resolution: wrong_phase"], Phase.SIGN_OFF),
        (
            ("SUBMITTED by a", "FINAL_APPROVED by b", "REJECTED by c"),
            ["reject: wrong_phase"],
            Phase.HANDLING,
        ),
        (
            ("SUBMITTED by a", *["FINAL_APPROVED by b"] * 2),
            ["confirm: wrong_phase"],
            Phase.SIGN_OFF,
        ),
        (("FINAL_APPROVED by b", "paid"), ["confirm: wrong_phase"], Phase.CLOSED),
        (("SUBMITTED by a", "paid"), ["verify: wrong_phase"], Phase.CLOSED),
        (("paid", "paid"), ["verify: not_permitted"] * 2, Phase.CLOSED),
        (
            ("paid", "REJECTED by c"),
            ["reject: wrong_phase", "verify: not_permitted"],
            Phase.HANDLING,
        ),
    ],
)
async def test_the_issue_stands_where_the_log_says_whatever_was_refused(
    tmp_path: Path, said: tuple[str, ...], marks: list[str], phase: Phase
) -> None:
    found, ledger = await played(tmp_path, a=told(*said))

    assert sorted(f"{mark.act}: {mark.code}" for mark in found.marked.elements()) == marks
    assert (await issue(ledger, "a")).phase is phase
    assert (found.refused, found.is_equal) == ((), True)


async def test_any_number_of_rejections_leaves_the_tier_alone(tmp_path: Path) -> None:
    found, ledger = await played(tmp_path, a=told(*["SUBMITTED by a", "REJECTED by b"] * 8))

    stands = await issue(ledger, "a")
    assert (stands.tier, stands.rejections, found.marked) == (1, 8, Counter())


async def test_what_was_imported_by_authority_stands_an_audit_in_either_ledger(
    tmp_path: Path, ledger: Ledger
) -> None:
    alone = told("SUBMITTED by a", "FINAL_APPROVED by a", "SUBMITTED by a", "paid")

    found = await import_xes(written(tmp_path, {"a": TWICE, "b": alone}), MAPPING, ledger=ledger)

    verified, again = await verify_all(ledger), await reexecute_all(ledger)
    assert (verified.found, verified.streams) == ((), 2)
    assert list(again.differences) == []
    assert found.marked.total() == 3
    assert (found.refused, found.is_equal) == ((), True)


async def test_a_row_that_cannot_be_noted_is_refused_and_the_counts_differ(tmp_path: Path) -> None:
    late = Wrote("Office", "REJECTED by desk", 3 * 365 * 24, who="desk")

    found, _ = await played(tmp_path, a=(*TWICE, late))

    (refused,) = found.refused
    assert (refused.act, refused.row) == ("reopen", 10)
    assert not found.is_equal


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ('waiting = ["x"]', "beside [signatures] only `closed` is listed in [status], not waiting"),
        ('closed = ["REJECTED"]', "'REJECTED' closes, and a pattern of [signatures] is found in"),
    ],
)
def test_a_status_moves_an_issue_in_one_way_only(tmp_path: Path, status: str, said: str) -> None:
    path = tmp_path / "map.toml"
    path.write_text(
        f'[group]\nattribute = "team"\n[status]\nattribute = "state"\n{status}\n'
        '[signatures]\nsubmitted = "S"\nrejected = "REJ"\nfinal_approved = "F"\n',
        encoding="utf-8",
    )

    with pytest.raises(UnusableMappingError) as refused:
        read_mapping(path)

    assert said in str(refused.value)


def test_the_zone_of_a_log_of_sign_offs_is_sound() -> None:
    zone = ImportedZone("log", 2, {"Office": ["staff"], "Lab": []}, signs=True)

    assert problems(zone.terms) == ()


SAID = ("SUBMITTED", "APPROVED", "FINAL_APPROVED", "REJECTED", "SAVED", "paid")
ROWS = st.lists(
    st.builds(
        Wrote,
        st.sampled_from(("Office", "Lab")),
        st.sampled_from(SAID),
        st.integers(min_value=-48, max_value=24 * 300),
        st.sampled_from(("staff", "head", None)),
    ),
    min_size=1,
    max_size=12,
)


@settings(max_examples=deep("little logs of sign-offs", 400), deadline=None)
@given(ROWS)
def test_no_row_of_a_little_log_of_sign_offs_is_lost(case: list[Wrote]) -> None:
    async def play() -> tuple[Imported, list[frozenset[Signature]], list[str]]:
        with tempfile.TemporaryDirectory() as folder:
            found, ledger = await played(Path(folder), a=tuple(case))
        (rows,) = [rows async for rows in rows_of(ledger, signs=True)]
        return found, [row.signatures for row in rows], [row.status for row in rows]

    found, signed, noted = asyncio.run(play())

    assert noted == [row.state for row in case]
    named = {each.name: each for each in Signature if each is not Signature.APPROVED}
    assert signed == [
        frozenset({named[s]} if (s := row.state or "") in named else ()) for row in case
    ]
    assert found.refused == ()
    assert found.is_equal


def sliced(name: str, folder: Path) -> Path:
    """Write the first cases of a public log to a file of their own."""
    path = folder / f"{name}.xes"
    with gzip.open(LOGS / f"{name}.xes.gz", "rt", encoding="utf-8") as log, path.open("w") as out:
        cases = 0
        for line in log:
            out.write(line)
            cases += "</trace>" in line
            if cases == SLICE_CASES:
                break
        out.write("</log>\n")
    return path


def counted(path: Path) -> dict[str, int]:
    """Count a log with another parser and no code of ours."""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        tree = ElementTree.parse(file)  # noqa: S314  # a file of known content
    cases = [
        [
            next(e.get("value") or "" for e in one if e.get("key") == "concept:name")
            for one in case.findall("{*}event")
        ]
        for case in tree.getroot().findall("{*}trace")
    ]
    after = [
        next((rows[n + 1 :] for n, name in enumerate(rows) if "REJECTED" in name), None)
        for rows in cases
    ]
    return {
        "cases": len(cases),
        "events": sum(map(len, cases)),
        "cases_rejected": sum(rows is not None for rows in after),
        "cases_resubmitted": sum(any("SUBMITTED" in name for name in rows or ()) for rows in after),
        "cases_final_approved": sum(
            any("FINAL_APPROVED" in name for name in rows) for rows in cases
        ),
    }


@pytest.mark.skipif(
    not all((LOGS / f"{name}.xes.gz").is_file() for name in PUBLIC),
    reason="no BPI Challenge 2020 logs beside this clone (CLOSEOUT_SHARED)",
)
@pytest.mark.parametrize("name", PUBLIC if IN_FULL else PUBLIC[-1:])
async def test_public_logs_of_sign_offs_end_with_the_counts_of_the_file(
    tmp_path: Path, name: str
) -> None:
    path = LOGS / f"{name}.xes.gz" if IN_FULL else sliced(name, tmp_path)
    ledger = MemoryLedger()

    found = await import_xes(
        path, read_mapping(REPOSITORY / "docs/howto/bpic2020.toml"), ledger=ledger
    )

    direct = counted(path)
    of_ledger = found.signed_in_ledger
    assert of_ledger is not None
    assert direct == {
        "cases": found.from_ledger.cases,
        "events": found.from_ledger.events,
        "cases_rejected": of_ledger.cases_rejected,
        "cases_resubmitted": of_ledger.cases_resubmitted,
        "cases_final_approved": of_ledger.cases_final_approved,
    }
    assert (found.refused, found.is_equal) == ((), True)
    assert found.kinds["note_added"] >= direct["events"]
    assert found.kinds["resolution_rejected"] > 0
