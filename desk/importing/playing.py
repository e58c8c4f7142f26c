"""A log played as commands through a desk of its own, in a ledger that is gone afterwards."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desk.desk import Desk
from desk.importing.acts import Act, acts_of, led
from desk.importing.counting import Count, Figures, SignedFigures, command_id, kinds_of, rows_of
from desk.importing.mapping import LogMapping, Meaning
from desk.importing.marks import Mark
from desk.importing.problems import NotTaken, UnusableLogError
from desk.importing.rows import CaseRows, LogRow, RowReader
from desk.importing.signing import in_its_stead, marked, noted, own_act
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
    signed: SignedFigures | None = None
    signed_in_ledger: SignedFigures | None = None
    """Of a log of sign-offs."""
    marked: Counter[Mark] = field(default_factory=Counter)
    marked_in_ledger: Counter[Mark] = field(default_factory=Counter)
    """Rows that stand in the ledger by the log's authority, by what was refused."""
    kinds: Counter[str] = field(default_factory=Counter)
    """The ledger's events."""

    @property
    def is_equal(self) -> bool:
        """Return whether the ledger says what the log says."""
        same = self.figures == self.from_ledger and self.signed == self.signed_in_ledger
        return same and self.marked == self.marked_in_ledger


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
    signs = mapping.signatures is not None
    zone = ImportedZone(mapping.zone, mapping.top_tier, survey.groups, signs=signs)
    player = Player(MemoryLedger() if ledger is None else ledger, zone)
    for number, case in enumerate(RowReader(path, mapping).cases(), start=1):
        await player.play(case)
        on_issue(number)
    counted = Count()
    async for rows in rows_of(player.desk.ledger, signs=signs):
        counted.add(rows)
    named = mapping.status.meanings
    not_taken = (*survey.not_taken, *player.not_taken)
    return Imported(
        figures=survey.count.figures,
        from_ledger=counted.figures,
        refused=tuple(sorted(not_taken, key=lambda each: (each.line, each.row or 0))),
        unnamed={
            text: n
            for text, n in sorted(survey.statuses.items())
            if text not in named and text not in survey.signed
        },
        unseen=tuple(sorted(named.keys() - survey.statuses.keys())),
        commands=player.commands,
        back_in_time=player.back_in_time,
        signed=survey.count.signed if signs else None,
        signed_in_ledger=counted.signed if signs else None,
        marked=player.marked,
        marked_in_ledger=counted.marked,
        kinds=await kinds_of(player.desk.ledger),
    )


@dataclass(slots=True)
class _Survey:
    count: Count
    groups: dict[str, dict[str, None]]
    statuses: Counter[str]
    signed: set[str]
    """The statuses that are signatures."""
    not_taken: list[NotTaken]


def _surveyed(path: Path, mapping: LogMapping) -> _Survey:
    reader = RowReader(path, mapping)
    survey = _Survey(Count(), {}, Counter(), set(), reader.not_taken)
    for case in reader.cases():
        survey.count.add([row.counted for row in case.rows])
        for row in case.rows:
            resources = survey.groups.setdefault(row.counted.group, {})
            if row.resource is not None:
                resources[row.resource] = None
            survey.statuses[row.counted.status] += 1
            if row.signature is not None:
                survey.signed.add(row.counted.status)
        if len(survey.groups) > GROUPS_MAX:
            raise UnusableLogError(
                "The log has too many groups; does the mapping name the right attribute?",
                where=f"{path}: {mapping.group.attribute!r}",
                allowed=f"at most {GROUPS_MAX} groups",
            )
    if not survey.groups and not survey.not_taken:
        raise UnusableLogError("The log has no events.", where=str(path))
    return survey


@dataclass(slots=True)
class _Turn:
    """A row while it is played."""

    key: str
    row: LogRow
    occurred_at: datetime | None
    acts: int = 0


class Player:
    """Plays cases one after another, each at its own times."""

    def __init__(self, ledger: Ledger, zone: ImportedZone) -> None:
        self._zone = zone
        self._clock = LogClock()
        self.desk = Desk(ledger, Shelf(ledger, {zone.zone: zone.terms}), self._clock)
        self.not_taken: list[NotTaken] = []
        self.marked: Counter[Mark] = Counter()
        self.commands = 0
        self.back_in_time = 0

    async def play(self, case: CaseRows) -> None:
        """Play a case's rows in the log's order. What the engine refuses ends its row, not the
        case: the next row begins where the issue was left."""
        for row in case.rows:
            issue = await self._issue(case.key)
            self._clock.at = row.at
            self.back_in_time += issue is not None and row.at < issue.changed_at
            turn = _Turn(case.key, row, _took_place(row, issue))
            if self._zone.signs:
                await self._signed(turn, case.title, issue)
            else:
                await self._all(turn, acts_of(row, case.title, issue, self._zone))

    async def _signed(self, turn: _Turn, title: str, issue: Issue | None) -> None:
        """Play a row of a log of sign-offs. What it comes to is asked for as if it happened now;
        if that is refused, the row is marked and the log's authority acts in its stead."""
        row, zone = turn.row, self._zone
        leading, _ = led(row, title, issue, zone)
        own, note, closes = own_act(row, zone), noted(row, zone), row.meaning is Meaning.CLOSED
        # Nothing is noted of a closed issue: a row that closes is noted first.
        if not await self._all(turn, (*leading, note) if closes else leading):
            return
        refusal = None if own is None else await self._attempt(turn, own)
        if own is None or refusal is None:
            await self._all(turn, () if closes else (note,))
            return
        mark = Mark(own.command.kind, refusal.code)
        stands = await self._issue(turn.key)
        stead = () if stands is None else in_its_stead(row, own.command, stands, zone)
        if await self._all(turn, (marked(row, mark), *stead)):
            self.marked[mark] += 1

    async def _all(self, turn: _Turn, acts: Iterable[Act]) -> bool:
        """Carry out acts up to the first that is refused; return whether none was."""
        for act in acts:
            refusal = await self._attempt(turn, act)
            if refusal is not None:
                self._refused(turn, act.command.kind, refusal)
                return False
        return True

    async def _attempt(self, turn: _Turn, act: Act) -> IssueError | None:
        turn.acts += 1
        submission = Submission(
            id=command_id(turn.row.number, turn.acts),
            zone=self._zone.zone,
            key=turn.key,
            actor=act.actor,
            command=act.command,
            occurred_at=turn.occurred_at,
        )
        try:
            await self.desk.carry_out(submission)
        except IssueError as refusal:
            return refusal
        self.commands += 1
        return None

    async def _issue(self, key: str) -> Issue | None:
        row = await self.desk.ledger.issue(stream_name(self._zone.zone, key))
        return None if row is None else row.issue

    def _refused(self, turn: _Turn, kind: str, refusal: IssueError) -> None:
        row = turn.row
        self.not_taken.append(
            NotTaken(row.line, row.number, turn.key, kind, refusal.code, str(refusal))
        )


def _took_place(row: LogRow, issue: Issue | None) -> datetime | None:
    """Return a row's own time where it is earlier than what was recorded before it."""
    if issue is None or row.at >= issue.changed_at:
        return None
    return row.at if issue.changed_at - row.at <= OCCURRED_AGE_MAX else None
