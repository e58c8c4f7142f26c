"""The tables of a handbook's files: which there are, and which form each has."""

from collections.abc import Iterable

from domain.ballots import BallotRule
from domain.clock_rules import BudgetRule, ClockRule, Condition, RetargetRule, RungRule
from domain.handbook import (
    Area,
    Category,
    Delegation,
    DispatchRule,
    EmergencyRule,
    EmergencyStage,
    Enterprise,
    EnterpriseList,
    ExclusionCode,
    ExtensionRule,
    GreenChannelRule,
    Grid,
    InstructionRule,
    LadderRule,
    NoticeRule,
    ParkingRule,
    PauseRule,
    Post,
    QuietHours,
    Roster,
    RoutingRow,
    Segment,
    Shift,
    SignOffRule,
    Stated,
    StormRule,
    SupervisionRule,
    TeamTemplate,
    TellingRule,
    Tier,
    Unit,
)
from domain.handbook_routines import RoutinesRule
from domain.matters.campaign.rules import CampaignProcedure
from domain.matters.grant.rules import GrantProcedure
from domain.matters.match.rules import MatchProcedure
from domain.matters.pipeline.rules import PipelineProcedure
from domain.matters.register.rules import RegisterProcedure
from domain.model import Frozen
from domain.procedures import (
    ApplicationRule,
    Batch,
    CallbackRule,
    ChecklistItem,
    ElectorRow,
    PartTemplate,
    RectificationRule,
    ReopenRow,
    RoundRule,
    Signer,
    TeamRule,
)
from domain.staffing import Assignment
from domain.supervision_rules import Card, Ground, Instrument, LightRule, WarningRule
from domain.territory import Accountable, StatedCount
from handbooks.procedure_forms import WITHIN_PROCEDURES

Place = tuple[str, ...]
"""Where something stands: a section, an entry's id or a field, and so on inwards."""

ENTRIES: dict[Place, type[Frozen]] = {
    ("tiers",): Tier,
    ("areas",): Area,
    ("grids",): Grid,
    ("segments",): Segment,
    ("units",): Unit,
    ("posts",): Post,
    ("rosters",): Roster,
    ("delegations",): Delegation,
    ("enterprises",): Enterprise,
    ("lists",): EnterpriseList,
    ("categories",): Category,
    ("routing",): RoutingRow,
    ("teams",): TeamTemplate,
    ("rounds",): RoundRule,
    ("applications",): ApplicationRule,
    ("exclusions",): ExclusionCode,
    ("campaigns",): CampaignProcedure,
    ("pipelines",): PipelineProcedure,
    ("matches",): MatchProcedure,
    ("registers",): RegisterProcedure,
    ("grants",): GrantProcedure,
    ("clocks",): ClockRule,
    ("notices",): NoticeRule,
    ("stated", "counts"): StatedCount,
    ("supervision", "instruments"): Instrument,
    ("supervision", "warnings", "grounds"): Ground,
    ("supervision", "warnings", "cards"): Card,
}
"""Tables of tables: each inner table is one entry, and its key the entry's id."""
NAMELESS: frozenset[Place] = frozenset({("notices",)})
"""Entries that have a key in the file and no id in the handbook."""
ORDERED_BY: dict[Place, str] = {("tiers",): "level"}
"""Entries that say their own place; the others stand as the files have them, file after file."""
OWN_FIRST: frozenset[Place] = frozenset({("routing",)})
"""First-hit tables: what a zone adds is asked before what all zones share."""

SETTINGS: dict[Place, type[Frozen]] = {
    ("sign_off",): SignOffRule,
    ("pauses",): PauseRule,
    ("extensions",): ExtensionRule,
    ("ladder",): LadderRule,
    ("dispatch",): DispatchRule,
    ("green_channel",): GreenChannelRule,
    ("emergency",): EmergencyRule,
    ("parking",): ParkingRule,
    ("instructions",): InstructionRule,
    ("joint_team",): TeamRule,
    ("rectification",): RectificationRule,
    ("callbacks",): CallbackRule,
    ("telling",): TellingRule,
    ("telling", "quiet"): QuietHours,
    ("telling", "storm"): StormRule,
    ("routines",): RoutinesRule,
    ("stated",): Stated,
    ("supervision",): SupervisionRule,
    ("supervision", "lights"): LightRule,
    ("supervision", "warnings"): WarningRule,
}
PLAIN = (
    "name",
    "revision",
    "calendar",
    "allow_skip",
    "late_record_minutes",
    "reclassified_times_max",
    "merges",
    "source",
)
CONDITIONS = ("start", "stop", "cancel", "reset", "pause")
WITHIN: dict[type[Frozen], dict[str, type[Frozen]]] = {
    ClockRule: {
        **dict.fromkeys(CONDITIONS, Condition),
        "budgets": BudgetRule,
        "rungs": RungRule,
        "retarget": RetargetRule,
    },
    Instrument: {"rungs": RungRule},
    Post: {"assignments": Assignment},
    Roster: {"shifts": Shift},
    Enterprise: {"accountable": Accountable},
    EmergencyRule: {"stages": EmergencyStage},
    SignOffRule: {"reopening": ReopenRow},
    TeamTemplate: {"parts": PartTemplate},
    RoundRule: {"electors": ElectorRow, "passes": BallotRule},
    ApplicationRule: {"items": ChecklistItem, "signers": Signer, "batches": Batch},
    **WITHIN_PROCEDURES,
}
"""What a table holds in its turn, by the table's form."""
LENGTHS = frozenset(
    (
        "duration",
        "before",
        "after",
        "every",
        "at_least",
        "at_most",
        "limit",
        "appeal",
        "budget",
        "within",
        "then",
    )
)
"""The fields that are lengths of time, wherever they stand: they may be written as text."""
TIER_LIMITS = "limits"
"""In a tier's table: the tier's own limit by clock."""
ONLY_WITH = "only_with"
"""In a clock's table: the table, or the field of a setting such as `sign_off.promise`, without
which a handbook does not have the clock."""
FILES_ONLY: dict[type[Frozen], Place] = {Tier: (TIER_LIMITS,), ClockRule: (ONLY_WITH,)}
"""Fields that files have and handbooks do not: what they say is spelt out in the handbook."""


def is_condition(place: Place) -> bool:
    """Return whether `place` is one of a clock's conditions."""
    match place:
        case ("clocks", _, move, _):
            return move in CONDITIONS
        case _:
            return False


def fields_at(place: Place) -> Iterable[str]:
    """Return the fields that a file may give in the table at `place`; none if there is no such."""
    for length in range(min(len(place), 3), 0, -1):
        head, rest = place[:length], place[length:]
        if head in ENTRIES and rest:
            return _fields(ENTRIES[head], rest[1:], named=head not in NAMELESS)
        if head in SETTINGS:
            return _fields(SETTINGS[head], rest, named=False)
    return ()


def _fields(form: type[Frozen], inwards: Place, *, named: bool) -> tuple[str, ...]:
    match inwards:
        case ():
            own = tuple(name for name in form.model_fields if not (named and name == "id"))
            return (*own, *FILES_ONLY.get(form, ()))
        case (within, *rest) if within in WITHIN.get(form, {}):
            deeper = tuple(rest[1:] if rest and rest[0].isdigit() else rest)
            return _fields(WITHIN[form][within], deeper, named=False)
        case _:
            return ()
