"""Copying one version of an object within the store, and knowing that the copy equals it."""

import hashlib
import json
import re
from typing import Any

from botocore.exceptions import ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import Version
from blocks.snapshots.bucket_record import Copied
from recovery.errors import NotProved, RecoveryError
from recovery.streams import BLOCK

# The API copies no more at once.
LARGEST_AT_ONCE = 5 * 1024**3
_TRIES = 3
_MD5 = re.compile(r"[0-9a-f]{32}")
_ABOUT = ("ContentType", "CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "Metadata")
_GONE = ("NoSuchKey", "NoSuchVersion", "404")


class Copier:
    """Args:
    source, source_bucket: where from, and a client for its region.
    target, target_bucket: where to; this client does the copying, and may read the source.
    at_once: larger objects, in bytes, are copied in parts.
    """

    def __init__(self, source: Any, source_bucket: str, target: Any, target_bucket: str, at_once: int) -> None:
        self._source, self._source_bucket = source, source_bucket
        self._target, self._target_bucket, self._at_once = target, target_bucket, at_once

    def copy(self, version: Version) -> Copied | None:
        """Copies one version, on top of what the target has of that key.

        Returns:
            The version and its copy, or None where the source no longer has it.

        Raises:
            NotProved: the copy differs.
        """
        if version.marker:
            made = self._target.delete_object(Bucket=self._target_bucket, Key=version.key)
            return _copied(version, {}, digest="", copy_version=made["VersionId"], copy_etag="")
        for _ in range(_TRIES):
            try:
                head = self._head(self._source, self._source_bucket, version.key, version.exactly)
                copy_version = self._copy(version, head)
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                if error_code(error) not in ("PreconditionFailed", "412"):
                    raise
                continue  # a bucket without versions: it was written meanwhile, so the newer one is copied
            return self._checked(version, head, copy_version)
        raise RecoveryError(f"The object {version.key} was changed each time it was copied.")

    def _copy(self, version: Version, head: dict[str, Any]) -> str:
        come_from: dict[str, str] = {"Bucket": self._source_bucket, "Key": version.key, **version.exactly}
        where = {"Bucket": self._target_bucket, "Key": version.key}
        if head["ContentLength"] <= self._at_once:
            answer = self._target.copy_object(**where, CopySource=come_from, CopySourceIfMatch=head["ETag"])
            return str(answer["VersionId"])
        return self._copy_in_parts(where, come_from, head)

    def _copy_in_parts(self, where: dict[str, str], come_from: dict[str, str], head: dict[str, Any]) -> str:
        about = {name: head[name] for name in _ABOUT if head.get(name)}
        upload = {**where, "UploadId": self._target.create_multipart_upload(**where, **about)["UploadId"]}
        size, parts = head["ContentLength"], []
        try:
            for number, start in enumerate(range(0, size, self._at_once), start=1):
                piece = {
                    "CopySourceRange": f"bytes={start}-{min(start + self._at_once, size) - 1}",
                    "PartNumber": number,
                }
                answer = self._target.upload_part_copy(
                    **upload, **piece, CopySource=come_from, CopySourceIfMatch=head["ETag"]
                )
                parts.append({"ETag": answer["CopyPartResult"]["ETag"], "PartNumber": number})
            done = self._target.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        except BaseException:
            self._target.abort_multipart_upload(**upload)
            raise
        return str(done["VersionId"])

    def _checked(self, version: Version, head: dict[str, Any], copy_version: str) -> Copied:
        this = {"VersionId": copy_version}
        there = self._head(self._target, self._target_bucket, version.key, this)
        digest, found = _plain(head), _plain(there)
        if digest is None:
            digest = md5(self._source, self._source_bucket, version.key, version.exactly)
        if found is None:
            found = md5(self._target, self._target_bucket, version.key, this)
        if (head["ContentLength"], digest, about(head)) != (there["ContentLength"], found, about(there)):
            raise NotProved(f"The copy of {version.label} in the bucket {self._target_bucket} differs from its source.")
        return _copied(version, head, digest=digest, copy_version=copy_version, copy_etag=there["ETag"].strip('"'))

    def _head(self, client: Any, bucket: str, key: str, exactly: dict[str, str]) -> dict[str, Any]:
        return dict(client.head_object(Bucket=bucket, Key=key, **exactly))


def about(head: dict[str, Any]) -> str:
    """What belongs to an object beside its bytes. Not its tags, access list, storage class or locks."""
    return json.dumps({name: head[name] for name in _ABOUT if head.get(name)}, sort_keys=True)


def md5(client: Any, bucket: str, key: str, exactly: dict[str, str]) -> str:
    """Reads every byte."""
    digest = hashlib.md5(usedforsecurity=False)
    body = client.get_object(Bucket=bucket, Key=key, **exactly)["Body"]
    for block in body.iter_chunks(BLOCK):
        digest.update(block)
    return digest.hexdigest()


def _plain(head: dict[str, Any]) -> str | None:
    """The ETag, where it is the MD5 of the bytes: of objects in one part, and not encrypted with a key of KMS."""
    etag = head["ETag"].strip('"')
    other = head.get("ServerSideEncryption", "AES256") != "AES256" or "SSECustomerAlgorithm" in head
    return etag if _MD5.fullmatch(etag) and not other else None


def _copied(version: Version, head: dict[str, Any], **more: str) -> Copied:
    return Copied(
        key=version.key,
        number=version.number,
        marker=version.marker,
        size=head.get("ContentLength", 0),
        version=version.version,
        # The listing's, so that the next listing finds it unchanged; a newer one will be copied again.
        etag=version.etag,
        modified=version.modified,
        about=about(head) if head else "",
        **more,
    )
