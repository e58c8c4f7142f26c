"""Tables taken in: columns by their names, findings row by row, nothing twice, nothing by half."""

from datetime import UTC, datetime
from typing import Any

import builders as b
import pytest
from deep import deep
from desks import Counter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.intake.columns import NO_MAPPING, Field, OwnMapping, columns_of, read_mapping
from desk.intake.problems import UnusableColumnsError
from desk.intake.rows import in_iso
from desk.intake.tables import read_table
from desk.intake.taking import Taking, taken_in
from desk.intake.told import IntakeAnswer, RowAnswer, RowOutcome
from domain.access import Horizon
from domain.events import IssueReported
from domain.people import Actor
from domain.phases import Origin, Priority

HEAD = "编号,企业名称,问题类别,问题标题,问题描述,来源,紧急程度,发生时间"
GOOD = "A-1,面粉厂,道路,门口堵了,货车进不来,走访,加急,2026年3月1日 9:30"
MAPPING = OwnMapping(
    columns={Field.ENTERPRISE: "厂", Field.TITLE: "事"},
    constants={Field.CATEGORY: "road-access"},
    values={Field.ENTERPRISE: {"一厂": "mill"}},
)


async def take(
    counter: Counter,
    text: str,
    *,
    dry_run: bool = False,
    actor: Actor = b.COORDINATOR,
    mapping: OwnMapping = NO_MAPPING,
    compare_max: int = 1000,
    within_s: float | None = None,
    within: Horizon | None = None,
) -> IntakeAnswer:
    """Take in a CSV."""
    taking = Taking(
        desk=counter.desk,
        terms=b.TERMS,
        actor=actor,
        dry_run=dry_run,
        compare_max=compare_max,
        within_s=within_s,
        within=within,
    )
    return await taken_in(taking, read_table(text.encode()), mapping)


def lines(*rows: str) -> str:
    """Return a CSV with the usual head."""
    return "\n".join([HEAD, *rows]) + "\n"


async def events(counter: Counter) -> int:
    """Return how many events there are."""
    return await counter.ledger.safe_position()


def only(found: IntakeAnswer) -> RowAnswer:
    """Return the answer of the one row."""
    (row,) = found.rows
    return row


async def test_a_row_is_reported_with_all_that_it_says(memory: Counter) -> None:
    found = await take(memory, lines(GOOD))

    assert only(found).outcome is RowOutcome.REPORTED
    assert only(found).key == "A-1"
    (record,) = await memory.ledger.records(f"{b.ZONE}/A-1")
    event = record.event
    assert isinstance(event, IssueReported)
    assert (event.enterprise, event.category) == ("mill", "road-access")
    assert (event.title, event.text) == ("门口堵了", "货车进不来")
    assert (event.origin, event.priority) == (Origin.VISIT, Priority.EXPEDITED)
    assert record.occurred_at == datetime(2026, 3, 1, 1, 30, tzinfo=UTC)
    assert event.by == b.COORDINATOR


async def test_a_dry_run_says_the_same_and_writes_nothing(memory: Counter) -> None:
    found = await take(memory, lines(GOOD, "A-2,nobody,道路,x,y,,,"), dry_run=True)

    assert [row.outcome for row in found.rows] == [RowOutcome.WOULD_REPORT, RowOutcome.REFUSED]
    assert found.dry_run
    assert await events(memory) == 0
    assert await memory.ledger.refusals(f"{b.ZONE}/A-2") == []


async def test_the_same_file_again_changes_nothing_whoever_sends_it(memory: Counter) -> None:
    text = lines(GOOD, GOOD.replace("A-1", "").replace("门口", "后门"))
    first = await take(memory, text)
    before = await events(memory)

    again = await take(memory, text)
    by_another = await take(memory, text, actor=b.HOTLINE)
    tried = await take(memory, text, dry_run=True)

    assert first.counts[RowOutcome.REPORTED] == 2
    assert await events(memory) == before
    for found in (again, by_another, tried):
        assert found.counts[RowOutcome.REPEATED] == 2
        assert [row.key for row in found.rows] == [row.key for row in first.rows]


async def test_a_row_that_fails_leaves_no_trace_and_stops_no_other(memory: Counter) -> None:
    found = await take(memory, lines("B-1,无名厂,道路,x,y,,,", GOOD, "B-2,面粉厂,天气,x,y,,,"))

    assert [row.outcome for row in found.rows] == ["refused", "reported", "refused"]
    assert [row.row for row in found.rows] == [2, 3, 4]
    assert await events(memory) == 1
    for key in ("B-1", "B-2"):
        assert await memory.ledger.refusals(f"{b.ZONE}/{key}") == []
        assert await memory.ledger.first_command(f"{b.ZONE}/{key}") is None


