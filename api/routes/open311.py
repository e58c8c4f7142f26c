"""Open311 GeoReport v2: services, requests, tokens, in XML and JSON."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from fastapi import APIRouter, Request, Response

from api.open311.asked import (
    BODY,
    ApiKey,
    BeginsAt,
    Codes,
    EndsAt,
    FormName,
    Ids,
    Jurisdiction,
    Page,
    PageSize,
    RequestId,
    ServiceCode,
    Statuses,
    listed,
    told_of,
)
from api.open311.faults import Open311Error, Open311Route
from api.open311.forms import (
    Created,
    Definition,
    Discovery,
    Endpoint,
    RequestStatus,
    Service,
    ServiceRequest,
    TokenAnswer,
)
from api.open311.listing import RETURNED_MAX, Wanted, issues_wanted, span_of
from api.open311.receiving import API_KEY, form_fields, known_caller
from api.open311.reporting import (
    attributes_of,
    category_of,
    command_id_of,
    enterprise_of,
    single_fields,
    submission_of,
)
from api.open311.telling import (
    definition_of,
    local,
    request_id,
    request_of,
    service_of,
)
from api.open311.writing import answer
from desk.desk import Desk
from domain.access import Act, Principal, horizon, require_report
from domain.errors import UnknownIssueError, UnknownZoneError
from domain.issue import Issue
from domain.model import to_millisecond
from domain.people import Actor
from domain.terms import Terms
from face.actors import actor_for
from face.dependencies import TheHouse, horizon_in, seen_row, terms_in_force, today_in
from face.house import House
from face.looked import noted
from face.looking import reader_for, stands_at
from face.preconditions import IdempotencyKey
from face.public_address import public_address
from face.words import language_of, said

PATH: Final = "/open311/v2"
IDS_MAX: Final = 200

router = APIRouter(prefix=PATH, tags=["open311"], route_class=Open311Route)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A request as it is answered: by whom, of which zone, by which terms."""

    house: House
    caller: Principal
    terms: Terms

    @property
    def zone(self) -> str:
        return self.terms.handbook.zone

    @property
    def desk(self) -> Desk:
        """The desk that this caller's reads are answered from."""
        return reader_for(self.house, self.caller)


async def _asked(
    request: Request, house: House, jurisdiction_id: str | None, key: str | None
) -> _Asked:
    caller = await known_caller(request, house, key)
    zone = (jurisdiction_id or "").strip() or _default_zone(house)
    if zone is None:
        raise Open311Error(400, "jurisdiction_id was not provided.")
    try:
        return _Asked(house, caller, await terms_in_force(house.desk, zone))
    except UnknownZoneError as error:
        raise Open311Error(404, "jurisdiction_id was not found.") from error


def _default_zone(house: House) -> str | None:
    zones = house.desk.shelf.zones
    return house.settings.open311_jurisdiction or (zones[0] if len(zones) == 1 else None)


@router.get(
    "/discovery.{form}",
    response_model=Discovery,
    responses=told_of(404),
    summary="Where this face is, and in which forms it answers",
)
async def discovery(request: Request, house: TheHouse, form: FormName) -> Response:
    """Return the discovery document. Its changeset grows with every handbook that is published."""
    desk, language = house.desk, language_of(request)
    in_force = await desk.shelf.in_force(desk.clock.now())
    changeset = f"{sum(each.handbook.revision for each in in_force):08d}"
    found = Discovery(
        changeset=changeset,
        contact=house.settings.open311_contact or said("open311.contact", language),
        key_service=said("open311.key_service", language),
        endpoints=(
            Endpoint(url=public_address(request, house.settings) + PATH, changeset=changeset),
        ),
    )
    return answer(form, "discovery", found)


