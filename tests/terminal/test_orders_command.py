"""`closeout supervise issue`, `reply`, `show`, `list` and the rest, as they are typed."""

import json
from typing import Any

import builders as b
import builders_orders as o
import pytest
from stage import REPORT, Stage

import cli

SUPERVISOR = ("--as", "officer:supervision.a@supervision")
UNIT = ("--as", "officer:roads-desk.a@roads-desk")
LEADER = ("--as", "officer:director.a@director")
ORDER = (b.ZONE, o.KEY)
ISSUE = (
    *("supervise", "issue", *ORDER, "--instrument", "reminder", "--unit", "roads"),
    *("--issue", b.KEY, "--question", "何时放行 When?", "--words", "Third [call]."),
)


class Bureau(Stage):
    """A command line with families, before a zone that supervises."""

    def __post_init__(self) -> None:
        self.terms = o.TERMS
        super().__post_init__()
        for family, (summary, panel, members) in cli.FAMILIES.items():
            self.application.family(family, summary, panel)
            for body in members:
                self.application.offer(body, panel, under=family)

    def refused(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Return the exit code and the refusal of a command."""
        result = self.run(*words, "--json")
        return result.exit_code, json.loads(result.stdout)["error"]


@pytest.fixture
def bureau(stage: Stage) -> Bureau:
    """A command line with one issue reported."""
    made = Bureau()
    made.json(*REPORT)
    return made


@pytest.fixture
def issued(bureau: Bureau) -> Bureau:
    """A command line with one order issued on Monday at nine."""
    done = bureau.json(*ISSUE, *SUPERVISOR)
    assert done["events"] == ["order_issued"]
    return bureau


def test_an_order_is_issued_answered_refused_raised_and_settled(issued: Bureau) -> None:
    steps = [
        (("reply", *ORDER, "--text", "On Friday.", *UNIT), "order_replied"),
        (("refuse", *ORDER, "--reason", "Which?", *SUPERVISOR), "reply_refused"),
        (("raise", *ORDER, "--to", "order", "--reason", "Now.", *LEADER), "order_raised"),
        (("appeal", *ORDER, "--reason", "Why us?", "--fact", "1", *UNIT), "order_appealed"),
        (("reply", *ORDER, "--text", "This Friday.", *UNIT), "order_replied"),
        (("accept", *ORDER, "--note", "Good.", *SUPERVISOR), "reply_accepted"),
    ]
    for words, event in steps:
        assert issued.json("supervise", *words)["events"] == [event]
    ruling = ("rule", *ORDER, "--ruling", "annul", "--reason", "True.")
    vice = ("--as", "officer:director.b@director")
    assert issued.json("supervise", *ruling, *vice)["version"] == 8
    shown = issued.json("supervise", "show", *ORDER)
    assert (shown["standing"], shown["instrument"], shown["annulled"]) == ("settled", "order", [1])
    assert [reply["verdict"] for reply in shown["replies"]] == ["refused", "accepted"]


def test_an_order_is_lifted(issued: Bureau) -> None:
    words = ("supervise", "lift", *ORDER, "--reason", "Another's.", *SUPERVISOR)
    assert issued.json(*words)["events"] == ["order_lifted"]
    assert issued.json("supervise", "show", f"{b.ZONE}/{o.KEY}")["standing"] == "lifted"


def test_what_is_typed_again_under_its_id_gets_the_first_answer(issued: Bureau) -> None:
    words = ("supervise", "reply", *ORDER, "--text", "Soon.", "--id", "r-1", *UNIT)
    assert issued.json(*words)["repeated"] is False
    assert issued.json(*words)["repeated"] is True


def test_people_are_shown_names_limit_and_what_counts(issued: Bureau) -> None:
    issued.clock.at = b.MON_15
    text = issued.run("supervise", "show", *ORDER).output
    for told in (
        "何时放行 When?",
        "催办",
        "reminder",
        "市政科",
        "Third [call].",
        "2026-03-02 13:00",
    ):
        assert told in text
    assert "2 h ago" in text
    assert "下达" in text


def test_the_answer_to_people_says_where_the_order_stands(bureau: Bureau) -> None:
    text = bureau.run(*ISSUE, *SUPERVISOR).output
    assert "✓ harbour/order-1  order_issued" in text
    assert "a reply is owed" in text


def test_the_list_is_narrowed_and_paged(issued: Bureau) -> None:
    issued.json(
        *("supervise", "issue", b.ZONE, "order-2", "--instrument", "interview", "--unit", "power"),
        *("--issue", b.KEY, "--question", "And now?", "--rule", "g-silent", *LEADER),
    )

    def keys(*words: str) -> list[str]:
        return [each["key"] for each in issued.json("supervise", "list", *words)["orders"]]

    assert keys() == ["order-1", "order-2"]
    assert keys("--unit", "power") == ["order-2"]
    assert keys("--issue", "nothing") == []
    assert keys("--issue", b.KEY, "--open") == ["order-1", "order-2"]
    assert keys("--standing", "answered") == []
    first = issued.json("supervise", "list", "--limit", "1")
    assert first["after"] == "harbour/order-1"
    assert keys("--after", first["after"]) == ["order-2"]
    text = issued.run("supervise", "list", "--limit", "1").output
    assert "harbour/order-1" in text
    assert "more: --after harbour/order-1" in text
    assert "No order fits" in issued.run("supervise", "list", "--zone", "elsewhere").output


@pytest.mark.parametrize(
    ("words", "code", "error"),
    [
        (("supervise", "show", b.ZONE, "nothing"), 5, "unknown_order"),
        (("supervise", "reply", *ORDER, "--text", "x", *SUPERVISOR), 4, "not_permitted"),
        (("supervise", "accept", *ORDER, *SUPERVISOR), 5, "wrong_phase"),
        (
            ("supervise", "lift", *ORDER, "--reason", "x", "--expect", "7", *SUPERVISOR),
            5,
            "conflict",
        ),
        (("supervise", "raise", *ORDER, "--to", "x", "--reason", "x", *SUPERVISOR), 3, "invalid"),
    ],
)
def test_a_refusal_has_its_code_and_says_what_to_do(
    issued: Bureau, words: tuple[str, ...], code: int, error: str
) -> None:
    exit_code, told = issued.refused(*words)
    assert (exit_code, told["code"]) == (code, error)
    assert issued.run(*words).exit_code == code


def test_a_ground_is_a_rule_or_words_and_never_both(bureau: Bureau) -> None:
    assert bureau.run(*ISSUE, "--rule", "g-silent", *SUPERVISOR).exit_code == 2
    assert bureau.run(*ISSUE[:-2], *SUPERVISOR).exit_code == 2
    assert bureau.run("supervise", "show", "nothing").exit_code == 2


def test_the_verification_reads_orders_alone_and_with_all_else(issued: Bureau) -> None:
    alone = issued.json("verify", f"order/{b.ZONE}/{o.KEY}")
    assert (alone["streams"], alone["events"], alone["sound"]) == (1, 1, True)
    whole = issued.json("verify", "--all")
    assert (whole["streams"], whole["commands"], whole["sound"]) == (2, 2, True)
