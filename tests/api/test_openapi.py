"""The document of the face: sound, whole, and served without asking anybody else."""

import hashlib
import re
from importlib.resources import files
from typing import Any

import jsonschema_rs
import pytest
from faces import Face
from sampling import whole_document
from schemathesis.specs.openapi.definitions import OPENAPI_31

from api.describing import TOLD, operations
from api.documents import FILES, POLICY, vendored
from face.acting_on import ASKED
from face.problems import KINDS, STATUSES
from face.words import said


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """The document of a face."""
    return whole_document()


def test_the_document_is_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert not [
        str(error) for error in jsonschema_rs.Draft202012Validator(OPENAPI_31).iter_errors(document)
    ]


def test_every_schema_in_it_is_one(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        assert jsonschema_rs.meta.is_valid(schema), name


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    pointers = set(re.findall(r"'\$ref': '#/([^']+)'", str(document)))
    assert len(pointers) > 100
    for pointer in pointers:
        place: Any = document
        for part in pointer.split("/"):
            place = place[part]


def test_every_operation_has_a_name_of_its_own_and_says_what_it_does(
    document: dict[str, Any],
) -> None:
    named = [operation["operationId"] for _, _, operation in operations(document)]

    assert len(named) == len(set(named))
    for method, path, operation in operations(document):
        assert operation.get("summary"), (method, path)
        assert operation.get("description"), (method, path)
        assert operation.get("tags"), (method, path)


def test_every_operation_tells_its_problems(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        told = {int(status) for status in operation["responses"] if int(status) >= 400}
        asks_nobody = not operation["security"]
        assert {400, 413, 414, 431, 503} <= told, (method, path)
        assert asks_nobody or {401, 403, 429} <= told, (method, path)
        assert "requestBody" not in operation or {415, 422} <= told, (method, path)
        for status in told:
            response = operation["responses"][str(status)]
            assert "$ref" in response or "application/problem+json" in response["content"]


def test_every_kind_of_problem_has_an_example_and_both_languages(document: dict[str, Any]) -> None:
    responses = document["components"]["responses"]
    for kind in (*KINDS.values(), *STATUSES.values()):
        content = responses[f"Problem{kind.status}"]["content"]["application/problem+json"]
        assert content["examples"][kind.code]["value"]["status"] == kind.status
        for language in ("zh", "en"):
            assert said(f"problem.{kind.code}", language) != f"problem.{kind.code}", kind
    assert set(responses) == {f"Problem{status}" for status in TOLD}


def test_every_parameter_has_a_form_and_a_description(document: dict[str, Any]) -> None:
    without = []
    for method, path, operation in operations(document):
        for parameter in operation["parameters"]:
            schema = parameter["schema"]
            says = {"type", "anyOf", "oneOf", "$ref", "enum", "const", "allOf"} & schema.keys()
            if not says or not (parameter.get("description") or schema.get("description")):
                without.append((method, path, parameter["name"]))
    assert without == []


def test_every_route_says_what_it_asks_of_its_caller(document: dict[str, Any]) -> None:
    described = {(method, path) for method, path, _ in operations(document)}

    assert described - ASKED.keys() == set(), "routes without a declared act"
    assert ASKED.keys() - described == set(), "declared, and no route"


async def test_the_document_is_served_as_it_is(face: Face, document: dict[str, Any]) -> None:
    face.app.openapi_schema = document
    async with face.asked_as(None) as client:
        answer = await client.get("/openapi.json")

    assert answer.status_code == 200
    assert answer.json() == document


def test_vendored_files_are_what_they_were() -> None:
    found = {}
    for name in vendored():
        body = files("api").joinpath("static", *name.split("/")).read_bytes()
        found[name] = hashlib.sha256(body).hexdigest()

    assert found == vendored()
    assert "Apache License" in files("api").joinpath("static", "swagger-ui", "LICENSE").read_text()


async def test_the_page_asks_no_other_host_and_runs_no_script_of_its_own(face: Face) -> None:
    async with face.asked_as(None) as client:
        page = await client.get("/docs")
        parts = [await client.get(f"/docs/{name}") for name in FILES]
        again = await client.get("/docs", headers={"If-None-Match": page.headers["ETag"]})
        nothing = await client.get("/docs/..%2fvendor.json")

    assert page.headers["Content-Security-Policy"] == POLICY
    assert "unsafe" not in POLICY
    assert not re.search(r"https?:|<style|style=|<script(?! src=)| on[a-z]+=", page.text)
    assert set(re.findall(r'(?:src|href)="/docs/([^"]+)"', page.text)) <= set(FILES)
    assert [part.status_code for part in parts] == [200] * len(FILES)
    assert {part.headers["X-Content-Type-Options"] for part in parts} == {"nosniff"}
    assert again.status_code == 304
    assert nothing.status_code == 404