@router.get(
    "/services.{form}",
    response_model=list[Service],
    responses=told_of(400, 403, 404),
    summary="The categories that can be reported",
)
async def services(
    request: Request,
    house: TheHouse,
    form: FormName,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return the categories of a zone's handbook as services."""
    asked = await _asked(request, house, jurisdiction_id, api_key)
    await horizon_in(asked.desk, asked.caller, Act.READ_RULES, asked.zone)
    handbook, language = asked.terms.handbook, language_of(request)
    found = [service_of(handbook, each, language) for each in handbook.categories]
    return answer(form, "services", found)


@router.get(
    "/services/{service_code}.{form}",
    response_model=Definition,
    responses=told_of(400, 403, 404),
    summary="What a report of a category is asked for",
)
async def definition(
    request: Request,
    house: TheHouse,
    service_code: ServiceCode,
    form: FormName,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return the attributes of a service. The enterprise is always asked for: an issue is one's."""
    asked = await _asked(request, house, jurisdiction_id, api_key)
    await horizon_in(asked.desk, asked.caller, Act.READ_RULES, asked.zone)
    handbook = asked.terms.handbook
    category = category_of(handbook, service_code)
    within = horizon(asked.caller, Act.REPORT, handbook, today_in(house.desk, asked.terms))
    found = definition_of(handbook, category, within, language_of(request))
    return answer(form, "service_definition", found)


@router.get(
    "/requests.{form}",
    response_model=list[ServiceRequest],
    responses=told_of(400, 403, 404),
    summary="Service requests: issues, newest first",
)
async def requests(
    request: Request,
    house: TheHouse,
    form: FormName,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
    service_request_id: Ids = None,
    service_code: Codes = None,
    begins_at: BeginsAt = None,
    ends_at: EndsAt = None,
    status: Statuses = None,
    page: Page = 1,
    page_size: PageSize = RETURNED_MAX,
) -> Response:
    """Return the issues that the caller may see: of 90 days at most, 1,000 on a page at most. Ids
    override everything else; one that is not there is left out."""
    asked = await _asked(request, house, jurisdiction_id, api_key)
    within = await horizon_in(asked.desk, asked.caller, Act.READ_ISSUES, asked.zone)
    position = await asked.desk.ledger.safe_position()
    ids = listed(service_request_id)
    await noted(
        house,
        asked.caller,
        "open311_requests",
        {"zone": asked.zone, "ids": service_request_id, "status": status},
        position,
    )
    if ids:
        found = await _by_ids(asked, ids)
    else:
        now = to_millisecond(house.desk.clock.now())
        wanted = Wanted(
            span=span_of(begins_at, ends_at, now),
            codes=listed(service_code),
            statuses=tuple(map(RequestStatus, listed(status))),
            page=page,
            page_size=page_size,
        )
        found = await issues_wanted(asked.desk.ledger, within, wanted, now)
    language = language_of(request)
    told = [request_of(asked.terms, issue, language) for issue in found]
    return _at(answer(form, "service_requests", told), position)


@router.get(
    "/requests/{service_request_id}.{form}",
    response_model=list[ServiceRequest],
    responses=told_of(400, 403, 404),
    summary="One service request",
)
async def one_request(
    request: Request,
    house: TheHouse,
    service_request_id: RequestId,
    form: FormName,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return an issue, as a list of one."""
    asked = await _asked(request, house, jurisdiction_id, api_key)
    position = await asked.desk.ledger.safe_position()
    issue = await _seen(asked, service_request_id)
    scope = {"zone": asked.zone, "key": issue.key}
    await noted(house, asked.caller, "open311_request", scope, position)
    told = [request_of(asked.terms, issue, language_of(request))]
    return _at(answer(form, "service_requests", told), position)


@router.get(
    "/tokens/{token_id}.{form}",
    response_model=list[TokenAnswer],
    responses=told_of(400, 403, 404),
    summary="Which service request a token stands for",
)
async def token(
    request: Request,
    house: TheHouse,
    token_id: RequestId,
    form: FormName,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Return the id of a request. Every report is answered with its id at once, and that id is its
    token too."""
    asked = await _asked(request, house, jurisdiction_id, api_key)
    issue = await _seen(asked, token_id)
    found = TokenAnswer(
        service_request_id=request_id(issue.zone, issue.key),
        token=token_id,
    )
    return answer(form, "service_requests", [found])


@router.post(
    "/requests.{form}",
    response_model=list[Created],
    responses=told_of(400, 403, 404, 409, 413, 415),
    openapi_extra=dict(BODY),
    summary="Report an issue as a service request",
)
async def report(
    request: Request,
    house: TheHouse,
    form: FormName,
    idempotency_key: IdempotencyKey = None,
    jurisdiction_id: Jurisdiction = None,
    api_key: ApiKey = None,
) -> Response:
    """Report an issue. Without `Idempotency-Key` a form that is sent twice is two reports."""
    command_id = command_id_of(idempotency_key)
    fields = await form_fields(request)
    given = single_fields(fields)
    asked = await _asked(
        request,
        house,
        given.get("jurisdiction_id", jurisdiction_id),
        given.get(API_KEY, api_key),
    )
    within = await horizon_in(house.desk, asked.caller, Act.REPORT, asked.zone)
    handbook, attributes = asked.terms.handbook, attributes_of(fields)
    category = category_of(handbook, given.get("service_code"))
    enterprise_id = enterprise_of(handbook, given, attributes)
    require_report(within, handbook, enterprise_id, "account_id")
    submission = submission_of(
        asked.zone,
        _actor(asked),
        category,
        given,
        attributes,
        enterprise_id=enterprise_id,
        command_id=command_id,
    )
    done = await house.desk.carry_out(house.identity.vouched(submission, asked.caller))
    row = await house.desk.row(asked.zone, submission.key)
    told = Created(
        service_request_id=request_id(asked.zone, submission.key),
        service_notice=_notice(request, asked.terms, row.issue),
        account_id=given.get("account_id"),
    )
    answered = answer(form, "service_requests", [told])
    if done.repeated:
        answered.headers["Idempotency-Replayed"] = "true"
    return _at(answered, await house.desk.ledger.safe_position())


def _actor(asked: _Asked) -> Actor:
    return actor_for(asked.caller, asked.terms.handbook, today_in(asked.house.desk, asked.terms))


def _notice(request: Request, terms: Terms, issue: Issue) -> str:
    language = language_of(request)
    due_at: datetime | None = None if issue.deadline is None else issue.deadline.due_at
    if due_at is None:
        return said("open311.taken_in", language)
    return said("open311.taken_in_until", language).format(at=local(terms, due_at))


async def _seen(asked: _Asked, named: str) -> Issue:
    """Return the issue that an id names. Raises UnknownIssueError, also where it is not seen."""
    prefix = request_id(asked.zone, "")
    key = named.removeprefix(prefix)
    if key == named:
        numbered = await asked.desk.ledger.find(zone=asked.zone, number=named, limit=1)
        key = numbered[0].issue.key if numbered else ""
    row = await seen_row(asked.desk, asked.caller, Act.READ_ISSUES, asked.zone, key)
    return row.issue


async def _by_ids(asked: _Asked, ids: tuple[str, ...]) -> list[Issue]:
    if len(ids) > IDS_MAX:
        raise Open311Error(400, f"service_request_id names at most {IDS_MAX} requests.")
    found = []
    for each in ids:
        try:
            found.append(await _seen(asked, each))
        except UnknownIssueError:
            continue
    return found


def _at(answered: Response, position: int) -> Response:
    stands_at(answered, position)
    return answered
