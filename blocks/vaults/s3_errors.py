"""What S3 answers when it says no, in our words."""

from botocore.exceptions import ClientError

from recovery.errors import Conflict, Missing, RecoveryError, Unreachable

_CONFLICTS = {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
ABSENT_CODES = {"NoSuchKey", "NoSuchVersion", "404"}
# A refusal that a second try will not change.
_REFUSALS = {
    "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "NoSuchBucket", "BadDigest", "403", "InvalidRequest",
}  # fmt: skip


def code_of(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def translate(error: ClientError, where: str, conditional: bool) -> RecoveryError:
    """Args:
    where: the object's address.
    conditional: whether a certain version was expected to be there.
    """
    code = code_of(error)
    if code in _CONFLICTS or (conditional and code in ABSENT_CODES):
        return Conflict(f"{where} is not what was expected: somebody else wrote it.")
    if code in ABSENT_CODES:
        return Missing(f"{where} is not in the vault.")
    if code in _REFUSALS:
        remedy = "Check the bucket, its policy and the keys; to lock objects, it must be made with Object Lock."
        return RecoveryError(f"The vault refused {where}: {code}.", remedy=remedy)
    return Unreachable(f"The vault failed at {where}: {code or 'no reason given'}.")
