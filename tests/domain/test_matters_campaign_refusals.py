"""What a campaign refuses, each with its own message, and nothing recorded."""

from typing import Any

import builders as b
import builders_matters as m
import campaigns_told as c
import pytest
from pydantic import ValidationError

from domain.errors import (
    ConflictError,
    InvalidRequestError,
    IssueError,
    NotPermittedError,
    WrongPhaseError,
)
from domain.people import Actor

AMOUNT = {"kind": "amount", "hundredths": 500, "currency": "CNY"}
BARE = {"kind": "amount", "hundredths": 500}
PAID = {"amount": AMOUNT, "paid_on": {"kind": "day", "on": "2026-03-02"}}


@pytest.mark.parametrize(
    ("procedure", "changes", "message", "field"),
    [
        ("visits", {"targets": ("mill", "nobody")}, "no such enterprise", "targets.1"),
        ("visits", {"targets": ("mill", "mill")}, "named twice", "targets"),
        ("visits", {"from_list": "east"}, "not both", "from_list"),
        ("visits", {"targets": (), "from_list": "north"}, "no such list", "from_list"),
        ("policy", {"targets": ("mill",)}, "not eligible", "targets.0"),
        ("policy", {"targets": ("firm-barred",)}, "not eligible", "targets.0"),
        ("policy", {"targets": (), "from_list": "east"}, "No enterprise is eligible", "targets"),
        (
            "visits",
            {"from_on": "2026-03-05", "to_on": "2026-03-04"},
            "not end before it begins",
            "to_on",
        ),
        ("visits", {"from_on": "1969-12-31"}, "outside the working calendar", "from_on"),
        ("visits", {"to_on": "9999-12-31"}, "outside the working calendar", "to_on"),
    ],
)
def test_a_campaign_that_cannot_be_is_not_opened(
    procedure: str, changes: dict[str, Any], message: str, field: str
) -> None:
    with pytest.raises(InvalidRequestError, match=message) as refused:
        c.opened(procedure, **changes)
    assert refused.value.field == field


def test_a_campaign_has_two_thousand_targets_at_most() -> None:
    many = [
        {"id": f"many-{number}", "name": m.name("x"), "grid": "east-1"} for number in range(2001)
    ]
    crowded = c.terms([c.VISITS], enterprises=many, lists=[])
    with pytest.raises(InvalidRequestError, match="too many targets") as refused:
        c.opened("visits", judged_by=crowded, targets=())
    assert refused.value.value == "2001"
    with pytest.raises(ValidationError):
        c.opening("visits", targets=tuple(each["id"] for each in many))
    full = c.opened("visits", judged_by=crowded, targets=[each["id"] for each in many[:2000]])
    with pytest.raises(InvalidRequestError, match="too many targets"):
        full.when(b.MON_10, m.asked(kind="add_target", enterprise="many-2000"))


def acted(*steps: str) -> m.MatterStory:
    """Return the story of a policy in which the first firm took these steps."""
    story = c.opened("policy", targets=c.FIRMS[:3])
    for id_ in steps:
        values = PAID if id_ == "paid" else {}
        story.then(b.MON_10, c.taken("firm-01", id_, values=values))
    return story


