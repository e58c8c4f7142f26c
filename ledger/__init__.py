"""The ledger: facts, and the tables that are read from them."""
