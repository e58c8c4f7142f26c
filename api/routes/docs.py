"""`/docs`: the document of the face, to be read and tried out."""

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from api.documents import POLICY, Served, file, page

router = APIRouter(tags=["docs"], include_in_schema=False)

FRESH = "no-cache"
"""A browser may keep a file, and asks whether it still holds."""


@router.get("/docs")
async def read_docs(request: Request) -> Response:
    """Return the page."""
    return _answer(request, page())


@router.get("/docs/{name}")
async def read_docs_file(request: Request, name: str) -> Response:
    """Return a file that the page is built of."""
    served = file(name)
    if served is None:
        raise HTTPException(404, "There is no such file.")
    return _answer(request, served)


def _answer(request: Request, served: Served) -> Response:
    headers = {
        "ETag": served.tag,
        "Cache-Control": FRESH,
        "Content-Security-Policy": POLICY,
    }
    if request.headers.get("if-none-match") == served.tag:
        return Response(status_code=304, headers=headers)
    return Response(served.body, media_type=served.content_type, headers=headers)
