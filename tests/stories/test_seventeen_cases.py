"""The 17 traced cases once more, with time passing, on one stack: each does what its record states.

The days between the steps are the sources' where they state any, else ours: five minutes, and an
hour for whoever is waited for.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from cases_told import BEGINS, BEGINS_OTHERWISE, LATER, OUTSIDE, TEAMS
from databases import Database
from deep import IN_CHECK
from ladder_world import Post, beijing
from temporalio.client import Client

from audit.clocks import audit_clocks
from audit.reexecute import reexecute_all
from audit.verify import verify_all
from demo.cases import Case, Step, read_cases
from demo.virtual import TimeLapse, VirtualClock, skipping
from desk.desk import Desk
from desk.shelf import Shelf
from domain import events as ev
from domain.chain import Record
from domain.clocks import Move, Run
from domain.commands import Pause, ProposeResolution, Submission
from domain.issue import Evidence, Issue
from domain.organization import unit
from domain.phases import (
    LinkType,
    Origin,
    PartStanding,
    Phase,
    ResultClass,
    SignOffOutcome,
)
from domain.responsibility import FOR_ENTERPRISE, RECTIFYING, Held, HolderKind, partition
from domain.retold import terms_named
from domain.view import workflow_id
from handbooks.shelf import read_terms
from ledger.postgres import PostgresLedger
from runtime.postgres import EmbeddedPostgres
from worker import make_relay, make_worker

pytestmark = IN_CHECK


CASES = {case.id: case for case in read_cases()}
TASK_QUEUE = "seventeen-cases"
BETWEEN = timedelta(minutes=5)
WAITED = timedelta(hours=1)
ANSWER_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Played:
    """All cases, played: the ledger and what was told meanwhile."""

    ledger: PostgresLedger
    desk: Desk
    client: Client
    post: Post
    clock: VirtualClock

    async def issue(self, id_: str, key: str | None = None) -> Issue:
        """Return a case's issue, or another one of its zone."""
        case = CASES[id_]
        return (await self.desk.row(case.zone, key or case.key)).issue

    async def records(self, id_: str) -> list[Record]:
        """Return what the ledger has of a case."""
        case = CASES[id_]
        return await self.ledger.records(f"{case.zone}/{case.key}")

    async def held(self, id_: str) -> tuple[Held, ...]:
        """Return whose time a case's was."""
        records = await self.records(id_)
        terms = {hash_: await self.desk.shelf.version(hash_) for hash_ in terms_named(records)}
        return partition(records, terms, self.clock.now())

    async def at(self, id_: str, kind: str) -> datetime:
        """Return when the first event of a kind was recorded."""
        return next(record.at for record in await self.records(id_) if record.kind == kind)


@pytest.fixture(scope="module")
async def played(
    postgres_server: EmbeddedPostgres, migrated_template: str, skipper: Client
) -> AsyncIterator[Played]:
    """All cases, played once for all that is asked below."""
    database = Database(postgres_server, "seventeen_cases")
    await postgres_server.create_database(database.name, migrated_template)
    clock = VirtualClock(beijing(BEGINS))
    zones = {case.zone for case in CASES.values()}
    async with database.ledger(size=8) as ledger:
        desk = Desk(ledger, Shelf(ledger, {zone: read_terms(zone) for zone in zones}), clock)
        lapsing, post = skipping(skipper), Post(clock)
        relay = make_relay(lapsing.client, desk, task_queue=TASK_QUEUE)
        async with make_worker(lapsing.client, desk, task_queue=TASK_QUEUE, channel=post):
            relaying = asyncio.create_task(relay.run())
            lapse = TimeLapse(ledger, lapsing, clock)
            try:
                for at, case, number, step in sorted(timetable(), key=lambda entry: entry[0]):
                    await lapse.advance_to(at)
                    await desk.carry_out(submitted(case, number, step))
                await lapse.settle()
                yield Played(ledger, desk, lapsing.client, post, clock)
            finally:
                relaying.cancel()
                await asyncio.gather(relaying, return_exceptions=True)
    await postgres_server.drop_database(database.name)


def timetable() -> Iterator[tuple[datetime, Case, int, Step]]:
    """Yield every step of every case with its instant."""
    for case in CASES.values():
        at, waits, later = beijing(BEGINS_OTHERWISE.get(case.id, BEGINS)), False, dict(LATER)
        for number, step in enumerate(case.steps, start=1):
            text = later.pop((case.id, step.command.kind), None)
            if text is not None:
                at = beijing(text)
            elif waits:
                at += WAITED
            yield at, case, number, step
            waits = isinstance(step.command, Pause)
            at += BETWEEN if not waits else timedelta(0)


def submitted(case: Case, number: int, step: Step) -> Submission:
    """Return a step as it is sent."""
    return Submission(
        id=f"seventeen:{case.key}:{number:02d}",
        zone=case.zone,
        key=case.key,
        actor=step.by,
        command=step.command,
    )


