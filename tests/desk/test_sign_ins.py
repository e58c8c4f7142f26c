"""Knowing callers again: keys, passwords and sessions from their first hour to their last."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import pytest
from desks import Counter, StandingClock
from pydantic import SecretStr

from desk.principals import (
    NewKey,
    NewUser,
    add_key,
    add_user,
    change_password,
    disable_user,
    revoke_key,
)
from desk.sign_ins import OpenSession, SignIns
from ledger.memory import MemoryLedger
from runtime import passwords

pytestmark = pytest.mark.attack

PASSWORD = "correct horse battery staple"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing to hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))


@pytest.fixture
def memory(clock: StandingClock) -> Counter:
    """A counter in memory."""
    return Counter(MemoryLedger(), clock)


@pytest.fixture
async def door(memory: Counter) -> AsyncIterator[SignIns]:
    """What knows callers again."""
    sign_ins = SignIns(memory.desk, idle=HOUR, lasting=12 * HOUR)
    yield sign_ins
    sign_ins.close()


async def made_key(counter: Counter, days: int = 30) -> str:
    made = await add_key(counter.desk, NewKey(name="bus", days=days), None)
    return made.secret.get_secret_value()


async def session(counter: Counter, door: SignIns) -> OpenSession:
    await add_user(counter.desk, NewUser(name="li", person="p"), None, SecretStr(PASSWORD))
    known = await door.by_password("li", PASSWORD)
    assert known is not None
    return await door.opened(known)


async def test_a_key_is_known_until_it_expires(memory: Counter, door: SignIns) -> None:
    key = await made_key(memory, days=30)

    memory.clock.at += 30 * DAY - MINUTE
    known = await door.by_key(key)
    assert known is not None
    assert known.name == "bus"
    memory.clock.at += MINUTE
    assert await door.by_key(key) is None


async def test_a_key_is_known_until_it_is_revoked(memory: Counter, door: SignIns) -> None:
    key = await made_key(memory)
    assert await door.by_key(key) is not None

    await revoke_key(memory.desk, key.split("_")[1], None)

    assert await door.by_key(key) is None


async def test_only_the_whole_key_is_a_key(memory: Counter, door: SignIns) -> None:
    key, other = await made_key(memory), await made_key(memory)
    _, id_, secret = key.split("_")
    changed = secret[:-1] + ("0" if secret[-1] != "0" else "1")

    for wrong in (
        f"ck_{id_}_{changed}",
        f"ck_{other.split('_')[1]}_{secret}",
        f"ck_{'0' * 12}_{secret}",
        f"ck_{id_}_{secret.upper()}X",
        f"ck_{id_}_{secret}\n",
        f" ck_{id_}_{secret}",
        f"ck_{id_}_{secret}=",
        f"ck_{id_}_",
        "ck_",
        "",
    ):
        assert await door.by_key(wrong) is None, wrong


async def test_the_use_of_a_key_is_noted_to_the_hour(memory: Counter, door: SignIns) -> None:
    key = await made_key(memory)
    id_ = f"key:{key.split('_')[1]}"

    async def noted_after(pause: timedelta) -> timedelta:
        memory.clock.at += pause
        await door.by_key(key)
        found = await memory.ledger.admission(id_)
        assert found is not None
        assert found[1] is not None
        assert found[1].used_at is not None
        return memory.clock.at - found[1].used_at

    assert [await noted_after(pause) for pause in (MINUTE, 30 * MINUTE, 31 * MINUTE)] == [
        timedelta(0),
        30 * MINUTE,
        timedelta(0),
    ]


async def test_a_hash_that_was_put_in_the_place_of_another_lets_nobody_in(
    memory: Counter, door: SignIns
) -> None:
    """Whoever can write to the table of hashes, and to no fact, has gained nothing."""
    key = await made_key(memory)
    own = f"ck_{key.split('_')[1]}_{'a' * 64}"
    tables = memory.ledger._tables  # type: ignore[attr-defined]  # as a thief in the database
    (row,) = tables.credentials.values()
    tables.credentials[row.principal] = replace(row, hash=passwords.secret_hash("a" * 64))

    assert await door.by_key(own) is None
    assert await door.by_key(key) is None


async def test_a_password_is_known_by_its_user_alone(memory: Counter, door: SignIns) -> None:
    await session(memory, door)

    assert await door.by_password("li", f"{PASSWORD} ") is None
    assert await door.by_password("nobody", PASSWORD) is None
    assert await door.by_password("li", "x" * 10_000) is None
    assert await door.by_password("li", "\ud800") is None


async def test_what_a_keyboard_composes_is_the_same_password(
    memory: Counter, door: SignIns
) -> None:
    composed, apart = "caf\u00e9-\uff21-correct-horse", "cafe\u0301-A-correct-horse"
    await add_user(memory.desk, NewUser(name="li", person="p"), None, SecretStr(composed))

    assert await door.by_password("li", apart) is not None


async def test_a_session_that_is_used_lasts_to_its_end(memory: Counter, door: SignIns) -> None:
    opened = await session(memory, door)

    for _ in range(12):
        assert await door.by_session(opened.id) is not None
        memory.clock.at += HOUR - MINUTE
    memory.clock.at += 12 * MINUTE

    assert await door.by_session(opened.id) is None
    assert await memory.ledger.session(opened.row.hash) is None


async def test_a_session_that_is_not_used_is_over(memory: Counter, door: SignIns) -> None:
    opened = await session(memory, door)
    memory.clock.at += HOUR - MINUTE
    assert await door.by_session(opened.id) is not None

    memory.clock.at += HOUR

    assert await door.by_session(opened.id) is None


@pytest.mark.parametrize("change", ["password", "disable", "sign out"])
async def test_a_session_ends_with_what_it_stood_on(
    memory: Counter, door: SignIns, change: str
) -> None:
    opened = await session(memory, door)

    if change == "password":
        await change_password(memory.desk, "li", None, SecretStr("another horse, same staple"))
    elif change == "disable":
        await disable_user(memory.desk, "li", None)
    else:
        await door.ended(opened)

    assert await door.by_session(opened.id) is None
    known = await door.by_password("li", PASSWORD)
    assert (known is not None) == (change == "sign out")


async def test_a_session_of_an_older_admission_is_over_though_its_row_stayed(
    memory: Counter, door: SignIns
) -> None:
    """A session that was opened while the password was changed is written after the change."""
    opened = await session(memory, door)
    await change_password(memory.desk, "li", None, SecretStr("another horse, same staple"))
    await memory.ledger.put_session(opened.row)

    assert await door.by_session(opened.id) is None


async def test_the_id_of_a_session_is_kept_nowhere(memory: Counter, door: SignIns) -> None:
    opened = await session(memory, door)

    assert opened.id not in repr(opened.row)
    assert await memory.ledger.session(opened.id) is None
    assert await door.by_session(opened.row.hash) is None


def test_what_is_kept_of_a_password_says_its_cost_and_nothing_else_matches() -> None:
    kept = passwords.hashed(PASSWORD, passwords.Cost(log_n=5, r=4, p=2))

    assert kept.startswith("scrypt$5$4$2$")
    assert passwords.matches(PASSWORD, kept)
    assert kept != passwords.hashed(PASSWORD, passwords.Cost(log_n=5, r=4, p=2))
    salt_and_digest = kept.removeprefix("scrypt$5$4$2$")
    for spoilt in (
        f"scrypt$6$4$2${salt_and_digest}",
        f"scrypt$99$4$2${salt_and_digest}",
        f"argon$5$4$2${salt_and_digest}",
        kept[:-1],
        "",
    ):
        assert not passwords.matches(PASSWORD, spoilt)


def test_passwords_cost_as_much_as_owasp_asks() -> None:
    cost = passwords.Cost()

    assert (cost.log_n, cost.r, cost.p) == (15, 8, 3)
    assert passwords.matches(PASSWORD, passwords.hashed(PASSWORD, cost))
