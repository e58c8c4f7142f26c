"""Why a table cannot be used at all. What is wrong with one row, its finding says."""

from domain.errors import InvalidRequestError


class UnusableTableError(InvalidRequestError):
    """A file is no table, or a larger one than is taken."""

    def __init__(self, message: str, *, value: object = None, allowed: str | None = None) -> None:
        super().__init__(message, field="file", value=value, allowed=allowed)


class UnusableColumnsError(InvalidRequestError):
    """The columns of a table, or the mapping that names them, cannot be used."""

    def __init__(self, message: str, *, value: object = None, allowed: str | None = None) -> None:
        super().__init__(message, field="columns", value=value, allowed=allowed)
