"""Who may do what through a face, and how far their sight reaches (`domain.md` §8, Q58).

One table. What a command needs beyond this, `permissions` says: a face lets a request in, the
decision judges it. People stand where the handbook puts them today; machines, auditors and
operators where whoever runs the ledger put them.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum

from domain.errors import NotPermittedError
from domain.handbook import Delegation, Handbook, Post, Role
from domain.issue import Issue
from domain.model import Code, Frozen, Short
from domain.organization import holders


class Standing(StrEnum):
    """As what somebody comes to a face."""

    PUBLIC = "public"
    ENTERPRISE = "enterprise"
    TIER = "tier"
    """In a post of an escalation chain."""
    UNIT = "unit"
    """In a post of a unit, which has its parts."""
    COORDINATOR = "coordinator"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    SERVICE = "service"
    OPERATOR = "operator"
    """Keeps the engine running: keys, users, subscriptions. Reads no issue."""


class Act(StrEnum):
    """What is asked of a face."""

    REPORT = "report"
    COMMAND = "command"
    READ_ISSUES = "read_issues"
    READ_PERSONAL = "read_personal"
    READ_EVIDENCE = "read_evidence"
    EXPORT = "export"
    READ_BOARD = "read_board"
    READ_CONTACT_BOARD = "read_contact_board"
    READ_RULES = "read_rules"
    """Handbooks and calendars."""
    CHECK_RULES = "check_rules"
    """Have a handbook judged that is not published: it takes the engine's time."""
    PUBLISH_RULES = "publish_rules"
    """Lay out a handbook that is to come into force, and approve one that another laid out."""
    READ_ORDERS = "read_orders"
    GIVE_ORDERS = "give_orders"
    READ_CALLBACKS = "read_callbacks"
    DRAW_CALLBACKS = "draw_callbacks"
    READ_FIGURES = "read_figures"
    PUBLISH_FIGURES = "publish_figures"
    """State figures, and state them anew."""
    MAKE_REPORTS = "make_reports"
    """Make stored reports, and correct them by a new version."""
    READ_VERIFICATION = "read_verification"
    READ_LOG = "read_log"
    """The checkpoints of the transparency log, its keys, and that it only grew."""
    READ_REFUSALS = "read_refusals"
    FOLLOW = "follow"
    """The stream of events."""
    READ_INBOX = "read_inbox"
    IMPORT = "import"
    SUBSCRIBE = "subscribe"
    """Have events sent to an address: like reading them, so no operator may."""
    ADMINISTER = "administer"
    """Users, keys, templates, what others subscribed to, dead letters."""
    DECODE = "decode"
    """Open payloads of Temporal."""


class Reach(StrEnum):
    """How far an act reaches."""

    OWN = "own"
    """The issues of one's own enterprise."""
    PARTS = "parts"
    """The issues that a post of one's unit owns or handles, or has a part in. For reports: all
    enterprises of the zone, see `Horizon.reports_for`."""
    TERRITORY = "territory"
    """The issues of the enterprises that one's post stands over, and those one owns or handles."""
    ZONE = "zone"
    """All of the zones that one was let into."""


_EVERYBODY_AT_WORK: dict[Standing, Reach] = {
    Standing.ENTERPRISE: Reach.OWN,
    Standing.TIER: Reach.TERRITORY,
    Standing.UNIT: Reach.PARTS,
    Standing.COORDINATOR: Reach.ZONE,
    Standing.SUPERVISOR: Reach.ZONE,
    Standing.SERVICE: Reach.ZONE,
}
_READERS = _EVERYBODY_AT_WORK | {Standing.AUDITOR: Reach.ZONE}
_OFFICE: dict[Standing, Reach] = {
    Standing.TIER: Reach.TERRITORY,
    Standing.UNIT: Reach.PARTS,
    Standing.COORDINATOR: Reach.ZONE,
    Standing.SUPERVISOR: Reach.ZONE,
    Standing.AUDITOR: Reach.ZONE,
}
_OVERSIGHT: dict[Standing, Reach] = {
    Standing.COORDINATOR: Reach.ZONE,
    Standing.SUPERVISOR: Reach.ZONE,
    Standing.AUDITOR: Reach.ZONE,
}
_STATING: dict[Standing, Reach] = {
    Standing.COORDINATOR: Reach.ZONE,
    Standing.SUPERVISOR: Reach.ZONE,
}
_ZONE_WIDE: dict[Standing, Reach] = {
    standing: Reach.ZONE for standing in list(Standing) if standing != Standing.PUBLIC
}

