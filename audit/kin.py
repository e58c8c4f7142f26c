"""What the streams have to tell others, held against what was told and what the ledger keeps."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from audit.checks import Finding
from audit.facts import Life, Tables, Waiting, read_life
from domain.canonical import canonical
from domain.chain import Record
from domain.errands import ERRAND_PREFIX, Errand, errands_of
from domain.events import Event
from domain.events_of_kin import ChildAdded, IssueLinked, MergedInto, SuggestionJudged
from domain.evolve import evolve
from domain.issue import Issue, stream_name
from domain.kin import Kin
from domain.matters.errands import MatterErrand, errands_of_matter
from domain.matters.events import MatterEvent
from domain.matters.evolve import evolve_matter
from domain.matters.state import Matter
from domain.people import ENGINE
from domain.phases import LinkType
from domain.streams import StreamKind, kind_of_stream
from ledger.kin import LinkRow, link_changes

IDS_AT_ONCE = 1000
STRAYS_MAX = 1000
"""Links of no issue that are named, at most."""
_BY_ENGINE = canonical(ENGINE)

Called = tuple[Errand | MatterErrand, str]
"""Something that a stream has to tell another, and the text of it."""


def kin_recorded(issue: Issue | None, stored: Sequence[Record]) -> Kin | None:
    """Return what a link was decided with, as its event recorded it: it was looked up, not decided.

    Whose issue the other one is was never asked; the linking issue's own enterprise stands for it.
    """
    if issue is None:
        return None
    for record in stored:
        match record.event:
            case IssueLinked() as linked:
                return Kin(
                    key=linked.target,
                    enterprise=issue.enterprise,
                    open=linked.open,
                    outcome=linked.outcome,
                    lineage=linked.lineage,
                    version=linked.heard,
                )
            case ChildAdded() as added:
                return Kin(
                    key=added.child,
                    enterprise=issue.enterprise,
                    open=added.open,
                    outcome=added.outcome,
                    lineage=added.lineage,
                    version=added.heard,
                )
            case MergedInto() as merged:
                return Kin(
                    key=merged.target,
                    enterprise=issue.enterprise,
                    open=True,
                    lineage=merged.lineage,
                    version=merged.heard,
                )
            case SuggestionJudged() as judged:
                return Kin(key=judged.suggested, enterprise=issue.enterprise, open=True)
            case _:
                continue
    return None


@dataclass(frozen=True, slots=True)
class _Carried:
    """An errand that was carried out at a stream, or that waits to be."""

    stream: str
    version: int | None
    text: str


class KinTally:
    """What one stream makes of links, and what it has to tell others, command by command."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._links: set[LinkRow] = set()
        self._errands: list[Called] = []
        self._command = ""
        self._before: Issue | None = None
        self._events: list[Event] = []
        self._after: Issue | None = None

    def saw(self, record: Record, event: Event, before: Issue | None, after: Issue) -> None:
        """Take in the next event, and the issue before and after it."""
        if record.command_id != self._command:
            self._close()
            self._command, self._before = record.command_id, before
        self._events.append(event)
        self._after = after

    def _close(self) -> None:
        """Work out what the command whose events were seen left to others."""
        if self._after is None:
            return
        for change in link_changes(self._life.zone, self._life.key, self._events):
            (self._links.add if change.added else self._links.discard)(change.row)
        for errand in errands_of(self._before, self._events, self._after):
            self._errands.append((errand, canonical(errand.submission)))
        self._events, self._after = [], None

    def link_findings(self, rows: Sequence[LinkRow]) -> Iterator[Finding]:
        """Every link is listed as the events left it."""
        self._close()
        listed = set(rows)
        for row in sorted(self._links ^ listed, key=lambda r: (r.type, r.from_key, r.to_key)):
            label = f"{row.from_key} {row.type} {row.to_key}"
            said = "is in the list and was never made" if row in listed else "is not in the list"
            yield Finding("link", self._life.stream, None, f"the link {label} {said}")

    @property
    def errands(self) -> list[Called]:
        """Return everything that had to be told, with its text."""
        self._close()
        return self._errands

    async def errand_findings(self, ledger: Tables) -> list[Finding]:
        """Everything that had to be told waits to be told, or was told, and as the events say."""
        return await errands_told(ledger, self._life.stream, self.errands)


async def errands_told(ledger: Tables, stream: str, errands: Sequence[Called]) -> list[Finding]:
    """Everything that a stream had to tell waits to be told, or was told, and as its events say."""
    found = []
    for first in range(0, len(errands), IDS_AT_ONCE):
        page = errands[first : first + IDS_AT_ONCE]
        texts = await ledger.errand_texts([errand.id for errand, _ in page])
        for errand, text in page:
            problem = _errand_problem(texts.get(errand.id), text)
            if problem is not None:
                said = f"errand {errand.id} to {errand.to}: {problem}"
                found.append(Finding("errand", stream, errand.version, said))
    return found


def called_for_in_matter(life: Life) -> list[Called]:
    """Return what the events of a matter have to have done: a report for each problem found. Raises
    ValueError, KeyError or TypeError for events that cannot be folded."""
    found: list[Called] = []
    matter: Matter | None = None
    for record in life.records:
        event = record.matter_event
        matter = evolve_matter(matter, event, zone=life.zone, key=life.key, terms=record.terms)
        found += called_for_by(event, matter)
    return found


