"""Reading an issue over HTTP."""

import builders as b
from faces import Face

from api.issue_examples import ISSUE, PAGE, RESULT
from api.list_bodies import IssuePage
from domain.view import CommandResult, IssueView

ONE = f"/v1/issues/{b.ZONE}/{b.KEY}"


async def test_an_officer_reads_an_issue_of_the_territory(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as("officer") as client:
        answer = await client.get(ONE)

    assert answer.status_code == 200
    assert answer.json()["phase"] == "handling"
    assert answer.headers["ETag"] == f'"{answer.json()["version"]}"'
    assert int(answer.headers["Closeout-Position"]) >= answer.json()["version"]


async def test_nobody_reads_nothing(face: Face) -> None:
    await face.counter.accepted()

    async with face.asked_as(None) as client:
        answer = await client.get(ONE, headers={"Accept-Language": "zh-CN"})

    assert answer.status_code == 403
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_permitted"
    assert answer.json()["title"] == "无权进行此操作。"


async def test_an_issue_that_is_not_there_is_unknown(face: Face) -> None:
    async with face.asked_as("officer") as client:
        answer = await client.get(f"/v1/issues/{b.ZONE}/nothing")

    assert answer.status_code == 404
    assert answer.json()["code"] == "unknown_issue"


async def test_the_document_shows_what_the_routes_answer(face: Face) -> None:
    IssueView.model_validate(ISSUE)
    CommandResult.model_validate(RESULT)
    IssuePage.model_validate(PAGE)
    paths = face.app.openapi()["paths"]

    shown = paths["/v1/issues"]["post"]["responses"]["201"]["content"]["application/json"]
    assert shown["example"] == ISSUE
    assert shown["schema"] == {"$ref": "#/components/schemas/IssueView"}
    for path, item in paths.items():
        for operation in item.values():
            if "issues" in operation.get("tags", ()):
                assert operation["summary"], path
                assert len(operation["description"]) > 20, path
                assert "422" in operation["responses"], path
