"""What is shown of an issue: the glimpse a workflow lives by, the view people read."""

from enum import StrEnum
from typing import Final

from pydantic import Field, JsonValue

from domain.ballots import Round
from domain.clocks import Clock
from domain.exclusion import Exclusion
from domain.forms import Application, Rectification
from domain.issue import (
    AnswerLink,
    Callback,
    Dispatch,
    Incident,
    Instruction,
    Issue,
    Level,
    Parking,
    Part,
    Resolution,
    stream_name,
)
from domain.kin import Tie
from domain.model import (
    ClockId,
    Code,
    CommandId,
    Frozen,
    Key,
    Moment,
    Short,
    is_none,
    is_unset,
)
from domain.phases import (
    Outcome,
    PauseReason,
    Phase,
    Priority,
    SignOffOutcome,
)
from domain.silence import silence_of
from domain.team import DecisionRef

NOTICES_SHOWN_MAX = 20
WORKFLOW_TYPE = "IssueWorkflow"
ADOPTION_TYPE = "AdoptionWorkflow"
TASK_QUEUE = "closeout"


def workflow_id(zone: str, key: str) -> str:
    """Return the id of the one workflow that keeps an issue's time."""
    return f"issue/{zone}/{key}"


def adoption_workflow_id(reference: str) -> str:
    """Return the id of the one workflow that carries a publication or a plan through."""
    return f"adoption/{reference}"


class NextRung(Frozen):
    """The threshold that is due next. `wake_at` spreads the wake-ups of one calendar instant over
    a few seconds; the deadline itself never moves (R2.5)."""

    clock: ClockId
    cycle: int
    rung: Code
    due_at: Moment
    wake_at: Moment


class Glimpse(Frozen):
    """What the workflow must know of an issue, and what Temporal's lists show of it.

    `notices` are ids of what is still to be told, oldest first; `more_notices` says that there are
    others behind them. `at` is the desk's clock when it looked.
    """

    zone: Code
    key: Key
    version: int
    at: Moment
    phase: Phase
    category: Code
    tier: int
    owner: Code
    unit: Code | None = None
    number: Short | None = None
    outcome: Outcome | None = None
    deadline_at: Moment | None = None
    overdue: bool = False
    provisional: bool = False
    """The deadline reaches past the days that its calendar has published."""
    next_rung: NextRung | None = None
    notices: tuple[str, ...] = ()
    more_notices: bool = False

    @property
    def is_open(self) -> bool:
        """Return whether the issue still needs its workflow."""
        return self.phase is not Phase.CLOSED


class IssueView(Glimpse):
    """An issue as people read it: the glimpse, its clocks, its team and its sign-off; who is at its
    level, and what takes it out of its ordinary course. Of the `instructions` some may be over."""

    title: Short
    enterprise: Code
    priority: Priority
    handler: Code
    reported_at: Moment
    accepted_at: Moment | None = None
    closed_at: Moment | None = None
    waiting_for: PauseReason | None = None
    waiting_party: Code | None = None
    under_review: bool = False
    reopened: int = 0
    rejections: int = 0
    tier_reached: int = 1
    team_lead: Code | None = None
    parts: tuple[Part, ...] = ()
    resolution: Resolution | None = None
    sign_off: SignOffOutcome | None = None
    sign_off_round: int = 0
    clocks: tuple[Clock, ...] = ()
    level: Level | None = Field(default=None, exclude_if=is_none)
    dispatch: Dispatch | None = Field(default=None, exclude_if=is_none)
    instructions: tuple[Instruction, ...] = Field(default=(), exclude_if=is_unset)
    incident: Incident | None = Field(default=None, exclude_if=is_none)
    parking: Parking | None = Field(default=None, exclude_if=is_none)
    report_id: Key | None = Field(default=None, exclude_if=is_none)
    matter: Key | None = Field(default=None, exclude_if=is_none)
    ties: tuple[Tie, ...] = Field(default=(), exclude_if=is_unset)
    round: Round | None = Field(default=None, exclude_if=is_none)
    team_wanted: bool = Field(default=False, exclude_if=is_unset)
    decisions_open: tuple[DecisionRef, ...] = Field(default=(), exclude_if=is_unset)
    rectification: Rectification | None = Field(default=None, exclude_if=is_none)
    application: Application | None = Field(default=None, exclude_if=is_none)
    callbacks: tuple[Callback, ...] = Field(default=(), exclude_if=is_unset)
    exclusions: tuple[Exclusion, ...] = Field(default=(), exclude_if=is_unset)
    """What was asked, accepted, refused or lifted of leaving it out of figures (R8.6)."""

    on_silence: SignOffOutcome | None = Field(default=None, exclude_if=is_none)
    """What will be recorded if the enterprise does not answer, as it was told, and by when."""
    silent_at: Moment | None = Field(default=None, exclude_if=is_none)
    links: tuple[AnswerLink, ...] = Field(default=(), exclude_if=is_unset)


