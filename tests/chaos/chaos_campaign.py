"""Many runs: lanes side by side, each on a stack of its own, each run by the next seed."""

import asyncio
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final

from chaos_parts import ROOT, Nursery, another_build
from chaos_plan import plan_of
from chaos_run import Ran, run
from chaos_stack import stacked

from runtime.postgres_home import remove_home

RUN_TIMEOUT_S: Final = 400.0
PLAYED_AGAIN_MAX: Final = 5
"""Runs in which nothing was found but rungs that fired late are played again with nothing beside
them: what the plan makes late is late again, what the other lanes made late is not. So many at
most: more are no accident."""


@dataclass(slots=True)
class Campaign:
    """What many runs came to."""

    runs: int = 0
    failed: list[int] = field(default_factory=list)
    late: list[int] = field(default_factory=list)
    """Seeds of runs in which rungs fired late and nothing else was found."""
    faults: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    latest: timedelta = timedelta(0)
    run_s: list[float] = field(default_factory=list)
    seconds: float = 0.0

    def add(self, ran: Ran) -> None:
        """Take in a run."""
        self.runs += 1
        self.run_s.append(ran.seconds)
        self.latest = max(self.latest, ran.checked.latest)
        self.skipped.update(ran.skipped)
        self.faults.update(str(fault.kind) for fault in ran.plan.faults)
        for name in ("commands", "acknowledged", "unanswered", "refused", "rings_in_both"):
            self.counts[name] += getattr(ran, name)
        self.counts["rungs"] += ran.checked.fired
        for word in ("lost", "doubled", "late", "early", "forked"):
            self.counts[word] += sum(f"{word}:" in found for found in ran.checked.findings)
        if ran.is_only_late:
            self.late.append(ran.plan.seed)
        elif not ran.is_sound:
            self.failed.append(ran.plan.seed)

    def add_again(self, again: "Campaign") -> None:
        """Take in what became of the late runs when they were played again, alone."""
        self.failed += [*again.failed, *again.late]
        self.counts["late_again"] = again.counts["late"]

    def __str__(self) -> str:
        counts, median = self.counts, sorted(self.run_s)[len(self.run_s) // 2] if self.run_s else 0
        lines = [
            f"{self.runs} runs in {self.seconds:.0f} s ({median:.1f} s a run in the middle), "
            f"{counts['acknowledged']} of {counts['commands']} commands acknowledged, "
            f"{counts['unanswered']} tries without answer, {counts['rungs']} rungs fired, "
            f"{counts['rings_in_both']} rings in both records",
            f"lost {counts['lost']}, doubled {counts['doubled']}, late {counts['late']}; "
            f"the latest {self.latest.total_seconds():.1f} s after due time or outage",
            *self._late_lines(),
            "faults: " + ", ".join(f"{n} {kind}" for kind, n in sorted(self.faults.items())),
            *(f"SKIPPED {times} times: {what}" for what, times in self.skipped.items()),
        ]
        if self.failed:
            lines.append(f"FAILED: {len(self.failed)} runs, seeds {sorted(self.failed)}")
        return "\n".join(lines)

    def _late_lines(self) -> list[str]:
        if not self.late:
            return []
        again = self.counts["late_again"]
        return [
            f"late in {len(self.late)} runs (seeds {sorted(self.late)}); "
            f"played again with nothing beside them: late {again}"
        ]


async def campaign(
    seeds: list[int], lanes: int, say: Callable[[str], None], keep_logs: Path | None = None
) -> Campaign:
    """Do a run for each seed. `keep_logs`: where the logs of the parts go, if anywhere."""
    total, began = Campaign(), time.monotonic()
    waiting = list(reversed(seeds))
    folder = _folder()
    try:
        async with _nurseries(folder) as nurseries:
            async with asyncio.TaskGroup() as group:
                for number in range(min(lanes, len(seeds))):
                    place = _passable(folder / f"{number}")
                    group.create_task(_lane(place, nurseries, waiting, total, say))
            if len(total.late) <= PLAYED_AGAIN_MAX:
                again, late = Campaign(), list(total.late)
                while late:
                    place = _passable(folder / f"again-{len(late)}")
                    await _lane(place, nurseries, [late.pop()], again, say)
                total.add_again(again)
            else:
                total.failed += total.late
    finally:
        _remove(folder, keep_logs)
    total.seconds = time.monotonic() - began
    return total


def _folder() -> Path:
    """Make a folder that other accounts may pass through, as the database's must."""
    folder = Path(tempfile.mkdtemp(prefix="closeout-chaos-"))
    folder.chmod(0o711)
    return folder


def _passable(folder: Path) -> Path:
    folder.mkdir()
    folder.chmod(0o711)
    return folder


def _remove(folder: Path, keep_logs: Path | None) -> None:
    if keep_logs is not None:
        keep_logs.mkdir(parents=True, exist_ok=True)
        for log in folder.glob("*/*.log"):
            shutil.copy(log, keep_logs / f"{log.parent.name}-{log.name}")
    for data in folder.glob("*/data"):
        remove_home(data)
    shutil.rmtree(folder, ignore_errors=True)


async def _lane(
    folder: Path,
    nurseries: tuple[Nursery, Nursery],
    waiting: list[int],
    total: Campaign,
    say: Callable[[str], None],
) -> None:
    async with stacked(folder, nurseries) as stack:
        done = 0
        while waiting:
            plan = plan_of(waiting.pop())
            done += 1
            try:
                async with asyncio.timeout(RUN_TIMEOUT_S):
                    ran = await run(stack, plan, f"s{plan.seed}r{done}")
            except BaseException:
                say(f"BROKEN OFF in {plan}")
                raise
            total.add(ran)
            say(str(ran) if ran.is_sound else f"FOUND in {ran}")


@asynccontextmanager
async def _nurseries(folder: Path) -> AsyncIterator[tuple[Nursery, Nursery]]:
    trees = ROOT, another_build(folder / "build")
    both = tuple(Nursery(tree, folder / "nursery.log") for tree in trees)
    try:
        await asyncio.gather(*(each.until_ready() for each in both))
        yield both[0], both[1]
    finally:
        for each in both:
            each.end()
