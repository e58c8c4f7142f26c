"""No pattern of ours takes long over a text that somebody made for it, however it is repeated."""

import ast
import importlib
import re
import signal
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from re import _constants as codes  # type: ignore[attr-defined]  # not told to type checkers
from re import _parser as parser  # type: ignore[attr-defined]  # the same
from types import FrameType
from typing import Any, Final

import pytest
from deep import IN_CHECK
from house_tree import ROOT, files

from desk.intake.rows import TIME_LENGTH_MAX
from face.limits import HEADER_BYTES_MAX

pytestmark = pytest.mark.attack

CHARACTERS: Final = HEADER_BYTES_MAX
"""As much as a stranger may say in a header; twice as much must not take four times as long."""
TOO_LONG_S: Final = 0.3
FUNCTIONS: Final = frozenset({"compile", "search", "match", "fullmatch", "sub", "split", "findall"})
GIVEN_BY_US: Final = frozenset({"face/addresses.py", "runtime/postgres_home.py"})
"""Modules whose patterns read only what we wrote ourselves: the paths of our own routes, the log
of the PostgreSQL server that we started."""
BOUNDED: Final[Mapping[str, int]] = {"desk/intake/rows.py": TIME_LENGTH_MAX}
"""Modules that give their patterns nothing longer, and the test of it is theirs."""
BESIDE: Final = ("tests", "benchmarks", "docs")
ENDS: Final = ("", "\x00", '"x', '""', "\n!", "@", ".")
"""What comes after the repeats: one of them lets most patterns fail at the very end."""


class TakesTooLongError(Exception):
    """A pattern did not come to an end in time."""


@cache
def sources() -> Mapping[Path, str]:
    """Return what our modules say."""
    return {
        path: (ROOT / path).read_text(encoding="utf-8")
        for path in files("*.py")
        if path.parts[0] not in BESIDE
    }


def written() -> dict[str, re.Pattern[Any]]:
    """Return the patterns of our modules that `re` itself is given, by where they stand. Those of
    fields are not among them: pydantic takes an engine that never goes back."""
    found: dict[str, re.Pattern[Any]] = {}
    for path, said in sources().items():
        if "import re\n" not in said:
            continue
        for node in ast.walk(ast.parse(said)):
            is_ours = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and isinstance(node.func.value, ast.Name)
                and node.func.value.id == "re"
                and node.func.attr in FUNCTIONS
            )
            if is_ours and node.args and isinstance(node.args[0], ast.Constant):
                found[f"{path}:{node.lineno}"] = re.compile(node.args[0].value)
        if "re.compile" in said:
            found |= compiled(path)
    return found


def compiled(path: Path) -> dict[str, re.Pattern[Any]]:
    """Return the patterns that a module keeps, with their flags."""
    module = importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
    kept: dict[str, re.Pattern[Any]] = {}
    for name, value in vars(module).items():
        several = value.values() if isinstance(value, dict) else (value,)
        for number, each in enumerate(several):
            if isinstance(each, re.Pattern):
                kept[f"{path} {name}.{number}"] = each
    return kept


def sample(tree: Any) -> str:
    """Return the shortest text that a parsed pattern takes, as far as that is plain."""
    said = ""
    for code, value in tree:
        said += _sample(code, value)
    return said


def _sample(code: Any, value: Any) -> str:
    if code is codes.LITERAL:
        return chr(value)
    if code is codes.NOT_LITERAL:
        return "a" if value != ord("a") else "b"
    if code is codes.ANY:
        return "a"
    if code is codes.IN:
        return next((one for one in CANDIDATES if _is_in(one, value)), "a")
    if code is codes.BRANCH:
        return sample(value[1][0])
    if code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
        return sample(value[-1] if code is codes.SUBPATTERN else value)
    if code in REPEATS:
        least, _, inner = value
        return sample(inner) * least
    return ""


CANDIDATES: Final = (" ", "a", "0", "A", "-", ".", '"', "\\", "\t", "_", "{", "百")
"""A blank first: it is what patterns pass over in more than one place."""
REPEATS: Final = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def _is_in(character: str, members: Any) -> bool:
    state = parser.State()
    one = parser.SubPattern(state, [(codes.IN, members)])
    return re.fullmatch(_as_class(one), character) is not None