@pytest.mark.parametrize("id_", CASES)
async def test_each_case_ends_with_time_passing_as_its_record_says(
    played: Played, id_: str
) -> None:
    case, issue = CASES[id_], await played.issue(id_)

    outcome = None if issue.sign_off is None else issue.sign_off.outcome
    assert issue.phase is case.expect.phase
    assert issue.outcome is case.expect.outcome
    assert outcome is case.expect.sign_off
    assert issue.tier_reached == case.expect.tier_reached
    if not issue.is_open:
        handle = played.client.get_workflow_handle(workflow_id(case.zone, case.key))
        await asyncio.wait_for(handle.result(), ANSWER_SECONDS)


@pytest.mark.parametrize("id_", [id_ for id_, case in CASES.items() if case.elapsed])
async def test_what_a_source_says_of_length_lies_within_the_limits(
    played: Played, id_: str
) -> None:
    case = CASES[id_]
    assert case.elapsed is not None
    begins = "issue_reported" if id_ in ("A04", "A06") else "issue_paused"
    ends = "issue_resumed" if id_ == "A06" else "resolution_proposed"
    took = await played.at(id_, ends) - await played.at(id_, begins)

    length = timedelta(**{f"{case.elapsed.unit}s": case.elapsed.value})
    if case.elapsed.comparator == "less_than":
        assert took < length
    else:
        assert length <= took < length + WAITED
    issue = await played.issue(id_)
    assert [clock.id for clock in issue.clocks if clock.breached_at is not None] == []


@pytest.mark.parametrize("id_", CASES)
async def test_time_that_an_outside_body_took_is_charged_to_it(played: Played, id_: str) -> None:
    took: dict[str, timedelta] = {}
    for held in await played.held(id_):
        if held.holder.kind is HolderKind.EXTERNAL:
            counted = timedelta(milliseconds=held.counted_ms)
            took[held.holder.id] = took.get(held.holder.id, timedelta(0)) + counted

    assert took == OUTSIDE.get(id_, {})
    clock = (await played.issue(id_)).clock("external_party")
    assert (clock is not None) is bool(took)
    if clock is not None:
        *_, last = took.values()
        assert timedelta(milliseconds=clock.elapsed_ms) == last
        assert clock.breached_at is None
        book = read_terms(CASES[id_].zone).handbook
        assert all((body := unit(book, id_)) is not None and body.external for id_ in took)


@pytest.mark.parametrize("id_", CASES)
async def test_who_worked_together_had_each_a_part_in_time_within_the_lead_s(
    played: Played, id_: str
) -> None:
    team = (await played.issue(id_)).team
    if id_ not in TEAMS:
        assert team is None
        return
    assert team is not None

    assert {part.id: (part.unit, part.duty) for part in team.parts} == TEAMS[id_]
    assert {part.standing for part in team.parts} == {PartStanding.FINISHED}
    assert not any(part.late for part in team.parts)
    assert all(part.deliverable for part in team.parts)
    runs = await runs_of(played, id_)
    for part in team.parts:
        assert runs[f"part.1.{part.id}"].due_at <= runs["team_lead"].due_at


async def runs_of(played: Played, id_: str) -> dict[str, Run]:
    """Return with what each clock of a case last began."""
    return {
        move.clock: move.run
        for record in await played.records(id_)
        for move in record.event.clocks
        if move.move is Move.START and move.run is not None
    }


async def test_the_institutions_have_a_proxy_and_hold_up_no_part(played: Played) -> None:
    team = (await played.issue("A01")).team
    assert team is not None
    extension = team.part("extension")
    assert extension is not None
    acts = {
        record.kind: record.event.by.post
        for record in await played.records("A01")
        if isinstance(record.event, ev.PartAccepted | ev.PartFinished)
        and record.event.part == "extension"
        and record.event.by.kind == "officer"
    }

    assert extension.proxy == "bishan-committee"
    assert acts == dict.fromkeys(("part_accepted", "part_finished"), "bishan-committee")


async def test_the_supplies_are_met_at_two_in_the_morning(played: Played) -> None:
    met = await played.at("A14", "part_finished")

    assert met == beijing("2026-03-03 02:00")
    assert read_terms("shuangqiao").calendar.working_ms(met - BETWEEN, met + BETWEEN) == 0


async def test_watch_and_patrol_begin_once_the_place_is_in_use(played: Played) -> None:
    kinds = [record.kind for record in await played.records("A15")]

    assert kinds.index("part_finished") < kinds.index("part_ready")
    assert kinds.count("part_ready") == 2
    told = {t.addressee for t in played.post.delivered if t.kind == "part_ready"}
    assert told == {"shuangqiao-health-centre", "shuangqiao-police"}


