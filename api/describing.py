"""The document that describes the face: OpenAPI 3.1, with every problem, header and example."""

import re
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from domain.access import ACCESS, Standing
from face.acting_on import ASKED, Asked, Open
from face.problems import KINDS, MEDIA_TYPE, STATUSES, TYPE_PREFIX, Kind, Problem
from face.words import said

REF: Final = "#/components/schemas/{model}"
METHODS: Final = frozenset({"get", "put", "post", "delete", "patch"})
TOLD: Final = tuple(sorted({kind.status for kind in (*KINDS.values(), *STATUSES.values())}))
"""Every status that a problem is told with."""
OF_ANY: Final = (400, 406, 408, 413, 414, 431, 503)
"""What every request can be told: its form, its size and its pace are judged before its matter."""
OF_CALLERS: Final = (401, 403, 429)
OF_BODIES: Final = (415, 422)

BEARER: Final = "bearer"
SESSION: Final = "session"
SCHEMES: Final[Mapping[str, Mapping[str, str]]] = {
    BEARER: {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key (`ck_…`) of a service, or a JWT of the configured issuer.",
    },
    SESSION: {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-closeout",
        "description": "A session of a person. Whatever is not GET needs `X-CSRF-Token` as well.",
    },
}

HEADERS_ASKED: Final[Mapping[str, str]] = {
    "Accept-Language": "In which language problems are told: zh or en.",
    "X-Request-Id": "The caller's own name for this request, 1 to 64 letters, digits, dots, "
    "underscores, hyphens; it comes back. Anything else is replaced.",
}
HEADERS_ANSWERED: Final[Mapping[str, str]] = {
    "X-Request-Id": "The request's name, in the log too.",
    "Closeout-Position": "The ledger's position that the answer is of, where it is of the ledger.",
}
HEADERS_OF: Final[Mapping[int, tuple[str, str]]] = {
    401: ("WWW-Authenticate", "How to say who calls."),
    429: ("Retry-After", "In how many seconds the next request is let in."),
    503: ("Retry-After", "In how many seconds to try again, where that can be told."),
}

FOLLOWED: Final = "/v1/issues/{zone}/{key}"
"""Where links lead: what a report or a command answers names the issue."""
LINKS: Final[Mapping[str, Mapping[str, str]]] = {
    "post /v1/issues": {"zone": "$response.body#/zone", "key": "$response.body#/key"},
    f"post {FOLLOWED}/commands": {"zone": "$request.path.zone", "key": "$request.path.key"},
    f"get {FOLLOWED}": {"zone": "$request.path.zone", "key": "$request.path.key"},
}
LED_TO: Final = (
    ("get", FOLLOWED),
    ("post", f"{FOLLOWED}/commands"),
    ("get", f"{FOLLOWED}/timeline"),
    ("get", f"{FOLLOWED}/clocks"),
)


