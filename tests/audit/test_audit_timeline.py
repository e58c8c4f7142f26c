"""The history of an issue, as lines that a person can read."""

from collections.abc import Iterable

import builders as b
import pytest
from builders import Step
from builders_import import Played, import_issue
from ladder_lives import ladder_records
from played_ledger import LIFE, played
from procedure_events import TOLD

from audit.timeline import TITLES, summary, timeline
from domain import commands as cmd
from domain.chain import Record
from domain.days import ClosedDay, Label
from domain.decisions import decide
from domain.events import EVENT
from domain.people import ENGINE

KINDS = set(EVENT.json_schema(ref_template="{model}")["discriminator"]["mapping"])

OTHER_LIVES = (
    (b.REPORTED, Step(b.OFFICER, b.TURN_AWAY, b.MON_10)),
    (
        *(b.REPORTED, b.ACCEPTED, Step(b.OFFICER, b.ASSIGN), Step(b.OFFICER, b.NOTE), b.ESCALATED),
        Step(b.HEAD, b.CONVENE, b.MON_10),
        Step(b.SECTION, cmd.AcceptPart(part="survey"), b.MON_10),
        Step(b.POWER_SECTION, cmd.RefusePart(part="cable", reason="Not ours."), b.MON_11),
        Step(b.HEAD, cmd.WaivePart(part="cable", reason="It is not."), b.MON_11),
        Step(b.SECTION, cmd.FinishPart(part="survey", summary="Surveyed."), b.MON_13),
        Step(b.HEAD, b.DEESCALATE, b.MON_13),
        Step(ENGINE, b.HISTORY_LOST, b.MON_13),
        Step(b.OFFICER, b.PROPOSE, b.MON_13),
        Step(b.ENTERPRISE, b.REJECT, b.MON_15),
        Step(b.OFFICER, b.PROPOSE, b.MON_15),
        Step(b.ENTERPRISE, b.CONFIRM, b.MON_15),
        Step(b.HEAD, b.SEND_BACK, b.MON_17),
        Step(b.ENTERPRISE, b.WITHDRAW, b.MON_17),
        Step(b.HEAD, b.VERIFY, b.TUE_9),
    ),
    (
        *(b.REPORTED, b.ACCEPTED, b.AT_THE_TOP, Step(ENGINE, b.ring(), b.local(30))),
        Step(b.DIRECTOR, b.PROPOSE, b.local(30, 10)),
        Step(ENGINE, b.ring("sign_off", 1, "due"), b.local(40)),
        Step(b.VICE_DIRECTOR, b.VERIFY, b.local(40, 10)),
        Step(b.ENTERPRISE, b.REOPEN, b.local(41)),
    ),
)


LIFE_WITH_LIMITS = (
    *(b.REPORTED, b.ACCEPTED, Step(b.OFFICER, b.CONTACT), Step(b.OFFICER, b.MAKE_PLAN)),
    Step(b.DIRECTOR, b.DEMAND_REPLY, b.MON_10),
    Step(b.OFFICER, b.GIVE_REPLY, b.MON_10),
    Step(b.OFFICER, b.ASK_EXTENSION, b.MON_10),
    Step(b.HEAD, b.REFUSE, b.MON_11),
    Step(b.OFFICER, b.ASK_EXTENSION, b.MON_11),
    Step(b.HEAD, b.GRANT, b.MON_11),
    Step(b.COORDINATOR, b.RAISE, b.MON_11),
    Step(b.COORDINATOR, b.CORRECT, b.MON_13),
)
NO_PAUSES = b.terms_of(pauses={"times_max": 0})
LIFE_WITH_A_LONG_WAIT = (
    *(b.REPORTED, b.ACCEPTED, Step(b.OFFICER, b.ASK_PAUSE, b.MON_10)),
    Step(b.DIRECTOR, b.GRANT, b.MON_10),
)
STANDSTILL = b.CALENDAR.model_copy(
    update={
        "overrides": (ClosedDay(on=b.TUE_9.date(), name=Label(zh="停工", en="standstill")),),
    }
)


def _adopted() -> tuple[Record, ...]:
    """Return what a published calendar does to an issue."""
    target = b.TERMS.with_calendar(STANDSTILL)
    issue = b.given(*b.IN_HANDLING)
    sent = b.submission(b.adopt_calendar(target), ENGINE)
    decision = decide(issue, sent, b.context(b.MON_10, target=target))
    return b.records_of(decision, sent, after=[])


def _records() -> list[Record]:
    ledger = played(*LIFE)
    for number, steps in enumerate((*OTHER_LIVES, LIFE_WITH_LIMITS), start=2):
        ledger.play(steps, key=f"issue-{number}")
    ledger.play(LIFE_WITH_A_LONG_WAIT, key="long", terms=NO_PAUSES)
    brought = Played(import_issue()).records
    return [*ledger.events, *_adopted(), *ladder_records(), *brought]


def test_every_kind_of_event_has_a_title_in_both_languages() -> None:
    assert TITLES.keys() == KINDS


def test_every_kind_of_event_is_told_in_one_line() -> None:
    records = _records()

    told_apart = {event.kind for event, _ in TOLD}
    assert {record.kind for record in records} | told_apart == KINDS
    for row in timeline(records):
        assert row.summary
        assert "\n" not in row.summary


@pytest.mark.parametrize(
    ("version", "line"),
    [
        (2, "number HB-2026-0001, category road-access, handler grid-east-1"),
        (5, "waiting_enterprise: Papers are awaited."),
        (9, "tier 1 to 2, owner head-east: clock handling ran out"),
        (12, "closed_out, sign-off accepted"),
    ],
)
def test_a_line_carries_the_values_of_its_event(version: int, line: str) -> None:
    assert timeline(played().events)[version - 1].summary == line


def test_a_rung_says_how_late_it_fired() -> None:
    fired = timeline(played().events)[3]

    assert fired.summary.endswith("due 2026-03-03T02:00:00.000Z, 2.000 s late")
    assert (fired.actor, fired.title.zh) == ("closeout", "时限提醒")


def _summaries(records: Iterable[Record], kind: str) -> list[str]:
    return [row.summary for row in timeline(records) if row.kind == kind]


def test_an_extension_tells_both_deadlines() -> None:
    ledger = played()
    ledger.events.clear()
    ledger.play(LIFE_WITH_LIMITS, key="limits")

    assert _summaries(ledger.events, "extension_granted") == [
        "2wd same_time more for handling 1, due 2026-03-03T09:00:00.000Z to "
        "2026-03-05T09:00:00.000Z: Agreed."
    ]


def test_a_migration_tells_both_deadlines_and_why() -> None:
    lines = _summaries(_adopted(), "clock_migrated")

    assert lines[0] == (
        "handling 1, due 2026-03-03T09:00:00.000Z to 2026-03-04T09:00:00.000Z: "
        "A notice was published."
    )
    (adopted,) = _summaries(_adopted(), "terms_adopted")
    assert adopted.startswith("calendar publication 1, by coordination (coordination.a) (")


def test_a_long_text_is_cut_and_kept_on_its_line() -> None:
    note = cmd.Note(text="one\ntwo " + "x" * 500)
    event = played(b.REPORTED, Step(b.OFFICER, note)).events[1].event

    assert summary(event).startswith("one two xxx")
    assert summary(event).endswith("x…")
    assert len(summary(event)) == 100