def called_for_by(event: MatterEvent, matter: Matter) -> Iterator[Called]:
    """Yield what one event of a matter has to have done; `matter` is the matter after it."""
    for errand in errands_of_matter(event, matter):
        yield errand, canonical(errand.submission)


class KinBalance:
    """What issues were told, against what the events of others had to tell: the other way round.

    What stands on both sides is let go, so that only what waits is held.
    """

    def __init__(self) -> None:
        self._called: set[str] = set()
        self._carried: dict[str, _Carried] = {}

    def add(self, life: Life, errands: Sequence[Called]) -> None:
        """Take in a stream: what it has to tell, and what it was told."""
        for errand, _ in errands:
            if self._carried.pop(errand.id, None) is None:
                self._called.add(errand.id)
        for row in life.commands:
            told = row.id.startswith(ERRAND_PREFIX) and row.actor == _BY_ENGINE
            if not told and row.kind != "record_kin":
                continue
            if row.id in self._called:
                self._called.remove(row.id)
            else:
                version = row.first_version if row.count else None
                self._carried[row.id] = _Carried(life.stream, version, row.body)

    def take_in(self, other: "KinBalance") -> None:
        """Take in what another balance heard, of other streams."""
        for id_ in other._called:
            if self._carried.pop(id_, None) is None:
                self._called.add(id_)
        for id_, each in other._carried.items():
            if id_ in self._called:
                self._called.remove(id_)
            else:
                self._carried[id_] = each

    def plain(self) -> dict[str, object]:
        """Return the balance as text, for a state that is kept."""
        carried = {id_: [e.stream, e.version, e.text] for id_, e in self._carried.items()}
        return {"called": sorted(self._called), "carried": carried}

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> "KinBalance":
        """Return the balance that `plain` gave."""
        balance = cls()
        balance._called = set(plain["called"])
        balance._carried = {id_: _Carried(*each) for id_, each in plain["carried"].items()}
        return balance

    async def findings(self, ledger: Waiting) -> list[Finding]:
        """Name what was told, or waits to be told, and no event called for; and links of no issue.

        What no stream called for may have been called for since it was read: its issue is read
        once more.
        """
        doubtful = {id_: (each, "was told") for id_, each in self._carried.items()}
        after = ""
        while page := await ledger.waiting_errands(after, IDS_AT_ONCE):
            after = page[-1].id
            for row in page:
                if row.id not in self._called and row.id not in doubtful:
                    doubtful[row.id] = (_Carried(row.stream, None, row.text), "waits to be told")
        found = await _uncaused(ledger, doubtful)
        for link in await ledger.stray_links(STRAYS_MAX):
            writer = link.to_key if link.type == LinkType.PART_OF else link.from_key
            said = f"the link {link.from_key} {link.type} {link.to_key} is of no issue with events"
            found.append(Finding("link", stream_name(link.zone, writer), None, said))
        return found


async def _uncaused(ledger: Tables, doubtful: dict[str, tuple[_Carried, str]]) -> list[Finding]:
    """Return what is not as the streams that it names as its cause have it."""
    by_source: dict[str, list[str]] = {}
    for id_ in doubtful:
        by_source.setdefault(_source(id_), []).append(id_)
    found = []
    for source, ids in by_source.items():
        called = await _called_for(ledger, source)
        if called is None:
            continue
        for id_ in ids:
            each, what = doubtful[id_]
            if called.get(id_) != each.text:
                why = "no event calls for it" if id_ not in called else "the events say otherwise"
                said = f"errand {id_} {what}, and {why}"
                found.append(Finding("errand", each.stream, each.version, said))
    return found


def _source(id_: str) -> str:
    """Return the stream that the id of an errand names, or nothing if it is no such id."""
    stream, _, _ = id_.removeprefix(ERRAND_PREFIX).rpartition("/")[0].rpartition("/")
    return stream if id_.startswith(ERRAND_PREFIX) and "/" in stream else ""


async def _called_for(ledger: Tables, stream: str) -> dict[str, str] | None:
    """Return what a stream has to tell others, by id; None if its events cannot be read, which is a
    finding of its own."""
    if not stream:
        return {}
    life, kind = await read_life(ledger, stream), kind_of_stream(stream)
    try:
        match kind:
            case StreamKind.ISSUE:
                called = _called_for_in_issue(life)
            case StreamKind.MATTER:
                called = called_for_in_matter(life)
            case StreamKind.ORDER:
                called = []
            case _:
                assert_never(kind)
    except (ValueError, KeyError, TypeError):
        return None
    return {errand.id: text for errand, text in called}


def _called_for_in_issue(life: Life) -> list[Called]:
    tally, issue = KinTally(life), None
    for record in life.records:
        event, before = record.event, issue
        issue = evolve(before, event, zone=life.zone, key=life.key, terms=record.terms)
        tally.saw(record, event, before, issue)
    return tally.errands


def _errand_problem(kept: str | None, text: str) -> str | None:
    if kept is None:
        return "not told, and not waiting to be told"
    if kept != text:
        return "what is told is not what the events say"
    return None
