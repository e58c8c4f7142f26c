"""Where links lead, whatever a request says of its host."""

from typing import Final

import pytest
from desks import StandingClock
from open311_face import V2, open311_face
from starlette.requests import Request

from face.public_address import public_address
from runtime.settings import Settings

pytestmark = pytest.mark.attack

PUBLIC: Final = "https://closeout.example.org"
NO_HOSTS: Final = (
    "",
    "evil.example/path",
    "evil.example#",
    "evil.example?x=",
    "closeout.test@evil.example",
    "evil.example:80:90",
    "evil.example:x",
    "evil.example, closeout.test",
    "evil .example",
    "évil.example",
    "[::1",
    "a" * 300,
    '"><script>',
    "evil.example\\@closeout.test",
)


def asked(host: str) -> Request:
    """Return a request that says this of its host."""
    return Request(
        {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "path": "/",
            "query_string": b"",
            "headers": [(b"host", host.encode("latin-1"))],
            "server": ("127.0.0.1", 8686),
        }
    )


@pytest.mark.parametrize("host", [*NO_HOSTS, "evil.example", "evil.example:443"])
def test_links_lead_to_the_public_address_whatever_the_host_says(host: str) -> None:
    settings = Settings(console_origin=f"{PUBLIC}/")
    assert public_address(asked(host), settings) == PUBLIC


@pytest.mark.parametrize("host", NO_HOSTS)
def test_without_one_what_is_no_host_is_not_repeated(host: str) -> None:
    assert public_address(asked(host), Settings()) == "http://127.0.0.1:8686"


@pytest.mark.parametrize("host", ["closeout.test", "closeout.test:8080", "[::1]:8686"])
def test_without_one_the_host_by_which_we_were_reached_is_told(host: str) -> None:
    assert public_address(asked(host), Settings()) == f"http://{host}"


async def test_the_discovery_document_names_the_public_address(clock: StandingClock) -> None:
    face = open311_face(clock, console_origin=PUBLIC)
    async with face.asked_as(None) as client:
        answer = await client.get(f"{V2}/discovery.json", headers={"Host": "evil.example"})

    assert [each["url"] for each in answer.json()["endpoints"]] == [PUBLIC + V2]
    assert "evil" not in answer.text
