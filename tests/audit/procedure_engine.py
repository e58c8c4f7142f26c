"""Plays the lives of `procedure_script` on a ledger in memory: the same acts, the same bytes."""

from datetime import date, datetime

from ladder_engine import Engine
from ladder_script import ZONE, instant
from procedure_acts import Act
from procedure_script import APPROVER, AUTHOR, DAY_OFF, ENDS, MOVED, PUBLISHED, acts

from desk.adopting import Adopter
from desk.callbacks import Asked, CallbackDesk
from desk.desk import Desk
from desk.errands import ErrandRunner
from desk.planning import Planning
from desk.publishing import Publishing
from desk.shelf import Shelf
from domain.ballots import BallotRule, Needs
from domain.commands import Submission
from domain.days import ClosedDay, Label
from domain.handbook import Handbook
from domain.people import Officer
from domain.phases import CloseRule, RejectionStep, RoundOutcome, Subject
from domain.procedures import CallbackRule, ElectorRow, RoundRule
from domain.staffing import Delegation, Role
from domain.terms import Terms
from ledger.memory import MemoryLedger

FLOOD = Label(zh="汛情", en="Flood")


class ProcedureEngine(Engine):
    """Two desks of one zone, by its own handbook and by one laid over it, and whoever runs what one
    issue has to tell another."""

    def __init__(self, start: datetime) -> None:
        super().__init__(start)
        shelf = Shelf(self.ledger, {ZONE: laid_over(self.terms)})
        self.laid = Desk(self.ledger, shelf, self)
        self.errands = ErrandRunner(self.desk)

    async def play(self, number: int, act: Act) -> None:
        """Let time pass until an act, carry it out, and pass on what comes of it."""
        await self.pass_until(act.instant)
        desk = self.laid if act.laid else self.desk
        if isinstance(act.command, Asked):
            assert isinstance(act.actor, Officer)
            await CallbackDesk(desk).draw(act.command, act.actor)
            return
        await desk.carry_out(
            Submission(
                id=f"corpus:{ZONE}/{act.key}:{number}",
                zone=ZONE,
                key=act.key,
                actor=act.actor,
                command=act.command,
                under=act.under,
            )
        )
        await self.pass_on()

    async def pass_on(self) -> None:
        """Run errands until none is left."""
        while await self.errands.once():
            pass

    async def _ring(self) -> None:
        await super()._ring()
        await self.pass_on()

    async def close_a_day(self) -> None:
        """Publish one day off, and move what is open to it."""
        calendar = self.terms.calendar
        day = ClosedDay(on=date.fromisoformat(f"{self.at.year}-{DAY_OFF}"), name=FLOOD)
        other = calendar.model_copy(update={"overrides": (*calendar.overrides, day)})
        ground = await Publishing(self.desk).publish(other, reason="汛情放假。", author=AUTHOR)
        await Adopter(self.desk).run(ground)
        await self.laid.shelf.refresh()

    async def move(self) -> None:
        """Move all that is open to the zone's own handbook."""
        planning = Planning(self.desk, ZONE)
        ground = await planning.approve(reason="统一规则。", author=AUTHOR, approver=APPROVER)
        await Adopter(self.desk).run(ground)


def laid_over(terms: Terms) -> Terms:
    """Return the zone where more is put to the vote, refusals are few, a team's lead decides when
    it is done, every close-out is called back, and a deputy votes for a supervisor."""
    book = terms.handbook
    assert book.joint_team is not None
    refusals = {"rejected": (RejectionStep.JOINT_TEAM,), "rejections_max": 2, "team": None}
    changed = book.model_copy(
        update={
            "rounds": (*book.rounds, *(_round(*each) for each in MORE_VOTES.items())),
            "joint_team": book.joint_team.model_copy(update={"closes": CloseRule.LEAD_DECIDES}),
            "sign_off": book.sign_off.model_copy(update=refusals),
            "callbacks": CallbackRule(percent=100, reopens=True),
            "delegations": (*book.delegations, STANDS_IN),
        }
    )
    return Terms(
        handbook=Handbook.model_validate_json(changed.model_dump_json()), calendar=terms.calendar
    )


MORE_VOTES = {
    Subject.EXTENSION: RoundOutcome.EXPIRED_APPROVED,
    Subject.PARKING: RoundOutcome.EXPIRED_REJECTED,
    Subject.GREEN_CHANNEL: RoundOutcome.EXPIRED_REJECTED,
    Subject.VERIFICATION: RoundOutcome.EXPIRED_REJECTED,
}
"""What else is put to the vote, and what silence brings."""
STANDS_IN = Delegation(
    id=f"{ZONE}-votes",
    post=f"{ZONE}-supervisor",
    principal=f"{ZONE}-p43",
    deputy=f"{ZONE}-p37",
    from_on=date(2026, 3, 1),
    to_on=date(2026, 3, 31),
    commands=("vote",),
)


def _round(subject: Subject, expires: RoundOutcome) -> RoundRule:
    """Return how several decide it: a verification those who might verify it alone."""
    verifies = subject is Subject.VERIFICATION
    above = (ElectorRow(tier=2), ElectorRow(tier=3))
    board = (ElectorRow(role=Role.COORDINATOR), ElectorRow(role=Role.SUPERVISOR))
    return RoundRule(
        id=subject.value.replace("_", "-"),
        subject=subject,
        electors=above if verifies else board,
        passes=BallotRule(needs=Needs.AT_LEAST, n=2),
        clock="ballot",
        expires=expires,
        fallback=f"{ZONE}-director" if verifies else f"{ZONE}-duty",
    )


async def played_procedures() -> MemoryLedger:
    """Return a ledger in which every life has been played, all of them at once."""
    todo = list(enumerate(acts()))
    engine = ProcedureEngine(todo[0][1].instant)
    for text, then in ((PUBLISHED, engine.close_a_day), (MOVED, engine.move)):
        while todo and todo[0][1].instant < instant(text):
            await engine.play(*todo.pop(0))
        await engine.pass_until(instant(text))
        await then()
    for number, act in todo:
        await engine.play(number, act)
    await engine.pass_until(instant(ENDS))
    return engine.ledger
