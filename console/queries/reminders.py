"""Reminders to many at once: one command each, and what each of them came to."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import ValidationError

from console.visit import ZoneVisit
from domain.access import Act, delegations_to, posts_held
from domain.commands import Submission
from domain.commands_of_ladder import Urge
from domain.errors import IssueError, from_validation
from domain.handbook import Handbook, Post, Role
from domain.people import Actor
from face.actors import actor_for
from face.dependencies import seen_row
from face.refused import keep_refusal
from face.translated import in_language
from ledger.port import LedgerError

AT_ONCE_MAX: Final = 50
COMMAND: Final = "urge"
PRESSING: Final = frozenset({Role.COORDINATOR, Role.SUPERVISOR})


class Came(StrEnum):
    """What a reminder came to. `unknown`: the ledger was out of reach; sent again under the same
    id it happens once."""

    DONE = "done"
    REFUSED = "refused"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Reminded:
    """One issue, and what its reminder came to. `why` is in the visitor's language."""

    key: str
    number: str | None
    title: str
    came: Came
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """A post to remind from; `on_behalf_of`: for whom a deputy does."""

    post: Post
    on_behalf_of: str | None = None

    @property
    def text(self) -> str:
        """Return how a form names it."""
        return self.post.id if self.on_behalf_of is None else f"{self.post.id}:{self.on_behalf_of}"


def standings(visit: ZoneVisit) -> tuple[Standing, ...]:
    """Return the posts from which a visitor may remind at all; whom, each decision judges."""
    if not visit.may(Act.COMMAND):
        return ()
    book, day = visit.handbook, visit.today
    own = (Standing(each) for each in posts_held(visit.caller, book, day))
    for_others = (
        Standing(book.posts_by_id[each.post], each.principal)
        for each in delegations_to(visit.caller, book, day)
        if each.allows(COMMAND)
    )
    return tuple(each for each in (*own, *for_others) if _presses(each.post, book))


def acting(visit: ZoneVisit, named: str) -> Actor:
    """Return as whom a visitor reminds. Raises NotPermittedError, InvalidRequestError."""
    post, _, principal = named.partition(":")
    return actor_for(
        visit.caller,
        visit.handbook,
        visit.today,
        post=post or None,
        on_behalf_of=principal or None,
    )


async def remind(
    visit: ZoneVisit, actor: Actor, keys: Sequence[str], text: str, form: str
) -> tuple[Reminded, ...]:
    """Remind whoever works on each of some issues. `form` names the commands with the keys: sent
    again, each happens once."""
    found: list[Reminded] = []
    for key in dict.fromkeys(keys):
        if any(each.came is Came.UNKNOWN for each in found):
            found.append(Reminded(key, None, "", Came.UNKNOWN))
        else:
            found.append(await _remind(visit, actor, key, text, f"console:{form}/{key}"))
    return tuple(found)


async def _remind(visit: ZoneVisit, actor: Actor, key: str, text: str, id_: str) -> Reminded:
    house, number, title = visit.house, None, ""
    try:
        row = await seen_row(house.desk, visit.caller, Act.COMMAND, visit.zone, key)
        number, title = row.issue.number, row.issue.title
        sent = Submission(id=id_, zone=visit.zone, key=key, actor=actor, command=_urge(text))
        await house.desk.carry_out(house.identity.vouched(sent, visit.caller))
    except IssueError as error:
        await keep_refusal(visit.request, error)
        why = in_language(error.message, visit.language)
        return Reminded(key, number, title, Came.REFUSED, why)
    except LedgerError:
        return Reminded(key, number, title, Came.UNKNOWN)
    return Reminded(key, number, title, Came.DONE)


def _urge(text: str) -> Urge:
    """Return the command. Raises InvalidRequestError."""
    try:
        return Urge(text=text)
    except ValidationError as error:
        raise from_validation(error) from error


def _presses(post: Post, handbook: Handbook) -> bool:
    """A post above the first tier reminds those below it, coordinators and supervisors anybody."""
    is_above = post.tier is not None and handbook.top_tier >= post.tier > 1
    return is_above or not PRESSING.isdisjoint(post.roles)
