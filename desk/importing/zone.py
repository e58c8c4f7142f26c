"""The zone that an imported log is played in: its groups as units, its tiers, nobody's limits."""

import importlib.metadata
from collections.abc import Iterable, Mapping

from desk.importing.codes import Codes
from domain.calendar import FIRST_DAY, LAST_DAY, WorkingCalendar
from domain.clock_rules import BudgetRule, ClockRule, Condition, RungEffect, RungRule
from domain.days import DAY_MINUTES, OpenRange, Week, Weekday
from domain.durations import Wall
from domain.handbook import (
    Area,
    Category,
    Enterprise,
    Grid,
    Handbook,
    PauseRule,
    Post,
    Role,
    SignOffRule,
    Tier,
    Unit,
)
from domain.model import Name
from domain.people import Officer, Representative
from domain.phases import Phase, RejectionStep
from domain.terms import Terms

WHERE = "log"
"""The one area, the one grid, the one enterprise and the one category."""
PLACE = Name(zh="日志", en="log")
AUTHORITY_POST = "log-authority"
GROUPS_MAX = 10_000
LIFE_DAYS = 730
REOPEN_DAYS = 365
PAUSES_MAX = 20
"""The most that a handbook may give and allow. Beyond the waits the top tier is asked."""


class ImportedZone:
    """A zone made of a log's groups and the resources seen in each.

    A post for each group, held by its resources and, for rows without one, by the post's own hand;
    a post for each tier that is accountable for every issue there; in the top one a second person
    who verifies and grants, for nobody does that to the own proposal.
    """

    def __init__(
        self, zone: str, top_tier: int, groups: Mapping[str, Iterable[str]], *, signs: bool = False
    ) -> None:
        self.signs = signs
        self._units = Codes(prefix="g.")
        self._people = Codes(prefix="r.")
        self.top_tier = top_tier
        self.terms = Terms(handbook=self._handbook(zone, groups), calendar=_calendar())
        self.reporter = Representative(person="reporter", enterprise=WHERE)
        self.closer = Officer(person="closer", post=_tier_post(top_tier))
        self.authority = Officer(person="authority", post=AUTHORITY_POST)

    @property
    def zone(self) -> str:
        """Return what the zone is called."""
        return self.terms.handbook.zone

    def unit(self, group: str) -> str:
        """Return the unit, and the post, that a group of the log is here."""
        return self._units.of(group)

    def owner(self, tier: int) -> Officer:
        """Return who acts for the post that is accountable at a tier."""
        return Officer(person="owner", post=_tier_post(tier))

    def worker(self, group: str, resource: str | None) -> Officer:
        """Return who acts for a group: the row's resource, or the post's own hand."""
        person = "hand" if resource is None else self._people.of(resource)
        return Officer(person=person, post=self.unit(group))

    def signatory(self, resource: str | None) -> Representative:
        """Return who has the organisation's say in a log of sign-offs: the row's resource."""
        if resource is None:
            return self.reporter
        return Representative(person=self._people.of(resource), enterprise=WHERE)

    def _handbook(self, zone: str, groups: Mapping[str, Iterable[str]]) -> Handbook:
        tiers = range(1, self.top_tier + 1)
        return Handbook(
            zone=zone,
            name=Name(zh=f"导入：{zone}", en=f"imported: {zone}"),
            revision=1,
            calendar=WHERE,
            tiers=tuple(
                Tier(level=n, id=_tier_post(n), name=Name(zh=f"第{n}级", en=f"tier {n}"))
                for n in tiers
            ),
            areas=(Area(id=WHERE, name=PLACE),),
            grids=(Grid(id=f"{WHERE}-1", name=PLACE, area=WHERE),),
            units=tuple(Unit(id=self.unit(g), name=Name(zh=g, en=g)) for g in groups),
            posts=(
                *(self._tier_post(zone, n) for n in tiers),
                *(self._group_post(zone, g, resources) for g, resources in groups.items()),
                *((_authority_post(zone),) if self.signs else ()),
            ),
            enterprises=(Enterprise(id=WHERE, name=PLACE, grid=f"{WHERE}-1"),),
            categories=(Category(id=WHERE, name=PLACE),),
            clocks=(_whole_life(),),
            sign_off=SignOffRule(
                reopen_days=REOPEN_DAYS,
                # No log says that a rejection raised the tier by itself.
                rejected=(RejectionStep.SAME_UNIT,) if self.signs else (),
            ),
            pauses=PauseRule(times_max=PAUSES_MAX),
        )

    def _tier_post(self, zone: str, tier: int) -> Post:
        return Post(
            id=_tier_post(tier),
            name=Name(zh=f"第{tier}级负责岗", en=f"accountable at tier {tier}"),
            covers=zone,
            tier=tier,
            people=("owner", "closer") if tier == self.top_tier else ("owner",),
        )

    def _group_post(self, zone: str, group: str, resources: Iterable[str]) -> Post:
        return Post(
            id=self.unit(group),
            name=Name(zh=group, en=group),
            covers=zone,
            unit=self.unit(group),
            people=("hand", *(self._people.of(each) for each in resources)),
        )


def _authority_post(zone: str) -> Post:
    return Post(
        id=AUTHORITY_POST,
        name=Name(zh="日志代签岗", en="authority of the log"),
        covers=zone,
        roles=(Role.COORDINATOR,),
        people=("authority",),
    )


def _tier_post(tier: int) -> str:
    return f"tier-{tier}"


def _calendar() -> WorkingCalendar:
    """Every hour of every day that a calendar can have, in UTC."""
    whole_day = (OpenRange(opens="00:00", closes="24:00"),)
    return WorkingCalendar(
        id=WHERE,
        name=Name(zh="全天候", en="round the clock"),
        time_zone="UTC",
        tzdata=importlib.metadata.version("tzdata"),
        weekly=Week.model_validate({day: whole_day for day in Weekday}),
        valid_from=FIRST_DAY,
        valid_until=LAST_DAY,
    )


def _whole_life() -> ClockRule:
    """One clock from report to close-out that does nothing but record: a log keeps its own time."""
    return ClockRule(
        id="life",
        name=Name(zh="全程", en="the whole life"),
        start=(Condition(events=("issue_reported", "issue_reopened")),),
        stop=(Condition(phases=(Phase.CLOSED,)),),
        budgets=(BudgetRule(duration=Wall(minutes=LIFE_DAYS * DAY_MINUTES)),),
        rungs=(RungRule(id="due", percent=100, effect=RungEffect.RECORD),),
    )
