"""The vault: SeaweedFS, a real S3 store, which checks secrets and keeps versions."""

import json
import signal
import sys
from pathlib import Path

import boto3
import botocore.config
import botocore.exceptions

from demo.ports import free_port
from demo.processes import Processes
from demo.waiting import answers, read_json, wait_for_process
from demo.world_state import VaultPlace

MASTER, STORE = "vault-master", "vault"
_PORTS = ("master", "master.grpc", "volume", "volume.grpc", "filer", "filer.grpc", "s3.grpc")


def start_vault(processes: Processes, place: VaultPlace, folder: Path) -> None:
    """Starts the store and makes its bucket, with versioning.

    The master is a process of its own, and first: started together, the volume server may come before the master is
    elected, and then takes 5 s to ask again. It is killed, not asked to end: that would take 25 s.

    Args:
        processes: who runs it.
        place: where, and with which credentials.
        folder: for its data.

    Raises:
        Unreachable: it did not start, or does not store.
    """
    for name in ("master", "volumes"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    # It listens at 127.0.0.1 as well, whatever it is told.
    ports = {name: free_port(place.endpoint.address, "127.0.0.1") for name in _PORTS}
    (folder / "ports.json").write_text(json.dumps([place.endpoint.port, *ports.values()]))
    processes.start(MASTER, _master(place, folder, ports), stop_signal=signal.SIGKILL)
    status = f"http://{place.endpoint.address}:{ports['master']}/cluster/status"
    wait_for_process(processes, MASTER, lambda: bool(read_json(status).get("IsLeader")))
    processes.start(STORE, _store(place, folder, ports), stop_signal=signal.SIGKILL)
    wait_for_process(processes, STORE, lambda: _stores(place))


def remove_sockets(folder: Path) -> None:
    """Removes the sockets that SeaweedFS leaves in /tmp, named after its ports."""
    path = folder / "ports.json"
    for port in json.loads(path.read_text()) if path.exists() else ():
        for socket in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
            socket.unlink(missing_ok=True)


def _weed(place: VaultPlace, folder: Path, role: str) -> list[str | Path]:
    address = place.endpoint.address
    # The wheel puts it beside Python.
    beside = Path(sys.executable).with_name("weed")
    return [beside if beside.exists() else "weed", f"-logdir={folder}", role, f"-ip={address}", f"-ip.bind={address}"]


def _master(place: VaultPlace, folder: Path, ports: dict[str, int]) -> list[str | Path]:
    return [
        *_weed(place, folder, "master"),
        f"-mdir={folder / 'master'}",
        f"-port={ports['master']}",
        f"-port.grpc={ports['master.grpc']}",
        "-volumeSizeLimitMB=256",
        "-telemetry=false",
        "-electionTimeout=500ms",
        "-heartbeatInterval=100ms",
    ]


def _store(place: VaultPlace, folder: Path, ports: dict[str, int]) -> list[str | Path]:
    """The volume server, the filer and the S3 door, in one process."""
    return [
        *_weed(place, folder, "server"),
        "-master=false",
        f"-master.peers={place.endpoint.address}:{ports['master']}.{ports['master.grpc']}",
        "-master.telemetry=false",
        f"-dir={folder / 'volumes'}",
        "-volume.max=500",
        "-filer",
        "-s3",
        f"-s3.port={place.endpoint.port}",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
        f"-s3.config={_identities(place, folder)}",
        *(f"-{name.replace('.', '.port.')}={ports[name]}" for name in ("volume.grpc", "filer.grpc", "s3.grpc")),
        *(f"-{name}.port={ports[name]}" for name in ("volume", "filer")),
    ]


def _identities(place: VaultPlace, folder: Path) -> Path:
    path = folder / "identities.json"
    path.touch(mode=0o600)
    credentials = {"accessKey": place.access_key, "secretKey": place.secret_key.get_secret_value()}
    actions = ["Admin", "Read", "Write", "List", "Tagging"]
    identities = [{"name": "lifeboat", "credentials": [credentials], "actions": actions}]
    path.write_text(json.dumps({"identities": identities}))
    return path


def _stores(place: VaultPlace) -> bool:
    """Makes the bucket and puts something in it: a store that listens may not take anything yet."""
    if not answers(f"{place.endpoint.url}/healthz")():
        return False
    s3 = boto3.client(
        "s3",
        endpoint_url=place.endpoint.url,
        region_name=place.region,
        aws_access_key_id=place.access_key,
        aws_secret_access_key=place.secret_key.get_secret_value(),
        config=botocore.config.Config(connect_timeout=1, read_timeout=10, retries={"total_max_attempts": 1}),
    )
    try:
        s3.create_bucket(Bucket=place.bucket)
        s3.put_bucket_versioning(Bucket=place.bucket, VersioningConfiguration={"Status": "Enabled"})
        put = s3.put_object(Bucket=place.bucket, Key="ready", Body=b"ready")
        s3.delete_object(Bucket=place.bucket, Key="ready", VersionId=put["VersionId"])
    except (botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError):
        return False
    return True