@pytest.mark.parametrize("id_", CASES)
async def test_what_a_result_rests_on_is_in_the_ledger_with_its_hash(
    played: Played, id_: str
) -> None:
    case = CASES[id_]
    given = [
        Evidence.model_validate(paper.evidence()) for step in case.steps for paper in step.papers
    ]
    kept: list[Evidence] = []
    for record in await played.records(id_):
        if isinstance(record.event, ev.ResolutionProposed):
            kept += record.event.resolution.evidence
        elif isinstance(record.event, ev.PartFinished):
            kept += record.event.evidence

    assert kept == given
    assert all(each.sha256 and each.size and each.media_type for each in kept)
    proposals = [s.command for s in case.steps if isinstance(s.command, ProposeResolution)]
    assert all(p.resolution.evidence for p in proposals) is (id_ != "A07")


async def test_one_message_with_two_problems_is_two_issues_of_one_report(played: Played) -> None:
    for pair, report in ((("A08a", "A08b"), "hongyuan"), (("A09", "A10"), "anpeilong")):
        first, second = [await played.issue(id_) for id_ in pair]

        assert (first.report_id, second.report_id) == (report, report)
        assert first.enterprise == second.enterprise
        assert first.category != second.category
        assert first.number != second.number


async def test_the_subsidy_waits_for_the_enterprise_s_papers(played: Played) -> None:
    issue, held = await played.issue("A08b"), await played.held("A08b")

    assert issue.phase is Phase.HANDLING
    assert issue.pause is not None
    assert held[-1].why == FOR_ENTERPRISE
    assert not (await played.issue("A08a")).is_open


async def test_three_tiers_hear_of_the_flood_at_once_and_rescue_comes_before_recovery(
    played: Played,
) -> None:
    issue = await played.issue("A05")
    told = [t for t in played.post.delivered if (t.key, t.kind) == ("A05", "emergency_declared")]

    assert issue.incident is not None
    assert (issue.incident.id, issue.incident.stage) == ("donggang-flood", "recovery")
    assert {t.addressee for t in told} >= {
        "cedz-grid-officer-1",
        "cedz-area-head-1",
        "cedz-grid-director",
    }
    assert {t.at for t in told} == {beijing(BEGINS)}
    days = await played.at("A05", "emergency_stage_entered") - await played.at(
        "A05", "issue_reported"
    )
    assert days == timedelta(days=2)


async def test_the_liaison_goes_straight_to_the_county_leader_and_the_middle_tier_hears_of_it(
    played: Played,
) -> None:
    (up,) = [r.event for r in await played.records("A09") if isinstance(r.event, ev.IssueEscalated)]
    told = {
        t.addressee for t in played.post.delivered if (t.key, t.kind) == ("A09", "issue_escalated")
    }

    assert (up.from_tier, up.to_tier) == (1, 3)
    assert "guiyang-department-head" in told
    assert (await played.issue("A10")).tier_reached == 1


async def test_what_a_partial_result_leaves_is_an_issue_of_its_own(played: Played) -> None:
    for id_ in ("A09", "A11"):
        origin, left = await played.issue(id_), await played.issue(id_, f"{id_}.f1")

        assert origin.sign_off is not None
        promise = origin.sign_off.resolution.follow_up
        assert origin.sign_off.resolution.result is ResultClass.PARTLY
        assert promise is not None
        assert (left.phase, left.origin) == (Phase.INTAKE, Origin.FOLLOW_UP)
        assert left.promise == promise
        assert [(tie.type, tie.other, tie.incoming) for tie in left.ties] == [
            (LinkType.SUCCEEDS, id_, False)
        ]
        assert [(tie.type, tie.other, tie.incoming) for tie in origin.ties] == [
            (LinkType.SUCCEEDS, f"{id_}.f1", True)
        ]


async def test_the_masks_are_the_enterprise_s_to_put_right_and_the_group_s_to_inspect(
    played: Played,
) -> None:
    issue, whys = await played.issue("A16"), [held.why for held in await played.held("A16")]

    assert issue.sign_off is not None
    assert issue.sign_off.outcome is SignOffOutcome.INSPECTED
    assert issue.rectification is not None
    assert issue.rectification.post == "shuangqiao-inspection"
    assert RECTIFYING in whys
    assert issue.clock("rectifying") is not None
    assert issue.clock("handling") is None


async def test_the_ledger_of_all_of_them_is_sound(played: Played) -> None:
    findings = await verify_all(played.ledger)
    again = await reexecute_all(played.ledger)
    audit = await audit_clocks(played.ledger, now=played.clock.now())

    follow_ups = [case for case in CASES.values() if case.expect.follow_up]
    assert findings.streams == len(CASES) + len(follow_ups)
    assert findings.is_sound, findings.found[:5]
    assert again.decisions > sum(len(case.steps) for case in CASES.values())
    assert again.is_identical, again.differences[:5]
    assert not audit.found, audit.found[:5]