@pytest.mark.parametrize(
    ("before", "command", "kind", "message", "field"),
    [
        ((), c.taken("firm-01", "flown"), InvalidRequestError, "no such step", "step"),
        ((), c.taken("mill", "pushed"), InvalidRequestError, "not among", "enterprise"),
        ((), c.taken("firm-01", "explained"), InvalidRequestError, "comes before", "step"),
        (("pushed",), c.taken("firm-01", "pushed"), ConflictError, "recorded twice", "step"),
        (
            ("pushed", "applied", "approved", "paid"),
            c.taken("firm-01", "paid", values=PAID),
            ConflictError,
            "has taken the last step",
            "enterprise",
        ),
        (
            ("pushed", "applied", "refused"),
            c.taken("firm-01", "approved"),
            ConflictError,
            "Nothing more is asked",
            "enterprise",
        ),
        (
            (),
            c.of_many(("firm-01", "firm-01"), "pushed"),
            InvalidRequestError,
            "named twice",
            "enterprises",
        ),
        (
            ("pushed",),
            c.of_many(("firm-02", "firm-01"), "pushed"),
            ConflictError,
            "recorded twice",
            "step",
        ),
        (
            (),
            c.of_many(("firm-01", "firm-77"), "pushed"),
            InvalidRequestError,
            "not among",
            "enterprises.1",
        ),
        (
            ("pushed", "applied", "approved"),
            c.taken("firm-01", "paid", values={"amount": AMOUNT}),
            InvalidRequestError,
            "missing",
            "values.paid_on",
        ),
        (
            ("pushed", "applied", "approved"),
            c.taken("firm-01", "paid", values=PAID | {"amount": BARE}),
            InvalidRequestError,
            "in which currency",
            "values.amount.currency",
        ),
        (
            (),
            c.taken("firm-01", "pushed", on="2026-03-03"),
            InvalidRequestError,
            "outside the campaign",
            "on",
        ),
        (
            (),
            c.taken("firm-01", "pushed", on="2026-03-01"),
            InvalidRequestError,
            "outside the campaign",
            "on",
        ),
        (
            (),
            m.asked(kind="correct_step", enterprise="firm-01", step="pushed", reason="?"),
            InvalidRequestError,
            "could be corrected",
            "step",
        ),
        (
            ("pushed",),
            m.asked(
                kind="correct_step",
                enterprise="firm-01",
                step="pushed",
                on="2026-03-09",
                reason="?",
            ),
            InvalidRequestError,
            "outside the campaign",
            "on",
        ),
        (
            (),
            m.asked(kind="add_target", enterprise="firm-01"),
            ConflictError,
            "already",
            "enterprise",
        ),
        (
            (),
            m.asked(kind="add_target", enterprise="mill"),
            InvalidRequestError,
            "not eligible",
            "enterprise",
        ),
        (
            (),
            m.asked(kind="exclude_target", enterprise="mill", reason="?"),
            InvalidRequestError,
            "not among",
            "enterprise",
        ),
        (
            (),
            m.asked(kind="exclude_target", enterprise="firm-01", reason="?"),
            InvalidRequestError,
            "grounds",
            "code",
        ),
    ],
)
def test_what_does_not_fit_is_refused(
    before: tuple[str, ...], command: Any, kind: type[IssueError], message: str, field: str
) -> None:
    story = acted(*before)
    with pytest.raises(kind, match=message) as refused:
        story.when(b.MON_11, command)
    assert refused.value.field == field


def test_a_policy_is_never_paid_twice_even_where_payment_is_not_the_last_step() -> None:
    rule = c.changed(c.POLICY, "paid", ends=False)
    story = c.opened("policy", judged_by=c.terms([rule]), targets=c.FIRMS[:1])
    for id_ in ("pushed", "applied", "approved"):
        story.then(b.MON_10, c.taken("firm-01", id_))
    story.then(b.MON_10, c.taken("firm-01", "paid", values=PAID))
    with pytest.raises(ConflictError, match="never recorded twice") as refused:
        story.when(b.MON_11, c.taken("firm-01", "paid", values=PAID))
    assert refused.value.current == {"on": "2026-03-02"}


def test_a_step_is_repeated_as_often_as_its_rule_says() -> None:
    story = c.opened("visits")
    for _ in range(3):
        story.then(b.MON_10, c.taken("mill", "visit"))
    with pytest.raises(ConflictError, match="as often as it may be"):
        story.when(b.MON_10, c.taken("mill", "visit"))


def test_nothing_more_is_asked_of_who_was_taken_out() -> None:
    story = c.opened("visits")
    out = m.asked(kind="exclude_target", enterprise="mill", reason="It moved away.")
    story.then(b.MON_10, out)
    with pytest.raises(InvalidRequestError, match="taken out"):
        story.when(b.MON_10, c.taken("mill", "visit"))
    with pytest.raises(ConflictError, match="taken out of the campaign before"):
        story.when(b.MON_10, out)


def test_a_ground_that_the_procedure_does_not_name_is_refused() -> None:
    named = m.asked(kind="exclude_target", enterprise="mill", code="ineligible", reason="?")
    with pytest.raises(InvalidRequestError, match="grounds"):
        c.opened("visits").when(b.MON_10, named)


END = m.asked(kind="end_campaign", reason="Enough.")


@pytest.mark.parametrize(
    "command", [END, m.asked(kind="add_target", enterprise="bakery")], ids=["end", "add"]
)
def test_a_campaign_that_ended_takes_nobody_in_and_does_not_end_again(command: Any) -> None:
    story = c.opened("visits", targets=["mill"]).then(b.MON_10, END)
    with pytest.raises(InvalidRequestError, match="has ended"):
        story.when(b.MON_11, command)


def test_what_happened_after_the_end_is_no_part_of_the_campaign() -> None:
    story = c.opened("visits").then(b.MON_10, END)
    with pytest.raises(InvalidRequestError, match="outside the campaign"):
        story.when(b.TUE_9, c.taken("mill", "visit"))


def test_a_campaign_that_has_not_begun_is_not_ended() -> None:
    with pytest.raises(InvalidRequestError, match="has not begun"):
        c.opened("visits", from_on="2026-03-05").when(b.MON_10, END)


