"""`closeout notices` and `closeout template`: how people were told, and in whose words."""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.reads import account
from terminal.session import Session, find_issue

if TYPE_CHECKING:
    from desk.notice_templates import Name, Texts

ANY_WORD = "any"
FILE_BYTES_MAX = 100_000
FIELDS = ("subject", "body", "html")

Kind = Annotated[
    str,
    typer.Argument(metavar="KIND", help="A kind of event, `bundle` for several, or `any`."),
]
ChannelKind = Annotated[
    str,
    typer.Argument(
        metavar="CHANNEL", help="mail, webhook, wecom, dingtalk, feishu, inbox, or `any`."
    ),
]
Language = Annotated[str, typer.Argument(metavar="LANGUAGE", help="zh or en.")]
TemplateFile = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="TOML with `subject`, `body` and, for mail, `html`."),
]


async def notices(
    session: Session,
    issue: Annotated[str, typer.Argument(metavar="ISSUE", help="A number, ZONE/KEY or ZONE KEY.")],
    key: Annotated[str | None, typer.Argument(metavar="[KEY]")] = None,
) -> None:
    """Show who was told what of an issue, through which channels, and what came of it.

    sent: a server took it. delivered: it is where the addressee reads. read: somebody opened it.
    """
    from terminal.shown.notices import notices_plain, notices_shown

    async with session.desk(reading=True) as desk:
        row = await find_issue(desk, issue, key)
        stream = row.issue.stream
        told = await desk.ledger.notices(stream)
        receipts = await desk.ledger.receipts(stream)
        terms = await desk.shelf.version(row.issue.terms)
    zone_time = terms.calendar.time_zone
    session.out.answer(
        notices_plain(told, receipts), lambda: notices_shown(told, receipts, zone_time)
    )


async def template_check(
    session: Session, kind: Kind, channel: ChannelKind, language: Language, file: TemplateFile
) -> None:
    """Try a template on samples and show what it makes. Nothing is kept."""
    from desk.notice_templates import BUNDLE, SAMPLES, previewed
    from terminal.shown.notices import preview_plain, preview_shown

    told = list(SAMPLES) if kind == BUNDLE else [SAMPLES[0]]
    made = previewed(_name(kind, channel, language), _read(file), told)
    session.out.answer(preview_plain(made), lambda: preview_shown(made))


async def template_set(
    session: Session, kind: Kind, channel: ChannelKind, language: Language, file: TemplateFile
) -> None:
    """Check a template and keep it: it counts within seconds, and what was before stays on record.
    An empty `body` takes your own back, and the shipped one counts again."""
    from desk.notifying import drop_template, set_template
    from terminal.shown.notices import template_plain, templates_shown

    name, texts = _name(kind, channel, language), _read(file)
    author = f"terminal:{account()}"
    async with session.desk() as desk:
        if texts.body:
            row = await set_template(desk, name, texts, author)
        else:
            row = await drop_template(desk, name, author)
    session.out.answer(template_plain(row), lambda: templates_shown([row]))


async def template_show(
    session: Session,
    kind: Annotated[str | None, typer.Argument(metavar="[KIND]")] = None,
    channel: Annotated[str, typer.Argument(metavar="[CHANNEL]")] = ANY_WORD,
    language: Annotated[str, typer.Argument(metavar="[LANGUAGE]")] = "zh",
) -> None:
    """Show your own templates; of one KIND CHANNEL LANGUAGE the one that counts, and every version
    of your own."""
    from desk.notice_templates import CHANNELS, shipped_for
    from ledger.receipts import INBOX
    from terminal.shown.notices import template_plain, templates_shown, texts_plain

    async with session.desk(reading=True) as desk:
        if kind is None:
            rows = await desk.ledger.templates()
        else:
            rows = await desk.ledger.template_history(*_name(kind, channel, language))
    if kind is None:
        session.out.answer([template_plain(row) for row in rows], lambda: templates_shown(rows))
        return
    name = _checked(_name(kind, channel, language))
    shown = shipped_for(name[0], channel if channel in CHANNELS else INBOX, language)
    answer = {"shipped": texts_plain(shown), "own": [template_plain(row) for row in rows]}
    session.out.answer(answer, lambda: templates_shown(rows, shown))


def _name(kind: str, channel: str, language: str) -> "Name":
    from desk.notice_templates import ANY

    return ANY if kind == ANY_WORD else kind, ANY if channel == ANY_WORD else channel, language


def _checked(name: "Name") -> "Name":
    """Refuse a name that no template can have."""
    from desk.notice_templates import Texts, check_template

    check_template(name, Texts("-", "-"))
    return name


def _read(file: Path) -> "Texts":
    from desk.notice_templates import Texts
    from domain.errors import InvalidRequestError

    try:
        with file.open("rb") as opened:
            text = opened.read(FILE_BYTES_MAX + 1)
        said = tomllib.loads(text.decode())
    except (OSError, ValueError) as error:
        raise InvalidRequestError(
            "The template cannot be read.", field="file", value=file, allowed="TOML in UTF-8"
        ) from error
    wrong = [
        name for name, value in said.items() if name not in FIELDS or not isinstance(value, str)
    ]
    if wrong or len(text) > FILE_BYTES_MAX:
        raise InvalidRequestError(
            "The template has other fields than its texts, or is too long.",
            field="file",
            value=", ".join(wrong) or f"{len(text)} bytes",
            allowed=FIELDS,
        )
    return Texts(*(said.get(name, "") for name in FIELDS))
