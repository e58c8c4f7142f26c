"""What registers come to: rates only with a denominator, of a version, of a day, or derived."""

import re
from datetime import date
from typing import Any

import builders as b
import builders_matters as m
import builders_registers as r
import pytest

from domain.matters.counting import figures_of
from domain.matters.figures import Figure
from domain.matters.register.by_day import days_recorded, figures_of_day
from domain.matters.register.figures import subjects_in, suppliers_up
from domain.matters.register.notes import NO_DENOMINATOR
from domain.matters.values import Amount, Count
from domain.matters.words import Precision

MON, TUE, WED = date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4)
ALL = r.members("foundry", "bakery", mill=["leader"])


def noted(figure: Figure) -> str:
    """Return what is said beside a figure, in English: in Chinese it has the same numbers and no
    English, but for what somebody stated themselves."""
    assert figure.note is not None
    zh, en = figure.note.zh, figure.note.en
    assert re.findall(r"\d+", zh) == re.findall(r"\d+", en)
    if ".stated" not in figure.id:
        assert not re.search("[A-Za-z]", zh), zh
    elif en.startswith(NO_DENOMINATOR.en):
        assert zh.startswith(NO_DENOMINATOR.zh)
    return en


def shares(figure: Figure) -> tuple[int | None, int | None]:
    """Return part and whole of a figure, as plain numbers."""
    part, whole = figure.part, figure.whole
    assert part is None or isinstance(part, Count)
    assert whole is None or isinstance(whole, Count)
    return (None if part is None else part.n), (None if whole is None else whole.n)


def shared(story: m.MatterStory, id_: str) -> tuple[int | None, int | None]:
    """Return part and whole of the story's figure."""
    return shares(r.figure(story, id_))


def stated(figures: dict[str, Any], label: str = "15 March", **more: Any) -> Any:
    """Return the command that states a sum."""
    return m.asked(kind="state_total", label=label, figures=figures, **more)


def test_a_rate_of_the_list_counts_its_present_version_and_says_which() -> None:
    story = r.opened(members=ALL).then(b.MON_10, r.status("resumed"))
    story.then(b.MON_10, r.status("resumed", "bakery"))
    resumed = r.figure(story, "rate.resumed")
    assert (shares(resumed), noted(resumed), resumed.of) == ((2, 3), "list version 1", "subject")
    assert not resumed.derived
    story.then(b.MON_11, r.revised(leaves=["bakery"]))
    resumed = r.figure(story, "rate.resumed")
    assert (shares(resumed), noted(resumed)) == ((1, 2), "list version 2")
    assert shared(story, "rate.at-work") == (2, 3)


def test_a_rate_of_a_class_counts_that_class_above_and_below_the_line() -> None:
    story = r.opened(members=ALL).then(b.MON_10, r.status("resumed", "bakery"))
    assert shared(story, "rate.leaders") == (0, 1)


def test_statuses_that_count_as_another_are_counted_under_its_name() -> None:
    story = r.opened(members=ALL).then(b.MON_10, r.status("resumed"))
    story.then(b.MON_10, r.status("partly", "bakery", problems=[r.problem()]))
    assert shared(story, "rate.at-work") == (2, 3)
    assert shared(story, "status.partly") == (1, 3)
    assert [each.id for each in subjects_in(r.register(story), "partly")] == ["bakery"]


def test_without_a_list_there_is_no_rate_of_it() -> None:
    story = r.opened(members=[])
    resumed = r.figure(story, "rate.resumed")
    assert (shares(resumed), resumed.note) == ((None, None), NO_DENOMINATOR)
    story.then(b.MON_10, r.about("add_subject", "mill"))
    assert shared(story, "rate.resumed") == (None, None)
    assert shared(story, "rate.at-work") == (0, 1)


