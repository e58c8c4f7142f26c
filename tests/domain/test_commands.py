"""What may be sent: the bounds of every field, and refusals that name field, value and bounds."""

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest
from builders import CONVENE, ENTERPRISE, HEAD, MON_9, OFFICER, POWER_PART, report, submission
from hypothesis import given as for_all
from hypothesis import strategies as st
from pydantic import ValidationError

from domain import commands as cmd
from domain.canonical import canonical
from domain.commands import SUBMISSION_BYTES_MAX, read_submission
from domain.errors import InvalidRequestError
from domain.events import EVENT
from domain.model import to_millisecond, written

SENT = {
    "id": "call-1",
    "zone": "harbour",
    "key": "issue-1",
    "actor": {"kind": "representative", "person": "mill.a", "enterprise": "mill"},
    "command": json.loads(report().model_dump_json()),
}


def sent(command=None, **changes):
    body = SENT | changes
    if command is not None:
        body |= {"command": command}
    return json.dumps(body, ensure_ascii=False)


def refusal(text) -> InvalidRequestError:
    with pytest.raises(InvalidRequestError) as refused:
        read_submission(text)
    return refused.value


def test_what_is_sent_reads_back():
    text = submission(CONVENE, HEAD, expected_version=3, occurred_at=MON_9).model_dump_json()

    assert read_submission(text) == read_submission(text.encode())
    assert read_submission(text).command == CONVENE


def test_a_submission_may_leave_out_what_has_a_default():
    plain = {"kind": "report", "enterprise": "mill", "category": "c", "title": "t", "text": "x"}

    command = read_submission(sent(plain | {"origin": "visit"})).command

    assert (command.priority, command.tier) == ("ordinary", 1)


def test_a_request_that_is_too_large_is_refused_before_it_is_read():
    error = refusal("x" * (SUBMISSION_BYTES_MAX + 1))

    assert (error.field, error.value) == ("request", "64001 bytes")
    assert error.allowed == "at most 64000 bytes"


def test_size_is_counted_in_bytes_not_in_characters():
    assert refusal("销" * 21_334).value == "64002 bytes"


@pytest.mark.parametrize("text", ["", "{", "null", "[]", b"\xff", '{"id": "\\ud800"}', "\ud800"])
def test_what_is_no_submission_at_all_is_refused(text):
    assert refusal(text).field == "request"


def test_an_unknown_kind_is_refused_with_the_known_ones():
    error = refusal(sent({"kind": "celebrate"}))

    assert (error.field, error.value) == ("command", "celebrate")
    assert "'report'" in error.allowed
    assert "celebrate" not in error.allowed


def test_a_command_without_a_kind_is_refused():
    assert refusal(sent({"text": "x"})).field == "command"


def test_an_unknown_kind_of_actor_is_refused():
    assert refusal(sent(actor={"kind": "mayor"})).value == "mayor"


def test_an_extra_field_is_refused_by_name():
    error = refusal(sent({"kind": "note", "text": "x", "colour": "red"}))

    assert (error.field, error.value) == ("command.note.colour", "red")


def test_an_extra_field_of_the_submission_is_refused_by_name():
    assert refusal(sent(urgent=True)).field == "urgent"


def of(kind, **fields):
    base = {
        "report": SENT["command"],
        "note": {"kind": "note", "text": "x"},
        "escalate": {"kind": "escalate", "reason": "x"},
        "deescalate": {"kind": "deescalate", "to_tier": 1, "reason": "x"},
        "mark_unreachable": {"kind": "mark_unreachable", "attempts": 3, "note": "x"},
        "ring_rung": {"kind": "ring_rung", "clock": "handling", "cycle": 1, "rung": "due"},
        "convene_team": json.loads(CONVENE.model_dump_json()),
        "turn_away": {"kind": "turn_away", "code": "duplicate", "reason": "x"},
        "pause": {"kind": "pause", "reason": "waiting_enterprise", "note": "x"},
        "propose_resolution": {
            "kind": "propose_resolution",
            "resolution": {"result": "solved", "summary": "x"},
        },
        "confirm": {"kind": "confirm"},
        "record_history_lost": {
            "kind": "record_history_lost",
            "run": "r",
            "from_at": "2026-03-02T01:00:00Z",
            "to_at": "2026-03-02T01:00:00Z",
        },
    }[kind]
    return base | fields


