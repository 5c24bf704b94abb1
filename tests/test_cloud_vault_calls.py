"""What is asked of Azure and Google where no emulator would say no: locks, conditions, and their refusals."""

import email
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr, ValidationError
from recording_server import Answer, Recorder, recording

from blocks.vaults.azure_blob import AzureBlobVault
from blocks.vaults.google_storage import GoogleStorageVault
from blocks.vaults.kind import ABSENT, ANY, Vault
from recovery.errors import Conflict, RecoveryError, Refused, Unreachable

LATER = datetime(2099, 1, 2, 3, 4, 5, tzinfo=UTC)
STORED = {"ETag": '"new"', "Last-Modified": format_datetime(LATER, usegmt=True), "x-ms-request-id": "1"}
KEY = SecretStr("c2VjcmV0")


def azure(cloud: Recorder, **changes: object) -> AzureBlobVault:
    return AzureBlobVault(account_url=f"{cloud.url}/account", container="box", credential=KEY, tries=1, **changes)


def google(cloud: Recorder, **changes: object) -> GoogleStorageVault:
    return GoogleStorageVault(bucket="box", endpoint_url=cloud.url, retry_seconds=0.3, **changes)


def stored(**facts: object) -> Answer:
    """What Google answers about an object."""
    about = {"name": "data/x", "bucket": "box", "generation": "77", "size": "4", "crc32c": "AAAAAA==", **facts}
    return Answer(headers={"Content-Type": "application/json"}, body=json.dumps(about).encode())


def about_to_days(moment: datetime, days: int) -> bool:
    return abs(moment - datetime.now(UTC) - timedelta(days=days)) < timedelta(minutes=1)


@pytest.mark.parametrize(("mode", "theirs"), [("compliance", "Locked"), ("governance", "Unlocked")])
@pytest.mark.parametrize(("key", "locked"), [("data/x", True), ("manifests/x.sig", True), ("leases/x", False)])
class TestWhatIsLocked:
    def test_azure(self, mode: str, theirs: str, key: str, locked: bool) -> None:
        with recording(Answer(201, STORED)) as cloud:
            assert azure(cloud, lock_mode=mode, lock_days=30).put(key, b"data") == '"new"'
        [request] = cloud.requests
        assert (request.method, request.body) == ("PUT", b"data")
        assert request.headers["content-md5"] == "jXd/OF09/siBXSD3SWAm3A=="
        assert request.headers.get("x-ms-immutability-policy-mode", "").lower() == (theirs.lower() if locked else "")
        if locked:
            assert about_to_days(parsedate_to_datetime(request.headers["x-ms-immutability-policy-until-date"]), 30)

    def test_google(self, mode: str, theirs: str, key: str, locked: bool) -> None:
        with recording(stored()) as cloud:
            assert google(cloud, lock_mode=mode, lock_days=30).put(key, b"data") == "77"
        [request] = cloud.written()
        assert request.path.startswith("/upload/storage/v1/b/box/o?uploadType=multipart")
        kind = request.headers["content-type"].encode()
        whole = email.message_from_bytes(b"Content-Type: " + kind + b"\n\n" + request.body)
        about, data = (part.get_payload(decode=True) for part in whole.get_payload())
        told = json.loads(about)
        assert (told["name"], data) == (key, b"data")
        assert told["crc32c"]
        assert told.get("retention", {}).get("mode", "") == (theirs if locked else "")
        if locked:
            assert about_to_days(datetime.fromisoformat(told["retention"]["retainUntilTime"]), 30)


@pytest.mark.parametrize(
    ("expect", "asked"),
    [(ANY, {}), (ABSENT, {"if-none-match": "*"}), ('"old"', {"if-match": '"old"'})],
)
def test_azure_is_asked_for_the_condition(expect: str, asked: dict[str, str]) -> None:
    with recording(Answer(201, STORED)) as cloud:
        azure(cloud).put("x", b"data", expect=expect)
    found = {name: cloud.requests[0].headers.get(name) for name in ("if-match", "if-none-match")}
    assert {name: value for name, value in found.items() if value} == asked


@pytest.mark.parametrize(("expect", "asked"), [(ANY, None), (ABSENT, ["0"]), ("42", ["42"])])
@pytest.mark.parametrize("size", [4, 9_000_000])
def test_google_is_asked_for_the_condition(expect: str, asked: list[str] | None, size: int) -> None:
    with recording(stored()) as cloud:
        # A large object is sent in parts: the first request names where to, and holds the condition.
        if size > 8 << 20:
            cloud.by_method["POST"] = Answer(200, {"Location": f"{cloud.url}/rest"})
            cloud.answer = stored(crc32c="TFJXcA==")
        google(cloud).put("x", bytes(size), expect=expect)
    assert parse_qs(urlsplit(cloud.written()[0].path).query).get("ifGenerationMatch") == asked


