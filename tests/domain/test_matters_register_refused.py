"""What registers refuse: each with a message of its own, and nothing recorded."""

from collections.abc import Callable
from datetime import date
from typing import Any

import builders as b
import builders_matters as m
import builders_registers as r
import pytest

from domain.errors import ConflictError, IssueError, NotPermittedError
from domain.matters.matter import FOUND_MAX
from domain.matters.register import guards, listing
from domain.matters.register.standing import TOTAL_MAX
from domain.people import Actor

Made = Callable[[], m.MatterStory]
TUE = date(2026, 3, 3)


def plain() -> m.MatterStory:
    """Return a register of two, of which nothing was said yet."""
    return r.opened()


def told() -> m.MatterStory:
    """Return a register in which something was said of the mill today."""
    story = r.opened().then(b.MON_9, r.status("resumed"))
    return story.then(b.MON_9, r.values(present=r.count(1)))


def watched() -> m.MatterStory:
    """Return a register without a supply map."""
    return r.opened("watched")


def projects() -> m.MatterStory:
    """Return a register with a project that is nobody's."""
    return r.opened("projects").then(b.MON_9, r.project())


def chained() -> m.MatterStory:
    """Return a register in which the mill waits for the foundry."""
    return r.opened().then(b.MON_9, r.linked("mill", "foundry"))


def all_up() -> m.MatterStory:
    """Return one in which it does not have to wait."""
    return chained().then(b.MON_9, r.status("resumed", "foundry"))


def many() -> m.MatterStory:
    """Return a register of projects of which one waits for too many others."""
    terms = r.changed(r.PROJECTS, supply_map={"up": ["finished"]})
    story = r.opened("projects", terms).then(b.MON_9, r.project(enterprise="mill"))
    for number in range(FOUND_MAX):
        story.then(b.MON_9, r.project(f"part-{number}", enterprise="mill"))
        story.then(b.MON_9, r.linked("dam", f"part-{number}"))
    return story


def full_of_days() -> m.MatterStory:
    """Return a register with as many days of the mill as are kept."""
    story = r.opened()
    for day in range(14):
        story.then(b.local(day - 14), r.values(present=r.count(1)))
    return story


def map_issue(subject: str = "mill", **more: Any) -> Any:
    """Return the command that opens issues of a map."""
    said = {"problem": r.problem(), "of_supplier": r.problem()} | more
    return r.about("open_map_issue", subject, **said)


def added(subject: str, **more: Any) -> Any:
    """Return the command that takes an enterprise in."""
    return r.about("add_subject", subject, **more)


def appointed(post: str | None, *subjects: str) -> Any:
    """Return the command that makes a post a contact."""
    return m.asked(kind="appoint_contact", subjects=subjects, post=post)


