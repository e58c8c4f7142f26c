"""What an operator may set: environment variables CLOSEOUT_*, over a TOML file, over defaults."""

import ipaddress
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, StringConstraints, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from runtime.errors import SettingsError

PREFIX: Final = "CLOSEOUT_"
FILE_VARIABLE: Final = "CLOSEOUT_SETTINGS"

OTHER_VARIABLES: Final = frozenset(
    {
        FILE_VARIABLE,
        "CLOSEOUT_ACTOR",
        "CLOSEOUT_SHARED",
        "CLOSEOUT_DEEP",
        "CLOSEOUT_TENTH",
        "CLOSEOUT_SHOTS",
    }
)
"""Variables with our prefix that are no settings: the settings file, the command line's actor,
and four of the tests."""


METRICS_PORT_MAX: Final = 65_534
"""One below the last there is: a relay that runs apart from its worker takes the next port."""


LINK_SECRET_CHARACTERS_MIN: Final = 32
NOWHERE: Final = "off"


def _absolute(path: Path) -> Path:
    return path.expanduser().absolute()


def _postgres_url(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("postgresql://", "postgres://")):
        raise ValueError("must begin with postgresql://")
    return url


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < LINK_SECRET_CHARACTERS_MIN:
        raise ValueError(f"must have at least {LINK_SECRET_CHARACTERS_MIN} characters")
    return secret


def host_and_port(address: str) -> tuple[str, int]:
    """Return the two halves of "host:port"; an IPv6 host stands in brackets. Raises ValueError."""
    host, colon, port = address.rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    is_plain = ":" not in host or host == f"[{bare}]"
    if not (colon and bare and is_plain and port.isascii() and port.isdigit()):
        raise ValueError("must be host:port, such as 127.0.0.1:9464")
    if not 1 <= int(port) <= METRICS_PORT_MAX:
        raise ValueError(f"must have a port from 1 to {METRICS_PORT_MAX}")
    return bare, int(port)


def _listenable(address: str) -> str:
    if address:
        host_and_port(address)
    return address


def _served_at(address: str) -> str:
    if address != NOWHERE:
        host_and_port(address)
    return address


def provider_address(url: str) -> str:
    """Return the address of a token provider. Keys that arrive in the clear prove nothing, but on
    one machine. Raises ValueError."""
    if not url:
        return url
    parts = urlsplit(url)
    is_here = parts.hostname in ("127.0.0.1", "::1", "localhost")
    if not parts.hostname or parts.scheme not in (("https", "http") if is_here else ("https",)):
        raise ValueError("must begin with https://, or with http:// for this machine")
    return url


def networks_in(text: str) -> tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]:
    """Return the networks and addresses that a text names, with commas between. Raises
    ValueError."""
    named = [each.strip() for each in text.split(",") if each.strip()]
    return tuple(ipaddress.ip_network(each) for each in named)


def _of_networks(text: str) -> str:
    try:
        networks_in(text)
    except ValueError as error:
        raise ValueError(f"must name addresses and networks, commas between: {error}") from None
    return text


def _web_address(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("https://", "http://")):
        raise ValueError("must begin with https:// or http://")
    return url


def _mail_server(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith(("smtp://", "smtps://")):
        raise ValueError("must begin with smtp:// or smtps://")
    return url


def _web_origin(origin: str) -> str:
    scheme, _, place = origin.partition("://")
    if scheme not in ("https", "http") or not place or set(place) & set("/?#@*, "):
        raise ValueError("must be scheme://host or scheme://host:port, without a path")
    return origin


Folder = Annotated[Path, AfterValidator(_absolute)]
WebAddress = Annotated[SecretStr, AfterValidator(_web_address)]
WebOrigin = Annotated[str, AfterValidator(_web_origin)]
MailServer = Annotated[SecretStr, AfterValidator(_mail_server)]
Mailbox = Annotated[str, StringConstraints(pattern=r"^$|^[^\s@<>]+@[^\s@<>]+$", max_length=254)]
LogOrigin = Annotated[str, StringConstraints(pattern=r"^[^\s+\x00-\x1f\x7f]{1,100}$")]
PostgresUrl = Annotated[SecretStr, AfterValidator(_postgres_url)]
LinkSecret = Annotated[SecretStr, AfterValidator(_long_enough)]
Provider = Annotated[str, StringConstraints(max_length=500), AfterValidator(provider_address)]
ClaimPath = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:/-]{1,200}$")]
ApiAddress = Annotated[str, AfterValidator(_served_at)]
Networks = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_of_networks)]
MetricsAddress = Annotated[str, AfterValidator(_listenable)]


class _StrictEnvironment(EnvSettingsSource):
    """Hands over unknown CLOSEOUT_* variables too, so that a misspelt one is refused."""

    def __call__(self) -> dict[str, Any]:
        known = {f"{PREFIX}{name}".upper() for name in self.settings_cls.model_fields}
        unknown = {
            name: value
            for name, value in os.environ.items()
            if name.upper().startswith(PREFIX)
            and name.upper() not in known
            and name not in OTHER_VARIABLES
        }
        return {**super().__call__(), **unknown}


