"""A part is joined, replaced, left, waived, or left behind by the lead (R7.2, R7.3)."""

import builders as b
import builders_team as bt
import pytest
from builders import (
    COORDINATOR,
    HEAD,
    MON_10,
    MON_11,
    MON_13,
    POWER_SECTION,
    SECTION,
    Step,
    given,
    kinds,
    told,
    when,
)
from builders_team import (
    BY_LEAD,
    DIG,
    IN_TEAM,
    PERMIT,
    PIPE,
    REFUSED,
    TEAM,
    WATER_SECTION,
    refusal,
    standings,
    team,
)

from domain.clocks import Standing
from domain.errors import InvalidRequestError, NotPermittedError, WrongPhaseError
from domain.events_of_team import PartLeft, PartReplaced
from domain.evolve import StreamError, evolve
from domain.phases import Duty, PartStanding
from domain.team import PARTS_MAX

OWN_PART = DIG.model_copy(update={"id": "plan", "unit": "roads", "duty": Duty.LEAD})


# --- joining, replacing, leaving ---


def test_a_unit_joins_the_team_and_has_a_time_within_the_leads():
    joined = PIPE.model_copy(update={"id": "lamp", "depends_on": ()})

    decision = when(team(), bt.add(joined), SECTION, MON_10, terms=TEAM)

    assert kinds(decision) == ["part_added"]
    assert decision.issue.clock("share.1.lamp").due_at == b.local(3, 10)


@pytest.mark.parametrize(("settled", "standing"), [(False, "waiting"), (True, "asked")])
def test_a_part_that_joins_waits_for_what_is_not_settled_yet(settled, standing):
    issue = team(*([Step(POWER_SECTION, bt.finish("dig"), MON_10)] if settled else []))
    joined = PIPE.model_copy(update={"id": "lamp"})

    decision = when(issue, bt.add(joined), HEAD, MON_10, terms=TEAM)

    assert standings(decision.issue)["lamp"] == standing


def test_a_part_that_would_end_after_the_lead_does_not_join():
    late = b.NEXT_MON_9
    joined = PIPE.model_copy(update={"id": "lamp", "depends_on": ()})

    found = refusal(InvalidRequestError, team(), bt.add(joined), b.DIRECTOR, late)

    assert (found.field, found.value) == (
        "parts.budget",
        "lamp would end at 2026-03-11T09:00:00.000Z",
    )


@pytest.mark.parametrize(
    ("part", "field", "value"),
    [
        (DIG, "part.id", "dig"),
        (
            PIPE.model_copy(update={"id": "lamp", "depends_on": ("lamp",)}),
            "parts.depends_on",
            "lamp",
        ),
        (PIPE.model_copy(update={"id": "lamp", "unit": "moon"}), "parts.unit", "moon"),
        (PIPE.model_copy(update={"id": "lamp", "duty": Duty.LEAD}), "parts.duty", "water"),
    ],
)
def test_a_part_that_cannot_join_is_refused(part, field, value):
    found = refusal(InvalidRequestError, team(), bt.add(part), HEAD)

    assert (found.field, found.value) == (field, value)


def test_a_team_does_not_grow_without_end():
    many = [DIG.model_copy(update={"id": f"p{n}"}) for n in range(PARTS_MAX)]
    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(*many)), terms=TEAM)

    found = refusal(InvalidRequestError, issue, bt.add(PERMIT), HEAD)

    assert (found.field, found.value) == ("part", str(PARTS_MAX))


def test_without_a_team_nobody_joins():
    found = refusal(WrongPhaseError, given(*bt.AT_TIER_2, terms=TEAM), bt.add(DIG), HEAD)

    assert found.allowed == "convene_team first"


def test_nobody_joins_while_the_clocks_stand():
    found = refusal(WrongPhaseError, team(Step(HEAD, b.PAUSE, MON_10)), bt.add(DIG), HEAD)

    assert found.field == "pause"


def test_another_unit_takes_a_part_with_a_time_of_its_own_and_may_object_to_it():
    accepted = team(Step(POWER_SECTION, bt.accept("dig"), MON_10))

    issue = when(accepted, bt.replace("dig", "water"), SECTION, MON_13, terms=TEAM).issue

    part = issue.team.part("dig")
    assert (part.unit, part.standing, part.bound) == ("water", PartStanding.ASKED, False)
    assert issue.clock("share.1.dig").cycle == 2
    assert kinds(when(issue, bt.refuse("dig"), WATER_SECTION, MON_13, terms=TEAM)) == [
        "part_refused"
    ]


def test_a_part_in_dispute_may_be_given_to_another_unit_and_the_dispute_is_over():
    issue = team(REFUSED, Step(HEAD, bt.replace("pipe", "customs", "coordination"), MON_11))

    part = issue.team.part("pipe")
    assert (part.unit, part.proxy, part.arbiter) == ("customs", "coordination", None)
    assert issue.clock("judging.1.pipe").standing is Standing.STOPPED


