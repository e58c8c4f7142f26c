"""Tokens that are good: who they say somebody is, and where the keys come from."""

import re

import httpx2
import pytest
from desks import Counter, StandingClock
from doors import ISSUER, KEYS_URL, Provider, ec, rsa
from joserfc.jwk import OctKey, RSAKey

from domain.access import Standing
from face.oidc import (
    ANSWER_BYTES_MAX,
    ASKED_AGAIN_S,
    KEYS_KEPT_S,
    KEYS_STALE_S,
    ProviderKeys,
    ProviderUnavailableError,
    Tokens,
    principal_in,
)
from face.problems import UnauthenticatedError
from ledger.memory import MemoryLedger
from runtime.errors import SettingsError
from runtime.marks import Marks
from runtime.settings import Settings

SETTINGS = Settings(oidc_issuer=ISSUER)
DISCOVERY = f"{ISSUER}/.well-known/openid-configuration"


class Watch:
    """Monotonic seconds, as a test moves them."""

    at = 0.0

    def __call__(self) -> float:
        return self.at


class Taken:
    """A reader of tokens with a provider behind it."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.clock = StandingClock()
        self.provider = Provider(self.clock.now())
        self.watch = Watch()
        self.keys = ProviderKeys(settings, transport=self.provider.transport(), now=self.watch)
        self.tokens = Tokens(settings, self.keys, self.clock.now)

    async def is_taken(self, token: str) -> bool:
        try:
            await self.tokens.principal(token)
        except UnauthenticatedError:
            return False
        return True


@pytest.fixture
def taken() -> Taken:
    """A reader whose provider is found by discovery."""
    return Taken()


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ({}, {}),
        ({"typ": "at+jwt"}, {}),
        ({"typ": "application/at+jwt"}, {}),
        ({"typ": None}, {}),
        ({"x5t": "abc"}, {}),
        ({}, {"aud": ["account", "closeout"]}),
        ({}, {"exp": -60 + 1}),
        ({}, {"nbf": 60}),
    ],
)
async def test_a_good_token_is_taken(
    taken: Taken, header: dict[str, object], said: dict[str, object]
) -> None:
    now = int(taken.provider.now.timestamp())
    moved = {name: now + value if isinstance(value, int) else value for name, value in said.items()}

    for key in (ec("ec-1"), rsa("rsa-1")):
        assert await taken.is_taken(taken.provider.token(key, header, **moved))


async def test_a_token_says_who_somebody_is(taken: Taken) -> None:
    person = await taken.tokens.principal(
        taken.provider.token(sub="s-9", closeout_zones=["east", "west"])
    )
    assert (person.person, person.enterprise) == ("person.a", None)
    assert (person.zones, person.standings, person.acting) == (("east", "west"), (), ())

    machine = await taken.tokens.principal(
        taken.provider.token(
            closeout_person=None,
            client_id="hotline",
            closeout_standings=["service", "admin", "offline_access"],
            closeout_zones="*",
        )
    )
    assert (machine.name, machine.person, machine.zones) == ("hotline", None, None)
    assert machine.standings == (Standing.SERVICE,)


def test_an_id_is_the_providers_own_for_somebody_and_does_not_tell_it() -> None:
    marks, mailbox = Marks(b"a key"), "mary@example.org"
    said = [
        principal_in({"sub": sub}, settings, marks).id
        for settings in (SETTINGS, SETTINGS.model_copy(update={"oidc_issuer": "https://else.org"}))
        for sub in (mailbox, mailbox, "mark@example.org")
    ]

    assert said[0] == said[1]
    assert len(set(said)) == 4
    assert all(re.fullmatch(r"oidc:[0-9a-f]{32}", each) for each in said)
    assert principal_in({"sub": mailbox}, SETTINGS, Marks(b"another")).id not in said
    assert mailbox not in repr(principal_in({"sub": mailbox}, SETTINGS, marks))


def test_claims_are_found_where_the_settings_say() -> None:
    settings = Settings(
        oidc_person_claim="employee.code",
        oidc_enterprise_claim="https://example.org/enterprise",
        oidc_standings_claim="realm_access.roles",
        oidc_zones_claim="groups",
    )
    claims = {
        "sub": "s",
        "employee": {"code": "p.7"},
        "https://example.org/enterprise": "mill",
        "realm_access": {"roles": ["auditor"]},
        "groups": "east west",
    }

    said = principal_in(claims, settings)

    assert (said.person, said.enterprise, said.zones) == ("p.7", "mill", ("east", "west"))
    assert said.standings == (Standing.AUDITOR,)


def test_who_is_let_into_no_zone_by_a_claim_is_let_into_none() -> None:
    said = principal_in({"sub": "s", "closeout_standings": ["operator"]}, SETTINGS)

    assert said.zones == ()
    assert not said.is_in("east")


async def test_keys_are_fetched_once_and_again_when_they_are_old(taken: Taken) -> None:
    for _ in range(5):
        assert await taken.is_taken(taken.provider.token())
    assert taken.provider.asked == [DISCOVERY, KEYS_URL]

    taken.watch.at = KEYS_KEPT_S + 1
    assert await taken.is_taken(taken.provider.token())
    assert taken.provider.asked.count(KEYS_URL) == 2


async def test_a_new_key_is_found_by_its_name_and_the_old_one_is_gone(taken: Taken) -> None:
    assert await taken.is_taken(taken.provider.token())
    taken.provider.keys = [ec("ec-2")]

    assert not await taken.is_taken(taken.provider.token(ec("ec-2")))
    taken.watch.at = ASKED_AGAIN_S
    assert await taken.is_taken(taken.provider.token(ec("ec-2")))
    assert not await taken.is_taken(taken.provider.token(ec("ec-1")))
    assert taken.provider.asked.count(KEYS_URL) == 2


async def test_where_there_is_one_key_of_a_kind_a_token_need_not_name_it(taken: Taken) -> None:
    assert await taken.is_taken(taken.provider.token(ec("ec-1"), {"kid": None}))
    taken.provider.keys.append(ec("ec-2"))
    taken.watch.at = KEYS_KEPT_S + 1

    assert not await taken.is_taken(taken.provider.token(ec("ec-1"), {"kid": None}))


@pytest.mark.parametrize(
    "key",
    [
        {"kty": "oct", "k": "c2VjcmV0", "kid": "ec-1"},
        ec("ec-1").as_dict(private=False) | {"use": "enc"},
        ec("ec-1").as_dict(private=False) | {"alg": "ES512"},
        ec("ec-1", "P-384").as_dict(private=False),
        {"kty": "EC", "crv": "P-256", "x": "AA", "y": "AA", "kid": "ec-1"},
        {"kty": "EC", "kid": ["ec-1"]},
        "ec-1",
    ],
)
async def test_keys_for_something_else_are_passed_over(taken: Taken, key: object) -> None:
    other = ec("ec-2").as_dict(private=False)
    taken.provider.answers[KEYS_URL] = httpx2.Response(200, json={"keys": [key, other]})

    assert not await taken.is_taken(taken.provider.token(ec("ec-1")))
    assert await taken.is_taken(taken.provider.token(ec("ec-2")))


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_a_key_of_few_bits_is_passed_over(taken: Taken) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    taken.provider.keys.append(weak)

    assert not await taken.is_taken(taken.provider.token(weak))
    assert await taken.is_taken(taken.provider.token())


async def test_a_secret_among_the_keys_is_not_taken_for_one(taken: Taken) -> None:
    secret = OctKey.generate_key(256, {"kid": "shared"})
    keys = [secret.as_dict(private=True), ec("ec-1").as_dict(private=False)]
    taken.provider.answers[KEYS_URL] = httpx2.Response(200, json={"keys": keys})
    from joserfc import jwt

    forged = jwt.encode(
        {"alg": "HS256", "kid": "shared"}, taken.provider.claims(), secret, algorithms=["HS256"]
    )

    assert not await taken.is_taken(forged)


ANSWERS = {
    "an error": httpx2.Response(500),
    "a way elsewhere": httpx2.Response(302, headers={"Location": "https://thief.example/keys"}),
    "no JSON": httpx2.Response(200, content=b"<html>"),
    "a list": httpx2.Response(200, json=[]),
    "no keys": httpx2.Response(200, json={"keys": []}),
    "too much": httpx2.Response(200, content=b" " * (ANSWER_BYTES_MAX + 1)),
    "bad UTF-8": httpx2.Response(200, content=b'{"keys": "\xff"}'),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS.keys())
async def test_without_keys_nobody_can_be_told(taken: Taken, answer: httpx2.Response) -> None:
    taken.provider.answers[KEYS_URL] = answer

    with pytest.raises(ProviderUnavailableError):
        await taken.tokens.principal(taken.provider.token())
    assert taken.provider.asked == [DISCOVERY, KEYS_URL]


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://thief.example", "jwks_uri": KEYS_URL},
        {"issuer": ISSUER},
        {"issuer": ISSUER, "jwks_uri": "http://login.example/keys"},
        {"issuer": ISSUER, "jwks_uri": "file:///etc/passwd"},
        {"issuer": ISSUER, "jwks_uri": 1},
    ],
)
async def test_a_discovery_of_something_else_is_not_followed(
    taken: Taken, told: dict[str, object]
) -> None:
    taken.provider.answers[DISCOVERY] = httpx2.Response(200, json=told)

    with pytest.raises(ProviderUnavailableError):
        await taken.tokens.principal(taken.provider.token())
    assert taken.provider.asked == [DISCOVERY]


async def test_known_keys_outlast_a_provider_that_is_away_for_a_day(taken: Taken) -> None:
    assert await taken.is_taken(taken.provider.token())
    taken.provider.answers[KEYS_URL] = httpx2.Response(503)

    taken.watch.at = KEYS_STALE_S
    assert await taken.is_taken(taken.provider.token())
    taken.watch.at = KEYS_STALE_S + 1
    with pytest.raises(ProviderUnavailableError):
        await taken.tokens.principal(taken.provider.token())


async def test_keys_may_be_named_without_discovery() -> None:
    taken = Taken(Settings(oidc_issuer=ISSUER, oidc_jwks_url=KEYS_URL))

    assert await taken.is_taken(taken.provider.token())
    assert taken.provider.asked == [KEYS_URL]


async def test_a_provider_that_is_away_is_nobodys_fault_but_forgeries_are_refused_all_the_same(
    clock: StandingClock,
) -> None:
    from doors import door_of

    provider = Provider(clock.now())
    provider.answers[KEYS_URL] = httpx2.Response(500)
    door = await door_of(Counter(MemoryLedger(), clock), provider)

    async with door.asked(provider.token()) as client:
        assert (await client.get("/v1/me")).status_code == 503
    async with door.asked("a.b.c") as client:
        assert (await client.get("/v1/me")).status_code == 401


@pytest.mark.parametrize(
    "url", ["http://login.example", "ftp://login.example", "login", "https://"]
)
def test_keys_in_the_clear_are_not_asked_for(url: str) -> None:
    with pytest.raises(SettingsError):
        Settings.load(oidc_issuer=url)
    assert Settings.load(oidc_issuer="http://127.0.0.1:8080/realm").oidc_issuer
