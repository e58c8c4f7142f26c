"""`/metrics`: the figures of this face, for Prometheus."""

from fastapi import APIRouter, Request, Response

from domain.access import Act, require_appointed
from face.dependencies import TheHouse
from face.metrics import MEDIA_TYPE, FaceTelemetry
from face.rates import limited_caller

router = APIRouter(tags=["health"])


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_metrics(request: Request, house: TheHouse) -> Response:
    """Return the figures of this process. For operators, unless `metrics_public` says that whoever
    reaches the port may read them: no figure names an issue, a zone or a person."""
    if not house.settings.metrics_public:
        caller = await limited_caller(request, house.identity)
        request.state.principal = caller
        require_appointed(caller, Act.ADMINISTER)
    telemetry: FaceTelemetry = request.app.state.telemetry
    return Response(telemetry.page(), media_type=MEDIA_TYPE)