def _as_class(one: Any) -> re.Pattern[str]:
    """Compile a class that stands alone."""
    from re import _compiler as compiler  # type: ignore[attr-defined]  # as above

    return compiler.compile(one)  # type: ignore[no-any-return]  # untyped in the library


def pumped(tree: Any, before: str = "") -> Iterator[tuple[str, str]]:
    """Yield, for each repeat of a pattern, what comes before it and what it repeats."""
    for code, value in tree:
        if code in REPEATS:
            yield from _of_repeat(value, before)
        elif code is codes.SUBPATTERN:
            yield from pumped(value[-1], before)
        elif code is codes.ATOMIC_GROUP:
            yield from pumped(value, before)
        elif code is codes.BRANCH:
            for each in value[1]:
                yield from pumped(each, before)
        before += _sample(code, value)


def _of_repeat(value: Any, before: str) -> Iterator[tuple[str, str]]:
    least, most, inner = value
    if most - least > 20:
        whole = sample(inner)
        for one in dict.fromkeys((whole, *(c for c in CANDIDATES if _takes(inner, c)))):
            if one:
                yield before, one
    yield from pumped(inner, before)


def _takes(inner: Any, text: str) -> bool:
    return _as_class(inner).fullmatch(text) is not None


def searched(place: str) -> bool:
    """Return whether a pattern is looked for anywhere in a text: where it must begin at the start,
    a text has one beginning to try."""
    path, _, name = place.partition(" ")
    if not name:
        path, _, line = place.rpartition(":")
        said = sources()[Path(path)].splitlines()[int(line) - 1]
        return re.search(r"re\.(search|sub|split|findall)\(", said) is not None
    bare = name.partition(".")[0]
    uses = rf"\b{bare}\b(\[[^\]]*\])?\.(search|sub|split|findall|finditer)\("
    return any(bare in said and re.search(uses, said) for said in sources().values())


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise TakesTooLongError


def ends_in_time(pattern: re.Pattern[Any], text: str, *, anywhere: bool) -> bool:
    """Return whether a pattern comes to an end within TOO_LONG_S of this process's own time."""
    held = signal.signal(signal.SIGVTALRM, _stop)
    given = text if isinstance(pattern.pattern, str) else text.encode("utf-8")
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, TOO_LONG_S)
        (pattern.search if anywhere else pattern.fullmatch)(given)
        (pattern.search if anywhere else pattern.match)(given)
    except TakesTooLongError:
        return False
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, held)
    return True


def slow(pattern: re.Pattern[Any], *, anywhere: bool, characters: int = CHARACTERS) -> str | None:
    """Return a text over which a pattern takes too long, told as what is repeated; None if none."""
    source = pattern.pattern
    flags = pattern.flags if isinstance(source, str) else pattern.flags & ~re.UNICODE
    tree = parser.parse(source if isinstance(source, str) else source.decode("latin-1"), flags)
    for before, one in dict.fromkeys(pumped(tree)):
        for start in dict.fromkeys((before, "")):
            for end in ENDS:
                text = start + one * (characters // len(one)) + end
                if not ends_in_time(pattern, text, anywhere=anywhere):
                    return f"{start!r} + {one!r} * {characters // len(one)} + {end!r}"
    return None


@pytest.mark.parametrize(
    ("pattern", "anywhere"),
    [
        (r'(?:^|;)\s*for\s*=\s*"?([^";]+)"?\s*(?:;|$)', True),
        (
            r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
            r"(?:[\sT]*(\d{1,2})\s*[:：时点]\s*(\d{1,2})?\s*分?(?:\s*[:：]?\s*(\d{1,2})\s*秒?)?)?"
            r"\s*(Z|[+-]\d{2}:?\d{2})?",
            False,
        ),
    ],
    ids=["the Forwarded header", "times in tables"],
)
def test_the_patterns_that_went_back_once_would_be_found(pattern: str, anywhere: bool) -> None:
    assert slow(re.compile(pattern, re.IGNORECASE), anywhere=anywhere) is not None


@IN_CHECK
def test_no_pattern_goes_back_over_a_text_again_and_again() -> None:
    found = written()
    told = {}
    for place, pattern in found.items():
        module = re.split("[ :]", place)[0]
        characters = BOUNDED.get(module, CHARACTERS)
        if module in GIVEN_BY_US:
            continue
        if text := slow(pattern, anywhere=searched(place), characters=characters):
            told[place] = text

    assert len(found) > 100
    assert "face/proxies.py _FOR.0" in found
    assert told == {}
