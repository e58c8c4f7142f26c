"""One matter from its opening to its end. The ledger keeps the facts; this keeps the time."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue

    from activities.matters import MatterActivities
    from domain.matters.view import (
        MATTER_TYPE,
        MatterGlimpse,
        MatterRing,
        MatterRingAnswer,
        matter_workflow_id,
    )
    from domain.matters.words import MatterStanding
    from domain.model import Code, Frozen, Key
    from domain.view import NextRung, RingOutcome
    from workflows.keeping import Opening, Steps, Timekeeper
    from workflows.steps import PATIENT, TIME_TO_LOOK, TIME_TO_RING, TIME_TO_TELL, WITHOUT_END


class MatterClosing(Frozen):
    """How the workflow ended: with the matter, or with nothing to keep."""

    zone: Code
    key: Key
    version: int
    standing: MatterStanding | None


@workflow.defn(name=MATTER_TYPE)
class MatterWorkflow:
    """Waits for the next instant that the ledger names, rings it, has told what must be told."""

    @workflow.init
    def __init__(self, *opening: JsonValue) -> None:
        steps = Steps(_look, _ring, _tell, MatterGlimpse.model_validate, matter_workflow_id)
        self._time = Timekeeper(steps, opening, what="matter")

    @workflow.run
    async def run(self, *opening: JsonValue) -> MatterClosing:
        """Stay with the matter until it is over and all is told. Takes one Opening."""
        named = self._time.opening()
        try:
            await self._time.look(named)
        except ActivityError as error:
            if not isinstance(error.cause, ApplicationError):
                raise
            return MatterClosing(zone=named.zone, key=named.key, version=0, standing=None)
        await self._time.keep(named)
        matter = self._time.newest
        return MatterClosing(
            zone=matter.zone, key=matter.key, version=matter.version, standing=matter.standing
        )

    @workflow.signal
    def poke(self, *news: JsonValue) -> None:
        """The ledger has news, a MatterGlimpse. One that cannot be read is dropped."""
        self._time.hear(news)

    @workflow.query
    def matter(self) -> MatterGlimpse | None:
        """Return the newest of what this workflow has seen; `version` and `at` say how new."""
        return self._time.seen


async def _look(named: Opening) -> MatterGlimpse:
    seen = await workflow.execute_activity_method(
        MatterActivities.look_matter,
        args=[named.zone, named.key],
        start_to_close_timeout=TIME_TO_LOOK,
        retry_policy=WITHOUT_END,
    )
    return MatterGlimpse.model_validate(seen)


async def _ring(matter: MatterGlimpse, rung: NextRung) -> tuple[RingOutcome, MatterGlimpse]:
    answer: MatterRingAnswer = await workflow.execute_activity_method(
        MatterActivities.ring_matter,
        MatterRing(
            zone=matter.zone,
            key=matter.key,
            clock=rung.clock,
            cycle=rung.cycle,
            rung=rung.rung,
        ),
        start_to_close_timeout=TIME_TO_RING,
        retry_policy=WITHOUT_END,
        summary=f"{rung.clock} {rung.cycle} {rung.rung}",
    )
    return answer.outcome, answer.glimpse


async def _tell(notices: list[str]) -> None:
    await workflow.execute_activity_method(
        MatterActivities.tell_matter,
        notices,
        start_to_close_timeout=TIME_TO_TELL,
        retry_policy=PATIENT,
        summary=notices[0],
    )
