"""The acts: the traced cases as they are, then stories and matters against the calendar of 2020."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from demo.cases import Case
from demo.engine import Engine
from demo.matters import MatterStory
from demo.stories import Story, in_order
from demo.virtual import TimeLapse, VirtualClock
from desk.matters import MatterDesk
from desk.second_door import send_through_workflow
from domain.commands import Submission
from domain.days import zone_of
from domain.matters.commands import MatterSubmission

AT_ONCE_MAX = 6
ZONE_TIME = "Asia/Shanghai"
UPDATE_MAX = timedelta(seconds=30)


async def play_cases(engine: Engine, cases: tuple[Case, ...], progress: Callable[[], None]) -> None:
    """Play every case, some at a time. Every other case goes through the workflow's own door."""
    slots = asyncio.Semaphore(AT_ONCE_MAX)

    async def play(number: int, case: Case) -> None:
        async with slots:
            for step_number, step in enumerate(case.steps, start=1):
                submission = Submission(
                    id=f"demo:{case.zone}/{case.key}:{step_number:02d}",
                    zone=case.zone,
                    key=case.key,
                    actor=step.by,
                    command=step.command,
                )
                if number % 2:
                    await send_through_workflow(engine.client, submission, within=UPDATE_MAX)
                else:
                    await engine.desk.carry_out(submission)
                progress()

    async with asyncio.TaskGroup() as group:
        for number, case in enumerate(cases):
            group.create_task(play(number, case))


async def play_stories(
    engine: Engine,
    lapse: TimeLapse,
    clock: VirtualClock,
    stories: tuple[Story, ...],
    progress: Callable[[datetime], None],
) -> None:
    """Play all stories on one virtual clock: each step at its instant, each rung in between."""
    for at, story, number, step in in_order(stories):
        await lapse.advance_to(instant(at))
        await engine.desk.carry_out(
            Submission(
                id=f"demo:{story.zone}/{story.key}:{number:02d}",
                zone=story.zone,
                key=story.key,
                actor=step.by,
                command=step.command,
            )
        )
        progress(clock.at)
    await lapse.advance_to(max(instant(story.until) for story in stories))
    progress(clock.at)


async def play_matters(
    engine: Engine,
    lapse: TimeLapse,
    clock: VirtualClock,
    stories: tuple[MatterStory, ...],
    progress: Callable[[datetime], None],
) -> None:
    """Play stories of matters, one after the other, on a clock that has come to the first step."""
    matters = MatterDesk(engine.desk)
    for story in stories:
        for number, step in enumerate(story.steps, start=1):
            await lapse.advance_to(instant(step.at))
            sent = {
                "id": f"demo:{story.zone}/{step.key}:{number:02d}",
                "zone": story.zone,
                "key": step.key,
                "actor": step.by,
                "command": step.command,
            }
            if story.is_of_matter(step):
                await matters.carry_out(MatterSubmission.model_validate(sent))
            else:
                await engine.desk.carry_out(Submission.model_validate(sent))
            progress(clock.at)
        await lapse.advance_to(instant(story.until))
        progress(clock.at)


def begins_at(stories: tuple[Story, ...]) -> datetime:
    """Return the instant of the first step."""
    return instant(in_order(stories)[0][0])


def instant(local: datetime) -> datetime:
    """Return the instant that a clock on the wall of the zones shows as `local`."""
    return local.replace(tzinfo=zone_of(ZONE_TIME)).astimezone(UTC)
