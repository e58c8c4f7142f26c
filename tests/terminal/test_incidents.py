"""`closeout incident`, and how an issue out of its ordinary course is shown."""

import builders as b
import builders_ladder as bl
import pytest
from builders import MON_9, MON_10, MON_11, MON_13
from stage import OFFICER, Stage

HEAD = f"officer:{b.HEAD.person}@{b.HEAD.post}"
COORDINATOR = f"officer:{b.COORDINATOR.person}@{b.COORDINATOR.post}"
SECTION = f"officer:{b.SECTION.person}@{b.SECTION.post}"
NEXT = ("--stage", "recovery", "--reason", "The water has gone.")


def reporting(key: str, enterprise: str, *more: str) -> tuple[str, ...]:
    return (
        *("report", b.ZONE, key, "--enterprise", enterprise, "--category", "road-access"),
        *("--title", "水淹 Flooded", "--text", "Water.", "--as", "service:hotline", *more),
    )


@pytest.fixture
def flooded(stage: Stage) -> Stage:
    """Three enterprises under one incident, and one issue that has nothing to do with it."""
    stage.terms = bl.LADDER
    for enterprise in ("mill", "foundry", "bakery"):
        emergency = ("--priority", "emergency", "--incident", "flood-1")
        stage.json(*reporting(enterprise, enterprise, *emergency))
    stage.json(*reporting("dry", "mill"))
    return stage


def stages(told: dict[str, list[dict[str, dict[str, str]]]]) -> dict[object, str]:
    return {each["key"]: each["incident"]["stage"] for each in told["issues"]}


def test_an_incident_lists_the_issues_of_all_its_enterprises(flooded: Stage) -> None:
    told = flooded.json("incident", "flood-1")

    assert stages(told) == {"bakery": "rescue", "foundry": "rescue", "mill": "rescue"}
    assert {each["enterprise"] for each in told["issues"]} == {"mill", "foundry", "bakery"}
    shown = flooded.run("incident", "flood-1").stdout
    assert "3 issues of 3 enterprises" in shown
    assert "harbour/dry" not in shown


def test_an_incident_that_nobody_named_is_told_so(flooded: Stage) -> None:
    for words in (("incident", "drought"), ("incident", "flood-1", "--zone", "elsewhere")):
        refused = flooded.run(*words)
        assert refused.exit_code == 5
        assert "No issue belongs to this incident." in refused.stderr


def test_a_stage_is_entered_by_each_issue_with_one_command_each(flooded: Stage) -> None:
    told = flooded.json("incident", "flood-1", *NEXT, "--as", COORDINATOR, "--id", "c-1")

    assert set(stages(told).values()) == {"recovery"}
    assert [each["result"]["command_id"] for each in told["sent"]] == [
        f"c-1:harbour/{key}" for key in ("bakery", "foundry", "mill")
    ]
    again = flooded.json("incident", "flood-1", *NEXT, "--as", COORDINATOR, "--id", "c-1")
    assert all(each["result"]["repeated"] for each in again["sent"])


def test_what_is_refused_is_told_and_the_others_are_done(flooded: Stage) -> None:
    """The officer of one grid owns two of the three."""
    done = flooded.run("incident", "flood-1", *NEXT, "--as", OFFICER)

    assert done.exit_code == 4
    assert "harbour/bakery: This actor may not enter_stage." in done.stdout
    assert "2 of 3 issues" in done.stdout
    assert stages(flooded.json("incident", "flood-1")) == {
        "bakery": "rescue",
        "foundry": "recovery",
        "mill": "recovery",
    }


def test_a_closed_issue_is_listed_and_not_asked(flooded: Stage) -> None:
    turned = ("code=duplicate", "reason=Reported twice.")
    flooded.json("do", b.ZONE, "mill", "turn-away", *turned, "--as", OFFICER)

    told = flooded.json("incident", "flood-1", *NEXT, "--as", COORDINATOR)

    assert {each["key"] for each in told["sent"]} == {"bakery", "foundry"}
    assert len(told["issues"]) == 3


def test_stage_and_reason_go_together(flooded: Stage) -> None:
    assert flooded.run("incident", "flood-1", "--stage", "recovery").exit_code == 2


