"""What Open311 GeoReport v2 answers, field by field, in the order of its specification."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

SPECIFICATION = "http://wiki.open311.org/GeoReport_v2"
DESCRIPTION_CHARACTERS_MAX = 4000


class Form(StrEnum):
    """How an answer is written; the end of the address says which."""

    XML = "xml"
    JSON = "json"


class RequestStatus(StrEnum):
    """How a service request stands, as far as Open311 tells it."""

    OPEN = "open"
    CLOSED = "closed"


class DataType(StrEnum):
    """How an attribute is asked for."""

    STRING = "string"
    TEXT = "text"
    DATETIME = "datetime"
    ONE_OF_SOME = "singlevaluelist"


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Service(_Told):
    """A category of the handbook."""

    service_code: Annotated[str, Field(examples=["road-access"])]
    service_name: Annotated[str, Field(examples=["Road access"])]
    description: str | None = None
    metadata: bool = True
    type: Literal["realtime"] = "realtime"
    keywords: Annotated[str | None, Field(examples=["Roads section"])] = None
    group: str | None = None


class Value(_Told):
    """One of the values that an attribute can have."""

    key: str
    name: str


class Attribute(_Told):
    """What is asked beside the description."""

    variable: bool = True
    code: Annotated[str, Field(examples=["enterprise"])]
    datatype: DataType
    required: bool
    datatype_description: str | None = None
    order: int
    description: str
    values: tuple[Value, ...] = ()


class Definition(_Told):
    """What a report of a category is asked for."""

    service_code: Annotated[str, Field(examples=["road-access"])]
    attributes: tuple[Attribute, ...]


class ServiceRequest(_Told):
    """An issue. What Closeout does not know of it, or does not tell here, is null."""

    service_request_id: Annotated[str, Field(examples=["xinghe.A01"])]
    status: RequestStatus
    status_notes: str | None = None
    service_name: str | None = None
    service_code: str
    description: str | None = None
    agency_responsible: str | None = None
    service_notice: str | None = None
    requested_datetime: Annotated[str, Field(examples=["2026-03-02T09:00:00+08:00"])]
    updated_datetime: str | None = None
    expected_datetime: str | None = None
    address: str | None = None
    address_id: str | None = None
    zipcode: str | None = None
    lat: float | None = None
    long: float | None = None
    media_url: str | None = None


class Created(_Told):
    """What a report came to."""

    service_request_id: str
    service_notice: str | None = None
    account_id: str | None = None


class TokenAnswer(_Told):
    """Which service request a token stands for."""

    service_request_id: str
    token: str


class Endpoint(_Told):
    """Where this face is, and in which forms it answers."""

    specification: str = SPECIFICATION
    url: str
    changeset: str
    type: Literal["production"] = "production"
    formats: tuple[str, ...] = ("text/xml", "application/json")


class Discovery(_Told):
    """Who provides this, how to get a key, and where the face is."""

    changeset: str
    contact: str
    key_service: str
    endpoints: tuple[Endpoint, ...]


class Fault(_Told):
    """One thing that is wrong."""

    code: Annotated[int, Field(examples=[400])]
    description: Annotated[str, Field(examples=["service_code was not provided."])]
