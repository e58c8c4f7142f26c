"""Why the surroundings of the engine could not be set up, and what to do about it."""


class StackError(Exception):
    """Something the engine stands on is not as it must be; the message says what to do."""


class SettingsError(StackError):
    """A setting is unknown, malformed or out of bounds."""


class FolderTakenError(StackError):
    """Another process uses the folder at this moment."""


class FolderUnusableError(StackError):
    """The folder cannot be used as it is: not a folder, not ours, or incomplete."""


class BinariesMissingError(StackError):
    """No usable PostgreSQL or Temporal server program was found on this machine."""


class DataVersionError(StackError):
    """The data was written by another major version of PostgreSQL."""


class PortTakenError(StackError):
    """Another program listens on the port that Temporal must use."""


class ChildFailedError(StackError):
    """A server ended while it was being started, or did not become ready in its limit."""


class TemporalUnreachableError(StackError):
    """Temporal does not answer, or refuses us, at the configured address."""
