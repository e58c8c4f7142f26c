"""The token of a one-time link: made once, read by its secret alone, used for one answer."""

import base64
from datetime import timedelta

import builders as b
import builders_sign_off as bs
import pytest
from databases import Database
from desks import STREAM, Counter, StandingClock, counter
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from desk.answer_links import (
    TOKEN_CHARACTERS_MAX,
    Claims,
    Issued,
    answer,
    issue_link,
    make_token,
    read_token,
)
from domain.errors import ConflictError, InvalidRequestError, NotPermittedError
from ledger.memory import MemoryLedger

pytestmark = pytest.mark.attack

SECRET = SecretStr("a secret of the tests, 32 characters or more")
OTHER = SecretStr("another secret of the tests, as long as that")
LINK = ("harbour", "issue-1", 1, "1.1", "mill.b", "mill", b.TUE_9)
TOKEN = make_token(SECRET, *LINK)
URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")


def test_a_token_says_which_link_it_is_and_goes_into_an_address_as_it_is() -> None:
    assert read_token(SECRET, TOKEN) == Claims(
        zone="harbour",
        key="issue-1",
        round=1,
        link="1.1",
        person="mill.b",
        enterprise="mill",
        expires_at=b.TUE_9,
    )
    assert set(TOKEN) <= URL_SAFE
    assert make_token(SECRET, *LINK) == TOKEN


def test_the_longest_link_that_can_be_made_can_be_read() -> None:
    longest = ("z" * 64, "k" * 64, 2**31 - 1, "1" * 64, "p" * 64, "e" * 64, b.TUE_9)

    token = make_token(SECRET, *longest)

    assert len(token) <= TOKEN_CHARACTERS_MAX
    assert read_token(SECRET, token).person == "p" * 64


def test_another_secret_reads_nothing() -> None:
    with pytest.raises(InvalidRequestError, match="not made here"):
        read_token(OTHER, TOKEN)


