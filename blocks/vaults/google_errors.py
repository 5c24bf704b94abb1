"""What Google Cloud Storage answers when it says no, in our words."""

import contextlib
from collections.abc import Iterator
from typing import Any

from recovery.errors import Conflict, Missing, RecoveryError, Unreachable


@contextlib.contextmanager
def google_errors(where: str, conditional: bool) -> Iterator[None]:
    """Args:
    where: the object's address.
    conditional: whether a certain generation was expected to be there.
    """
    from google.api_core.exceptions import GoogleAPIError
    from google.auth.exceptions import GoogleAuthError
    from google.cloud.storage.exceptions import DataCorruption
    from requests.exceptions import RequestException

    try:
        yield
    except GoogleAPIError as error:
        raise _translate(error, where, conditional) from error
    except (GoogleAuthError, RequestException, DataCorruption) as error:
        what = f"The vault {where} could not be reached, or not in one piece: {type(error).__name__}."
        raise Unreachable(what) from error


def _translate(error: Any, where: str, conditional: bool) -> RecoveryError:
    code = getattr(error, "code", None)
    if code == 412 or (conditional and code in (404, 409)):
        return Conflict(f"{where} is not what was expected: somebody else wrote it.")
    if code == 404:
        return Missing(f"{where} is not in the vault.")
    if code in (400, 401, 403):
        return RecoveryError(f"The vault refused {where}: {code}.", remedy="Check the bucket and the account.")
    return Unreachable(f"The vault failed at {where}: {code or type(error).__name__}.")
