"""`closeout forms rectifications` and `application`, and reports of both, as they are typed."""

import json
from datetime import datetime
from typing import Any

import builders as b
import builders_forms as f
import pytest
from stage import OFFICER
from watch import Watch

HEAD = "officer:head-east.a@head-east"
MILL = "enterprise:mill.a@mill"
SUPERVISOR = "officer:supervision.a@supervision"
INSPECTION = ("--category", "road-access", "--title", "Fire exit", "--text", "It is blocked.")
PAPER = 'evidence:=[{"reference":"paper-1"}]'


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line of the zone with forms, with nothing reported."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    return Watch(terms=f.FORMS)


def order(watch: Watch, key: str, at: datetime, enterprise: str = "mill", *more: str) -> None:
    watch.clock.at = at
    watch.json(
        *("report", b.ZONE, key, "--enterprise", enterprise, *INSPECTION),
        *("--origin", "inspection", "--rectify", "Clear the exit.", *more, "--as", HEAD),
    )
    watch.do(key, "accept", by=OFFICER)


def declare(watch: Watch, key: str) -> None:
    watch.do(key, "declare-rectified", "summary=Done.", by=MILL)


def inspect(watch: Watch, key: str, *, passed: bool) -> None:
    watch.do(key, "inspect", f"passed:={json.dumps(passed)}", "reason=Seen.", by=HEAD)