async def test_every_finding_of_a_row_names_column_value_and_what_is_allowed(
    memory: Counter,
) -> None:
    found = await take(memory, lines("第一号,面粉工厂,道,,,传闻,马上,昨天"))

    told = {each.field: each for each in only(found).findings}
    assert set(told) == {
        *("key", "enterprise", "category", "title", "text", "origin", "priority", "occurred_at")
    }
    assert told["enterprise"].column == "企业名称"
    assert told["enterprise"].value == "面粉工厂"
    assert told["enterprise"].suggestions[0] == "mill 面粉厂"
    assert told["category"].suggestions[0] == "road-access 道路"
    assert told["origin"].allowed is not None
    assert "visit" in told["origin"].allowed
    assert told["occurred_at"].value == "昨天"


async def test_what_the_desk_would_refuse_is_a_finding_too(memory: Counter) -> None:
    late = await take(memory, lines(GOOD.replace("2026年3月1日", "2031-03-01")), dry_run=True)
    foreign = await take(memory, lines(GOOD), dry_run=True, actor=b.OTHER_ENTERPRISE)

    assert only(late).findings[0].field == "occurred_at"
    assert only(foreign).findings[0].column == "企业名称"


async def test_the_same_row_twice_is_one_issue_and_a_key_twice_is_none(memory: Counter) -> None:
    found = await take(memory, lines(GOOD, GOOD, GOOD.replace("门口", "后门")))

    assert [row.outcome for row in found.rows] == ["reported", "duplicate", "refused"]
    assert found.rows[1].same_as_row == 2
    assert "Row 2" in found.rows[2].findings[0].message
    assert await events(memory) == 1


async def test_a_key_that_stands_for_another_issue_is_a_finding(memory: Counter) -> None:
    await memory.reported("A-1")

    found = await take(memory, lines(GOOD), dry_run=True)

    assert only(found).findings[0].field == "key"
    assert await events(memory) == 1


async def test_rows_like_others_and_like_open_issues_are_named_and_not_merged(
    memory: Counter,
) -> None:
    await memory.do(b.report(title="三号楼电梯困人", text="电梯停在二楼"), b.ENTERPRISE, key="open")
    await memory.do(b.report(title="三号楼电梯困人", text="电梯停在二楼"), b.ENTERPRISE, key="over")
    await memory.do(b.TURN_AWAY, key="over")
    rows = [
        ",面粉厂,道路,3号楼电梯困人了,电梯停在二楼,,,",
        ",面粉厂,道路,3号楼电梯困人,电梯停在二楼,,,",
    ]

    tried = await take(memory, lines(*rows), dry_run=True)
    bounded = await take(memory, lines(*rows), dry_run=True, compare_max=1)
    ran = await take(memory, lines(*rows))

    first, second = tried.rows
    assert [each.key for each in first.like] == ["open"]
    assert [(each.row, each.key) for each in second.like] == [(2, None), (None, "open")]
    assert (tried.compared, bounded.compared, ran.compared) == (2, 1, 0)
    assert ran.counts[RowOutcome.REPORTED] == 2


async def test_a_run_whose_time_is_over_says_what_it_did_not_reach_and_goes_on_when_sent_again(
    memory: Counter,
) -> None:
    text = lines(GOOD, "A-2,无名厂,道路,x,y,,,")

    over = await take(memory, text, within_s=0)
    tried = await take(memory, text, within_s=0, dry_run=True)
    assert await events(memory) == 0
    again = await take(memory, text, within_s=60)

    assert [row.outcome for row in over.rows] == ["not_reached", "refused"]
    assert [row.outcome for row in tried.rows] == ["would_report", "refused"]
    assert tried.compared == 0
    assert [row.outcome for row in again.rows] == ["reported", "refused"]


async def test_a_title_alone_or_a_text_alone_is_both(memory: Counter) -> None:
    await take(memory, 'key,enterprise,category,text\nT-1,mill,road-access,"one\ntwo"\n')
    await take(memory, "key,enterprise,category,title\nT-2,Mill,Road access,one\n")

    one, two = [(await memory.ledger.records(f"{b.ZONE}/{key}"))[0].event for key in ("T-1", "T-2")]
    assert isinstance(one, IssueReported)
    assert isinstance(two, IssueReported)
    assert (one.title, one.text) == ("one", "one\ntwo")
    assert (two.title, two.text) == ("one", "one")


