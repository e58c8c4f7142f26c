"""What pages ask of the desk, the audit and the ledger; nothing here knows of HTML."""
