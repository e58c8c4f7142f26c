"""Tables over HTTP: tried and taken in, answered row by row, in every form."""

import csv
import io
from typing import Any

import builders as b
import httpx2
import openpyxl
import pytest
from desks import StandingClock
from faces import Face
from open311_face import open311_face

pytestmark = pytest.mark.attack

INTAKE = f"/v1/intake?zone={b.ZONE}"
TABLE = "编号,企业,类别,标题\nA-1,面粉厂,道路,=门口堵了\nA-2,面粉,道路,后门堵了\n".encode()
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture
def face(clock: StandingClock) -> Face:
    """The face, its application made once."""
    return open311_face(clock)


async def sent(
    face: Face,
    content: Any = TABLE,
    *,
    query: str = "",
    name: str = "service",
    kind: str = "text/csv",
    language: str = "zh-CN",
) -> httpx2.Response:
    """Send a table."""
    headers = {"Content-Type": kind, "Accept-Language": language}
    async with face.asked_as(name) as client:
        return await client.post(f"{INTAKE}{query}", content=content, headers=headers)


async def test_a_dry_run_writes_nothing_and_a_run_reports_what_it_promised(face: Face) -> None:
    tried = await sent(face, query="&dry_run=true")
    assert await face.counter.ledger.safe_position() == 0
    ran = await sent(face)
    again = await sent(face)

    assert [each["outcome"] for each in tried.json()["rows"]] == ["would_report", "refused"]
    assert [each["outcome"] for each in ran.json()["rows"]] == ["reported", "refused"]
    assert [each["outcome"] for each in again.json()["rows"]] == ["repeated", "refused"]
    finding = tried.json()["rows"][1]["findings"][0]
    assert (finding["field"], finding["column"], finding["value"]) == ("enterprise", "企业", "面粉")
    assert finding["suggestions"] == ["mill 面粉厂"]
    assert await face.counter.ledger.safe_position() == 1
    assert ran.headers["Closeout-Position"] == "1"
    assert (await face.counter.desk.look(b.ZONE, "A-1")).title == "=门口堵了"


async def test_the_answer_is_a_table_too_and_no_cell_of_it_is_a_formula(face: Face) -> None:
    table = "编号,企业,类别,标题\n=1+1,面粉厂,道路,x\n".encode()
    as_csv = await sent(face, table, query="&answer=csv")
    as_book = await sent(face, table, query="&answer=xlsx&dry_run=true", language="en")

    rows = list(csv.reader(io.StringIO(as_csv.content.decode("utf-8-sig"))))
    assert rows[0][:3] == ["行", "结果", "编号"]
    assert rows[1][:6] == ["2", "不能登记", "", "key", "编号", "'=1+1"]
    sheet = openpyxl.load_workbook(io.BytesIO(as_book.content)).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][:3] == ["Row", "Outcome", "Key"]
    assert cells[1][5] == "=1+1"
    assert all(cell.data_type in ("s", "n") for row in sheet.iter_rows() for cell in row)
    assert as_book.headers["Content-Type"] == XLSX


async def test_a_workbook_and_a_mapping_come_as_the_parts_of_a_form(face: Face) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["厂", "事"])
    sheet.append(["mill", "门口堵了"])
    file = io.BytesIO()
    book.save(file)
    mapping = '[columns]\nenterprise = "厂"\ntitle = "事"\n[constants]\ncategory = "road-access"\n'
    parts = {"file": ("t.xlsx", file.getvalue(), XLSX), "mapping": (None, mapping)}

    async with face.asked_as("service") as client:
        answer = await client.post(INTAKE, files=parts)

    assert answer.status_code == 200, answer.text
    assert answer.json()["encoding"] == "xlsx"
    assert answer.json()["counts"]["reported"] == 1


async def test_only_whoever_may_import_does(face: Face) -> None:
    for name in ("officer", "enterprise", "auditor", "operator"):
        refused = await sent(face, name=name)
        assert refused.status_code == 403, name
    elsewhere = await sent(face, query="0")

    assert elsewhere.status_code == 404
    assert await face.counter.ledger.safe_position() == 0


@pytest.mark.parametrize(
    ("content", "kind", "query", "status"),
    [
        (b"", "text/csv", "", 422),
        (b"a,b\n1,2\n", "text/csv", "", 422),
        (b"PK\x03\x04nothing", XLSX, "", 422),
        (b"\xff\xff\xff\xff", "application/octet-stream", "", 422),
        (TABLE, "text/csv", "&sheet=x", 422),
        (TABLE, "text/csv", "&answer=pdf", 422),
        (TABLE, "text/csv", "&post=none", 422),
        (TABLE, "image/png", "", 415),
        (TABLE, "multipart/form-data", "", 400),
        (b"--x\r\n", "multipart/form-data; boundary=x", "", 422),
        (b"--x--\r\n", "multipart/form-data; boundary=x", "", 422),
        (
            b'--x\r\nContent-Disposition: form-data; name="other"\r\n\r\nv\r\n--x--\r\n',
            "multipart/form-data; boundary=x",
            "",
            422,
        ),
        (b"x" * (8 * 2**20 + 1), "text/csv", "", 413),
    ],
    ids=range(13),
)
async def test_what_is_no_table_is_told_as_a_problem(
    face: Face, content: bytes, kind: str, query: str, status: int
) -> None:
    answer = await sent(face, content, kind=kind, query=query)

    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert await face.counter.ledger.safe_position() == 0
