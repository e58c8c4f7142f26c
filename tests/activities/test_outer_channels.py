"""What providers answer, and what that amounts to: nothing is delivered that nobody took."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime
from email import message_from_string
from email.message import Message as Mail
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from doubles import MailServer, Receiver, mailing, receiving
from pydantic import SecretStr
from standardwebhooks import Webhook

from activities.channels import Letter, NotTakenError, mail, posting
from activities.channels.bots import cut_bytes
from activities.channels.postman import send
from desk.notice_templates import SAMPLES
from domain.notice_text import Message
from domain.notifying import ReceiptKind
from runtime.channels import ChannelBook, Route

AT = datetime.now(UTC).replace(microsecond=0)
SECRET = "whsec_" + base64.b64encode(b"s" * 32).decode()
BOTS = ("wecom", "dingtalk", "feishu")
MESSAGE = Message(subject="Reported: A-1", body="Reported: issue A-1", html="<b>A-1</b>")


def letter(kind: str, url: str, **settings: Any) -> Letter:
    """Return a letter by a channel of a kind to an address."""
    entry: dict[str, Any] = {"kind": kind, **settings}
    row: dict[str, Any] = {"post": "desk", "channel": "one"}
    if kind == "mail":
        entry |= {"server": url, "sender": "closeout@example.com"}
        row["to"] = "desk@example.com"
    else:
        entry["url"] = url
    book = ChannelBook.model_validate({"channels": {"one": entry}, "tell": [row]})
    return Letter("n1#one", _route(book), MESSAGE, SAMPLES[:1], AT)


def _route(book: ChannelBook) -> Route:
    return book._route(book.tell[0])


async def refusal(sent: Letter) -> NotTakenError:
    with pytest.raises(NotTakenError) as caught:
        await send(sent)
    assert "secret" not in str(caught.value)
    return caught.value


@pytest.mark.parametrize("kind", BOTS)
async def test_a_bot_that_answers_0_has_delivered(kind: str) -> None:
    async with receiving(Receiver()) as bot:
        taken = await send(letter(kind, bot.url))
    assert (taken.what, taken.code) == (ReceiptKind.DELIVERED, "0")
    assert "A-1" in bot.got[0].body.decode()


@pytest.mark.parametrize("kind", BOTS)
@pytest.mark.parametrize(
    ("status", "said", "code", "is_final"),
    [
        (200, {"errcode": 93000, "code": 93000}, "code 93000", True),
        (200, {"errcode": -1, "code": -1}, "code -1", False),
        (200, {"errcode": "0", "code": "0"}, "code 0", True),
        (200, {"errcode": False, "code": False}, "code False", True),
        (200, {}, "no_code", False),
        (500, {"errcode": 0, "code": 0}, "http 500", False),
        (503, {}, "http 503", False),
        (429, {}, "http 429", False),
        (404, {"errcode": 0, "code": 0}, "http 404", True),
    ],
)
async def test_a_200_with_a_code_is_a_failure_and_so_is_any_other_status(
    kind: str, status: int, said: dict[str, object], code: str, is_final: bool
) -> None:
    async with receiving(Receiver()) as bot:
        bot.answers(status, **said)
        error = await refusal(letter(kind, bot.url))
    assert (error.code, error.is_final) == (code, is_final)


@pytest.mark.parametrize(
    ("kind", "code"), [("wecom", 45009), ("feishu", 11232), ("dingtalk", 130101)]
)
async def test_too_much_at_once_is_tried_again(kind: str, code: int) -> None:
    async with receiving(Receiver()) as bot:
        bot.answers(200, errcode=code, code=code)
        assert not (await refusal(letter(kind, bot.url))).is_final


@pytest.mark.parametrize("kind", [*BOTS, "webhook"])
async def test_one_that_hangs_is_left_after_a_while_and_delivered_nothing(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(posting.post, "__kwdefaults__", {"timeout_s": 0.1})
    async with receiving(Receiver(hangs=True)) as double:
        settings = {"secret": SECRET} if kind == "webhook" else {}
        error = await refusal(letter(kind, double.url, **settings))
    assert (error.code, error.is_final) == ("timeout", False)


async def test_no_redirect_is_followed_and_no_proxy_of_the_environment_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with receiving(Receiver()) as other, receiving(Receiver()) as bot:
        monkeypatch.setenv("HTTP_PROXY", other.url)
        monkeypatch.setenv("ALL_PROXY", other.url)
        bot.status, bot.location = 302, other.url
        error = await refusal(letter("wecom", bot.url))
        assert (error.code, error.is_final, other.got) == ("http 302", True, [])


async def test_an_endless_answer_is_cut_off() -> None:
    async with receiving(Receiver(body=b"x" * 70_000)) as bot:
        assert (await refusal(letter("wecom", bot.url))).code == "answer_too_large"


async def test_nobody_there_is_tried_again() -> None:
    async with receiving(Receiver()) as bot:
        url = bot.url
    assert not (await refusal(letter("wecom", url))).is_final


async def test_dingtalk_is_sent_the_timestamp_and_its_mark_in_the_address() -> None:
    async with receiving(Receiver()) as bot:
        await send(letter("dingtalk", bot.url, secret="SEC1"))
    asked = parse_qs(urlsplit(bot.got[0].path).query)
    (stamp,), (sign,) = asked["timestamp"], asked["sign"]
    mark = hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()
    assert base64.b64decode(sign) == mark
    assert (stamp, asked["key"]) == (str(int(AT.timestamp()) * 1000), ["secret"])


async def test_feishu_is_sent_the_timestamp_and_its_mark_in_the_body() -> None:
    async with receiving(Receiver()) as bot:
        await send(letter("feishu", bot.url, secret="SEC1"))
    said = bot.got[0].said
    mark = hmac.new(f"{said['timestamp']}\nSEC1".encode(), b"", hashlib.sha256).digest()
    assert base64.b64decode(said["sign"]) == mark
    assert said["timestamp"] == str(int(AT.timestamp()))


async def test_a_webhook_is_signed_as_standard_webhooks_are() -> None:
    async with receiving(Receiver(status=202, body=b"thanks")) as hook:
        taken = await send(letter("webhook", hook.url, secret=SECRET))
    got = hook.got[0]
    said = Webhook(SECRET).verify(got.body, got.headers)
    assert (taken.what, taken.code) == (ReceiptKind.DELIVERED, "http 202")
    assert (got.headers["webhook-id"], said["notices"][0]["key"]) == ("n1#one", "A-1")
    with pytest.raises(Exception, match="signature"):
        Webhook(SECRET).verify(got.body + b" ", got.headers)


@pytest.mark.parametrize(
    ("status", "is_final"), [(500, False), (503, False), (429, False), (410, True), (400, True)]
)
async def test_a_webhook_that_answers_an_error_has_not_taken_it(
    status: int, is_final: bool
) -> None:
    async with receiving(Receiver(status=status)) as hook:
        error = await refusal(letter("webhook", hook.url, secret=SECRET))
    assert (error.code, error.is_final) == (f"http {status}", is_final)


def _parts(mail_text: str) -> Mail:
    return message_from_string(mail_text)


async def test_mail_that_a_server_takes_is_sent_and_never_delivered() -> None:
    async with mailing(MailServer()) as server:
        one = letter("mail", server.url, tls="none")
        for _ in range(2):
            taken = await send(one)
            assert (taken.what, taken.code) == (ReceiptKind.SENT, "250")
    first, again = (_parts(text) for text in server.got)
    assert first["Message-ID"] == again["Message-ID"]
    assert (first["To"], first["Subject"]) == ("desk@example.com", "Reported: A-1")
    assert [each.get_content_type() for each in first.walk()][1:] == ["text/plain", "text/html"]


@pytest.mark.parametrize(
    ("step", "answer", "code", "is_final"),
    [
        ("RCPT", "550 5.1.1 nobody of that name", "smtp 550 5.1.1", True),
        ("RCPT", "450 4.2.1 later", "smtp 450 4.2.1", False),
        ("MAIL", "421 too busy", "smtp 421", False),
        ("END", "554 5.7.1 no", "smtp 554 5.7.1", True),
        ("END", "451 4.3.0 later", "smtp 451 4.3.0", False),
    ],
)
async def test_mail_that_a_server_refuses_is_told_by_its_code(
    step: str, answer: str, code: str, is_final: bool
) -> None:
    async with mailing(MailServer(codes={step: answer})) as server:
        error = await refusal(letter("mail", server.url, tls="none"))
    assert (error.code, error.is_final) == (code, is_final)


async def test_a_server_that_says_good_bye_badly_has_taken_the_mail() -> None:
    async with mailing(MailServer(codes={"QUIT": "421 gone"})) as server:
        assert (await send(letter("mail", server.url, tls="none"))).what is ReceiptKind.SENT


async def test_a_mail_server_that_hangs_is_left_after_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mail, "TIMEOUT_S", 0.1)
    async with mailing(MailServer(hangs=True)) as server:
        error = await refusal(letter("mail", server.url, tls="none"))
    assert (error.is_final, server.got) == (False, [])


async def test_without_tls_neither_mail_nor_password_is_sent() -> None:
    async with mailing(MailServer()) as server:
        asked = letter("mail", server.url)
        assert not (await refusal(asked)).is_final
        with_password = server.url.replace("//", "//me:secret@")
        error = await refusal(letter("mail", with_password, tls="none"))
    assert (error.code, error.is_final, server.got) == ("no_tls_for_password", True, [])


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 100])
def test_a_text_is_cut_between_characters(length: int) -> None:
    text = "销号" * length
    cut = cut_bytes(text, 30)
    assert len(cut.encode()) <= 30
    assert text.startswith(cut.removesuffix("…"))


def test_secrets_are_not_shown() -> None:
    route = letter("webhook", "https://example.com/secret", secret=SECRET).route
    assert SECRET not in repr(route)
    assert "secret" not in repr(route.channel.url if route.channel.kind == "webhook" else "")
    assert isinstance(route.channel.model_dump().get("secret"), SecretStr)
