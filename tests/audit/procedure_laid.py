"""Lives in the fictional zone under a handbook laid over its own: more is put to the vote, refusals
are few, a team's lead decides when it is done. `procedure_engine` lays it over."""

from collections.abc import Callable, Iterator

from ladder_script import (
    CONFIRM,
    COORDINATOR,
    DIRECTOR,
    DIRECTOR_B,
    EAST_1,
    EAST_2,
    ECONOMY,
    FINANCE,
    GRANT,
    HEAD_EAST,
    HEAD_WEST,
    MORE_TIME,
    PROPOSE,
    SUPERVISOR,
    SUPERVISOR_B,
    UP,
    WEST_2,
    WITHDRAW,
    WORKS,
    of,
)
from procedure_acts import (
    ASK_PAUSE,
    DISAGREES,
    NO,
    NOT_DONE,
    STAND_IN,
    YES,
    Act,
    begun,
    finish,
    part,
    struck_off,
    vote,
    waited_out,
)

from domain import commands as cmd
from domain import commands_of_modes as md
from domain import commands_of_team as ct


def by_vote() -> Iterator[Act]:
    """More time, the green channel, the striking off: each asked of several. A round that verifies
    expires, and that counts as a refusal; a dispute at a callback reopens the issue at once."""
    key = "by-vote"
    yield from begun("03-02", key, "precision", "FIN-3", EAST_1)
    yield Act("03-02 10:00", key, EAST_1, MORE_TIME)
    for voter in (COORDINATOR, STAND_IN):
        yield Act("03-02 11:00", key, voter, vote(1, YES))
    channel = md.OpenGreenChannel(reason="订单周五发船。")
    yield Act("03-02 14:00", key, HEAD_EAST, channel)
    for voter in (COORDINATOR, SUPERVISOR_B):
        yield Act("03-02 15:00", key, voter, vote(2, NO))
    yield Act("03-03 10:00", key, EAST_1, PROPOSE)
    yield Act("03-03 11:00", key, of("precision"), CONFIRM)
    convene = cmd.ConveneTeam(lead="finance-office", parts=(part("terms", "finance-office"),))
    yield Act("03-06 09:00", key, HEAD_EAST, convene)
    yield Act("03-06 09:30", key, FINANCE, finish("terms"))
    yield Act("03-06 10:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-06 11:00", key, of("precision"), CONFIRM)
    for voter in (DIRECTOR, DIRECTOR_B):
        yield Act("03-06 14:00", key, voter, vote(4, YES))
    yield Act("03-31 11:00", key, SUPERVISOR, DISAGREES)
    yield Act("04-01 10:00", key, of("precision"), WITHDRAW)
    for voter in (DIRECTOR, DIRECTOR_B):
        yield Act("04-01 11:00", key, voter, vote(5, YES))


def by_nobodys_vote() -> Iterator[Act]:
    """More time by the end of the time to vote, then struck off by two."""
    key = "quiet"
    yield from begun("03-02", key, "precision", "FIN-3", EAST_1)
    yield Act("03-02 09:20", key, EAST_1, UP)
    yield Act("03-02 10:00", key, HEAD_EAST, MORE_TIME)
    yield Act("03-05 10:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-05 11:00", key, of("precision"), CONFIRM)
    for voter in (DIRECTOR, DIRECTOR_B):
        yield Act("03-05 15:00", key, voter, vote(2, YES))


def parked_by_vote() -> Iterator[Act]:
    """Several let it be parked; it moves to the zone's handbook while it is."""
    key = "parked"
    yield from begun("03-16", key, "textiles", "PRJ-1", WEST_2)
    yield Act("03-16 10:00", key, WEST_2, md.AskParking(reason="上位规划未批。"))
    for voter in (COORDINATOR, SUPERVISOR):
        yield Act("03-16 14:00", key, voter, vote(1, YES))
    yield Act("03-19 09:00", key, HEAD_WEST, md.Unpark(reason="规划已批。"))
    yield from struck_off("03-19", key, "textiles", WEST_2, HEAD_WEST)


def reviewed() -> Iterator[Act]:
    """A refusal that wants a team, whose lead decides; the next one calls a review, which rejects
    the result too."""
    key, firm = "reviewed", of("materials")
    yield from begun("03-02", key, "materials", "SUP-1", EAST_2)
    yield Act("03-02 10:00", key, EAST_2, PROPOSE)
    yield Act("03-02 11:00", key, firm, NOT_DONE)
    parts = (part("credit", "finance-office"), part("orders", "market-bureau"))
    convene = cmd.ConveneTeam(lead="economy-bureau", parts=parts)
    yield Act("03-02 14:00", key, HEAD_EAST, convene)
    yield Act("03-02 15:00", key, ECONOMY, ct.ConcludeTeam(reason="已够办理。"))
    yield Act("03-02 16:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-03 09:00", key, firm, NOT_DONE)
    for voter in (DIRECTOR, DIRECTOR_B):
        yield Act("03-03 10:00", key, voter, vote(1, NO))
    yield Act("03-03 14:00", key, HEAD_EAST, PROPOSE)
    yield Act("03-03 15:00", key, firm, CONFIRM)
    for voter in (DIRECTOR, DIRECTOR_B):
        yield Act("03-03 16:00", key, voter, vote(2, YES))


def moved_while_working() -> Iterator[Act]:
    """The zone's own handbook is adopted while a team works and a round is open: one that it does
    not know ends with its request, one that it knows goes on."""
    key = "moved"
    yield from begun("03-17", key, "precision", "UPG-1", EAST_1)
    yield Act("03-17 09:20", key, EAST_1, UP)
    parts = (
        part("design", "works-bureau"),
        part("survey", "market-bureau", depends_on=("design",)),
    )
    convene = cmd.ConveneTeam(lead="works-bureau", parts=parts)
    yield Act("03-17 09:30", key, HEAD_EAST, convene)
    yield Act("03-17 10:00", key, HEAD_EAST, MORE_TIME)
    yield Act("03-18 13:00", key, HEAD_EAST, MORE_TIME)
    yield Act("03-18 14:00", key, DIRECTOR, GRANT)
    yield Act("03-18 15:00", key, WORKS, finish("design"))
    yield Act("03-19 09:00", key, WORKS, ct.ConcludeTeam(reason="已够办理。"))
    yield from struck_off("03-19", key, "precision", HEAD_EAST, DIRECTOR)
    key = "moved-round"
    yield from begun("03-17", key, "foods", "LAB-2", EAST_2)
    yield from waited_out("03-17", key, EAST_2)
    yield Act("03-17 11:00", key, EAST_2, ASK_PAUSE)
    yield Act("03-18 14:00", key, DIRECTOR, vote(1, NO))
    yield from struck_off("03-19", key, "foods", EAST_2, HEAD_EAST)


LIVES: tuple[Callable[[], Iterator[Act]], ...] = (
    by_vote,
    by_nobodys_vote,
    parked_by_vote,
    reviewed,
    moved_while_working,
)
