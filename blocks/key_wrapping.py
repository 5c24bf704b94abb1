"""The key that each backup has for itself, wrapped for whoever may open it: an age file, and beside it one for KMS.

Whoever can unwrap it can wrap it anew for others, without touching the data. It is not in the manifest's signature, and
need not be: a false one opens nothing, and is found out by the public key, which is.
"""

import base64
import json

import pyrage

from blocks.keys import BackupKeys
from blocks.vaults.kind import Vault
from recovery.errors import Missing, NotProved, RecoveryError
from recovery.manifest import Manifest, canonical_json


def wrapped_objects(key: str, identity: str, keys: BackupKeys, application: str, backup: str) -> dict[str, bytes]:
    """The objects that hold a backup's key, wrapped for every recipient.

    Args:
        key: the age file's key in the vault.
        identity: the secret; with those of the earlier backups that this one names groups of, one a line.

    Raises:
        RecoveryError: a KMS key refused, or could not be reached.
    """
    secret = identity.encode() + b"\n"
    recipients = [pyrage.x25519.Recipient.from_str(each) for each in keys.recipients]
    objects = {key: pyrage.encrypt(secret, recipients)}
    if keys.kms_keys:
        context = {"application": application, "backup": backup}
        wrapped = {each.key_id: base64.b64encode(each.wrap(secret, context)).decode() for each in keys.kms_keys}
        objects[kms_object(key)] = canonical_json({"context": context, "keys": wrapped})
    return objects


def kms_object(key: str) -> str:
    """Where the key wrapped by KMS lies, beside the age file."""
    return f"{key.removesuffix('.age')}.kms.json"


def unwrap(vault: Vault, keys: BackupKeys, manifest: Manifest) -> str:
    """A backup's own age identity, and those of the earlier backups that it names groups of, one a line.

    Raises:
        Missing, NotProved: its key object is gone, does not open with ours, or is another backup's.
        RecoveryError: these keys cannot open any backup.
    """
    opened = (
        _by_kms(vault, keys, manifest)
        if keys.kms_keys and not keys.identities()
        else _by_age_or_kms(vault, keys, manifest)
    )
    try:
        identities = [pyrage.x25519.Identity.from_str(each) for each in opened.decode().split() or [""]]
    except (ValueError, pyrage.IdentityError) as error:
        raise NotProved(f"{manifest.key} opens, but holds no age identity: it was replaced.") from error
    found = {str(each.to_public()) for each in identities}
    if manifest.recipient not in found:
        raise NotProved(f"{manifest.key} holds the key of another backup: it was swapped.")
    if absent := sorted({each.backup for each in manifest.reused if each.recipient not in found}):
        raise NotProved(f"{manifest.key} lacks the key of backup {', '.join(absent)}: it was replaced by an older one.")
    return "\n".join(str(each) for each in identities)


def _by_age_or_kms(vault: Vault, keys: BackupKeys, manifest: Manifest) -> bytes:
    try:
        return _by_age(vault, keys, manifest)
    except (Missing, NotProved):
        if not keys.kms_keys:
            raise
        return _by_kms(vault, keys, manifest)


def _by_age(vault: Vault, keys: BackupKeys, manifest: Manifest) -> bytes:
    keys.secret_identity()
    wrapped = vault.get(manifest.key).data
    ours = [pyrage.x25519.Identity.from_str(each) for each in keys.identities()]
    try:
        return bytes(pyrage.decrypt(wrapped, ours))
    except pyrage.DecryptError as error:
        raise NotProved(
            f"{manifest.key} does not open with our age identity {', '.join(str(each.to_public()) for each in ours)}: "
            f"{str(error).rstrip('.')}. "
            f"It was wrapped for {', '.join(manifest.recipients)}, and later perhaps for others",
            remedy="Give the identity that belongs to one of them; with the right one, the object is damaged.",
        ) from error


def _by_kms(vault: Vault, keys: BackupKeys, manifest: Manifest) -> bytes:
    key = kms_object(manifest.key)
    try:
        wrapped = {name: base64.b64decode(each) for name, each in json.loads(vault.get(key).data)["keys"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotProved(f"{key} cannot be read: it is damaged.") from error
    # Not the context that lies beside it: whoever swapped the object would have swapped that too.
    context = {"application": manifest.application, "backup": manifest.backup}
    errors: list[RecoveryError] = []
    for each in keys.kms_keys:
        try:
            if each.key_id in wrapped:
                return each.unwrap(wrapped[each.key_id], context)
        except RecoveryError as error:
            errors.append(error)
    if errors:
        raise type(errors[0])(f"{key}: {errors[0].what}", remedy=errors[0].remedy) from errors[0]
    raise NotProved(f"{key} was wrapped for {', '.join(wrapped)}, which is no KMS key of ours.")
