"""Errors that say what failed, what was and was not changed, and what to do now."""


class RecoveryError(Exception):
    """A failure a person has to act on.

    Args:
        what: what failed, in one sentence.
        changed: what was and what was not changed by then.
        remedy: what to do now.
    """

    def __init__(self, what: str, *, changed: str = "Nothing was changed.", remedy: str = "") -> None:
        self.what, self.changed, self.remedy = what, changed, remedy
        super().__init__(" ".join(part for part in (what, changed, remedy) if part))


class Refused(RecoveryError):
    """A decision said no before anything was touched."""


class Withdrawn(Refused):
    """What it was asked for is over, so somebody took it back before anything was touched."""


class Busy(Refused):
    """Another run is at it right now."""


class Unreachable(RecoveryError):
    """A place could not be reached within its time-out. Trying again may help."""


class NotProved(RecoveryError):
    """Data, a backup or a fence is not what it should be. Trying again will not help."""


class Conflict(RecoveryError):
    """Somebody else changed it meanwhile, so it was left as it is."""


class Missing(RecoveryError):
    """It is not there."""
