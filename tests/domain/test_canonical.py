"""The quick way to canonical text gives what RFC 8785 gives, byte for byte."""

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from domain.canonical import canonical

TEXTS = st.text(st.characters(exclude_categories=()))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(-1e9, 1e9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def outcome(write: object, value: dict[str, object]) -> object:
    """Return what is written, or what kind of error is raised."""
    try:
        text = write(value)  # type: ignore[operator]  # one of two writers
    except ValueError as error:
        return type(error)
    return text if isinstance(text, str) else text.decode()


@given(st.dictionaries(TEXTS, PLAIN, max_size=5))
def test_any_json_is_written_as_rfc_8785_writes_it(value: dict[str, object]) -> None:
    assert outcome(canonical, value) == outcome(rfc8785.dumps, value)


def test_every_character_of_the_first_plane_is_written_as_rfc_8785_writes_it() -> None:
    for first in range(0, 0x10000, 0x100):
        if 0xD8 <= first >> 8 <= 0xDF:
            continue
        value: dict[str, object] = {"text": "".join(map(chr, range(first, first + 0x100)))}
        assert canonical(value) == rfc8785.dumps(value).decode()


@pytest.mark.parametrize("number", [2**53, -(2**53), 2**64])
def test_an_integer_that_json_readers_would_round_is_refused(number: int) -> None:
    with pytest.raises(rfc8785.IntegerDomainError):
        canonical({"number": number})
