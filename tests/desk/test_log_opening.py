"""What is read when the log is opened: the file of keys that are trusted."""

from pathlib import Path

import pytest

from desk.log_opening import read_trusted
from ledger.signing import LogKeyError


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\xff\xfe", "it is not text"), (b"log\n", "is a name, eight hex digits and base64")],
)
def test_a_file_that_holds_no_keys_is_told_in_words(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "log.vkeys"
    file.write_bytes(content)

    with pytest.raises(LogKeyError, match=said) as told:
        read_trusted(file)
    assert str(file) in str(told.value)
    assert "codec" not in str(told.value)
