"""How much one caller may ask: each has their own measure, and the table of them is bounded."""

import pytest
from desks import Counter, StandingClock
from doors import Door, door_of
from starlette.requests import HTTPConnection

from face.problems import TooManyRequestsError
from face.rates import Buckets, network_of
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack


class Watch:
    """Monotonic seconds, as a test moves them."""

    at = 100.0

    def __call__(self) -> float:
        return self.at


def taken(buckets: Buckets, name: str, tries: int) -> int:
    """Return how many of some tries are let in."""
    count = 0
    for _ in range(tries):
        try:
            buckets.take(name)
        except TooManyRequestsError:
            break
        count += 1
    return count


def test_a_burst_is_let_in_and_then_as_much_as_flows_in() -> None:
    watch = Watch()
    buckets = Buckets(60, 5, now=watch)

    assert taken(buckets, "a", 10) == 5
    watch.at += 2.5
    assert taken(buckets, "a", 10) == 2
    watch.at += 3600
    assert taken(buckets, "a", 10) == 5


def test_each_has_their_own_measure() -> None:
    buckets = Buckets(60, 2, now=Watch())

    assert taken(buckets, "a", 3) == 2
    assert taken(buckets, "b", 3) == 2


def test_when_the_next_is_let_in_is_told_and_kept() -> None:
    watch = Watch()
    buckets = Buckets(6, 1, now=watch)
    buckets.take("a")

    with pytest.raises(TooManyRequestsError) as refused:
        buckets.take("a")
    assert refused.value.retry_after_s == 10
    watch.at += refused.value.retry_after_s
    buckets.take("a")


def test_the_table_is_bounded_and_forgets_who_was_longest_away() -> None:
    watch = Watch()
    buckets = Buckets(1, 1, size_max=100, now=watch)
    buckets.take("a")
    for number in range(99):
        buckets.take(str(number))
    assert taken(buckets, "a", 1) == 0

    for number in range(1000, 1099):
        buckets.take(str(number))

    assert len(buckets) == 100
    assert taken(buckets, "a", 1) == 0
    assert taken(buckets, "0", 1) == 1


def test_without_a_limit_nothing_is_counted() -> None:
    buckets = Buckets(0, 1)

    assert taken(buckets, "a", 100) == 100
    assert len(buckets) == 0


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("", "?"),
        ("/run/socket", "?"),
    ],
)
def test_one_household_has_one_measure(host: str, network: str) -> None:
    connection = HTTPConnection({"type": "http", "headers": [], "client": (host, 1)})

    assert network_of(connection) == network


def test_who_comes_from_nowhere_is_counted_too() -> None:
    assert network_of(HTTPConnection({"type": "http", "headers": []})) == "?"


async def limited(clock: StandingClock) -> Door:
    return await door_of(
        Counter(MemoryLedger(), clock),
        rate_per_minute=60,
        rate_burst=3,
        rate_public_per_minute=60,
        rate_public_burst=2,
    )


async def test_a_caller_who_asks_too_much_is_told_when_to_come_back(clock: StandingClock) -> None:
    door = await limited(clock)
    async with door.asked(await door.key()) as one, door.asked(await door.key()) as other:
        statuses = [(await one.get("/v1/me")).status_code for _ in range(3)]
        refused = await one.get("/v1/me")
        fine = await other.get("/v1/me")

    assert statuses == [200, 200, 200]
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert refused.headers["Retry-After"] == "1"
    assert fine.status_code == 200


async def test_who_shows_nothing_good_is_counted_by_address_and_shuts_no_other_out(
    clock: StandingClock,
) -> None:
    door = await limited(clock)
    async with door.asked("ck_wrong") as wrong, door.asked(await door.key()) as good:
        statuses = [(await wrong.get("/v1/me")).status_code for _ in range(4)]
        from_there = await good.get("/v1/me")
    async with door.asked() as nobody:
        public = [(await nobody.get("/v1/me")).status_code for _ in range(3)]

    assert statuses == [401, 401, 429, 429]
    assert from_there.status_code == 200
    assert public == [200, 200, 429]


async def test_who_was_let_in_before_is_not_shut_out_by_what_others_show(
    clock: StandingClock,
) -> None:
    door = await limited(clock)
    async with door.asked("ck_wrong") as wrong, door.asked(await door.key()) as good:
        before = await good.get("/v1/me")
        statuses = [(await wrong.get("/v1/me")).status_code for _ in range(4)]
        after = await good.get("/v1/me")

    assert statuses[-1] == 429
    assert (before.status_code, after.status_code) == (200, 200)


async def test_a_key_that_was_good_is_tried_no_more_often_than_any_other(
    clock: StandingClock,
) -> None:
    door = await limited(clock)
    key = await door.key()
    async with (
        door.asked(key) as once_good,
        door.asked(await door.key(standings=["operator"])) as root,
    ):
        await once_good.get("/v1/me")
        gone = await root.delete(f"/v1/keys/{key.split('_')[1]}")
        statuses = [(await once_good.get("/v1/me")).status_code for _ in range(4)]

    assert gone.status_code == 200
    assert statuses == [401, 401, 429, 429]
