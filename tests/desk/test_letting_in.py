"""Letting in: nobody gives more than they have, and the first access is given once."""

import asyncio
from datetime import timedelta

import pytest
from desks import Counter, StandingClock
from pydantic import SecretStr, ValidationError
from rooms import every_text

from desk.first_access import FIRST_USER, first_access
from desk.principals import (
    KEY,
    USER,
    NewKey,
    NewUser,
    UnknownPrincipalError,
    add_key,
    add_user,
    admitted,
    admitted_after,
    change_password,
    disable_user,
    require_administrator,
    revoke_key,
)
from desk.sign_ins import SignIns
from domain.access import Act, Acting, Principal, Standing
from domain.errors import ConflictError, NotPermittedError
from ledger.memory import MemoryLedger
from runtime import passwords

HOUR = timedelta(hours=1)
OPERATOR = Principal(id="user:root", name="root", standings=(Standing.OPERATOR,))
OF_EAST = OPERATOR.model_copy(update={"id": "user:east", "zones": ("east",)})
LIMITED = OPERATOR.model_copy(update={"id": "key:few", "acts": (Act.ADMINISTER, Act.REPORT)})


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords cost next to nothing to hash."""
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))


@pytest.fixture
def memory(clock: StandingClock) -> Counter:
    """A counter in memory."""
    return Counter(MemoryLedger(), clock)


@pytest.mark.parametrize("zones", [None, ("west",), ("east", "west")])
async def test_an_operator_of_one_zone_lets_nobody_into_another(
    memory: Counter, zones: tuple[str, ...] | None
) -> None:
    with pytest.raises(NotPermittedError):
        await add_key(memory.desk, NewKey(name="bus", zones=zones), OF_EAST)
    with pytest.raises(NotPermittedError):
        await add_user(memory.desk, NewUser(name="li", person="p", zones=zones), OF_EAST)
    assert every_text(memory.ledger) == ""


async def test_an_operator_of_one_zone_does_not_learn_of_others(memory: Counter) -> None:
    everywhere = await add_key(memory.desk, NewKey(name="all"), OPERATOR)
    east = await add_key(memory.desk, NewKey(name="bus", zones=("east",)), OF_EAST)

    listed, _ = await admitted_after(memory.desk, KEY, OF_EAST)
    assert [each.entry.principal.name for each in listed] == ["bus"]
    assert (await admitted(memory.desk, f"{KEY}{east.admitted.name}", OF_EAST)).by == OF_EAST.id
    with pytest.raises(UnknownPrincipalError):
        await revoke_key(memory.desk, everywhere.admitted.name, OF_EAST)


async def test_who_is_limited_to_acts_gives_no_others(memory: Counter) -> None:
    for acts in (None, (Act.REPORT, Act.EXPORT)):
        with pytest.raises(NotPermittedError):
            await add_key(memory.desk, NewKey(name="bus", acts=acts), LIMITED)
    with pytest.raises(NotPermittedError):
        await add_user(memory.desk, NewUser(name="li", person="p"), LIMITED)

    asked = NewKey(name="bus", acts=(Act.ADMINISTER,), standings=(Standing.OPERATOR,))
    made = await add_key(memory.desk, asked, LIMITED)
    assert made.admitted.entry.principal.acts == (Act.ADMINISTER,)


async def test_who_is_limited_lets_nobody_stand_or_speak_as_they_do_not(memory: Counter) -> None:
    asked = NewKey(name="bus", acts=(Act.REPORT,))
    with pytest.raises(NotPermittedError) as as_service:
        await add_key(memory.desk, asked, LIMITED)
    serving = LIMITED.model_copy(update={"standings": (Standing.OPERATOR, Standing.SERVICE)})
    with pytest.raises(NotPermittedError) as for_officers:
        await add_key(memory.desk, asked.model_copy(update={"acting": (Acting.OFFICERS,)}), serving)

    assert as_service.value.field == "standings"
    assert for_officers.value.field == "acting"
    await add_key(memory.desk, asked, serving)


async def test_who_is_limited_takes_over_nobody_by_a_new_password(memory: Counter) -> None:
    await add_user(memory.desk, NewUser(name="root", standings=(Standing.OPERATOR,)), None)

    with pytest.raises(NotPermittedError):
        await change_password(memory.desk, "root", LIMITED)
    with pytest.raises(UnknownPrincipalError):
        await change_password(memory.desk, "root", OF_EAST)

    assert (await admitted(memory.desk, f"{USER}root", None)).revision == 1
    await change_password(memory.desk, "root", OPERATOR)


@pytest.mark.parametrize("standing", [s for s in Standing if s != Standing.OPERATOR])
def test_only_operators_administer(standing: Standing) -> None:
    require_administrator(OPERATOR)
    with pytest.raises(NotPermittedError):
        require_administrator(Principal(id="x", name="x", standings=(standing,)))
    with pytest.raises(NotPermittedError):
        require_administrator(OPERATOR.model_copy(update={"acts": (Act.REPORT,)}))


async def test_nobody_turns_themselves_out(memory: Counter) -> None:
    await add_user(memory.desk, NewUser(name="root", standings=(Standing.OPERATOR,)), None)

    with pytest.raises(NotPermittedError):
        await disable_user(memory.desk, "root", OPERATOR)
    assert (await disable_user(memory.desk, "root", None)).entry.is_closed


async def test_of_two_who_take_a_name_at_once_one_gets_it(office: Counter) -> None:
    asked = NewUser(name="li", person="p")

    done = await asyncio.gather(
        *(add_user(office.desk, asked, None) for _ in range(4)), return_exceptions=True
    )

    assert sum(isinstance(each, ConflictError) for each in done) == 3


async def test_the_first_access_is_given_once(office: Counter) -> None:
    given = await first_access(office.desk)
    again = await first_access(office.desk)

    assert given is not None
    assert again is None
    sign_ins = SignIns(office.desk, idle=HOUR, lasting=HOUR)
    user = await sign_ins.by_password(FIRST_USER, given.password.get_secret_value())
    assert user is not None
    assert user.entry.principal.standings == (Standing.OPERATOR,)
    service = await sign_ins.by_key(given.key.get_secret_value())
    assert service is not None
    assert service.acting == (Acting.OFFICERS, Acting.REPRESENTATIVES)
    assert service.standings == (Standing.SERVICE,)
    sign_ins.close()


async def test_what_a_start_that_was_stopped_let_in_and_never_showed_is_void(
    office: Counter,
) -> None:
    lost = await first_access(office.desk)
    given = await first_access(office.desk, unseen=True)

    assert lost is not None
    assert given is not None
    sign_ins = SignIns(office.desk, idle=HOUR, lasting=HOUR)
    assert await sign_ins.by_key(lost.key.get_secret_value()) is None
    assert await sign_ins.by_password(FIRST_USER, lost.password.get_secret_value()) is None
    assert await sign_ins.by_key(given.key.get_secret_value()) is not None
    assert await first_access(office.desk, unseen=True) is None  # a key in use was shown
    assert await sign_ins.by_password(FIRST_USER, given.password.get_secret_value()) is not None
    sign_ins.close()


async def test_a_key_that_a_stopped_start_let_in_before_the_user_is_revoked(
    office: Counter,
) -> None:
    everybody = (Acting.OFFICERS, Acting.REPRESENTATIVES)
    lost = await add_key(office.desk, NewKey(name="local", acting=everybody), None)
    given = await first_access(office.desk, unseen=True)

    assert given is not None
    assert (await admitted(office.desk, f"{KEY}{lost.admitted.name}", None)).entry.is_closed
    keys, _ = await admitted_after(office.desk, KEY, None)
    assert sum(not each.entry.is_closed for each in keys) == 1


async def test_of_two_who_set_up_a_ledger_at_once_one_is_given_access(office: Counter) -> None:
    given = await asyncio.gather(*(first_access(office.desk) for _ in range(3)))

    assert sum(each is not None for each in given) == 1
    keys, _ = await admitted_after(office.desk, KEY, None)
    assert sum(not each.entry.is_closed for each in keys) == 1


async def test_no_secret_is_in_any_row_and_no_hash_in_an_admission(memory: Counter) -> None:
    password = SecretStr("correct horse battery staple")
    key = await add_key(memory.desk, NewKey(name="bus"), None)
    await add_user(memory.desk, NewUser(name="li", person="p"), None, password)
    secret = passwords.KEY_FORM.fullmatch(key.secret.get_secret_value())
    assert secret is not None

    assert secret[2] not in every_text(memory.ledger)
    assert password.get_secret_value() not in every_text(memory.ledger)
    for name in (f"{USER}li", f"{KEY}{key.admitted.name}"):
        found = await memory.ledger.admission(name)
        assert found is not None
        assert found[1] is not None
        assert found[1].hash not in found[0].body
    assert secret[2] not in repr(key)


@pytest.mark.parametrize("days", [0, 1096])
def test_a_key_is_good_for_three_years_at_most(days: int) -> None:
    with pytest.raises(ValidationError):
        NewKey(name="bus", days=days)
