"""Keys of faces: files for their owner alone, trust that is read anew when it changes."""

import stat
from pathlib import Path

import builders as b
import pytest

from domain.access import Principal
from domain.vouching import ActorKind, TrustedFace
from ledger.vouching import wrong_with
from runtime.errors import FolderUnusableError, SettingsError
from runtime.face_keys import (
    FaceKeys,
    ensure_face,
    face_signer,
    key_file,
    make_face_key,
    read_face_key,
    read_faces,
    trust_file,
    trusted_faces,
    write_faces,
)
from runtime.settings import Settings

WHO = Principal(id="user:a", name="a")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load(data_dir=tmp_path)


def test_the_stack_makes_its_key_once_and_trusts_it_with_everything(settings: Settings) -> None:
    key = ensure_face(settings)

    assert ensure_face(settings) == key or ensure_face(settings).id == key.id
    (own,) = trusted_faces(settings) or ()
    assert (own.id, own.key) == (key.id, key.text)
    assert own.actors == tuple(ActorKind)
    assert (own.zones, own.services, own.from_at, own.until_at) == (None, None, None, None)
    assert stat.S_IMODE(key_file(settings).stat().st_mode) == 0o600
    assert key.text not in repr(key)


def test_an_entry_that_was_narrowed_is_left_as_it_is(settings: Settings) -> None:
    key = ensure_face(settings)
    narrow = TrustedFace(key=key.text, name="mine", actors=(ActorKind.OFFICER,))
    write_faces(trust_file(settings), [narrow])

    ensure_face(settings)

    assert trusted_faces(settings) == (narrow,)


def test_a_file_of_trust_comes_back_as_it_was_written(tmp_path: Path) -> None:
    faces = (
        TrustedFace(
            key=make_face_key(tmp_path / "a.pem").text,
            name='热线 "hot" \\ 😀',
            actors=(ActorKind.SERVICE,),
            services=("hotline",),
            zones=("harbour", "west"),
            from_at=b.MON_9,
            until_at=b.TUE_9,
        ),
        TrustedFace(key=make_face_key(tmp_path / "b.pem").text, name="b", actors=tuple(ActorKind)),
    )
    write_faces(tmp_path / "faces.toml", faces)

    assert read_faces(tmp_path / "faces.toml") == faces


def test_a_second_key_counts_as_soon_as_it_is_written(settings: Settings, tmp_path: Path) -> None:
    first = ensure_face(settings)
    keys = FaceKeys(settings)
    assert set(keys.trusted()) == {first.id}
    second = make_face_key(tmp_path / "second.pem")
    more = TrustedFace(key=second.text, name="second", actors=(ActorKind.OFFICER,))
    write_faces(trust_file(settings), [*keys.trusted().values(), more])

    assert set(keys.trusted()) == {first.id, second.id}


def test_where_nobody_said_so_nobody_is_trusted(settings: Settings) -> None:
    assert trusted_faces(settings) is None
    assert FaceKeys(settings).trusted() == {}
    assert FaceKeys(settings).own() is None


def test_a_signer_gives_a_word_that_holds(settings: Settings) -> None:
    ensure_face(settings)
    sent = face_signer(settings)(b.submission(b.ACCEPT), WHO)

    assert sent.vouched is not None
    assert sent.vouched.principal == "user:a"
    assert wrong_with(sent, sent.vouched, FaceKeys(settings).trusted(), b.MON_9) is None


def test_a_key_that_nobody_trusts_says_nothing_while_no_word_is_wanted(settings: Settings) -> None:
    key = make_face_key(key_file(settings))
    sent, wanted = b.submission(b.ACCEPT), settings.model_copy(update={"actors": "signed"})

    assert face_signer(settings)(sent, WHO) is sent
    assert face_signer(wanted)(sent, WHO).vouched is not None
    signer = face_signer(settings)
    write_faces(
        trust_file(settings), [TrustedFace(key=key.text, name="x", actors=tuple(ActorKind))]
    )
    assert signer(sent, WHO).vouched is not None


def test_without_a_key_no_word_is_given_and_where_one_is_wanted_that_is_said(
    settings: Settings,
) -> None:
    sent = b.submission(b.ACCEPT)

    assert face_signer(settings)(sent, WHO) is sent
    with pytest.raises(SettingsError, match="face key --make"):
        face_signer(settings.model_copy(update={"actors": "signed"}))


@pytest.mark.parametrize(
    "text",
    [
        "face = 1",
        "[[face]]\nkey = 1",
        "[other]",
        "not toml",
        '[[face]]\nkey = "AA"\nname = "x"\nactors = ["officer"]',
        '[[face]]\nname = "x"\nactors = ["engine"]\nkey = "' + "A" * 43 + '"',
        '[[face]]\nname = "x"\nactors = []\nkey = "' + "A" * 43 + '"',
        ('[[face]]\nname = "x"\nactors = ["officer"]\nkey = "' + "A" * 43 + '"\n') * 2,
        '[[face]]\nname = "x"\nactors = ["officer"]\nkey = "'
        + "A" * 43
        + '"\nfrom_at = 2026-01-02T00:00:00Z\nuntil_at = 2026-01-01T00:00:00Z',
    ],
)
def test_a_file_of_trust_that_is_none_is_refused_by_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "faces.toml"
    file.write_text(text)

    with pytest.raises(FolderUnusableError, match=r"faces\.toml"):
        read_faces(file)


def test_a_key_file_that_holds_another_kind_of_key_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "face.pem"
    file.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")

    with pytest.raises(FolderUnusableError, match=r"face\.pem"):
        read_face_key(file)
    with pytest.raises(FolderUnusableError, match="exists"):
        make_face_key(file)


@pytest.mark.parametrize("origin", ["localhost:8233", "http://a/b", "*", "http://*", "ftp://a"])
def test_an_origin_is_a_scheme_a_host_and_no_more(tmp_path: Path, origin: str) -> None:
    with pytest.raises(SettingsError, match="codec_origin"):
        Settings.load(data_dir=tmp_path, codec_origin=origin)
