"""Attachments: files of an issue, uploaded piece by piece, downloaded as they came."""

import re
from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import StreamingResponse

from api.attachment_bodies import (
    SHA256,
    UPLOAD,
    AttachmentOffered,
    AttachmentsTold,
    AttachmentTold,
    UploadTold,
    attachment_told,
    upload_told,
)
from api.describing import PROBLEMS
from desk.attachments import reading, uploading
from desk.attachments.names import disposition
from desk.attachments.room import Room
from domain.access import Act
from domain.issue import stream_name
from domain.model import Code
from face.actors import actor_for
from face.dependencies import (
    Caller,
    IssueKey,
    TheHouse,
    ZoneName,
    seen_row,
    terms_in_force,
    today_in,
)
from face.house import House
from face.looking import POSITION, Travel, look_at
from ledger.attachments import AttachmentState
from ledger.port import IssueRow
from runtime.attachments.spool import UPLOAD_PATTERN, Unfinished
from runtime.errors import StackError

router = APIRouter(prefix="/issues/{zone}/{key}", tags=["attachments"])

OFFSET: Final = "Upload-Offset"
RANGE: Final = re.compile(r"bytes=(\d{1,13})-(\d{0,13})")
SAFE: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
"""A file is anybody's: no browser is to show it, guess what it is, or run what it holds."""
OFFSET_TOLD: Final[dict[str, Any]] = {
    OFFSET: {"description": "Where the next piece begins.", "schema": {"type": "string"}}
}
_PIECE: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": "The next bytes, at most 1 MiB.",
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}

Sha256 = Annotated[
    str,
    Path(pattern=r"^[0-9a-f]{64}$", description="The attachment's SHA-256.", examples=[SHA256]),
]
UploadId = Annotated[
    str, Path(pattern=UPLOAD_PATTERN, description="The upload's id.", examples=[UPLOAD])
]


