"""As whom a caller acts: never as anybody that they are not."""

from datetime import date

import builders as b
import pytest

from domain.access import PUBLIC, Acting, Principal, Standing
from domain.errors import InvalidRequestError, NotPermittedError
from domain.handbook import Handbook
from domain.people import ENGINE, Actor, Officer, Representative, Service
from domain.staffing import Delegation
from face.actors import actor_for

DAY = date(2026, 3, 2)
TWICE = "person.twice"


def handbook(**changes: object) -> Handbook:
    """The zone, with somebody who holds two posts, and a deputy."""
    data = b.HANDBOOK_DATA | {
        "posts": [
            post | ({"people": [*post["people"], TWICE]} if post["id"] in POSTS else {})
            for post in b.HANDBOOK_DATA["posts"]
        ],
        "delegations": [
            {
                "id": "absence",
                "post": b.OFFICER.post,
                "principal": b.OFFICER.person,
                "deputy": "person.deputy",
                "from_on": "2026-03-01",
                "to_on": "2026-03-10",
                **changes,
            }
        ],
    }
    return Handbook.model_validate(data)


POSTS = (b.OFFICER.post, b.HEAD.post)
ZONE = b.TERMS.handbook
OFFICER = Principal(id="user:o", name="o", person=b.OFFICER.person)
MILL = Principal(
    id="user:m", name="m", person=b.ENTERPRISE.person, enterprise=b.ENTERPRISE.enterprise
)
SERVICE = Principal(id="key:s", name="hotline", standings=(Standing.SERVICE,))
AUDITOR = Principal(id="user:a", name="a", standings=(Standing.AUDITOR,))
BOTH = SERVICE.model_copy(update={"acting": (Acting.OFFICERS, Acting.REPRESENTATIVES)})


def test_an_officer_of_one_post_need_not_name_it() -> None:
    expected = Officer(person=b.OFFICER.person, post=b.OFFICER.post)

    assert actor_for(OFFICER, ZONE, DAY) == expected
    assert actor_for(OFFICER, ZONE, DAY, post=b.OFFICER.post) == expected
    assert actor_for(OFFICER, ZONE, DAY, stated=expected) == expected


def test_of_several_posts_one_must_be_named() -> None:
    twice = Principal(id="user:t", name="t", person=TWICE)

    with pytest.raises(InvalidRequestError) as asked:
        actor_for(twice, handbook(), DAY)
    assert asked.value.allowed == ", ".join(sorted(POSTS))
    for post in POSTS:
        assert actor_for(twice, handbook(), DAY, post=post) == Officer(person=TWICE, post=post)


def test_a_representative_acts_for_their_enterprise() -> None:
    expected = Representative(person=b.ENTERPRISE.person, enterprise=b.ENTERPRISE.enterprise)

    assert actor_for(MILL, ZONE, DAY) == expected
    assert actor_for(MILL, ZONE, DAY, stated=expected) == expected


def test_a_deputy_acts_for_whom_a_delegation_in_force_says() -> None:
    deputy = Principal(id="user:d", name="d", person="person.deputy")
    expected = Officer(person="person.deputy", post=b.OFFICER.post, on_behalf_of=b.OFFICER.person)

    assert actor_for(deputy, handbook(), DAY, on_behalf_of=b.OFFICER.person) == expected
    assert actor_for(deputy, handbook(), DAY, stated=expected) == expected
    for zone in (ZONE, handbook(from_on="2026-03-03"), handbook(to_on="2026-03-01")):
        with pytest.raises(NotPermittedError):
            actor_for(deputy, zone, DAY, on_behalf_of=b.OFFICER.person)
    with pytest.raises(NotPermittedError):
        actor_for(deputy, handbook(), DAY, post=b.HEAD.post, on_behalf_of=b.OFFICER.person)
    assert {each.deputy for each in handbook().delegations} == {"person.deputy"}
    assert isinstance(handbook().delegations[0], Delegation)


def test_a_service_acts_as_itself_and_for_others_only_if_it_may() -> None:
    officer = Officer(person=b.OFFICER.person, post=b.OFFICER.post)
    mill = Representative(person="anybody", enterprise=b.ENTERPRISE.enterprise)
    officers_only = SERVICE.model_copy(update={"acting": (Acting.OFFICERS,)})

    assert actor_for(SERVICE, ZONE, DAY) == Service(name="hotline")
    assert actor_for(SERVICE, ZONE, DAY, stated=Service(name="hotline")) == Service(name="hotline")
    assert actor_for(BOTH, ZONE, DAY, stated=officer) == officer
    assert actor_for(BOTH, ZONE, DAY, stated=mill) == mill
    assert actor_for(officers_only, ZONE, DAY, stated=officer) == officer
    with pytest.raises(NotPermittedError):
        actor_for(officers_only, ZONE, DAY, stated=mill)


NOT_THEIRS: dict[str, tuple[Principal, Actor | None]] = {
    "nobody": (PUBLIC, None),
    "nobody as an officer": (PUBLIC, b.OFFICER),
    "an auditor": (AUDITOR, None),
    "an auditor as an officer": (AUDITOR, b.OFFICER),
    "an officer as the head": (OFFICER, b.HEAD),
    "an officer as another person in their post": (
        OFFICER,
        Officer(person=b.HEAD.person, post=b.OFFICER.post),
    ),
    "an officer as an enterprise": (OFFICER, b.ENTERPRISE),
    "an officer as a service": (OFFICER, Service(name="hotline")),
    "an officer as the engine": (OFFICER, ENGINE),
    "an enterprise as another": (
        MILL,
        Representative(person=b.ENTERPRISE.person, enterprise="another"),
    ),
    "an enterprise as an officer": (MILL, b.OFFICER),
    "an enterprise by a link": (
        MILL,
        Representative(person=b.ENTERPRISE.person, enterprise=b.ENTERPRISE.enterprise, link="l"),
    ),
    "a service as another": (SERVICE, Service(name="another")),
    "a service as an officer": (SERVICE, b.OFFICER),
    "a service as the engine": (BOTH, ENGINE),
    "a service whose name is no code": (SERVICE.model_copy(update={"name": "two words"}), None),
    "a stranger to the zone": (OFFICER.model_copy(update={"zones": ("elsewhere",)}), None),
    "who holds no post": (Principal(id="user:x", name="x", person="person.x"), None),
}


@pytest.mark.parametrize(("principal", "stated"), NOT_THEIRS.values(), ids=NOT_THEIRS.keys())
def test_nobody_acts_as_somebody_else(principal: Principal, stated: Actor | None) -> None:
    with pytest.raises(NotPermittedError):
        actor_for(principal, ZONE, DAY, stated=stated)


@pytest.mark.parametrize("named", [{"post": b.HEAD.post}, {"on_behalf_of": b.HEAD.person}])
def test_a_post_that_is_not_held_is_not_acted_in(named: dict[str, str]) -> None:
    for principal in (OFFICER, MILL):
        with pytest.raises(NotPermittedError):
            actor_for(principal, ZONE, DAY, **named)
    with pytest.raises(InvalidRequestError):
        actor_for(SERVICE, ZONE, DAY, **named)


def test_who_acts_is_said_in_one_way() -> None:
    with pytest.raises(InvalidRequestError):
        actor_for(OFFICER, ZONE, DAY, post=b.OFFICER.post, stated=b.OFFICER)
