"""Opens the log's keeper as the settings say: its key, whom it trusts, where it anchors."""

import os
from datetime import timedelta
from pathlib import Path

from desk.anchors import FolderAnchor, HookAnchor, MailAnchor, TimeAnchor
from desk.log_keeper import Anchor, LogKeeper
from domain.checkpoints import NoteError, VerifierKey, read_verifier_key
from ledger.log import TransparencyLog
from ledger.signing import LogKeyError, Signer, make_key, read_signer
from runtime.settings import Settings

TRUST_SUFFIX = ".vkeys"
MEMORY_SUFFIX = ".last"
KEYS_MAX = 1000


def open_keeper(ledger: TransparencyLog, settings: Settings) -> LogKeeper:
    """Return the keeper of a log. Without a key it gives facts their places and signs nothing.

    Raises LogKeyError if a key is named and cannot be read.
    """
    signer = None
    if settings.log_key is not None:
        signer = read_signer(settings.log_key, settings.log_origin)
    return LogKeeper(
        ledger,
        signer,
        anchors_of(settings),
        anchor_every=timedelta(minutes=settings.anchor_every_minutes),
        memory=None if settings.log_key is None else memory_file(settings.log_key),
    )


def anchors_of(settings: Settings) -> tuple[Anchor, ...]:
    """Return whom the settings have given checkpoints."""
    anchors: list[Anchor] = []
    if settings.anchor_dir is not None:
        anchors.append(FolderAnchor(settings.anchor_dir))
    if settings.anchor_webhook is not None:
        anchors.append(HookAnchor(settings.anchor_webhook.get_secret_value()))
    if settings.anchor_mail and settings.anchor_smtp is not None:
        server = settings.anchor_smtp.get_secret_value()
        anchors.append(MailAnchor(server, settings.anchor_mail_from, settings.anchor_mail))
    if settings.anchor_timestamp is not None:
        anchors.append(TimeAnchor(settings.anchor_timestamp.get_secret_value()))
    return tuple(anchors)


def ensure_key(file: Path, origin: str) -> Signer:
    """Return the signer of `file`; made, and its verifier key written beside it, if there is none.

    Raises LogKeyError.
    """
    signer = read_signer(file, origin) if file.exists() else make_key(file, origin)
    trust(trust_file(file), signer.key)
    return signer


def trust_file(key_file: Path) -> Path:
    """Return where the verifier keys of a log stand whose private key lies in `key_file`."""
    return key_file.with_suffix(TRUST_SUFFIX)


def memory_file(key_file: Path) -> Path:
    """Return where what was signed last stands, beside the private key."""
    return key_file.with_suffix(MEMORY_SUFFIX)


def trust(file: Path, key: VerifierKey) -> None:
    """Add a key to a file of verifier keys, unless it is there. Raises LogKeyError."""
    if file.exists() and key in read_trusted(file):
        return
    try:
        # Whoever adds to it says which log is believed: never more than 0644, whatever the umask.
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        with open(descriptor, "a", encoding="utf-8") as opened:
            opened.write(f"{key.text}\n")
            opened.flush()
            os.fsync(opened.fileno())
    except OSError as error:
        raise LogKeyError(f"{file}: the verifier key cannot be written: {error}") from error


def trusted_keys(settings: Settings) -> tuple[VerifierKey, ...]:
    """Return the keys by which checkpoints are checked; none if no file of them is there.

    Raises LogKeyError.
    """
    file = settings.log_trust
    if file is None and settings.log_key is not None:
        file = trust_file(settings.log_key)
        if not file.exists():
            return ()
    return () if file is None else read_trusted(file)


def read_trusted(file: Path) -> tuple[VerifierKey, ...]:
    """Return the keys of a file, one a line. Raises LogKeyError."""
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        if len(lines) > KEYS_MAX:
            raise LogKeyError(f"{file} has more than {KEYS_MAX} keys.")
        return tuple(read_verifier_key(line.strip()) for line in lines)
    except UnicodeDecodeError as error:
        raise LogKeyError(f"{file}: no verifier keys can be read: it is not text") from error
    except (OSError, NoteError) as error:
        raise LogKeyError(f"{file}: no verifier keys can be read: {error}") from error