def test_staff_in_post_are_summed_over_those_that_gave_both_numbers() -> None:
    story = r.opened(members=ALL)
    story.then(b.MON_10, r.values(present=r.count(40), employed=r.count(50)))
    story.then(b.TUE_9, r.values("bakery", present=r.count(9), employed=r.count(10)))
    story.then(b.TUE_9, r.values("foundry", present=r.count(500)))
    staff = r.figure(story, "rate.staff")
    assert (shares(staff), noted(staff)) == ((49, 60), "of 2026-03-02 to 2026-03-03")
    assert shared(story, "field.present") == (549, None)
    assert shared(story, "field.present.subjects") == (3, 3)


def test_nobody_employed_is_no_denominator() -> None:
    story = r.opened().then(b.MON_10, r.values(present=r.count(0), employed=r.count(0)))
    staff = r.figure(story, "rate.staff")
    assert (shares(staff), staff.note) == ((None, None), NO_DENOMINATOR)


def test_ratios_are_pooled_and_flags_are_counted_of_the_list() -> None:
    story = r.opened(members=ALL)
    yes, no = ({"kind": "flag", "yes": said} for said in (True, False))
    mood = {"kind": "choice", "id": "bad"}
    story.then(b.MON_10, r.values(capacity=r.ratio(1, 2), abnormal=yes, mood=mood))
    story.then(b.MON_10, r.values("bakery", capacity=r.ratio(5, 10), abnormal=no))
    story.then(b.MON_10, r.values("foundry", abnormal=yes))
    assert shared(story, "rate.capacity") == (6, 12)
    assert shared(story, "field.capacity") == (6, 12)
    assert shared(story, "rate.abnormal") == (2, 3)
    assert shared(story, "field.abnormal.yes") == (2, 3)
    assert shared(story, "field.mood.bad") == (1, 1)


def test_a_precision_that_was_stated_goes_into_the_sum() -> None:
    story = r.opened().then(
        b.MON_10, r.values(present={"kind": "count", "n": 5, "precision": "over"})
    )
    story.then(b.MON_10, r.values("foundry", present=r.count(6)))
    assert r.figure(story, "field.present").part == Count(n=11, precision=Precision.OVER)


def test_what_is_invested_is_a_rate_of_what_was_planned_in_the_same_money() -> None:
    story = r.opened("projects").then(b.MON_9, r.project(enterprise="mill"))
    command = r.values("dam", invested=r.cny(300), planned=r.cny(900))
    story.then(b.MON_10, command, b.HOTLINE)
    rate = r.figure(story, "rate.investment")
    assert rate.part == Amount(hundredths=300, currency="CNY")
    assert rate.whole == Amount(hundredths=900, currency="CNY")


def test_registers_of_one_procedure_are_pooled_and_those_without_a_list_are_left_out() -> None:
    first = r.opened(members=ALL).then(b.MON_10, r.status("resumed"))
    second, third = r.opened(members=r.members("mill")), r.opened(members=[])
    states = [r.register(each) for each in (first, second, third)]
    figures = {each.id: each for each in figures_of(r.rule_of(), states)}
    rate = figures["rate.resumed"]
    assert shares(rate) == (1, 4)
    assert noted(rate) == "lists of 2 registers; 1 without a denominator left out"


def test_no_register_at_all_gives_no_rate() -> None:
    figures = {each.id: each for each in figures_of(r.rule_of(), [])}
    assert shares(figures["rate.resumed"]) == (None, None)
    assert shares(figures["subjects"]) == (0, None)


def test_classes_have_all_their_names_and_the_stated_number_stands_beside_them() -> None:
    story = r.opened(members=ALL)
    assert r.figure(story, "class.part").name.en == "parts; few"
    assert shared(story, "class.leader") == (1, None)
    said = r.figure(story, "classes_stated")
    assert (shares(said), noted(said)) == ((7, None), "3 names are given")


def test_who_was_not_looked_at_in_time_is_counted() -> None:
    story = r.opened(members=ALL).then(b.WED_9, r.status("closed"))
    assert shared(story, "overdue") == (2, 3)