@pytest.mark.parametrize(
    ("command", "field"),
    [
        (bt.replace("dig", "power"), "unit"),
        (bt.replace("dig", "moon"), "parts.unit"),
        (bt.replace("dig", "water", "coordination"), "parts.proxy"),
        (bt.replace("plan", "water"), "unit"),
    ],
)
def test_a_unit_that_cannot_take_a_part_is_refused(command, field):
    issue = given(*bt.AT_TIER_2, Step(HEAD, bt.convene(DIG, OWN_PART)), terms=TEAM)

    assert refusal(InvalidRequestError, issue, command, HEAD).field == field


def test_what_is_settled_is_not_replaced():
    issue = team(Step(POWER_SECTION, bt.finish("dig"), MON_10))

    assert refusal(WrongPhaseError, issue, bt.replace("dig", "water"), HEAD).value == "finished"


def test_a_unit_does_not_leave_a_part_that_is_required():
    found = refusal(WrongPhaseError, team(), bt.leave("dig"), POWER_SECTION)

    assert found.message == "A unit does not leave a part that is required."


def test_nor_does_it_leave_what_it_was_ruled_to_do():
    optional = PIPE.model_copy(update={"required": False})
    story = (Step(HEAD, bt.convene(DIG, optional)), REFUSED)
    ruled = Step(POWER_SECTION, bt.rule("pipe", upheld=False), MON_11)

    issue = given(*bt.AT_TIER_2, *story, ruled, terms=TEAM)
    found = refusal(WrongPhaseError, issue, bt.leave("pipe"), WATER_SECTION, MON_11)

    assert found.message == "A unit does not leave what it was ruled to do."


# --- waiving, concluding ---


def test_a_part_is_waived_with_the_answer_of_its_unit():
    found = refusal(InvalidRequestError, team(), bt.waive("dig", None), HEAD)
    event = when(team(), bt.waive("dig"), HEAD, MON_10, terms=TEAM).events[0]

    assert (found.field, event.answer) == ("answer", "Agreed.")


def test_what_a_unit_said_when_it_refused_is_its_answer():
    decision = when(team(REFUSED), bt.waive("pipe", None), SECTION, MON_11, terms=TEAM)

    assert kinds(decision) == ["part_waived"]


def test_a_lead_that_decides_ends_the_team_without_the_parts_that_are_open():
    issue = given(
        *bt.AT_TIER_2,
        Step(HEAD, BY_LEAD),
        Step(WATER_SECTION, bt.refuse("pipe"), MON_10),
        Step(COORDINATOR, bt.finish("permit"), MON_10),
        terms=TEAM,
    )

    decision = when(issue, bt.CONCLUDE, SECTION, MON_11, terms=TEAM)

    assert kinds(decision) == ["team_concluded"]
    assert decision.events[0].unfinished == ("dig", "pipe")
    assert standings(decision.issue) == {
        "dig": "unfinished",
        "pipe": "unfinished",
        "permit": "finished",
    }
    assert decision.issue.team.part("pipe").arbiter is None
    assert kinds(when(decision.issue, b.PROPOSE, SECTION, MON_11, terms=TEAM)) == [
        "resolution_proposed"
    ]
    again = refusal(WrongPhaseError, decision.issue, bt.add(DIG), HEAD, MON_11)
    assert again.message == "The team has been concluded."


def test_a_lead_that_does_not_decide_cannot_conclude():
    found = refusal(WrongPhaseError, team(), bt.CONCLUDE, SECTION)

    assert (found.value, found.allowed) == ("all_required", "a team with closes = lead_decides")


def test_a_team_that_is_done_is_not_concluded():
    done = given(
        *bt.AT_TIER_2,
        Step(HEAD, bt.convene(DIG, closes="lead_decides")),
        Step(POWER_SECTION, bt.finish("dig"), MON_10),
        terms=TEAM,
    )

    assert refusal(WrongPhaseError, done, bt.CONCLUDE, SECTION).allowed == "propose_resolution"


def test_nobody_concludes_a_team_that_is_not_there():
    refusal(NotPermittedError, given(*bt.AT_TIER_2, terms=TEAM), bt.CONCLUDE, SECTION)


# --- streams that no issue can have ---


def test_an_event_about_a_part_that_is_not_there_is_no_stream_of_an_issue():
    issue = team()
    replaced = PartReplaced(
        at=MON_10, by=HEAD, part="bridge", from_unit="power", unit="water", reason="-"
    )
    left = PartLeft(at=MON_10, by=HEAD, part="bridge", reason="-")

    with pytest.raises(StreamError):
        evolve(issue, replaced, zone=b.ZONE, key=b.KEY, terms=TEAM.hash)
    with pytest.raises(StreamError):
        evolve(given(*b.IN_HANDLING), left, zone=b.ZONE, key=b.KEY, terms=TEAM.hash)


def test_the_event_of_a_life_with_all_of_it_reads_back_as_it_was_written():
    lived = told(
        *IN_TEAM,
        REFUSED,
        Step(POWER_SECTION, bt.rule("pipe", upheld=True, unit="roads"), MON_11),
        Step(HEAD, bt.replace("dig", "water"), MON_11),
        Step(HEAD, bt.add(DIG.model_copy(update={"id": "lamp"})), MON_13),
        Step(COORDINATOR, bt.leave("permit"), MON_13),
        terms=TEAM,
    )

    assert [record.event for record in lived.records] == list(lived.events)
