"""The operator's file of channels: through what people are told, and who through which.

    language = "zh"

    [channels.mail]
    kind = "mail"
    server = "smtps://closeout:password@mail.example.com"
    sender = "closeout@example.com"

    [channels.office]
    kind = "wecom"
    url = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=..."

    [[tell]]
    zone = "xinghe"
    post = "grid-east-1"
    channel = "mail"
    to = "grid-east-1@example.com"

It holds secrets, so it lies outside the database, and only its owner reads it.
"""

import base64
import binascii
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    model_validator,
)

from domain.model import Code, Frozen
from domain.notifying import Manner
from runtime.errors import SettingsError
from runtime.marks import OF_THIS_PROCESS, Marks

FILE_BYTES_MAX: Final = 1024 * 1024
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
WEBHOOK_SECRET_PREFIX: Final = "whsec_"  # noqa: S105  # how Standard Webhooks mark a secret
WEBHOOK_SECRET_BYTES: Final = (24, 64)

Language = Literal["zh", "en"]
Mailbox = Annotated[str, StringConstraints(pattern=r"^[^\s@<>]+@[^\s@<>]+$", max_length=254)]


def _https(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("https://", "http://")):
        raise ValueError("begins with https:// or http://")
    return url


def _smtp(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("smtp://", "smtps://")):
        raise ValueError("begins with smtp:// or smtps://")
    return url


def _webhook_secret(secret: SecretStr) -> SecretStr:
    said = "is whsec_ and 24 to 64 bytes in base64"
    text = secret.get_secret_value()
    try:
        plain = base64.b64decode(text.removeprefix(WEBHOOK_SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError(said) from error
    fewest, most = WEBHOOK_SECRET_BYTES
    if not text.startswith(WEBHOOK_SECRET_PREFIX) or not fewest <= len(plain) <= most:
        raise ValueError(said)
    return secret


WebAddress = Annotated[SecretStr, AfterValidator(_https)]


class MailChannel(Frozen):
    """A mail server. `tls` with smtp://: STARTTLS is asked for; `required` unless it is said
    otherwise, and without TLS no password is ever sent."""

    kind: Literal["mail"]
    server: Annotated[SecretStr, AfterValidator(_smtp)]
    sender: Mailbox
    tls: Literal["required", "none"] = "required"


class WebhookChannel(Frozen):
    """An address that is sent JSON, signed as Standard Webhooks are."""

    kind: Literal["webhook"]
    url: WebAddress
    secret: Annotated[SecretStr, AfterValidator(_webhook_secret)]


class WeComChannel(Frozen):
    """A group's bot of WeCom (企业微信): its address is the secret."""

    kind: Literal["wecom"]
    url: WebAddress


class DingTalkChannel(Frozen):
    """A group's bot of DingTalk; `secret` signs, where the bot asks for it."""

    kind: Literal["dingtalk"]
    url: WebAddress
    secret: SecretStr | None = None


class FeishuChannel(Frozen):
    """A group's bot of Feishu; `secret` signs, where the bot asks for it."""

    kind: Literal["feishu"]
    url: WebAddress
    secret: SecretStr | None = None


Outer = Annotated[
    MailChannel | WebhookChannel | WeComChannel | DingTalkChannel | FeishuChannel,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True)
class Addressee:
    """Who is told: a post, of a unit perhaps, an enterprise, or a `person` what is theirs alone."""

    zone: str
    id: str
    is_post: bool
    unit: str | None = None
    person: str | None = None


class TellRow(Frozen):
    """Who is told through a channel: a post, every post of a unit, an enterprise, or a person what
    is theirs alone. Without `zone` in every zone; `to` is a mailbox, for mail only."""

    zone: Code | None = None
    post: Code | None = None
    unit: Code | None = None
    enterprise: Code | None = None
    person: Code | None = None
    channel: Code
    to: Mailbox | None = None
    language: Language | None = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        named = (self.post, self.unit, self.enterprise, self.person)
        if sum(name is not None for name in named) != 1:
            raise ValueError("names a post, a unit, an enterprise or a person: one of them")
        return self

    def fits(self, to: Addressee) -> bool:
        """Return whether an addressee is told by this row."""
        if self.zone not in (None, to.zone):
            return False
        if to.person is not None or self.person is not None:
            return self.person == to.person
        if self.unit is not None:
            return self.unit == to.unit
        return to.id == (self.post if to.is_post else self.enterprise)


@dataclass(frozen=True, slots=True)
class Route:
    """One way to one addressee. `address` is the mark that receipts have; `to` a mailbox."""

    name: str
    channel: MailChannel | WebhookChannel | WeComChannel | DingTalkChannel | FeishuChannel
    to: str
    language: Language
    address: str


class ChannelBook(Frozen):
    """What the file says. Empty: everybody has the inbox, and nothing else."""

    language: Language = "zh"
    channels: Mapping[Code, Outer] = Field(default_factory=dict)
    tell: tuple[TellRow, ...] = ()

    @model_validator(mode="after")
    def _names_its_own(self) -> Self:
        for number, row in enumerate(self.tell, start=1):
            channel = self.channels.get(row.channel)
            if channel is None:
                raise ValueError(f"tell {number}: there is no channel {row.channel}")
            if (row.to is not None) != isinstance(channel, MailChannel):
                raise ValueError(
                    f"tell {number}: `to` goes with a channel of mail, and it with `to`"
                )
        if "inbox" in self.channels:
            raise ValueError("the inbox is everybody's: no channel is called so")
        return self

    def routes(
        self, to: Addressee, manner: Manner, marks: Marks = OF_THIS_PROCESS
    ) -> tuple[Route, ...]:
        """Return the ways to an addressee that a notice may take, each once."""
        found: dict[tuple[str, str], Route] = {}
        for row in self.tell:
            if row.fits(to) and manner.allows(row.channel):
                route = self._route(row, marks)
                found.setdefault((route.name, route.address), route)
        return tuple(found.values())

    def _route(self, row: TellRow, marks: Marks = OF_THIS_PROCESS) -> Route:
        channel = self.channels[row.channel]
        to = row.to or ""
        address = to if isinstance(channel, MailChannel) else channel.url.get_secret_value()
        mark = marks.mark(channel.kind, address)
        return Route(row.channel, channel, to, row.language or self.language, mark)


NO_CHANNELS: Final = ChannelBook()


def read_channels(path: Path | None) -> ChannelBook:
    """Return what a file of channels says; without one, nothing. Raises SettingsError, which names
    what is wrong and never a secret."""
    if path is None:
        return NO_CHANNELS
    try:
        with path.open("rb") as file:
            text = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise SettingsError(f"The channels {path} cannot be read: {error.strerror}.") from error
    if len(text) > FILE_BYTES_MAX:
        raise SettingsError(f"The channels {path} are more than {FILE_BYTES_MAX} bytes.")
    try:
        return ChannelBook.model_validate(tomllib.loads(text.decode()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise SettingsError(f"The channels {path}: {place}: {first['msg']}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"The channels {path} are no TOML: {error}.") from error


def is_open_to_others(path: Path) -> bool:
    """Return whether anybody but the file's owner may read or write it."""
    return bool(path.stat().st_mode & OTHERS)
