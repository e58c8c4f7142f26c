"""The small zone with inspections and with an application that has a gate.

Officers of an enterprise's chain inspect; the limit counts on the clock `rectify`. Who applies to
start again shows three things; the mill itself, the roads section and the director sign.
"""

from typing import Any

import builders as b
from builders_zone import CLOCKS, CLOSED, FRI_9, HANDBOOK_DATA, MON_9, WED_9, terms_of

from domain import commands_of_forms as fm
from domain.issue import Evidence
from domain.people import Officer, Representative
from domain.phases import Origin
from domain.terms import Terms

FORM = "resumption"
ITEMS = ("staff", "masks", "plan")


def _named(id_: str, **more: Any) -> dict[str, Any]:
    return {"id": id_, "name": {"zh": "测试", "en": id_}} | more


RECTIFY = _named(
    "rectify",
    start=[{"events": ["issue_accepted", "rectification_failed"], "phases": ["handling"]}],
    stop=[{"phases": ["sign_off"]}],
    cancel=CLOSED,
    budgets=[{"duration": {"kind": "working_days", "days": 5}}],
    rungs=[{"id": "due", "percent": 100, "effect": "record"}],
)
INSPECTED = {"events": ["rectification_declared"], "phases": ["sign_off"]}
RESUMPTION: dict[str, Any] = _named(
    FORM,
    items=[_named(each) for each in ITEMS],
    signers=[
        _named("owner"),
        _named("sector", posts=["roads-desk", "power-desk"]),
        _named("territory", posts=["director"]),
    ],
    claims=["local", "small"],
    batches=[
        _named("first", claims=["local", "small"]),
        _named("second", claims=["small"], opens_on=WED_9.date().isoformat()),
        _named("third", claims=["local"], opens_on=FRI_9.date().isoformat()),
    ],
    attempts_max=3,
)
FORMS_DATA: dict[str, Any] = HANDBOOK_DATA | {
    "clocks": [
        *(
            rule | {"start": [*rule["start"], INSPECTED]} if rule["id"] == "verification" else rule
            for rule in CLOCKS
        ),
        RECTIFY,
    ],
    "rectification": {
        "clock": "rectify",
        "limit": {"kind": "working_days", "days": 5},
        "at_least": {"kind": "working_days", "days": 1},
        "at_most": {"kind": "natural_days", "days": 30},
        "replaces": ["handling"],
    },
    "applications": [RESUMPTION],
    "delegations": [
        {
            "id": "leave",
            "post": "roads-desk",
            "principal": "roads-desk.a",
            "deputy": "director.a",
            "from_on": "2026-03-01",
            "to_on": "2026-03-31",
        }
    ],
}


def forms_terms(**changes: Any) -> Terms:
    """Return the zone's terms with these rules, whole entries replaced by `changes`."""
    return terms_of(**(FORMS_DATA | changes))


def form_terms(**changes: Any) -> Terms:
    """Return the zone's terms with another form of application."""
    return forms_terms(applications=[RESUMPTION | changes])


def rectification_terms(**changes: Any) -> Terms:
    """Return the zone's terms with another rule of rectification."""
    return forms_terms(rectification=FORMS_DATA["rectification"] | changes)


FORMS = forms_terms()
DEPUTY = Officer(person="director.a", post="roads-desk", on_behalf_of="roads-desk.a")
COLLEAGUE = Representative(person="mill.b", enterprise="mill")


def order(**changes: Any) -> Any:
    """Return an inspector's report of what the mill has to put right."""
    asked = {"items": ["Clear the fire exit."]} | changes
    return b.report(origin=Origin.INSPECTION, rectify=asked)


def application(*claims: str, form: str = FORM) -> Any:
    """Return the mill's application to start again."""
    return b.report(application={"form": form, "claims": list(claims)})


PAPER = (Evidence(reference="paper-1"),)
DECLARE = fm.DeclareRectified(summary="The exit is clear.", evidence=PAPER)
PASS = fm.Inspect(passed=True, reason="Seen on the spot.", evidence=PAPER)
FAIL = fm.Inspect(passed=False, reason="There are still boxes.")
APPROVE = fm.ApproveApplication()
TURN_DOWN = fm.RefuseApplication(reason="The plan is thin.")
REAPPLY = fm.Reapply(text="With a new plan.")


def submit(item: str) -> fm.SubmitItem:
    """Return papers for an item."""
    return fm.SubmitItem(item=item, evidence=PAPER)


def check(item: str, *, met: bool = True) -> fm.CheckItem:
    """Return a judgement of an item."""
    return fm.CheckItem(item=item, met=met)


def sign(role: str) -> fm.SignApplication:
    """Return a signature."""
    return fm.SignApplication(role=role)


ORDERED = b.Step(b.HEAD, order(), MON_9)
TO_RECTIFY = (ORDERED, b.ACCEPTED)
DECLARED = (*TO_RECTIFY, b.Step(b.ENTERPRISE, DECLARE, MON_9))
APPLIED = (b.Step(b.ENTERPRISE, application("local", "small"), MON_9), b.ACCEPTED)
ALL_MET = (
    *APPLIED,
    *(b.Step(b.ENTERPRISE, submit(item), MON_9) for item in ITEMS),
    *(b.Step(b.OFFICER, check(item), MON_9) for item in ITEMS),
)
SIGNATURES = (
    b.Step(b.ENTERPRISE, sign("owner"), MON_9),
    b.Step(b.SECTION, sign("sector"), MON_9),
    b.Step(b.DIRECTOR, sign("territory"), MON_9),
)
ALL_SIGNED = (*ALL_MET, *SIGNATURES)
APPROVED = (*ALL_SIGNED, b.Step(b.OFFICER, APPROVE, MON_9))