def counted(watch: Watch, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = watch.json("forms", "rectifications", *words)
    return answer


def test_ordered_urged_and_completed_are_three_figures(watch: Watch) -> None:
    order(watch, "a", b.MON_9, "mill", "--rectify", "Train the staff.", "--limit", "1wd")
    order(watch, "b", b.MON_10)
    order(watch, "c", b.TUE_9, "foundry")
    for _ in range(2):
        watch.do("b", "urge", "text=It burns.", by=SUPERVISOR)
    declare(watch, "a")
    inspect(watch, "a", passed=False)
    declare(watch, "a")
    watch.clock.at = b.WED_9
    inspect(watch, "a", passed=True)

    answer = counted(watch)

    assert {name: answer[name] for name in answer["definitions"]} == {
        "ordered": 3,
        "enterprises": 2,
        "urged": 1,
        "urgings": 2,
        "declared": 2,
        "failed": 1,
        "completed": 1,
        "ordered_completed": 1,
        "overdue": 0,
    }
    shown = watch.said("forms", "rectifications", "--zone", b.ZONE)
    assert "ordered completed 1 of `ordered`" in shown
    assert "urgings 2 times that" in shown


def test_a_period_is_of_the_zones_own_days_and_what_is_overdue_is_so_now(watch: Watch) -> None:
    order(watch, "a", b.MON_9, "mill", "--limit", "1wd")
    order(watch, "b", b.TUE_9)
    declare(watch, "b")
    inspect(watch, "b", passed=True)
    watch.json("report", b.ZONE, "plain", "--enterprise", "mill", *INSPECTION, "--as", MILL)
    watch.clock.at = b.THU_9

    monday = counted(watch, "--zone", b.ZONE, "--from", "2026-03-02", "--to", "2026-03-02")
    assert (monday["ordered"], monday["ordered_completed"], monday["completed"]) == (1, 0, 0)
    later = counted(watch, "--from", "2026-03-03")
    assert (later["ordered"], later["completed"], later["declared"]) == (1, 1, 1)
    assert (later["from"], later["to"]) == ("2026-03-03", None)
    assert [(each["key"], each["due_at"]) for each in later["late"]] == [
        ("a", "2026-03-03T09:00:00.000Z")
    ]
    assert later["overdue"] == 1
    assert "2026-03-03 17:00" in watch.said("forms", "rectifications")


def test_the_limit_of_what_has_to_be_done_once_more_counts_as_well(watch: Watch) -> None:
    """A handbook may have another clock for it than that of the order."""
    begun = {"rectify": ["issue_accepted"], "redo": ["rectification_failed"]}
    clocks = [
        rule | {"start": [{"events": begun[rule["id"]], "phases": ["handling"]}]}
        if rule["id"] in begun
        else rule
        for rule in f.FORMS_DATA["clocks"]
    ]
    watch.terms = f.forms_terms(clocks=clocks)
    order(watch, "a", b.MON_9)
    declare(watch, "a")
    inspect(watch, "a", passed=False)

    watch.clock.at = b.TUE_17
    assert counted(watch)["overdue"] == 0
    watch.clock.at = b.WED_9
    assert [each["due_at"] for each in counted(watch)["late"]] == ["2026-03-03T09:00:00.000Z"]


def test_what_is_mistyped_is_refused(watch: Watch) -> None:
    assert watch.refused("forms", "rectifications", "--from", "March")["code"] == 3
    for day in ("--from=0001-01-01", "--to=9999-12-31"):
        assert "1970 to 2200" in watch.refused("forms", "rectifications", day)["said"]
    backwards = ("--from", "2026-03-02", "--to", "2026-03-01")
    assert "before the first" in watch.refused("forms", "rectifications", *backwards)["said"]
    assert watch.refused("forms", "rectifications", "--zone", "atlantis")["code"] == 3
    order(watch, "a", b.MON_9)
    assert "no application" in watch.refused("forms", "application", b.ZONE, "a")["said"]
    report = ("report", b.ZONE, "x", "--enterprise", "mill", *INSPECTION, "--as", MILL)
    assert watch.run(*report, "--limit", "5wd").exit_code == 2
    assert watch.run(*report, "--claim", "small").exit_code == 2


def apply(watch: Watch, key: str, *claims: str) -> None:
    words = [word for claim in claims for word in ("--claim", claim)]
    watch.json(
        *("report", b.ZONE, key, "--enterprise", "mill", *INSPECTION, "--apply", f.FORM),
        *(*words, "--report-id", "mail-7", "--as", MILL),
    )


def test_an_application_shows_its_checklist_its_signatures_and_what_is_missing(
    watch: Watch,
) -> None:
    apply(watch, "a", "small")
    watch.do("a", "accept", by=OFFICER)
    watch.do("a", "submit-item", "item=staff", PAPER, by=MILL)
    watch.do("a", "check-item", "item=staff", "met:=true", "note=All there.", by=OFFICER)
    watch.do("a", "submit-item", "item=masks", PAPER, by=MILL)

    answer = watch.json("forms", "application", b.ZONE, "a")

    assert [(each["item"], each["standing"]) for each in answer["items"]] == [
        ("staff", "met"),
        ("masks", "submitted"),
        ("plan", "open"),
    ]
    assert answer["items"][0]["evidence"][0]["reference"] == "paper-1"
    assert answer["items"][0]["checked_by"] == "grid-east-1 (grid-east-1.a)"
    assert answer["items"][1]["checked_by"] is None
    assert (answer["missing_items"], answer["missing_signatures"]) == (
        ["masks", "plan"],
        ["owner", "sector", "territory"],
    )
    assert (answer["batch"], answer["opens_on"], answer["gate_open"]) == (
        "second",
        "2026-03-04",
        False,
    )
    shown = watch.said("forms", "application", f"{b.ZONE}/a")
    for part in (
        "paper-1",
        "All there.",
        "missing masks, plan, owner, sector, territory",
        "未签 not yet",
    ):
        assert part in shown
    assert "from 2026-03-04 on" in shown


def met(watch: Watch, key: str) -> None:
    """Have everything handed in, met and signed."""
    watch.do(key, "accept", by=OFFICER)
    for item in f.ITEMS:
        watch.do(key, "submit-item", f"item={item}", PAPER, by=MILL)
        watch.do(key, "check-item", f"item={item}", "met:=true", by=OFFICER)
    watch.do(key, "sign-application", "role=owner", by=MILL)
    watch.do(key, "sign-application", "role=sector", by="officer:roads-desk.a@roads-desk")
    watch.do(key, "sign-application", "role=territory", by="officer:director.a@director")


def test_a_gate_that_is_open_and_one_that_was_passed_say_so(watch: Watch) -> None:
    apply(watch, "a", "small", "local")
    met(watch, "a")
    assert watch.json("forms", "application", b.ZONE, "a")["gate_open"]
    assert "nothing is missing" in watch.said("forms", "application", b.ZONE, "a")

    watch.do("a", "approve-application", by=OFFICER)
    answer = watch.json("forms", "application", b.ZONE, "a")
    assert answer["approved_at"] == "2026-03-02T01:00:00.000Z"
    assert "通过 approved 2026-03-02 09:00" in watch.said("forms", "application", b.ZONE, "a")


def test_a_refusal_and_a_batch_of_none_are_shown(watch: Watch) -> None:
    apply(watch, "a")
    watch.do("a", "accept", by=OFFICER)
    watch.do("a", "refuse-application", "reason=Thin.", by=OFFICER)

    assert watch.json("forms", "application", b.ZONE, "a")["refused"]
    shown = watch.said("forms", "application", b.ZONE, "a")
    assert "不通过 refused: Thin." in shown
    assert "in none from 2026-03-06 on" in shown


def test_a_form_that_the_handbook_has_dropped_shows_what_the_issue_itself_knows() -> None:
    from audit.forms import ApplicationRead, ItemRead
    from terminal.shown.forms import application_plain, application_shown

    issue = b.given(*f.APPLIED, terms=f.FORMS)
    application = issue.application
    assert application is not None
    items = {item.id: ItemRead() for item in application.items}
    found = ApplicationRead(issue, f.FORMS, application, None, None, items)

    plain = application_plain(found, b.FIRST_MONDAY)
    assert (plain["gate_open"], plain["missing_items"]) == (False, list(f.ITEMS))
    assert application_shown(found, b.FIRST_MONDAY)
