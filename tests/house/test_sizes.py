"""Nothing grows beyond what can be read at a sitting, and each module of tests has its own name."""

from collections import Counter

from house_tree import ROOT, files, functions

MODULE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_MAX_INSIDE = 40
INSIDE = {"domain", "workflows"}


def test_no_module_is_too_long() -> None:
    lengths = {path: len((ROOT / path).read_text().splitlines()) for path in files("*.py")}

    assert {str(path): n for path, n in lengths.items() if n > MODULE_LINES_MAX} == {}


def test_no_function_is_too_long() -> None:
    too_long = [
        f"{path}: {name} has {lines} lines"
        for path in files("*.py")
        for name, lines in functions(path)
        if lines > (FUNCTION_LINES_MAX_INSIDE if path.parts[0] in INSIDE else FUNCTION_LINES_MAX)
    ]

    assert too_long == []


def test_no_two_modules_of_tests_have_one_name() -> None:
    """All of them together are collected as modules of no package: `make deep` could not begin."""
    names = Counter(path.name for path in files("test_*.py"))

    assert [name for name, count in names.items() if count > 1] == []


def test_every_module_that_is_left_uncounted_is_there() -> None:
    listed = (ROOT / "tests/uncounted.txt").read_text(encoding="utf-8").splitlines()
    assert listed == sorted(set(listed))
    assert [name for name in listed if not (ROOT / "tests" / name).is_file()] == []
