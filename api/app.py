"""The application: routes, problems, limits, and the document that describes them."""

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI

from api import problems
from api.house import House
from api.routes import health, issues

ROUTERS: Final[tuple[APIRouter, ...]] = (issues.router,)
"""Every family of routes under /v1, in the order in which the document lists them."""

ROOTED: Final[tuple[APIRouter, ...]] = (health.router,)
"""Routes that stand beside /v1."""


def make_app(house: House) -> FastAPI:
    """Return the HTTP face over a house."""
    app = FastAPI(
        title="Closeout",
        version=version("closeout"),
        summary="Issues of enterprises: reported, owned, escalated, signed off, provable.",
        openapi_url="/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere: ours is served from files of ours
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.house = house
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    for router in ROOTED:
        app.include_router(router)
    return app
