"""What a command that links issues is decided with, and what it must not be taken for."""

from domain.commands import Report, Submission
from domain.commands_of_callbacks import RecordDraw
from domain.commands_of_kin import AddChild, JudgeSuggestion, Link, Merge, RecordKin
from domain.errands import ERRAND_PREFIX
from domain.errors import InvalidRequestError, NotPermittedError
from domain.kin import Kin
from domain.people import ENGINE, Engine, Representative, named
from domain.phases import LinkType, Outcome, Phase
from domain.view import BELL_PREFIX
from ledger.port import Transaction

LINK_PREFIX = "link:"
"""How the ids of answers by a one-time link begin: nobody else takes one."""
RESERVED_IDS = (
    "ring:",
    BELL_PREFIX,
    "history-lost:",
    "adopt:",
    "handover:",
    ERRAND_PREFIX,
    "draw:",
    LINK_PREFIX,
)
"""A ring is known by its id alone: nobody may take one before it rings."""


async def kin_of(tx: Transaction, submission: Submission) -> Kin | None:
    """Return what is known of the issue that the command names; None if it names none, or one that
    there is not. Nobody else links within the zone until the transaction ends."""
    match submission.command:
        case Link(target=named_key, type=type_):
            pass
        case AddChild(child=named_key):
            type_ = LinkType.PART_OF
        case Merge(target=named_key):
            type_ = LinkType.MERGED_INTO
        case JudgeSuggestion(suggested=named_key):
            type_ = LinkType.RELATES
        case _:
            return None
    row = await tx.kin(submission.zone, submission.key, named_key, type_)
    if row is None:
        return None
    return Kin(
        key=row.key,
        enterprise=row.enterprise,
        open=row.open,
        outcome=None if row.outcome is None else Outcome(row.outcome),
        lineage=row.lineage,
        has_parent=row.has_parent,
        version=row.version,
        at_intake=row.phase == Phase.INTAKE,
        ties=row.ties,
    )


def require_own_id(submission: Submission) -> None:
    """Refuse an id that is not this actor's to take."""
    actor = submission.actor
    if isinstance(actor, Engine) or not submission.id.startswith(RESERVED_IDS):
        return
    by_link = isinstance(actor, Representative) and actor.link is not None
    if not (by_link and submission.id.startswith(LINK_PREFIX)):
        raise InvalidRequestError(
            "Ids that begin so are the engine's own.",
            field="id",
            value=submission.id,
            allowed="an id that begins otherwise",
        )


def require_no_errand(submission: Submission) -> None:
    """Refuse at the doors of people and services what only the engine's errands bring."""
    by_engine = isinstance(submission.actor, Engine)
    if isinstance(submission.command, RecordKin | RecordDraw) or (
        by_engine and isinstance(submission.command, Report)
    ):
        raise NotPermittedError(
            "Only closeout itself passes on what one issue has to tell another.",
            field="command.kind",
            value=submission.command.kind,
        )


def require_errand(submission: Submission) -> None:
    """Refuse to run as an errand what is none."""
    if submission.actor != ENGINE:
        raise NotPermittedError(
            "Errands are the engine's.", field="actor", value=named(submission.actor)
        )
    if not isinstance(submission.command, RecordKin | Report):
        raise NotPermittedError(
            "This is not a command of an errand.",
            field="command.kind",
            value=submission.command.kind,
            allowed=("record_kin", "report"),
        )
    if not submission.id.startswith(ERRAND_PREFIX):
        raise InvalidRequestError(
            "This is not the id of an errand.",
            field="id",
            value=submission.id,
            allowed=f"{ERRAND_PREFIX}…",
        )