def _spelt_otherwise() -> str:
    """The last character of the mark has two bits that say nothing."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place = alphabet.index(TOKEN[-1])
    return TOKEN[:-1] + alphabet[place ^ 1]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "cl1",
        "cl1.",
        "cl1..",
        "cl2." + TOKEN[4:],
        TOKEN[4:],
        TOKEN + "=",
        TOKEN + ".more",
        " " + TOKEN,
        TOKEN[:-4],
        TOKEN.replace(".", "!", 2),
        "cl1.é." + TOKEN.rsplit(".", 1)[1],
        "x" * (TOKEN_CHARACTERS_MAX + 1),
        _spelt_otherwise(),
    ],
)
def test_whatever_is_no_token_is_refused_by_field_and_never_shown(text: str) -> None:
    with pytest.raises(InvalidRequestError) as refusal:
        read_token(SECRET, text)

    assert refusal.value.field == "token"
    assert TOKEN[4:] not in str(refusal.value)


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(sorted(URL_SAFE)))
def test_no_character_of_a_token_can_be_another(place: int, character: str) -> None:
    changed = TOKEN[:place] + character + TOKEN[place + 1 :]
    if changed == TOKEN:
        return

    with pytest.raises(InvalidRequestError):
        read_token(SECRET, changed)


def test_claims_that_the_secret_marked_and_nobody_here_made_are_refused_all_the_same() -> None:
    import hashlib
    import hmac

    body = b'{"zone":"harbour"}'
    mark = hmac.new(
        SECRET.get_secret_value().encode(), b"closeout answer link 1\n" + body, hashlib.sha256
    ).digest()
    text = ".".join(
        ("cl1", *(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in (body, mark)))
    )

    with pytest.raises(InvalidRequestError):
        read_token(SECRET, text)


# --- at a desk ---


async def sent(office: Counter) -> Issued:
    """Bring an issue to its sign-off, and have a link made."""
    await office.accepted()
    await office.do(b.PROPOSE)
    return await issue_link(office.desk, SECRET, b.submission(bs.LINK, b.COORDINATOR, id_="link-1"))


@pytest.fixture
def linking(clock: StandingClock) -> Counter:
    return Counter(MemoryLedger(), clock, terms=bs.LINKING)


async def test_the_same_request_gives_the_same_token_and_makes_one_link(linking: Counter) -> None:
    first = await sent(linking)
    again = await issue_link(
        linking.desk, SECRET, b.submission(bs.LINK, b.COORDINATOR, id_="link-1")
    )

    assert (again.token, again.result.repeated) == (first.token, True)
    view = await linking.desk.look(b.ZONE, b.KEY)
    assert [each.id for each in view.links] == ["1.1"]


async def test_a_token_that_says_otherwise_than_the_ledger_of_its_link_answers_nothing(
    linking: Counter,
) -> None:
    made = await sent(linking)
    (link,) = (await linking.desk.row(b.ZONE, b.KEY)).issue.sign_off.links
    ends_at = made.event.expires_at
    for round_, until in ((1, ends_at + timedelta(days=9)), (2, ends_at)):
        other = make_token(SECRET, b.ZONE, b.KEY, round_, link.id, link.person, "mill", until)
        with pytest.raises(NotPermittedError, match="which the ledger has"):
            await answer(linking.desk, SECRET, other, accept=True)

    assert (await answer(linking.desk, SECRET, made.token, accept=True)).events


async def test_a_link_of_an_earlier_cycle_never_answers_a_later_one(
    linking: Counter, clock: StandingClock
) -> None:
    old = await sent(linking)
    await linking.do(b.CONFIRM, b.ENTERPRISE)
    await linking.do(b.VERIFY, b.HEAD)
    clock.at = b.THU_9
    await linking.do(b.REOPEN, b.ENTERPRISE)
    await linking.do(b.PROPOSE)
    new = await issue_link(linking.desk, SECRET, b.submission(bs.LINK, b.COORDINATOR, id_="l-2"))

    with pytest.raises(NotPermittedError):
        await answer(linking.desk, SECRET, old.token, accept=True)
    assert (new.event.round, new.event.link != old.event.link) == (old.event.round, True)
    assert (await answer(linking.desk, SECRET, new.token, accept=True)).events


async def test_the_ledger_never_has_the_token(linking: Counter) -> None:
    made = await sent(linking)
    await answer(linking.desk, SECRET, made.token, accept=True)

    kept = [record.text for record in await linking.ledger.records(STREAM)]
    kept += [row.body for row in await linking.ledger.commands(STREAM)]
    body, mark = made.token.split(".")[1:]
    assert not [text for text in kept if body in text or mark in text]


async def test_a_second_click_is_the_first_answer_again_and_another_answer_is_refused(
    linking: Counter,
) -> None:
    made = await sent(linking)

    first = await answer(linking.desk, SECRET, made.token, accept=True, satisfaction=4)
    again = await answer(linking.desk, SECRET, made.token, accept=True, satisfaction=4)

    assert first.events == ("sign_off_answered",)
    assert again == first.model_copy(update={"repeated": True})
    with pytest.raises(ConflictError, match="This one-time link has been used") as refused:
        await answer(linking.desk, SECRET, made.token, accept=False, note="After all not.")
    assert refused.value.field == "token"


async def test_a_refusal_says_why_and_how_content_one_is_has_bounds(linking: Counter) -> None:
    made = await sent(linking)

    with pytest.raises(InvalidRequestError, match="says why"):
        await answer(linking.desk, SECRET, made.token, accept=False)
    with pytest.raises(InvalidRequestError) as refusal:
        await answer(linking.desk, SECRET, made.token, accept=True, satisfaction=6)
    assert refusal.value.field == "satisfaction"
    done = await answer(linking.desk, SECRET, made.token, accept=False, note="Still blocked.")
    assert done.events[0] == "resolution_rejected"


async def test_an_expired_link_is_refused_by_the_desks_clock_and_kept_as_refused(
    linking: Counter, clock: StandingClock
) -> None:
    made = await sent(linking)
    clock.at = made.event.expires_at

    with pytest.raises(NotPermittedError, match="expired"):
        await answer(linking.desk, SECRET, made.token, accept=True)
    (kept,) = await linking.ledger.refusals(STREAM)
    assert (kept.code, made.token in kept.actor) == ("not_permitted", False)


async def test_only_the_command_for_it_makes_a_link(linking: Counter) -> None:
    with pytest.raises(InvalidRequestError, match="Only issue_answer_link"):
        await issue_link(linking.desk, SECRET, b.submission(b.NOTE))


async def test_two_clicks_at_once_on_a_real_ledger_are_one_answer(
    database: Database, clock: StandingClock
) -> None:
    import asyncio

    async with counter(database, clock, terms=bs.LINKING) as office:
        made = await sent(office)
        both = await asyncio.gather(
            *(answer(office.desk, SECRET, made.token, accept=True) for _ in range(2))
        )

        assert sorted(each.repeated for each in both) == [False, True]
        kinds = [record.kind for record in await office.ledger.records(STREAM)]
        assert kinds.count("sign_off_answered") == 1
