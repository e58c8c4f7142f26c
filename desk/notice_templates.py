"""Templates of notices: the few forms of Jinja2 that they may have, and what they are made into.

A template has names, texts, conditions and, of a bundle, one loop over `items`. Nothing in it can
call, count, build long texts or reach an attribute, so its time and its output are bounded by its
own length; the sandbox stands behind that.
"""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from domain.errors import InvalidRequestError
from domain.model import NOT_TEXT
from domain.notice_text import (
    BODY_CHARACTERS_MAX,
    LANGUAGES,
    SUBJECT_CHARACTERS_MAX,
    Message,
    NoticeFacts,
    Words,
    bundle_values,
    cut,
    values_of,
)
from domain.phases import Phase

ANY: Final = "*"
BUNDLE: Final = "bundle"
CHANNELS: Final = ("mail", "webhook", "wecom", "dingtalk", "feishu", "inbox")
SHOWN_IN_BUNDLE_MAX: Final = 40
HTML_CHARACTERS_MAX: Final = 16_000
ITEMS: Final = "items"
FILTERS: Final = frozenset({"default", "e", "escape", "lower", "trim", "upper"})
PLAIN_NODES: Final = (
    nodes.Output,
    nodes.TemplateData,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
AT: Final = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
SAMPLES: Final = (
    NoticeFacts(
        notice="sample/A-1/3/grid-1",
        what="rung_fired",
        zone="sample",
        key="A-1",
        version=3,
        number="SAMPLE-2026-000001",
        title="The <gate> is \"blocked\" & the road 'closed'",
        enterprise="mill",
        category="road-access",
        phase=Phase.HANDLING,
        tier=2,
        addressee="grid-1",
        happened_at=AT,
        deadline_at=AT,
        clock="sample-clock",
        rung="sample-rung",
        urgent=True,
    ),
    NoticeFacts(
        notice="sample/A-2/1/mill",
        what="issue_reported",
        zone="sample",
        key="A-2",
        version=1,
        addressee="mill",
        happened_at=AT,
    ),
)
"""What every template is tried on before it is kept: all that can be said, and next to nothing."""


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of one template. `html` is of mail only, beside the plain body."""

    subject: str
    body: str
    html: str = ""
    name: str = "shipped"


Name = tuple[str, str, str]
"""Kind, channel, language."""


def candidates(kind: str, channel: str, language: str) -> Iterator[Name]:
    """Yield the names under which a template is looked for, the nearest first."""
    for of_kind in (kind,) if kind == BUNDLE else (kind, ANY):
        for of_channel in (channel, ANY):
            yield of_kind, of_channel, language


@cache
def shipped() -> Mapping[Name, Texts]:
    """Return the templates that come with the program."""
    return {
        (each["kind"], each["channel"], each["language"]): Texts(
            each["subject"], each["body"], each.get("html", "")
        )
        for each in _data()["template"]
    }


@cache
def words(language: str) -> Words:
    """Return the names of kinds, phases and so on in a language."""
    return {
        f"{family}.{code}": names[language]
        for family, entries in _data()["words"].items()
        for code, names in entries.items()
    }


def shipped_for(kind: str, channel: str, language: str) -> Texts:
    """Return the shipped template that a notice is made with."""
    found = (shipped().get(name) for name in candidates(kind, channel, language))
    return next(texts for texts in found if texts is not None)


def check_template(name: Name, texts: Texts) -> None:
    """Refuse a template that has a form or a name it may not have, or fails on a sample."""
    kind, channel, language = name
    if channel not in (*CHANNELS, ANY):
        raise InvalidRequestError(
            "There is no such kind of channel.",
            field="channel",
            value=channel,
            allowed=(*CHANNELS, ANY),
        )
    if language not in LANGUAGES:
        raise InvalidRequestError(
            "There are no notices in this language.",
            field="language",
            value=language,
            allowed=LANGUAGES,
        )
    if kind not in (ANY, BUNDLE) and f"what.{kind}" not in words(language):
        raise InvalidRequestError(
            "Nothing of this kind is ever told of.",
            field="kind",
            value=kind,
            allowed="a kind of event, `bundle` or `*`",
        )
    if texts.html and channel != "mail":
        raise InvalidRequestError(
            "Only mail has HTML.", field="html", value=channel, allowed="channel = mail"
        )
    _check_parts(kind, texts)


def rendered(
    texts: Texts, language: str, channel: str, told: Sequence[NoticeFacts], *, is_bundle: bool
) -> Message:
    """Return a message about one notice, or about several as a bundle. Raises TemplateError."""
    every = [_cleaned(values_of(facts, words(language)), channel) for facts in told]
    values = bundle_values(every, SHOWN_IN_BUNDLE_MAX) if is_bundle else every[0]
    subject = _made(texts.subject, values, SUBJECT_CHARACTERS_MAX, html=False)
    return Message(
        subject=" ".join(subject.split()),
        body=_made(texts.body, values, BODY_CHARACTERS_MAX, html=False).strip(),
        html=_made(texts.html, values, HTML_CHARACTERS_MAX, html=True) if texts.html else "",
        template=texts.name,
    )


def _check_parts(kind: str, texts: Texts) -> None:
    is_bundle = kind == BUNDLE
    parts = (
        ("subject", texts.subject, SUBJECT_CHARACTERS_MAX * 4, False),
        ("body", texts.body, BODY_CHARACTERS_MAX, False),
        ("html", texts.html, HTML_CHARACTERS_MAX, True),
    )
    for field, text, characters_max, html in parts:
        if not text.strip() and field != "html":
            raise InvalidRequestError("A template says something.", field=field)
        if len(text) > characters_max:
            raise InvalidRequestError(
                "The template is too long.",
                field=field,
                value=f"{len(text)} characters",
                allowed=f"at most {characters_max} characters",
            )
        if NOT_TEXT.search(text):
            raise InvalidRequestError("Control characters have no place here.", field=field)
        try:
            _require_plain(_environment(html=html).parse(text), is_bundle=is_bundle)
            for told in ([SAMPLES[0]], [SAMPLES[1]], list(SAMPLES) * SHOWN_IN_BUNDLE_MAX):
                facts = told if is_bundle else told[:1]
                every = [values_of(each, words("en")) for each in facts]
                values = bundle_values(every, SHOWN_IN_BUNDLE_MAX) if is_bundle else every[0]
                _made(text, values, characters_max, html=html)
        except TemplateError as error:
            raise InvalidRequestError(
                f"The template cannot be used: {error.message or type(error).__name__}.",
                field=field,
                value=f"line {getattr(error, 'lineno', None) or 1}",
            ) from error
        except (TypeError, ValueError, ArithmeticError, LookupError, RecursionError) as error:
            raise InvalidRequestError(
                f"The template fails on a sample: {type(error).__name__}.", field=field
            ) from error


def _require_plain(tree: nodes.Template, *, is_bundle: bool) -> None:
    known = set(bundle_values([], 0) if is_bundle else values_of(SAMPLES[0], {}))
    for child in tree.iter_child_nodes():
        _require_known(child, known, frozenset())


def _require_known(node: nodes.Node, known: set[str], loops: frozenset[str]) -> None:
    """Refuse any form that is not listed, any name that nothing stands for, a loop in a loop."""
    match node:
        case nodes.For():
            _require_loop(node, known, loops)
            loops = frozenset({_loop_name(node)})
            known = known | loops
        case nodes.Name():
            if node.name not in known:
                raise _refusal(node, f"nothing is called {node.name}; there are {_listed(known)}")
            return
        case nodes.Getattr():
            inner = node.node
            if not isinstance(inner, nodes.Name) or inner.name not in loops:
                raise _refusal(node, "only an item of a bundle has parts")
            if node.attr not in values_of(SAMPLES[0], {}):
                raise _refusal(node, f"an item has no {node.attr}")
            return
        case nodes.Const(value=str(text)) if NOT_TEXT.search(text):
            raise _refusal(node, "control characters have no place here")
        case nodes.Filter():
            if node.name not in FILTERS:
                raise _refusal(node, f"no filter but {_listed(FILTERS)}")
        case _ if not isinstance(node, PLAIN_NODES):
            raise _refusal(node, f"{type(node).__name__.lower()} has no place in a template")
        case _:
            pass
    for child in node.iter_child_nodes(exclude=("target", "iter")):
        _require_known(child, known, loops)


def _require_loop(node: nodes.For, known: set[str], loops: frozenset[str]) -> None:
    if loops or node.recursive or node.test is not None:
        raise _refusal(node, "one plain loop, and none in it")
    if not isinstance(node.iter, nodes.Name) or node.iter.name != ITEMS or ITEMS not in known:
        raise _refusal(node, "only a bundle has a loop, over `items`")
    if not isinstance(node.target, nodes.Name) or node.target.name in known:
        raise _refusal(node, "a loop gives each item one new name")


def _loop_name(node: nodes.For) -> str:
    return node.target.name if isinstance(node.target, nodes.Name) else ""


def _refusal(node: nodes.Node, said: str) -> TemplateError:
    error = TemplateError(said)
    error.lineno = node.lineno  # type: ignore[attr-defined]  # as jinja2's own errors have it
    return error


def _listed(names: set[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names))


def _made(text: str, values: Mapping[str, object], characters: int, *, html: bool) -> str:
    """Return what a template makes, cut where it becomes too long: what follows is not made."""
    made: list[str] = []
    length = 0
    for piece in _compiled(text, html=html).generate(values):
        made.append(piece)
        length += len(piece)
        if length > characters:
            break
    return cut("".join(made), characters)


@lru_cache(maxsize=512)
def _compiled(text: str, *, html: bool) -> Template:
    environment = _environment(html=html)
    return environment.from_string(environment.parse(text))


@cache
def _environment(*, html: bool) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(autoescape=html, undefined=StrictUndefined)
    made.globals.clear()
    return made


def _cleaned(values: Mapping[str, object], channel: str) -> dict[str, object]:
    """Feishu takes `<at …>` in a text for a call to everybody: no value may bring one along."""
    if channel != "feishu":
        return dict(values)
    return {
        name: value.replace("<", "＜") if isinstance(value, str) else value
        for name, value in values.items()
    }


@cache
def _data() -> dict[str, Any]:
    text = files("desk").joinpath("notice_texts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