EVIDENCE = {"reference": "photo-1"}
PART = json.loads(POWER_PART.model_dump_json())


@pytest.mark.parametrize(
    ("command", "field", "allowed"),
    [
        (of("report", text="x" * 4001), "text", "max_length 4000"),
        (of("report", text=""), "text", "min_length 1"),
        (of("report", text="  \n "), "text", "min_length 1"),
        (of("report", text=7), "text", None),
        (of("report", text=None), "text", None),
        (of("report", title="x" * 201), "title", "max_length 200"),
        (of("report", enterprise="the mill"), "enterprise", "pattern"),
        (of("report", enterprise=""), "enterprise", "pattern"),
        (of("report", enterprise="x" * 65), "enterprise", "pattern"),
        (of("report", category="../road"), "category", "pattern"),
        (of("report", origin="dream"), "origin", "'visit'"),
        (of("report", priority="soon"), "priority", "'expedited'"),
        (of("report", tier=0), "tier", "ge 1"),
        (of("report", tier=6), "tier", "le 5"),
        (of("report", tier="two"), "tier", None),
        (of("report", tier=1.5), "tier", None),
        (of("note", text="x" * 4001), "text", "max_length 4000"),
        (of("note", evidence=[EVIDENCE] * 21), "evidence", "max_length 20"),
        (of("note", evidence=[{"reference": ""}]), "reference", "min_length 1"),
        (of("note", evidence=[EVIDENCE | {"sha256": "F" * 64}]), "sha256", "pattern"),
        (of("note", evidence=[EVIDENCE | {"sha256": "0" * 63}]), "sha256", "pattern"),
        (of("note", evidence="photo"), "evidence", None),
        (of("escalate", to_tier=1), "to_tier", "ge 2"),
        (of("escalate", to_tier=6), "to_tier", "le 5"),
        (of("deescalate", to_tier=0), "to_tier", "ge 1"),
        (of("deescalate", to_tier=5), "to_tier", "le 4"),
        (of("mark_unreachable", attempts=0), "attempts", "ge 1"),
        (of("mark_unreachable", attempts=101), "attempts", "le 100"),
        (of("ring_rung", cycle=0), "cycle", "ge 1"),
        (of("ring_rung", cycle=2**31), "cycle", f"le {2**31 - 1}"),
        (of("ring_rung", rung=""), "rung", "pattern"),
        (of("convene_team", parts=[]), "convene_team", None),
        (of("convene_team", parts=[PART] * 51), "parts", "max_length 50"),
        (of("convene_team", parts=[PART | {"duty": "watch"}]), "duty", "'lead'"),
        (of("convene_team", parts=[PART | {"required": "maybe"}]), "required", None),
        (of("turn_away", code="dull"), "code", "'out_of_scope'"),
        (of("turn_away", referral="x" * 201), "referral", "max_length 200"),
        (of("pause", reason="lunch"), "reason", "'waiting_outside'"),
        (of("propose_resolution", resolution={"result": "done", "summary": "x"}), "result", None),
        (of("propose_resolution", resolution={"result": "solved"}), "summary", None),
        (of("confirm", recording=""), "recording", "min_length 1"),
        (of("record_history_lost", to_at="2026-03-02T01:00:00"), "to_at", None),
        (of("record_history_lost", to_at="yesterday"), "to_at", None),
    ],
    ids=lambda value: str(value)[-60:],
)
def test_a_field_out_of_bounds_is_refused_by_name(command, field, allowed):
    error = refusal(sent(command))

    assert field in error.field.split(".")
    assert allowed is None or allowed in error.allowed


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 401}, "id"),
        ({"id": "a b"}, "id"),
        ({"zone": "harbour/2"}, "zone"),
        ({"key": "x" * 65}, "key"),
        ({"key": "a b"}, "key"),
        ({"expected_version": -1}, "expected_version"),
        ({"expected_version": 2**31}, "expected_version"),
        ({"expected_version": "latest"}, "expected_version"),
        ({"occurred_at": "2026-03-02T09:00:00"}, "occurred_at"),
        ({"occurred_at": "2026-02-30T09:00:00Z"}, "occurred_at"),
        ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "occurred_at"),
        ({"occurred_at": "9999-12-31T23:59:59-12:00"}, "occurred_at"),
        ({"actor": {"kind": "officer", "person": "a"}}, "post"),
        ({"actor": {"kind": "engine", "person": "a"}}, "person"),
        ({"actor": "engine"}, "actor"),
    ],
    ids=str,
)
def test_an_envelope_out_of_bounds_is_refused_by_name(changes, field):
    assert field in refusal(sent(**changes)).field.split(".")


