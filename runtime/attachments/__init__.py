"""Where the bytes of attachments lie: unfinished ones, stores, seals, the scanner."""
