"""Templates: the shipped ones say something, an operator's may say no more than is allowed."""

import time
from typing import get_args

import pytest

from desk.notice_templates import (
    CHANNELS,
    SAMPLES,
    Texts,
    candidates,
    check_template,
    filled,
    rendered,
    shipped,
    shipped_for,
    words,
)
from desk.told_apart import SAMPLES_APART
from domain.errors import InvalidRequestError
from domain.events import Event
from domain.notice_text import BODY_CHARACTERS_MAX, NoticeFacts
from domain.order_events import OrderEvent

ANY_EN = ("*", "*", "en")


@pytest.mark.parametrize("name", sorted(shipped()))
def test_a_shipped_template_passes_the_check_that_operators_pass(name):
    check_template(name, shipped()[name])


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("channel", CHANNELS)
def test_there_is_a_text_for_every_kind_channel_and_language(channel, language):
    for kind in (name.removeprefix("what.") for name in words(language)):
        texts = shipped_for(kind, channel, language)
        told = SAMPLES_APART.get(kind)
        if told is None:
            every = [rendered(texts, language, channel, SAMPLES[:1], is_bundle=False)]
        else:
            every = [filled(texts, channel, values) for values in told]
        assert all(made.subject for made in every)
        assert every[0].body


def test_every_kind_has_a_name_in_both_languages():
    assert words("zh").keys() == words("en").keys()


@pytest.mark.parametrize(
    "body",
    [
        "{{ secret }}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ title ~ title }}",
        "{{ title.__class__.__mro__ }}",
        "{{ title[0] }}",
        "{{ title.format(1) }}",
        "{{ title | replace('a', 'b') }}",
        "{{ title | safe }}",
        "{{ title | center(1000000000) }}",
        "{% for i in range(1000000000) %}x{% endfor %}",
        "{% for letter in title %}x{% endfor %}",
        "{% for item in items %}x{% endfor %}",
        "{% set x = 1 %}",
        "{% macro m() %}{% endmacro %}",
        "{% include 'x' %}",
        "{% if title is defined %}{% endif %}",
        "{{ self }}",
        "{{ cycler }}",
        "{{",
        "{% endfor %}",
        "(" * 3000,
        "{{ " + "(" * 1500 + "1" + ")" * 1500 + " }}",
        "{% if title > tier %}x{% endif %}",
        "",
        " \n",
        "\x00",
        "x" * (BODY_CHARACTERS_MAX + 1),
    ],
)
def test_what_a_template_may_not_say_is_refused_when_it_is_set(body):
    if set(body) == {"("}:
        check_template(ANY_EN, Texts("s", body))  # it is but text
        return
    with pytest.raises(InvalidRequestError) as refused:
        check_template(ANY_EN, Texts("s", body))
    assert refused.value.field == "body"


@pytest.mark.parametrize(
    ("name", "html", "field"),
    [
        (("*", "pigeon", "en"), "", "channel"),
        (("*", "mail", "fr"), "", "language"),
        (("issue_eaten", "mail", "en"), "", "kind"),
        (("*", "wecom", "en"), "<b>x</b>", "html"),
    ],
)
def test_a_template_for_nothing_there_is_refused(name, html, field):
    with pytest.raises(InvalidRequestError) as refused:
        check_template(name, Texts("s", "b", html))
    assert refused.value.field == field


def test_a_bundle_has_one_loop_and_no_loop_in_it():
    body = "{% for item in items %}{{ item.title }} {% endfor %}{{ count }}"
    check_template(("bundle", "*", "en"), Texts("{{ count }}", body))
    twice = "{% for i in items %}{% for j in items %}x{% endfor %}{% endfor %}"
    for wrong in (twice, "{% for i in items %}{{ i.password }}{% endfor %}", "{{ title }}"):
        with pytest.raises(InvalidRequestError):
            check_template(("bundle", "*", "en"), Texts("s", wrong))


def test_a_morning_list_has_four_lists_and_names_of_its_own():
    name = ("morning_digest", "*", "en")
    listed = "{% for each in due_items %}{{ each.number }} {{ each.deadline }}{% endfor %}"
    check_template(name, Texts("{{ day }} {{ overdue }}", listed))
    for wrong in (
        "{{ number }}",
        "{% for each in items %}x{% endfor %}",
        "{% for each in day %}x{% endfor %}",
        "{% for each in due_items %}{{ each.phone }}{% endfor %}",
        "{{ due_items.number }}",
    ):
        with pytest.raises(InvalidRequestError):
            check_template(name, Texts("s", wrong))
    with pytest.raises(InvalidRequestError):
        check_template(("*", "*", "en"), Texts("s", listed))


def test_what_is_told_apart_is_never_told_by_a_template_for_all_kinds():
    for kind in SAMPLES_APART:
        assert {name[0] for name in candidates(kind, "mail", "zh")} == {kind}


def test_the_longest_output_is_cut_soon():
    facts = SAMPLES[0].model_copy(update={"title": "x" * 200})
    body = "{% for item in items %}" + "{{ item.title }}" * 240 + "{% endfor %}"
    check_template(("bundle", "*", "en"), Texts("s", body))
    began = time.monotonic()
    made = rendered(Texts("s", body), "en", "mail", [facts] * 500, is_bundle=True)
    assert len(made.body) == BODY_CHARACTERS_MAX
    assert time.monotonic() - began < 1


def test_values_are_escaped_in_html_and_bring_no_call_to_everybody_into_feishu():
    facts = SAMPLES[1].model_copy(update={"title": '<at user_id="all"></at><script>'})
    texts = Texts("s", "{{ title }}", "<p>{{ title }}</p>")
    mail = rendered(texts, "en", "mail", [facts], is_bundle=False)
    assert "<script>" not in mail.html
    assert mail.html.startswith("<p>&lt;at")
    feishu = rendered(Texts("s", "{{ title }}"), "en", "feishu", [facts], is_bundle=False)
    assert "<" not in feishu.body


def test_a_subject_is_one_line():
    made = rendered(Texts("a\r\nBcc: b", "x"), "en", "mail", SAMPLES[:1], is_bundle=False)
    assert made.subject == "a Bcc: b"


def test_no_field_of_what_is_told_can_hold_what_is_sealed():
    held = {name: field.annotation for name, field in NoticeFacts.model_fields.items()}
    assert not [name for name, kind in held.items() if "Sealed" in str(kind) or "Any" in str(kind)]
    assert not {"contact", "personal", "text", "reason", "note"} & held.keys()


def test_whatever_can_happen_has_a_name():
    kinds = {
        form.model_fields["kind"].default for union in (Event, OrderEvent) for form in _forms(union)
    }
    assert {kind for kind in kinds if f"what.{kind}" not in words("en")} == set()


def _forms(union):
    if hasattr(union, "model_fields"):
        yield union
    for inner in get_args(union):
        yield from _forms(inner)
