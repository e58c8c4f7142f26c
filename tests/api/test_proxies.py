"""Behind a proxy: a client's address as a trusted proxy says it, and tries at passwords by it."""

import pytest
from desks import Counter, StandingClock
from doors import PASSWORD, Door, door_of
from pydantic import ValidationError
from starlette.datastructures import Headers
from starlette.requests import HTTPConnection

from face.problems import TooManyRequestsError
from face.proxies import client_of
from face.sessions import TRIES_AT_ONCE, TRIES_OF_NAME_AT_ONCE, Attempts
from ledger.memory import MemoryLedger
from runtime import passwords
from runtime.settings import Settings

pytestmark = pytest.mark.attack

PROXIES = "10.0.0.0/8, ::1"


@pytest.mark.parametrize(
    ("peer", "said", "client"),
    [
        ("10.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9", "203.0.113.9"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.0.0.1", "203.0.113.9:4711", "203.0.113.9"),
        ("::1", "[2001:db8::5]:80", "2001:db8::5"),
        ("::ffff:10.0.0.1", "2001:db8::5", "2001:db8::5"),
        ("10.0.0.1", "203.0.113.9, unknown", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
    ],
)
def test_the_last_hop_that_is_no_proxy_of_ours_is_the_client(
    peer: str, said: str, client: str
) -> None:
    settings = Settings(trusted_proxies=PROXIES)
    headers = Headers({"x-forwarded-for": said, "forwarded": "for=192.0.2.1"})

    assert client_of(peer, headers, settings) == client


@pytest.mark.parametrize(
    ("said", "client"),
    [
        ("for=203.0.113.9;proto=https", "203.0.113.9"),
        ('for=192.0.2.1, By=10.0.0.1;For="[2001:db8::5]:80"', "2001:db8::5"),
        ('for=", for=203.0.113.9', "203.0.113.9"),
        ("for=_hidden", "10.0.0.1"),
        # Going back over the blanks again and again would take hours.
        pytest.param(
            "for=" + " " * 16_000 + '""', "10.0.0.1", id="blanks", marks=pytest.mark.timeout(30)
        ),
    ],
)
def test_the_standard_header_is_read_where_it_is_the_one_that_counts(
    said: str, client: str
) -> None:
    settings = Settings(trusted_proxies=PROXIES, proxy_header="forwarded")
    headers = Headers({"forwarded": said, "x-forwarded-for": "192.0.2.7"})

    assert client_of("10.0.0.1", headers, settings) == client


@pytest.mark.parametrize("text", ["proxy.example", "10.0.0.1/8", "10.0.0.0/33"])
def test_what_is_no_network_is_no_proxy(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings(trusted_proxies=text)


def at(address: str) -> HTTPConnection:
    return HTTPConnection({"type": "http", "headers": [], "client": (address, 1)})


def tried(attempts: Attempts, address: str, name: str, times: int) -> int:
    """Return how many of some wrong passwords are looked at."""
    looked_at = 0
    for _ in range(times):
        try:
            attempts.begin(at(address), name)
        except TooManyRequestsError:
            break
        looked_at += 1
    return looked_at


def test_a_name_that_is_tried_from_many_addresses_stays_open_where_it_was_signed_in_to() -> None:
    attempts = Attempts()
    attempts.begin(at("192.0.2.1"), "operator")
    attempts.succeeded(at("192.0.2.1"), "operator")

    tries = [tried(attempts, f"198.51.100.{n}", "operator", 9) for n in range(40)]

    assert max(tries) == TRIES_AT_ONCE
    assert sum(tries) == TRIES_OF_NAME_AT_ONCE
    assert tried(attempts, "198.51.100.200", "operator", 1) == 0
    assert tried(attempts, "192.0.2.1", "operator", 1) == 1


def test_one_address_that_is_wrong_about_a_name_keeps_no_other_from_it() -> None:
    attempts = Attempts()

    assert tried(attempts, "198.51.100.1", "operator", 9) == TRIES_AT_ONCE
    assert tried(attempts, "192.0.2.1", "operator", 1) == 1


def test_who_is_right_never_waits_however_many_come_from_one_address() -> None:
    attempts = Attempts()

    for number in range(300):
        attempts.begin(at("192.0.2.1"), f"user-{number}")
        attempts.succeeded(at("192.0.2.1"), f"user-{number}")


async def test_wrong_passwords_from_behind_a_proxy_are_counted_for_each_client(
    clock: StandingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))
    # What stands before a face in tests is 127.0.0.1.
    door: Door = await door_of(Counter(MemoryLedger(), clock), trusted_proxies="127.0.0.1")
    await door.user("li", person="p")
    statuses = {}
    async with door.asked() as client:
        for password, times in (("wrong", TRIES_AT_ONCE + 1), (PASSWORD, 1)):
            for address in ("198.51.100.1", "203.0.113.9"):
                for _ in range(times if address != "203.0.113.9" or times == 1 else 0):
                    answer = await client.post(
                        "/v1/sessions",
                        json={"name": "li", "password": password},
                        headers={"X-Forwarded-For": address},
                    )
                    statuses[address] = answer.status_code

    assert statuses == {"198.51.100.1": 429, "203.0.113.9": 201}
