"""Which commands the page of an issue offers, in which group; why it does not offer the rest."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Group(StrEnum):
    """The groups of buttons, in their order on the page."""

    HANDLE = "handle"
    ESCALATE = "escalate"
    TEAM = "team"
    TIME = "time"
    SIGN_OFF = "sign_off"
    GATE = "gate"
    TIES = "ties"
    OVERSIGHT = "oversight"


_KINDS: Final[Mapping[Group, tuple[str, ...]]] = {
    Group.HANDLE: (
        "accept",
        "turn_away",
        "acknowledge",
        "contact",
        "make_plan",
        "assign",
        "hand_over",
        "refuse_dispatch",
        "give_reply",
        "note",
        "withdraw",
        "reopen",
    ),
    Group.ESCALATE: (
        "escalate",
        "deescalate",
        "take_over",
        "rule_dispatch",
        "open_green_channel",
        "declare_emergency",
        "enter_stage",
        "end_emergency",
    ),
    Group.TEAM: (
        "convene_team",
        "accept_part",
        "refuse_part",
        "finish_part",
        "waive_part",
        "add_part",
        "replace_part",
        "leave_part",
        "rule_part",
        "conclude_team",
        "hold_meeting",
    ),
    Group.TIME: (
        "pause",
        "resume",
        "ask_pause",
        "ask_extension",
        "ask_parking",
        "grant",
        "refuse",
        "prolong_parking",
        "unpark",
    ),
    Group.SIGN_OFF: (
        "propose_resolution",
        "confirm",
        "reject",
        "mark_unreachable",
        "issue_answer_link",
        "verify",
        "send_back",
        "vote",
        "settle_round",
        "record_callback",
    ),
    Group.GATE: (
        "declare_rectified",
        "inspect",
        "submit_item",
        "check_item",
        "sign_application",
        "approve_application",
        "refuse_application",
        "reapply",
    ),
    Group.TIES: (
        "link",
        "unlink",
        "add_child",
        "release_child",
        "merge",
        "unmerge",
        "judge_suggestion",
    ),
    Group.OVERSIGHT: (
        "urge",
        "demand_reply",
        "instruct",
        "lift_instruction",
        "reclassify",
        "correct",
        "exclude_from_figures",
        "review_exclusion",
        "lift_exclusion",
    ),
}

GROUPS: Final[Mapping[str, Group]] = MappingProxyType(
    {kind: group for group, kinds in _KINDS.items() for kind in kinds}
)
"""The group of every kind of command that is offered through a form, in the order of buttons."""

WITHHELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "report": "it makes an issue; there is a page of its own for it",
        "import_issue": "it takes an issue over from another ledger, which files are for",
        "ring_rung": "the engine's own: a clock rings by itself",
        "record_history_lost": "the engine's own, of what happened to its workflows",
        "record_handover": "the engine's own: posts change hands in the handbook",
        "record_kin": "the engine's own: one issue tells another",
        "record_draw": "the engine's own, for an issue that came up in a recorded draw",
        "adopt_calendar": "the engine's own, upon a publication",
        "adopt_handbook": "the engine's own, upon a plan that two persons stand for",
    }
)
"""Why a kind of command is offered by no form."""

FIRST: Final = frozenset(
    {
        "accept",
        "acknowledge",
        "propose_resolution",
        "confirm",
        "verify",
        "finish_part",
        "accept_part",
        "give_reply",
        "grant",
        "inspect",
        "vote",
        "rule_dispatch",
        "resume",
        "unpark",
    }
)
"""What brings an issue on: its buttons stand out."""

GRAVE: Final = frozenset(
    {"turn_away", "withdraw", "reject", "send_back", "refuse_application", "merge", "refuse"}
)
"""What is not lightly taken back."""


def grouped(kinds: Iterable[str]) -> tuple[tuple[Group, tuple[str, ...]], ...]:
    """Return kinds of commands in their groups; what is withheld is left out."""
    there = set(kinds)
    found = (
        (group, tuple(kind for kind in named if kind in there)) for group, named in _KINDS.items()
    )
    return tuple((group, named) for group, named in found if named)
