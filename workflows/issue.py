"""One issue from report to close-out. The ledger keeps the facts; this keeps the promises."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue, ValidationError

    from domain.commands import Submission
    from domain.errors import InvalidRequestError, from_validation
    from domain.model import Code, Frozen, Key
    from domain.personal import require_sealed
    from domain.phases import Outcome, Phase
    from domain.view import (
        WORKFLOW_TYPE,
        CommandResult,
        Glimpse,
        IssueView,
        NextRung,
        Ring,
        RingOutcome,
        workflow_id,
    )
    from workflows import steps
    from workflows.shown import search_attributes

PATIENCE_MIN = timedelta(milliseconds=100)


class Opening(Frozen):
    """What the workflow of an issue is started with. A service may start it with a report."""

    zone: Code
    key: Key
    report: Submission | None = None


class Closing(Frozen):
    """How the workflow ended: with the issue, or with nothing to keep."""

    zone: Code
    key: Key
    version: int
    outcome: Outcome | None


@workflow.defn(name=WORKFLOW_TYPE)
class IssueWorkflow:
    """Waits for the next deadline that the ledger names, rings it, tells what must be told."""

    @workflow.init
    def __init__(self, *opening: JsonValue) -> None:
        self._raw = opening
        self._seen: Glimpse | None = None  # the newest glimpse the ledger gave: highest version
        self._view: IssueView | None = None
        self._news = 0
        self._alarm: asyncio.Task[None] | None = None
        self._alarm_at: datetime | None = None
        self._promised_at: datetime | None = None  # the earliest of what was heard since we rang
        self._not_before: datetime | None = None
        self._to_tell: dict[str, None] = {}
        self._more_to_tell = False
        self._telling: dict[str, asyncio.Task[None]] = {}

    @workflow.run
    async def run(self, *opening: JsonValue) -> Closing:
        """Stay with the issue through its phases, as often as it takes. Takes one Opening.

        Whatever comes in is read in here: what a signature refuses fails the task for ever.
        """
        if not await self._open():
            return self._nothing_to_keep()
        while True:
            while self._issue.is_open:
                await self._through(self._issue.phase)
            await self._finish()
            if not self._issue.is_open:
                return self._closing()

    @workflow.update
    async def carry_out(self, submission: JsonValue) -> CommandResult:
        """Do what a Submission asks, or fail with the error that says why not."""
        return await self._carry_out(self._read_submission(submission))

    @carry_out.validator
    def _require_readable(self, submission: JsonValue) -> None:
        """Refuse before anything is recorded; without this a missing argument fails the task."""
        self._read_submission(submission)

    @workflow.signal
    def poke(self, *news: JsonValue) -> None:
        """The ledger has news, a Glimpse. One that cannot be read is dropped: the guard mends."""
        try:
            glimpse = Glimpse.model_validate(*news)
            self._require_id(glimpse.zone, glimpse.key)
            self._see(glimpse)
        except (ValidationError, TypeError, ApplicationError):
            workflow.logger.warning("a poke cannot be read")

    @workflow.query
    def issue(self) -> Glimpse | None:
        """Return the newest of what this workflow has seen; `version` and `at` say how new."""
        return self._seen

    @workflow.query
    def clocks(self) -> IssueView | None:
        """Return the last full view, with every live clock; it may be older than `issue`."""
        return self._view

    @property
    def _issue(self) -> Glimpse:
        if self._seen is None:
            msg = "nothing has been seen of the issue yet"
            raise LookupError(msg)
        return self._seen

    async def _through(self, phase: Phase) -> None:
        """Stay while the issue is in `phase`: tell what must be told, ring what falls due."""
        while self._issue.phase is phase:
            self._start_telling()
            self._show()
            if rung := await self._next_due():
                await self._ring(rung)
            await self._start_afresh_if_history_is_long()

    async def _open(self) -> bool:
        """Look at the ledger for the first time; False if there is no issue to keep."""
        opening = self._read_opening()
        if opening.report is not None:
            self._require_id(opening.report.zone, opening.report.key)
            await self._carry_out(opening.report)
        while True:
            # An Update that came with the start, or during the look, may be the report itself.
            await workflow.wait_condition(workflow.all_handlers_finished)
            heard = self._news
            if await self._is_known(opening):
                return True
            if workflow.all_handlers_finished() and self._news == heard:
                return False

    async def _is_known(self, opening: Opening) -> bool:
        try:
            await self._look(opening)
        except ApplicationError:  # a refusal: whatever else goes wrong is tried again without end
            return False
        return True

    async def _carry_out(self, submission: Submission) -> CommandResult:
        answer = await steps.carry_out(submission)
        self._see(answer.glimpse)
        return answer.result

    async def _look(self, opening: Opening) -> None:
        self._more_to_tell = False
        view = await steps.look(opening.zone, opening.key)
        self._view = view
        self._see(Glimpse(**{name: getattr(view, name) for name in Glimpse.model_fields}))

    def _see(self, glimpse: Glimpse) -> None:
        """Keep the newest news; what is to be told is told even when the news itself is old."""
        self._to_tell |= dict.fromkeys(glimpse.notices)
        self._more_to_tell = self._more_to_tell or glimpse.more_notices
        if glimpse.next_rung is not None:
            # Even of an overtaken answer: the ledger takes it that we wait for this one.
            wake_at = glimpse.next_rung.wake_at
            self._promised_at = min(wake_at, self._promised_at or wake_at)
        if self._seen is None or glimpse.version >= self._seen.version:
            self._seen = glimpse
        self._news += 1

    async def _next_due(self) -> NextRung | None:
        """Sleep until the next rung is due; None when news comes first, or the alarm was for less.

        The alarm is lazy: a deadline that moved later leaves it alone.
        """
        self._set_alarm()
        heard = self._news
        await workflow.wait_condition(lambda: self._news != heard or self._alarm_is_over())
        if not self._alarm_is_over():
            return None
        self._alarm = self._alarm_at = self._promised_at = None
        rung = self._issue.next_rung
        if rung is None or self._not_earlier(rung.wake_at) <= workflow.now():
            return rung
        self._promised_at = rung.wake_at
        return None

    def _set_alarm(self) -> None:
        if self._promised_at is None:
            return
        wake_at = self._not_earlier(self._promised_at)
        if self._alarm is not None and self._alarm_at is not None and self._alarm_at <= wake_at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm_at = wake_at
        wait = max(wake_at - workflow.now(), timedelta(0))
        self._alarm = asyncio.create_task(asyncio.sleep(wait.total_seconds()))

    def _alarm_is_over(self) -> bool:
        return self._alarm is not None and self._alarm.done()

    def _not_earlier(self, wake_at: datetime) -> datetime:
        """A ring that came back early waits as long as the desk said was left (`_ring`)."""
        return wake_at if self._not_before is None else max(wake_at, self._not_before)

    async def _ring(self, rung: NextRung) -> None:
        issue = self._issue
        answer = await steps.ring(
            Ring(zone=issue.zone, key=issue.key, clock=rung.clock, cycle=rung.cycle, rung=rung.rung)
        )
        self._not_before = None
        left = answer.glimpse.next_rung
        if answer.outcome is RingOutcome.EARLY and left and left.wake_at <= workflow.now():
            # The desk's clock is behind ours. A rung that only moved later may yet move back.
            patience = max(left.due_at - answer.glimpse.at, PATIENCE_MIN)
            self._not_before = workflow.now() + patience
        self._see(answer.glimpse)

    def _start_telling(self) -> None:
        """Start one task for what is new, each notice once: the clock never waits for a channel."""
        new = [notice for notice in self._to_tell if notice not in self._telling]
        if new:
            self._telling |= dict.fromkeys(new, asyncio.create_task(self._tell(new)))

    async def _tell(self, notices: list[str]) -> None:
        """Tell, and ask what else there is when the last of those that were named is told."""
        late = await steps.tell_at_once(notices)
        await asyncio.gather(*(steps.tell(notice) for notice in late))
        others = (task for name, task in self._telling.items() if name not in notices)
        if self._more_to_tell and all(task.done() for task in others):
            await self._look(self._read_opening())

    def _is_quiet(self) -> bool:
        return all(task.done() for task in self._telling.values())

    async def _finish(self) -> None:
        """Let deliveries and updates end. A reopening that comes meanwhile is taken up by `run`."""
        while not self._issue.is_open:
            self._start_telling()
            self._show()
            heard = self._news
            await workflow.wait_condition(partial(self._is_over, heard))
            if self._news == heard:
                return

    def _is_over(self, heard: int) -> bool:
        return self._news != heard or (self._is_quiet() and workflow.all_handlers_finished())

    async def _start_afresh_if_history_is_long(self) -> None:
        if not workflow.info().is_continue_as_new_suggested():
            return
        await workflow.wait_condition(workflow.all_handlers_finished)
        opening = self._read_opening().model_copy(update={"report": None})
        workflow.continue_as_new(opening.model_dump(mode="json"))

    def _show(self) -> None:
        """Let Temporal's own lists tell the story; the next deadline may lag behind the rest."""
        changed = search_attributes(self._issue, workflow.info().typed_search_attributes)
        if changed:
            workflow.upsert_search_attributes(changed)
        issue = self._issue
        workflow.set_current_details(
            f"{issue.number or issue.key}: {issue.phase}, tier {issue.tier}, {issue.owner}"
        )

    def _read_opening(self) -> Opening:
        """Read what the run was started with. A malformed start ends the run, it never loops."""
        (raw,) = self._raw if len(self._raw) == 1 else (None,)
        try:
            opening = Opening.model_validate(raw)
        except ValidationError as error:
            raise _refused(from_validation(error)) from None  # it names keys that were sent
        self._require_id(opening.zone, opening.key)
        if opening.report is not None:
            _require_sealed(opening.report)
        return opening

    def _read_submission(self, raw: JsonValue) -> Submission:
        try:
            submission = Submission.model_validate(raw)
        except ValidationError as error:
            raise _refused(from_validation(error)) from None  # it names keys that were sent
        self._require_id(submission.zone, submission.key)
        _require_sealed(submission)
        return submission

    def _require_id(self, zone: str, key: str) -> None:
        if workflow.info().workflow_id != workflow_id(zone, key):
            raise _refused(
                InvalidRequestError(
                    "The request is for another issue than this workflow's.",
                    field="key",
                    value=f"{zone}/{key}",
                    allowed=workflow.info().workflow_id,
                )
            )

    def _closing(self) -> Closing:
        issue = self._issue
        return Closing(zone=issue.zone, key=issue.key, version=issue.version, outcome=issue.outcome)

    def _nothing_to_keep(self) -> Closing:
        opening = self._read_opening()
        return Closing(zone=opening.zone, key=opening.key, version=0, outcome=None)


def _require_sealed(submission: Submission) -> None:
    """Refuse what is said of a person in plain: a history would hold it for ever."""
    try:
        require_sealed(submission.command)
    except InvalidRequestError as refusal:
        raise _refused(refusal) from None


def _refused(error: InvalidRequestError) -> ApplicationError:
    return ApplicationError(str(error), error.details(), type=error.code, non_retryable=True)
