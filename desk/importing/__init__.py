"""Logs of other systems, played as commands: what they counted is counted again in the ledger."""
