"""Seals and keys: a text opens where it was sealed, under its subject's key, until that is gone."""

import base64
import json
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.personal import Personal, Sealed
from runtime.errors import FolderUnusableError
from runtime.seals import (
    ErasedSubjectError,
    FileKeys,
    SubjectKey,
    UnopenedTextError,
    subject_keys,
)
from runtime.settings import Settings

STREAM = "harbour/k1"
KEY = SubjectKey("p-17", "0123456789abcdef", bytes(range(32)))
SAID = Personal(subject="p-17", text="139-0000-0000")


def valid(text: str) -> bool:
    try:
        return bool(Personal(subject="p", text=text))
    except ValidationError:
        return False


@pytest.fixture
def keys(tmp_path: Path) -> FileKeys:
    return FileKeys(tmp_path / "keys" / "subjects")


@given(st.text(min_size=1, max_size=200).filter(valid))
def test_every_text_opens_as_it_was_and_seals_the_same_again(text: str) -> None:
    said = Personal(subject="p-17", text=text)
    sealed = KEY.seal(STREAM, said)
    assert KEY.opened(STREAM, sealed) == said.text
    assert KEY.seal(STREAM, said) == sealed
    assert said.text not in (sealed.text, sealed.nonce)


def test_the_longest_text_fits() -> None:
    said = Personal(subject="p-17", text="\U00020000" * 1000)
    assert KEY.opened(STREAM, KEY.seal(STREAM, said)) == said.text


def test_texts_of_about_one_length_cannot_be_told_apart_by_it() -> None:
    lengths = {len(KEY.seal(STREAM, Personal(subject="p", text="x" * n)).text) for n in (1, 9, 64)}
    assert len(lengths) == 1


def test_no_two_texts_issues_or_keys_share_a_nonce() -> None:
    other_key = SubjectKey("p-17", "0123456789abcdef", bytes(32))
    sealed = [
        KEY.seal(STREAM, SAID),
        KEY.seal("harbour/k2", SAID),
        KEY.seal(STREAM, Personal(subject="p-17", text="139-0000-0001")),
        other_key.seal(STREAM, SAID),
    ]
    assert len({each.nonce for each in sealed}) == len(sealed)


@pytest.mark.parametrize(
    ("key", "stream"),
    [
        (KEY, "harbour/k2"),
        (SubjectKey("p-18", KEY.key_id, KEY.key), STREAM),
        (SubjectKey("p-17", "f" * 16, KEY.key), STREAM),
        (SubjectKey("p-17", KEY.key_id, bytes(32)), STREAM),
    ],
)
def test_a_text_does_not_open_elsewhere_or_with_another_key(key: SubjectKey, stream: str) -> None:
    with pytest.raises(UnopenedTextError) as refused:
        key.opened(stream, KEY.seal(STREAM, SAID))
    assert SAID.text not in str(refused.value)


def test_a_text_does_not_open_with_any_byte_changed() -> None:
    sealed = KEY.seal(STREAM, SAID)
    for field in ("nonce", "text"):
        raw = base64.urlsafe_b64decode(getattr(sealed, field))
        for place in range(len(raw)):
            changed = bytearray(raw)
            changed[place] ^= 1
            other = {field: base64.urlsafe_b64encode(bytes(changed)).decode()}
            with pytest.raises(UnopenedTextError):
                KEY.opened(STREAM, sealed.model_copy(update=other))


def test_what_is_no_base64_does_not_open() -> None:
    short = Sealed(key_id=KEY.key_id, nonce="A" * 16, subject="p-17", text="A")
    with pytest.raises(UnopenedTextError):
        KEY.opened(STREAM, short)


def test_a_key_is_not_shown_by_mistake() -> None:
    assert "x01" not in repr(KEY)


def test_a_key_is_made_once_for_its_owner_alone_and_found_again(keys: FileKeys) -> None:
    assert keys.find("p-17") is None
    assert list(keys.subjects()) == []
    made = keys.obtain("p-17")
    assert keys.obtain("p-17") == made == FileKeys(keys.folder).find("p-17")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in keys.folder.iterdir()}
    assert modes == {0o600}
    assert stat.S_IMODE(keys.folder.stat().st_mode) == 0o700
    assert list(keys.subjects()) == ["p-17"]


def test_subjects_that_differ_in_case_have_keys_of_their_own(keys: FileKeys) -> None:
    assert keys.obtain("p-a").key != keys.obtain("P-A").key
    names = {path.name.lower() for path in keys.folder.glob("*.key")}
    assert len(names) == 2


def test_many_at_once_get_one_key(keys: FileKeys) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: FileKeys(keys.folder).obtain("p-17"), range(32)))
    assert len({key.key for key in made}) == 1


def test_a_destroyed_key_is_gone_and_never_made_anew(keys: FileKeys) -> None:
    made = keys.obtain("p-17")
    assert keys.destroy("p-17") == made.key_id
    assert keys.find("p-17") is None
    assert list(keys.subjects()) == []
    with pytest.raises(ErasedSubjectError, match="erased"):
        keys.obtain("p-17")
    left = b"".join(path.read_bytes() for path in keys.folder.iterdir())
    assert made.key.hex().encode() not in left
    assert keys.destroy("p-17") == made.key_id


def test_a_key_that_a_backup_brings_back_opens_nothing_and_is_destroyed_again(
    keys: FileKeys,
) -> None:
    made = keys.obtain("p-17")
    (file,) = keys.folder.glob("*.key")
    backup = file.read_bytes()
    keys.destroy("p-17")
    file.write_bytes(backup)
    assert keys.find("p-17") is None
    assert list(keys.subjects()) == ["p-17"]
    assert keys.destroy("p-17") == made.key_id
    assert not file.exists()


def test_destroying_a_key_that_never_was_leaves_no_trace(keys: FileKeys) -> None:
    assert keys.destroy("p-17") is None
    assert keys.obtain("p-17").subject == "p-17"


@pytest.mark.parametrize("spoilt", ["", "{", "[]", "{}", '{"key": "zz", "subject": "p-17"}'])
def test_a_spoilt_key_file_is_named_and_no_new_key_takes_its_place(
    keys: FileKeys, spoilt: str
) -> None:
    keys.obtain("p-17")
    (file,) = keys.folder.glob("*.key")
    file.write_text(spoilt)
    for ask in (keys.find, keys.obtain, keys.destroy):
        with pytest.raises(FolderUnusableError, match="subjects"):
            ask("p-17")


def test_the_file_of_another_subject_is_no_key(keys: FileKeys) -> None:
    keys.obtain("p-17")
    (file,) = keys.folder.glob("*.key")
    kept = json.loads(file.read_text())
    file.write_text(json.dumps({**kept, "subject": "p-18"}))
    with pytest.raises(FolderUnusableError) as refused:
        keys.obtain("p-17")
    assert kept["key"] not in str(refused.value)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderUnusableError, match="file"):
        FileKeys(tmp_path / "file" / "subjects").obtain("p-17")


def test_keys_lie_where_the_settings_say_and_nothing_is_made_before_one_is_needed(
    tmp_path: Path,
) -> None:
    default = subject_keys(Settings.load(data_dir=tmp_path))
    chosen = subject_keys(Settings.load(data_dir=tmp_path, keys_dir=tmp_path / "safe"))
    assert Path(default.where) == tmp_path / "keys" / "subjects"
    assert Path(chosen.where) == tmp_path / "safe" / "subjects"
    assert list(tmp_path.iterdir()) == []