async def test_a_mapping_names_columns_constants_and_words(memory: Counter) -> None:
    found = await take(memory, "事,厂,备注\n门口堵了,一厂,急\n", mapping=MAPPING)

    assert found.columns == {"enterprise": "厂", "title": "事"}
    assert found.passed_over == ("备注",)
    assert only(found).outcome is RowOutcome.REPORTED


async def test_above_the_head_a_sheet_may_have_its_title(memory: Counter) -> None:
    found = await take(memory, f"三月份企业诉求汇总表,,,\n填报单位：东片区,,,\n{lines(GOOD)}")

    assert [(row.row, row.outcome) for row in found.rows] == [(4, "reported")]


async def test_a_table_with_a_head_alone_has_no_rows(memory: Counter) -> None:
    assert (await take(memory, HEAD)).rows == ()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("a,b\n1,2\n", "enterprise"),
        ("企业,类别\n面粉厂,道路\n", "title"),
        ("企业,企业名称,类别,标题\na,b,c,d\n", "Two columns"),
    ],
)
def test_a_head_that_says_too_little_is_refused_whole(text: str, named: str) -> None:
    with pytest.raises(UnusableColumnsError, match=named):
        columns_of(read_table(text.encode()))


@pytest.mark.parametrize(
    "mapping",
    [
        b"[columns]\nenterprise = 5\n",
        b"[columns]\nowner = 'x'\n",
        b"[values.enterprise]\n'' = 'x'\n",
        b"\xff",
        b"[columns",
        b"x" * 70_000,
        b"[other]\n",
    ],
)
def test_a_mapping_that_cannot_be_used_is_refused(mapping: bytes) -> None:
    with pytest.raises(UnusableColumnsError):
        read_mapping(mapping)


def test_a_column_that_a_mapping_names_must_be_there() -> None:
    with pytest.raises(UnusableColumnsError, match="no such column"):
        columns_of(read_table(lines(GOOD).encode()), MAPPING)


CELLS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [*GOOD.split(","), "mill", "bakery", "road-access", "", "=1+1", "\x07", "2026-03-02T09:00Z"]
    ),
)
CHANGED = st.dictionaries(st.integers(0, 7), CELLS, max_size=3).map(
    lambda changes: [changes.get(place, cell) for place, cell in enumerate(GOOD.split(","))]
)
ROWS: st.SearchStrategy[list[list[str]]] = st.lists(
    st.one_of(CHANGED, st.lists(CELLS, max_size=9)), max_size=5
)


@settings(
    max_examples=deep("tables taken in", 2000),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ROWS)
async def test_every_row_of_any_table_has_one_answer_and_a_second_run_the_same_ledger(
    memory: Counter, rows: list[list[str]]
) -> None:
    quoted = [",".join(f'"{cell.replace(chr(34), "")}"' for cell in row) for row in rows]
    text = _sendable(lines(*quoted))
    before = await events(memory)

    tried = await take(memory, text, dry_run=True)
    assert await events(memory) == before
    ran = await take(memory, text)
    after = await events(memory)
    again = await take(memory, text)

    assert await events(memory) == after
    assert after - before == ran.counts[RowOutcome.REPORTED]
    assert _counted(tried, "would_report") == _counted(ran, "reported")
    assert again.counts[RowOutcome.REPORTED] == 0
    assert len(tried.rows) == len(ran.rows) == sum(ran.counts.values())
    assert all(row.findings for row in ran.rows if row.outcome is RowOutcome.REFUSED)


def _counted(found: IntakeAnswer, outcome: str) -> Any:
    return [row.row for row in found.rows if row.outcome == outcome]


def _sendable(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()


async def test_a_row_for_an_enterprise_out_of_reach_is_refused_like_any_other_report(
    memory: Counter,
) -> None:
    near = Horizon(zone=b.ZONE, enterprises=frozenset({"bakery"}))
    tried = await take(memory, lines(GOOD), dry_run=True, within=near)
    done = await take(memory, lines(GOOD), within=near)
    reached = await take(
        memory, lines(GOOD), within=near.model_copy(update={"units": frozenset({"roads"})})
    )

    for found in (tried, done):
        assert only(found).outcome is RowOutcome.REFUSED
        (finding,) = only(found).findings
        assert finding.message == "You do not report for this enterprise."
    assert only(reached).outcome is RowOutcome.REPORTED


@pytest.mark.timeout(30)
def test_a_time_that_is_no_time_is_seen_at_once_however_long_it_is() -> None:
    """Going back over the blanks again and again would take minutes a row."""
    assert in_iso("2026-1-1" + " " * 32_000 + "x").endswith("x")
    assert in_iso(" 2026年1月2日 3时4分 ") == "2026-01-02T03:04:00"
