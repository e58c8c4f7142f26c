"""How sign-offs ended: each outcome by itself, and of what it is a share (R8.2)."""

import builders as b
import builders_rounds as br
from builders import MON_9, MON_10, THU_9, Step, told
from builders_sign_off import BY_LINK, LINKED, LINKING, REVIEWED, refused

from audit.sign_offs import SIGNED, close_outs_of, summed
from domain import commands as cmd
from domain.people import ENGINE
from domain.phases import SignOffOutcome

PLEASED = Step(b.ENTERPRISE, cmd.Confirm(satisfaction=5), MON_9)
ANNOYED = Step(b.ENTERPRISE, cmd.Reject(reason="Still blocked.", satisfaction=1), MON_9)
ON_TAPE = Step(b.COORDINATOR, cmd.Confirm(recording="call-77", satisfaction=3), MON_9)
SILENT = Step(ENGINE, b.ring("sign_off"), THU_9)
UNREACHED = Step(b.COORDINATOR, b.UNREACHABLE, THU_9)
STRUCK_OFF = Step(b.HEAD, b.VERIFY, THU_9)
WITHDRAWN = Step(b.ENTERPRISE, b.WITHDRAW, MON_9)
REOPENED = Step(b.ENTERPRISE, b.REOPEN, THU_9)


def life(*steps, terms=b.TERMS):
    return tuple(close_outs_of(told(*steps, terms=terms).records))


LIVES = {
    "accepted": (*b.IN_SIGN_OFF, PLEASED, STRUCK_OFF),
    "by proxy": (*b.IN_SIGN_OFF, ON_TAPE, STRUCK_OFF),
    "silent": (*b.IN_SIGN_OFF, SILENT, STRUCK_OFF),
    "unreached": (*b.IN_SIGN_OFF, SILENT, UNREACHED, STRUCK_OFF),
    "withdrawn": (*b.IN_HANDLING, WITHDRAWN, STRUCK_OFF),
    "refused once": (*b.IN_SIGN_OFF, ANNOYED, b.PROPOSED, PLEASED, STRUCK_OFF),
}


def test_every_outcome_is_counted_by_itself_and_its_share_has_a_denominator():
    found = summed((each for steps in LIVES.values() for each in life(*steps)), len(LIVES))

    assert found.close_outs.of == 6
    assert {each: found.close_outs.counts[each] for each in SIGNED} == {
        SignOffOutcome.ACCEPTED: 2,
        SignOffOutcome.REJECTED: 0,
        SignOffOutcome.DEEMED_ACCEPTED: 1,
        SignOffOutcome.ACCEPTED_BY_PROXY: 1,
        SignOffOutcome.UNREACHABLE: 1,
        SignOffOutcome.WITHDRAWN: 1,
    }


def test_satisfaction_is_of_explicit_answers_alone():
    found = summed((each for steps in LIVES.values() for each in life(*steps)), len(LIVES))

    assert (found.answers, found.satisfied_by, found.rejections) == (4, 4, 1)
    assert found.satisfaction == (5 + 3 + 1 + 5) / 4
    silent = summed(life(*LIVES["silent"]), 1)
    assert (silent.satisfaction, silent.satisfied_by, silent.answers) == (None, 0, 0)


def test_answers_that_came_by_a_link_are_counted_among_the_explicit_ones():
    by_link = (*LINKED, Step(BY_LINK, cmd.Reject(reason="Still shut.", satisfaction=1), MON_10))
    steps = (
        *by_link,
        Step(b.OFFICER, b.PROPOSE, MON_10),
        Step(b.ENTERPRISE, b.CONFIRM, MON_10),
        STRUCK_OFF,
    )

    found = summed(life(*steps, terms=LINKING), 1)

    assert (found.answers, found.by_link, found.rejections) == (2, 1, 1)


def test_an_answer_without_a_figure_is_an_answer_and_no_figure():
    (only,) = life(*b.IN_SIGN_OFF, b.CONFIRMED, STRUCK_OFF)

    assert (only.answers, only.figures) == (1, ())


def test_a_reopened_issue_counts_again_by_cycle_and_keeps_its_first_verdict():
    steps = (
        *b.IN_SIGN_OFF,
        SILENT,
        STRUCK_OFF,
        REOPENED,
        Step(b.OFFICER, b.PROPOSE, THU_9),
        Step(b.ENTERPRISE, b.CONFIRM, THU_9),
        STRUCK_OFF,
    )

    found = summed(life(*steps), 1)

    assert (found.close_outs.of, found.cycles.of, found.issues.of) == (2, 2, 1)
    assert found.issues.counts[SignOffOutcome.DEEMED_ACCEPTED] == 1
    assert found.cycles.counts[SignOffOutcome.ACCEPTED] == 1


def test_a_reopening_that_resumes_begins_no_new_cycle():
    terms = b.terms_of(sign_off={"reopening": [{"within_days": 30, "mode": "resume"}]})
    steps = (
        *b.CLOSED_OUT,
        REOPENED,
        Step(b.OFFICER, b.PROPOSE, THU_9),
        Step(b.ENTERPRISE, b.CONFIRM, THU_9),
        STRUCK_OFF,
    )

    found = summed(life(*steps, terms=terms), 1)

    assert (found.close_outs.of, found.cycles.of, found.issues.of) == (2, 1, 1)


def test_what_a_closing_review_let_stand_is_counted_as_refused():
    steps = (
        *refused(2),
        Step(b.DIRECTOR, br.APPROVE, MON_9),
        Step(b.SUPERVISOR, br.APPROVE, MON_9),
    )

    found = summed(life(*steps, terms=REVIEWED), 1)

    assert (found.by_review, found.rejections) == (1, 2)
    assert found.close_outs.counts[SignOffOutcome.REJECTED] == 1


def test_an_issue_that_was_never_struck_off_is_in_no_column():
    found = summed(life(*b.IN_INTAKE, WITHDRAWN), 1)

    assert (found.streams, found.close_outs.of, found.close_outs.inspected) == (1, 0, 0)
