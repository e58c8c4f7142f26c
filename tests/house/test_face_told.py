"""What the documents say of the HTTP face is what its tables hold."""

import re
from pathlib import Path

import pytest
from house_documents import PROCESS, read

from domain.access import ACCESS, Act, Reach, Standing
from face.problems import KINDS, STATUSES

API = Path("docs/howto/use-the-api.md")


@pytest.mark.parametrize("act", Act)
def test_who_may_ask_it_through_a_face_is_told_as_the_code_has_it(act: Act) -> None:
    (told,) = re.findall(rf"^\| `{act}` \| [^|]+ \| ([^|]+) \|$", read(PROCESS), re.MULTILINE)
    groups = dict(group.split(": ") for group in told.strip().split("; "))

    found = {
        Standing(standing): Reach(reach)
        for reach, standings in groups.items()
        for standing in standings.split(", ")
    }
    assert found == dict(ACCESS[act])


def test_every_problem_is_told_with_its_status() -> None:
    rows = re.findall(r"^\| ([0-9]{3}(?:, [0-9]{3})*) \| (`.*) \|$", read(API), re.MULTILINE)
    told = {
        (code, int(status))
        for statuses, codes in rows
        for code in re.findall(r"`([a-z_]+)`", codes)
        for status in statuses.split(", ")
    }

    kinds = {(kind.code, kind.status) for kind in (*KINDS.values(), *STATUSES.values())}
    assert kinds <= told
    assert {code for code, _ in told} == {code for code, _ in kinds}
