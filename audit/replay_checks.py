"""One stream in two records: what the ledger keeps of it, and what its histories say was done."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue, ValidationError

from audit.replay_acts import CARRY_OUT, Act, End, Told
from audit.replay_deliveries import Deliveries
from audit.replay_glimpses import Seen, read_glimpse, seen_at
from audit.replay_stored import (
    AnyRing,
    ended,
    ring_id,
    ring_of,
    submission_in,
    submission_of,
    version_in,
)
from audit.replay_words import Mismatch, first_difference, shown
from domain.canonical import canonical
from domain.chain import Record
from domain.commands import Report, Submission
from domain.events import HistoryLost
from domain.matters.matter import is_matter_stream
from domain.matters.view import MatterRing
from domain.order_view import OrderRing
from domain.streams import is_issue_stream, stream_names
from domain.view import BELL_PREFIX, CommandResult, Ring, RingOutcome
from ledger.port import CommandRow, NoticeRow

RING_ACTIVITIES: dict[str, type[AnyRing]] = {
    "ring": Ring,
    "ring_order": OrderRing,
    "ring_matter": MatterRing,
}
RING_KINDS = {"ring_rung", "ring_order", "ring_matter"}
LOOK_ACTIVITIES = {"look", "look_order", "look_matter"}
SKEW = timedelta(seconds=10)
"""The clocks of desk and engine may differ by so much at the end of a history that goes on."""


@dataclass(frozen=True, slots=True)
class LostSpan:
    """A stretch of an issue's life whose workflow history is gone, as the ledger itself says, and
    the rings and deliveries in it that therefore have no activity."""

    stream: str
    run: str
    from_at: datetime
    to_at: datetime
    rings: tuple[str, ...]
    deliveries: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kept:
    """What the ledger keeps of one stream, read after its histories were."""

    stream: str
    records: Sequence[Record]
    commands: Sequence[CommandRow]
    notices: Sequence[NoticeRow]


@dataclass(slots=True)
class StreamCheck:
    """What came of holding one stream's two records against each other.

    `pending`: in the ledger, and the run is not archived yet, or goes on. `unnamed`: deliveries of
    which only a marker without names can tell. `without_workflow`: no workflow ever kept it.
    `lacks_histories`: what is not archived yet may tell of what nothing else tells.
    """

    stream: str
    rings: int = 0
    commands: int = 0
    deliveries: int = 0
    unnamed: int = 0
    pending: int = 0
    without_workflow: bool = False
    lacks_histories: bool = False
    lost: list[LostSpan] = field(default_factory=list)
    found: list[Mismatch] = field(default_factory=list)


def check_stream(kept: Kept, told: Told) -> StreamCheck:
    """Hold rings, door-2 commands, answers and deliveries of a stream against its histories."""
    check = _Check(kept, told)
    for act in told.acts:
        check.take(act)
    check.pair_rings()
    check.hold_wishes()
    check.hold_glimpses()
    check.settle_missing()
    return check.done


class _Check:
    def __init__(self, kept: Kept, told: Told) -> None:
        self.done = StreamCheck(kept.stream)
        self._kept = kept
        self._told = told
        self._commands = {row.id: row for row in kept.commands}
        self._rings = {
            ring_id(row): row
            for row in kept.commands
            # What the bell rang, no workflow had rung: no history has to tell of it.
            if row.kind in RING_KINDS and not row.id.startswith(BELL_PREFIX)
        }
        self._rung: set[str] = set()
        self._met_nothing: dict[str, Act] = {}
        self._loose: list[tuple[Act, AnyRing, int]] = []
        self._carried: Counter[tuple[str, str]] = Counter()
        self._in_both: set[str] = set()
        self._glimpses: list[tuple[Act, str, Seen]] = []
        self._deliveries = Deliveries(kept.stream, kept.notices)

    def take(self, act: Act) -> None:
        """Hold one activity against the ledger."""
        if act.unreadable is not None:
            self._find("history", act, "", act.unreadable, f"{act.name} cannot be read")
        elif act.name in RING_ACTIVITIES:
            self._take_ring(act)
        elif act.name == CARRY_OUT:
            self._take_command(act)
        elif act.name in LOOK_ACTIVITIES and act.end is End.DONE:
            self._see(act, act.answer, "result")
        else:
            self._deliveries.take(act)

    def _take_ring(self, act: Act) -> None:
        try:
            ring = RING_ACTIVITIES[act.name].model_validate(act.sent[0] if act.sent else None)
        except ValidationError as error:
            self._find("history", act, "", "input", f"no ring: {error.errors()[0]['msg']}")
            return
        id_ = ring.command_id
        if (ring.zone, ring.key) != stream_names(self._kept.stream):
            said = f"the ring is for {ring.zone}/{ring.key}"
            self._find("foreign", act, id_, "input.key", said)
            return
        if act.end is not End.DONE:
            if act.end is End.OPEN:
                self._rung.add(id_)
            return
        answer = act.answer if isinstance(act.answer, dict) else {}
        self._see(act, answer.get("glimpse"), "result.glimpse")
        outcome, version = answer.get("outcome"), version_in(answer.get("glimpse"))
        if outcome in (RingOutcome.EARLY, RingOutcome.STALE):
            self._met_nothing[id_] = act
        elif outcome != RingOutcome.FIRED:
            self._find("result", act, id_, "result.outcome", f"no outcome: {shown(outcome)}")
        elif id_ in self._rings and version >= ended(self._rings[id_]):
            self._rung.add(id_)  # the issue as the ring left it or, to a repeat, as it was later
        else:
            self._loose.append((act, ring, version))

    def pair_rings(self) -> None:
        """A ring that the ledger does not have may be one that it has, under another input."""
        for act, ring, version in self._loose:
            missing = (id_ for id_ in self._rings if id_ not in self._rung)
            same = next((id_ for id_ in missing if ended(self._rings[id_]) == version), None)
            id_ = same or ring.command_id
            self._rung.add(id_)
            if same is not None:
                self._find("input", act, same, *self._otherwise_asked(ring, same))
            elif id_ in self._rings:
                said = f"history {version}, ledger {ended(self._rings[id_])}"
                self._find("result", act, id_, "result.glimpse.version", said)
            else:
                said = "it fired by the history, and the ledger does not have it"
                self._find("surplus", act, id_, "input", said)

    def _otherwise_asked(self, ring: AnyRing, id_: str) -> tuple[str, str]:
        stored = ring_of(self._rings[id_])
        right = None if stored is None else stored.model_dump(mode="json")
        differing = first_difference(ring.model_dump(mode="json"), right, "input")
        path, one, other = differing or ("input", ring.command_id, id_)
        return path, f"history {one}, ledger {other}"

    def _take_command(self, act: Act) -> None:
        sent = submission_in(act.sent[0] if act.sent else None)
        if sent is None:
            self._find("history", act, "", "input", "no submission")
            return
        self._carried[act.run_id, canonical(sent)] += 1
        if (sent.zone, sent.key) != stream_names(self._kept.stream):
            said = f"the command is for {sent.zone}/{sent.key}"
            self._find("foreign", act, sent.id, "input.key", said)
            return
        if act.end is not End.DONE:
            return
        answer = act.answer if isinstance(act.answer, dict) else {}
        self._see(act, answer.get("glimpse"), "result.glimpse")
        row = self._stored(act, sent, answer.get("result"))
        if row is None:
            said = "it was carried out by the history, and the ledger does not have it"
            self._find("surplus", act, sent.id, "input", said)
            return
        holds = self._hold_input(act, sent, row)
        if self._hold_result(act, row, answer.get("result"), "result.result") and holds:
            self._in_both.add(row.id)

    def _stored(self, act: Act, sent: Submission, result: JsonValue) -> CommandRow | None:
        """A report sent again under another id is given the first one's answer (R10.5)."""
        own = self._commands.get(sent.id)
        if own is not None or not isinstance(result, dict):
            return own
        return self._commands.get(str(result.get("command_id")))

    def _hold_input(self, act: Act, sent: Submission, row: CommandRow) -> bool:
        if canonical(sent) == row.body:
            return True
        stored = submission_of(row)
        again = isinstance(sent.command, Report) and stored is not None and sent.id != stored.id
        if again and stored is not None and sent.command == stored.command:
            return True
        left = sent.model_dump(mode="json")
        right = None if stored is None else stored.model_dump(mode="json")
        path, one, other = first_difference(left, right, "input") or ("input", "", "")
        self._find("input", act, row.id, path, f"history {one}, ledger {other}")
        return False

    def _hold_result(self, act: Act, row: CommandRow, plain: JsonValue, path: str) -> bool:
        try:
            result = CommandResult.model_validate(plain).model_copy(update={"repeated": False})
            stored = CommandResult.model_validate_json(row.result)
        except ValidationError as error:
            said = f"it cannot be read: {error.errors()[0]['msg']}"
            self._find("result", act, row.id, path, said)
            return False
        left, right = result.model_dump(mode="json"), stored.model_dump(mode="json")
        differing = first_difference(left, right, path)
        if differing is not None:
            where, one, other = differing
            self._find("result", act, row.id, where, f"history {one}, ledger {other}")
        return differing is None

    def hold_wishes(self) -> None:
        """Every Update that was accepted, and a report that came with the start, was carried out:
        this is how the histories name the commands of door 2, which the ledger does not tell."""
        for wish in self._told.wishes:
            sent = submission_in(wish.sent)
            act = Act(wish.run_id, wish.event_id, CARRY_OUT, (), end_event_id=wish.end_event_id)
            if sent is None:
                self._find("history", act, "", "input", "no submission")
                continue
            name = (wish.run_id, canonical(sent))
            if not self._carried[name]:
                said = "it was accepted, and no activity carries it out"
                self._find("missing", act, sent.id, "input", said)
                continue
            self._carried[name] -= 1
            row = self._stored(act, sent, wish.answer)
            if wish.end_event_id is not None and row is not None:
                self._hold_result(act, row, wish.answer, "result")

    def _see(self, act: Act, plain: JsonValue, path: str) -> None:
        seen = read_glimpse(self._kept.stream, plain)
        if seen is None:
            self._find("history", act, "", path, "what was seen cannot be read")
        else:
            self._glimpses.append((act, path, seen))

    def hold_glimpses(self) -> None:
        """What each answer showed is the fold of the events up to the version that it names."""
        if not self._kept.records:
            return
        versions = {version_in(seen) for _, _, seen in self._glimpses}
        try:
            folds = seen_at(self._kept.stream, self._kept.records, versions)
        except (ValueError, KeyError, TypeError):
            return  # the decisions name the event that cannot be folded
        for act, path, seen in self._glimpses:
            version = version_in(seen)
            if version not in folds:
                said = f"history {version}, and the ledger ends at {len(self._kept.records)}"
                self._find("result", act, "", f"{path}.version", said)
                continue
            differing = first_difference(seen, folds[version], path)
            if differing is not None:
                where, one, other = differing
                said = f"history {one}, version {version} of the ledger {other}"
                self._find("result", act, "", where, said)

    def settle_missing(self) -> None:
        """Say of what only the ledger has whether it is to come, lost, or nowhere."""
        rings = {id_: row.at for id_, row in self._rings.items() if id_ not in self._rung}
        deliveries = self._deliveries.missing()
        delivered = any(notice.delivered_at is not None for notice in self._kept.notices)
        self.done.rings = len(self._rings) - len(rings)
        self.done.commands = len(self._in_both)
        self.done.deliveries = self._deliveries.in_both
        self.done.found += self._deliveries.found()
        alone = not (self._told.runs or delivered or self._lost_events())
        if alone and is_matter_stream(self._kept.stream) and not (rings or self._kept.notices):
            return  # it waited for nothing and told nobody: it never needed a workflow
        if alone and (self._told.looked or not is_open(self._kept)):
            self.done.without_workflow = self.done.lacks_histories = True
            return
        for waits in (rings, deliveries):
            for id_ in [id_ for id_, at in waits.items() if self._may_come(at)]:
                del waits[id_]
                self.done.pending += 1
        self._take_lost(rings, deliveries)
        for id_ in [id_ for id_, at in deliveries.items() if self._told.may_be_unnamed(at)]:
            del deliveries[id_]
            self.done.unnamed += 1
        self.done.lacks_histories = bool(rings or deliveries)
        self.done.found += self._missing(rings, deliveries)

    def _may_come(self, at: datetime) -> bool:
        """Return whether a history that is still to be archived may tell of this."""
        heard = self._told.heard_until_at
        return at > heard - SKEW if heard is not None else is_open(self._kept)

    def _take_lost(self, rings: dict[str, datetime], deliveries: dict[str, datetime]) -> None:
        for event in self._lost_events():
            named = [
                tuple(sorted(i for i, at in loose.items() if event.from_at <= at <= event.to_at))
                for loose in (rings, deliveries)
            ]
            for id_ in named[0]:
                del rings[id_]
            for id_ in named[1]:
                del deliveries[id_]
            self.done.lost.append(
                LostSpan(self._kept.stream, event.run, event.from_at, event.to_at, *named)
            )

    def _lost_events(self) -> list[HistoryLost]:
        if not is_issue_stream(self._kept.stream):
            return []
        lost = (r.event for r in self._kept.records if r.kind == "history_lost")
        return [event for event in lost if isinstance(event, HistoryLost)]

    def _missing(
        self, rings: dict[str, datetime], deliveries: dict[str, datetime]
    ) -> Iterator[Mismatch]:
        stream = self._kept.stream
        for id_ in sorted(rings):
            act = self._met_nothing.get(id_)
            if act is None:
                said = "the ledger has the ring, and no history asks for it"
                yield Mismatch("missing", stream, id_, None, None, "activity", said)
            else:
                answer = act.answer if isinstance(act.answer, dict) else {}
                said = f"history {shown(answer.get('outcome'))}, and by the ledger it fired"
                place = (act.run_id, act.end_event_id)
                yield Mismatch("result", stream, id_, *place, "result.outcome", said)
        for id_ in sorted(deliveries):
            said = "the ledger calls it delivered, and no history does"
            yield Mismatch("delivery", stream, id_, None, None, "delivered_at", said)

    def _find(self, kind: str, act: Act, about: str, path: str, message: str) -> None:
        of_result = path.startswith("result") and act.end_event_id is not None
        event_id = act.end_event_id if of_result else act.event_id
        place = (act.run_id, event_id, path, message)
        self.done.found.append(Mismatch(kind, self._kept.stream, about, *place))


def is_open(kept: Kept) -> bool:
    """Return whether a stream still needs its workflow; one that cannot be folded does not."""
    last = len(kept.records)
    try:
        seen = seen_at(kept.stream, kept.records, {last}).get(last, {})
    except (ValueError, KeyError, TypeError):
        return False
    return seen.get("phase", "closed") != "closed" or seen.get("standing") in ("open", "answered")
