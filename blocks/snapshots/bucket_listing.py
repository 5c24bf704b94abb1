"""Every version of every object in a bucket, in the order in which they came."""

from datetime import datetime
from typing import Any
from xml.etree import ElementTree

from recovery.model import Frozen

OURS = ".lifeboat/"


class Version(Frozen):
    """One version of one object.

    Args:
        key: the object.
        number: counts the key's versions, from 1, the oldest.
        version: the store's identifier; `null` where the bucket keeps no versions.
        marker: it is a delete marker: from here on the object was gone.
        latest: it is what is there now.
        etag, size, modified: as listed; a marker has neither ETag nor size.
    """

    key: str
    number: int
    version: str
    marker: bool
    latest: bool
    etag: str
    size: int
    modified: datetime

    @property
    def identity(self) -> tuple[str, str, str, datetime]:
        """Two listings with the same one mean the same bytes. Without versions, ETag and time have to tell."""
        return self.key, self.version, self.etag, self.modified

    @property
    def place(self) -> tuple[str, str]:
        return self.key, self.version

    @property
    def exactly(self) -> dict[str, str]:
        """What asks for this version. A store that keeps none wants not to be asked for one."""
        return {} if self.version == "null" and self.latest else {"VersionId": self.version}

    @property
    def label(self) -> str:
        return f"{self.key} (version {self.number})"


class Copied(Version):
    """One version and its copy; the fields of `Version` are the source's.

    Args:
        digest: MD5 of the bytes, or that of the MD5s of its parts. S3 tells it as ETag, so bytes need not be read.
        part: the size of those parts in bytes, or 0.
        about: content type, user's metadata and the like, as JSON.
        copy_version, copy_etag: of the copy.
    """

    digest: str = ""
    part: int = 0
    about: str = ""
    copy_version: str
    copy_etag: str = ""

    @classmethod
    def of(cls, version: Version, **more: Any) -> "Copied":
        # The listing's ETag stays, so that the next listing finds it unchanged; a newer one will be copied again.
        return cls(**{name: getattr(version, name) for name in Version.model_fields} | more)


def copies(client: Any, bucket: str) -> list[Version]:
    """All versions but those of our own records."""
    return [each for each in versions(client, bucket) if not each.key.startswith(OURS)]


def versions(client: Any, bucket: str) -> list[Version]:
    """All versions, each key's oldest first."""
    _keep_order(client)
    found: dict[str, list[dict[str, Any]]] = {}
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        rows = [row | {"Marker": False} for row in page.get("Versions", [])]
        rows += [row | {"Marker": True} for row in page.get("DeleteMarkers", [])]
        place = {identity: at for at, identity in enumerate(page.get(_ORDER, []))}
        rows.sort(key=lambda row: place.get((row["Key"], row["VersionId"]), 0))
        for row in rows:
            found.setdefault(row["Key"], []).append(row)
    return [version for key in sorted(found) for version in _numbered(key, found[key])]


def _numbered(key: str, newest_first: list[dict[str, Any]]) -> list[Version]:
    # A stable sort: of one second, the order of the listing counts.
    newest_first.sort(key=lambda row: (row["IsLatest"], row["LastModified"]), reverse=True)
    return [
        Version(
            key=key,
            number=number,
            version=row["VersionId"],
            marker=row["Marker"],
            latest=row["IsLatest"],
            etag=row.get("ETag", "").strip('"'),
            size=row.get("Size", 0),
            modified=row["LastModified"],
        )
        for number, row in enumerate(reversed(newest_first), start=1)
    ]


# boto3 hands out versions and markers as two lists, and so loses which came first within one second. The answer's own
# order holds it.
_ORDER = "OrderOfAnswer"
_EVENT = "response-received.s3.ListObjectVersions"


def _keep_order(client: Any) -> None:
    client.meta.events.register(_EVENT, _add_order, unique_id="lifeboat-order")


def _add_order(response_dict: dict[str, Any], parsed_response: dict[str, Any] | None, **_: Any) -> None:
    if not parsed_response or response_dict["status_code"] != 200:
        return
    order = []
    for element in ElementTree.fromstring(response_dict["body"]):
        if element.tag.rpartition("}")[2] in ("Version", "DeleteMarker"):
            inner = {child.tag.rpartition("}")[2]: child.text or "" for child in element}
            order.append((inner["Key"], inner.get("VersionId", "null")))
    parsed_response[_ORDER] = order
