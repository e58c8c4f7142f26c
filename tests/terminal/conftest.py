"""Fixtures of the terminal's tests; what they are made of is in `stage`."""

from stage import accepted, reported, stage

__all__ = ["accepted", "reported", "stage"]
