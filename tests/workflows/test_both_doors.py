"""The two doors of one desk: what services are told of door 2 is so, and an id is one command
whichever door it comes through, in whichever order, at once."""

import asyncio
import importlib.util
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import builders as b
import httpx2
import pytest
from cities import City, city_on
from databases import Database
from starlette.requests import HTTPConnection
from temporalio.client import Client, WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from api.app import make_app
from audit.across import Depth
from audit.verify import verify_stream
from desk.vouching import Vouching
from domain.access import Acting, Principal, Standing
from domain.commands import Submission, read_submission
from domain.vouching import ActorKind, Sent, TrustedFace
from face.house import House
from runtime.codec import data_converter
from runtime.face_keys import FaceKey, FaceKeys, face_signer, make_face_key, trust_file, write_faces
from runtime.settings import Settings

EXAMPLE = Path(__file__).parents[2] / "docs/door2/report.py"
TIMES_AT_ONCE = 6
HOTLINE = Principal(
    id="key:hotline",
    name="hotline",
    standings=(Standing.SERVICE,),
    acting=(Acting.OFFICERS, Acting.REPRESENTATIVES),
)


class OneCaller:
    """Whoever calls is the hotline; its word is given with a key, if there is one."""

    def __init__(self, settings: Settings) -> None:
        self._signed = face_signer(settings)

    async def caller(self, connection: HTTPConnection) -> Principal:
        del connection
        return HOTLINE

    def vouched(self, submission: Sent, principal: Principal) -> Sent:
        return self._signed(submission, principal)


