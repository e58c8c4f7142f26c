"""The operator's file of channels: what it may say, and that it never shows a secret."""

from pathlib import Path

import pytest

from domain.notifying import AT_ONCE, Manner
from runtime.channels import NO_CHANNELS, Addressee, is_open_to_others, read_channels
from runtime.errors import SettingsError
from runtime.settings import Settings

FILE = """
language = "en"
[channels.mail]
kind = "mail"
server = "smtps://me:hunter2@mail.example.com"
sender = "closeout@example.com"
[channels.office]
kind = "wecom"
url = "https://example.com/send?key=hunter2"
[[tell]]
post = "grid-1"
channel = "mail"
to = "grid-1@example.com"
[[tell]]
post = "grid-1"
channel = "office"
language = "zh"
[[tell]]
unit = "roads"
channel = "office"
[[tell]]
post = "grid-1"
channel = "office"
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "channels.toml"
    path.write_text(FILE, encoding="utf-8")
    path.chmod(0o600)
    return path


def test_a_file_says_who_is_told_through_what_each_way_once(file: Path) -> None:
    book = read_channels(file)
    routes = book.routes(Addressee("z", "grid-1", is_post=True), AT_ONCE)
    assert [(each.name, each.to, each.language) for each in routes] == [
        ("mail", "grid-1@example.com", "en"),
        ("office", "", "zh"),
    ]
    of_unit = book.routes(Addressee("z", "desk-2", is_post=True, unit="roads"), AT_ONCE)
    assert [each.name for each in of_unit] == ["office"]
    mail_only = Manner(urgent=False, channels=frozenset({"mail"}))
    assert len(book.routes(Addressee("z", "grid-1", is_post=True), mail_only)) == 1
    assert book.routes(Addressee("z", "grid-1", is_post=False), AT_ONCE) == ()


def test_a_row_of_a_person_is_of_nobody_else(file: Path) -> None:
    with file.open("a", encoding="utf-8") as added:
        added.write('[[tell]]\nperson = "p.a"\nchannel = "mail"\nto = "a@example.com"\n')
    book = read_channels(file)
    own = Addressee("z", "person.p.a", is_post=False, person="p.a")
    other = Addressee("z", "person.grid-1", is_post=False, person="grid-1")
    assert [each.to for each in book.routes(own, AT_ONCE)] == ["a@example.com"]
    assert book.routes(other, AT_ONCE) == ()
    assert book.routes(Addressee("z", "p.a", is_post=True), AT_ONCE) == ()
    file.write_text(FILE + '[[tell]]\nperson = "p.a"\npost = "p"\nchannel = "office"\n', "utf-8")
    with pytest.raises(SettingsError, match="or a person: one of them"):
        read_channels(file)


def test_no_file_means_the_inbox_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CLOSEOUT_CHANNELS", raising=False)
    assert read_channels(Settings.load().channels) == NO_CHANNELS


def test_nothing_shows_a_secret(file: Path) -> None:
    book = read_channels(file)
    shown = f"{book} {book!r} {book.model_dump()} {book.routes(_grid(), AT_ONCE)}"
    assert "hunter2" not in shown
    assert book.model_dump_json().count("hunter2") == 0


def _grid() -> Addressee:
    return Addressee("z", "grid-1", is_post=True)


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('kind = "wecom"', 'kind = "pigeon"', "channels.office"),
        ('url = "https', 'url = "ftp', "https://"),
        ('server = "smtps', 'server = "https', "smtp"),
        ('channel = "office"\nlanguage', 'channel = "attic"\nlanguage', "no channel attic"),
        ('to = "grid-1@example.com"', "", "goes with a channel of mail"),
        ('unit = "roads"', 'unit = "roads"\npost = "x"', "one of them"),
        ("[channels.office]", "[channels.inbox]", "channel"),
        ('language = "zh"', 'language = "fr"', "tell.1.language"),
        ("[[tell]]", "[[tell", "no TOML"),
        ('sender = "', 'colour = "red"\nsender = "', "colour"),
        (
            'kind = "wecom"',
            'kind = "webhook"\nsecret = "whsec_hunter2"',
            "24 to 64 bytes",
        ),
    ],
)
def test_a_file_that_is_wrong_is_refused_by_name_and_without_its_secrets(
    file: Path, was: str, becomes: str, said: str
) -> None:
    assert was in FILE
    file.write_text(FILE.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        read_channels(file)
    assert said in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_not_there_or_is_endless_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_channels(tmp_path / "none")
    large = tmp_path / "large"
    large.write_bytes(b"#" * (1024 * 1024 + 1))
    with pytest.raises(SettingsError, match="more than"):
        read_channels(large)


@pytest.mark.parametrize(("mode", "is_open"), [(0o600, False), (0o640, True), (0o604, True)])
def test_a_file_that_others_may_read_is_known(file: Path, mode: int, is_open: bool) -> None:
    file.chmod(mode)
    assert is_open_to_others(file) is is_open