class Settings(BaseSettings):
    """The engine's own settings.

    The connection to Temporal is not among them: `temporalio.envconfig` reads TEMPORAL_ADDRESS,
    TEMPORAL_NAMESPACE and the rest. `load` is the way to make one; it alone gives plain messages.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        env_ignore_empty=True,
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    data_dir: Folder = Field(default=Path(".closeout"), validate_default=True)
    """The embedded stack's folder; relative to the working directory."""
    database_url: PostgresUrl | None = None
    """The application's role."""
    owner_database_url: PostgresUrl | None = None
    """The role that owns the schema; migrations only."""
    reader_database_url: PostgresUrl | None = None
    """The auditors' role, which may only read; unset, they read as the application."""
    task_queue: str = Field(default="closeout", min_length=1, max_length=200)
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_json: bool = False
    wakeup_spread_ms: int = Field(default=3000, ge=0, le=60_000)
    """Wake-ups for one instant that a calendar makes are spread over this length."""
    bell_grace_ms: int = Field(default=5000, ge=1000, le=3_600_000)
    """So long a due rung is left to its workflow; then the worker rings it by the ledger."""
    postgres_bin_dir: Folder | None = None
    temporal_binary: Folder | None = None
    pool_size: int = Field(default=10, ge=1, le=100)
    handbook_dir: Folder | None = None
    font_dir: Folder | None = None
    """Fonts that PDFs are set in, before those of the extra `pdf` and of the system: an office's
    own 仿宋 and 小标宋."""
    metrics_address: MetricsAddress = ""
    """Where the worker serves Prometheus, as host:port; empty for nowhere. A relay that runs apart
    takes the next port."""
    api_address: ApiAddress = "127.0.0.1:8686"
    """Where the HTTP face is served, as host:port; `off` for nowhere. `closeout up` takes the next
    free port if this one is taken and was not asked for."""
    rate_per_minute: int = Field(default=3000, ge=0, le=1_000_000)
    """How many requests a minute a process of the HTTP face takes of one caller; 0: no limit."""
    rate_burst: int = Field(default=500, ge=1, le=100_000)
    """How many of them at once."""
    rate_public_per_minute: int = Field(default=120, ge=0, le=1_000_000)
    """The same of one address from which nobody says who they are, and of what is no good."""
    rate_public_burst: int = Field(default=60, ge=1, le=100_000)
    trusted_proxies: Networks = ""
    """Addresses and networks, with commas between, of proxies before the HTTP face: what they say
    of the client's address is believed, for rates and tries. Empty: nobody's word is."""
    proxy_header: Literal["x-forwarded-for", "forwarded"] = "x-forwarded-for"
    """Where they say it. It must be the one that they write themselves: the other comes from the
    client as it is."""
    session_idle_minutes: int = Field(default=60, ge=1, le=24 * 60)
    """How long a session lasts that is not used."""
    session_hours: int = Field(default=12, ge=1, le=7 * 24)
    """How long it lasts at most."""
    oidc_issuer: Provider = ""
    """The provider whose tokens the HTTP face takes, as their `iss` says it: https, or http of this
    machine. Empty: none."""
    oidc_audience: str = Field(default="closeout", min_length=1, max_length=200)
    """What the `aud` of a token must name."""
    oidc_jwks_url: Provider = ""
    """Where the provider's keys are; empty: where its discovery document says."""
    oidc_person_claim: ClaimPath = "closeout_person"
    """The claim that holds a person's code; of nested ones a dotted path, as with the next."""
    oidc_enterprise_claim: ClaimPath = "closeout_enterprise"
    oidc_zones_claim: ClaimPath = "closeout_zones"
    """A list of zones. A token without it is let into none."""
    oidc_standings_claim: ClaimPath = "closeout_standings"
    """A list: service, auditor, operator; anything else in it means nothing here."""
    oidc_client_id: str = Field(default="", max_length=200)
    """What the provider calls the console, so that people sign in there; empty: they do not."""
    oidc_client_secret: SecretStr | None = None
    """What the console shows when it fetches their tokens; unset for a public client."""
    console_origin: Provider = ""
    """Where browsers reach the console, such as https://closeout.example.org: the provider sends
    them back there, to /console/sign-in/back."""
    metrics_public: bool = False
    """Whether the HTTP face shows its figures (`/metrics`) to whoever reaches its port; otherwise
    to operators only."""
    otlp_endpoint: WebAddress | None = None
    """Where traces are sent (OTLP over HTTP), such as http://127.0.0.1:4318; needs the extra
    `otel`. Unset, none are made."""

    log_key: Folder | None = None
    """The file of the private key (PEM) that signs checkpoints. `closeout up` keeps one of its own
    in its folder; elsewhere nothing is signed until it is named."""
    log_trust: Folder | None = None
    """A file of verifier keys, one a line, that checkpoints are checked by; unset, the file beside
    `log_key` that ends in .vkeys."""
    log_origin: LogOrigin = "closeout/ledger"
    """The log's name in its checkpoints: its own, and for good."""
    anchor_dir: Folder | None = None
    """A folder that is given every anchored checkpoint. `closeout up` has one of its own."""
    anchor_webhook: WebAddress | None = None
    anchor_timestamp: WebAddress | None = None
    """An RFC 3161 authority; needs the extra `tsa`."""
    anchor_mail: Mailbox = ""
    anchor_mail_from: Mailbox = "closeout@localhost"
    anchor_smtp: MailServer | None = None
    """smtp:// or smtps://, with user and password if the server wants them."""
    anchor_every_minutes: int = Field(default=60, ge=1, le=7 * 24 * 60)

    actors: Literal["unsigned", "signed"] = "unsigned"
    """Whether a command needs a face's word for who its actor is. Unsigned: whoever reaches a door
    is taken at their own word, and only a word that is given is checked."""
    face_key: Folder | None = None
    """The private key (PEM, Ed25519) with which this process vouches for actors; unset, `face.pem`
    in `keys_dir`. Whose word is taken stands in `faces.toml` there."""

    link_secret: LinkSecret | None = None
    """Marks one-time links. Unset, an embedded stack keeps one of its own in its folder."""

    keys_dir: Folder | None = None
    """Keys, apart from the data they guard; unset, `keys` in the data folder."""
    open311_jurisdiction: str = Field(default="", pattern=r"^([A-Za-z0-9][A-Za-z0-9._-]{0,63})?$")
    """The zone that Open311 means when no jurisdiction_id is given; unset, the only one there
    is."""
    open311_contact: str = Field(default="", max_length=200)
    """Whom clients of Open311 may ask, as the discovery document says it."""

    attachment_dir: Folder | None = None
    """Where uploads are taken in, and kept unless a bucket is named; unset, `attachments` in the
    data folder."""
    attachment_bucket: str = Field(default="", max_length=1000)
    """Where they are kept instead: a bucket of an S3-compatible store, as
    https://host/bucket; http only on this machine."""
    attachment_region: str = Field(default="us-east-1", pattern=r"^[a-z0-9-]{1,40}$")
    attachment_access_key: str = Field(default="", max_length=200)
    attachment_secret_key: SecretStr | None = None
    attachment_bytes_max: int = Field(default=20 * 1024**2, ge=1024, le=1024**3)
    """How large one may be."""
    attachments_of_issue_max: int = Field(default=50, ge=1, le=1000)
    attachment_scan: str = Field(default="", max_length=2000)
    """A program that judges each upload, with its arguments; `{}` stands for the file's path, and
    without it the file comes on standard input. It ends with 0 for clean and 1 for infected."""
    attachment_scan_seconds: float = Field(default=20, ge=1, le=25)
    """How long it may take: a request ends after 30 s."""

    channels: Folder | None = None
    """The file of channels through which people are told, and of who is told through which; unset,
    everybody has the inbox only. It holds secrets."""
    webhook_allow: str = Field(default="", max_length=4000)
    """Networks and hosts, with commas between, to which events are sent though they are private, by
    http and to any port too: "10.1.0.0/16, hooks.example.org". Without it only https to the open
    network, ports 443 and 8443."""
    payload_keys: Folder | None = None
    """A file with the keys that seal Temporal's payloads, the last one in use; unset, none does."""
    codec_origin: WebOrigin | None = None
    """The origin of Temporal's UI, such as http://localhost:8233: a browser that shows it may have
    payloads opened by the HTTP face. Unset, none may."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments win over the environment, and the environment over the TOML file."""
        strict = _StrictEnvironment(settings_cls)
        file = os.environ.get(FILE_VARIABLE)
        if not file:
            return init_settings, strict
        if not Path(file).is_file():
            raise SettingsError(f"{FILE_VARIABLE} names {file}, but there is no such file.")
        try:
            return init_settings, strict, TomlConfigSettingsSource(settings_cls, toml_file=file)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
            raise SettingsError(f"The settings file {file} cannot be read: {error}") from error

    @classmethod
    def load(cls, **given: Any) -> Self:
        """Return the settings in force; `SettingsError` names every key that is wrong."""
        try:
            return cls(**given)
        except ValidationError as error:
            raise SettingsError(_in_plain_words(error, cls)) from None


def kept_by_stack(settings: Settings) -> dict[str, Path]:
    """Return where an embedded stack keeps the log's key and its anchor, unless they are named:
    both outside the database."""
    return {
        "log_key": settings.log_key or settings.data_dir / "keys" / "log.pem",
        "anchor_dir": settings.anchor_dir or settings.data_dir / "anchors",
    }


def _in_plain_words(error: ValidationError, settings: type[Settings]) -> str:
    lines = []
    for problem in error.errors(include_url=False, include_input=False):
        name = ".".join(str(part) for part in problem["loc"])
        if problem["type"] == "extra_forbidden":
            known = ", ".join(settings.model_fields)
            lines.append(f"{name}: there is no such setting. Known: {known}.")
        else:
            lines.append(f"{name} (or {PREFIX}{name.upper()}): {problem['msg']}.")
    return "Wrong settings. " + " ".join(lines)
