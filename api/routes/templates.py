"""Templates of notices: the shipped ones, the operators' own, and trying one before it is kept."""

from datetime import datetime
from typing import Annotated, Final, Literal, Self

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from api.describing import PROBLEMS
from desk.notice_templates import (
    ANY,
    BUNDLE,
    HTML_CHARACTERS_MAX,
    SAMPLES,
    Name,
    Texts,
    previewed,
    shipped,
)
from desk.notifying import drop_template, set_template
from desk.principals import require_administrator
from domain.access import Act, require_every_zone
from domain.errors import InvalidRequestError
from domain.notice_text import BODY_CHARACTERS_MAX, SUBJECT_CHARACTERS_MAX
from face.dependencies import Caller, TheHouse
from ledger.receipts import TemplateRow

router = APIRouter(prefix="/templates", tags=["templates"])

ANY_WORD: Final = "any"
"""What stands for `*` in a path."""

Kind = Annotated[
    str,
    Path(
        pattern=r"^[a-z_]{1,64}$",
        description="A kind of event, `bundle` for several at once, or `any`.",
        examples=["issue_reported"],
    ),
]
ChannelKind = Annotated[
    Literal["any", "mail", "webhook", "wecom", "dingtalk", "feishu", "inbox"],
    Path(description="A kind of channel, or `any`.", examples=["mail"]),
]
Language = Annotated[Literal["zh", "en"], Path(description="The language.", examples=["en"])]


class Given(BaseModel):
    """The texts of a template, in the few forms of Jinja2 that are allowed."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"subject": "{{ what_name }}: {{ number }}", "body": "{{ title }}"}]
        },
    )

    subject: str = Field(min_length=1, max_length=SUBJECT_CHARACTERS_MAX * 4)
    body: str = Field(min_length=1, max_length=BODY_CHARACTERS_MAX)
    html: str = Field(
        default="",
        max_length=HTML_CHARACTERS_MAX,
        description="Beside the plain body, of mail only; values are escaped in it.",
    )

    @property
    def texts(self) -> Texts:
        """Return them as the desk has them."""
        return Texts(self.subject, self.body, self.html)


class Template(BaseModel):
    """A template. `sequence`, `author` and `at` are of the operators' own; shipped have none."""

    kind: str
    channel: str
    language: str
    subject: str
    body: str = Field(description="Empty: the operators' own was taken back.")
    html: str
    sequence: int | None = None
    author: str | None = None
    at: datetime | None = None

    @classmethod
    def of(cls, row: TemplateRow) -> Self:
        """Return what is shown of an operator's template."""
        return cls(
            kind=_shown(row.kind),
            channel=_shown(row.channel),
            language=row.language,
            subject=row.subject,
            body=row.body,
            html=row.html,
            sequence=row.sequence,
            author=row.author,
            at=row.at,
        )


class Templates(BaseModel):
    """All templates: the nearest of a kind and channel counts, the operators' own first."""

    shipped: list[Template]
    own: list[Template]


class Versions(BaseModel):
    """What a template was, the newest first."""

    items: list[Template]


class Preview(BaseModel):
    """What a template makes of a sample."""

    subject: str
    body: str
    html: str


@router.get("", summary="Templates of notices", responses=PROBLEMS(403))
async def list_templates(house: TheHouse, caller: Caller) -> Templates:
    """List the shipped templates and the operators' own that count now."""
    require_administrator(caller)
    own = [Template.of(row) for row in await house.desk.ledger.templates() if row.body]
    return Templates(
        shipped=[
            Template(
                kind=_shown(kind),
                channel=_shown(channel),
                language=language,
                subject=texts.subject,
                body=texts.body,
                html=texts.html,
            )
            for (kind, channel, language), texts in shipped().items()
        ],
        own=own,
    )


@router.get(
    "/{kind}/{channel}/{language}", summary="What a template was", responses=PROBLEMS(403, 422)
)
async def read_template(
    house: TheHouse, caller: Caller, kind: Kind, channel: ChannelKind, language: Language
) -> Versions:
    """List the operators' own of this name, the newest first."""
    require_administrator(caller)
    rows = await house.desk.ledger.template_history(*_name(kind, channel, language))
    return Versions(items=[Template.of(row) for row in rows])


@router.put(
    "/{kind}/{channel}/{language}", summary="Set a template", responses=PROBLEMS(403, 415, 422)
)
async def write_template(
    house: TheHouse,
    caller: Caller,
    kind: Kind,
    channel: ChannelKind,
    language: Language,
    body: Given,
) -> Template:
    """Check a template on samples and keep it: it counts within seconds. What was before stays on
    record."""
    require_every_zone(caller, Act.ADMINISTER)
    name = _name(kind, channel, language)
    return Template.of(await set_template(house.desk, name, body.texts, caller.id))


@router.delete(
    "/{kind}/{channel}/{language}", summary="Take a template back", responses=PROBLEMS(403, 422)
)
async def remove_template(
    house: TheHouse, caller: Caller, kind: Kind, channel: ChannelKind, language: Language
) -> Template:
    """Take the operators' own back: the shipped one counts again. Refused where there is none."""
    require_every_zone(caller, Act.ADMINISTER)
    name = _name(kind, channel, language)
    newest = await house.desk.ledger.template_history(*name, limit=1)
    if not newest or not newest[0].body:
        raise InvalidRequestError(
            "There is no template of your own to take back.", field="kind", value=kind
        )
    return Template.of(await drop_template(house.desk, name, caller.id))


@router.post(
    "/{kind}/{channel}/{language}/preview",
    summary="Try a template",
    responses=PROBLEMS(403, 415, 422),
)
async def preview_template(
    house: TheHouse,
    caller: Caller,
    kind: Kind,
    channel: ChannelKind,
    language: Language,
    body: Given,
) -> Preview:
    """Check a template and show what it makes of a sample. Nothing is kept."""
    require_administrator(caller)
    told = list(SAMPLES) if kind == BUNDLE else [SAMPLES[0]]
    made = previewed(_name(kind, channel, language), body.texts, told)
    return Preview(subject=made.subject, body=made.body, html=made.html)


def _name(kind: str, channel: str, language: str) -> Name:
    return (
        ANY if kind == ANY_WORD else kind,
        ANY if channel == ANY_WORD else channel,
        language,
    )


def _shown(name: str) -> str:
    return ANY_WORD if name == ANY else name
