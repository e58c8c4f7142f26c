"""What holds of every register, whatever is asked of it."""

from datetime import date, timedelta
from typing import Any, get_args

import builders as b
import builders_matters as m
import builders_registers as r
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IssueError
from domain.matters.counting import figures_of
from domain.matters.events import MATTER_EVENT
from domain.matters.register.chain import all_held_up, held_up_by, waiting_for, waits_for
from domain.matters.register.events import RegisterEvent
from domain.matters.register.evolve import evolve_register
from domain.matters.register.state import DAYS_KEPT, Register
from domain.matters.register.stated import derived_part, derived_whole
from domain.matters.values import Count, Ratio
from domain.people import ENGINE

FIRMS = st.sampled_from(["mill", "foundry", "bakery"])
STATUSES = st.sampled_from(["closed", "partly", "resumed", "moved-away"])
DAYS = st.integers(-5, 40).map(lambda days: date(2026, 3, 2) + timedelta(days=days))
CLASSES = st.lists(st.sampled_from(["leader", "part"]), max_size=2, unique=True)


def _member(subject: str, classes: list[str]) -> dict[str, Any]:
    return {"subject": subject, "classes": classes}


def _numbers(firm: str, on: date, present: int, employed: int, corrects: bool) -> Any:
    given = {"present": r.count(present), "employed": r.count(employed)}
    return r.values(firm, on=on, corrects=corrects, **given)


def _set(status: str, firm: str, on: date, corrects: bool) -> Any:
    return r.status(status, firm, on=on, corrects=corrects, problems=[r.problem()])


def _unlinked(customer: str, supplier: str) -> Any:
    return m.asked(kind="unlink_supplier", customer=customer, supplier=supplier, reason="No.")


ACTS = st.one_of(
    st.builds(_set, STATUSES, FIRMS, DAYS, st.booleans()),
    st.builds(_numbers, FIRMS, DAYS, st.integers(0, 9), st.integers(0, 9), st.booleans()),
    st.builds(
        lambda each: r.revised(members=each),
        st.lists(st.builds(_member, FIRMS, CLASSES), max_size=3, unique_by=lambda e: e["subject"]),
    ),
    st.builds(lambda firm, of: r.revised(joins=[_member(firm, of)]), FIRMS, CLASSES),
    st.builds(lambda firm: r.revised(leaves=[firm]), FIRMS),
    st.builds(lambda firm: r.about("add_subject", firm), FIRMS),
    st.builds(lambda firm: r.about("remove_subject", firm, reason="Gone."), FIRMS),
    st.builds(r.linked, FIRMS, FIRMS),
    st.builds(_unlinked, FIRMS, FIRMS),
    st.just(r.ring()),
)


def played(acts: list[tuple[int, Any]]) -> m.MatterStory:
    """Return the story of a register to which all this was said, hours apart."""
    story, at = r.opened(members=r.members("mill")), b.MON_9
    for hours, command in acts:
        at += timedelta(hours=hours)
        actor = ENGINE if command.kind == "ring_matter" else b.COORDINATOR
        try:
            story.then(at, command, actor)
        except IssueError:
            continue
    return story


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), ACTS), max_size=14))
def test_whatever_is_said_the_numbers_of_a_register_agree(acts: list[tuple[int, Any]]) -> None:
    story = played(acts)
    state, rule = r.register(story), r.rule_of()
    figures = {each.id: each for each in figures_of(rule, [state])}
    by_status = [figures[f"status.{each.id}"] for each in rule.statuses]
    among = [each.part.n for each in by_status if isinstance(each.part, Count)]
    unknown = figures["status_not_stated"].part
    assert isinstance(unknown, Count)
    assert sum(among) + unknown.n == len(state.subjects)
    for each in figures.values():
        if each.id.startswith("rate."):
            assert (each.part is None) == (each.whole is None)
        if each.of == "subject" and isinstance(each.part, Count) and isinstance(each.whole, Count):
            assert each.part.n <= each.whole.n


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 40), ACTS), max_size=14))
def test_whatever_is_said_a_register_waits_for_the_first_that_is_due(
    acts: list[tuple[int, Any]],
) -> None:
    state = r.register(played(acts))
    due, ids = state.due("check"), [each.id for each in state.subjects]
    first = min((e.check.due_at for e in state.subjects if e.check is not None), default=None)
    assert (None if due is None else due.due_at) == first
    assert len(state.dues) <= 1
    assert len(ids) == len(set(ids))
    assert all({link.customer, link.supplier} <= set(ids) for link in state.links)
    for each in state.subjects:
        assert list(each.recorded_on) == sorted(set(each.recorded_on))[-DAYS_KEPT:]
        assert bool(each.values) == bool(each.recorded_on)
        assert each.since is None or each.stated_on is None or each.since <= each.stated_on
        assert each.listed or not each.classes


LINKS = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), max_size=20, unique=True)


@settings(max_examples=80)
@given(LINKS, st.sets(st.integers(0, 7)))
def test_who_waits_for_whom_is_the_same_from_both_ends(
    pairs: list[tuple[int, int]], up: set[int]
) -> None:
    state, rule = _mapped(pairs, up), r.rule_of()
    names = [each.id for each in state.subjects]
    ahead = {name: {each.subject for each in waiting_for(state, name)} for name in names}
    back = {name: {each.subject for each in waits_for(state, name)} for name in names}
    assert all((b_ in ahead[a]) == (a in back[b_]) for a in names for b_ in names)
    assert all(name not in ahead[name] for name in names)
    around = all_held_up(rule, state)
    for name in names:
        assert {each.id for each in held_up_by(rule, state, name)} <= back[name]
        assert not held_up_by(rule, state, name) or name in around


def _mapped(pairs: list[tuple[int, int]], up: set[int]) -> Register:
    """Return a register of eight with these links, and these that are up."""
    empty = r.register(r.opened(members=[]))
    subjects = tuple(
        {"id": f"firm-{number}", "status": "resumed" if number in up else "closed"}
        for number in range(8)
    )
    links = [{"customer": f"firm-{c}", "supplier": f"firm-{s}"} for c, s in pairs if c != s]
    return Register.model_validate(
        empty.model_dump(mode="json") | {"subjects": subjects, "links": links}
    )


@given(st.integers(0, 10**9), st.integers(0, 10_000), st.integers(1, 10_000))
def test_a_derived_number_gives_the_share_back_as_nearly_as_whole_numbers_can(
    part: int, share: int, among: int
) -> None:
    whole = derived_whole(Count(n=part), Ratio(part=share, whole=among))
    if share == 0:
        assert whole is None
    elif whole is not None:
        assert 2 * abs(whole.n * share - part * among) <= share
    back = derived_part(Count(n=part), Ratio(part=share, whole=among))
    assert back is not None
    assert 2 * abs(back.n * among - part * share) <= among


def test_every_event_of_a_register_is_of_the_ledger_and_folds() -> None:
    kinds = {each.model_fields["kind"].default for each in get_args(RegisterEvent)}
    known = MATTER_EVENT.json_schema()["discriminator"]["mapping"]
    assert kinds <= known.keys()
    opened = r.opened()
    first = opened.events[0]
    assert isinstance(first, RegisterEvent)
    assert evolve_register(r.register(opened), first) == {}
