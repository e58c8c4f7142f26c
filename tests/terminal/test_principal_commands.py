"""`closeout user` and `closeout key`: who is let in, what is shown once, what is kept."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from halls import Hall, lay
from rooms import every_text

from runtime import passwords

PASSWORD = "correct horse battery staple"


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hall:
    """A command line with families, where a password costs next to nothing to hash."""
    monkeypatch.setenv("CLOSEOUT_DATABASE_URL", "postgresql://nobody@localhost/nothing")
    monkeypatch.setattr(passwords, "COST", passwords.Cost(log_n=4, p=1))
    stage = Hall()
    stage.shelf = lay(tmp_path)
    return stage


def test_a_user_is_let_in_with_a_password_that_is_shown_once(hall: Hall) -> None:
    made = hall.json("user", "add", "wang", "--person", "officer.a", "--zone", "harbour")

    assert made["id"] == "user:wang"
    assert len(made["password"]) > 20
    (listed,) = hall.json("user", "list")["items"]
    assert listed == {key: value for key, value in made.items() if key != "password"}
    assert listed["zones"] == ["harbour"]
    assert listed["changed_by"].startswith("account:")
    assert made["password"] not in every_text(hall.ledger)


def test_a_password_may_come_by_standard_input_and_is_not_repeated(hall: Hall) -> None:
    words = ("user", "add", "audit", "--standing", "auditor", "--password-stdin")
    typed = hall.run(*words, stdin=f"{PASSWORD}\n")

    assert typed.exit_code == 0, typed.output
    assert PASSWORD not in typed.output
    found = asyncio.run(hall.ledger.admission("user:audit"))
    assert found is not None
    assert found[1] is not None
    assert passwords.matches(PASSWORD, found[1].hash)


@pytest.mark.parametrize(
    "words",
    [
        ("user", "add", "Wang", "--person", "p"),
        ("user", "add", "wang"),
        ("user", "add", "wang", "--standing", "service"),
        ("user", "add", "wang", "--enterprise", "mill"),
        ("user", "add", "wang", "--person", "p", "--enterprise", "e", "--standing", "auditor"),
        ("key", "create", "bus", "--standing", "coordinator"),
        ("key", "create", "bus", "--standing", "auditor", "--acting", "officers"),
        ("key", "create", "bus", "--act", "everything"),
        ("key", "create", "bus", "--days", "0"),
        ("key", "create", "two words"),
    ],
)
def test_who_stands_nowhere_is_not_let_in(hall: Hall, words: tuple[str, ...]) -> None:
    assert hall.refused(3, *words)["code"] == "invalid"
    assert every_text(hall.ledger) == ""


@pytest.mark.parametrize("password", ["short", "aaaaaaaaaaaaaaaa", "operator-12345", "x" * 129])
def test_a_password_that_is_easily_guessed_is_refused_and_not_repeated(
    hall: Hall, password: str
) -> None:
    words = ("user", "add", "operator", "--standing", "operator", "--password-stdin", "--json")
    typed = hall.run(*words, stdin=f"{password}\n")

    assert typed.exit_code == 3
    assert json.loads(typed.stdout)["error"]["field"] == "password"
    assert password not in typed.output


def test_a_name_is_given_once_also_when_its_user_was_turned_out(hall: Hall) -> None:
    hall.json("user", "add", "wang", "--person", "p")
    assert hall.json("user", "disable", "wang")["is_closed"]

    assert hall.refused(5, "user", "add", "wang", "--person", "q")["code"] == "conflict"
    assert hall.refused(5, "user", "password", "wang")["code"] == "conflict"
    assert hall.refused(5, "user", "password", "nobody")["code"] == "unknown_principal"


def test_another_password_takes_the_place_of_the_one_before(hall: Hall) -> None:
    first = hall.json("user", "add", "wang", "--person", "p")["password"]
    second = hall.json("user", "password", "wang")["password"]

    found = asyncio.run(hall.ledger.admission("user:wang"))
    assert found is not None
    assert found[1] is not None
    assert passwords.matches(second, found[1].hash)
    assert not passwords.matches(first, found[1].hash)


def test_a_key_is_made_listed_and_revoked(hall: Hall) -> None:
    limited = ("--zone", "harbour", "--act", "report", "--acting", "officers", "--days", "30")
    made = hall.json("key", "create", "hotline", *limited)
    (listed,) = hall.json("key", "list")["items"]
    id_ = made["id"].removeprefix("key:")

    assert made["key"].startswith(f"ck_{id_}_")
    assert made["key"].rpartition("_")[2] not in every_text(hall.ledger)
    assert listed == {key: value for key, value in made.items() if key != "key"}
    assert (listed["acts"], listed["acting"]) == (["report"], ["officers"])
    assert hall.json("key", "revoke", id_)["is_closed"]
    assert hall.json("key", "revoke", id_) == hall.json("key", "list")["items"][0]
    assert hall.refused(5, "key", "revoke", "0" * 12)["code"] == "unknown_principal"


def test_what_people_are_shown_says_what_somebody_may_and_how_it_stands(hall: Hall) -> None:
    key = hall.said("key", "create", "hotline", "--acting", "officers", "--days", "1")
    hall.said("user", "add", "rep", "--person", "p.1", "--enterprise", "mill")
    hall.said("user", "disable", "rep")
    hall.clock.at += timedelta(days=2)

    assert "✓ hotline is let in" in key
    assert "This key is not kept and cannot be shown again." in key
    assert "service, for officers all never expired" in hall.said("key", "list")
    assert "user:rep rep p.1 for mill all never disabled" in hall.said("user", "list")


def test_lists_come_in_pages(hall: Hall) -> None:
    for name in ("a", "b", "c"):
        hall.json("user", "add", name, "--person", "p")

    first = hall.json("user", "list", "--limit", "2")
    rest = hall.json("user", "list", "--limit", "2", "--after", first["next"])

    assert [each["name"] for each in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    assert rest["next"] is None
