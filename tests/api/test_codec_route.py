"""Temporal's UI and command line have payloads opened by the face, and nobody else has."""

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path

import httpx2
import pytest
from deep import IN_CHECK
from desks import Counter, StandingClock
from faces import PEOPLE, Face, NamedIdentity
from google.protobuf.json_format import MessageToDict, ParseDict
from temporalio.api.common.v1 import Payload, Payloads
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import PayloadCodec

from domain.access import Act, Principal, Standing
from face.house import House
from ledger.memory import MemoryLedger
from runtime.codec import data_converter
from runtime.settings import Settings

pytestmark = [pytest.mark.attack, IN_CHECK]

OLD, NEW = "0a" * 32, "1b" * 32
SAID = {"zone": "harbour", "text": "安置"}
UI = "http://localhost:8233"
MORE = {
    "of one zone": Principal(
        id="user:z", name="z", standings=(Standing.AUDITOR,), zones=("harbour",)
    ),
    "limited": Principal(
        id="key:l", name="l", standings=(Standing.AUDITOR,), acts=(Act.READ_ISSUES,)
    ),
}


class RemoteCodec(PayloadCodec):
    """What Temporal's own programs do with a codec server."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self._client = client

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._sent("encode", payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        return await self._sent("decode", payloads)

    async def _sent(self, what: str, payloads: Sequence[Payload]) -> list[Payload]:
        answer = await self._client.post(
            f"/codec/{what}",
            json=MessageToDict(Payloads(payloads=payloads)),
            headers={"X-Namespace": "closeout"},
        )
        assert answer.status_code == 200, answer.text
        return list(ParseDict(answer.json(), Payloads()).payloads)


def keys(folder: Path, *lines: str) -> Settings:
    file = folder / "payload-keys"
    file.write_text("\n".join(lines))
    return Settings.load(data_dir=folder, payload_keys=file, codec_origin=UI)


def standing(settings: Settings) -> Face:
    counter = Counter(MemoryLedger(), StandingClock())
    identity = NamedIdentity({**PEOPLE, **MORE})
    return Face(counter, House(counter.desk, settings, identity))


@pytest.fixture
def face(tmp_path: Path) -> Face:
    return standing(keys(tmp_path, f"k1 {OLD}", f"k2 {NEW}"))


async def test_temporal_opens_and_seals_by_the_face_what_workers_seal_and_open(face: Face) -> None:
    ours = data_converter(face.house.settings)
    async with face.asked_as("operator") as client:
        remote = dataclasses.replace(pydantic_data_converter, payload_codec=RemoteCodec(client))

        assert await remote.decode(await ours.encode([SAID, 1])) == [SAID, 1]
        (sealed,) = await remote.encode([SAID])
        assert b"harbour" not in sealed.SerializeToString()
        assert sealed.metadata["encryption-key-id"] == b"k2"
        assert await ours.decode([sealed]) == [SAID]


async def test_a_key_that_is_added_seals_at_once_and_what_older_ones_sealed_still_opens(
    tmp_path: Path,
) -> None:
    face = standing(keys(tmp_path, f"k1 {OLD}"))
    async with face.asked_as("operator") as client:
        codec = RemoteCodec(client)
        plain = await pydantic_data_converter.encode([SAID])
        before = await codec.encode(plain)
        keys(tmp_path, f"k1 {OLD}", f"k2 {NEW}")
        after = await codec.encode(plain)

        opened = await codec.decode([*before, *after, *plain])

    assert [each.metadata["encryption-key-id"] for each in (*before, *after)] == [b"k1", b"k2"]
    assert opened == plain * 3


async def test_every_look_is_recorded_before_it_is_answered(face: Face) -> None:
    ours = data_converter(face.house.settings)
    async with face.asked_as("operator") as client:
        await RemoteCodec(client).decode(await ours.encode([SAID]))

    (read,) = await face.counter.ledger.audit_reads(kind="codec")
    assert json.loads(read.scope) == {"of": "closeout", "payloads": 1}
    assert json.loads(read.actor) == {"kind": "caller", "name": "user:operator"}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        (None, 403),
        ("officer", 403),
        ("enterprise", 403),
        ("service", 403),
        ("of one zone", 403),
        ("limited", 403),
        ("nobody we know", 401),
        ("auditor", 200),
        ("operator", 200),
    ],
)
@pytest.mark.parametrize("what", ["encode", "decode"])
async def test_nobody_else_has_anything_opened(
    face: Face, what: str, who: str | None, status: int
) -> None:
    async with face.asked_as(who) as client:
        answer = await client.post(f"/codec/{what}", json={"payloads": []})

    assert answer.status_code == status


B64 = "eA=="


@pytest.mark.parametrize(
    "body",
    [
        {"payloads": [{"data": "not base64!"}]},
        {"payloads": [{"data": "é"}]},
        {"payloads": [{"data": 1}]},
        {"payloads": [{"metadata": {"encoding": "%"}}]},
        {"payloads": {}},
        {"payloads": [{"data": B64}] * 501},
        {"payloads": [{"metadata": {f"k{n}": B64 for n in range(17)}}]},
        {"payloads": [{"metadata": {"encoding": "YmluYXJ5L2VuY3J5cHRlZA=="}, "data": B64}]},
        {
            "payloads": [
                {
                    "metadata": {
                        "encoding": "YmluYXJ5L2VuY3J5cHRlZA==",
                        "encryption-key-id": "azI=",
                    },
                    "data": B64,
                }
            ]
        },
    ],
)
async def test_what_cannot_be_opened_is_refused_by_name(face: Face, body: object) -> None:
    async with face.asked_as("operator") as client:
        answer = await client.post("/codec/decode", json=body)

    assert answer.status_code == 422, answer.text
    assert answer.json()["field"].startswith("payloads") or "payloads" in answer.json()["field"]
    assert NEW not in answer.text


async def test_where_no_keys_are_set_there_is_no_codec(tmp_path: Path) -> None:
    face = standing(Settings.load(data_dir=tmp_path))
    async with face.asked_as("operator") as client:
        answer = await client.post("/codec/decode", json={"payloads": []})

    assert answer.status_code == 404


async def test_pages_of_temporals_ui_may_ask_and_no_others(face: Face) -> None:
    asking = {"Access-Control-Request-Method": "POST"}
    async with face.asked_as("operator") as client:
        may = await client.options("/codec/decode", headers={"Origin": UI, **asking})
        posted = await client.post("/codec/decode", json={}, headers={"Origin": UI})
        refused = await client.post("/codec/decode", json={"payloads": 1}, headers={"Origin": UI})
        others = await client.options("/codec/decode", headers={"Origin": f"{UI}.evil", **asking})
        elsewhere = await client.options("/healthz", headers={"Origin": UI, **asking})

    assert may.status_code == 204
    assert "x-namespace" in may.headers["Access-Control-Allow-Headers"]
    assert refused.status_code == 422
    for answer in (may, posted, refused):
        assert answer.headers["Access-Control-Allow-Origin"] == UI
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    for answer in (others, elsewhere):
        assert "Access-Control-Allow-Origin" not in answer.headers
