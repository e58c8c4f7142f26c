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
    """How a closed issue ended. `merged` is reserved: no command leads there yet."""

    CLOSED_OUT = "closed_out"
    TURNED_AWAY = "turned_away"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


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


class ResultClass(StrEnum):
    """What a resolution amounts to (R8.1)."""

    SOLVED = "solved"
    PARTLY = "partly"
    EXPLAINED_CANNOT = "explained_cannot"
    POLICY_PENDING = "policy_pending"
    WITHDRAWN = "withdrawn"


class SignOffOutcome(StrEnum):
    """How the enterprise had its say; never merged into one another (R8.2)."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    DEEMED_ACCEPTED = "deemed_accepted"
    ACCEPTED_BY_PROXY = "accepted_by_proxy"
    UNREACHABLE = "unreachable"
    WITHDRAWN = "withdrawn"


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
    """Where a part of a joint team stands."""

    ASKED = "asked"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FINISHED = "finished"
    WAIVED = "waived"


class Duty(StrEnum):
    """What a unit does in a joint team (R7.1)."""

    LEAD = "lead"
    CO = "co"
    ADVISE = "advise"
    INFORM = "inform"