def problems_told(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what a route hands over as `responses=`: the problems that are its own. Those that any
    request can be told, and those of callers and bodies, need not be named."""
    return {
        status: {"$ref": f"#/components/responses/Problem{status}", "description": _phrase(status)}
        for status in statuses
    }


PROBLEMS: Final = problems_told
"""`responses=PROBLEMS(404, 409)`."""


def operation_name(route: APIRoute) -> str:
    """Return an operation's id: the family and the name of the function."""
    family = re.sub(r"[^a-z0-9]+", "_", str(route.tags[0]).lower()) if route.tags else "face"
    return f"{family}_{route.name}"


def install(app: FastAPI) -> None:
    """Have the application describe itself by `document`, made once."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = document(app)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # FastAPI's own way to give another


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    made = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=said("document.description", "en"),
        routes=app.routes,
    )
    _with_components(made)
    for method, path, operation in operations(made):
        _complete(method, path, operation)
    _link(made)
    return made


def operations(made: Mapping[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return the operations of a document, each with its method and its path."""
    for path, item in made["paths"].items():
        for method, operation in item.items():
            if method in METHODS:
                yield method, path, operation


def routes_of(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Return method and path of every route that is described."""
    for context in iter_route_contexts(app.routes):
        if getattr(context, "include_in_schema", False) and context.path is not None:
            for method in sorted(context.methods or ()):
                yield method.lower(), context.path


def _with_components(made: dict[str, Any]) -> None:
    components = made.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for generated in ("HTTPValidationError", "ValidationError"):
        schemas.pop(generated, None)
    schemas["Problem"] = Problem.model_json_schema(ref_template=REF)
    components["securitySchemes"] = {name: dict(scheme) for name, scheme in SCHEMES.items()}
    components["headers"] = {
        name: {"description": text, "schema": {"type": "string"}}
        for name, text in HEADERS_ANSWERED.items()
    }
    components["responses"] = {f"Problem{status}": _told(status) for status in TOLD}


def _told(status: int) -> dict[str, Any]:
    kinds = {kind.code: kind for kind in (*STATUSES.values(), *KINDS.values())}
    examples = {
        code: {"value": _example(kind)} for code, kind in kinds.items() if kind.status == status
    }
    headers: dict[str, Any] = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
    if status in HEADERS_OF:
        name, text = HEADERS_OF[status]
        headers[name] = {"description": text, "schema": {"type": "string"}}
    return {
        "description": _phrase(status),
        "headers": headers,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": REF.format(model="Problem")}, "examples": examples}
        },
    }


def _example(kind: Kind) -> dict[str, Any]:
    return {
        "type": TYPE_PREFIX + kind.code,
        "title": said(f"problem.{kind.code}", "en"),
        "status": kind.status,
        "code": kind.code,
        "instance": "/v1/issues/xinghe/A01",
    }


def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


def _complete(method: str, path: str, operation: dict[str, Any]) -> None:
    asked = ASKED.get((method, path))
    parameters = operation.setdefault("parameters", [])
    named_already = {each["name"].lower() for each in parameters if each["in"] == "header"}
    for name, text in HEADERS_ASKED.items():
        if name.lower() not in named_already:
            parameters.append(
                {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
            )
    responses = operation["responses"]
    statuses = {int(each) for each in responses if each.isdigit() and int(each) in TOLD}
    statuses.update(_statuses(asked, operation))
    for status in sorted(statuses):
        responses[str(status)] = _refusal(status, responses.get(str(status), {}))
    for status, response in responses.items():
        if "$ref" not in response and int(status) not in TOLD:
            headers = response.setdefault("headers", {})
            for name in HEADERS_ANSWERED:
                headers.setdefault(name, {"$ref": f"#/components/headers/{name}"})
            response["description"] = response.get("description") or _phrase(int(status))
    operation["security"] = _security(asked)
    if isinstance(asked, Asked):
        operation["x-acts"] = sorted(act.value for act in asked.acts)


def _refusal(status: int, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the problem, and beside it the form that a standard's own routes tell it in."""
    of_its_own = {
        media: content
        for media, content in given.get("content", {}).items()
        if media not in (MEDIA_TYPE, "application/json") or "HTTPValidation" not in str(content)
    }
    if MEDIA_TYPE in of_its_own or not of_its_own:
        return {"$ref": f"#/components/responses/Problem{status}"}
    told = _told(status)
    return {**given, **told, "content": {**told["content"], **of_its_own}}


def _statuses(asked: Asked | Open | None, operation: Mapping[str, Any]) -> set[int]:
    found = set(OF_ANY)
    if asked is not Open.NOBODY_IS_ASKED:
        found.update(OF_CALLERS)
    if "requestBody" in operation:
        found.update(OF_BODIES)
    if any(each["in"] in ("path", "query") for each in operation["parameters"]):
        found.add(422)
    if any(each["in"] == "path" for each in operation["parameters"]):
        found.add(404)
    if any(each["name"] in ("zone", "zones") for each in operation["parameters"]):
        found.add(404)
    if any(each["name"] in ("position", "wait_for") for each in operation["parameters"]):
        found.add(412)
    return found


def _security(asked: Asked | Open | None) -> list[dict[str, list[str]]]:
    if asked in (Open.NOBODY_IS_ASKED, Open.TO_WHO_HOLDS_A_TOKEN):
        return []
    found: list[dict[str, list[str]]] = [{BEARER: []}, {SESSION: []}]
    is_public = isinstance(asked, Asked) and any(
        Standing.PUBLIC in ACCESS[act] for act in asked.acts
    )
    return [{}, *found] if is_public or asked is Open.TO_ALL_WHO_CALL else found


def _link(made: dict[str, Any]) -> None:
    """Say where an answer leads: to the issue, and on from there."""
    by_name = {f"{method} {path}": operation for method, path, operation in operations(made)}
    for name, parameters in LINKS.items():
        if name not in by_name:
            continue
        for status, response in by_name[name]["responses"].items():
            if not status.startswith("2"):
                continue
            links = {
                target["operationId"]: {
                    "operationId": target["operationId"],
                    "parameters": dict(parameters),
                }
                for method, path in LED_TO
                if (target := by_name.get(f"{method} {path}")) is not None
                and f"{method} {path}" != name
            }
            response.setdefault("links", {}).update(links)
