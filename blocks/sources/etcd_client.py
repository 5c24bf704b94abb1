"""Talking to etcd through its own JSON gateway (`/v3/…`, on by default), with every wait bounded and errors as ours."""

import base64
import hashlib
import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx

from recovery.errors import NotProved, RecoveryError, Unreachable

_NEVER_MIND = {502, 503, 504}
_NO_GATEWAY = "Start the member with its JSON gateway (--enable-grpc-gateway), in version 3.4 or newer."
_OFF, _OLD_TOKEN = "authentication is not enabled", "invalid auth token"
_PAGE_KEYS, _PAGE_BYTES = 500, 4 * 1024**2
ALL = b"\0"
_HASH = hashlib.sha256().digest_size


class EtcdClient:
    """Args:
    where: the endpoint, to name in errors.
    http: a client whose base address and TLS are set.
    """

    def __init__(self, where: str, http: httpx.Client) -> None:
        self.where, self._http = where, http
        self._rights: tuple[str, str] | None = None

    def log_in(self, user: str, password: str) -> None:
        """Gets a token, which every later call carries. Where authentication is off, none is needed."""
        self._rights = (user, password)
        self._http.headers.pop("Authorization", None)
        try:
            answer = self._ask("auth/authenticate", {"name": user, "password": password})
        except RecoveryError as error:
            if _OFF not in error.what:
                raise
        else:
            self._http.headers["Authorization"] = answer["token"]

    def authentication(self) -> bool:
        """Whether authentication is on. Version 3.4 tells only who tries to log in."""
        try:
            self._ask("auth/authenticate", {})
        except Unreachable:
            raise
        except RecoveryError as error:
            return _OFF not in error.what
        return True

    def call(self, path: str, **request: Any) -> dict[str, Any]:
        """Raises:
        Unreachable: etcd could not be reached, or has no leader.
        RecoveryError: etcd refused.
        """
        try:
            return self._ask(path, request)
        except RecoveryError as error:
            # A token lives for minutes, and dies with the member that gave it: a long reading needs a second one.
            if self._rights is None or _OLD_TOKEN not in error.what:
                raise
        self.log_in(*self._rights)
        return self._ask(path, request)

    def _ask(self, path: str, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = self._http.post(f"/v3/{path}", json=request)
            if answer.status_code == httpx.codes.NOT_FOUND:
                raise RecoveryError(f"etcd {self.where} has no {path}.", remedy=_NO_GATEWAY)
            body = answer.json() if answer.content else {}
        except (httpx.HTTPError, ValueError) as error:
            raise self._lost(path, error) from error
        if answer.status_code != httpx.codes.OK:
            raise self._refused(path, answer.status_code, body)
        return dict(body)

    def keys(self, revision: int) -> Iterator[dict[str, Any]]:
        """Every key as it was at a revision, in order, page by page: `key` and `value` are bytes already."""
        start, limit = ALL, 50
        while True:
            bounds = {"key": text(start), "range_end": text(ALL), "limit": limit, "revision": revision}
            page = self.call("kv/range", **bounds)
            size = sum(len(found.get("value", "")) for found in page.get("kvs", []))
            # etcd counts keys, not bytes: 500 of the largest would be a gigabyte in one answer.
            limit = max(1, min(_PAGE_KEYS, 2 * limit, limit * _PAGE_BYTES // max(size, 1)))
            for found in page.get("kvs", []):
                start = base64.b64decode(found["key"])
                yield found | {"key": start, "value": base64.b64decode(found.get("value", ""))}
            if not page.get("more"):
                return
            start += b"\0"

    def revision(self) -> tuple[int, str]:
        """The newest revision, as a majority of the cluster knows it, and the cluster's identifier."""
        header = self.call("kv/range", key=text(ALL), range_end=text(ALL), count_only=True)["header"]
        return int(header["revision"]), f"{int(header['cluster_id']):x}"

    def snapshot(self) -> Iterator[bytes]:
        """The bytes that `etcdctl snapshot save` writes: the database, and its SHA-256 at the end.

        Raises:
            NotProved: it did not come whole.
            Unreachable: the member went away.
        """
        digest, last = hashlib.sha256(), b""
        try:
            with self._http.stream("POST", "/v3/maintenance/snapshot", json={}) as answer:
                for line in answer.iter_lines():
                    message = json.loads(line)
                    if "result" not in message:
                        raise self._refused("maintenance/snapshot", answer.status_code, message)
                    digest.update(last)
                    last = base64.b64decode(message["result"].get("blob", ""))
                    yield last
        except (httpx.HTTPError, ValueError) as error:
            raise self._lost("maintenance/snapshot", error) from error
        if len(last) != _HASH or last != digest.digest():
            raise NotProved(f"etcd {self.where} sent a snapshot without its right checksum: it did not come whole.")

    def close(self) -> None:
        self._http.close()

    def _lost(self, path: str, error: Exception) -> Unreachable:
        return Unreachable(f"etcd {self.where} could not be reached for {path}: {type(error).__name__}.")

    def _refused(self, path: str, status: int, body: dict[str, Any]) -> RecoveryError:
        inner = body.get("error")
        reason = body.get("message") or (inner.get("message") if isinstance(inner, dict) else inner) or f"HTTP {status}"
        raised = Unreachable if status in _NEVER_MIND else RecoveryError
        return raised(f"etcd {self.where} refused {path}: {reason}.")


def text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def tls(endpoint: str, ca: str | None, certificate: str | None, key: str | None) -> ssl.SSLContext:
    """Whom to trust, and who we are. Args are files' names."""
    try:
        trust = ssl.create_default_context(cafile=ca)
        if certificate:
            trust.load_cert_chain(certificate, key, password="")  # or OpenSSL asks the terminal for it
    except OSError as error:
        raise RecoveryError(f"A certificate for etcd {endpoint} cannot be used: {error.strerror}.") from error
    return trust
