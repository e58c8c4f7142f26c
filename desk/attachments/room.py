"""The room for attachments: where they are taken in, where they are kept, and how much there may
be of them."""

from dataclasses import dataclass
from typing import Final

from runtime.attachments.bucket import BucketAddress, BucketStore
from runtime.attachments.folder import FolderStore
from runtime.attachments.scanning import read_command
from runtime.attachments.signing import Credentials
from runtime.attachments.spool import Spool
from runtime.attachments.store import AttachmentStore
from runtime.errors import SettingsError
from runtime.settings import Settings

FOLDER: Final = "attachments"
UNFINISHED: Final = "unfinished"
KEPT: Final = "kept"


@dataclass(frozen=True, slots=True)
class Room:
    """Where attachments are taken in (`spool`) and kept (`store`). `bytes_max` of one, `count_max`
    of one issue. `scanner`: the program that judges each, and its arguments; empty: none does."""

    spool: Spool
    store: AttachmentStore
    bytes_max: int
    count_max: int
    scanner: tuple[str, ...] = ()
    scan_s: float = 20.0


def open_room(settings: Settings) -> Room:
    """Return the room that the settings name; nothing is made before an upload begins. Raises
    SettingsError."""
    folder = settings.attachment_dir or settings.data_dir / FOLDER
    return Room(
        spool=Spool(folder / UNFINISHED),
        store=_store(settings) if settings.attachment_bucket else FolderStore(folder / KEPT),
        bytes_max=settings.attachment_bytes_max,
        count_max=settings.attachments_of_issue_max,
        scanner=read_command(settings.attachment_scan),
        scan_s=settings.attachment_scan_seconds,
    )


def _store(settings: Settings) -> AttachmentStore:
    if not settings.attachment_access_key or settings.attachment_secret_key is None:
        raise SettingsError(
            "attachment_bucket: needs attachment_access_key and attachment_secret_key."
        )
    credentials = Credentials(
        settings.attachment_access_key,
        settings.attachment_secret_key.get_secret_value(),
        settings.attachment_region,
    )
    return BucketStore(BucketAddress.read(settings.attachment_bucket), credentials)
