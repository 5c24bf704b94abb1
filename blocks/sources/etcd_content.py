"""What an etcd cluster holds at one revision: every key, and who may do what."""

from collections.abc import Iterator
from datetime import datetime

from blake3 import blake3

from blocks.sources.etcd_client import EtcdClient
from recovery.content import Content, Item

METHOD = "etcd-key-1"


def etcd_content(client: EtcdClient, revision: int, cluster: str, taken_at: datetime) -> Content:
    """Every key's value, lease, version and revisions of creation and change; users, their roles, and permissions.

    Passwords are not compared: etcd does not tell them. Older values of a key are not either.

    Args:
        client: the cluster or the member to ask.
        revision: which revision of the keys to read.
        cluster: the cluster's identifier.
        taken_at: when that revision was the newest.

    Raises:
        RecoveryError: the revision is compacted already, or etcd refused.
    """
    items = {}
    for found in client.keys(revision):
        numbers = (int(found.get(name, 0)) for name in ("lease", "version", "create_revision", "mod_revision"))
        digest = blake3(found["value"]).update(b" %d %d %d %d" % tuple(numbers)).hexdigest()
        items[printable(found["key"])] = Item(count=len(found["value"]), digest=digest, method=METHOD)
    version = str(client.call("maintenance/status").get("version", "unknown"))
    return Content(
        kind="etcd",
        origin=cluster,
        taken_at=taken_at,
        items=items,
        traits={"revision": str(revision)} | dict(_rights(client)),
        tools={"etcd": version},
    )


def printable(key: bytes) -> str:
    """A key as text that JSON can hold, and that no other key has."""
    return key.replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")


def _rights(client: EtcdClient) -> Iterator[tuple[str, str]]:
    yield "authentication", "on" if client.authentication() else "off"
    for user in client.call("auth/user/list").get("users", []):
        yield f"user {user}", ", ".join(sorted(client.call("auth/user/get", name=user).get("roles", []))) or "no role"
    for role in client.call("auth/role/list").get("roles", []):
        permissions = client.call("auth/role/get", role=role).get("perm", [])
        yield f"role {role}", "; ".join(sorted(_said(permission) for permission in permissions)) or "no permission"


def _said(permission: dict[str, str]) -> str:
    """One permission in etcd's own terms; keys as base64, as they come."""
    span = [permission.get("key", "")] + ([permission["range_end"]] if permission.get("range_end") else [])
    return f"{permission.get('permType', 'READ')} {' to '.join(span)}"
