"""Tokens that are no good: whatever is shown, the answer is 401."""

import base64
import hashlib
import hmac
import json
import random
from collections.abc import Callable, Iterator, Mapping

import pytest
from deep import FOUND, deep
from desks import Counter, StandingClock
from doors import KEYS_URL, Door, Provider, door_of, ec, rsa
from joserfc.jwk import RSAKey

from face.oidc import TOKEN_CHARACTERS_MAX
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

SOME = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=. +/\x00\u00e9"
LEEWAY_S = 60
REFUSED: list[str] = []


@pytest.fixture(scope="module", autouse=True)
def counted() -> Iterator[None]:
    """Say at the end how many were shown."""
    yield
    FOUND.append(f"tokens that are no good: {len(REFUSED)} shown, {len(REFUSED)} refused with 401")


@pytest.fixture(scope="module")
def provider() -> Provider:
    """A provider whose clock is the desk's."""
    return Provider(StandingClock().now())


@pytest.fixture(scope="module")
async def door(provider: Provider) -> Door:
    """A face that takes the provider's tokens: nothing that is shown to it here changes it."""
    return await door_of(Counter(MemoryLedger(), StandingClock()), provider)


def encoded(plain: bytes | Mapping[str, object]) -> str:
    text = plain if isinstance(plain, bytes) else json.dumps(plain).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=").decode()


def unsigned(provider: Provider, algorithm: object) -> str:
    return f"{encoded({'alg': algorithm})}.{encoded(provider.claims())}."


def by_secret(provider: Provider, secret: bytes, header: Mapping[str, object]) -> str:
    """The confusion of RS256 and HS256: what everybody knows, taken for a secret."""
    said = f"{encoded({'alg': 'HS256', **header})}.{encoded(provider.claims())}"
    return f"{said}.{encoded(hmac.new(secret, said.encode(), hashlib.sha256).digest())}"


def public_pem(key: RSAKey) -> bytes:
    return key.as_pem(private=False)


def own_key(provider: Provider) -> str:
    """A token signed with a key that it brings along itself."""
    key = rsa("thief")
    return provider.token(key, {"jwk": key.as_dict(private=False), "kid": None})


def with_signature(token: str, change: Callable[[bytes], bytes]) -> str:
    said, _, signature = token.rpartition(".")
    return f"{said}.{encoded(change(base64.urlsafe_b64decode(signature + '==')))}"


def other_form(token: str) -> str:
    """The same bytes, written in base64url as they are not: the last bits count for nothing."""
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return token[:-1] + last[last.index(token[-1]) ^ 1]


def twice(provider: Provider) -> str:
    header = b'{"alg":"none","alg":"ES256","kid":"ec-1"}'
    return f"{encoded(header)}.{provider.token().partition('.')[2]}"


