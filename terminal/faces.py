"""`closeout face`: the key that this place vouches with, and whose word is taken."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from terminal.session import NothingRunsError, Session

if TYPE_CHECKING:
    from domain.vouching import TrustedFace
    from runtime.settings import Settings

KINDS = "officer, representative, service"


async def face_key(
    session: Session,
    make: Annotated[
        bool, typer.Option("--make", help="Make a key if there is none here yet.")
    ] = False,
) -> None:
    """Show the public key of the face here, to be trusted elsewhere. `closeout up` makes one."""
    from runtime.errors import SettingsError
    from runtime.face_keys import key_file, make_face_key, read_face_key

    file = key_file(settings_of(session))
    if not file.exists() and not make:
        raise SettingsError(f"There is no key at {file}: --make makes one.")
    key = read_face_key(file) if file.exists() else make_face_key(file)
    plain = {"id": key.id, "key": key.text, "file": str(file)}
    session.out.answer(plain, lambda: f"{key.text}\n{key.id}, in {file}")


async def face_trust(
    session: Session,
    key: Annotated[str, typer.Option(metavar="KEY", help="The public key: `face key` shows it.")],
    name: Annotated[str, typer.Option(metavar="TEXT", help="Whose it is.")],
    actors: Annotated[
        list[str], typer.Option("--actor", metavar="KIND", help=f"It speaks for: {KINDS}; repeat.")
    ],
    zones: Annotated[
        list[str] | None,
        typer.Option("--zone", metavar="ZONE", help="In this zone; repeat.", show_default="all"),
    ] = None,
    services: Annotated[
        list[str] | None,
        typer.Option(
            "--service", metavar="NAME", help="As this service only; repeat.", show_default="any"
        ),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="INSTANT", help="From when.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="INSTANT", help="Until before when.")
    ] = None,
) -> None:
    """Take the word of a face or a service from now on, or within other bounds than before.

    To change a key: trust the second beside the first, and end the first with --until. Entries
    are never removed, for `closeout verify` checks by them what was vouched for.
    """
    from pydantic import ValidationError

    from domain.errors import from_validation
    from domain.vouching import TrustedFace
    from runtime.face_keys import trust_file, trusted_faces, write_faces

    settings = settings_of(session)
    try:
        face = TrustedFace.model_validate(
            {
                "key": key,
                "name": name,
                "actors": tuple(actors),
                "zones": tuple(zones) if zones else None,
                "services": tuple(services) if services else None,
                "from_at": from_,
                "until_at": until,
            }
        )
    except ValidationError as error:
        raise from_validation(error) from error
    before = trusted_faces(settings) or ()
    kept = tuple(face if each.id == face.id else each for each in before)
    file = trust_file(settings)
    write_faces(file, kept if face in kept else (*kept, face))
    session.out.answer(_plain(face), lambda: f"{face.id} is taken at its word: {_told(face)}.")


async def face_list(session: Session) -> None:
    """List whose word is taken, for whom, where and when."""
    from runtime.face_keys import trusted_faces

    faces = trusted_faces(settings_of(session)) or ()
    session.out.answer(
        [_plain(face) for face in faces],
        lambda: (
            "\n".join(f"{face.id}  {face.name}: {_told(face)}" for face in faces)
            or "Nobody's word is taken: there is no faces.toml."
        ),
    )


def settings_of(session: Session) -> "Settings":
    """Return the settings in force: keys are files, and neither ledger nor stack need be there."""
    try:
        return session.place.settings
    except NothingRunsError:
        return session.settings


def _plain(face: "TrustedFace") -> dict[str, object]:
    return {"id": face.id, **face.model_dump(mode="json", exclude_none=True)}


def _told(face: "TrustedFace") -> str:
    now = datetime.now(UTC)
    told = f"for {', '.join(face.actors)}"
    if face.services is not None:
        told += f" ({', '.join(face.services)})"
    told += " everywhere" if face.zones is None else f" in {', '.join(face.zones)}"
    if face.from_at is not None:
        told += f", from {face.from_at.isoformat()}"
    if face.until_at is not None:
        ended = ", which is over" if face.until_at <= now else ""
        told += f", until {face.until_at.isoformat()}{ended}"
    return told
