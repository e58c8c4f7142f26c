"""What somebody could ask of an issue now: of each kind of command, whether any would be let pass.

What is offered is tried, not worked out: the decision itself has said yes to a smallest content of
it. What somebody then writes may still be refused for what it says.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import get_args

from domain.commands import Command, EngineCommand, Report, Submission
from domain.commands_of_import import ImportIssue
from domain.decisions import Context, decide
from domain.decisions.draft import Draft
from domain.decisions.rounds import drop_unneeded
from domain.decisions.time import let_time_pass
from domain.errors import IssueError, NotPermittedError, WrongPhaseError
from domain.issue import Issue
from domain.kin import Kin
from domain.offer_examples import OTHER, smallest
from domain.people import ENGINE, Actor
from domain.terms import Terms

KINDS: tuple[str, ...] = tuple(
    kind.model_fields["kind"].default for kind in get_args(get_args(Command)[0])
)
"""Every kind of command."""

NOBODYS: frozenset[str] = frozenset(
    kind.model_fields["kind"].default for kind in (*get_args(EngineCommand), Report, ImportIssue)
)
"""What is asked of no issue that is there, or by the engine alone."""

_OWN_STANDING = frozenset({"part", "item", "role", "draw", "exclusion", "number"})
"""Fields that name what has its own standing, or its own people: who may not for one may for
another."""

_NUMBER = "0"
_ID = "offer"


def offers(issue: Issue, actor: Actor, terms: Terms, at: datetime) -> Mapping[str, Command]:
    """Return every kind of command that `actor` could give at `at`, with one that would be let
    pass. `terms` are the issue's own; `at` is not before its last event."""
    present = at_present(issue, terms, at)
    context = Context(at=at, terms=terms, number=_NUMBER, kin=_any_other(present))
    by_kind: dict[str, list[Command]] = defaultdict(list)
    for command in smallest(present, terms.handbook, at):
        by_kind[command.kind].append(command)
    passing = (_first_passing(present, actor, context, each) for each in by_kind.values())
    return {command.kind: command for command in passing if command is not None}


def at_present(issue: Issue, terms: Terms, at: datetime) -> Issue:
    """Return the issue once whatever has fallen due by `at` has fired: what is asked then meets it
    so."""
    if not issue.is_open:
        return issue
    draft = Draft(issue, issue.zone, issue.key, ENGINE, Context(at=at, terms=terms))
    let_time_pass(draft)
    drop_unneeded(draft)
    return draft.issue


def _first_passing(
    issue: Issue, actor: Actor, context: Context, tried: Sequence[Command]
) -> Command | None:
    for command in tried:
        submission = Submission(
            id=_ID, zone=issue.zone, key=issue.key, actor=actor, command=command
        )
        try:
            decide(issue, submission, context)
        except IssueError as refusal:
            if _is_of_all(refusal, tried):
                return None
            continue
        return command
    return None


def _is_of_all(refusal: IssueError, tried: Iterable[Command]) -> bool:
    """Whether no other content would fare better."""
    if any(not _OWN_STANDING.isdisjoint(type(command).model_fields) for command in tried):
        return False
    of_phase = isinstance(refusal, WrongPhaseError) and refusal.field == "phase"
    of_actor = isinstance(refusal, NotPermittedError) and refusal.field == "actor"
    return of_phase or of_actor


def _any_other(issue: Issue) -> Kin:
    """Another issue that anything may be linked with: which there are, the ledger alone knows."""
    return Kin(key=OTHER, enterprise=issue.enterprise, open=True, version=1)