@router.get("/attachments", summary="The attachments of an issue", responses=PROBLEMS(404, 422))
async def list_attachments(
    house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey, response: Response
) -> AttachmentsTold:
    """List the files that were uploaded for an issue, those too that were destroyed since."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, Travel(), "attachments")
    rows = await look.desk.ledger.attachments(look.row.issue.stream)
    response.headers[POSITION] = str(look.position)
    return AttachmentsTold(
        attachments=[
            attachment_told(row) for row in rows if row.state is not AttachmentState.STORING
        ]
    )


@router.post(
    "/attachments",
    status_code=201,
    response_model=UploadTold,
    summary="Begin to upload an attachment",
    responses={
        **PROBLEMS(404, 409, 422),
        201: {
            "headers": OFFSET_TOLD
            | {"Location": {"description": "The upload.", "schema": {"type": "string"}}}
        },
        200: {
            "model": UploadTold,
            "description": "The issue has this attachment already",
            "headers": OFFSET_TOLD,
        },
    },
)
async def begin_upload(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    offered: AttachmentOffered,
    response: Response,
) -> UploadTold:
    """Announce a file. Its bytes follow piece by piece; announced again by the same caller, the
    upload goes on where it stands. What the issue has already is answered with at once."""
    row = await seen_row(house.desk, caller, Act.COMMAND, zone, key)
    found = await uploading.begin(
        house.desk, _room(house), row.issue.stream, offered.offered(), caller.id
    )
    told = upload_told(found)
    response.headers[OFFSET] = str(told.offset)
    if told.upload is None:
        response.status_code = 200
    else:
        response.headers["Location"] = f"/v1/issues/{zone}/{key}/uploads/{told.upload}"
    return told


@router.get(
    "/uploads/{upload}",
    summary="Where an upload stands",
    responses={**PROBLEMS(404, 422), 200: {"headers": OFFSET_TOLD}},
)
async def read_upload(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    upload: UploadId,
    response: Response,
) -> UploadTold:
    """Tell from where an upload goes on, to whoever began it; HEAD tells it in the header alone."""
    found = await _own(house, caller, zone, key, upload)
    response.headers[OFFSET] = str(found.offset)
    response.headers["Cache-Control"] = "no-store"
    return upload_told(found)


@router.patch(
    "/uploads/{upload}",
    summary="Send the next piece of an upload",
    status_code=204,
    response_class=Response,
    openapi_extra=_PIECE,
    responses={
        **PROBLEMS(404, 409, 413, 415, 422),
        204: {"description": "It was taken", "headers": OFFSET_TOLD},
    },
)
async def append_to_upload(
    request: Request,
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    upload: UploadId,
    offset: Annotated[
        str,
        Header(
            alias=OFFSET,
            pattern=r"^[0-9]{1,13}$",
            description="Where this piece begins: the length of what was sent before.",
            examples=["0"],
        ),
    ],
) -> Response:
    """Take the next bytes. At another offset than where it stands, or while others write, it is a
    conflict, whose `current.offset` says where it stands: go on from there."""
    found = await _own(house, caller, zone, key, upload)
    stands = await uploading.append(_room(house), found, int(offset), await request.body())
    return Response(status_code=204, headers={OFFSET: str(stands)})


@router.post(
    "/uploads/{upload}/finish",
    summary="Have an upload judged and kept",
    responses=PROBLEMS(404, 409, 422),
)
async def finish_upload(
    house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey, upload: UploadId
) -> AttachmentTold:
    """Hold a whole upload against what was announced, have it scanned, and keep it. Then commands
    may name it as evidence. What is another file than announced, or infected, is removed. Without a
    verdict of the scanner (503) the upload waits: finish it again."""
    found = await _own(house, caller, zone, key, upload)
    return attachment_told(await uploading.finish(house.desk, _room(house), found))


@router.delete(
    "/uploads/{upload}",
    summary="Abandon an upload",
    status_code=204,
    response_class=Response,
    responses=PROBLEMS(404, 409, 422),
)
async def abandon_upload(
    house: TheHouse, caller: Caller, zone: ZoneName, key: IssueKey, upload: UploadId
) -> Response:
    """Remove an upload and what was sent of it."""
    found = await _own(house, caller, zone, key, upload)
    await uploading.abandon(_room(house), found)
    return Response(status_code=204)


_FILE: Final[dict[str, Any]] = {
    "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
}


@router.get(
    "/attachments/{sha256}",
    summary="Download an attachment",
    response_class=StreamingResponse,
    responses={
        **PROBLEMS(404, 410, 422),
        200: {"description": "The file, in the media type it was uploaded as", **_FILE},
        206: {"description": "The part of it that was asked for", **_FILE},
    },
)
async def read_attachment(
    house: TheHouse,
    caller: Caller,
    zone: ZoneName,
    key: IssueKey,
    sha256: Sha256,
    post: Annotated[Code | None, Query(description="In which of one's posts one reads.")] = None,
    on_behalf_of: Annotated[Code | None, Query(description="For whom a deputy reads.")] = None,
    part: Annotated[
        str | None,
        Header(
            alias="Range",
            max_length=100,
            description="`bytes=first-last`, to go on with a download that broke off. Of a file "
            "about a person all is sent.",
        ),
    ] = None,
) -> Response:
    """Send a file to whoever may see the issue, to be saved and never shown. One about a person
    goes to whoever may read the issue's personal texts, and that is recorded. The last bytes come
    only when the whole is what was uploaded: an answer that breaks off is not to be trusted."""
    look = await look_at(house, caller, Act.READ_ISSUES, zone, key, Travel(), "attachment")
    room, desk = _room(house), house.desk
    row = await reading.find_attachment(look.desk, stream_name(zone, key), sha256)
    if row.subject is not None:
        await _note(house, caller, look.whole, sha256, post, on_behalf_of)
    found = await reading.readable(desk, row)
    await reading.require_there(room, row)
    headers = SAFE | {
        POSITION: str(look.position),
        "Content-Disposition": disposition(found.name),
        "ETag": f'"{sha256}"',
        "Accept-Ranges": "none" if found.key is not None else "bytes",
    }
    asked = None if part is None or found.key is not None else _asked(part, row.size)
    if asked is None:
        chunks, first, last, status = reading.whole(room, found), 0, row.size - 1, 200
    else:
        first, last = asked
        chunks, status = room.store.read(row.place, first, last - first + 1), 206
        headers["Content-Range"] = f"bytes {first}-{last}/{row.size}"
    headers["Content-Length"] = str(last - first + 1)
    return StreamingResponse(chunks, status, headers=headers, media_type=_plain(row.media_type))


async def _note(
    house: House,
    caller: Caller,
    row: IssueRow,
    sha256: str,
    post: str | None,
    on_behalf_of: str | None,
) -> None:
    """Have the read of a file about a person recorded, or refuse it."""
    desk, issue = house.desk, row.issue
    await seen_row(desk, caller, Act.READ_PERSONAL, issue.zone, issue.key)
    terms = await terms_in_force(desk, issue.zone)
    reader = actor_for(
        caller, terms.handbook, today_in(desk, terms), post=post, on_behalf_of=on_behalf_of
    )
    await reading.note_personal(desk, row, sha256, reader)


async def _own(house: House, caller: Caller, zone: str, key: str, upload: str) -> Unfinished:
    """Return an upload of the caller's to an issue that they may act on still."""
    row = await seen_row(house.desk, caller, Act.COMMAND, zone, key)
    return await uploading.find(_room(house), row.issue.stream, upload, caller.id)


def _room(house: House) -> Room:
    if house.room is None:
        raise StackError("This face has no room for attachments.")
    return house.room


def _asked(part: str, size: int) -> tuple[int, int] | None:
    """Return the first and the last byte of a range; None for what is no range of this file, of
    which all is sent then (RFC 9110, 14.2)."""
    found = RANGE.fullmatch(part.strip())
    if found is None:
        return None
    first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    return (first, last) if first <= last else None


def _plain(media_type: str) -> str:
    return f"{media_type}; charset=utf-8" if media_type == "text/plain" else media_type
