"""`closeout client`: the program by which Python services speak to the HTTP face."""

import sys
from importlib.resources import files

from terminal.session import Session

CLIENT = "closeout_client.py"


async def client(session: Session) -> None:
    """Print the client of the HTTP face: one Python file that needs httpx2 and nothing else."""
    source = files("api").joinpath("client", CLIENT).read_text(encoding="utf-8")
    if session.as_json:
        session.out.answer({"name": CLIENT, "source": source}, lambda: "")
    else:
        sys.stdout.write(source)  # as it is: a console would break its lines
