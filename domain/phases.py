"""The fixed words of an issue's life: phases, outcomes, priorities, classes of result."""

from enum import StrEnum


class Phase(StrEnum):
    """Where an issue stands. Parked (挂账): nobody here can give what it lacks."""

    INTAKE = "intake"
    HANDLING = "handling"
    SIGN_OFF = "sign_off"
    PARKED = "parked"
    CLOSED = "closed"


class Outcome(StrEnum):
    """How a closed issue ended. `closed_by_review`: a closing review let the result stand that the
    enterprise had refused (R8.3); `merged` can be undone (R10.4)."""

    CLOSED_OUT = "closed_out"
    TURNED_AWAY = "turned_away"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"
    CLOSED_BY_REVIEW = "closed_by_review"


class Priority(StrEnum):
    """How fast an issue must move (domain.md §8 Q1)."""

    ORDINARY = "ordinary"
    EXPEDITED = "expedited"
    EMERGENCY = "emergency"


class Origin(StrEnum):
    """How an issue came to be known (domain.md §0 finding 4, §8 Q36)."""

    ENTERPRISE = "enterprise"
    VISIT = "visit"
    INSPECTION = "inspection"
    SURVEY = "survey"
    EMERGENCY = "emergency"
    LEADER = "leader"
    SERVICE = "service"
    FOLLOW_UP = "follow_up"


class ResultClass(StrEnum):
    """What a resolution amounts to (R8.1)."""

    SOLVED = "solved"
    PARTLY = "partly"
    EXPLAINED_CANNOT = "explained_cannot"
    POLICY_PENDING = "policy_pending"
    WITHDRAWN = "withdrawn"


class SignOffOutcome(StrEnum):
    """How the enterprise had its say; never merged into one another (R8.2). `inspected`: it was the
    enterprise that had to act, and an inspector found it done (M33)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEEMED_ACCEPTED = "deemed_accepted"
    ACCEPTED_BY_PROXY = "accepted_by_proxy"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"
    INSPECTED = "inspected"


class TurnAwayCode(StrEnum):
    """Why a report is not admissible. Each names a way on for the enterprise (domain.md §8 Q41)."""

    OUT_OF_SCOPE = "out_of_scope"
    OTHER_ZONE = "other_zone"
    DUPLICATE = "duplicate"
    ALREADY_IN_LAW = "already_in_law"
    NOT_AN_ISSUE = "not_an_issue"


class PauseReason(StrEnum):
    """What the issue waits for while its clocks stand (domain.md §8 Q7)."""

    WAITING_ENTERPRISE = "waiting_enterprise"
    WAITING_OUTSIDE = "waiting_outside"


class PartStanding(StrEnum):
    """Where a part of a joint team stands.

    `waiting`: for the parts it depends on; `left`: its unit is out of the team; `unfinished`: the
    team was concluded without it.
    """

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FINISHED = "finished"
    WAIVED = "waived"
    WAITING = "waiting"
    LEFT = "left"
    UNFINISHED = "unfinished"


class Duty(StrEnum):
    """What a unit does in a joint team (R7.1)."""

    LEAD = "lead"
    CO = "co"
    ADVISE = "advise"
    INFORM = "inform"


class CloseRule(StrEnum):
    """When the work of a joint team counts as done (R7.2)."""

    ALL = "all"
    ALL_REQUIRED = "all_required"
    LEAD_DECIDES = "lead_decides"
    QUORUM = "quorum"


class MeetingForm(StrEnum):
    """As what people met: a thematic study (专题研究), one matter by itself (一事一议), or to
    coordinate."""

    THEMATIC_STUDY = "thematic_study"
    ONE_MATTER = "one_matter"
    COORDINATION = "coordination"


class Subject(StrEnum):
    """What a round decides (R6)."""

    EXTENSION = "extension"
    PAUSE = "pause"
    PARKING = "parking"
    GREEN_CHANNEL = "green_channel"
    VERIFICATION = "verification"
    CLOSING_REVIEW = "closing_review"


class Choice(StrEnum):
    """What a vote says (R6.2)."""

    APPROVE = "approve"
    REJECT = "reject"
    ABSTAIN = "abstain"
    RECUSE = "recuse"


class RoundOutcome(StrEnum):
    """How a round ended; what expiry brought is never the same as what was voted (R6.5).

    `settled_*`: by whoever the handbook names where too few could vote; `not_needed`: what it was
    about is no longer asked.
    """

    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED_APPROVED = "expired_approved"
    EXPIRED_REJECTED = "expired_rejected"
    SETTLED_APPROVED = "settled_approved"
    SETTLED_REJECTED = "settled_rejected"
    NOT_NEEDED = "not_needed"


class LinkType(StrEnum):
    """How one issue stands to another (R10.2), read from the one that has the link."""

    DUPLICATES = "duplicates"
    PART_OF = "part_of"
    CAUSED_BY = "caused_by"
    RELATES = "relates"
    SUCCEEDS = "succeeds"
    MERGED_INTO = "merged_into"


class ReopenMode(StrEnum):
    """How a closed issue is taken up again (R10.1): in the same course, as a new cycle, or as a new
    issue that succeeds it."""

    RESUME = "resume"
    NEW_CYCLE = "new_cycle"
    SUCCESSOR = "successor"


class RejectionStep(StrEnum):
    """What follows when the enterprise refuses a resolution (R8.3)."""

    SAME_UNIT = "same_unit"
    NEXT_TIER = "next_tier"
    JOINT_TEAM = "joint_team"
    SUPERVISION = "supervision"


class CallbackAnswer(StrEnum):
    """What an enterprise says when it is called back after the closing (R8.5)."""

    AGREES = "agrees"
    DISAGREES = "disagrees"
    NOT_REACHED = "not_reached"
