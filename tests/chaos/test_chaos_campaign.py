"""What many runs came to, and which of them are played again."""

from chaos_campaign import Campaign
from chaos_check import Checked
from chaos_plan import plan_of
from chaos_run import Ran

LATE = "late: harbour/a, due 09:00:00, fired at 09:00:25, 0:00:05 too late"
LOST = "harbour/a: lost: it was not closed, told of and at its end"


def ran(seed: int, *findings: str) -> Ran:
    return Ran(plan_of(seed), Checked(findings=list(findings)))


def added(*all_ran: Ran) -> Campaign:
    total = Campaign()
    for each in all_ran:
        total.add(each)
    return total


def test_a_run_that_was_only_late_waits_to_be_played_again_and_any_other_finding_fails() -> None:
    total = added(ran(1), ran(2, LATE), ran(3, LOST), ran(4, LATE, LOST), ran(5, LATE, LATE))
    assert (total.late, total.failed) == ([2, 5], [3, 4])
    assert (total.runs, total.counts["late"], total.counts["lost"]) == (5, 4, 2)


def test_what_is_late_again_with_nothing_beside_it_fails() -> None:
    total = added(ran(1, LATE), ran(2, LATE))
    total.add_again(added(ran(1), ran(2, LATE)))
    assert total.failed == [2]
    assert "late in 2 runs (seeds [1, 2]); played again with nothing beside them: late 1" in str(
        total
    )


def test_what_else_is_found_when_a_late_run_is_played_again_fails() -> None:
    total = added(ran(1, LATE))
    total.add_again(added(ran(1, LOST)))
    assert total.failed == [1]
