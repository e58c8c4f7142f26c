"""Several issues of the small zone that know of each other, and the errands between them.

A `World` decides as a desk does: what a link names is read from what has been recorded, one
decision after the other. Errands are run in any order and as often as a test likes.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import builders as b
from builders_zone import CLOCKS, HANDBOOK_DATA, MON_9, NUMBER, terms_of

from domain import commands as cmd
from domain import commands_of_kin as ck
from domain import events as ev
from domain import events_of_kin as kn
from domain.commands import Command
from domain.decisions import Context, Decision, decide
from domain.errands import Errand, errands_of
from domain.events import Event
from domain.issue import Issue
from domain.kin import LINEAGE_MAX, Kin
from domain.people import ENGINE, Actor, Representative
from domain.phases import LinkType, Phase, ResultClass
from domain.terms import Terms

BEGINS_AGAIN = {
    "acceptance": [{"events": ["issue_reported"]}, {"events": ["issue_unmerged"]}],
    "handling": [{"phases": ["handling"]}],
}
"""Of these clocks, after an undone merge, only that of the present phase begins."""


def _again(rule: dict[str, Any]) -> dict[str, Any]:
    return rule | ({"start": BEGINS_AGAIN[rule["id"]]} if rule["id"] in BEGINS_AGAIN else {})


KIN_DATA: dict[str, Any] = HANDBOOK_DATA | {
    "merges": True,
    "clocks": [_again(rule) for rule in CLOCKS],
    "sign_off": {
        "follow_up": True,
        "reopening": [
            {"within_days": 3, "mode": "resume"},
            {"within_days": 30, "mode": "new_cycle"},
            {"within_days": 365, "mode": "successor"},
        ],
    },
}


def kin_terms(**changes: Any) -> Terms:
    """Return the terms of the zone that merges, follows up and reopens in three ways."""
    return terms_of(**(KIN_DATA | changes))


def reopening_terms(*rows: tuple[int, str], **clocks: Any) -> Terms:
    """Return them with other rows of reopening, and clocks changed by `id={…}`."""
    changed = [rule | clocks.get(rule["id"], {}) for rule in KIN_DATA["clocks"]]
    sign_off = {"reopening": [{"within_days": days, "mode": mode} for days, mode in rows]}
    return kin_terms(sign_off=sign_off, clocks=changed)


KIN = kin_terms()


def link(target: str, type_: LinkType = LinkType.RELATES) -> ck.Link:
    return ck.Link(type=type_, target=target)


def unlink(target: str, type_: LinkType = LinkType.RELATES) -> ck.Unlink:
    return ck.Unlink(type=type_, target=target, reason="It is another matter.")


def duplicates(target: str) -> ck.Link:
    return link(target, LinkType.DUPLICATES)


def add_child(child: str) -> ck.AddChild:
    return ck.AddChild(child=child)


def release(child: str) -> ck.ReleaseChild:
    return ck.ReleaseChild(child=child, reason="It stands by itself.")


def merge(target: str) -> ck.Merge:
    return ck.Merge(target=target, reason="It is the same gate.")


def usual(command: Command) -> Actor:
    """Return who does it where a test does not say: the owner; who merges an issue is another."""
    return b.HEAD if isinstance(command, ck.Merge) else b.OFFICER


UNMERGE = ck.Unmerge(reason="It is another gate.")

Edge = tuple[LinkType, str, str]
"""A link, from one issue to another."""


@dataclass
class World:
    """All issues of the zone, their streams, what leads where, and what is to be told."""

    terms: Terms = KIN
    issues: dict[str, Issue] = field(default_factory=dict)
    streams: dict[str, list[Event]] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    due: list[Errand] = field(default_factory=list)
    sent: list[Errand] = field(default_factory=list)
    at: datetime = MON_9
    target: Terms | None = None

    def do(self, key: str, command: Command, actor: Actor | None = None) -> Decision:
        """Carry one command out, or raise what refuses it; by whoever usually does it."""
        before = self.issues.get(key)
        context = Context(
            at=self.at,
            terms=self.terms,
            number=NUMBER,
            target=self.target,
            kin=self.kin_for(key, command),
        )
        decision = decide(before, b.submission(command, actor or usual(command), key=key), context)
        self.issues[key] = decision.issue
        self.streams.setdefault(key, []).extend(decision.events)
        for event in decision.events:
            self._keep(key, event)
        self.due += errands_of(before, decision.events, decision.issue)
        return decision

    def report(self, *keys: str, enterprise: str = "mill", accepted: bool = True) -> None:
        """Report issues under these keys and take them on."""
        who = Representative(person=f"{enterprise}.a", enterprise=enterprise)
        officer = b.NEIGHBOUR if enterprise == "bakery" else b.OFFICER
        for key in keys:
            self.do(key, b.report(enterprise=enterprise), who)
            if accepted:
                self.do(key, b.ACCEPT, officer)

    def close(self, key: str, resolution: Any = b.SOLVED) -> Decision:
        """Go through the three acts."""
        self.do(key, cmd.ProposeResolution(resolution=resolution))
        self.do(key, b.CONFIRM, b.ENTERPRISE)
        plain = resolution.result is ResultClass.SOLVED
        return self.do(key, b.VERIFY, b.HEAD if plain else b.DIRECTOR)

    def run(self, errand: Errand) -> Decision:
        """Carry an errand out, as if it had never been."""
        self.sent.append(errand)
        return self.do(errand.to, errand.command, ENGINE)

    def settle(self) -> None:
        """Run what is due, and what comes of it, in order."""
        while self.due:
            self.run(self.due.pop(0))

    def kin_for(self, key: str, command: Command) -> Kin | None:
        """Return what is recorded of the issue that a command names."""
        match command:
            case ck.Link():
                return self._kin(command.target, self._led(command.type, command.target))
            case ck.Merge():
                led = self._led(LinkType.MERGED_INTO, command.target)
                return self._kin(command.target, led)
            case ck.AddChild():
                up = [to for type_, at, to in self.edges if (type_, at) == (PART, command.child)]
                led = self._led(PART, key)
                return self._kin(command.child, led, has_parent=bool(up))
            case ck.JudgeSuggestion():
                return self._kin(command.suggested, [])
        return None

    def _kin(self, key: str, lineage: list[str], *, has_parent: bool = False) -> Kin | None:
        issue = self.issues.get(key)
        if issue is None:
            return None
        return Kin(
            key=key,
            enterprise=issue.enterprise,
            open=issue.is_open,
            outcome=issue.outcome,
            lineage=tuple(lineage[:LINEAGE_MAX]),
            has_parent=has_parent,
            version=issue.version,
            at_intake=issue.phase is Phase.INTAKE,
            ties=sum(key in (at, to) for _, at, to in self.edges),
        )

    def _led(self, type_: LinkType, key: str) -> list[str]:
        """Return what an issue leads to, nearest first."""
        if type_ is LinkType.RELATES:
            return []
        found: dict[str, None] = {}
        ahead = [key]
        while ahead:
            at = ahead.pop(0)
            for to in sorted(to for each, from_, to in self.edges if (each, from_) == (type_, at)):
                if to not in found:
                    found[to] = None
                    ahead.append(to)
        return list(found)

    def _keep(self, key: str, event: Event) -> None:
        match event:
            case kn.IssueLinked():
                self.edges.add((event.type, key, event.target))
            case kn.IssueUnlinked():
                self.edges.discard((event.type, key, event.target))
            case kn.ChildAdded():
                self.edges.add((PART, event.child, key))
            case kn.ChildReleased():
                self.edges.discard((PART, event.child, key))
            case kn.MergedInto():
                self.edges.add((LinkType.MERGED_INTO, key, event.target))
            case kn.IssueUnmerged():
                self.edges.discard((LinkType.MERGED_INTO, key, event.target))
            case ev.IssueReported(succeeds=str() as other):
                self.edges.add((LinkType.SUCCEEDS, key, other))


PART = LinkType.PART_OF


def world(*keys: str, terms: Terms = KIN) -> World:
    """Return a world with these issues, all of the mill's and accepted."""
    made = World(terms=terms)
    made.report(*keys)
    return made