REFUSED: list[tuple[Made, Any, str, str]] = [
    (plain, r.status("sleeping"), "The procedure has no such status.", "status"),
    (plain, r.status("closed", "bakery"), "The register has no such subject.", "subject"),
    (plain, r.status("closed", on=TUE), "Nothing is recorded for a day to come.", "on"),
    (plain, r.values(on=TUE, present=r.count(1)), "Nothing is recorded for a day to come.", "on"),
    (plain, r.status("partly"), "This status brings the problem behind it.", "problems"),
    (
        plain,
        r.status("partly", problems=[r.problem(category="weather")]),
        "The zone's handbook has no such category.",
        "problems.0.category",
    ),
    (plain, r.status("closed", corrects=True), "Nothing was recorded that could", "corrects"),
    (
        plain,
        r.values(corrects=True, present=r.count(1)),
        "Nothing was recorded that could be corrected.",
        "corrects",
    ),
    (plain, r.values(), "Something has to be recorded of the day.", "values"),
    (plain, r.values(absent=r.count(1)), "The procedure asks for no such field.", "values.absent"),
    (
        plain,
        r.values(capacity=r.ratio(1, None)),
        "A rate has a denominator above zero.",
        "values.capacity.whole",
    ),
    (
        plain,
        r.values(capacity=r.ratio(1, 0)),
        "A rate has a denominator above zero.",
        "values.capacity.whole",
    ),
    (
        plain,
        r.values("foundry", present=r.count(TOTAL_MAX + 1)),
        "The sum would be more than is counted in one register.",
        "values.present",
    ),
    (
        plain,
        r.values(capacity=r.ratio(1, TOTAL_MAX + 1)),
        "The sum would be more than is counted in one register.",
        "values.capacity",
    ),
    (
        told,
        r.values("foundry", present=r.count(TOTAL_MAX)),
        "The sum would be more than is counted in one register.",
        "values.present",
    ),
    (told, r.status("closed"), "The status was set for this day: another one corrects", "corrects"),
    (told, r.status("closed", on=date(2026, 3, 1)), "The status of a later day is known", "on"),
    (told, r.values(present=r.count(2)), "Values were recorded for this day", "corrects"),
    (
        told,
        r.status("closed", corrects=False, on=TUE, values={"present": r.count(2)}),
        "Nothing is recorded for a day to come.",
        "on",
    ),
    (
        full_of_days,
        r.values(on=date(2026, 1, 1), present=r.count(1)),
        "The day lies too far back behind those that were recorded.",
        "on",
    ),
    (plain, added("mill"), "The register has this subject already.", "subject"),
    (plain, added("castle"), "The zone knows no such enterprise.", "subject"),
    (plain, added("bakery", name="Bread"), "The handbook says what an enterprise", "name"),
    (plain, added("bakery", builder="mill"), "The handbook says what an enterprise", "builder"),
    (plain, added("bakery", enterprise="mill"), "An enterprise stands for itself.", "enterprise"),
    (plain, added("bakery", contact="nobody"), "The contact is a post of the zone.", "contact"),
    (projects, r.project("mall", name=None), "A project or a place has a name.", "name"),
    (
        projects,
        r.project("mall", builder="castle"),
        "The zone knows no such enterprise.",
        "builder",
    ),
    (
        projects,
        r.project("mall", details={}),
        "A field that the procedure asks for is missing.",
        "details.budget",
    ),
    (
        projects,
        r.project("mall", details={"budget": {"kind": "amount", "hundredths": 1}}),
        "An amount says in which currency it is.",
        "details.budget.currency",
    ),
    (
        projects,
        r.status("stuck", "dam", problems=[r.problem()]),
        "A problem is some enterprise's.",
        "problems.0.enterprise",
    ),
    (projects, r.revised(joins=r.members("mall")), "The register has no such subject.", "members"),
    (
        plain,
        r.about("remove_subject", reason="Gone."),
        "The subject is on the list: it is revised first.",
        "subject",
    ),
    (
        plain,
        r.about("remove_subject", "bakery", reason="Gone."),
        "The register has no such subject.",
        "subject",
    ),
    (plain, appointed("nobody", "mill"), "The contact is a post of the zone.", "post"),
    (plain, appointed("roads-desk", "mill", "mill"), "A subject is named twice.", "subjects"),
    (
        plain,
        appointed("roads-desk", "mill", "bakery"),
        "The register has no such subject.",
        "subjects.1",
    ),
    (plain, appointed(None, "mill"), "The post is their contact already.", "post"),
    (plain, r.revised(), "The list would stay as it is.", "members"),
    (
        plain,
        r.revised(members=r.members("mill", "foundry")),
        "The list would stay as it is.",
        "members",
    ),
    (
        plain,
        r.revised(members=r.members("mill"), leaves=["foundry"]),
        "A list is named whole, or by who joins",
        "members",
    ),
    (
        plain,
        r.revised(joins=r.members("mill", "mill")),
        "A subject is named twice.",
        "joins",
    ),
    (
        plain,
        r.revised(joins=r.members(mill=["part"]), leaves=["mill"]),
        "A subject is named twice.",
        "leaves",
    ),
    (
        plain,
        r.revised(joins=r.members(mill=["giant"])),
        "The procedure has no such class.",
        "joins.0.classes",
    ),
    (plain, r.revised(leaves=["bakery"]), "The subject is not on the list.", "leaves.0"),
    (
        plain,
        r.revised(joins=r.members("castle")),
        "The zone knows no such enterprise.",
        "members",
    ),
    (plain, r.linked("mill", "mill"), "Nobody waits for itself.", "supplier"),
    (plain, r.linked("mill", "bakery"), "The register has no such subject.", "supplier"),
    (plain, r.linked("bakery", "mill"), "The register has no such subject.", "customer"),
    (watched, r.linked("mill", "foundry"), "The procedure keeps no supply map.", "command.kind"),
    (chained, r.linked("mill", "foundry"), "The two are linked already.", "supplier"),
    (
        chained,
        m.asked(kind="unlink_supplier", customer="foundry", supplier="mill", reason="No."),
        "The two are not linked.",
        "supplier",
    ),
    (watched, map_issue(), "The procedure keeps no supply map.", "command.kind"),
    (plain, map_issue(), "The firm waits for no supplier that is not up.", "subject"),
    (all_up, map_issue(), "The firm waits for no supplier that is not up.", "subject"),
    (
        all_up,
        map_issue(suppliers=["foundry"]),
        "The firm does not wait for this one, or it is up.",
        "suppliers.0",
    ),
    (
        chained,
        map_issue(suppliers=["foundry", "foundry"]),
        "A subject is named twice.",
        "suppliers",
    ),
    (
        chained,
        map_issue(of_supplier=r.problem(enterprise="bakery")),
        "What is said of each supplier names none of them.",
        "of_supplier.enterprise",
    ),
    (
        chained,
        map_issue(problem=r.problem(category="weather")),
        "The zone's handbook has no such category.",
        "problem.category",
    ),
    (
        chained,
        map_issue(of_supplier=r.problem(category="weather")),
        "The zone's handbook has no such category.",
        "of_supplier.category",
    ),
    (many, map_issue("dam"), "The firm waits for more suppliers than one", "suppliers"),
    (
        plain,
        m.asked(kind="record_step", enterprise="mill", step="visited"),
        "This is not a command to such a matter.",
        "command.kind",
    ),
    (
        plain,
        m.asked(
            kind="state_total",
            label="Resumed",
            figures={"resumed": {"kind": "ratio", "part": 353}},
        ),
        "A rate has a denominator above zero.",
        "figures.resumed.whole",
    ),
]


