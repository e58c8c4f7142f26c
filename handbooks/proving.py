"""Writes the list of the shipped terms that are proved: `python -m handbooks.proving`."""

from handbooks.shelf import PROVED, SHIPPED, read_terms, zones

if __name__ == "__main__":
    hashes = sorted(read_terms(zone, proved=frozenset()).hash for zone in zones())
    (SHIPPED / PROVED).write_text("".join(f"{each}\n" for each in hashes), encoding="utf-8")
