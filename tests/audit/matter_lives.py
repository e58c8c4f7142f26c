"""Lives of matters of every procedure in a small zone: campaigns, pipelines, matches, registers and
grants, with every command there is and all that time brings about.

The stored corpora named `-matters` were recorded so.
"""

from datetime import datetime
from typing import Any, NamedTuple

import builders as b
import builders_grants as g
import builders_matches as t
import builders_matters as m
import builders_pipelines as p
import builders_registers as r
import campaigns_told as c

from domain import commands as cmd
from domain.people import Actor
from domain.phases import PauseReason
from domain.terms import Terms

LATER = b.local(20)
"""From then on the zone is judged by the next revision of its handbook."""
ENDS = b.local(40)
TERMS: Terms = c.terms(
    grants=[g.SUPPLIES, g.PASSES, g.PLACES, g.TESTS, g.UNPAID],
    pipelines=[p.LOANS, p.MEETINGS],
    matches=list(t.RULES),
    registers=list(r.PROCEDURES),
    lists=[*c.LISTS, *r.LISTS],
)
KNOWN = "known"
WAIT = cmd.Pause(reason=PauseReason.WAITING_ENTERPRISE, note="A paper is missing.")
NOTE = "Said on the telephone."
FIRMS = c.FIRMS[:6]
GONE = c.FIRMS[6]
"""Enough for a policy; each is one more act at every step."""


class Act(NamedTuple):
    """What somebody does at an instant. `found`: to the first issue that the matter had opened."""

    at: datetime
    key: str
    actor: Actor
    command: Any
    found: bool = False


def problem(title: str, **more: Any) -> dict[str, Any]:
    """Return a problem that comes to light."""
    return {"category": "road-access", "title": title, "text": f"{title}."} | more


def later_terms() -> Terms:
    """Return what the zone is judged by in the end: a later revision that says the same."""
    plain = TERMS.handbook.model_dump() | {"revision": TERMS.handbook.revision + 1}
    return Terms.model_validate({"handbook": plain, "calendar": TERMS.calendar.model_dump()})