ACCESS: Mapping[Act, Mapping[Standing, Reach]] = {
    Act.REPORT: _EVERYBODY_AT_WORK,
    Act.COMMAND: _EVERYBODY_AT_WORK,
    Act.READ_ISSUES: _READERS,
    Act.READ_PERSONAL: {
        Standing.TIER: Reach.TERRITORY,
        Standing.UNIT: Reach.PARTS,
        Standing.COORDINATOR: Reach.ZONE,
        Standing.SUPERVISOR: Reach.ZONE,
    },
    Act.READ_EVIDENCE: _OVERSIGHT | {Standing.ENTERPRISE: Reach.OWN},
    Act.EXPORT: {Standing.AUDITOR: Reach.ZONE},
    Act.READ_BOARD: _OFFICE,
    Act.READ_CONTACT_BOARD: _ZONE_WIDE | {Standing.PUBLIC: Reach.ZONE},
    Act.READ_RULES: _ZONE_WIDE,
    Act.CHECK_RULES: _OVERSIGHT | {Standing.OPERATOR: Reach.ZONE},
    Act.PUBLISH_RULES: _STATING | {Standing.TIER: Reach.ZONE},
    Act.READ_ORDERS: _OFFICE,
    Act.GIVE_ORDERS: {
        Standing.TIER: Reach.TERRITORY,
        Standing.UNIT: Reach.PARTS,
        Standing.COORDINATOR: Reach.ZONE,
        Standing.SUPERVISOR: Reach.ZONE,
    },
    Act.READ_CALLBACKS: _OVERSIGHT,
    Act.DRAW_CALLBACKS: _STATING,
    Act.READ_FIGURES: _OVERSIGHT,
    Act.PUBLISH_FIGURES: _STATING,
    Act.MAKE_REPORTS: _STATING,
    Act.READ_VERIFICATION: {Standing.AUDITOR: Reach.ZONE, Standing.OPERATOR: Reach.ZONE},
    Act.READ_LOG: _ZONE_WIDE,
    Act.READ_REFUSALS: {Standing.AUDITOR: Reach.ZONE},
    Act.FOLLOW: _READERS,
    Act.READ_INBOX: {
        Standing.ENTERPRISE: Reach.OWN,
        Standing.TIER: Reach.TERRITORY,
        Standing.UNIT: Reach.PARTS,
        Standing.COORDINATOR: Reach.ZONE,
        Standing.SUPERVISOR: Reach.ZONE,
    },
    Act.IMPORT: {Standing.COORDINATOR: Reach.ZONE, Standing.SERVICE: Reach.ZONE},
    Act.SUBSCRIBE: {Standing.SERVICE: Reach.ZONE},
    Act.ADMINISTER: {Standing.OPERATOR: Reach.ZONE},
    Act.DECODE: {Standing.AUDITOR: Reach.ZONE, Standing.OPERATOR: Reach.ZONE},
}
"""Every act, who may ask for it, and how far it reaches for them. Who is not named may not."""

LOGGED_FOR = frozenset({Standing.AUDITOR})
"""Whose every read is recorded (Q57, Q58)."""


class Acting(StrEnum):
    """For whom a service may speak, beside itself: it has checked who they are."""

    OFFICERS = "officers"
    REPRESENTATIVES = "representatives"


