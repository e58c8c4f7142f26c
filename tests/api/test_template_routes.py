"""Templates over HTTP: by operators, checked before they are kept, taken back, on record."""

import builders as b
import pytest
from faces import PEOPLE, Face, NamedIdentity

MAIL = "/v1/templates/issue_reported/mail/en"
GIVEN = {"subject": "{{ number }}", "body": "Look: {{ title }}", "html": "<b>{{ title }}</b>"}


async def test_an_operator_tries_sets_reads_and_takes_back(face: Face) -> None:
    async with face.asked_as("operator") as client:
        tried = await client.post(f"{MAIL}/preview", json=GIVEN)
        assert "&lt;gate&gt;" in tried.json()["html"]
        assert (await client.get(MAIL)).json() == {"items": []}
        put = await client.put(MAIL, json=GIVEN)
        assert (put.status_code, put.json()["author"]) == (200, "user:operator")
        listed = (await client.get("/v1/templates")).json()
        assert [each["body"] for each in listed["own"]] == [GIVEN["body"]]
        assert {"any"} < {each["kind"] for each in listed["shipped"]}
        assert (await client.delete(MAIL)).status_code == 200
        assert (await client.get("/v1/templates")).json()["own"] == []
        assert len((await client.get(MAIL)).json()["items"]) == 2
        assert (await client.delete(MAIL)).status_code == 422


@pytest.mark.parametrize("name", ["officer", "auditor", "service", None])
async def test_nobody_else_may(face: Face, name: str | None) -> None:
    async with face.asked_as(name) as client:
        answers = [
            await client.get("/v1/templates"),
            await client.get(MAIL),
            await client.put(MAIL, json=GIVEN),
            await client.delete(MAIL),
            await client.post(f"{MAIL}/preview", json=GIVEN),
        ]
    assert {each.status_code for each in answers} == {403}


@pytest.mark.parametrize(
    ("path", "change", "field"),
    [
        (MAIL, {"body": "{{ 'a' * 10 ** 9 }}"}, "body"),
        (MAIL, {"body": "{{ title.__class__ }}"}, "body"),
        (MAIL, {"subject": "{{ nothing }}"}, "subject"),
        (MAIL, {"body": "{{ '\\ud800' }}"}, "body"),
        (MAIL, {"body": "{{ '\\x00' }}"}, "body"),
        (MAIL, {"body": ""}, "body"),
        (MAIL, {"colour": "red"}, "colour"),
        ("/v1/templates/issue_eaten/mail/en", {}, "kind"),
        ("/v1/templates/any/pigeon/en", {}, "channel"),
        ("/v1/templates/any/wecom/zh", {}, "html"),
    ],
)
async def test_what_cannot_be_used_is_refused_and_nothing_is_kept(
    face: Face, path: str, change: dict[str, str], field: str
) -> None:
    async with face.asked_as("operator") as client:
        answer = await client.put(path, json=GIVEN | change)
    assert answer.status_code == 422
    assert field in answer.json()["field"]
    assert await face.counter.ledger.templates() == []


async def test_who_was_let_into_some_zones_changes_nothing_that_counts_in_all(face: Face) -> None:
    identity = face.house.identity
    assert isinstance(identity, NamedIdentity)
    root = PEOPLE["operator"]
    identity.people["local"] = root.model_copy(update={"id": "user:local", "zones": (b.ZONE,)})
    async with face.asked_as("local") as client:
        put = await client.put(MAIL, json=GIVEN)
        tried = await client.post(f"{MAIL}/preview", json=GIVEN)
    async with face.asked_as("operator") as client:
        await client.put(MAIL, json=GIVEN)
    async with face.asked_as("local") as client:
        back = await client.delete(MAIL)
    assert (put.status_code, back.status_code, tried.status_code) == (403, 403, 200)
    assert put.json()["field"] == "zones"
    assert len(await face.counter.ledger.templates()) == 1