@pytest.mark.parametrize(
    ("made", "command", "says", "field"),
    REFUSED,
    ids=[f"{made.__name__}-{command.kind}-{field}" for made, command, _, field in REFUSED],
)
def test_what_a_register_cannot_do_is_refused(
    made: Made, command: Any, says: str, field: str
) -> None:
    story = made()
    actor = b.HOTLINE if made is projects and command.kind == "set_status" else b.COORDINATOR
    if made is many:
        actor = b.HOTLINE
    with pytest.raises(IssueError) as refused:
        story.when(b.MON_10, command, actor)
    assert says in refused.value.message
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("procedure", "more", "says"),
    [
        ("resumption", {"members": r.members("mill", "mill")}, "A subject is named twice."),
        ("resumption", {"members": r.members("castle")}, "The zone knows no such enterprise."),
        (
            "resumption",
            {"members": [], "from_list": "above-scale"},
            "The members are named, or taken from a list, not both.",
        ),
        ("watched", {"from_list": "nobodies"}, "The zone's handbook has no such list."),
        ("projects", {"from_list": "above-scale"}, "A list of the handbook is one of enterprises."),
        (
            "projects",
            {"members": r.members("dam")},
            "Projects and places are added before they are on the list.",
        ),
    ],
)
def test_a_register_that_cannot_be_is_not_opened(
    procedure: str, more: dict[str, Any], says: str
) -> None:
    with pytest.raises(IssueError) as refused:
        r.opened(procedure, **more)
    assert refused.value.message == says


def test_a_register_has_no_more_subjects_and_links_than_it_can_hold(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    story = chained()
    monkeypatch.setattr(guards, "SUBJECTS_MAX", 2)
    monkeypatch.setattr(listing, "LINKS_MAX", 1)
    for command in (added("bakery"), r.revised(joins=r.members("bakery"))):
        with pytest.raises(IssueError, match="The register has too many subjects"):
            story.when(b.MON_10, command)
    with pytest.raises(IssueError, match="The supply map has too many links"):
        story.when(b.MON_10, r.linked("foundry", "mill"))


@pytest.mark.parametrize(
    ("made", "command", "actor"),
    [
        (plain, r.status("closed"), b.OTHER_ENTERPRISE),
        (plain, r.status("closed"), b.NEIGHBOUR),
        (plain, r.status("closed"), b.SECTION),
        (plain, r.values(present=r.count(1)), b.SUPERVISOR),
        (plain, added("bakery"), b.OFFICER),
        (plain, r.revised(leaves=["mill"]), b.ENTERPRISE),
        (plain, r.linked("mill", "foundry"), b.ENTERPRISE),
        (plain, appointed("roads-desk", "mill"), b.SECTION),
        (chained, map_issue(), b.NEIGHBOUR),
        (chained, map_issue(), b.ENTERPRISE),
        (watched, r.status("watched"), b.OFFICER),
        (projects, r.status("building", "dam"), b.COORDINATOR),
        (projects, r.status("building", "dam"), b.ENTERPRISE),
    ],
)
def test_only_those_whom_the_rows_mean_may_act(made: Made, command: Any, actor: Actor) -> None:
    story = made()
    with pytest.raises(NotPermittedError):
        story.when(b.MON_10, command, actor)


def test_an_enterprise_and_whoever_runs_a_register_without_rows_may_tell() -> None:
    assert plain().when(b.MON_10, r.status("closed"), b.ENTERPRISE).events
    assert watched().when(b.MON_10, r.status("watched")).events


def test_the_second_word_on_a_day_is_a_conflict_and_not_a_mistake() -> None:
    with pytest.raises(ConflictError):
        told().when(b.MON_10, r.status("closed"))
