"""`closeout client`: the client as it lies in the wheel."""

import json
from importlib.resources import files

from typing_of_lines import type_line

import cli


def test_the_client_is_printed_as_it_is() -> None:
    source = files("api").joinpath("client", "closeout_client.py").read_text(encoding="utf-8")

    plain = type_line(cli.make_application(), ["client"])
    told = type_line(cli.make_application(), ["client", "--json"])

    assert plain.stdout == source
    assert json.loads(told.stdout) == {"name": "closeout_client.py", "source": source}