class Life:
    """The acts of one matter, in order."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.acts: list[Act] = []

    def then(
        self, at: datetime, command: Any, actor: Actor = b.COORDINATOR, *, found: bool = False
    ) -> "Life":
        """Add an act."""
        self.acts.append(Act(at, self.key, actor, command, found))
        return self

    def asked(self, at: datetime, kind: str, actor: Actor = b.COORDINATOR, **fields: Any) -> "Life":
        """Add a command by its fields."""
        return self.then(at, m.asked(kind=kind, **fields), actor)


def grants() -> list[Life]:
    """Return stocks, passes, places and entitlements."""
    opened = {"title": "A grant"}
    stock = Life("stock").asked(b.MON_9, "open_grant", procedure="supplies", unit="mask", **opened)
    stock.then(b.MON_9, g.received(300, amount=g.cny(9_000), from_whom="A mill"))
    stock.then(b.MON_10, g.issued(120, cost=g.cny(101)))
    stock.then(b.MON_10, g.issued(110, "bakery", problems=[problem("No van")]))
    stock.asked(b.MON_11, "return_stock", enterprise="mill", quantity=g.quantity(10))
    stock.asked(b.local(3), "correct_stock", counted=g.quantity(78), reason="Two were wet.")
    stock.asked(b.local(3), "correct_stock", counted=g.quantity(79), reason="One was dry.")
    stock.then(b.local(4), g.received(200)).then(b.local(4, 10), g.issued(279))
    stock.asked(b.local(4, 11), "close_matter", ending="All was handed out.")
    passes = Life("passes").asked(b.MON_9, "open_grant", procedure="passes", capacity=2, **opened)
    passes.asked(b.MON_9, "change_capacity", capacity=3, reason="More gates.")
    for number in (1, 2, 3):
        passes.then(b.MON_10, g.permit(f"p-{number}", f"A-10{number}"))
    passes.then(b.MON_11, g.about("use_holding", "p-1"), b.HOTLINE)
    passes.then(b.TUE_9, g.about("renew_permit", "p-1"))
    passes.then(b.TUE_9, g.about("revoke_permit", "p-2", reason="Lent to others."))
    places = Life("places").asked(b.MON_9, "open_grant", procedure="places", capacity=4, **opened)
    places.then(b.MON_10, g.entry()).then(b.MON_10, g.entry("in-2", "file-2"))
    well = {"celsius_tenths": r.count(366), "well": {"kind": "flag", "yes": True}}
    places.then(b.TUE_9, g.about("record_monitoring", "in-1", values=well))
    places.then(b.local(3), g.about("leave_place", "in-2"))
    tests = Life("tests").asked(b.MON_9, "open_grant", procedure="tests", **opened)
    tests.then(b.MON_10, g.entitled(limit=g.quantity(5, "test")))
    tests.then(b.MON_11, g.used(2, cost=g.cny(101)))
    unpaid = Life("unpaid").asked(b.MON_9, "open_grant", procedure="unpaid", **opened)
    unpaid.then(b.MON_10, g.entitled("e-2"))
    unpaid.then(b.TUE_9, g.about("end_entitlement", "e-2", reason="Paid."))
    return [stock, passes, places, tests, unpaid]


def campaigns() -> list[Life]:
    """Return visits, notices, a policy, daily reports and a survey."""
    visits = Life("visits").then(b.MON_9, c.opening("visits", to_on="2026-03-20"))
    problems = [problem(f"Problem {number}") for number in (1, 2, 3)]
    counted = {"visitors": {"kind": "count", "n": 4, "precision": "about"}}
    visits.then(b.MON_10, c.taken("mill", "visit", problems=problems), b.OFFICER)
    visits.then(b.MON_11, cmd.Accept(), b.OFFICER, found=True)
    visits.then(b.MON_13, WAIT, b.OFFICER, found=True)
    visits.then(b.MON_13, c.taken("mill", "visit", values=counted))
    visits.then(b.MON_13, c.taken("bakery", "visit", note=NOTE), b.NEIGHBOUR)
    correction = {"enterprise": "mill", "step": "visit", "reason": "Counted anew."}
    visits.asked(b.MON_15, "correct_step", values={"visitors": r.count(5)}, **correction)
    visits.asked(b.MON_15, "strike_step", **(correction | {"enterprise": "bakery"}))
    visits.asked(b.TUE_9, "exclude_target", enterprise="foundry", reason="It moved away.")
    visits.asked(b.WED_9, "add_target", enterprise="foundry", reason="It came back.")
    visits.asked(b.WED_9, "tie_issue", issue=KNOWN)
    visits.asked(b.WED_9, "untie_issue", issue=KNOWN, reason="Another mill's.")
    total = {"label": "Visits of last year", "source": "A report", "as_of_on": "2025-12-31"}
    visits.asked(b.WED_9, "state_total", figures={"visits": r.count(99)}, **total)
    visits.asked(b.WED_9, "state_total", figures={"visits": None}, replaces=1, **total)
    visits.asked(b.WED_9, "note_matter", text=NOTE, problems=[problem("Mud", enterprise="mill")])
    visits.asked(b.WED_9, "hand_matter", post="head-east", reason="It is theirs.")
    visits.asked(b.local(30), "close_matter", ending="The hundred days are over.")
    notices = Life("notices").then(b.MON_9, c.opening("notices"))
    notices.then(b.MON_10, c.of_many(c.THREE, "delivered", note=NOTE))
    for step in ("read", "acknowledged"):
        notices.then(b.MON_11, c.taken("mill", step), b.ENTERPRISE)
    notices.asked(b.local(14), "end_campaign", reason="The notice was taken back.")
    policy = Life("policy").then(b.MON_9, c.opening("policy", targets=(*FIRMS, GONE)))
    policy.then(b.MON_10, c.of_many(FIRMS, "pushed"))
    gone = {"enterprise": GONE, "code": "ineligible", "reason": "Too large."}
    policy.asked(b.MON_10, "exclude_target", **gone)
    for number, firm in enumerate(FIRMS):
        policy.then(b.MON_11, c.taken(firm, "explained"))
        policy.then(b.MON_13, c.taken(firm, "applied"), c.representative(firm))
        policy.then(b.MON_15, c.taken(firm, "approved" if number else "refused"))
        paid = {"amount": g.cny(100 * number), "paid_on": {"kind": "day", "on": "2026-03-03"}}
        if number:
            policy.then(b.TUE_9, c.taken(firm, "paid", values=paid))
    daily = Life("daily").then(b.MON_9, c.opening("daily", to_on="2026-03-13"))
    for day in range(5):
        for firm, actor in (("mill", b.ENTERPRISE), ("foundry", b.OFFICER)):
            said = {"values": {"staff": r.ratio(90 + day, 100)}, "no_abnormality": True}
            daily.then(b.local(day, 10), c.taken(firm, "report", **said), actor)
    late = {"values": {"staff": r.ratio(1, 50)}, "on": "2026-03-02", "note": "A flood."}
    daily.then(b.TUE_9, c.taken("bakery", "report", **late))
    survey = Life("survey").then(b.MON_9, c.opening("survey"))
    answered = {"orders": {"kind": "choice", "id": "down"}}
    few = c.taken("mill", "answered", values=answered, problems=[problem("Few orders")])
    survey.then(b.MON_10, few, b.ENTERPRISE)
    return [visits, notices, policy, daily, survey]


def pipelines() -> list[Life]:
    """Return a loan that is extended, one that is refused, and meetings with banks."""
    bank = {"party": "bank", "type": "bank", "name": "First Bank"}
    opening = {"procedure": "loans", "title": "A loan", "enterprise": "mill"}
    loan = Life("loan")
    dates = {"maturity": "2026-03-12"}
    loan.asked(b.MON_9, "open_pipeline", amount=p.cny(300), dates=dates, parties=[bank], **opening)
    loan.then(b.MON_9, p.moved("approval", problems=[problem("No power")]))
    loan.then(b.MON_10, p.party(next_check_on="2026-03-03"))
    loan.then(b.local(4), p.party("agreed"), b.HOTLINE).then(b.local(4, 10), p.funded(200))
    loan.then(b.local(12), p.dated("2026-06-05", reason="Extended for three months."))
    loan.then(b.local(12), p.moved("extended"), b.OFFICER)
    loan.then(b.local(13), p.moved("extended"), b.HOTLINE).then(b.local(22), p.moved("repaid"))
    loan.asked(b.local(22), "close_matter", ending="It is repaid.")
    refused = Life("refused").asked(b.MON_9, "open_pipeline", **opening)
    refused.then(b.MON_10, p.moved("approval"))
    refused.then(b.MON_11, p.moved("refused", exemption="due-care"))
    refused.then(b.MON_13, p.moved("demand"))
    banks = [{"party": each, "type": "bank"} for each in ("first", "second")]
    opening = {"procedure": "meetings", "title": "Banks and firms"}
    meetings = Life("meetings").asked(b.MON_9, "open_pipeline", parties=banks, **opening)
    meetings.asked(b.MON_9, "tie_issue", issue=KNOWN)
    outcomes = [p.outcome("mill", KNOWN, credit=p.cny(5)), p.outcome("bakery", loan=p.cny(7))]
    found = [problem("No security", enterprise="bakery")]
    meetings.then(b.MON_10, p.met(*outcomes, problems=found), b.SUPERVISOR)
    meetings.then(b.MON_11, p.moved("over"))
    return [loan, refused, meetings]


def matches() -> list[Life]:
    """Return staff that is lent, land that is let, and people who are hired."""
    need = {"procedure": "staff", "title": "Packers", "side": "need", "enterprise": "mill"}
    staff = Life("staff").asked(b.MON_9, "open_match", places=10, **need)
    staff.then(b.MON_10, t.proposed(places=10)).then(b.MON_11, t.yes("posting"))
    staff.then(b.MON_11, t.yes("counterpart", problems=[problem("No bus")]), b.OTHER_ENTERPRISE)
    staff.then(b.MON_13, t.step("trial", days=t.number(3)), b.ENTERPRISE)
    staff.then(b.MON_15, t.came(4))
    staff.then(b.TUE_9, t.proposed("p-2", "foundry", places=6))
    staff.then(b.local(3), t.no("too-dear", proposal="p-2", note="Twice the wage."))
    staff.then(b.local(3), t.proposed("p-3", "foundry", places=3))
    staff.then(b.local(3), t.withdrawn("p-3"))
    staff.asked(b.local(6), "close_matter", ending="Found elsewhere.")
    offer = {"procedure": "land", "title": "Idle land", "side": "offer"}
    land = Life("land").asked(b.MON_9, "open_match", **offer)
    land.then(b.MON_10, t.proposed(), b.OTHER_ENTERPRISE)
    land.then(b.MON_11, t.yes("counterpart"), b.OTHER_ENTERPRISE)
    land.then(b.MON_11, t.yes("posting")).then(b.MON_13, t.step("viewing"))
    area = {"kind": "quantity", "thousandths": 500_000, "unit": "m2"}
    land.then(b.MON_15, t.came(None, values={"area": area}))
    vacancies = {"procedure": "recruitment", "title": "Vacancies", "side": "vacancies"}
    hired = Life("hired").asked(b.MON_9, "open_match", places=30, **vacancies)
    hired.then(b.MON_10, t.proposed("p-1", None, others="seekers of two townships", places=120))
    hired.then(b.MON_11, t.step("interview", interviewed=t.number(90)))
    free = {"kind": "flag", "yes": True}
    hired.then(b.MON_11, t.step("bus", None, seats=t.number(40), free=free))
    hired.then(b.MON_13, t.yes("posting")).then(b.MON_13, t.yes("counterpart"))
    hired.then(b.MON_15, t.came(25, values={}))
    return [staff, land, hired]


def registers() -> list[Life]:
    """Return firms that resume work, with their supply map; projects; a list that is watched."""
    opening = {"procedure": "resumption", "title": "Back to work"}
    firms = Life("firms").asked(b.MON_9, "open_register", **opening)
    leaders = r.members("foundry", "bakery", mill=["leader"])
    firms.then(b.MON_10, r.revised(members=leaders))
    firms.asked(b.MON_10, "appoint_contact", subjects=["mill", "foundry"], post="roads-desk")
    firms.then(b.MON_11, r.linked("mill", "foundry", part="rollers"))
    firms.then(b.MON_11, r.linked("foundry", "bakery"))
    short = {"problem": r.problem("Parts are short"), "of_supplier": r.problem("Not delivering")}
    firms.then(b.MON_13, r.about("open_map_issue", note=NOTE, **short))
    partly = r.status("partly", values={"present": r.count(3)}, problems=[r.problem()])
    firms.then(b.MON_15, partly, b.SECTION)
    firms.then(b.TUE_9, r.status("resumed")).then(
        b.TUE_9, r.status("partly", corrects=True, problems=[r.problem()])
    )
    for day in range(1, 4):
        shown = {"present": r.count(day), "employed": r.count(9), "capacity": r.ratio(day, 9)}
        firms.then(b.local(day, 10), r.values("foundry", **shown))
    firms.then(b.local(3, 11), r.values("foundry", corrects=True, present=r.count(8)))
    gone = {"customer": "foundry", "supplier": "bakery", "reason": "Bought out."}
    firms.asked(b.local(7), "unlink_supplier", **gone)
    firms.then(b.local(7), r.revised(joins=r.members(mill=["part"]), leaves=["bakery"]))
    firms.then(b.local(7), r.about("remove_subject", "bakery", reason="Moved away."))
    opening = {"procedure": "projects", "title": "Projects"}
    projects = Life("projects").asked(b.MON_9, "open_register", **opening)
    projects.then(b.MON_9, r.project(enterprise="bakery", builder="mill", contact="roads-desk"))
    stuck = r.status("stuck", "dam", problems=[r.problem("No cement")])
    projects.then(b.MON_10, stuck, b.ENTERPRISE)
    better = {"name": "The big dam", "builder": "mill", "details": {"budget": r.cny(1)}}
    projects.then(b.MON_11, r.about("describe_subject", "dam", reason="A slip.", **better))
    progress = {"values": {"progress": r.ratio(2, 5)}}
    projects.then(b.TUE_9, r.about("record_values", "dam", **progress), b.HOTLINE)
    opening = {"procedure": "watched", "title": "Watched", "members": r.members("mill")}
    watched = Life("watched").asked(b.MON_9, "open_register", **opening)
    watched.then(b.MON_10, r.about("add_subject", "bakery"))
    watched.asked(b.local(6), "close_matter", ending="It is over.")
    return [firms, projects, watched]


def acts() -> list[Act]:
    """Return every act of every life, in order."""
    lives = [*grants(), *campaigns(), *pipelines(), *matches(), *registers()]
    return sorted((act for life in lives for act in life.acts), key=lambda act: act.at)
