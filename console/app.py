"""Adds the console to an application: its pages, its files, its news."""

from fastapi import APIRouter, FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse

from console import news
from console.page import PREFIX
from console.registry import ROUTERS
from console.routing import page_router
from console.statics import KINDS, mark_of, static_files

FOR_GOOD = "public, max-age=31536000, immutable"

_beside = APIRouter(include_in_schema=False)
_rest = page_router()


def add_console(app: FastAPI) -> FastAPI:
    """Add the pages under /console, and send whoever comes to / there; return the application."""
    app.include_router(_beside)
    app.include_router(news.router, prefix=PREFIX)
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX)
    app.include_router(_rest)
    return app


@_beside.get("/")
async def to_console() -> Response:
    """Send a browser to the console."""
    return RedirectResponse(PREFIX, status_code=307)


@_beside.get(f"{PREFIX}/static/{{mark}}/{{name:path}}")
async def static_file(request: Request, mark: str, name: str) -> Response:
    """Return a file that pages are built of. It never changes under one address."""
    body = static_files().get(name)
    if body is None or mark != mark_of(name):
        raise HTTPException(404, "There is no such file.")
    return Response(
        body,
        media_type=KINDS[name.rpartition(".")[2]],
        headers={"Cache-Control": FOR_GOOD},
    )


@_rest.get(f"{PREFIX}/{{rest:path}}")
async def nowhere(rest: str) -> Response:
    """Say that there is no such page."""
    raise HTTPException(404, f"There is no page {rest[:80]!r}.")
