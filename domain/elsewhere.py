"""What an enterprise is told of ties to other enterprises' issues: that there is one, of what kind.

Officers are told all. An enterprise's own issue may be a duplicate, a part or the follow-up of one
that is no business of its own: neither which one it is, nor what it says, nor how it stands.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from pydantic import JsonValue

from domain.canonical import canonical
from domain.chain import Record
from domain.errands import ERRAND_PREFIX
from domain.issue import Issue
from domain.kin import Tie

ELSEWHERE: Final = "another-enterprise"
"""What stands where the key of an issue of another enterprise would."""
UNSAID: Final = "—"
"""What stands where a text would that tells why the two are tied."""

_OTHER: Final[Mapping[str, str]] = MappingProxyType(
    {
        "issue_reported": "succeeds",
        "resolution_proposed": "mirrors",
        "issue_reopened": "child",
        "issue_linked": "target",
        "issue_unlinked": "target",
        "child_added": "child",
        "child_released": "child",
        "kin_recorded": "other",
        "merged_into": "target",
        "issue_unmerged": "target",
        "suggestion_judged": "suggested",
        "successor_asked": "successor",
    }
)
"""Which field of an event names another issue, by the kind of event."""

_OF_OTHER: Final = ("heard", "outcome", "open", "proposers", "note")
"""What an event that names another issue says of it, or of who works on it."""
_FILLED: Final = frozenset({"open"})
"""Fields that an event must have: one that is not told holds what says nothing."""
_TOLD_NEWS: Final = frozenset({"what", "type", "outgoing"})


def keys_of(issue: Issue) -> frozenset[str]:
    """Return the keys of all other issues that an issue names."""
    ties = (*issue.ties, *issue.parted)
    mirrored = None if issue.sign_off is None else issue.sign_off.mirrors
    named = {*(tie.other for tie in ties), *issue.suggestions}
    return frozenset(named if mirrored is None else named | {mirrored})


def keys_in(record: Record) -> frozenset[str]:
    """Return the keys of other issues that an event names, of those that it leads on to apart."""
    found = {_told_by(record.command_id)}
    field = _OTHER.get(record.kind)
    if field is not None:
        found.add(json.loads(record.text)["body"].get(field))
    return frozenset(key for key in found if key is not None)


def issue_told(issue: Issue, hidden: frozenset[str]) -> Issue:
    """Return an issue without what it says of the issues called so."""
    if hidden.isdisjoint(keys_of(issue)):
        return issue
    changes: dict[str, object] = {
        "ties": tuple(dict.fromkeys(_tie_told(tie, hidden) for tie in issue.ties)),
        "parted": tuple(tie for tie in issue.parted if tie.other not in hidden),
        "suggestions": tuple(key for key in issue.suggestions if key not in hidden),
    }
    sign_off = issue.sign_off
    if sign_off is not None and sign_off.mirrors in hidden:
        changes["sign_off"] = sign_off.model_copy(update={"mirrors": ELSEWHERE})
    return issue.model_copy(update=changes)


def record_told(record: Record, hidden: frozenset[str]) -> Record | None:
    """Return an event without what it says of the issues called so, None if it says nothing else.

    What it leads on to is left out whatever it is. A record that was changed has no hash: it is not
    what was hashed, and its hash would let a guess be tried.
    """
    plain = json.loads(record.text)
    body = _body_told(record.kind, plain["body"], hidden)
    if body is None:
        return None
    by_other = _told_by(record.command_id) in hidden
    if body == plain["body"] and not by_other:
        return record
    command = f"{ERRAND_PREFIX}{ELSEWHERE}" if by_other else record.command_id
    text = canonical({**plain, "body": body, "command_id": command})
    return replace(record, text=text, command_id=command, previous="", hash="")


def told_plainly(body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return what a changed event says, as plain values, without what only fills a field."""
    if ELSEWHERE not in body.values():
        return dict(body)
    told = {n: v for n, v in body.items() if n not in _FILLED and v != UNSAID}
    news = told.get("news")
    if isinstance(news, dict):
        told["news"] = {n: v for n, v in news.items() if n in _TOLD_NEWS}
    return told


def _told_by(command_id: str) -> str | None:
    """Return the issue whose news a command of the engine's own brought."""
    if not command_id.startswith(ERRAND_PREFIX):
        return None
    _, _, rest = command_id.partition("/")
    return rest.partition("/")[0] or None


def _tie_told(tie: Tie, hidden: frozenset[str]) -> Tie:
    if tie.other not in hidden:
        return tie
    return Tie(type=tie.type, other=ELSEWHERE, incoming=tie.incoming)


def _body_told(
    kind: str, body: dict[str, JsonValue], hidden: frozenset[str]
) -> dict[str, JsonValue] | None:
    field = _OTHER.get(kind)
    if field is None:
        return body
    told = {name: value for name, value in body.items() if name != "lineage"}
    if told.get(field) not in hidden:
        return told
    if kind == "suggestion_judged":
        return None
    told = {name: value for name, value in told.items() if name not in _OF_OTHER}
    told[field] = ELSEWHERE
    if "open" in body:
        told["open"] = False
    if "reason" in body:
        told["reason"] = UNSAID
    news = told.get("news")
    if not isinstance(news, dict):
        return told
    if news.get("what") not in ("linked", "unlinked"):  # how the other one stands, and no more
        return None
    kept = {name: value for name, value in news.items() if name in _TOLD_NEWS}
    return told | {"news": {**kept, "version": 1}}