def lean(seen: Glimpse) -> dict[str, JsonValue]:
    """Return what is shown as JSON without what goes without saying: it is kept in histories."""
    return seen.model_dump(mode="json", exclude_defaults=True)


class CommandResult(Frozen):
    """What a command came to. A repeat under the same id is given the first answer again.

    `version` is the issue's version after the command; `events` are the kinds that it caused.
    """

    command_id: CommandId
    zone: Code
    key: Key
    at: Moment
    version: int
    events: tuple[Code, ...]
    number: Short | None = None
    repeated: bool = False


class Answer(Frozen):
    """A result together with the issue as it stands now, for the workflow that asked."""

    result: CommandResult
    glimpse: Glimpse


BELL_PREFIX: Final = "bell:"
"""How the ids begin under which rungs are rung that no workflow rang in time."""


class Ring(Frozen):
    """The rung that a workflow says has passed."""

    zone: Code
    key: Key
    clock: ClockId
    cycle: int
    rung: Code

    @property
    def stream(self) -> str:
        """Return the name of the issue's stream."""
        return stream_name(self.zone, self.key)

    @property
    def command_id(self) -> str:
        """Return the one id under which its workflow can ever ring this rung."""
        return f"ring:{self.zone}/{self.key}:{self.clock}:{self.cycle}:{self.rung}"

    @property
    def bell_id(self) -> str:
        """Return the one id under which the bell can ever ring it, where no workflow has."""
        return f"{BELL_PREFIX}{self.zone}/{self.key}:{self.clock}:{self.cycle}:{self.rung}"


class RingOutcome(StrEnum):
    """What a ring met: its rung fired, no longer stood, or was not yet due by the desk's clock."""

    FIRED = "fired"
    STALE = "stale"
    EARLY = "early"


class RingAnswer(Frozen):
    """What came of a ring, and the issue as it stands now."""

    outcome: RingOutcome
    glimpse: Glimpse


class Rounds(Frozen):
    """What one round of the guard found and mended. `adopted`: issues moved to other terms that
    whoever published or planned had not moved. `orders` and `matters`: those that were mended.
    `dead_letters`: events that webhooks gave up; `held`: notices that wait for quiet to end.
    `open_matters` are by aggregate; `overdue_matters`: an instant of theirs should have passed."""

    open_issues: int
    without_workflow: int
    overdue: int
    untold: int = 0
    provisional: int = 0
    adopted: int = 0
    handed_over: int = 0
    orders: int = 0
    matters: int = 0
    dead_letters: int = 0
    held: int = 0
    open_matters: dict[str, int] = Field(default={})
    overdue_matters: int = 0
    errands: int = 0


def as_seen(issue: Issue) -> dict[str, object]:
    """Return the fields of a view that the issue alone decides."""
    team, sign_off, silence = issue.team, issue.sign_off, silence_of(issue)
    return {
        "title": issue.title,
        "enterprise": issue.enterprise,
        "priority": issue.priority,
        "handler": issue.handler,
        "reported_at": issue.reported_at,
        "accepted_at": issue.accepted_at,
        "closed_at": issue.closed_at,
        "waiting_for": None if issue.pause is None else issue.pause.reason,
        "waiting_party": None if issue.pause is None else issue.pause.party,
        "under_review": issue.under_review,
        "reopened": issue.reopened,
        "rejections": issue.rejections,
        "tier_reached": issue.tier_reached,
        "team_lead": None if team is None else team.lead,
        "parts": () if team is None else team.parts,
        "resolution": None if sign_off is None else sign_off.resolution,
        "sign_off": None if sign_off is None else sign_off.outcome,
        "sign_off_round": 0 if sign_off is None else sign_off.round,
        "clocks": issue.clocks,
        "level": issue.level,
        "dispatch": issue.dispatch,
        "instructions": issue.instructions,
        "incident": issue.incident,
        "parking": issue.parking,
        "report_id": issue.report_id,
        "ties": issue.ties,
        "round": issue.round,
        "team_wanted": issue.team_wanted,
        "decisions_open": issue.decisions_open,
        "rectification": issue.rectification,
        "application": issue.application,
        **{name: getattr(issue, name) for name in ("callbacks", "exclusions", "matter")},
        "on_silence": None if silence is None else silence.outcome,
        "silent_at": None if silence is None else silence.at,
        "links": () if sign_off is None else sign_off.links,
    }
