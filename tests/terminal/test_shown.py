"""What the answers look like: aligned, whole where one must copy, calm where there is no room."""

from datetime import UTC, datetime, timedelta

import builders as b
import pytest
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text
from stage import OFFICER, Stage

from domain.calendar import Span
from domain.commands import ConveneTeam
from terminal.shown.days import day_lines
from terminal.shown.frames import Column, Sheet, kept, stacked, wrapped
from terminal.shown.times import away, exact, length, local, near

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
SHANGHAI = "Asia/Shanghai"


def drawn(sheet: Sheet, width: int) -> list[str]:
    """Return a sheet as it is printed on paper of `width` cells."""
    console = Console(width=width, markup=False, emoji=False)
    with console.capture() as captured:
        console.print(sheet)
    return captured.get().splitlines()


def chinese_sheet() -> Sheet:
    sheet = Sheet((kept("Issue"), Column("Enterprise"), Column("Category"), kept("Due")))
    sheet.add(
        stacked("CEDZ-2026-000001", "cedz/k1"),
        stacked("东港船舶产业有限公司", "Donggang Shipping Industry"),
        stacked("流动贷到期", "Financing: loan due"),
        "11-25 17:30",
    )
    return sheet


@pytest.mark.parametrize("width", [60, 80, 100, 200])
def test_a_sheet_fits_its_paper_and_stays_aligned_under_chinese(width: int) -> None:
    lines = drawn(chinese_sheet(), width)

    assert len(lines) == 4
    assert {cell_len(line) for line in lines} == {cell_len(lines[0])}
    assert cell_len(lines[0]) <= width
    due_at = lines[0].index("Due")
    assert cell_len(lines[2][: lines[2].index("11-25")]) == due_at


def test_what_one_must_copy_is_never_cut() -> None:
    text = "\n".join(drawn(chinese_sheet(), 60))

    assert "CEDZ-2026-000001" in text
    assert "11-25 17:30" in text
    assert "Donggang Shipping Industry" not in text
    assert "…" in text


def test_a_wrapped_column_says_everything() -> None:
    sheet = Sheet((kept("Kind"), wrapped("Finding")))
    sheet.add("chain", "the text is not what was hashed " * 4)

    words = " ".join(line[7:].strip() for line in drawn(sheet, 40)[2:])

    assert words.count("the text is not what was hashed") == 4


def test_what_people_wrote_is_never_taken_for_markup(accepted: Stage) -> None:
    for words in (("show", b.ZONE, b.KEY), ("history", b.ZONE, b.KEY)):
        assert "No [bold] power 停电" in accepted.run(*words).stdout


def test_a_list_has_both_languages_one_below_the_other(accepted: Stage) -> None:
    lines = accepted.run("list").stdout.splitlines()

    assert "面粉厂" in lines[2]
    assert "Mill" in lines[3]
    assert cell_len(lines[2][: lines[2].index("面粉厂")]) == lines[3].index("Mill")


def test_times_are_local_for_people_and_utc_for_machines(accepted: Stage) -> None:
    assert "2026-03-02 10:00" in accepted.run("show", b.ZONE, b.KEY).stdout
    assert accepted.json("show", b.ZONE, b.KEY)["accepted_at"] == "2026-03-02T02:00:00.000Z"


def test_a_deadline_is_derived_in_words(accepted: Stage) -> None:
    told = accepted.run("why", b.ZONE, b.KEY, "--clock", "handling").stdout

    assert "2026-03-04 10:00:00  in 2 d" in told
    assert "16 h of opening hours" in told
    assert "2026-03-03 Tue      8 h  09:00–17:00" in told
    assert "= budget" in told
    assert "at-80" in told


def test_a_pause_shows_in_the_derivation_and_what_was_left(accepted: Stage) -> None:
    accepted.clock.at = b.MON_11
    accepted.json(
        *("do", b.ZONE, b.KEY, "pause", "reason=waiting_enterprise", "note=papers"),
        *("--as", OFFICER),
    )

    told = accepted.run("why", b.ZONE, b.KEY, "--clock", "handling").stdout

    assert "暂停 paused: waiting for the enterprise" in told
    assert "15 h when it last ran" in told


def test_a_joint_team_is_shown_part_by_part(accepted: Stage) -> None:
    team = ConveneTeam(lead="roads", parts=(b.ROADS_PART, b.CUSTOMS_PART))
    fields = team.model_dump_json(exclude={"kind"})
    head = f"officer:{b.HEAD.person}@{b.HEAD.post}"
    accepted.json("do", b.ZONE, b.KEY, "escalate", "reason=too wide", "--as", OFFICER)
    accepted.json("do", b.ZONE, b.KEY, "convene-team", fields, "--as", head)

    told = accepted.run("show", b.ZONE, b.KEY).stdout

    assert "Joint team, lead 市政科 Roads section" in told
    assert "optional" in told


def test_days_that_do_not_count_share_a_line() -> None:
    closed, office = b.TERMS.handbook.name, b.TERMS.calendar.name
    day = timedelta(days=1)
    midnight = datetime(2026, 3, 6, 16, tzinfo=UTC)
    spans = [
        Span(from_at=midnight, to_at=midnight + day, counted_ms=0, rule=closed),
        Span(from_at=midnight + day, to_at=midnight + 2 * day, counted_ms=0, rule=closed),
        Span(
            from_at=midnight + 2 * day + timedelta(hours=9),
            to_at=midnight + 2 * day + timedelta(hours=17),
            counted_ms=8 * b.HOUR_MS,
            rule=office,
        ),
    ]

    lines = list(day_lines(spans, SHANGHAI))

    assert [line[0] for line in lines] == ["2026-03-07 Sat to 03-08", "2026-03-09 Mon"]
    assert [str(line[1]) for line in lines] == ["—", "8 h"]
    assert lines[1][2] == "09:00–17:00"


@pytest.mark.parametrize(
    ("ms", "told"),
    [
        (0, "0 s"),
        (711, "0.711 s"),
        (59_000, "59 s"),
        (61_000, "1 min 1 s"),
        (3_600_000, "1 h"),
        (90 * 60_000, "1 h 30 min"),
        (86_400_000, "1 d"),
        (26 * 3_600_000, "1 d 2 h"),
        (-60_000, "-1 min"),
    ],
)
def test_a_length_is_told_by_its_two_largest_units(ms: int, told: str) -> None:
    assert length(ms) == told


def test_working_time_is_told_in_hours_and_to_the_millisecond() -> None:
    assert length(26 * b.HOUR_MS, in_days=False) == "26 h"
    assert exact(26 * b.HOUR_MS + 3 * 60_000 + 4005) == "26 h 3 min 4.005 s"
    assert exact(5292) == "5.292 s"
    assert exact(0) == "0 h"


def test_instants_are_told_in_the_zones_time_and_from_now() -> None:
    assert local(NOON, SHANGHAI) == "2026-03-02 12:00"
    assert local(None, SHANGHAI) == "—"
    assert near(NOON, NOON, SHANGHAI) == "03-02 12:00"
    assert near(NOON, NOON - timedelta(days=100), SHANGHAI) == "2026-03-02 12:00"
    assert away(NOON, NOON) == "now"
    assert away(NOON + b.HOUR, NOON) == "in 1 h"
    assert away(NOON - 3 * b.HOUR, NOON) == "3 h ago"


def test_cells_that_are_left_out_at_the_end_are_empty() -> None:
    sheet = Sheet((kept("A"), kept("B")))
    sheet.add("left over:")
    sheet.add(Text("x"), "y")

    assert [line.rstrip() for line in drawn(sheet, 40)[2:]] == ["left over:", "x           y"]