Forge = Callable[[Provider], str]
FORGED: dict[str, Forge] = {
    "nothing": lambda _: "",
    "a space": lambda _: " ",
    "a word": lambda _: "token",
    "two dots": lambda _: "..",
    "no signature": lambda p: p.token().rpartition(".")[0] + ".",
    "two parts": lambda p: p.token().rpartition(".")[0],
    "four parts": lambda p: p.token() + ".e30",
    "five parts, as if sealed": lambda p: p.token() + ".e30.e30",
    "alg none": lambda p: unsigned(p, "none"),
    "alg None": lambda p: unsigned(p, "None"),
    "alg nONE with a signature": lambda p: p.token(header={"alg": "ES256"}).replace(
        p.token().partition(".")[0], encoded({"alg": "nONE"})
    ),
    "alg empty": lambda p: unsigned(p, ""),
    "alg null": lambda p: unsigned(p, None),
    "alg a list": lambda p: unsigned(p, ["ES256"]),
    "HS256 by the public key's PEM": lambda p: by_secret(
        p, public_pem(rsa("rsa-1")), {"kid": "rsa-1"}
    ),
    "HS256 by the public key's modulus": lambda p: by_secret(
        p, str(rsa("rsa-1").as_dict(private=False)["n"]).encode(), {"kid": "rsa-1"}
    ),
    "HS256 by nothing": lambda p: by_secret(p, b"", {}),
    "HS256 named ES256": lambda p: by_secret(
        p, public_pem(rsa("rsa-1")), {"alg": "ES256", "kid": "ec-1"}
    ),
    "RS256 by the key of ES256": lambda p: with_header(
        p.token(ec("ec-1")), {"alg": "RS256", "kid": "ec-1"}
    ),
    "another key of the same name": lambda p: p.token(ec("thief"), {"kid": "ec-1"}),
    "another key of its own name": lambda p: p.token(ec("thief")),
    "another key without a name": lambda p: p.token(rsa("thief"), {"kid": None}),
    "a key on another curve": lambda p: with_header(
        p.token(ec("ec-1")), {"alg": "ES384", "kid": "ec-1"}
    ),
    "a key that it brings along": own_key,
    "a place of keys that it names": lambda p: with_header(
        p.token(), {"alg": "ES256", "kid": "ec-1", "jku": "https://thief.example/keys"}
    ),
    "certificates that it brings along": lambda p: with_header(
        p.token(), {"alg": "ES256", "kid": "ec-1", "x5c": ["MIIB"]}
    ),
    "an unknown crit": lambda p: with_header(
        p.token(), {"alg": "ES256", "kid": "ec-1", "crit": ["exp"], "exp": 1}
    ),
    "a payload that is not encoded": lambda p: with_header(
        p.token(), {"alg": "ES256", "kid": "ec-1", "b64": False, "crit": ["b64"]}
    ),
    "packed": lambda p: with_header(p.token(), {"alg": "ES256", "kid": "ec-1", "zip": "DEF"}),
    "alg named twice": twice,
    "kid a path": lambda p: with_header(p.token(), {"alg": "ES256", "kid": "../../dev/null"}),
    "kid SQL": lambda p: with_header(p.token(), {"alg": "ES256", "kid": "' OR 1=1 --"}),
    "kid a number": lambda p: with_header(p.token(), {"alg": "ES256", "kid": 1}),
    "a header that is a list": lambda p: with_header(p.token(), b"[1]"),
    "a header that is a number": lambda p: with_header(p.token(), b"1"),
    "a header that is no JSON": lambda p: with_header(p.token(), b"{"),
    "a header of bad UTF-8": lambda p: with_header(p.token(), b'{"alg":"\xff\xfe"}'),
    "a deep header": lambda p: with_header(p.token(), b"[" * 380),
    "a long header": lambda p: with_header(
        p.token(), {"alg": "ES256", "kid": "ec-1", "typ": "JWT" + " " * 600}
    ),
    "a token to sign out": lambda p: p.token(header={"typ": "logout+jwt"}),
    "typ a number": lambda p: p.token(header={"typ": "JWE"}),
    "expired": lambda p: p.token(exp=at(p) - LEEWAY_S - 1),
    "expired long ago": lambda p: p.token(exp=1),
    "expiring never": lambda p: p.token(exp=None),
    "expiring at a word": lambda p: p.token(exp="tomorrow"),
    "expiring at infinity": lambda p: p.token(exp=float("inf")),
    "expiring at a truth": lambda p: p.token(exp=True),
    "not yet": lambda p: p.token(nbf=at(p) + LEEWAY_S + 1),
    "another audience": lambda p: p.token(aud="another"),
    "other audiences": lambda p: p.token(aud=["another", "closeout2"]),
    "no audience": lambda p: p.token(aud=None),
    "an empty audience": lambda p: p.token(aud=[]),
    "another issuer": lambda p: p.token(iss="https://login.example.thief.example"),
    "the issuer with a slash": lambda p: p.token(iss="https://login.example/"),
    "no issuer": lambda p: p.token(iss=None),
    "no subject": lambda p: p.token(sub=None),
    "an empty subject": lambda p: p.token(sub=""),
    "a long subject": lambda p: p.token(sub="s" * 191),
    "a subject of two lines": lambda p: p.token(sub="a\nb"),
    "a subject that is a number": lambda p: p.token(sub=7),
    "a person that is no code": lambda p: p.token(closeout_person="Robert'); DROP TABLE"),
    "a person that is a list": lambda p: p.token(closeout_person=["person.a"]),
    "an enterprise of nobody": lambda p: p.token(closeout_person=None, closeout_enterprise="mill"),
    "zones that are numbers": lambda p: p.token(closeout_zones=[1]),
    "zones that are no codes": lambda p: p.token(closeout_zones=["east zone"]),
    "standings that are a map": lambda p: p.token(closeout_standings={"operator": True}),
    "the signature padded": lambda p: p.token() + "==",
    "the signature in another form": lambda p: other_form(p.token()),
    "the signature cut": lambda p: p.token()[:-2],
    "the signature longer": lambda p: p.token() + "AAAA",
    "the signature zero": lambda p: with_signature(p.token(), lambda s: bytes(len(s))),
    "the signature all ones": lambda p: with_signature(p.token(), lambda s: b"\xff" * len(s)),
    "a line behind it": lambda p: p.token() + "\n",
    "a space before it": lambda p: " " + p.token(),
    "a space within": lambda p: p.token().replace(".", ". ", 1),
    "huge": lambda p: p.token(filler="x" * TOKEN_CHARACTERS_MAX),
    "huge and nothing": lambda _: "A" * 15_000,
    "dots only": lambda _: "." * 5000,
    "of another alphabet": lambda p: p.token().replace(".", "\uff0e"),
    "a key": lambda _: f"ck_{'0' * 12}_{'0' * 64}",
    "a key that is cut": lambda _: f"ck_{'0' * 12}",
}