def test_suppliers_that_are_up_are_counted_of_all_that_a_firm_has() -> None:
    story = r.opened(members=ALL).then(b.MON_9, r.linked("mill", "foundry"))
    story.then(b.MON_9, r.linked("mill", "bakery")).then(b.MON_9, r.linked("bakery", "foundry"))
    story.then(b.MON_10, r.status("resumed", "foundry"))
    state, rule = r.register(story), r.rule_of()
    assert shares(suppliers_up(rule, state, "mill")) == (1, 2)
    assert shares(suppliers_up(rule, state, "bakery")) == (1, 1)
    assert shares(suppliers_up(rule, state, "foundry")) == (0, None)
    assert shared(story, "map.suppliers_up") == (1, 2)
    assert shared(story, "map.key_waiting") == (1, 1)
    assert shared(story, "map.links") == (3, None)
    story.then(b.MON_10, r.status("resumed", "bakery"))
    assert shared(story, "map.key_waiting") == (0, 1)


def test_of_22_suppliers_of_a_key_firm_one_is_still_closed() -> None:
    names = [f"supplier-{number}" for number in range(1, 23)]
    enterprises = [
        *b.HANDBOOK_DATA["enterprises"],
        *({"id": each, "name": m.name(each), "grid": "east-1"} for each in names),
    ]
    terms = m.terms_with(registers=[r.RESUMPTION], lists=r.LISTS, enterprises=enterprises)
    story = r.opened(terms=terms, members=r.members(*names, mill=["leader"]))
    for each in names:
        story.then(b.MON_9, r.linked("mill", each))
    for each in names[1:]:
        story.then(b.MON_10, r.status("resumed", each))
    state = r.register(story)
    assert shares(suppliers_up(r.rule_of(), state, "mill")) == (21, 22)
    asked = {"problem": r.problem("Wheels are short"), "of_supplier": r.problem("Closed")}
    story.then(b.MON_11, r.about("open_map_issue", **asked))
    assert [each.enterprise for each in story.events[-1].found] == ["mill", "supplier-1"]


def test_three_rates_of_one_day_are_of_that_day_alone() -> None:
    story = r.opened(members=ALL)
    story.then(b.WED_9, r.values(on=TUE, capacity=r.ratio(1, 4), present=r.count(1)))
    story.then(b.WED_9, r.values(on=WED, capacity=r.ratio(3, 4)))
    story.then(b.WED_9, r.values("bakery", on=TUE, capacity=r.ratio(1, 1)))
    story.then(b.WED_9, r.values(on=TUE, corrects=True, capacity=r.ratio(2, 4)))
    state, rule = r.register(story), r.rule_of()
    figures = {each.id: each for each in figures_of_day(rule, state, story.events, TUE)}
    assert (shares(figures["rate.capacity"]), noted(figures["rate.capacity"])) == (
        (3, 5),
        "of 2026-03-03",
    )
    assert figures["field.present"].part is None
    assert "rate.resumed" not in figures
    assert days_recorded(story.events) == (TUE, WED)
    assert figures_of_day(rule, state, story.events, MON)[0].note == NO_DENOMINATOR


def test_what_was_recorded_of_who_was_taken_out_and_came_back_is_not_of_the_newcomer() -> None:
    story = r.opened().then(b.MON_10, r.values(present=r.count(7)))
    story.then(b.MON_10, r.revised(leaves=["mill"]))
    story.then(b.MON_10, r.about("remove_subject", reason="Moved away."))
    story.then(b.MON_11, r.about("add_subject", "mill"))
    figures = figures_of_day(r.rule_of(), r.register(story), story.events, MON)
    assert {each.id: each.part for each in figures}["field.present"] is None


