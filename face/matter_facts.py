"""The facts of a matter as they are told: all of them, or those that concern one enterprise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from domain.chain import Record
from domain.elsewhere import ELSEWHERE
from domain.handbook import Handbook
from domain.matters import acts
from domain.matters.campaign import events as campaign
from domain.matters.events import MatterEvent
from domain.matters.grant import events as grant
from domain.matters.match import events as match_
from domain.matters.match.state import Match
from domain.matters.pipeline import events as pipeline
from domain.matters.pipeline.state import Pipeline
from domain.matters.register import events as register
from domain.matters.register.words import SubjectKind
from domain.matters.state import Matter
from domain.people import Representative
from face.masking import told as masked_json
from face.matters import known_to, other_told, proposals_of

_ENVELOPE: Final = ("at", "by", "kind")
_OF_THE_OFFICE: Final = ("sets", "meets", "tells")
"""What an event says for the engine, which is told to officers alone."""
_NOT_TOLD: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "campaign_ended": frozenset({"left"}),
        "list_revised": frozenset({"reason"}),
        "chain_reported": frozenset({"children"}),
        "stock_issued": frozenset({"on_hand", "level"}),
        "stock_returned": frozenset({"on_hand", "level"}),
        "meeting_recorded": frozenset({"note"}),
    }
)
"""What an event says of everybody together, by its kind: not told to one enterprise."""
_BEGINS: Final = (
    campaign.CampaignOpened,
    pipeline.PipelineOpened,
    match_.MatchOpened,
    register.RegisterOpened,
    grant.GrantOpened,
    acts.MatterHanded,
    acts.MatterClosed,
    acts.MatterTermsAdopted,
)
"""What concerns whoever the matter concerns."""
_OF_ONE: Final = (
    campaign.StepCorrected,
    campaign.StepStruck,
    campaign.TargetAdded,
    campaign.TargetExcluded,
    grant.StockIssued,
    grant.StockReturned,
    grant.PermitIssued,
    grant.PermitRenewed,
    grant.PlaceEntered,
    grant.MonitoringRecorded,
    grant.EntitlementGranted,
    grant.HoldingUsed,
)
"""What names the one enterprise that it concerns as `enterprise`."""
_OF_PROPOSAL: Final = (
    match_.ProposalMade,
    match_.ProposalConsented,
    match_.ProposalDeclined,
    match_.ProposalOverdue,
    match_.ProposalStepRecorded,
    match_.OutcomeRecorded,
    match_.ProposalWithdrawn,
)
_OF_SUBJECT: Final = (
    register.SubjectAdded,
    register.SubjectDescribed,
    register.SubjectRemoved,
    register.StatusSet,
    register.ValuesRecorded,
    register.ChainReported,
)


_LEARNT_FROM: Final = frozenset(
    {"permit_issued", "place_entered", "entitlement_granted"}
    | {"register_opened", "subject_added", "subject_described"}
)
"""Kinds that say which lines of a matter are whose."""
_NEEDS_BEFORE: Final = frozenset(
    {"holdings_ending", "stays_over", "monitoring_checked", "contact_appointed", "list_revised"}
    | {"subjects_overdue", "register_opened", "subject_added", "subject_described"}
    | {"subject_removed", "status_set", "values_recorded", "chain_reported"}
)
"""Kinds that name lines, and not whose they are."""


@dataclass(frozen=True, slots=True)
class MatterFact:
    """An event of a matter as it is told. `event` is what it says beside when, who and what kind.
    `hash` and `command_id` are None where it is not told as it was written."""

    version: int
    record: Record
    by: dict[str, JsonValue]
    event: dict[str, JsonValue]
    command_id: str | None
    hash: str | None


def facts_told(records: Iterable[Record]) -> list[MatterFact]:
    """Return events as officers are told them: all of what they say."""
    return [_fact(record, masked_json(record.matter_event), whole=True) for record in records]


def facts_told_to(
    records: Sequence[Record],
    matter: Matter,
    enterprise: str,
    handbook: Handbook,
    hidden: frozenset[str],
) -> list[MatterFact]:
    """Return those of all events of a matter that concern an enterprise, without what they say of
    others. `hidden` are issues of others, `matter` is the matter as it stands. An event that would
    name another enterprise after all is not told."""
    lines = _Lines(matter, enterprise, known_to(matter, enterprise), hidden)
    others = _others(lines, handbook)
    told = (_own_fact(record, lines, others) for record in records)
    return [fact for fact in told if fact is not None]


def fact_told_to(
    record: Record,
    before: Iterable[MatterEvent],
    matter: Matter,
    enterprise: str,
    handbook: Handbook,
    hidden: frozenset[str],
) -> MatterFact | None:
    """Return one event of a matter as `facts_told_to` does, None if it is not told. `before` are
    those events before it that say which lines are whose (`is_learnt_from`), if `needs_before`."""
    lines = _Lines(matter, enterprise, known_to(matter, enterprise), hidden)
    for each in before:
        lines.learn(each)
    return _own_fact(record, lines, _others(lines, handbook))


def is_learnt_from(record: Record) -> bool:
    """Return whether an event says which lines of its matter are whose."""
    return record.kind in _LEARNT_FROM


def needs_before(record: Record) -> bool:
    """Return whether earlier events say whom an event concerns."""
    return record.kind in _NEEDS_BEFORE


def _others(lines: "_Lines", handbook: Handbook) -> set[str]:
    named = {each.id for each in handbook.enterprises} | set(lines.matter.enterprises)
    return named - {lines.enterprise, *lines.known}


def _own_fact(record: Record, lines: "_Lines", others: set[str]) -> MatterFact | None:
    event = lines.of(record.matter_event)
    if event is None:
        return None
    left_out = {*_OF_THE_OFFICE, *_NOT_TOLD.get(event.kind, ())}
    plain = {name: each for name, each in masked_json(event).items() if name not in left_out}
    if isinstance(event.by, Representative) and event.by.enterprise in others:
        plain["by"] = {"kind": "representative", "enterprise": ELSEWHERE}
    return _fact(record, plain, whole=False) if others.isdisjoint(_texts(plain)) else None


def issues_named(records: Iterable[Record]) -> frozenset[str]:
    """Return the keys of all issues that the events of a matter name."""
    return frozenset(key for record in records for key in _issues(record.matter_event))


def _issues(event: MatterEvent) -> Iterator[str]:
    yield from (each.issue for each in event.found)
    match event:
        case acts.IssueTied():
            yield event.tie.issue
        case acts.IssueUntied():
            yield event.issue
        case pipeline.MeetingRecorded():
            yield from (tie.issue for tie in event.ties)
            yield from (each.issue for each in event.outcomes if each.issue is not None)
        case _:
            pass


def _fact(record: Record, plain: dict[str, JsonValue], *, whole: bool) -> MatterFact:
    by = plain.get("by")
    return MatterFact(
        version=record.version,
        record=record,
        by=by if isinstance(by, dict) else {},
        event={name: each for name, each in plain.items() if name not in _ENVELOPE},
        command_id=record.command_id if whole else None,
        hash=record.hash if whole else None,
    )


def _texts(value: JsonValue) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                yield name
                yield from _texts(each)
        case list():
            for each in value:
                yield from _texts(each)
        case _:
            pass


@dataclass(slots=True)
class _Lines:
    """What of a matter is one enterprise's, event by event."""

    matter: Matter
    enterprise: str
    known: frozenset[str]
    hidden: frozenset[str]
    holdings: set[str] = field(default_factory=set)
    subjects: set[str] = field(default_factory=set)

    def of(self, event: MatterEvent) -> MatterEvent | None:
        """Return what an event says of the enterprise, None if nothing."""
        self.learn(event)
        told = self._told(event)
        if told is None:
            return None
        own = tuple(
            each
            for each in told.found
            if each.enterprise == self.enterprise and each.issue not in self.hidden
        )
        return told.model_copy(update={"found": own})

    def learn(self, event: MatterEvent) -> None:
        """Note which lines an event says to be the enterprise's."""
        match event:
            case grant.PermitIssued() | grant.PlaceEntered() | grant.EntitlementGranted():
                if event.enterprise == self.enterprise:
                    self.holdings.add(event.holding)
            case register.SubjectAdded() | register.SubjectDescribed():
                if self.enterprise in (event.enterprise, event.builder):
                    self.subjects.add(event.subject)
                elif event.subject != self.enterprise:
                    self.subjects.discard(event.subject)
            case register.RegisterOpened() if event.of is SubjectKind.ENTERPRISE:
                self.subjects.add(self.enterprise)
            case _:
                pass

    def _told(self, event: MatterEvent) -> MatterEvent | None:
        if isinstance(event, _BEGINS):
            return self._of_all(event)
        if isinstance(event, acts.CommonEvent):
            return event if self._is_own(event) else None
        if isinstance(self.matter, Pipeline):
            return self._of_pipeline(event)
        if isinstance(event, _OF_ONE):
            return event if event.enterprise == self.enterprise else None
        if isinstance(event, _OF_PROPOSAL):
            return self._of_proposal(event)
        if isinstance(event, _OF_SUBJECT):
            return self._of_subject(event)
        if isinstance(event, grant.EndedByAct):
            return event if event.ended.enterprise == self.enterprise else None
        return self._of_several(event)

    def _of_all(self, event: MatterEvent) -> MatterEvent:
        match event:
            case campaign.CampaignOpened():
                own = self._only(event.targets)
                return event.model_copy(update={"targets": own, "left_out": ()})
            case match_.MatchOpened():
                side = other_told(event.enterprise, self.enterprise, self.known)
                return event.model_copy(update={"enterprise": side})
            case register.RegisterOpened():
                joined = tuple(each for each in event.joined if each.subject in self.subjects)
                return event.model_copy(update={"joined": joined, "links": ()})
            case _:
                return event

    def _is_own(self, event: acts.CommonEvent) -> bool:
        is_alone = (self.enterprise,) == tuple(self.matter.enterprises)
        match event:
            case acts.IssueTied():
                return event.tie.issue not in self.hidden
            case acts.IssueUntied():
                return event.issue not in self.hidden
            case acts.MatterNoted():
                concerned = self.enterprise if is_alone else None
                return (event.enterprise or concerned) == self.enterprise
            case acts.DuePassed():
                return isinstance(self.matter, Pipeline) and is_alone
            case _:
                return False

    def _of_pipeline(self, event: MatterEvent) -> MatterEvent | None:
        if isinstance(event, pipeline.MeetingRecorded):
            own = tuple(
                each if each.issue not in self.hidden else each.model_copy(update={"issue": None})
                for each in event.outcomes
                if each.enterprise == self.enterprise
            )
            ties = tuple(tie for tie in event.ties if tie.issue not in self.hidden)
            return event.model_copy(update={"outcomes": own, "ties": ties}) if own else None
        is_own = isinstance(self.matter, Pipeline) and self.matter.enterprise == self.enterprise
        return event if is_own else None

    def _of_proposal(self, event: MatterEvent) -> MatterEvent | None:
        matter = self.matter
        if not isinstance(matter, Match) or not isinstance(event, _OF_PROPOSAL):
            return None
        if event.proposal is None:  # of the posting
            return event if matter.enterprise == self.enterprise else None
        if event.proposal not in {each.id for each in proposals_of(matter, self.enterprise)}:
            return None
        if isinstance(event, match_.ProposalMade):
            side = other_told(event.enterprise, self.enterprise, self.known)
            return event.model_copy(update={"enterprise": side})
        return event

    def _of_subject(self, event: MatterEvent) -> MatterEvent | None:
        if not isinstance(event, _OF_SUBJECT) or event.subject not in self.subjects:
            return None
        if isinstance(event, register.SubjectAdded | register.SubjectDescribed):
            named = {"enterprise": event.enterprise, "builder": event.builder}
            told = {n: other_told(each, self.enterprise, self.known) for n, each in named.items()}
            return event.model_copy(update=told)
        return event

    def _of_several(self, event: MatterEvent) -> MatterEvent | None:
        """Return an event of many with the enterprise's own alone, None if that is nothing."""
        cut: dict[str, Sequence[object]]
        match event:
            case campaign.StepRecorded():
                steps = ("enterprises", "late", "finished")
                cut = {n: self._only(getattr(event, n)) for n in steps}
            case campaign.StepOverdue():
                cut = {"overdue": self._only(event.overdue, "enterprise")}
            case campaign.ReportsMissing():
                cut = {"missing": self._only(event.missing)}
            case campaign.CampaignEnded():
                return event
            case register.ContactAppointed():
                cut = {"subjects": self._among(event.subjects, self.subjects)}
            case register.ListRevised():
                joined = tuple(each for each in event.joined if each.subject in self.subjects)
                lists = ("left", "waited", "unwaited")
                cut = {n: self._among(getattr(event, n), self.subjects) for n in lists}
                cut = {"joined": joined, **cut}
            case register.SubjectsOverdue():
                own = tuple(each for each in event.overdue if each.subject in self.subjects)
                cut = {"overdue": own}
            case grant.HoldingsEnding() | grant.StaysOver():
                cut = {"holdings": self._among(event.holdings, self.holdings)}
            case grant.MonitoringChecked():
                cut = {"missed": self._among(event.missed, self.holdings)}
            case grant.HoldingsExpired():
                cut = {"ended": self._only(event.ended, "enterprise")}
            case _:
                return None
        return event.model_copy(update=cut) if any(cut.values()) else None

    def _only(self, entries: Sequence[object], name: str | None = None) -> tuple[object, ...]:
        return tuple(
            each
            for each in entries
            if (each if name is None else getattr(each, name)) == self.enterprise
        )

    @staticmethod
    def _among(ids: Iterable[str], own: set[str]) -> tuple[str, ...]:
        return tuple(id_ for id_ in ids if id_ in own)