def test_an_emergency_is_shown_with_its_stage(flooded: Stage) -> None:
    assert "flood-1" in flooded.run("show", b.ZONE, "mill").stdout
    assert "incident" not in flooded.json("show", b.ZONE, "dry")


@pytest.fixture
def accepted_here(stage: Stage) -> Stage:
    """One accepted issue in the zone that knows disputes and parking."""
    stage.terms = bl.LADDER
    stage.json(*reporting(b.KEY, "mill"))
    stage.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    return stage


def at(stage: Stage, when: object, *words: str) -> None:
    """Send a command at an instant."""
    stage.clock.at = when  # type: ignore[assignment]  # an instant of the builders
    stage.json("do", b.ZONE, b.KEY, *words)


def test_a_dispute_is_shown_with_whoever_has_the_word(accepted_here: Stage) -> None:
    at(accepted_here, MON_9, "hand-over", "unit=roads", "reason=Roads.", "--as", OFFICER)
    at(accepted_here, MON_10, "refuse-dispatch", "reason=Not ours.", "--as", SECTION)

    shown = accepted_here.run("show", b.ZONE, b.KEY).stdout
    assert "退单待裁定 refused, waits for coordination" in " ".join(shown.split()).replace(
        "测试 ", ""
    )

    at(accepted_here, MON_11, "rule-dispatch", "unit=roads", "reason=Yours.", "--as", COORDINATOR)
    assert "不得再退 binding" in accepted_here.run("show", b.ZONE, b.KEY).stdout


def test_who_was_at_the_level_is_shown_and_whether_they_signed_for_it(stage: Stage) -> None:
    tiers = [tier | {"on_empty": "next"} for tier in bl.LADDER_DATA["tiers"]]
    stage.terms = bl.ladder_terms(tiers=tiers)
    stage.json(*reporting(b.KEY, "mill"))
    stage.json("do", b.ZONE, b.KEY, "accept", "--as", OFFICER)
    assert "at the level  grid-east-1.a" in stage.run("show", b.ZONE, b.KEY).stdout

    at(stage, MON_10, "acknowledge", "--as", OFFICER)

    shown = stage.run("show", b.ZONE, b.KEY).stdout
    assert "签收 acknowledged 2026-03-02 10:00 by grid-east-1.a" in shown


def test_a_parked_issue_is_shown_with_its_reason_and_its_review(accepted_here: Stage) -> None:
    at(accepted_here, MON_9, "ask-parking", "reason=The bridge comes next year.", "--as", OFFICER)
    assert "申请挂账" in accepted_here.run("show", b.ZONE, b.KEY).stdout
    at(accepted_here, MON_10, "grant", "note=Agreed.", "--as", HEAD)

    shown = accepted_here.run("show", b.ZONE, b.KEY).stdout
    assert "since 2026-03-02 10:00, review 2026-03-30 10:00" in shown
    assert "approved by head-east.a" in shown
    assert "The bridge comes next year." in shown
    assert "挂账" in accepted_here.run("list").stdout


def test_instructions_are_shown_while_they_are_in_force(accepted_here: Stage) -> None:
    director = f"officer:{b.DIRECTOR.person}@{b.DIRECTOR.post}"
    said = ("text=By noon.", "expires_at=2026-03-02T13:00:00+08:00", "no_wait:=true")
    at(accepted_here, MON_9, "instruct", *said, "--as", director)

    assert "no waiting" in accepted_here.run("show", b.ZONE, b.KEY).stdout
    accepted_here.clock.at = MON_13
    assert "no waiting" not in accepted_here.run("show", b.ZONE, b.KEY).stdout


def test_a_deputy_acts_by_naming_the_principal(accepted_here: Stage) -> None:
    deputy = "officer:coordination.d@head-east:head-east.a"
    at(accepted_here, MON_10, "open-green-channel", "reason=In a hurry.", "--as", deputy)

    told = accepted_here.json("history", b.ZONE, b.KEY)["events"][-1]
    assert told["kind"] == "green_channel_opened"
    assert told["actor"]["on_behalf_of"] == "head-east.a"
    refused = accepted_here.run(
        *("do", b.ZONE, b.KEY, "escalate", "reason=-", "--as", "enterprise:mill.a@mill:boss")
    )
    assert refused.exit_code == 3
