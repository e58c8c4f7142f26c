"""`closeout face`: a key of one's own, and whose word is taken."""

import json
from pathlib import Path

import pytest
from typing_of_lines import type_line

import cli


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("CLOSEOUT_DATABASE_URL", "CLOSEOUT_READER_DATABASE_URL", "CLOSEOUT_KEYS_DIR"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = type_line(
        cli.make_application(), [*words, "--data-dir", str(folder)], catch_exceptions=False
    )
    return done.exit_code, done.output


def told(folder: Path, *words: str) -> object:
    code, output = run(folder, *words, "--json")
    assert code == 0, output
    return json.loads(output)


def test_a_key_is_made_when_it_is_asked_for_and_shown_again(folder: Path) -> None:
    code, output = run(folder, "face", "key")
    assert code == 1
    assert "--make" in output

    made = told(folder, "face", "key", "--make")

    assert made == told(folder, "face", "key") == told(folder, "face", "key", "--make")


def test_a_face_is_trusted_listed_and_ended(folder: Path) -> None:
    key = told(folder, "face", "key", "--make")
    assert isinstance(key, dict)
    about = ("--name", "热线", "--actor", "service", "--service", "hotline", "--zone", "cedz")
    told(folder, "face", "trust", *about, "--key", key["key"])
    until = ("--until", "2026-01-01T08:00:00+08:00")
    told(folder, "face", "trust", *about, *until, "--key", key["key"])

    assert told(folder, "face", "list") == [
        {
            "id": key["id"],
            "key": key["key"],
            "name": "热线",
            "actors": ["service"],
            "zones": ["cedz"],
            "services": ["hotline"],
            "until_at": "2026-01-01T00:00:00.000Z",
        }
    ]
    _, shown = run(folder, "face", "list")
    assert "service (hotline) in cedz, until 2026-01-01" in shown
    assert "which is over" in shown


@pytest.mark.parametrize(
    "words", [("--actor", "engine"), ("--actor", "officer", "--until", "soon")]
)
def test_trust_in_what_cannot_be_is_refused(folder: Path, words: tuple[str, ...]) -> None:
    code, output = run(folder, "face", "trust", "--key", "A" * 43, "--name", "x", *words)

    assert code == 3, output
    assert told(folder, "face", "list") == []


@pytest.mark.parametrize(
    ("signed", "trusted", "grade", "said"),
    [
        ("unsigned", True, "warn", "need not be signed"),
        ("signed", False, "fail", "no key is trusted"),
        ("signed", True, "ok", "1 face trusted"),
    ],
)
def test_the_doctor_says_what_the_word_of_actors_is_worth(
    folder: Path, monkeypatch: pytest.MonkeyPatch, signed: str, trusted: bool, grade: str, said: str
) -> None:
    monkeypatch.setenv("CLOSEOUT_ACTORS", signed)
    key = told(folder, "face", "key", "--make")
    assert isinstance(key, dict)
    if trusted:
        told(folder, "face", "trust", "--name", "x", "--actor", "officer", "--key", key["key"])

    _, output = run(folder, "doctor", "--json")

    (check,) = [each for each in json.loads(output)["checks"] if each["name"] == "identity"]
    assert check["grade"] == grade
    assert said in check["found"]
