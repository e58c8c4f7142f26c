"""The channel that needs nothing: what would be told is written to the log."""

import structlog

from domain.view import IssueView

log = structlog.get_logger()


class JournalChannel:
    """Writes each notice as one structured line."""

    async def deliver(self, addressee: str, kind: str, issue: IssueView) -> None:
        """Log who would be told what."""
        log.info(
            "notice_delivered",
            addressee=addressee,
            what=kind,
            zone=issue.zone,
            key=issue.key,
            number=issue.number,
            phase=issue.phase,
        )
