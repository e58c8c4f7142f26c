"""How like two issues are told: plain text, its pairs of characters, one score (R10.5)."""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

METHOD = "bigram-rapidfuzz-1"
"""The name of this way of comparing; a judged suggestion says by which it was made."""
BY_HAND = "by-hand"
"""What is said of an issue that no method suggested, but a person found."""
METHODS = (METHOD, BY_HAND)
"""By which a suggestion may be judged. Names are only added: what was judged stays decided so."""
BIGRAMS_MAX = 400
PAIRS_ASKED_MAX = 120
"""How many pairs of a text are looked for; the title's come first."""
PLAIN_CHARACTERS_MAX = 400
SUGGESTED_FROM = 60
"""The score from which an issue is suggested, of 100."""

_DIGITS = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_MYRIADS = {"万": 10_000, "亿": 100_000_000}
_RUN = re.compile(f"[0-9{''.join([*_DIGITS, *_UNITS, *_MYRIADS])}]{{1,16}}")
_LATIN = re.compile(r"[0-9]+")
_LEADING = re.compile("[百千万亿]+")
"""A unit of number without a number before it is a word: 百货, 万达."""

_TEXT_PERCENT = 60
_ENTERPRISE = 15
_CATEGORY = 15


class Place(IntEnum):
    """What the places of two enterprises add to a score."""

    ELSEWHERE = 0
    SAME_AREA = 5
    SAME_GRID = 10


@dataclass(frozen=True, slots=True)
class Plain:
    """The title and the whole of what an issue tells, as they are compared."""

    title: str
    whole: str


def plain(title: str, text: str) -> Plain:
    """Return what is compared of an issue, cut to `PLAIN_CHARACTERS_MAX`."""
    head = normalised(title)
    whole = head + normalised(text)
    return Plain(head[:PLAIN_CHARACTERS_MAX], whole[:PLAIN_CHARACTERS_MAX])


def normalised(text: str) -> str:
    """Return letters and digits alone: one width, one case, Chinese numerals as digits."""
    even = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(each for each in even if unicodedata.category(each)[0] in "LN")
    return _RUN.sub(lambda found: _in_digits(found[0]), kept)


def bigrams(text: str, most: int = BIGRAMS_MAX) -> tuple[str, ...]:
    """Return the distinct pairs of neighbouring characters, the first `most` of them, sorted. Of a
    single character, itself."""
    pairs = dict.fromkeys(text[place : place + 2] for place in range(max(1, len(text) - 1)))
    return tuple(sorted(pair for pair in list(pairs)[:most] if pair))


def score(text_percent: int, *, same_enterprise: bool, same_category: bool, place: Place) -> int:
    """Return how alike two issues are, from 0 to 100. `text_percent`: how alike their texts."""
    return (
        text_percent * _TEXT_PERCENT // 100
        + (_ENTERPRISE if same_enterprise else 0)
        + (_CATEGORY if same_category else 0)
        + place
    )


def _in_digits(run: str) -> str:
    """Return a run of numerals as digits: 三百二十 is 320, 二〇二六 is 2026, 3万5千 is 35000."""
    if _LATIN.fullmatch(run):
        return run
    word = _LEADING.match(run)
    if word is not None:
        rest = run[word.end() :]
        return word[0] + (_in_digits(rest) if rest else "")
    if any(sign in _UNITS or sign in _MYRIADS for sign in run):
        return str(_value(run))
    return "".join(str(_DIGITS.get(sign, sign)) for sign in run)


def _value(run: str) -> int:
    whole = part = digits = 0
    for sign in run:
        if sign == "亿":
            whole = (whole + part + digits) * _MYRIADS[sign]
            part = digits = 0
        elif sign == "万":
            whole += (part + digits) * _MYRIADS[sign]
            part = digits = 0
        elif sign in _UNITS:
            part += max(1, digits) * _UNITS[sign]
            digits = 0
        else:
            digits = digits * 10 + (int(sign) if sign.isdecimal() else _DIGITS[sign])
    return whole + part + digits
