"""Two procedures of a form of their own: rectification (整改) and an application with a gate
(复工申请). In both the enterprise owes the work, and officers say whether it is done."""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from domain.model import Code, Frozen, Moment, Short, Text, is_none, is_unset
from domain.team import Length

ITEMS_MAX = 40
CLAIMS_MAX = 20
SIGNERS_MAX = 10
SUBMITTERS_MAX = 20
"""How many persons may hand in papers for one item: each of them is kept from checking it."""


class RectifyAsked(Frozen):
    """What an inspector asks an enterprise to put right, and within what time (Q43)."""

    items: Annotated[tuple[Short, ...], Field(min_length=1, max_length=ITEMS_MAX)]
    limit: Length = Field(default=None, exclude_if=is_none)


class Rectification(Frozen):
    """An issue in which the enterprise is the obligated party (M33). `post` ordered it."""

    items: tuple[Short, ...]
    post: Code | None = Field(default=None, exclude_if=is_none)
    limit: Length = Field(default=None, exclude_if=is_none)
    ordered_by: Code | None = Field(default=None, exclude_if=is_none)
    ordered_for: Code | None = Field(default=None, exclude_if=is_none)
    declared: int = Field(default=0, exclude_if=is_unset)
    declared_by: Code | None = Field(default=None, exclude_if=is_none)
    declared_for: Code | None = Field(default=None, exclude_if=is_none)
    failed: int = Field(default=0, exclude_if=is_unset)


class ApplyAsked(Frozen):
    """An application of a kind that the handbook knows. `claims` are what the enterprise says of
    itself, of what the handbook asks for classes and batches."""

    form: Code
    claims: Annotated[tuple[Code, ...], Field(max_length=CLAIMS_MAX)] = Field(
        default=(), exclude_if=is_unset
    )


class ItemStanding(StrEnum):
    """Where an item of a checklist stands."""

    OPEN = "open"
    SUBMITTED = "submitted"
    MET = "met"
    FAILED = "failed"


class Item(Frozen):
    """One condition of an application. `submitted_by`: none of them may check it."""

    id: Code
    standing: ItemStanding = ItemStanding.OPEN
    submitted_by: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)


class Signature(Frozen):
    """Who has signed in which of the accountable roles. `principal`: a deputy signed for them."""

    role: Code
    person: Code
    at: Moment
    principal: Code | None = Field(default=None, exclude_if=is_none)


class Application(Frozen):
    """An application and its gate: no result but by every item met, every signature given (Q44)."""

    form: Code
    batch: Code | None = Field(default=None, exclude_if=is_none)
    claims: tuple[Code, ...] = Field(default=(), exclude_if=is_unset)
    attempt: int = 1
    items: Annotated[tuple[Item, ...], Field(max_length=ITEMS_MAX)] = ()
    signatures: tuple[Signature, ...] = Field(default=(), exclude_if=is_unset)
    approved_at: Moment | None = Field(default=None, exclude_if=is_none)
    refused: bool = Field(default=False, exclude_if=is_unset)
    reason: Text | None = Field(default=None, exclude_if=is_none)

    def item(self, id_: str) -> Item | None:
        """Return the item called `id_`."""
        return next((item for item in self.items if item.id == id_), None)

    def unsigned(self, roles: Iterable[str]) -> tuple[str, ...]:
        """Return those of `roles` in which nobody has signed."""
        signed = {each.role for each in self.signatures}
        return tuple(role for role in roles if role not in signed)

    @property
    def signed_by(self) -> frozenset[str]:
        """Return every person whose act a signature is: who signed, and for whom."""
        pairs = ((each.person, each.principal) for each in self.signatures)
        return frozenset(person for pair in pairs for person in pair if person is not None)

    @property
    def missing(self) -> tuple[str, ...]:
        """Return the items that are not met."""
        return tuple(item.id for item in self.items if item.standing is not ItemStanding.MET)
