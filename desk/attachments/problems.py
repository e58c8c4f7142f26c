"""Why an attachment cannot be uploaded or read."""

from domain.errors import IssueError


class UnknownAttachmentError(IssueError):
    """The issue has no such attachment, or no such upload is under way."""

    code = "unknown_attachment"


class AttachmentGoneError(IssueError):
    """It was there, and its bytes were destroyed, or the key that opens them."""

    code = "gone"
