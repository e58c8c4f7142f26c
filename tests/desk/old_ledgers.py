"""Old ledgers of the fictional zone, with faults sown into them, and the faults that were sown."""

import csv
import io
import random
from dataclasses import dataclass, field
from datetime import date, timedelta

HEAD = (
    *("台账编号", "企业", "类别", "问题", "状态", "登记日期", "受理日期"),
    *("销号日期", "责任岗位", "办理期限", "办理结果", "备注"),
)
MAPPING = """
[columns]
number = "台账编号"
enterprise = "企业"
category = "类别"
title = "问题"
state = "状态"
reported_at = "登记日期"
accepted_at = "受理日期"
closed_at = "销号日期"
owner = "责任岗位"
resolution = "办理结果"
[states]
"待受理" = "intake"
"办理中" = "handling"
"待企业确认" = "sign_off"
"已销号" = "closed"
"不予受理" = "turned_away"
[values.owner]
"东片网格" = "grid-east-1"
[clocks.handling]
during = "handling"
due = "办理期限"
"""
FAULTS = {
    "a date that is none": ("登记日期", "2025-02-30"),
    "a date to come": ("登记日期", "2027-01-04"),
    "closed before it was reported": ("销号日期", "2019-01-07"),
    "an unknown owner": ("责任岗位", "grid-north-9"),
    "an owner of another place": ("责任岗位", "grid-west-1"),
    "an unknown enterprise": ("企业", "没有这家"),
    "an unknown category": ("类别", "不知何类"),
    "an unknown state": ("状态", "搁置"),
    "a formula": ("问题", '=HYPERLINK("x")'),
    "nothing": ("问题", ""),
    "another encoding": ("问题", ""),
    "the same row twice": ("台账编号", ""),
    "the same number twice": ("台账编号", ""),
}
FOREIGN, TWICE = "another encoding", ("the same row twice", "the same number twice")
BEGINS, DAYS = date(2025, 3, 3), 300
Fault = tuple[int, str]
"""The number of a row, and the head of a column."""


@dataclass
class OldFile:
    """A file, what was sown into it, where it has to be found, and how many rows are good."""

    content: bytes = b""
    faults: set[Fault] = field(default_factory=set)
    good: int = 0
    sown: list[str] = field(default_factory=list)


def row(number: str, place: int, chance: random.Random) -> dict[str, str]:
    """Return a good row."""
    came = BEGINS + timedelta(days=chance.randrange(DAYS))
    state = chance.choice(("待受理", "办理中", "待企业确认", "已销号", "不予受理"))
    said = {
        "台账编号": number,
        "企业": chance.choice(("面粉厂", "mill", "铸造厂")),
        "类别": chance.choice(("道路", "power-supply")),
        "问题": f"第{place}件：门口道路不通",
        "状态": state,
        "登记日期": came.isoformat(),
        "责任岗位": "东片网格",
        "备注": "旧台账",
    }
    if state in ("已销号", "不予受理"):
        said["销号日期"] = (came + timedelta(days=20)).isoformat()
    elif state != "待受理":
        said["受理日期"] = (came + timedelta(days=1)).strftime("%Y/%m/%d")
    if state == "待企业确认":
        said["办理结果"] = "道路已经疏通"
    if state == "办理中":
        said["办理期限"] = (came + timedelta(days=chance.randrange(3, 500))).isoformat()
    return said


def old_file(rows: int, faults: int, seed: int) -> OldFile:
    """Return a CSV in UTF-8 of so many rows, with so many faults sown into them: each into a row of
    its own, and two rows with one number into both."""
    chance = random.Random(seed)  # noqa: S311  # a test's own chance
    said = [row(f"东服〔2025〕{n:05d}号", n, chance) for n in range(1, rows + 1)]
    made, names = OldFile(), list(FAULTS)
    spoilt: set[int] = set()
    foreign: set[int] = set()
    for at in chance.sample(range(1, rows), rows - 1):
        sown = len(made.sown)
        if sown == faults:
            break
        name = names[sown] if sown < len(names) else chance.choice(names)
        twice = name in TWICE
        if at in spoilt or (twice and at - 1 in spoilt):
            continue
        spoilt |= {at - 1, at} if twice else {at}
        made.sown.append(name)
        made.faults |= _sown(name, said, at)
        if name == FOREIGN:
            foreign.add(at)
    made.content = _written(said, foreign)
    made.good = rows - len({number for number, _ in made.faults})
    return made


def _sown(name: str, said: list[dict[str, str]], at: int) -> set[Fault]:
    """Sow one fault, and return where it has to be found. The head is row 1."""
    column, value = FAULTS[name]
    if name == FOREIGN:
        return {(at + 2, head) for head, text in said[at].items() if not text.isascii()} - {
            (at + 2, "备注")
        }
    if name in TWICE:
        said[at] = dict(said[at - 1])
        if name == "the same row twice":
            return {(at + 2, column)}
        said[at]["备注"] = "又一件"
        return {(at + 1, column), (at + 2, column)}
    if column == "销号日期":
        said[at] |= {"状态": "已销号", "受理日期": "", "办理期限": "", "办理结果": ""}
    said[at][column] = value
    return {(at + 2, column)}


def _written(said: list[dict[str, str]], foreign: set[int]) -> bytes:
    lines = []
    for place, cells in enumerate([dict(zip(HEAD, HEAD, strict=True)), *said], -1):
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerow([cells.get(head, "") for head in HEAD])
        lines.append(text.getvalue().encode("gb18030" if place in foreign else "utf-8"))
    return b"".join(lines)