def test_google_s_checksum_is_compared() -> None:
    with recording(stored()) as cloud, pytest.raises(Unreachable, match="DataCorruption"):
        cloud.by_method["POST"] = Answer(200, {"Location": f"{cloud.url}/rest"})
        google(cloud).put("x", bytes(9_000_000))


def failed_azure(status: int, code: str) -> Answer:
    return Answer(status, {"x-ms-error-code": code, "Content-Type": "application/xml"})


@pytest.mark.parametrize(
    ("answer", "expect", "error", "words"),
    [
        (failed_azure(412, "ConditionNotMet"), "v", Conflict, "somebody else wrote it"),
        (failed_azure(409, "BlobAlreadyExists"), ABSENT, Conflict, "somebody else wrote it"),
        (failed_azure(409, "BlobImmutableDueToPolicy"), ANY, Refused, "is locked"),
        (failed_azure(403, "AuthenticationFailed"), ANY, RecoveryError, "refused .*AuthenticationFailed"),
        (failed_azure(500, "InternalError"), ANY, Unreachable, "InternalError"),
    ],
)
def test_azure_s_refusals(answer: Answer, expect: str, error: type[RecoveryError], words: str) -> None:
    with recording(answer) as cloud, pytest.raises(RecoveryError, match=words) as raised:
        azure(cloud).put("data/x", b"1", expect=expect)
    assert type(raised.value) is error
    assert KEY.get_secret_value() not in str(raised.value)


@pytest.mark.parametrize(
    ("status", "expect", "error", "words"),
    [
        (412, "7", Conflict, "somebody else wrote it"),
        (412, ABSENT, Conflict, "somebody else wrote it"),
        (403, ANY, RecoveryError, "refused gs://box/data/x: 403"),
        (500, ANY, Unreachable, "failed at gs://box/data/x"),
    ],
)
def test_google_s_refusals(status: int, expect: str, error: type[RecoveryError], words: str) -> None:
    with recording(Answer(status)) as cloud, pytest.raises(RecoveryError, match=words) as raised:
        google(cloud).put("data/x", b"1", expect=expect)
    assert type(raised.value) is error


LOCKED = [
    (azure, Answer(200, {**STORED, "x-ms-immutability-policy-until-date": format_datetime(LATER, usegmt=True)})),
    (google, stored(retention={"mode": "Locked", "retainUntilTime": f"{LATER:%Y-%m-%dT%H:%M:%SZ}"})),
]


@pytest.mark.parametrize(("cloud_vault", "answer"), LOCKED, ids=["azure", "google"])
def test_what_a_lock_holds_is_not_removed(cloud_vault, answer: Answer) -> None:  # type: ignore[no-untyped-def]
    with recording(answer) as cloud:
        vault: Vault = cloud_vault(cloud, lock_mode="governance", lock_days=1)
        assert vault.locked_until("data/x") == LATER
        with pytest.raises(Refused, match=r"data/x is locked until 2099-01-02 03:04 UTC"):
            vault.remove("data/x")
    assert "DELETE" not in [request.method for request in cloud.requests]


@pytest.mark.parametrize("lockable", [True, False])
def test_posture_is_read_back(lockable: bool) -> None:
    with recording(Answer(200, {**STORED, "x-ms-immutable-storage-with-versioning-enabled": str(lockable)})) as cloud:
        assert azure(cloud, lock_mode="compliance", lock_days=30).posture().out_of_reach is lockable
        assert not azure(cloud, lock_mode="governance", lock_days=30).posture().out_of_reach
    about = {"versioning": {"enabled": lockable}, "objectRetention": {"mode": "Enabled"} if lockable else {}}
    with recording(Answer(200, {"Content-Type": "application/json"}, json.dumps(about).encode())) as cloud:
        posture = google(cloud, lock_mode="compliance", lock_days=30).posture()
        assert posture.out_of_reach is posture.versioning is lockable
        assert not google(cloud).posture().out_of_reach


def test_a_lock_without_days_is_no_lock() -> None:
    for half in ({"lock_mode": "compliance"}, {"lock_days": 3}):
        with pytest.raises(ValidationError, match="belong together"):
            GoogleStorageVault(bucket="box", **half)
