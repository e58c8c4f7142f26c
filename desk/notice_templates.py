"""Templates of notices: the few forms of Jinja2 that they may have, and what they are made into.

A template has names, texts, conditions and, of a bundle, one loop over `items`. Nothing in it can
call, count, build long texts or reach an attribute, so its time and its output are bounded by its
own length; the sandbox stands behind that.
"""

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import StrictUndefined, Template, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from desk.told_apart import SAMPLES_APART, Values, lists_of
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
from ledger.receipts import INBOX

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
    """Yield the names under which a template is looked for, the nearest first. What has names of
    its own is never told by a template for all kinds."""
    for of_kind in (kind,) if kind == BUNDLE or kind in SAMPLES_APART else (kind, ANY):
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
    every = [values_of(facts, words(language)) for facts in told]
    values = bundle_values(every, SHOWN_IN_BUNDLE_MAX) if is_bundle else every[0]
    return filled(texts, channel, values)


def filled(texts: Texts, channel: str, told: Values) -> Message:
    """Return a message of values. Raises TemplateError."""
    values = _cleaned(told, channel)
    subject = _made(texts.subject, values, SUBJECT_CHARACTERS_MAX, html=False)
    return Message(
        subject=" ".join(subject.split()),
        body=_made(texts.body, values, BODY_CHARACTERS_MAX, html=False).strip(),
        html=_made(texts.html, values, HTML_CHARACTERS_MAX, html=True) if texts.html else "",
        template=texts.name,
    )


def previewed(name: Name, texts: Texts, told: Sequence[NoticeFacts]) -> Message:
    """Check a template and return what it makes of facts. Raises InvalidRequestError."""
    kind, channel, language = name
    check_template(name, texts)
    shown = channel if channel in CHANNELS else INBOX
    if kind in SAMPLES_APART:
        return filled(texts, shown, sample_of(kind))
    return rendered(texts, language, shown, told, is_bundle=kind == BUNDLE)


def _check_parts(kind: str, texts: Texts) -> None:
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
            _require_plain(_environment(html=html).parse(text), kind)
            for values in _samples(kind):
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


def sample_of(kind: str) -> Values:
    """Return the values that a template of a kind is shown with before it is kept."""
    return _samples(kind)[0]


def _samples(kind: str) -> list[Values]:
    if kind in SAMPLES_APART:
        return list(SAMPLES_APART[kind])
    every = [values_of(each, words("en")) for each in SAMPLES]
    if kind != BUNDLE:
        return list(every)
    told = (every[:1], every[1:], every * SHOWN_IN_BUNDLE_MAX)
    return [bundle_values(each, SHOWN_IN_BUNDLE_MAX) for each in told]


@dataclass(frozen=True, slots=True)
class _Scope:
    """The names at a place of a template, its lists with what their items have, and of the loop
    that it is in the name and what that has."""

    known: frozenset[str]
    lists: Mapping[str, frozenset[str]]
    loop: str = ""
    parts: frozenset[str] = frozenset()


def _require_plain(tree: nodes.Template, kind: str) -> None:
    lists: Mapping[str, frozenset[str]] = {}
    if kind in SAMPLES_APART:
        lists = lists_of(kind)
    elif kind == BUNDLE:
        lists = {ITEMS: frozenset(values_of(SAMPLES[0], {}))}
    scope = _Scope(frozenset(_samples(kind)[0]), lists)
    for child in tree.iter_child_nodes():
        _require_known(child, scope)


def _require_known(node: nodes.Node, scope: _Scope) -> None:
    """Refuse any form that is not listed, any name that nothing stands for, a loop in a loop."""
    match node:
        case nodes.For():
            scope = _require_loop(node, scope)
        case nodes.Name():
            if node.name not in scope.known:
                listed = _listed(scope.known)
                raise _refusal(node, f"nothing is called {node.name}; there are {listed}")
            return
        case nodes.Getattr():
            inner = node.node
            if not isinstance(inner, nodes.Name) or not scope.loop or inner.name != scope.loop:
                raise _refusal(node, "only an item of a bundle or a list has parts")
            if node.attr not in scope.parts:
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
        _require_known(child, scope)


def _require_loop(node: nodes.For, scope: _Scope) -> _Scope:
    """Return the scope within a loop."""
    if scope.loop or node.recursive or node.test is not None:
        raise _refusal(node, "one plain loop, and none in it")
    if not isinstance(node.iter, nodes.Name) or node.iter.name not in scope.lists:
        known = f"over {_listed(scope.lists.keys())}" if scope.lists else "there is no list here"
        raise _refusal(node, f"a loop goes over a list: {known}")
    if not isinstance(node.target, nodes.Name) or node.target.name in scope.known:
        raise _refusal(node, "a loop gives each item one new name")
    name = node.target.name
    return _Scope(scope.known | {name}, scope.lists, name, scope.lists[node.iter.name])


def _refusal(node: nodes.Node, said: str) -> TemplateError:
    error = TemplateError(said)
    error.lineno = node.lineno  # type: ignore[attr-defined]  # as jinja2's own errors have it
    return error


def _listed(names: Iterable[str]) -> str:
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
    return {name: _harmless(value) for name, value in values.items()}


def _harmless(value: object) -> object:
    match value:
        case str():
            return value.replace("<", "＜")
        case dict():
            return {name: _harmless(each) for name, each in value.items()}
        case tuple() | list():
            return tuple(_harmless(each) for each in value)
        case _:
            return value


@cache
def _data() -> dict[str, Any]:
    text = files("desk").joinpath("notice_texts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
