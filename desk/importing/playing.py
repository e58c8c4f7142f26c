"""A log played as commands through a desk of its own, in a ledger that is gone afterwards."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk.desk import Desk
from desk.importing.acts import acts_of
from desk.importing.counting import Count, Figures, command_id, rows_of
from desk.importing.mapping import LogMapping
from desk.importing.problems import NotTaken, UnusableLogError
from desk.importing.rows import CaseRows, LogRow, RowReader
from desk.importing.zone import GROUPS_MAX, ImportedZone
from desk.shelf import Shelf
from domain.commands import Submission
from domain.decisions.draft import OCCURRED_AGE_MAX
from domain.errors import IssueError
from domain.issue import Issue, stream_name
from ledger.memory import MemoryLedger
from ledger.port import Ledger


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to. `unnamed` are the statuses that the mapping says nothing of, with
    their rows; `unseen` those that it names and no row has; `commands` were carried out."""

    figures: Figures
    from_ledger: Figures
    refused: tuple[NotTaken, ...]
    unnamed: dict[str, int]
    unseen: tuple[str, ...]
    commands: int
    back_in_time: int
    """Rows that are earlier than the row before them: recorded at its time, with their own kept."""

    @property
    def is_equal(self) -> bool:
        """Return whether the ledger says what the log says."""
        return self.figures == self.from_ledger


class LogClock:
    """A desk's clock that stands at the time of the row that is played."""

    offset = timedelta(0)

    def __init__(self) -> None:
        self.at = datetime(1970, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        """Return the time of the row."""
        return self.at


async def import_xes(
    path: Path,
    mapping: LogMapping,
    *,
    ledger: Ledger | None = None,
    on_issue: Callable[[int], None] = lambda _: None,
) -> Imported:
    """Read a log twice, first for its groups and figures, then to play it; count the ledger.

    `ledger` must be empty; without one, one in memory is used. Raises UnusableLogError.
    """
    survey = _surveyed(path, mapping)
    zone = ImportedZone(mapping.zone, mapping.top_tier, survey.groups)
    player = Player(MemoryLedger() if ledger is None else ledger, zone)
    for number, case in enumerate(RowReader(path, mapping).cases(), start=1):
        await player.play(case)
        on_issue(number)
    counted = Count()
    async for rows in rows_of(player.desk.ledger):
        counted.add(rows)
    named = mapping.status.meanings
    not_taken = (*survey.not_taken, *player.not_taken)
    return Imported(
        figures=survey.count.figures,
        from_ledger=counted.figures,
        refused=tuple(sorted(not_taken, key=lambda each: (each.line, each.row or 0))),
        unnamed={text: n for text, n in sorted(survey.statuses.items()) if text not in named},
        unseen=tuple(sorted(named.keys() - survey.statuses.keys())),
        commands=player.commands,
        back_in_time=player.back_in_time,
    )


@dataclass(slots=True)
class _Survey:
    count: Count
    groups: dict[str, dict[str, None]]
    statuses: Counter[str]
    not_taken: list[NotTaken]


def _surveyed(path: Path, mapping: LogMapping) -> _Survey:
    reader = RowReader(path, mapping)
    survey = _Survey(Count(), {}, Counter(), reader.not_taken)
    for case in reader.cases():
        survey.count.add([row.counted for row in case.rows])
        for row in case.rows:
            resources = survey.groups.setdefault(row.counted.group, {})
            if row.resource is not None:
                resources[row.resource] = None
            survey.statuses[row.counted.status] += 1
        if len(survey.groups) > GROUPS_MAX:
            raise UnusableLogError(
                "The log has too many groups; does the mapping name the right attribute?",
                where=f"{path}: {mapping.group.attribute!r}",
                allowed=f"at most {GROUPS_MAX} groups",
            )
    if not survey.groups and not survey.not_taken:
        raise UnusableLogError("The log has no events.", where=str(path))
    return survey


class Player:
    """Plays cases one after another, each at its own times."""

    def __init__(self, ledger: Ledger, zone: ImportedZone) -> None:
        self._zone = zone
        self._clock = LogClock()
        self.desk = Desk(ledger, Shelf(ledger, {zone.zone: zone.terms}), self._clock)
        self.not_taken: list[NotTaken] = []
        self.commands = 0
        self.back_in_time = 0

    async def play(self, case: CaseRows) -> None:
        """Play a case's rows in the log's order. What the engine refuses ends its row, not the
        case: the next row begins where the issue was left."""
        for row in case.rows:
            issue = await self._issue(case.key)
            self._clock.at = row.at
            self.back_in_time += issue is not None and row.at < issue.changed_at
            for place, act in enumerate(acts_of(row, case.title, issue, self._zone), start=1):
                submission = Submission(
                    id=command_id(row.number, place),
                    zone=self._zone.zone,
                    key=case.key,
                    actor=act.actor,
                    command=act.command,
                    occurred_at=_took_place(row, issue),
                )
                try:
                    await self.desk.carry_out(submission)
                except IssueError as refusal:
                    self._refused(case.key, row, act.command.kind, refusal)
                    break
                self.commands += 1

    async def _issue(self, key: str) -> Issue | None:
        row = await self.desk.ledger.issue(stream_name(self._zone.zone, key))
        return None if row is None else row.issue

    def _refused(self, key: str, row: LogRow, kind: str, refusal: IssueError) -> None:
        self.not_taken.append(NotTaken(row.line, row.number, key, kind, refusal.code, str(refusal)))


def _took_place(row: LogRow, issue: Issue | None) -> datetime | None:
    """Return a row's own time where it is earlier than what was recorded before it."""
    if issue is None or row.at >= issue.changed_at:
        return None
    return row.at if issue.changed_at - row.at <= OCCURRED_AGE_MAX else None
