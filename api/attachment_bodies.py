"""What routes of attachments are sent, and what they answer."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from desk.attachments.uploading import Offered
from domain.issue import Evidence, Hash, MediaType
from domain.model import Code, Frozen
from face.bodies import UPLOAD_BYTES_MAX
from ledger.attachments import AttachmentRow, AttachmentState
from runtime.attachments.spool import Unfinished

SHA256 = "ab12" * 16
UPLOAD = "5f0c" * 8


class AttachmentOffered(Frozen):
    """A file that is about to be uploaded for an issue."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "receipt.txt",
                    "sha256": SHA256,
                    "size": 4,
                    "media_type": "text/plain",
                }
            ]
        }
    )

    name: Annotated[str, Field(min_length=1, max_length=400)] = Field(
        description="What it is called. Paths and whatever is not seen are taken out of it."
    )
    sha256: Hash = Field(description="Of its bytes, in hexadecimal.")
    size: Annotated[int, Field(ge=1, le=2**40)] = Field(description="How many there are.")
    media_type: MediaType = Field(description="Its media type: what its bytes show it to be.")
    subject: Code | None = Field(
        default=None,
        description="The pseudonym of the person it is about: then it is sealed under their key, "
        "and so is its name.",
    )

    def offered(self) -> Offered:
        """Return it as uploads take it."""
        return Offered(self.name, self.sha256, self.size, self.media_type, self.subject)


class AttachmentTold(BaseModel):
    """An attachment of an issue. `evidence` is what a command names it by."""

    sha256: str
    size: int
    media_type: str
    name: str = Field(description="Of a file about a person, one that says nothing of them.")
    state: AttachmentState = Field(
        description="`kept`: it can be read. `infected`: the scanner refused it. `destroying`, "
        "`destroyed`: its bytes are gone."
    )
    personal: bool = Field(description="Whether it is sealed under the key of a person.")
    held: bool = Field(description="Whether a legal hold forbids to destroy it.")
    uploaded_at: datetime
    evidence: Evidence = Field(description="For the field `evidence` of a command.")


class AttachmentsTold(BaseModel):
    """The attachments of an issue, oldest first."""

    attachments: list[AttachmentTold]


class UploadTold(BaseModel):
    """An upload, and where it stands: the next piece begins at `offset`."""

    upload: str | None = Field(description="Its id; none if the issue has the attachment already.")
    offset: int
    size: int
    piece_bytes_max: int = Field(
        default=UPLOAD_BYTES_MAX, description="How large one piece may be."
    )
    attachment: AttachmentTold | None = Field(
        default=None, description="The attachment, if the issue has it already."
    )


def attachment_told(row: AttachmentRow) -> AttachmentTold:
    """Return an attachment as it is told."""
    return AttachmentTold(
        sha256=row.sha256,
        size=row.size,
        media_type=row.media_type,
        name=row.name,
        state=row.state,
        personal=row.subject is not None,
        held=row.held_at is not None,
        uploaded_at=row.uploaded_at,
        evidence=Evidence(
            reference=row.name, sha256=row.sha256, size=row.size, media_type=row.media_type
        ),
    )


def upload_told(found: Unfinished | AttachmentRow) -> UploadTold:
    """Return an upload, or what makes one needless, as it is told."""
    if isinstance(found, AttachmentRow):
        return UploadTold(
            upload=None, offset=found.size, size=found.size, attachment=attachment_told(found)
        )
    return UploadTold(upload=found.id, offset=found.offset, size=found.declared.size)
