"""Why a request cannot be carried out."""

from collections.abc import Iterable, Mapping
from itertools import pairwise, takewhile

from pydantic import ValidationError

SHOWN_VALUE_CHARACTERS_MAX = 120

PERSONAL_FIELDS = frozenset({"contact", "personal"})
"""The fields of commands and events that hold texts about persons, and nothing else: no refusal
repeats what they hold."""

_PARTS_OF_PERSONAL = {"name", "phone", "Personal", "Sealed", "key_id", "nonce", "subject", "text"}
"""What in them a refusal may name: any other key may be a text itself."""

_NO_BOUNDS = {"error", "class_name", "discriminator", "tag"}
"""What pydantic tells about a mistake that does not say what would have been accepted."""


class IssueError(Exception):
    """A request was refused: nothing was recorded, and the same request is refused again.

    `code` is stable and machine-readable. `field`, `value` and `allowed` say what, where, and what
    would have been accepted; `current` how the issue stands, where it has moved on. `stream` is
    what the refusal is about where its text does not say so: auditors read it, nobody is told.
    `is_kept`: it stands among the refusals of the ledger.
    """

    code = "refused"
    is_kept = False

    def __init__(
        self,
        message: str,
        *,
        field: str | None = None,
        value: object = None,
        allowed: Iterable[str] | str | None = None,
        current: Mapping[str, str] | None = None,
        stream: str | None = None,
    ) -> None:
        super().__init__(message)
        self.stream = stream
        self.message = message
        self.current = None if current is None else dict(current)
        self.field = field
        self.value = None if value is None else str(value)[:SHOWN_VALUE_CHARACTERS_MAX]
        self.allowed = (
            allowed if allowed is None or isinstance(allowed, str) else ", ".join(sorted(allowed))
        )

    def __str__(self) -> str:
        text = self.message
        if self.field is not None:
            text += f" [{self.field}{'' if self.value is None else f' = {self.value!r}'}]"
        return text if not self.allowed else f"{text} Allowed: {self.allowed}."

    def details(self) -> dict[str, str]:
        """Return the refusal as plain fields, for a face to show."""
        shown = {
            "code": self.code,
            "message": self.message,
            "field": self.field,
            "value": self.value,
            "allowed": self.allowed,
        }
        said = {key: text for key, text in shown.items() if text is not None}
        return said | {f"current_{key}": text for key, text in (self.current or {}).items()}


class InvalidRequestError(IssueError):
    """A field is missing, malformed, too long or out of bounds."""

    code = "invalid"


class UnknownCategoryError(IssueError):
    """The zone's handbook has no such category."""

    code = "unknown_category"


class UnknownIssueError(IssueError):
    """No issue stands under this zone and key."""

    code = "unknown_issue"


class UnknownOrderError(IssueError):
    """No supervision order stands under this zone and key."""

    code = "unknown_order"


class UnknownMatterError(IssueError):
    """No matter stands under this zone and key."""

    code = "unknown_matter"


class UnknownProcedureError(IssueError):
    """The zone's handbook has no such procedure."""

    code = "unknown_procedure"


class TooManyMattersError(IssueError):
    """A procedure has more matters than are counted while somebody waits."""

    code = "too_many_matters"


class UnknownZoneError(IssueError):
    """No handbook is published for this zone."""

    code = "unknown_zone"


class WrongPhaseError(IssueError):
    """The request does not fit the phase the issue is in."""

    code = "wrong_phase"


class IssueClosedError(WrongPhaseError):
    """The issue is closed; only a reopening can change it."""

    code = "issue_closed"


class ConflictError(IssueError):
    """The issue is not what the request took it to be, or the command id stands for another."""

    code = "conflict"


class NotPermittedError(IssueError):
    """The actor may not do this."""

    code = "not_permitted"


ERRORS: dict[str, type[IssueError]] = {
    kind.code: kind
    for kind in (
        IssueError,
        InvalidRequestError,
        UnknownCategoryError,
        UnknownIssueError,
        UnknownOrderError,
        UnknownMatterError,
        UnknownProcedureError,
        TooManyMattersError,
        UnknownZoneError,
        WrongPhaseError,
        IssueClosedError,
        ConflictError,
        NotPermittedError,
    )
}


def from_details(details: dict[str, str]) -> IssueError:
    """Return the refusal that `details` describes, so that it survives a wire."""
    kind = ERRORS.get(details.get("code", ""), IssueError)
    return kind(
        details.get("message", "refused"),
        field=details.get("field"),
        value=details.get("value"),
        allowed=details.get("allowed"),
    )


def from_validation(error: ValidationError) -> InvalidRequestError:
    """Return the first thing wrong with a request, in the words of a refusal."""
    first = error.errors(include_url=False)[0]
    context = first.get("ctx") or {}
    bounds = [f"{name} {limit}" for name, limit in context.items() if name not in _NO_BOUNDS]
    # "contact" is also what a command is called, right behind "command".
    place = [str(part) for part in first["loc"]]
    within = {part for before, part in pairwise(place) if before != "command"}
    hidden = isinstance(first["input"], dict) or not within.isdisjoint(PERSONAL_FIELDS)
    return InvalidRequestError(
        f"{first['msg']} ({len(error.errors())} in all)."
        if len(error.errors()) > 1
        else f"{first['msg']}.",
        field=".".join(_shown(place)) or "request",
        value=context.get("tag") if hidden else first["input"],
        allowed=bounds or None,
    )


def _shown(place: list[str]) -> list[str]:
    """Return a place: in a personal field no further than keys go that are ours."""
    for at, (before, part) in enumerate(pairwise(place), start=2):
        if part in PERSONAL_FIELDS and before != "command":
            return [*place[:at], *takewhile(_PARTS_OF_PERSONAL.__contains__, place[at:])]
    return place