def at(provider: Provider) -> int:
    return int(provider.now.timestamp())


def with_header(token: str, header: bytes | Mapping[str, object]) -> str:
    return f"{encoded(header)}.{token.partition('.')[2]}"


@pytest.mark.parametrize("forge", FORGED.values(), ids=FORGED.keys())
async def test_a_token_that_is_no_good_is_refused(
    door: Door, provider: Provider, forge: Forge
) -> None:
    shown = f"Bearer {forge(provider)}".encode()
    async with door.asked() as client:
        answer = await client.get("/v1/me", headers=[(b"Authorization", shown)])

    assert answer.status_code == 401, answer.text
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "unauthenticated"
    REFUSED.append(answer.text)


HEADERS: dict[str, list[tuple[bytes, bytes]]] = {
    "nothing at all": [(b"Authorization", b"")],
    "Bearer alone": [(b"Authorization", b"Bearer")],
    "another scheme": [(b"Authorization", b"Basic b3BlcmF0b3I6eA==")],
    "Digest": [(b"Authorization", b'Digest username="a"')],
    "bad UTF-8": [(b"Authorization", b"Bearer \xff\xfe\xfd")],
    "a session nobody opened": [(b"Cookie", b"__Host-closeout=" + b"0" * 64)],
    "an empty session": [(b"Cookie", b"__Host-closeout=")],
    "a session of bad UTF-8": [(b"Cookie", b"__Host-closeout=\xff\xfe")],
    "a session too long": [(b"Cookie", b"__Host-closeout=" + b"0" * 9000)],
}


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS.keys())
async def test_headers_that_say_nothing_good_are_not_taken_for_nobody(
    door: Door, headers: list[tuple[bytes, bytes]]
) -> None:
    async with door.asked() as client:
        answer = await client.get("/v1/me", headers=headers)

    assert answer.status_code == 401, answer.text
    REFUSED.append(answer.text)


async def test_of_a_good_token_no_other_text_is_good(door: Door, provider: Provider) -> None:
    """One place changed, cut out or put in: neither the same token nor another one comes of it."""
    chosen = random.Random(7)  # noqa: S311  # the same places every time
    good = [provider.token(ec("ec-1")), provider.token(rsa("rsa-1"))]
    tries = deep("tokens that were changed in one place", 20_000)

    async with door.asked() as client:
        for token in good:
            shown = {"Authorization": f"Bearer {token}"}
            assert (await client.get("/v1/me", headers=shown)).status_code == 200
        for number in range(tries):
            token, place = good[number % 2], 0
            place = chosen.randrange(len(token))
            put = chosen.choice(SOME)
            kept = chosen.choice((place, place + 1))
            changed = token[:place] + (put if chosen.random() < 0.8 else "") + token[kept:]
            if changed == token:
                continue
            shown_raw = [(b"Authorization", f"Bearer {changed}".encode())]
            answer = await client.get("/v1/me", headers=shown_raw)
            assert answer.status_code == 401, changed
            REFUSED.append("")


async def test_a_fuzz_of_tokens_asks_the_provider_next_to_nothing(
    provider: Provider,
) -> None:
    provider = Provider(provider.now)
    door = await door_of(Counter(MemoryLedger(), StandingClock()), provider)
    async with door.asked() as client:
        for number in range(50):
            token = provider.token(ec("thief"), {"kid": f"made-up-{number}"})
            answer = await client.get("/v1/me", headers={"Authorization": f"Bearer {token}"})
            assert answer.status_code == 401

    assert provider.asked.count(KEYS_URL) == 1
