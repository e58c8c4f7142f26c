"""Intake: many reports from one table, tried first and then taken in, answered row by row."""

import asyncio
from collections.abc import AsyncGenerator
from enum import StrEnum
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException, MultiPartParser

from api.describing import PROBLEMS
from desk.intake.bounds import BYTES_MAX
from desk.intake.columns import NO_MAPPING, OwnMapping, read_mapping
from desk.intake.problems import UnusableColumnsError, UnusableTableError
from desk.intake.tables import read_table
from desk.intake.taking import Taking, taken_in
from desk.intake.told import IntakeAnswer
from desk.intake.writing import as_csv, as_workbook
from domain.access import Act
from domain.model import Code
from face.actors import actor_for
from face.bodies import MULTIPART
from face.dependencies import (
    Caller,
    InLanguage,
    TheHouse,
    ZoneName,
    horizon_in,
    terms_in_force,
    today_in,
)
from face.looking import stands_at
from face.words import Language

router = APIRouter(prefix="/intake", tags=["intake"])

CSV: Final = "text/csv"
WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
FILES: Final = (CSV, WORKBOOK, "application/octet-stream")
COMPARED_MAX: Final = 1_000
"""Rows that one request holds against open issues; the command line compares them all."""
WITHIN_S: Final = 15.0
"""A request is cut off after 30 s, and its answer would be lost: a run ends by itself before."""
FILE: Final = "file"
MAPPING: Final = "mapping"


class AnswerForm(StrEnum):
    """How the answer is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


_FILE: Final[dict[str, Any]] = {"type": "string", "format": "binary"}
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "A CSV (UTF-8 or GB18030) or a workbook (.xlsx), at most 8 MiB and 5,000 "
        "rows; or both it and a mapping as the parts of a form.",
        "content": {each: {"schema": _FILE} for each in FILES}
        | {
            MULTIPART: {
                "schema": {
                    "type": "object",
                    "required": [FILE],
                    "properties": {
                        FILE: _FILE,
                        MAPPING: {
                            "type": "string",
                            "description": "TOML: tables columns, constants, values.",
                        },
                    },
                }
            }
        },
    }
}
_TABLES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {CSV: {}, WORKBOOK: {}}, "description": "What became of each row."}
}


@router.post(
    "",
    response_model=IntakeAnswer,
    responses=_TABLES | PROBLEMS(403, 404, 413, 415, 422),
    openapi_extra=_BODY,
    summary="Take in a table of reports, or try it",
)
async def take_in(
    request: Request,
    house: TheHouse,
    caller: Caller,
    language: InLanguage,
    zone: ZoneName,
    dry_run: Annotated[
        bool, Query(description="Say what would become of each row, and write nothing.")
    ] = False,
    sheet: Annotated[
        str | None, Query(max_length=100, description="Of a workbook; the first if not named.")
    ] = None,
    answer: Annotated[AnswerForm, Query(description="In which form to answer.")] = AnswerForm.JSON,
    post: Annotated[
        Code | None, Query(description="In which of their posts a person acts.")
    ] = None,
    on_behalf_of: Annotated[
        Code | None, Query(description="The person in that post for whom a deputy acts.")
    ] = None,
) -> Response:
    """Report every row that can be reported and say of every other why not. A row that fails leaves
    no trace and stops no other. The same file sent again changes nothing. A run ends after 15 s and
    says which rows it did not reach: sent again it goes on there. A dry run compares the first
    1,000 rows with open issues, as far as 15 s go."""
    desk = house.desk
    within = await horizon_in(desk, caller, Act.IMPORT, zone)
    terms = await terms_in_force(desk, zone)
    actor = actor_for(
        caller, terms.handbook, today_in(desk, terms), post=post, on_behalf_of=on_behalf_of
    )
    content, mapping = await _received(request)
    table = await asyncio.to_thread(read_table, content, sheet)
    taking = Taking(
        desk=desk,
        terms=terms,
        actor=actor,
        dry_run=dry_run,
        compare_max=COMPARED_MAX,
        within_s=WITHIN_S,
        within=within,
        vouch=lambda submission: house.identity.vouched(submission, caller),
    )
    found = await taken_in(taking, table, mapping)
    answered = await asyncio.to_thread(_written, found, answer, language)
    stands_at(answered, await desk.ledger.safe_position())
    return answered


def _written(found: IntakeAnswer, form: AnswerForm, language: Language) -> Response:
    match form:
        case AnswerForm.JSON:
            return Response(found.model_dump_json(), media_type="application/json")
        case AnswerForm.CSV:
            return _file(as_csv(found, language), CSV, "csv")
        case AnswerForm.XLSX:
            return _file(as_workbook(found, language), WORKBOOK, "xlsx")


def _file(content: bytes, media_type: str, ending: str) -> Response:
    name = f'attachment; filename="intake.{ending}"'
    return Response(content, media_type=media_type, headers={"Content-Disposition": name})


async def _received(request: Request) -> tuple[bytes, OwnMapping]:
    """Return the file and the mapping. Raises HTTPException, UnusableTableError,
    UnusableColumnsError."""
    bare = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if bare not in (*FILES, MULTIPART):
        raise HTTPException(415, f"A table is sent as {', '.join((*FILES, MULTIPART))}.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BYTES_MAX:
            raise HTTPException(413, f"A table has at most {BYTES_MAX} bytes.")
    if bare != MULTIPART:
        return bytes(body), NO_MAPPING
    parts = await _parts(request, bytes(body))
    if FILE not in parts:
        raise UnusableTableError("The form has no part `file`.")
    mapping = parts.get(MAPPING)
    return parts[FILE], NO_MAPPING if mapping is None else read_mapping(mapping)


async def _parts(request: Request, body: bytes) -> dict[str, bytes]:
    async def whole() -> AsyncGenerator[bytes, None]:
        yield body

    parser = MultiPartParser(
        request.headers, whole(), max_files=2, max_fields=2, max_part_size=BYTES_MAX
    )
    try:
        form = await parser.parse()
    except (MultiPartException, ValueError) as error:
        raise HTTPException(400, "The form cannot be read.") from error
    found: dict[str, bytes] = {}
    try:
        for name, value in form.multi_items():
            if name not in (FILE, MAPPING) or name in found:
                raise UnusableColumnsError(
                    "The form has a part that is not taken here.",
                    value=name,
                    allowed=f"{FILE} and {MAPPING}, once each",
                )
            found[name] = await value.read() if isinstance(value, UploadFile) else value.encode()
    finally:
        await form.close()
    return found
