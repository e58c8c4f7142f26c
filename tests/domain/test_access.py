"""Who may do what through a face, and how far it reaches."""

from datetime import date

import builders as b
import pytest

from domain.access import (
    ACCESS,
    PUBLIC,
    Act,
    Principal,
    Standing,
    horizon,
    posts_held,
    require_act,
    standings_in,
)
from domain.errors import NotPermittedError

DAY = date(2026, 3, 2)
BOOK = b.HANDBOOK


def person(code: str, **more: object) -> Principal:
    """Return somebody who signed in as a person."""
    return Principal.model_validate({"id": f"user:{code}", "name": code, "person": code} | more)


def test_every_act_is_in_the_table_and_somebody_may_do_it() -> None:
    assert set(ACCESS) == set(Act)
    assert all(ACCESS.values())


def test_an_officer_stands_in_the_territory_of_the_post() -> None:
    seen = horizon(person(b.OFFICER.person), Act.READ_ISSUES, BOOK, DAY)

    assert seen.enterprises == {"mill", "foundry"}
    assert seen.posts == {b.OFFICER.post}
    assert not seen.whole


def test_an_enterprise_sees_its_own_and_no_more() -> None:
    seen = horizon(person("mill.a", enterprise="mill"), Act.READ_ISSUES, BOOK, DAY)

    assert (seen.enterprises, seen.posts, seen.units) == ({"mill"}, frozenset(), frozenset())


def test_a_unit_sees_its_parts() -> None:
    code = next(each.people[0] for each in BOOK.posts if each.id == "roads-desk")
    seen = horizon(person(code), Act.READ_ISSUES, BOOK, DAY)

    assert (seen.units, seen.posts, seen.enterprises) == ({"roads"}, {"roads-desk"}, frozenset())


def test_who_is_let_into_another_zone_only_stands_as_the_public_here() -> None:
    stranger = person(b.OFFICER.person, zones=("elsewhere",))

    assert standings_in(stranger, BOOK, DAY) == {Standing.PUBLIC}
    with pytest.raises(NotPermittedError):
        require_act(stranger, Act.READ_ISSUES, BOOK, DAY)


def test_an_operator_reads_no_issue() -> None:
    operator = Principal(id="user:op", name="op", standings=(Standing.OPERATOR,))

    assert horizon(operator, Act.READ_ISSUES, BOOK, DAY).is_empty
    assert horizon(PUBLIC, Act.READ_ISSUES, BOOK, DAY).is_empty
    assert horizon(PUBLIC, Act.READ_CONTACT_BOARD, BOOK, DAY).whole


def test_a_key_that_is_limited_to_some_acts_does_no_others() -> None:
    key = Principal(id="key:k", name="k", standings=(Standing.SERVICE,), acts=(Act.REPORT,))

    assert horizon(key, Act.REPORT, BOOK, DAY).whole
    assert horizon(key, Act.READ_ISSUES, BOOK, DAY).is_empty


def test_a_deputy_stands_in_the_post_on_the_days_of_the_delegation_and_holds_it_never() -> None:
    book = b.handbook(
        delegations=[
            {
                "id": "leave",
                "post": b.OFFICER.post,
                "principal": b.OFFICER.person,
                "deputy": "stand-in",
                "from_on": "2026-03-02",
                "to_on": "2026-03-03",
            }
        ]
    )
    deputy = person("stand-in")

    assert posts_held(deputy, book, DAY) == ()
    assert horizon(deputy, Act.COMMAND, book, DAY).enterprises == {"mill", "foundry"}
    assert horizon(deputy, Act.COMMAND, book, date(2026, 3, 4)).is_empty
    assert horizon(deputy, Act.COMMAND, book, date(2026, 3, 1)).is_empty
