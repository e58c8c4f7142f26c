"""`closeout calendar add`, `elapsed` and `batch`: what they answer, and what bad input gets."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result
from typing_of_lines import type_line

import cli
from handbooks.calendars import cases as calendar_cases

ROOT = Path(__file__).parents[2]
VECTORS = Path(os.environ.get("CLOSEOUT_SHARED", ROOT / "../shared")) / "data/vectors"
HOUR_MS = 3_600_000
OFFICE = {
    "time_zone": "Asia/Shanghai",
    "hours": {"09:00": "17:00"},
    "weekdays": ["mon", "tue", "wed", "thu", "fri"],
    "off": ["2026-01-06"],
    "make_up_workdays": ["2026-01-10"],
}
BERLIN = OFFICE | {"time_zone": "Europe/Berlin", "off": [], "make_up_workdays": []}
BROKEN = OFFICE | {"off": ["2026-01-10"]}
CALENDARS = {"office": OFFICE, "berlin": BERLIN, "broken": BROKEN}


NIGHT = """
id = "night"
name = { zh = "夜班", en = "Night shift" }
time_zone = "Asia/Shanghai"
valid_from = 2026-01-01
valid_until = 2026-12-31
[weekly]
monday = ["22:00-06:00+1"]
"""


def run(*words: str, stdin: bytes | None = None) -> Result:
    return type_line(
        cli.make_application(), ["calendar", *words], input=stdin, env={"COLUMNS": "140"}
    )


def plain(*words: str) -> Any:
    result = run(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


@pytest.mark.parametrize(
    ("length", "due"),
    [
        ("4h", "2020-01-23T03:00:00.000Z"),
        ("90m", "2020-01-22T09:00:00.000Z"),
        ("4h wall", "2020-01-22T11:30:00.000Z"),
        ("5wd", "2020-02-06T09:30:00.000Z"),
        ("5wd same_time", "2020-02-06T07:30:00.000Z"),
        ("60d", "2020-03-22T16:00:00.000Z"),
    ],
)
def test_a_length_is_added_by_the_rule_of_its_kind(length: str, due: str) -> None:
    told = plain("add", "cn-office", "2020-01-22T15:30", *length.split())

    assert told["to_at"] == due
    assert told["from_at"] == "2020-01-22T07:30:00.000Z"
    assert told["duration"] == length.replace("90m", "1h30m")
    assert told["budget_ms"] == told["counted_ms"] == sum(s["counted_ms"] for s in told["spans"])
    assert told["adds_up"]
    assert not told["provisional"]


def test_the_words_about_days_may_be_options() -> None:
    words = ("add", "cn-office", "2026-03-02T10:00", "3wd")

    assert plain(*words, "--due", "same_time", "--count-from", "today") == plain(
        *words, "same_time", "today"
    )


def test_a_sum_is_told_day_by_day_with_the_rule_of_each() -> None:
    told = run("add", "cn-office", "2020-01-22T10:00", "5wd").stdout

    assert "2020-02-06 17:30:00  2020-02-06T09:30:00.000+00:00" in told
    assert "5wd = 41 h of opening hours" in told
    assert "2020-01-24 Fri to 02-02        —" in told
    assert "休息：春节 closed: Spring Festival" in told
    assert "make-up day: works as Monday" in told
    assert "sum                         41 h" in told
    assert "= length" in told
    assert "provisional" not in told


def test_natural_days_are_named_from_the_first_to_the_last() -> None:
    told = run("add", "cn-office", "2020-01-22T10:00", "60d").stdout

    assert "2020-01-23 to 2020-03-22" in told
    assert "2020-03-23 00:00:00" in told


def test_a_deadline_past_the_published_days_says_so() -> None:
    told = run("add", "cn-office", "2026-12-30T10:00", "5wd").stdout
    last = plain("add", "cn-office", "2026-12-30T10:00", "1wd")
    beyond = plain("add", "cn-office", "2026-12-30T10:00", "2wd")

    assert "provisional: the days are published to 2026-12-31" in told
    assert (last["provisional"], beyond["provisional"]) == (False, True)
    assert not plain("add", "cn-office", "2026-12-30T10:00", "60d")["provisional"]


def test_the_time_between_is_counted_and_its_parts_add_up() -> None:
    told = plain("elapsed", "cn-office", "2020-01-22T10:00", "2020-02-04T00:00+08:00")
    shown = run("elapsed", "cn-office", "2020-01-22T10:00", "2020-02-04").stdout

    assert told["counted_ms"] == 20 * HOUR_MS == sum(s["counted_ms"] for s in told["spans"])
    assert told["all_ms"] == 302 * HOUR_MS
    assert told["budget_ms"] is None
    assert "20 h" in shown
    assert "of 302 h in all" in shown


def test_a_calendar_of_ones_own_is_read_from_its_file(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text(NIGHT)

    told = plain("add", str(path), "2026-01-05T20:00", "3h")

    assert (told["calendar"], told["local_to"]) == ("night", "2026-01-06 01:00:00")


def test_a_file_that_breaks_a_rule_is_refused_by_its_own_message(tmp_path: Path) -> None:
    path = tmp_path / "night.toml"
    path.write_text(NIGHT.replace("+1", ""))

    result = run("add", str(path), "2026-01-05T20:00", "3h")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "22:00-06:00+1" in result.stderr


REFUSED = {
    "a length of no kind": (("add", "cn-office", "2026-01-05", "4x"), "5wd (working days)"),
    "hours with a word for days": (
        ("add", "cn-office", "2026-01-05", "4h", "--due", "same_time"),
        "is no length of time",
    ),
    "a word said twice": (
        ("add", "cn-office", "2026-01-05", "5d", "today", "--count-from", "next_day"),
        "said twice",
    ),
    "a start that is no instant": (("add", "cn-office", "noon", "4h"), "ISO 8601"),
    "a start before the calendar": (("add", "cn-office", "1999-01-01", "4h"), "2007-01-01"),
    "a length beyond twenty years": (
        ("add", "cn-office", "2026-01-05", "43800h"),
        "beyond 20 years",
    ),
    "an end before the start": (("elapsed", "cn-office", "2026-01-05", "2026-01-04"), "forward"),
    "an end that is no instant": (("elapsed", "cn-office", "2026-01-05", "later"), "ISO 8601"),
    "a file that is not there": (
        ("batch", "--calendars", "/nowhere/at/all.json"),
        "cannot be read",
    ),
}


@pytest.mark.parametrize(("words", "said"), REFUSED.values(), ids=REFUSED.keys())
def test_what_cannot_be_counted_is_refused_with_what_is_allowed(
    words: tuple[str, ...], said: str
) -> None:
    shown, told = run(*words), run(*words, "--json")

    assert shown.exit_code == told.exit_code == 3
    assert shown.stdout == ""
    assert said in " ".join(shown.stderr.split())
    assert json.loads(told.stdout)["error"]["code"] == "invalid"


def test_a_calendar_that_is_not_there_is_refused_with_those_that_are() -> None:
    result = run("elapsed", "nowhere", "2026-01-05", "2026-01-06")

    assert (result.exit_code, result.stdout) == (3, "")
    assert "cn-office" in result.stderr


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "calendars.json"
    path.write_text(json.dumps(CALENDARS))
    return path


def answered(file: Path, *lines: object) -> list[dict[str, Any]]:
    """Return the answers to these lines, each a case or bytes as they are."""
    sent = b"".join(
        (line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines
    )
    result = run("batch", "--calendars", str(file), stdin=sent)
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


def case(op: str, calendar: str = "office", id_: object = "x", **fields: object) -> dict[str, Any]:
    return {"id": id_, "op": op, "calendar": calendar, **fields}


def test_every_kind_of_question_is_answered(file: Path) -> None:
    start = "2026-01-05T08:00:00Z"  # Monday 16:00 in Shanghai, and Tuesday is off

    assert answered(
        file,
        case("add_minutes", id_=1, start=start, minutes=60),
        case("add_minutes", id_=2, start=start, minutes=61),
        case("add_minutes", id_=3, start="2026-01-05T08:00:00.250Z", minutes=60.5),
        case("add_minutes", id_=4, start="2026-01-05T16:00", minutes=1),
        case("seconds_between", id_=5, start=start, end="2026-01-07T02:00:00Z"),
        case("seconds_between", id_=6, start=start, end="2026-01-05T08:00:00.250Z"),
        case("is_open", id_=7, at=start),
        case("is_open", id_=8, at="2026-01-06T04:00:00Z"),
        case("is_open", id_="Saturday", at="2026-01-10T04:00:00Z"),
        case("add_days", id_=9, start=start, days=60),
        case("add_days", "berlin", id_=10, start="2026-03-28T11:00:00Z", days=1),
        case("add_days", "berlin", id_=11, start="2026-03-28T11:00:00Z", days=0),
    ) == [
        {"id": 1, "answer": "2026-01-05T09:00:00Z"},
        {"id": 2, "answer": "2026-01-07T01:01:00Z"},
        {"id": 3, "answer": "2026-01-07T01:00:30.250Z"},
        {"id": 4, "answer": "2026-01-05T08:01:00Z"},
        {"id": 5, "answer": 7200},
        {"id": 6, "answer": 0.25},
        {"id": 7, "answer": True},
        {"id": 8, "answer": False},
        {"id": "Saturday", "answer": True},
        {"id": 9, "answer": "2026-03-06T08:00:00Z"},
        {"id": 10, "answer": "2026-03-29T10:00:00Z"},
        {"id": 11, "answer": "2026-03-28T11:00:00Z"},
    ]


START = "2026-01-05T08:00:00Z"
UNANSWERABLE: dict[str, tuple[object, object, str]] = {
    "no JSON": (b"{", None, "line 2: no JSON"),
    "no text": (b"\xff\xfe", None, "line 2: "),
    "no object": (b"[1]", None, "line 2: no JSON object"),
    "nested to the bottom": (b"[" * 60_000, None, "line 2: nested too deeply"),
    "too long": (b" " * 70_000 + b"{}", None, "line 2: longer than 65536 bytes"),
    "no id": ({"op": "is_open", "calendar": "office"}, None, "line 2: at is missing"),
    "an id of no use": (case("is_open", id_=[1]), None, "line 2: at is missing"),
    "an unknown op": (case("subtract"), "x", "op is 'subtract'; allowed: add_minutes"),
    "an unknown calendar": (case("is_open", "mars", at=START), "x", "calendar is 'mars'"),
    "a calendar that is a list": (case("is_open") | {"calendar": []}, "x", "calendar is []"),
    "a calendar that breaks a rule": (
        case("is_open", "broken", at=START),
        "x",
        "calendar 'broken' cannot be used: overrides.1: 2026-01-10 is a make-up day that is also",
    ),
    "an instant of no form": (case("is_open", at="noon"), "x", "'noon' is no instant"),
    "an instant that is a number": (case("is_open", at=5), "x", "at is 5; allowed: an instant"),
    "an instant before all": (case("is_open", at="0001-01-01T00:00:00+14:00"), "x", "outside"),
    "minutes that are a text": (case("add_minutes", start=START, minutes="5"), "x", "minutes is"),
    "minutes that are true": (case("add_minutes", start=START, minutes=True), "x", "minutes is"),
    "no number": (case("add_minutes", start=START, minutes=float("nan")), "x", "minutes is nan"),
    "endless": (case("add_minutes", start=START, minutes=float("inf")), "x", "minutes is inf"),
    "a sliver": (case("add_minutes", start=START, minutes=1 / 7), "x", "whole milliseconds"),
    "minutes backwards": (case("add_minutes", start=START, minutes=-1), "x", "forward only"),
    "a lifetime": (case("add_minutes", start=START, minutes=10**30), "x", "beyond 20 years"),
    "half a day": (case("add_days", start=START, days=0.5), "x", "days is 0.5"),
    "days backwards": (case("add_days", start=START, days=-1), "x", "forward only"),
    "too many days": (case("add_days", start=START, days=10**12), "x", "beyond 20 years"),
    "an end before the start": (
        case("seconds_between", start=START, end="2026-01-05T07:00:00Z"),
        "x",
        "forward only",
    ),
}


@pytest.mark.parametrize(("line", "id_", "said"), UNANSWERABLE.values(), ids=UNANSWERABLE.keys())
def test_what_cannot_be_answered_says_why_and_stops_nothing(
    file: Path, line: object, id_: object, said: str
) -> None:
    sound = case("is_open", id_="sound", at="2026-01-05T04:00:00Z")

    before, refused, after = answered(file, sound, line, b"", sound)

    assert before == after == {"id": "sound", "answer": True}
    assert refused.keys() == {"id", "error"}
    assert refused["id"] == id_
    assert said in refused["error"]
    assert len(refused["error"]) < 400


def test_a_calendar_that_breaks_a_rule_is_named_once_beforehand(file: Path) -> None:
    result = run("batch", "--calendars", str(file), stdin=b"")

    assert result.stdout == ""
    assert result.stderr.count("✗ calendar 'broken' cannot be used") == 1


def test_a_last_line_without_an_end_is_answered_too(file: Path) -> None:
    sent = json.dumps(case("is_open", at=START)).encode()

    assert run("batch", "--calendars", str(file), stdin=sent).stdout == (
        '{"id": "x", "answer": true}\n'
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no JSON of calendars"),
        ("[]", "no JSON object of calendars"),
        ("{}", "no JSON object of calendars"),
        ('{"a": {}, "a": {}}', "'a' is given twice"),
        ("[" * 100_000, "nested too deeply"),
        (json.dumps({str(n): OFFICE for n in range(1001)}), "1001 calendars; allowed are 1000"),
    ],
    ids=["empty", "a list", "none", "twice", "nested", "too many"],
)
def test_a_file_that_is_no_file_of_calendars_is_refused(
    tmp_path: Path, text: str, said: str
) -> None:
    path = tmp_path / "calendars.json"
    path.write_text(text)

    result = run("batch", "--calendars", str(path), stdin=b"{}")

    assert result.exit_code == 3
    assert result.stdout == ""
    assert said in " ".join(result.stderr.split())


def test_a_file_is_never_read_past_its_bound(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(calendar_cases, "FILE_BYTES_MAX", 100)

    with pytest.raises(calendar_cases.CalendarsFileError, match="larger than 100 bytes"):
        calendar_cases.read_calendars(file)


def batch(file: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "calendar", "batch", "--calendars", str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_an_answer_comes_before_the_next_question(file: Path) -> None:
    with batch(file) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for minutes, due in ((1, "08:01"), (2, "08:02")):
            asked = json.dumps(case("add_minutes", start=START, minutes=minutes))
            process.stdin.write(f"{asked}\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["answer"] == f"2026-01-05T{due}:00Z"
        process.stdin.close()
        assert process.wait(30) == 0


def test_an_asker_who_leaves_early_ends_it_quietly(file: Path) -> None:
    line = f"{json.dumps(case('is_open', at=START))}\n"
    with batch(file) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdin.write(line)
        process.stdin.flush()
        assert process.stdout.readline() == '{"id": "x", "answer": true}\n'
        process.stdout.close()
        process.stdin.write(line)
        process.stdin.close()
        assert process.wait(30) == 0
        assert "Unexpected" not in process.stderr.read()


@pytest.mark.skipif(
    not VECTORS.is_dir(), reason="the shared vectors are not beside this clone (CLOSEOUT_SHARED)"
)
def test_every_shared_case_is_answered_by_one_process_as_two_other_engines_do() -> None:
    questions = (VECTORS / "working_time.jsonl").read_text()
    cases = [json.loads(line) for line in questions.splitlines()]
    with batch(VECTORS / "oracle_calendars.json") as process:
        out, err = process.communicate(questions, timeout=60)

    answers = [json.loads(line) for line in out.splitlines()]
    assert (process.returncode, err) == (0, "")
    assert answers == [{"id": each["id"], "answer": each["expected"]} for each in cases]
    assert len(answers) == 792
