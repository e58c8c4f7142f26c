"""`closeout reports`, `attest` and `routines`, as they are typed."""

import asyncio
import json

import builders as b
import pytest
from watch import SUPERVISOR, Watch

COORDINATOR = "officer:coordination.a@coordination"
WEEK = ("reports", "make", b.ZONE, "weekly", "--to", "2026-03-08", "--as", SUPERVISOR)
NUMBER = f"{b.ZONE}-W-2026-10"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A zone in which one issue was closed out on Monday and one is open, on the Monday after."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    watch = Watch()
    for key in ("a", "b"):
        watch.accept(key, b.MON_9)
    watch.act("a", b.PROPOSE, b.OFFICER)
    watch.act("a", b.CONFIRM, b.ENTERPRISE)
    watch.act("a", b.VERIFY, b.HEAD)
    watch.clock.at = b.NEXT_MON_9
    return watch


def test_a_report_is_made_listed_shown_and_composed_again(watch: Watch) -> None:
    made = watch.json(*WEEK)

    assert (made["number"], made["version"], made["log"]["key"]) == (NUMBER, 1, f"{NUMBER}/1")
    assert (made["from_on"], made["to_on"]) == ("2026-03-02", "2026-03-08")
    assert made["author"] == "supervision (supervision.a)"
    assert watch.json(*WEEK) == made
    assert watch.json("reports", "list", b.ZONE) == {"reports": [made], "next": None}
    shown = watch.json("reports", "show", NUMBER)
    assert shown["body"]["data"]["moves"]["issue_closed_out"] == 1
    assert shown["body"]["data"]["open"] == 1
    again = watch.json("reports", "verify", NUMBER)
    assert (again["same"], again["reports"][0]["problem"]) == (True, None)
    assert watch.json("reports", "verify", "--zone", b.ZONE) == again


def test_people_read_a_report_in_both_languages(watch: Watch) -> None:
    watch.json(*WEEK)

    said = watch.said("reports", "show", NUMBER)

    assert "海港新区周跟踪 Harbour zone: weekly tracking" in said
    assert "各层级在办情况 Standing by tier" in said
    assert NUMBER in watch.said("reports", "list", b.ZONE)
    assert "the same bytes" in watch.said("reports", "verify", NUMBER)


def test_a_forged_report_is_found_with_an_exit_code_of_its_own(watch: Watch) -> None:
    watch.json(*WEEK)
    kept = watch.ledger._tables.reports
    (row,) = kept.values()
    forged = {name: getattr(row, name) for name in type(row).__slots__}
    kept[row.id] = type(row)(**forged | {"body": row.body.replace('"open":1', '"open":0')})

    result = watch.run("reports", "verify", NUMBER)

    assert result.exit_code == 6
    assert "other bytes come out" in result.output


def test_nothing_is_corrected_where_nothing_has_changed(watch: Watch) -> None:
    watch.json(*WEEK)

    result = watch.run("reports", "correct", NUMBER, "--reason", "To be sure", "--as", SUPERVISOR)

    assert result.exit_code == 3
    assert "Nothing in this report has changed" in result.output


def test_a_day_is_attested_late_and_said_again_otherwise(watch: Watch) -> None:
    before = watch.json("attest", b.ZONE, "--show", "--day", "2026-03-06")
    assert (before["overdue"], before["missing"]) == (True, ["coordination"])
    attest = ("attest", b.ZONE, "--day", "2026-03-06", "--as", COORDINATOR)

    watch.json(*attest, "--nothing")
    told = watch.json(*attest, "--nothing")
    assert (told["overdue"], told["missing"]) == (False, [])
    assert [(row["version"], row["late"]) for row in told["given"]] == [(1, True)]
    again = watch.json(*attest, "--found", "A leak at gate 2.")

    assert [(row["version"], row["no_abnormality"]) for row in again["given"]] == [(2, False)]
    rows = asyncio.run(watch.ledger.attestations(b.ZONE, "2026-03-06"))
    assert [json.loads(row.actor)["person"] for row in rows] == ["coordination.a"] * 2
    assert "A leak at gate 2." in watch.said("attest", b.ZONE, "--show", "--day", "2026-03-06")


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (("--nothing", "--day", "2026-03-07", "--as", COORDINATOR), 3),
        (("--nothing", "--day", "2026-03-10", "--as", COORDINATOR), 3),
        (("--nothing", "--as", SUPERVISOR), 4),
        (("--nothing", "--as", "enterprise:mill.a@mill"), 3),
        (("--nothing", "--found", "Both?", "--as", COORDINATOR), 2),
        ((), 2),
    ],
)
def test_what_cannot_be_attested_is_refused(
    watch: Watch, typed: tuple[str, ...], code: int
) -> None:
    assert watch.run("attest", b.ZONE, *typed).exit_code == code
    assert not watch.ledger._tables.attestations


def test_routines_are_told_with_their_next_run(watch: Watch) -> None:
    found = watch.json("routines", b.ZONE)["routines"]

    daily = next(each for each in found if each["routine"] == "daily")
    assert (daily["next_at"], daily["last"]) == ("2026-03-09T10:00:00.000Z", None)
    assert len(found) == 8
    assert "2026-03-09 18:00" in watch.said("routines", b.ZONE)
