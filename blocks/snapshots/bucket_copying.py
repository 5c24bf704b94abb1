"""Copying one version of an object within the store, and knowing that the copy equals it."""

import contextlib
import hashlib
import json
import sys
from typing import Any
from urllib.parse import urlencode

from botocore.exceptions import BotoCoreError, ClientError

from blocks.amazon import error_code
from blocks.snapshots.bucket_listing import Copied, Version
from recovery.errors import NotProved, RecoveryError
from recovery.streams import BLOCK

# The API copies no more at once, and takes no smaller parts but the last.
LARGEST_AT_ONCE, SMALLEST_PART = 5 * 1024**3, 5 * 1024**2
_TRIES = 3
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
            return Copied.of(version, copy_version=made["VersionId"])
        for _ in range(_TRIES):
            try:
                head = self._source.head_object(Bucket=self._source_bucket, Key=version.key, **version.exactly)
                part = self._part_size(version, head)
                copy_version = self._copy_in_parts(version, head, part) if part else self._copy_whole(version, head)
            except ClientError as error:
                if error_code(error) in _GONE:
                    return None
                if error_code(error) not in ("PreconditionFailed", "412"):
                    raise
                continue  # a bucket without versions: it was written meanwhile, so the newer one is copied
            return self._checked(version, head, copy_version, part)
        raise RecoveryError(f"The object {version.key} was changed each time it was copied.")

    def _part_size(self, version: Version, head: dict[str, Any]) -> int:
        """In bytes; 0 to copy it whole. What was uploaded in parts gets the same ETag again only in the same parts."""
        size = int(head["ContentLength"])
        if size and "-" in head["ETag"]:
            one = {"Bucket": self._source_bucket, "Key": version.key, **version.exactly, "PartNumber": 1}
            first = int(self._source.head_object(**one)["ContentLength"])
            return min(max(first, SMALLEST_PART), self._at_once)
        return self._at_once if size > self._at_once else 0

    def _come_from(self, version: Version, head: dict[str, Any]) -> dict[str, Any]:
        source = {"Bucket": self._source_bucket, "Key": version.key, **version.exactly}
        return {"CopySource": source, "CopySourceIfMatch": head["ETag"]}

    def _copy_whole(self, version: Version, head: dict[str, Any]) -> str:
        where = {"Bucket": self._target_bucket, "Key": version.key}
        return str(self._target.copy_object(**where, **self._come_from(version, head))["VersionId"])

    def _copy_in_parts(self, version: Version, head: dict[str, Any], part: int) -> str:
        where = {"Bucket": self._target_bucket, "Key": version.key}
        kept = {name: head[name] for name in _ABOUT if head.get(name)} | self._tagging(version, head)
        upload = {**where, "UploadId": self._target.create_multipart_upload(**where, **kept)["UploadId"]}
        size, parts = head["ContentLength"], []
        try:
            for number, start in enumerate(range(0, size, part), start=1):
                piece = {"PartNumber": number, "CopySourceRange": f"bytes={start}-{min(start + part, size) - 1}"}
                answer = self._target.upload_part_copy(**upload, **piece, **self._come_from(version, head))
                parts.append({"ETag": answer["CopyPartResult"]["ETag"], "PartNumber": number})
            done = self._target.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})
        except BaseException:
            with contextlib.suppress(ClientError, BotoCoreError):  # the next backup aborts it
                self._target.abort_multipart_upload(**upload)
            raise
        return str(done["VersionId"])

    def _tagging(self, version: Version, head: dict[str, Any]) -> dict[str, str]:
        """Tags come along by themselves with what is copied whole."""
        if not head.get("TagCount"):
            return {}
        where = {"Bucket": self._source_bucket, "Key": version.key, **version.exactly}
        tags = self._source.get_object_tagging(**where)["TagSet"]
        return {"Tagging": urlencode({tag["Key"]: tag["Value"] for tag in tags})}

    def _checked(self, version: Version, head: dict[str, Any], copy_version: str, part: int) -> Copied:
        copied = version.model_copy(update={"version": copy_version, "latest": False})
        there = self._target.head_object(Bucket=self._target_bucket, Key=version.key, **copied.exactly)
        digest, found = _told(head), _told(there)
        if not (digest and found) or (digest != found and "-" in digest + found):
            digest = read_digest(self._source, self._source_bucket, version)
            found = read_digest(self._target, self._target_bucket, copied)
        if (head["ContentLength"], digest, about(head)) != (there["ContentLength"], found, about(there)):
            raise NotProved(f"The copy of {version.label} in the bucket {self._target_bucket} differs from its source.")
        more = {"size": head["ContentLength"], "digest": digest, "part": part if "-" in digest else 0}
        return Copied.of(version, **more, about=about(head), copy_version=copy_version, copy_etag=_etag(there))


def about(head: dict[str, Any]) -> str:
    """What belongs to an object beside its bytes. Not its tags, access list, storage class or locks."""
    return json.dumps({name: head[name] for name in _ABOUT if head.get(name)}, sort_keys=True)


def read_digest(client: Any, bucket: str, version: Version, part: int = 0) -> str:
    """Reads every byte: their MD5, or with a part's size in bytes the MD5 of the parts' MD5s, as the ETag has it."""
    body = client.get_object(Bucket=bucket, Key=version.key, **version.exactly)["Body"]
    pieces = [hashlib.md5(usedforsecurity=False)]
    left = size = part or sys.maxsize
    while block := body.read(min(BLOCK, left)):
        pieces[-1].update(block)
        left -= len(block)
        if not left:
            pieces.append(hashlib.md5(usedforsecurity=False))
            left = size
    if not part:
        return pieces[0].hexdigest()
    whole = [piece.digest() for piece in pieces[: -1 if left == size else None]]
    return f"{hashlib.md5(b''.join(whole), usedforsecurity=False).hexdigest()}-{len(whole)}"


def _told(head: dict[str, Any]) -> str | None:
    """The ETag, where it is made of the bytes' MD5: of what is not encrypted with a key of KMS or of ours."""
    other = head.get("ServerSideEncryption", "AES256") != "AES256" or "SSECustomerAlgorithm" in head
    return None if other else _etag(head)


def _etag(head: dict[str, Any]) -> str:
    return str(head["ETag"]).strip('"')