STATED: list[tuple[dict[str, Any], tuple[int | None, int | None], bool, str]] = [
    ({"resumed": r.ratio(22, 22)}, (22, 22), False, "15 March"),
    ({"resumed.part": r.count(28), "resumed.whole": r.count(28)}, (28, 28), False, "15 March"),
    ({"resumed.part": r.count(353), "resumed.share": r.ratio(100, 100)}, (353, 353), True, ""),
    ({"resumed.part": r.count(120), "resumed.share": r.ratio(93, 100)}, (120, 129), True, ""),
    (
        {"resumed.part": r.count(19576), "resumed.share": r.ratio(9967, 10000)},
        (19576, 19641),
        True,
        "",
    ),
    ({"resumed.whole": r.count(287), "resumed.share": r.ratio(1, 1)}, (287, 287), True, ""),
    ({"resumed.whole": r.count(200), "resumed.share": r.ratio(74, 100)}, (148, 200), True, ""),
    ({"resumed.part": r.count(282)}, (None, None), False, "no denominator: 15 March"),
    ({"resumed.share": r.ratio(74, 100)}, (None, None), False, "no denominator: 15 March"),
    (
        {"resumed.part": r.count(282), "resumed.whole": None},
        (None, None),
        False,
        "no denominator: 15 March",
    ),
    (
        {"resumed.part": r.count(0), "resumed.share": r.ratio(0, 100)},
        (None, None),
        False,
        "no denominator: 15 March",
    ),
    (
        {"resumed.part": r.count(0), "resumed.whole": r.count(0)},
        (None, None),
        False,
        "no denominator: 15 March",
    ),
    (
        {"resumed.part": r.count(10**15), "resumed.share": r.ratio(1, 10**9)},
        (None, None),
        False,
        "no denominator: 15 March",
    ),
]


@pytest.mark.parametrize(("figures", "expected", "derived", "note"), STATED)
def test_of_part_whole_and_share_two_give_the_third(
    figures: dict[str, Any], expected: tuple[int | None, int | None], derived: bool, note: str
) -> None:
    story = r.opened(members=[]).then(b.MON_10, stated(figures))
    found = r.figure(story, "rate.resumed.stated")
    assert (shares(found), found.derived) == (expected, derived)
    assert noted(found) == (note or "15 March")
    assert shared(story, "rate.resumed") == (None, None)


def test_a_derived_denominator_is_about_that_many() -> None:
    said = {"resumed.part": r.count(120), "resumed.share": r.ratio(93, 100)}
    story = r.opened(members=[]).then(b.MON_10, stated(said, as_of_on="2022-12-03"))
    found = r.figure(story, "rate.resumed.stated")
    assert found.part == Count(n=120)
    assert found.whole == Count(n=129, precision=Precision.ABOUT)
    assert noted(found) == "15 March, 2022-12-03"


def test_a_share_that_is_everything_gives_exactly_as_many_or_as_uncertain_ones() -> None:
    over = {"kind": "count", "n": 11_300, "precision": "over"}
    said = {"resumed.part": over, "resumed.share": r.ratio(1, 1)}
    story = r.opened(members=[]).then(b.MON_10, stated(said))
    assert r.figure(story, "rate.resumed.stated").whole == Count(n=11_300, precision=Precision.OVER)


def test_totals_that_were_corrected_or_say_nothing_of_a_rate_are_no_rates() -> None:
    story = r.opened(members=[])
    story.then(b.MON_10, stated({"resumed": r.ratio(1, 2)}, "First"))
    story.then(b.MON_10, stated({"resumed": r.ratio(2, 2)}, "Second", replaces=1))
    story.then(b.MON_10, stated({"loans": r.count(3)}, "Other"))
    story.then(b.MON_10, stated({"resumed": r.ratio(3, 4)}, "Third"))
    ids = [each.id for each in figures_of(r.rule_of(), [r.register(story)]) if each.note]
    assert [each for each in ids if ".stated" in each] == [
        "rate.resumed.stated",
        "rate.resumed.stated.2",
    ]
    assert noted(r.figure(story, "rate.resumed.stated")) == "Second"