@asynccontextmanager
async def served(city: City, settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """Yield a client of the HTTP face over a city's desk."""
    app = make_app(House(city.desk, settings, OneCaller(settings)))
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://closeout.test") as client:
        yield client


@pytest.fixture
def example() -> ModuleType:
    """The example of the documents."""
    spec = importlib.util.spec_from_file_location("door2_report", EXAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def plain(submission: Submission) -> dict[str, Any]:
    """Return a submission as a program in another language makes it."""
    return submission.model_dump(mode="json", exclude_none=True)


async def of_another_language(client: Client, **given: Any) -> Client:
    """Return a client that knows nothing of our types."""
    address = client.service_client.config.target_host
    return await Client.connect(address, namespace=client.namespace, **given)


def body_of(command: Any, actor: Any, **more: Any) -> dict[str, Any]:
    dumped = command.model_dump(mode="json", exclude_none=True)
    return {"actor": actor.model_dump(mode="json"), **more} | (
        {"report": {name: dumped[name] for name in dumped if name != "kind"}}
        if command.kind == "report"
        else {"command": dumped}
    )


async def by_http(client: httpx2.AsyncClient, sent: Submission) -> httpx2.Response:
    """Send a submission through door 1."""
    headers = {"Idempotency-Key": sent.id}
    if sent.command.kind == "report":
        body = body_of(sent.command, sent.actor, zone=sent.zone, key=sent.key)
        return await client.post("/v1/issues", json=body, headers=headers)
    body = body_of(sent.command, sent.actor)
    return await client.post(
        f"/v1/issues/{sent.zone}/{sent.key}/commands", json=body, headers=headers
    )


async def test_the_example_reports_repeats_and_is_refused_as_it_says(
    city: City, example: ModuleType
) -> None:
    client = await of_another_language(city.client)
    sent = plain(b.submission(b.report(), b.HOTLINE, key=city.key, id_=f"hotline:{city.key}"))

    first = await example.report(client, sent, city.task_queue)
    again = await example.report(client, sent, city.task_queue)
    unknown = sent["command"] | {"category": "nonsense"}
    other = {**sent, "id": "other", "key": city.another("x"), "command": unknown}
    with pytest.raises(WorkflowUpdateFailedError) as refused:
        await example.report(client, other, city.task_queue)
    glimpse = await client.get_workflow_handle(city.handle().id).query("issue")
    view = await client.get_workflow_handle(city.handle().id).query("clocks")

    assert (first["version"], first["events"]) == (1, ["issue_reported"])
    assert {**again, "repeated": False} == first
    assert isinstance(refused.value.cause, ApplicationError)
    assert refused.value.cause.type == "unknown_category"
    assert (glimpse["phase"], view["clocks"][0]["id"]) == ("intake", "acceptance")


@pytest.mark.parametrize("first", ["http", "temporal"])
async def test_an_id_is_one_command_whichever_door_is_first(city: City, first: str) -> None:
    report = b.submission(b.report(), b.ENTERPRISE, key=city.key, id_=f"{city.key}:report")
    accept = b.submission(b.ACCEPT, key=city.key, id_=f"{city.key}:accept")
    async with served(city, Settings()) as client:
        for sent in (report, accept):
            if first == "http":
                one = await by_http(client, sent)
                assert one.status_code in {200, 201}, one.text
                assert "Idempotency-Replayed" not in one.headers
                other = await city.update_with_start(sent)
                assert other.repeated
            else:
                assert not (await city.update_with_start(sent)).repeated
                other_ = await by_http(client, sent)
                assert other_.status_code == 200, other_.text
                assert other_.headers["Idempotency-Replayed"] == "true"
        differs = b.submission(b.NOTE, key=city.key, id_=accept.id)
        conflict = await by_http(client, differs)

    assert conflict.status_code == 409
    assert await city.kinds() == ["issue_reported", "issue_accepted"]


async def test_an_id_that_comes_through_both_doors_at_once_is_one_command(city: City) -> None:
    report = b.submission(b.report(), b.ENTERPRISE, key=city.key, id_=f"{city.key}:report")
    async with served(city, Settings()) as client:
        for sent in (report, b.submission(b.ACCEPT, key=city.key, id_=f"{city.key}:accept")):
            done = await asyncio.gather(
                *(by_http(client, sent) for _ in range(TIMES_AT_ONCE)),
                *(city.update(sent) for _ in range(TIMES_AT_ONCE) if sent is not report),
                city.update_with_start(sent),
            )
            answers = [each for each in done if isinstance(each, httpx2.Response)]
            assert {each.status_code for each in answers} <= {200, 201}, answers[0].text
            versions = {
                each.json()["version"] if isinstance(each, httpx2.Response) else each.version
                for each in done
            }
            assert len(versions) == 1
    assert await city.kinds() == ["issue_reported", "issue_accepted"]
    assert len(await city.ledger.commands(f"{b.ZONE}/{city.key}")) == 2


def trusting(key: FaceKey, *kinds: ActorKind, services: tuple[str, ...] | None = None) -> Any:
    return TrustedFace(key=key.text, name="a face", actors=kinds, services=services)


async def test_a_word_is_asked_for_at_both_doors_and_survives_sealed_histories(
    database: Database, temporal: Client, tmp_path: Path, example: ModuleType
) -> None:
    """A service with its own key and a face with its own, over payloads that are sealed."""
    (tmp_path / "payload-keys").write_text(f"k1 {'0a' * 32}\n")
    settings = Settings.load(
        data_dir=tmp_path, actors="signed", payload_keys=tmp_path / "payload-keys"
    )
    face = make_face_key(tmp_path / "keys/face.pem")
    service = make_face_key(tmp_path / "service.pem")
    faces = (
        trusting(face, *ActorKind),
        trusting(service, ActorKind.SERVICE, services=("hotline",)),
    )
    write_faces(trust_file(settings), faces)
    sealing = await of_another_language(temporal, data_converter=data_converter(settings))
    async with city_on(database, sealing, worker=False) as city:
        city.desk.vouching = Vouching(FaceKeys(settings), wanted=True)
        sent = b.submission(b.report(), b.HOTLINE, key=city.key, id_=f"{city.key}:report")
        accept = b.submission(b.ACCEPT, key=city.key, id_=f"{city.key}:accept")
        async with city.worker(), served(city, settings) as client:
            with pytest.raises(WorkflowUpdateFailedError) as refused:
                await example.report(sealing, plain(sent), city.task_queue)
            assert isinstance(refused.value.cause, ApplicationError)
            assert refused.value.cause.type == "not_permitted"
            vouched = plain(service.vouch(sent, "service:hotline"))
            done = await city.client.execute_update_with_start_workflow(
                "carry_out",
                vouched,
                id="after-the-refusal",
                start_workflow_operation=city.starting(),
            )
            again = await by_http(client, sent)
            with pytest.raises(WorkflowUpdateFailedError):
                await city.update(service.vouch(accept, "service:hotline"))
            accepted = await by_http(client, accept)
            history = await city.history()

    assert (done["version"], again.status_code, accepted.status_code) == (1, 200, 200)
    assert b"hotline" not in b"".join(
        each.SerializeToString()
        for each in history.events
        if each.HasField("workflow_execution_update_accepted_event_attributes")
    )
    async with database.ledger(size=2) as ledger:
        stream = f"{b.ZONE}/{city.key}"
        kept = [read_submission(row.body).vouched for row in await ledger.commands(stream)]
        assert [each.principal for each in kept if each is not None] == [
            "service:hotline",
            "key:hotline",
        ]
        assert (await verify_stream(ledger, stream, depth=Depth(faces=faces))).is_sound
