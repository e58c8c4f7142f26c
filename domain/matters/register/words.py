"""The words of registers."""

from enum import StrEnum


class SubjectKind(StrEnum):
    """What a register keeps the status of."""

    ENTERPRISE = "enterprise"
    PROJECT = "project"
    PLACE = "place"


class Of(StrEnum):
    """Among how many a rate counts, where it is not another field: those on the register's list, or
    everything in the register."""

    LIST = "list"
    SUBJECTS = "subjects"