class Principal(Frozen):
    """Who stands before a face, once a key, a token or a session has shown it.

    `id` is stable and says how: `user:…`, `key:…`, `oidc:…`, `link:…`. A person has `person`, a
    representative also `enterprise`. `standings` are those that no handbook gives: service,
    auditor, operator. `zones` None is every zone. A key may be limited to some `acts`.
    """

    id: Short
    name: Short
    standings: tuple[Standing, ...] = ()
    zones: tuple[Code, ...] | None = None
    person: Code | None = None
    enterprise: Code | None = None
    acting: tuple[Acting, ...] = ()
    acts: tuple[Act, ...] | None = None

    def is_in(self, zone: str) -> bool:
        """Return whether the principal was let into a zone."""
        return self.zones is None or zone in self.zones


PUBLIC = Principal(id="public", name="public", standings=(Standing.PUBLIC,))


class Horizon(Frozen):
    """What of one zone somebody may see: all of it, or the issues that one of these names."""

    zone: Code
    whole: bool = False
    enterprises: frozenset[str] = frozenset()
    posts: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Return whether nothing of the zone can be seen."""
        return not (self.whole or self.enterprises or self.posts or self.units)

    def sees(self, issue: Issue) -> bool:
        """Return whether an issue lies within."""
        if issue.zone != self.zone:
            return False
        if self.whole or issue.enterprise in self.enterprises:
            return True
        if not self.posts.isdisjoint({issue.owner, issue.handler}):
            return True
        parts = () if issue.team is None else issue.team.parts
        return any(part.unit in self.units or part.proxy in self.posts for part in parts)

    def reports_for(self, enterprise: str) -> bool:
        """Return whether a report for an enterprise lies within the reach of reports. A unit, which
        has parts of issues anywhere in its zone, reports for all enterprises of the zone; a post of
        a tier for those that it stands over; an enterprise for itself."""
        return self.whole or bool(self.units) or enterprise in self.enterprises


def posts_held(principal: Principal, handbook: Handbook, day: date) -> tuple[Post, ...]:
    """Return the posts that a person holds in a zone on a local day."""
    if principal.person is None or principal.enterprise is not None:
        return ()
    return tuple(held for held in handbook.posts if principal.person in holders(held, day))


def delegations_to(principal: Principal, handbook: Handbook, day: date) -> tuple[Delegation, ...]:
    """Return the delegations of a local day that make a person somebody's deputy (R6.4); one of
    whoever holds the post no longer makes nobody one."""
    if principal.person is None or principal.enterprise is not None:
        return ()
    return tuple(
        each
        for each in handbook.delegations
        if each.deputy == principal.person
        and each.from_on <= day <= each.to_on
        and each.principal in holders(handbook.posts_by_id[each.post], day)
    )


def posts_stood_in(principal: Principal, handbook: Handbook, day: date) -> tuple[Post, ...]:
    """Return the posts that a person holds or is a deputy in on a local day (R6.4): who acts for
    another sees what the other sees and is told, until the delegation ends."""
    held = posts_held(principal, handbook, day)
    delegated = {each.post for each in delegations_to(principal, handbook, day)}
    own = {each.id for each in held}
    return (*held, *(handbook.posts_by_id[each] for each in sorted(delegated - own)))


def standings_in(principal: Principal, handbook: Handbook, day: date) -> frozenset[Standing]:
    """Return as what the principal stands in a zone on a local day."""
    found = {Standing.PUBLIC}
    if not principal.is_in(handbook.zone):
        return frozenset(found)
    found.update(principal.standings)
    if principal.enterprise in handbook.enterprises_by_id and principal.person is not None:
        found.add(Standing.ENTERPRISE)
    for held in posts_stood_in(principal, handbook, day):
        found.update(_of_post(held))
    return frozenset(found)


def horizon(principal: Principal, act: Act, handbook: Handbook, day: date) -> Horizon:
    """Return how far an act of the principal reaches in a zone; empty if it may not be asked."""
    may = ACCESS[act]
    if principal.acts is not None and act not in principal.acts:
        may = {}
    reaches = {may[each] for each in standings_in(principal, handbook, day) if each in may}
    held = posts_stood_in(principal, handbook, day)
    seen = Horizon(zone=handbook.zone, whole=Reach.ZONE in reaches)
    if seen.whole:
        return seen
    enterprises: set[str] = set()
    posts: set[str] = set()
    units: set[str] = set()
    if Reach.OWN in reaches and principal.enterprise is not None:
        enterprises.add(principal.enterprise)
    if Reach.TERRITORY in reaches:
        posts.update(each.id for each in held)
        enterprises.update(_under(held, handbook))
    if Reach.PARTS in reaches:
        units.update(each.unit for each in held if each.unit is not None)
        posts.update(each.id for each in handbook.posts if each.unit in units)
    return seen.model_copy(
        update={
            "enterprises": frozenset(enterprises),
            "posts": frozenset(posts),
            "units": frozenset(units),
        }
    )


def require_act(principal: Principal, act: Act, handbook: Handbook, day: date) -> Horizon:
    """Return how far the act reaches, or refuse it."""
    found = horizon(principal, act, handbook, day)
    if found.is_empty:
        raise NotPermittedError(
            "You may not do this here.",
            field="act",
            value=act.value,
            allowed=sorted(ACCESS[act]),
        )
    return found


def require_appointed(principal: Principal, act: Act) -> None:
    """Refuse an act that is of no zone to whoever was not appointed to it: no handbook gives such a
    standing."""
    is_limited = principal.acts is not None and act not in principal.acts
    if is_limited or ACCESS[act].keys().isdisjoint(principal.standings):
        raise NotPermittedError(
            "You may not do this.", field="act", value=act.value, allowed=sorted(ACCESS[act])
        )


def require_every_zone(principal: Principal, act: Act) -> None:
    """Refuse an act that reaches into every zone at once to whoever was let into some only."""
    require_appointed(principal, act)
    if principal.zones is not None:
        raise NotPermittedError(
            "This counts in every zone, and you were let into some.",
            field="zones",
            value=", ".join(principal.zones)[:200],
            allowed="who was let into every zone",
        )


def require_report(
    within: Horizon, handbook: Handbook, enterprise: str, field: str, stream: str | None = None
) -> None:
    """Refuse a report for an enterprise out of reach. One that is in no handbook the decision
    refuses, which says which there are. `stream`: of the issue that it would have been."""
    if enterprise in handbook.enterprises_by_id and not within.reports_for(enterprise):
        raise NotPermittedError(
            "You do not report for this enterprise.",
            field=field,
            value=enterprise,
            stream=stream,
        )


def _of_post(held: Post) -> set[Standing]:
    of_role = {
        Role.COORDINATOR: Standing.COORDINATOR,
        Role.SUPERVISOR: Standing.SUPERVISOR,
        Role.AUDITOR: Standing.AUDITOR,
    }
    found = {of_role[role] for role in held.roles}
    if held.tier is not None:
        found.add(Standing.TIER)
    if held.unit is not None:
        found.add(Standing.UNIT)
    return found


def _under(held: tuple[Post, ...], handbook: Handbook) -> set[str]:
    """Return the enterprises that posts of a tier stand over."""
    ids = {each.id for each in held if each.tier is not None}
    places = {each.covers for each in held if each.tier is not None}
    found: set[str] = set()
    for enterprise in handbook.enterprises:
        grid = handbook.grids_by_id[enterprise.grid]
        if not places.isdisjoint({grid.id, grid.area, handbook.zone}) or not ids.isdisjoint(
            enterprise.sponsors
        ):
            found.add(enterprise.id)
    return found
