"""`/codec`: payloads of Temporal sealed and opened, for its UI and its command line."""

from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Response

from api.codec import PayloadBody, PayloadsBody
from api.describing import PROBLEMS
from domain.access import Act, require_every_zone
from domain.errors import InvalidRequestError
from face.dependencies import Caller, TheHouse
from face.house import House
from face.looked import put_on_record
from runtime.codec import SealedPayloadError, SealedPayloads, payload_codec

router = APIRouter(prefix="/codec", tags=["codec"])

Namespace = Annotated[
    str,
    Header(
        alias="X-Namespace",
        max_length=200,
        description="The namespace that the payloads are of, as Temporal's UI says it.",
        examples=["default"],
    ),
]


@router.post("/decode", summary="Open payloads", responses=PROBLEMS(404))
async def decode_payloads(
    house: TheHouse, caller: Caller, body: PayloadsBody, namespace: Namespace = ""
) -> PayloadsBody:
    """Open payloads that this ledger's workers sealed; what was never sealed comes back as it is.

    For appointed auditors and operators of every zone. That they looked is recorded first. Texts
    about persons stay sealed: they have keys of their own. 404 where no payload keys are set.
    """
    require_every_zone(caller, Act.DECODE)  # a payload does not say of which zone it is
    codec = _codec(house)
    payloads = [each.payload(place) for place, each in enumerate(body.payloads)]
    await put_on_record(house, caller, "codec", {"payloads": len(payloads), "of": namespace})
    try:
        opened = await codec.decode(payloads)
    except SealedPayloadError as error:
        raise InvalidRequestError(str(error), field="payloads") from error
    return PayloadsBody(payloads=[PayloadBody.of(each) for each in opened])


@router.post("/encode", summary="Seal payloads", responses=PROBLEMS(404))
async def encode_payloads(house: TheHouse, caller: Caller, body: PayloadsBody) -> PayloadsBody:
    """Seal payloads as this ledger's workers do, with the newest key: for a signal or a start that
    Temporal's UI or command line sends. 404 where no payload keys are set."""
    require_every_zone(caller, Act.DECODE)  # a payload does not say of which zone it is
    codec = _codec(house)
    payloads = [each.payload(place) for place, each in enumerate(body.payloads)]
    return PayloadsBody(payloads=[PayloadBody.of(each) for each in await codec.encode(payloads)])


@router.options("/decode", include_in_schema=False)
@router.options("/encode", include_in_schema=False)
async def ask_first() -> Response:
    """Answer a browser that asks whether it may."""
    return Response(status_code=204, headers={"Allow": "OPTIONS, POST"})


def _codec(house: House) -> SealedPayloads:
    """The file is read at each request: a key that was added counts at once, and few ask."""
    codec = payload_codec(house.settings)
    if codec is None:
        raise HTTPException(404, "No payload keys are set here: Temporal's payloads are plain.")
    return codec
