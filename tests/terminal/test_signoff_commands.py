"""`closeout signoff`: a link made and used once, and how sign-offs ended, as they are typed."""

from typing import Any

import builders as b
import builders_sign_off as bs
import pytest
from watch import Watch

COORDINATOR = "officer:coordination.a@coordination"
SECRET = "a secret of the tests, 32 characters or more"


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    """A command line whose one issue waits for the enterprise's answer."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setenv("CLOSEOUT_LINK_SECRET", SECRET)
    monkeypatch.setenv("COLUMNS", "160")
    monkeypatch.delenv("CLOSEOUT_ACTOR", raising=False)
    watch = Watch()
    watch.terms = bs.sign_off_terms(link_hours=24, says_silence=True)
    watch.accept("a", b.MON_9)
    watch.act("a", b.PROPOSE, b.OFFICER)
    return watch


def link(watch: Watch, *words: str) -> dict[str, Any]:
    answer: dict[str, Any] = watch.json(
        *("signoff", "link", b.ZONE, "a", "--person", "mill.b", "--as", COORDINATOR), *words
    )
    return answer


def test_a_link_is_made_used_once_and_shown_with_the_issue(watch: Watch) -> None:
    made = link(watch)

    answered = watch.json("signoff", "answer", made["token"], "--accept", "--satisfaction", "4")

    assert (made["link"], made["person"]) == ("1.1", "mill.b")
    assert answered["events"] == ["sign_off_answered"]
    again = watch.json("signoff", "answer", made["token"], "--accept", "--satisfaction", "4")
    assert again["repeated"] is True
    result = watch.run("signoff", "answer", made["token"], "--reject", "After all not.")
    assert result.exit_code == 5
    assert "This one-time link has been used" in result.output


def test_people_are_given_the_token_to_copy_and_told_what_silence_means(watch: Watch) -> None:
    said = watch.said(
        *("signoff", "link", b.ZONE, "a", "--person", "mill.b", "--as", COORDINATOR, "--id", "one")
    )

    assert link(watch, "--id", "one")["token"] in said.splitlines()
    shown = watch.said("show", b.ZONE, "a")
    assert "if silent 视为认可 deemed accepted 2026-03-04 17:00" in shown


def test_a_refusal_and_its_reason_go_by_the_link_too(watch: Watch) -> None:
    said = watch.said("signoff", "answer", link(watch)["token"], "--reject", "Still blocked.")

    assert "resolution_rejected" in said


def test_an_answer_is_one_of_two(watch: Watch) -> None:
    token = link(watch)["token"]

    for words in ((), ("--accept", "--reject", "No."), ("--reject", "No.", "--note", "Well.")):
        assert watch.run("signoff", "answer", token, *words).exit_code == 2


def test_without_a_secret_no_link_is_made(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSEOUT_LINK_SECRET")

    result = watch.run(*("signoff", "link", b.ZONE, "a", "--person", "mill.b", "--as", COORDINATOR))

    assert result.exit_code == 1
    assert "CLOSEOUT_LINK_SECRET" in result.output


def test_the_report_counts_each_outcome_with_what_it_is_a_share_of(watch: Watch) -> None:
    watch.json("signoff", "answer", link(watch)["token"], "--accept", "--satisfaction", "4")
    watch.act("a", b.VERIFY, b.HEAD)

    found = watch.json("signoff", "report", "--zone", b.ZONE, "--from", "2026-03-02")

    accepted = found["close_outs"]["outcomes"][0]
    assert accepted == {"outcome": "accepted", "count": 1, "of": 1, "percent": 100.0}
    assert found["satisfaction"] == {
        "mean": 4.0,
        "n": 1,
        "of_answers": 1,
        "figures": {"1": 0, "2": 0, "3": 0, "4": 1, "5": 0},
    }
    assert found["by_link"] == {"count": 1, "of_answers": 1}
    assert set(found["definitions"]) >= {"close_outs", "share", "satisfaction", "by_link"}
    said = watch.said("signoff", "report")
    assert "认可 accepted 1 of 1 100.0 %" in said
    assert "satisfaction 4.00 (n = 1 of 1 explicit answers)" in said
    assert "by link 1 of 1 answers" in said


def test_the_days_of_a_report_are_the_zones_own(watch: Watch) -> None:
    watch.clock.at = b.local(0, 23)
    watch.act("a", b.CONFIRM, b.ENTERPRISE)
    watch.act("a", b.VERIFY, b.HEAD)

    on_monday = watch.json("signoff", "report", "--from", "2026-03-02", "--to", "2026-03-02")
    later = watch.json("signoff", "report", "--from", "2026-03-03")

    assert on_monday["close_outs"]["of"] == 1
    assert later["close_outs"]["of"] == 0
    assert later["close_outs"]["outcomes"][0]["percent"] is None
    assert later["satisfaction"]["mean"] is None


def test_a_day_that_is_none_and_a_zone_that_is_none_are_refused(watch: Watch) -> None:
    assert watch.run("signoff", "report", "--from", "yesterday").exit_code == 3
    assert watch.run("signoff", "report", "--zone", "atlantis").exit_code == 3
    backwards = watch.refused("signoff", "report", "--from", "2026-03-02", "--to", "2026-03-01")
    assert (backwards["code"], "before the first" in backwards["said"]) == (3, True)