@pytest.mark.parametrize(
    "command",
    [
        of("report", text="销" * 4000, title="x" * 200, tier=5),
        of("report", enterprise="x" * 64),
        of("note", evidence=[EVIDENCE | {"sha256": "0" * 64}] * 20),
        of("escalate", to_tier=5),
        of("escalate", to_tier=None),
        of("mark_unreachable", attempts=100),
        of("ring_rung", cycle=2**31 - 1),
        of("convene_team", parts=[PART] * 50),
    ],
    ids=lambda value: value["kind"],
)
def test_the_largest_and_the_smallest_are_taken(command):
    read = read_submission(sent(command))

    assert read_submission(canonical(read)) == read


@pytest.mark.parametrize("mark", ["\x00", "\x07", "\x1b"])
def test_a_character_that_nobody_writes_is_refused_by_its_number(mark):
    error = refusal(sent(of("note", text=f"a{mark}b")))

    assert error.field == "command.note.text"
    assert f"U+{ord(mark):04X}" in error.message


def test_lines_and_tabs_are_text():
    assert read_submission(sent(of("note", text="a\n\tb"))).command.text == "a\n\tb"


def test_white_space_around_a_text_is_no_part_of_it():
    assert read_submission(sent(of("note", text="  seen \n"))).command.text == "seen"


def test_a_command_cannot_be_changed_once_made():
    with pytest.raises(ValidationError):
        report().title = "Another"


def test_an_instant_is_kept_in_utc_and_cut_to_the_millisecond():
    shanghai = timezone(timedelta(hours=8))
    at = datetime(2026, 3, 2, 9, 0, 0, 123_999, tzinfo=shanghai)

    assert to_millisecond(at) == datetime(2026, 3, 2, 1, 0, 0, 123_000, tzinfo=UTC)
    assert written(at) == "2026-03-02T01:00:00.123Z"


@for_all(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_reads_back_as_it_was_written(at):
    run = cmd.RecordHistoryLost(run="r", from_at=at, to_at=at)

    assert cmd.RecordHistoryLost.model_validate_json(run.model_dump_json()) == run
    assert run.from_at == to_millisecond(at)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)


@for_all(
    st.sampled_from(sorted(SENT)) | st.just("expected_version") | st.just("occurred_at"),
    st.sampled_from([*sorted(SENT["command"]), None]),
    JSON,
)
def test_whatever_stands_in_a_field_is_read_or_refused(field, inner, value):
    body = SENT | {field: value}
    if inner is not None and field == "command":
        body = SENT | {"command": SENT["command"] | {inner: value}}

    try:
        read = read_submission(json.dumps(body))
    except InvalidRequestError as error:
        refused = error
    else:
        assert read_submission(canonical(read)) == read
        return
    assert refused.field


@for_all(st.text(max_size=200) | st.binary(max_size=200))
def test_noise_is_refused(noise):
    with pytest.raises(InvalidRequestError):
        read_submission(noise)


def test_an_event_of_an_unknown_kind_does_not_read_back():
    with pytest.raises(ValidationError):
        EVENT.validate_python({"kind": "issue_forgotten", "at": MON_9, "by": OFFICER})


def test_a_representative_is_no_officer():
    assert read_submission(sent()).actor == ENTERPRISE