def test_nothing_happens_in_a_closed_campaign() -> None:
    story = c.opened("visits").then(b.MON_10, m.asked(kind="close_matter", ending="Done."))
    with pytest.raises(WrongPhaseError):
        story.when(b.MON_11, c.taken("mill", "visit"))


@pytest.mark.parametrize(
    ("command", "actor"),
    [
        (c.taken("mill", "delivered"), b.NEIGHBOUR),
        (c.taken("mill", "delivered"), b.ENTERPRISE),
        (c.taken("mill", "read"), b.OTHER_ENTERPRISE),
        (c.taken("mill", "read"), b.OFFICER),
        (c.of_many(("mill", "bakery"), "delivered"), b.OFFICER),
        (m.asked(kind="add_target", enterprise="firm-01"), b.OFFICER),
        (m.asked(kind="exclude_target", enterprise="mill", reason="?"), b.OFFICER),
        (END, b.OFFICER),
        (
            m.asked(kind="correct_step", enterprise="mill", step="delivered", reason="?"),
            b.NEIGHBOUR,
        ),
    ],
)
def test_whoever_may_not_do_something_is_told_who_may(command: Any, actor: Actor) -> None:
    with pytest.raises(NotPermittedError):
        c.opened("notices").when(b.MON_10, command, actor)


def test_the_accountable_post_may_record_what_names_nobody_else() -> None:
    rule = c.VISITS | {"steps": [{"id": "visit", "name": m.name("visit")}]}
    story = c.opened("visits", judged_by=c.terms([rule]))
    with pytest.raises(NotPermittedError):
        story.when(b.MON_10, c.taken("mill", "visit"), b.OFFICER)
    story.then(b.MON_10, m.asked(kind="hand_matter", post="grid-east-1", reason="Nearer."))
    story.then(b.MON_11, c.taken("bakery", "visit"), b.OFFICER)
    assert c.target_of(story, "bakery").finished


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (c.VISITS | {"steps": [c.step("a"), c.step("a")]}, "step 'a' twice"),
        (c.VISITS | {"steps": [c.step("a", needs=["b"])]}, "no other step 'b'"),
        (
            c.VISITS | {"steps": [c.step("a", needs=["b"]), c.step("b", needs=["a"])]},
            "wait for each other",
        ),
        (c.VISITS | {"steps": [c.step("a", times_max=2)]}, "times_max"),
        (c.VISITS | {"steps": [c.step("a"), c.step("b", from_step="a")]}, "from_step"),
        (c.VISITS | {"steps": [c.step("a.b")]}, "pattern"),
        (c.DAILY | {"cadence": c.DAILY["cadence"] | {"step": "other"}}, "no step 'other'"),
        (c.changed(c.DAILY, "report", once=True), "once = false"),
        (c.POLICY | {"exclusions": [c.POLICY["exclusions"][0]] * 2}, "'ineligible' twice"),
        (c.VISITS | {"eligible": {"segments": ["huge"]}}, "no segment 'huge'"),
        (c.VISITS | {"eligible": {"areas": ["north"]}}, "no area 'north'"),
        (c.VISITS | {"eligible": {"grids": ["north-1"]}}, "no grid 'north-1'"),
        (c.VISITS | {"eligible": {"lists": ["north"]}}, "no list 'north'"),
        (c.VISITS | {"eligible": {"not_on": ["north"]}}, "no list 'north'"),
        (
            c.VISITS | {"steps": [c.step("a", fields=[c.asks("f" * 60, "count")])]},
            "too long together",
        ),
        (c.VISITS | {"steps": [c.step(f"s{number}") for number in range(65)]}, "at most 64"),
    ],
)
def test_a_handbook_says_what_is_wrong_with_its_campaigns(
    rule: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValidationError, match=message):
        c.terms([rule])


@pytest.mark.parametrize(
    ("eligible", "meant"),
    [
        ({"areas": ["east"]}, {"mill", "foundry"}),
        ({"grids": ["east-1"]}, {"mill", "foundry"}),
        ({"lists": ["east", "barred"]}, {"mill", "foundry", "firm-barred"}),
        ({"lists": ["small-ones"], "segments": ["small"]}, {*c.FIRMS[:3], "firm-barred"}),
        ({"not_on": ["barred", "east"]}, {*c.FIRMS, "bakery"}),
    ],
)
def test_eligibility_is_data(eligible: dict[str, Any], meant: set[str]) -> None:
    judged_by = c.terms([c.VISITS | {"eligible": eligible}])
    assert {*c.opened("visits", judged_by=judged_by, targets=()).matter.enterprises} == meant
