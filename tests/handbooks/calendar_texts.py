"""The text of an operator's calendar file, in parts."""

from pathlib import Path

from handbooks.calendars.files import calendar_file_problems
from handbooks.calendars.problems import FileProblem

HEAD = """
id = "road-works"
name = { zh = "道路养护", en = "Road works" }
time_zone = "Asia/Shanghai"
"""
VALID = """
valid_from = 2026-01-01
valid_until = 2026-12-31
"""
WEEK = """
[weekly]
monday = ["08:00-12:00", "14:00-18:00"]
friday = ["22:00-06:00+1"]
"""
OVERRIDES = """
[[overrides]]
kind = "closed"
on = 2026-10-01
name = { zh = "国庆节", en = "National Day" }

[[overrides]]
kind = "make_up"
on = 2026-02-14
works_as = "monday"
name = { zh = "春节" }

[[overrides]]
kind = "open"
on = 2026-07-04
ranges = ["08:00-10:00", "20:00-02:00+1"]
name = { zh = "防汛" }
"""


def write(folder: Path, text: str, name: str = "roads.toml") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> tuple[FileProblem, ...]:
    return calendar_file_problems(write(folder, text))
