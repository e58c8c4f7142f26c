"""What `closeout doctor` says of who is believed, and of what Temporal's payloads hide."""

from datetime import UTC, datetime, timedelta

from runtime.codec import newest_key
from runtime.face_keys import FaceKeys, trust_file, trusted_faces
from runtime.settings import Settings
from terminal.checks import Check, Grade
from terminal.shown.findings import many

ENDS_SOON = timedelta(days=30)


def identity(settings: Settings) -> Check:
    """Say what the actors' word is worth."""
    faces, now = trusted_faces(settings) or (), datetime.now(UTC)
    standing = [face for face in faces if face.until_at is None or face.until_at > now]
    if settings.actors == "unsigned":
        return Check(
            "identity",
            Grade.WARN,
            f"actors need not be signed: embedded mode ({many(len(standing), 'face')} trusted)",
            "Whoever reaches the ledger can act as anybody: evaluate with it, do not expose it. "
            "CLOSEOUT_ACTORS=signed asks for a face's word.",
        )
    if not standing:
        return Check(
            "identity",
            Grade.FAIL,
            f"actors must be signed, and no key is trusted in {trust_file(settings)}",
            "Every command is refused: `closeout face trust` takes a key at its word.",
        )
    own = FaceKeys(settings).own()
    told = f"actors are signed; {many(len(standing), 'face')} trusted"
    if own is not None and own.id not in {face.id for face in standing}:
        todo = "What this face sends is refused: `closeout face trust` its key."
        return Check("identity", Grade.FAIL, f"{told}, and the key here is not among them", todo)
    ending = [
        face.id
        for face in standing
        if face.until_at is not None and face.until_at < now + ENDS_SOON
    ]
    if ending:
        todo = "Trust the next key beside it in time."
        return Check("identity", Grade.WARN, f"{told}; soon over: {', '.join(ending)}", todo)
    return Check("identity", Grade.OK, told)


def payloads(settings: Settings) -> Check:
    """Say whether what Temporal keeps is sealed."""
    current = newest_key(settings)
    if current is None:
        return Check(
            "payloads",
            Grade.OK,
            "Temporal's payloads are plain (personal texts are sealed in them all the same)",
        )
    return Check("payloads", Grade.OK, f"Temporal's payloads are sealed with the key {current}")
