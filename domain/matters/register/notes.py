"""What has to be known beside a register's figures, in both languages: of which list they are, of
which days, what was left out, and why there is no rate."""

from collections.abc import Iterable
from datetime import date

from domain.matters.matter import StatedTotal
from domain.model import SHORT_CHARACTERS_MAX, Name

NO_DENOMINATOR = Name(zh="分母未说明", en="no denominator")


def names_given(number: int) -> Name:
    """Return how many names the classes have that are said to be so many."""
    return Name(zh=f"列出名称 {number} 个", en=f"{number} names are given")


def of_list(version: int) -> Name:
    """Return which version of a list was counted."""
    return Name(zh=f"清单第 {version} 版", en=f"list version {version}")


def of_lists(number: int) -> Name:
    """Return of how many registers the lists were counted."""
    return Name(zh=f"{number} 份台账的清单", en=f"lists of {number} registers")


def of_days(span: tuple[date, date] | None) -> Name | None:
    """Return of which days values are: they may be as old as each subject's last ones."""
    if span is None:
        return None
    first, last = span
    if first == last:
        return Name(zh=f"{first} 的数据", en=f"of {first}")
    return Name(zh=f"{first} 至 {last} 的数据", en=f"of {first} to {last}")


def left_out(number: int) -> Name:
    """Return how many registers are not in a rate."""
    return Name(
        zh=f"另有 {number} 份台账无分母，未计入", en=f"{number} without a denominator left out"
    )


def of_total(total: StatedTotal, *, is_rate: bool) -> Name:
    """Return who stated a rate, as of when; `is_rate`: its denominator is known."""
    said = total.label if total.as_of_on is None else f"{total.label}, {total.as_of_on}"
    if is_rate:
        return _short(said, said)
    return _short(f"{NO_DENOMINATOR.zh}：{said}", f"{NO_DENOMINATOR.en}: {said}")


def together(notes: Iterable[Name | None]) -> Name | None:
    """Return several notes as one, None if there is none."""
    given = [each for each in notes if each is not None]
    if not given:
        return None
    return _short("；".join(each.zh for each in given), "; ".join(each.en for each in given))


def _short(zh: str, en: str) -> Name:
    return Name(zh=zh[:SHORT_CHARACTERS_MAX], en=en[:SHORT_CHARACTERS_MAX])
