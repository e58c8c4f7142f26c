"""The application: routes, problems, limits, and the document that describes them."""

from importlib.metadata import version
from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.types import ASGIApp

from api import describing
from api.codec import install as install_origin
from api.routes import (
    attachments,
    boards,
    calendars,
    callbacks,
    codec,
    contact_boards,
    docs,
    exports,
    figure_publishing,
    figures,
    handbooks,
    health,
    inbox,
    incidents,
    intake,
    issue_details,
    issues,
    lists,
    log,
    matter_commands,
    matters,
    me,
    metrics,
    open311,
    orders,
    principals,
    procedures,
    proposals,
    refusals,
    reports,
    sessions,
    sign_offs,
    stream,
    subscriptions,
    templates,
    verification,
)
from face import problems, rates
from face.addresses import Addresses
from face.house import House
from face.limits import Door
from face.metrics import FaceTelemetry
from face.observing import Observed
from face.proxies import BehindProxies

ROUTERS: Final[tuple[APIRouter, ...]] = (
    issues.router,
    issue_details.router,
    attachments.router,
    lists.router,
    me.router,
    sessions.router,
    principals.router,
    boards.router,
    contact_boards.router,
    handbooks.router,
    calendars.router,
    sign_offs.router,
    orders.router,
    procedures.router,
    matters.router,
    matter_commands.router,
    matters.of_issues,
    callbacks.router,
    incidents.router,
    intake.router,
    exports.router,
    verification.router,
    log.router,
    refusals.router,
    figures.router,
    figure_publishing.router,
    reports.router,
    proposals.router,
    stream.router,
    subscriptions.router,
    inbox.router,
    templates.router,
)
"""Every family of routes under /v1, in the order in which the document lists them."""

ROOTED: Final[tuple[APIRouter, ...]] = (
    health.router,
    metrics.router,
    docs.router,
    open311.router,
    codec.router,
)
"""Routes that stand beside /v1."""


class FaceApp(FastAPI):
    """The application within its door: even what fails inside is named, marked and logged."""

    def build_middleware_stack(self) -> ASGIApp:
        """Return everything that a request goes through, from outside to inside."""
        addresses = Addresses(self)
        door = Door(super().build_middleware_stack(), addresses)
        return BehindProxies(Observed(door, addresses, self.state.telemetry))


def make_app(house: House) -> FastAPI:
    """Return the HTTP face over a house."""
    app = FaceApp(
        title="Closeout",
        version=version("closeout"),
        summary="Issues of enterprises: reported, owned, escalated, signed off, provable.",
        openapi_url="/openapi.json",
        docs_url=None,  # its page loads scripts from elsewhere: ours is served from files of ours
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=describing.operation_name,
    )
    app.state.house = house
    app.state.telemetry = FaceTelemetry()
    house.desk.on_refused = app.state.telemetry.command_refused
    problems.install(app)
    rates.install(app, house.settings)
    describing.install(app)
    install_origin(app, house.settings.codec_origin)
    for router in ROUTERS:
        app.include_router(router, prefix="/v1")
    for router in ROOTED:
        app.include_router(router)
    return app
